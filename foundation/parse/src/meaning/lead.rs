//! What frameworks set before a sentence: a time, a level, a thread, a logger, a process, in some order.
//!
//! ```text
//!   2026-11-21 04:06:00,123 INFO  [main] org.acme.Shop - text                     log4j, logback
//!   2026-11-21T04:06:00.123Z  WARN [shop,TRACE,SPAN] 7 --- [exec-1] o.acme.Shop : text   Spring Boot
//!   2026-11-21 04:06:00,123 - acme.shop - ERROR - text          INFO:acme.shop:text      Python
//!   [2026-11-21T04:06:00Z INFO  acme::shop] text                                  env_logger
//!   2026-11-21T04:06:00.123Z  INFO request{id=7}: acme::shop: text                tracing-subscriber
//!   [2026-11-21 04:06:00.123][7][info][main] [source/server.cc:1] text            Envoy
//! ```
//! Invariants: nothing is said unless a level stands there by its name; the first part that is none of
//! these begins the sentence; at most [`LEAD_PARTS_MAX`] parts are looked at. Only the logger is kept:
//! threads and processes are in the message, and nobody counts by them.

use nilometer_model::Severity;

use super::logfmt::{pair, put};
use super::scan::{digits, enclosed, past_blanks, until, word};
use super::{Form, Found};
use crate::limits::{LEAD_BYTES_MAX, LEAD_PARTS_MAX, STAMP_BYTES_MAX};
use crate::stamp::stamp;
use crate::trace_ids::id_pair;
use crate::{Attributes, TraceIds};

/// What was found before the sentence.
#[derive(Default)]
struct Lead<'a> {
    severity: Option<Severity>,
    logger: Option<&'a str>,
    /// A thread's name was passed over.
    has_thread: bool,
    /// A number was passed over, of a process or a thread.
    has_number: bool,
    ids: Option<TraceIds>,
    /// Inside of a span's braces.
    span_fields: Option<&'a str>,
    /// A name between dashes, that is a logger if a level follows.
    named: Option<&'a str>,
    /// The part before was set off by more than one blank, or not by blanks.
    set_off: bool,
}

/// Behind a time.
pub(super) fn stamped(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    // Time and level may only have a `:` or a `,` between them.
    let (rest, set_off) = match rest.strip_prefix([':', ',']) {
        Some(rest) => (rest, true),
        None => (rest.strip_prefix(']').unwrap_or(rest), rest.starts_with('\t')),
    };
    Lead { set_off, ..Lead::default() }.read(rest, attributes)
}

/// A line that begins with a bracket: a time, a level, or both.
pub(super) fn bracketed(text: &str, attributes: &mut Attributes) -> Option<Found> {
    match stamp(text.strip_prefix('[')?) {
        Some((_, rest)) => stamped(rest, attributes),
        None => {
            let (inner, _) = enclosed(text, b'[', b']', STAMP_BYTES_MAX)?;
            level(inner.trim(), true)?;
            Lead::default().read(text, attributes)
        }
    }
}

/// A line that begins with a level.
pub(super) fn unstamped(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (first, _) = word(text)?;
    let name = first.split(':').next()?;
    (name.len() > 2).then(|| level(name, false))??;
    Lead::default().read(text, attributes)
}

impl<'a> Lead<'a> {
    fn read(mut self, mut rest: &'a str, attributes: &mut Attributes) -> Option<Found> {
        for _ in 0..LEAD_PARTS_MAX {
            let trimmed = past_blanks(rest);
            self.set_off |= rest.len() - trimmed.len() > 1 || rest.starts_with('\t');
            match self.part(trimmed) {
                Some(behind) => rest = behind,
                None => break,
            }
        }
        let severity = self.severity?;
        self.put(attributes);
        Some(Found { form: Form::Lead, severity: Some(severity), ids: self.ids })
    }

    fn put(&self, attributes: &mut Attributes) {
        if let Some(logger) = self.logger {
            attributes.text("logger", logger);
        }
        let mut rest = self.span_fields.unwrap_or_default();
        while let Some((key, value, behind)) = pair(past_blanks(rest)) {
            put(key, value, attributes);
            rest = behind;
        }
    }

