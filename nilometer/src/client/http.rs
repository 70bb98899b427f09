//! One server, asked over HTTP with the token that the person has.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{ClientError, Refusal};
use crate::config::AskConfig;
use crate::tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest silence while an answer comes in. Tails are alive with a comment every 15 s.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest answer that is not a stream, bytes.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Longest line of an answer that is a stream of them, bytes.
const LINE_BYTES_MAX: usize = 16 << 20;

/// The server that a command asks.
pub(super) struct Server {
    url: String,
    client: reqwest::Client,
    token: Option<String>,
}

/// The parameters of a request; what is not set is not sent.
pub(super) type Params<'a> = Vec<(&'a str, String)>;

impl Server {
    pub(super) fn new(config: &AskConfig) -> Result<Self, ClientError> {
        let to = [config.server.clone()];
        let (tls, _) = tls::client(&config.tls, &to).map_err(ClientError::Tls)?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| ClientError::Reach { server: config.server.clone(), source })?;
        let token = config.token_file.as_deref().map(read_token).transpose()?;
        Ok(Self { url: config.server.clone(), client, token })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Asks for a stream: the answer is a success and its body is still to come.
    pub(super) async fn open(
        &self,
        method: Method,
        route: &str,
        params: &Params<'_>,
        accept: &str,
    ) -> Result<Response, ClientError> {
        let query = params.iter().find(|(name, _)| *name == "q").map_or("", |(_, query)| query);
        self.send(self.request(method, route, accept).query(params), query).await
    }

    /// The lines of a stream.
    pub(super) fn lines(&self, answer: Response) -> Lines<'_> {
        Lines { server: self, answer, bytes: Vec::new() }
    }

    fn request(&self, method: Method, route: &str, accept: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{route}", self.url);
        let request = self.client.request(method, url).header(header::ACCEPT, accept);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The answer's head when it is a success; `query` is what a refusal may point into.
    async fn send(&self, request: RequestBuilder, query: &str) -> Result<Response, ClientError> {
        let reach = |source| ClientError::Reach { server: self.url.clone(), source };
        let response = request.send().await.map_err(reach)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = self.body(response).await.unwrap_or_default();
        let mut refusal = Refusal::read(status.as_u16(), &body, query);
        if status == StatusCode::UNAUTHORIZED && self.token.is_none() {
            refusal.advise("show a token with --token-file FILE");
        }
        Err(ClientError::Refused(refusal))
    }

    /// Asks for one JSON value.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        route: &str,
        params: &Params<'_>,
    ) -> Result<T, ClientError> {
        let response = self.open(Method::GET, route, params, "application/json").await?;
        self.json(response).await
    }

    /// Puts a question that is a JSON body; `query` is the part of it that a refusal may point into.
    pub(super) async fn put_question<T: DeserializeOwned>(
        &self,
        route: &str,
        question: &impl Serialize,
        query: &str,
    ) -> Result<T, ClientError> {
        let request = self.request(Method::POST, route, "application/json").json(question);
        let response = self.send(request, query).await?;
        self.json(response).await
    }

    /// Asks for something to be done.
    pub(super) async fn post(&self, route: &str) -> Result<(), ClientError> {
        self.open(Method::POST, route, &Vec::new(), "application/json").await?;
        Ok(())
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let body = self.body(response).await?;
        serde_json::from_slice(&body).map_err(|error| self.unexpected(error.to_string()))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|source| self.broken(source))? {
            if body.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(self.unexpected(format!("longer than {ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    pub(super) fn broken(&self, source: reqwest::Error) -> ClientError {
        ClientError::Broken { server: self.url.clone(), source }
    }

    pub(super) fn unexpected(&self, problem: String) -> ClientError {
        ClientError::Answer { server: self.url.clone(), problem }
    }
}

/// The lines of an answer, as they come.
pub(super) struct Lines<'a> {
    server: &'a Server,
    answer: Response,
    /// Of a line that is not whole yet.
    bytes: Vec<u8>,
}

impl Lines<'_> {
    /// The next whole lines, at least one; none once the answer has ended behind one.
    pub(super) async fn next(&mut self) -> Result<Option<String>, ClientError> {
        let server = self.server;
        loop {
            let piece = self.answer.chunk().await.map_err(|source| server.broken(source))?;
            let Some(piece) = piece else {
                return match self.bytes.is_empty() {
                    true => Ok(None),
                    false => Err(server.unexpected("it ends within a line".to_owned())),
                };
            };
            self.bytes.extend_from_slice(&piece);
            let whole = self.bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            if whole > 0 {
                let lines = String::from_utf8(self.bytes.drain(..whole).collect());
                return lines.map(Some).map_err(|error| server.unexpected(error.to_string()));
            }
            if self.bytes.len() > LINE_BYTES_MAX {
                return Err(server.unexpected(format!("a line longer than {LINE_BYTES_MAX} bytes")));
            }
        }
    }
}

/// The first token of a tokens file (`role tenant token`) that people use, or the only word in it.
fn read_token(path: &Path) -> Result<String, ClientError> {
    let problem = |problem: String| ClientError::TokenFile { path: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    pick_token(&text).map(str::to_owned).ok_or_else(|| {
        problem("holds no token; want one word, or lines of `role tenant token`".to_owned())
    })
}

fn pick_token(text: &str) -> Option<&str> {
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    let of_role = |role: &str| {
        lines.iter().find_map(|line| match line[..] {
            [is, _, token] if is == role => Some(token),
            _ => None,
        })
    };
    let only = || match lines.iter().find(|line| !line.is_empty())?[..] {
        [token] => Some(token),
        _ => None,
    };
    ["admin", "write", "read"].into_iter().find_map(of_role).or_else(only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_people_is_picked_from_the_file() {
        assert_eq!(pick_token("abc\n"), Some("abc"));
        assert_eq!(pick_token("ingest default i\nread default r\nadmin default a\n"), Some("a"));
        assert_eq!(pick_token("ingest default i\n"), None);
        assert_eq!(pick_token("\n"), None);
    }
}
