//! MySQL and MariaDB, behind their time: ` 0 [Note] [MY-012487] [InnoDB] text`, `\t14 Query\tSELECT 1`.

use nilometer_model::Severity;

use super::scan::{digits, enclosed, past_blanks, until};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;

/// The commands of the general log.
const COMMANDS: [&str; 8] =
    ["Query", "Connect", "Quit", "Init DB", "Prepare", "Execute", "Field List", "Close stmt"];

/// Severity and what MySQL calls the error and the part of itself.
pub(super) fn read(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    let (thread, rest) = digits(past_blanks(rest))?;
    let behind = rest.strip_prefix(' ')?;
    if let Some((command, _)) = until(behind, b'\t').filter(|(word, _)| COMMANDS.contains(word)) {
        attributes.word("thread.id", thread);
        attributes.text("mysql.command", command);
        return Some(Found::new(Form::Mysql, None));
    }
    let (level, rest) = enclosed(past_blanks(behind), b'[', b']', STAMP_BYTES_MAX)?;
    let severity = match level {
        "Note" | "System" => Severity::Info,
        "Warning" => Severity::Warn,
        "ERROR" | "Error" => Severity::Error,
        _ => return None,
    };
    attributes.word("thread.id", thread);
    let next = |text| enclosed(past_blanks(text), b'[', b']', STAMP_BYTES_MAX);
    if let Some((code, rest)) = next(rest).filter(|(code, _)| code.starts_with("MY-")) {
        attributes.text("error.code", code);
        if let Some((part, _)) = next(rest) {
            attributes.text("mysql.subsystem", part);
        }
    }
    Some(Found::new(Form::Mysql, Some(severity)))
}