    /// One part, and what is behind it; `None` where the sentence begins.
    fn part(&mut self, text: &'a str) -> Option<&'a str> {
        match *text.as_bytes() {
            [b'[', ..] => self.bracket(text),
            [b'(', ..] => self.parenthesis(text),
            [b'|', ..] => {
                self.set_off = true;
                text.get(1..)
            }
            [b'-', b'-', b'-', b' ', ..] => text.get(3..),
            [b'-', b' ', ..] if self.severity.is_none() || self.logger.is_none() => text.get(1..),
            _ => self.word(text),
        }
    }

    fn bracket(&mut self, text: &'a str) -> Option<&'a str> {
        let (inner, rest) = enclosed(text, b'[', b']', LEAD_BYTES_MAX)?;
        let inner = inner.trim();
        if self.severity.is_none() && level(inner, true).is_some() {
            self.severity = level(inner, true);
        } else if let Some(ids) = ids(inner) {
            self.ids = Some(ids);
        } else if is_number(inner) {
            self.has_number = true;
        } else if self.logger.is_none() && is_logger(inner) && !inner.contains(['@', '/']) {
            self.logger = Some(inner);
        } else if let Some(class) = zookeeper(inner) {
            self.logger = Some(class);
        } else if !self.has_thread {
            // A sentence's own brackets stand behind its logger.
            self.logger.is_none().then(|| self.has_thread = true)?;
        }
        Some(rest)
    }

    /// WildFly's thread.
    fn parenthesis(&mut self, text: &'a str) -> Option<&'a str> {
        self.severity?;
        self.logger?;
        let (_, rest) = enclosed(text, b'(', b')', LEAD_BYTES_MAX)?;
        Some(rest)
    }

    fn word(&mut self, text: &'a str) -> Option<&'a str> {
        let (word, rest) = word(text)?;
        if word.len() > LEAD_BYTES_MAX {
            return None;
        }
        if self.severity.is_none() {
            return self.before_level(word, rest);
        }
        if let Some(behind) = self.span(text) {
            return Some(behind);
        }
        if !self.has_number && is_number(word) && rest.trim_start().starts_with("---") {
            self.has_number = true;
            return Some(rest);
        }
        let name = word.trim_end_matches([':', ']']);
        if self.logger.is_none() && is_logger(name) {
            self.logger = Some(name);
            return (name.len() == word.len()).then_some(rest);
        }
        None
    }

    /// A level, or a number or a name before one.
    fn before_level(&mut self, word: &'a str, rest: &'a str) -> Option<&'a str> {
        let (name, behind) = until(word, b':').unwrap_or((word, ""));
        let behind_level = rest.starts_with(['\t', '|']) || rest.starts_with("  ");
        let set_off = (self.set_off && (behind_level || word.contains(':')))
            || behind_level && self.named.is_some();
        if let Some(severity) = level(name, set_off) {
            self.severity = Some(severity);
            self.logger = self.named.take().filter(|name| *name != "-");
            // Python's `INFO:logger:text`.
            let logger = behind.split(':').next().unwrap_or_default();
            if behind.contains(':') && is_name(logger) {
                self.logger = Some(logger);
                return None;
            }
            return Some(rest);
        }
        if is_number(word) && !self.has_number {
            self.has_number = true;
            return Some(rest);
        }
        let is_set_off = rest.starts_with(" - ") || rest.starts_with(" | ");
        if self.named.is_none() && is_name(word) && (is_set_off || is_logger(word)) {
            self.named = Some(word);
            return Some(rest);
        }
        None
    }

    /// tracing's `NAME{a=b}: `, or several with a `:` between them.
    fn span(&mut self, text: &'a str) -> Option<&'a str> {
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let open = text.bytes().take(LEAD_BYTES_MAX).position(|byte| !of_name(byte))?;
        if open == 0 || text.as_bytes()[open] != b'{' {
            return None;
        }
        let close =
            open + text.get(open..)?.find("}: ").or_else(|| text.get(open..)?.find("}:"))?;
        self.span_fields = self.span_fields.or_else(|| text.get(open + 1..close));
        text.get(close + 2..)
    }
}

/// A level's name: in upper case, or in any where it is set off from the text.
fn level(name: &str, set_off: bool) -> Option<Severity> {
    let is_upper = name.bytes().all(|byte| byte.is_ascii_uppercase());
    if !(3..=13).contains(&name.len()) || !(is_upper || set_off) {
        return None;
    }
    if matches!(
        name,
        "NOTE" | "LOG" | "NONE" | "UNKNOWN" | "FAILURE" | "UNSET" | "note" | "log" | "none"
    ) {
        return None;
    }
    Severity::parse(name)
}

/// `org.acme.Shop`, `acme::shop`, `Shop$Part`, `o.a.Shop#42`.
fn is_logger(name: &str) -> bool {
    let [first, inside @ .., _] = name.as_bytes() else { return false };
    let is_made_of_parts = inside.iter().any(|byte| matches!(byte, b'.' | b'$' | b'#'))
        || inside.windows(2).any(|pair| pair == b"::");
    first.is_ascii_alphabetic() && is_made_of_parts && is_name(name)
}

fn is_name(name: &str) -> bool {
    let of_name = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'.' | b'$' | b'#' | b':' | b'-' | b'@' | b'/')
    };
    !name.is_empty() && name.len() <= LEAD_BYTES_MAX && name.bytes().all(of_name)
}

fn is_number(word: &str) -> bool {
    digits(word).is_some_and(|(_, rest)| rest.is_empty())
}

/// `THREAD:CLASS@LINE`
fn zookeeper(inner: &str) -> Option<&str> {
    let (place, line) = inner.rsplit_once('@')?;
    digits(line)?;
    place.rsplit_once(':').map(|(_, class)| class)
}

/// Spring's `app,TRACE,SPAN` and `TRACE-SPAN`.
fn ids(inner: &str) -> Option<TraceIds> {
    if let Some((trace, rest)) = until(inner, b',').and_then(|(_, rest)| until(rest, b',')) {
        let (span, _) = until(rest, b',').unwrap_or((rest, ""));
        return id_pair(trace.trim(), span.trim());
    }
    let (trace, span) = until(inner, b'-')?;
    (trace.len() == 32).then(|| id_pair(trace, span))?
}
