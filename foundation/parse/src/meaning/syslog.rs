//! syslog, as RFC 3164 and RFC 5424 have it, and as a file has it: without its priority.
//!
//! ```text
//!   <34>1 2026-11-21T04:06:00Z HOST APP 7 ID47 [x@1 a="b"] text
//!   <34>Nov 21 04:06:00 HOST APP[7]: text
//!   Nov 21 04:06:00 HOST APP[7]: text
//! ```
//! Invariants: a priority's severity counts; without one the text says how bad it is, and the line is in
//! a file of the host itself, whose name the record has.

use nilometer_model::Severity;

use super::haproxy;
use super::scan::{digits, past_blanks, quoted, until, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LEAD_BYTES_MAX;
use crate::stamp::{Stamp, stamp};

/// By the code of RFC 5424.
const SEVERITIES: [Severity; 8] = [
    Severity::Fatal,
    Severity::Fatal,
    Severity::Fatal,
    Severity::Error,
    Severity::Warn,
    Severity::Info,
    Severity::Info,
    Severity::Debug,
];

/// A line that begins with `<PRI>`.
pub(super) fn prioritized(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (priority, rest) = past_priority(text)?;
    let severity = SEVERITIES.get(usize::from(priority % 8)).copied();
    if let Some(rest) = rest.strip_prefix("1 ") {
        let (time, rest) = until(rest, b' ')?;
        if time != "-" {
            stamp(time)?;
        }
        // What breaks off gives the fields before.
        let _ = rfc5424(rest, attributes);
    } else {
        let (_, rest) = stamp(rest)?;
        if let Some((host, _)) = rest.strip_prefix(' ').and_then(word) {
            attributes.text("host.name", host);
        }
        header(rest, attributes);
    }
    attributes.number("syslog.facility", u64::from(priority / 8));
    Some(Found::new(Form::Syslog, severity))
}

/// A line that begins with a month's name.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (_, rest) = is_named(text).then(|| stamp(text))??;
    let rest = header(rest, attributes)?;
    let severity = crate::severity(rest);
    if let Some(found) = haproxy::read(rest, attributes) {
        return Some(found);
    }
    Some(Found::new(Form::Syslog, Some(severity)))
}

/// When it was written, behind its priority.
pub(crate) fn time(text: &str) -> Option<Stamp> {
    let (_, rest) = past_priority(text)?;
    stamp(rest.strip_prefix("1 ").unwrap_or(rest)).map(|(stamp, _)| stamp)
}

/// Whether a blank follows the third letter, as it does in `Nov 21`.
fn is_named(text: &str) -> bool {
    text.as_bytes().get(3) == Some(&b' ') && text.as_bytes()[0].is_ascii_uppercase()
}

fn past_priority(text: &str) -> Option<(u8, &str)> {
    let (priority, rest) = digits(text.strip_prefix('<')?)?;
    let priority = priority.parse::<u8>().ok().filter(|priority| *priority < 192)?;
    Some((priority, rest.strip_prefix('>')?))
}

/// `HOST APP[PID]: `, and the text behind it.
fn header<'a>(rest: &'a str, attributes: &mut Attributes) -> Option<&'a str> {
    let (host, rest) = word(rest.strip_prefix(' ')?)?;
    let (tag, rest) = word(rest.strip_prefix(' ')?)?;
    let tag = tag.strip_suffix(':')?;
    let (app, pid) = match tag.strip_suffix(']').and_then(|tag| until(tag, b'[')) {
        Some((app, pid)) if digits(pid).is_some() => (app, Some(pid)),
        _ => (tag, None),
    };
    if app.is_empty() || app.len() > LEAD_BYTES_MAX || host.ends_with(':') {
        return None;
    }
    attributes.text("appname", app);
    if let Some(pid) = pid {
        attributes.word("process.pid", pid);
    }
    Some(past_blanks(rest))
}

/// `HOST APP PID MSGID STRUCTURED text`
fn rfc5424(mut rest: &str, attributes: &mut Attributes) -> Option<()> {
    for name in ["host.name", "appname", "process.pid", "syslog.msgid"] {
        let (value, behind) = until(rest, b' ')?;
        if !matches!(value, "" | "-") {
            if name == "process.pid" {
                attributes.word(name, value);
            } else {
                attributes.text(name, value);
            }
        }
        rest = behind;
    }
    while let Some(element) = rest.strip_prefix('[') {
        rest = structured(element, attributes)?;
    }
    Some(())
}

/// `NAME a="b" c="d"]`, and what is behind it.
fn structured<'a>(element: &'a str, attributes: &mut Attributes) -> Option<&'a str> {
    let end = element.find([' ', ']'])?;
    let mut rest = &element[end..];
    loop {
        if let Some(behind) = rest.strip_prefix(']') {
            return Some(behind);
        }
        let (name, value) = until(rest.strip_prefix(' ')?, b'=')?;
        let (value, behind) = quoted(value)?;
        attributes.text(name, value);
        rest = behind;
    }
}
