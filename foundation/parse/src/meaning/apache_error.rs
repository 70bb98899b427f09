//! Apache's error log: `[Sat Nov 21 04:06:00.123456 2026] [core:error] [pid 7:tid 8] [client 1.2.3.4:5] text`.

use nilometer_model::Severity;

use super::scan::{enclosed, past_blanks};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;
use crate::stamp::stamp;

/// Severity, module, process and client.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let next = |text| enclosed(past_blanks(text), b'[', b']', STAMP_BYTES_MAX);
    let (time, rest) = next(text)?;
    if !time.as_bytes().first()?.is_ascii_uppercase() {
        return None;
    }
    stamp(time)?;
    let (module, mut rest) = next(rest)?;
    let (module, level) = module.rsplit_once(':').unwrap_or(("", module));
    let level = level.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let severity = Severity::parse(level)?;
    if !matches!(module, "" | "-") {
        attributes.text("apache.module", module);
    }
    while let Some((field, behind)) = next(rest) {
        if let Some(pid) = field.strip_prefix("pid ") {
            attributes.word("process.pid", pid.split(':').next().unwrap_or(pid));
        } else if let Some(client) = field.strip_prefix("client ") {
            attributes.text("client.address", without_port(client));
        } else {
            break;
        }
        rest = behind;
    }
    Some(Found::new(Form::ApacheError, Some(severity)))
}

/// `1.2.3.4` of `1.2.3.4:5`; an IPv6 address has more colons.
fn without_port(client: &str) -> &str {
    match client.rsplit_once(':') {
        Some((address, port)) if address.contains('.') || address.ends_with(']') => {
            if port.bytes().all(|byte| byte.is_ascii_digit()) { address } else { client }
        }
        _ => client,
    }
}
