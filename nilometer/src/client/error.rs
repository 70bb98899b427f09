//! Why a command was not answered, in words for the person at the terminal.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Deserialize;

use super::screen;
use crate::tls::TlsError;

/// Why a command was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot reach {server} (--server): {}", deepest(source))]
    Reach { server: String, source: reqwest::Error },
    #[error("the connection to {server} broke: {}", deepest(source))]
    Broken { server: String, source: reqwest::Error },
    #[error(transparent)]
    Tls(TlsError),
    #[error("{0}")]
    Refused(Refusal),
    #[error("the answer of {server} is not what was expected: {problem}")]
    Answer { server: String, problem: String },
    #[error("no dead letter has the id '{0}'")]
    NoSuchLetter(String),
    #[error("'{0}' is no trace id, which is 32 hex digits")]
    NoTraceId(String),
    #[error("--token-file {path}: {problem}")]
    TokenFile { path: PathBuf, problem: String },
    #[error("{path}: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("nothing was removed: answer y, or say --yes")]
    NotConfirmed,
    #[error(
        "they are masked but not gone: {0} splits that may hold some of them cannot be read (see the server's \
         log, and `nilometer verify`)"
    )]
    NotPurged(usize),
    /// Places and what is wrong there, a line each.
    #[error("rules or tests that cannot be read:\n{0}")]
    BadRules(String),
    #[error("--from/--to: {0}")]
    Time(#[from] nilometer_model::TimeError),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// What the API said when it refused.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    #[serde(skip)]
    pub(super) status: u16,
    /// What was asked, for the caret.
    #[serde(skip)]
    pub(super) query: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    hint: String,
    column: Option<usize>,
    field: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    error: Refusal,
}

impl Refusal {
    /// Reads the body of an answer that is no success; whoever stands in between may have written it.
    pub(super) fn read(status: u16, body: &[u8], query: &str) -> Self {
        let refusal = match serde_json::from_slice::<Envelope>(body) {
            Ok(envelope) => envelope.error,
            Err(_) => Self { message: format!("the server answered {status}"), ..Self::default() },
        };
        Self { status, query: query.to_owned(), ..refusal }
    }

    /// Adds a hint where the server gave none.
    pub(super) fn advise(&mut self, hint: &str) {
        if self.hint.is_empty() {
            hint.clone_into(&mut self.hint);
        }
    }

    /// Whether asking again later may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{}: ", screen::plain(field))?;
        }
        f.write_str(&screen::plain(&self.message))?;
        if let Some(column) = self.column.filter(|_| !self.query.is_empty()) {
            f.write_str(&caret(&self.query, column))?;
        }
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", screen::plain(&self.hint))?;
        }
        Ok(())
    }
}

/// The query, and a caret under the character at `column` (from 1).
fn caret(query: &str, column: usize) -> String {
    let before: String = query.chars().take(column.saturating_sub(1)).collect();
    let indent: String =
        screen::plain(&before).chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
    let mut lines = String::new();
    // Writing to a String cannot fail.
    let _written = write!(lines, "\n  {}\n  {indent}^", screen::plain(query));
    lines
}

/// The innermost cause: reqwest's own words only repeat the URL.
pub(crate) fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, query: &str, expect: Expect) {
        expect.assert_eq(&Refusal::read(status, body.as_bytes(), query).to_string());
    }

    #[test]
    fn an_error_in_the_query_is_pointed_at() {
        check(
            400,
            r#"{"error":{"code":"bad_query","message":"a ) is missing","hint":"close it","column":7}}"#,
            "é AND (x",
            expect![[r"
                a ) is missing
                  é AND (x
                        ^
                hint: close it"]],
        );
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        check(
            400,
            r#"{"error":{"code":"bad_request","message":"too many","hint":"","field":"limit"}}"#,
            "x",
            expect!["limit: too many"],
        );
    }

    #[test]
    fn what_a_proxy_says_is_only_its_status() {
        check(502, "<html>", "x", expect!["the server answered 502"]);
        check(503, r#"{"error":"down"}"#, "", expect!["the server answered 503"]);
    }

    #[test]
    fn a_message_cannot_move_the_cursor() {
        check(400, r#"{"error":{"message":"\u001b[2Jx","hint":""}}"#, "", expect!["x"]);
    }
}
