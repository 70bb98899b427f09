//! HTTP by hand, one request a connection: what the tests say on the wire is what they write.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;

/// How long the other side may be silent, or not take what it is sent.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long an answer may take in all.
const ANSWER_DEADLINE: Duration = Duration::from_secs(120);
const READ_BYTES: usize = 64 * 1024;

/// The API of one process.
#[derive(Debug, Clone)]
pub struct Api {
    port: u16,
    /// Over TLS, with this in hand.
    tls: Option<Arc<ClientConfig>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body, out of its chunks.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Api {
    /// The one on that port of this machine.
    pub fn on(port: u16) -> Self {
        Self { port, tls: None }
    }

    /// The one on that port of this machine, over TLS.
    pub fn over_tls(port: u16, tls: ClientConfig) -> Self {
        Self { port, tls: Some(Arc::new(tls)) }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, &[], b"")
    }

    /// Asks for a path's JSON; panics when there is none.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path).unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Sends a request with its headers and body. What goes wrong names the request.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let answer = self.exchange(method, path, headers, body);
        answer.map_err(|error| io::Error::new(error.kind(), format!("{method} {path}: {error}")))
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let start = Instant::now();
        let stream = self.connect()?;
        let mut stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(StreamOwned::new(session(tls)?, stream)),
        };
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let bytes = read_to_end(&mut stream, start)?;
        parse(&bytes).ok_or_else(|| io::Error::other("not an HTTP answer"))
    }

    /// The certificate that a new connection is shown, as DER.
    pub fn certificate(&self) -> io::Result<Vec<u8>> {
        let tls = self.tls.as_ref().ok_or_else(|| io::Error::other("not over TLS"))?;
        let (mut session, mut stream) = (session(tls)?, self.connect()?);
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        shown.map(|one| one.to_vec()).ok_or_else(|| io::Error::other("no certificate"))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let address = (Ipv4Addr::LOCALHOST, self.port).into();
        let stream = TcpStream::connect_timeout(&address, SILENCE_MAX)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        stream.set_write_timeout(Some(SILENCE_MAX))?;
        Ok(stream)
    }
}

/// What can be read and written.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

fn session(tls: &Arc<ClientConfig>) -> io::Result<ClientConnection> {
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)
}

fn read_to_end(stream: &mut dyn Stream, start: Instant) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
        if start.elapsed() > ANSWER_DEADLINE {
            let late = format!("no end of the answer within {ANSWER_DEADLINE:?}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, late));
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let rest = &bytes[end + 4..];
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
    let is_whole = length(&head).is_none_or(|length| body.len() >= length);
    is_whole.then_some(Answer { status, head, body })
}

/// What the head promises; an answer that was cut off is none.
fn length(head: &str) -> Option<usize> {
    let (_, rest) = head.split_once("content-length: ")?;
    rest.lines().next()?.parse().ok()
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}
