//! PostgreSQL, behind its time: ` [7] LOG:  text`, ` [7] user@db ERROR:  text`.

use nilometer_model::Severity;

use super::scan::{digits, enclosed, until, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LEAD_BYTES_MAX;

/// Severity, process, and who was connected to what.
pub(super) fn read(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    let (pid, rest) = enclosed(past_zone(rest)?, b'[', b']', LEAD_BYTES_MAX)?;
    let (pid, session_line) = digits(pid)?;
    if !(session_line.is_empty() || session_line.starts_with('-')) {
        return None;
    }
    let rest = rest.strip_prefix(':').unwrap_or(rest).strip_prefix(' ')?;
    let (first, behind) = word(rest)?;
    let (connection, level) = match level(first) {
        Some(level) => (None, level),
        None => (Some(first), level(word(behind.strip_prefix(' ')?)?.0)?),
    };
    attributes.word("process.pid", pid);
    if let Some((user, database)) = connection.and_then(|connection| until(connection, b'@')) {
        attributes.text("user.name", user);
        attributes.text("db.namespace", database);
    }
    Some(Found::new(Form::Postgres, Some(level)))
}

/// Behind the name of a zone that the stamp left.
fn past_zone(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix(' ')?;
    let (name, behind) = word(rest)?;
    if name.bytes().all(|byte| byte.is_ascii_uppercase()) {
        behind.strip_prefix(' ')
    } else {
        Some(rest)
    }
}

fn level(word: &str) -> Option<Severity> {
    Some(match word.strip_suffix(':')? {
        "LOG" | "INFO" | "NOTICE" | "DETAIL" | "HINT" | "STATEMENT" | "CONTEXT" | "QUERY" => {
            Severity::Info
        }
        "WARNING" => Severity::Warn,
        "ERROR" => Severity::Error,
        "FATAL" | "PANIC" => Severity::Fatal,
        "DEBUG" | "DEBUG1" | "DEBUG2" | "DEBUG3" | "DEBUG4" | "DEBUG5" => Severity::Debug,
        _ => return None,
    })
}
