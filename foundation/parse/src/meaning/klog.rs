//! klog and glog: `E0102 15:04:05.678901       1 controller.go:114] "failed" err="…"`.

use nilometer_model::Severity;

use super::logfmt::{pair, put};
use super::scan::{digits, past_blanks, quoted, until};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LEAD_BYTES_MAX;
use crate::stamp::klog_stamp;

/// Severity, thread, place in the source, and the pairs behind klog's structured sentence.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let severity = match text.as_bytes() {
        [b'I', b'0'..=b'9', ..] => Severity::Info,
        [b'W', b'0'..=b'9', ..] => Severity::Warn,
        [b'E', b'0'..=b'9', ..] => Severity::Error,
        [b'F', b'0'..=b'9', ..] => Severity::Fatal,
        _ => return None,
    };
    let (_, rest) = klog_stamp(text.get(1..)?)?;
    let found = Some(Found::new(Form::Klog, Some(severity)));
    let Some((_, rest)) = digits(past_blanks(rest)) else { return found };
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let Some((place, rest)) = until(rest, b']') else { return found };
    let Some((file, line)) = place.rsplit_once(':') else { return found };
    if place.len() > LEAD_BYTES_MAX || place.contains(' ') || digits(line).is_none() {
        return found;
    }
    attributes.text("code.file.path", file);
    attributes.word("code.line.number", line);
    let Some((_, mut rest)) = quoted(past_blanks(rest)) else { return found };
    while let Some((key, value, behind)) = pair(past_blanks(rest)) {
        put(key, value, attributes);
        rest = behind;
    }
    found
}
