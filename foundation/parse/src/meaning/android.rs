//! Android's logcat, behind its time: `  6439  9325 W ActivityManager: text`.

use nilometer_model::Severity;

use super::scan::{digits, past_blanks, until};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LEAD_BYTES_MAX;

/// Severity, process and tag.
pub(super) fn read(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    let (pid, rest) = digits(past_blanks(rest.strip_prefix(' ')?))?;
    let (_, rest) = digits(past_blanks(rest.strip_prefix(' ')?))?;
    let [b' ', level, b' ', ..] = rest.as_bytes() else { return None };
    let severity = match level {
        b'V' => Severity::Trace,
        b'D' => Severity::Debug,
        b'I' => Severity::Info,
        b'W' => Severity::Warn,
        b'E' => Severity::Error,
        b'F' | b'A' => Severity::Fatal,
        _ => return None,
    };
    attributes.word("process.pid", pid);
    if let Some((tag, _)) = until(&rest[3..], b':').filter(|(tag, _)| tag.len() <= LEAD_BYTES_MAX) {
        attributes.text("logger", tag.trim_end());
    }
    Some(Found::new(Form::Android, Some(severity)))
}
