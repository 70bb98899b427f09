//! Redis: `1:M 21 Nov 2026 04:06:00.123 * text`; the same with the first word in brackets.

use nilometer_model::Severity;

use super::scan::{digits, enclosed};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;
use crate::stamp::{Stamp, stamp};

/// Process, role, time and what is behind it.
fn parts(text: &str) -> Option<(&str, &str, Stamp, &str)> {
    let (pid, role, rest) = match enclosed(text, b'[', b']', STAMP_BYTES_MAX) {
        Some((inner, rest)) => {
            let (pid, role) = digits(inner)?;
            (pid, role.strip_prefix(':')?, rest)
        }
        None => {
            let (pid, rest) = digits(text)?;
            let (role, rest) = rest.strip_prefix(':')?.split_at_checked(1)?;
            (pid, role, rest)
        }
    };
    let (stamp, rest) = stamp(rest.strip_prefix(' ')?)?;
    matches!(role, "X" | "C" | "S" | "M").then_some((pid, role, stamp, rest))
}

/// When it was written.
pub(crate) fn time(text: &str) -> Option<Stamp> {
    parts(text).map(|(_, _, stamp, _)| stamp)
}

/// Severity, process and the role that it has.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (pid, role, _, rest) = parts(text)?;
    let severity = match rest.as_bytes() {
        [b' ', b'.', b' ', ..] => Severity::Debug,
        [b' ', b'-', b' ', ..] => Severity::Debug,
        [b' ', b'*', b' ', ..] => Severity::Info,
        [b' ', b'#', b' ', ..] => Severity::Warn,
        _ => return None,
    };
    attributes.word("process.pid", pid);
    let role = match role {
        "X" => "sentinel",
        "C" => "child",
        "S" => "replica",
        _ => "primary",
    };
    attributes.text("redis.role", role);
    Some(Found::new(Form::Redis, Some(severity)))
}
