//! How bad a record says it is, where its text says so plainly: a field, klog's first letter, or a
//! level's name set off from the sentence by case or brackets. "no error found" is not plain.
//!
//! Cheap: looks at the first bytes only, allocates nothing.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use nilometer_model::Severity;

use crate::limits::{SEVERITY_FIELD_BYTES, SEVERITY_WORD_BYTES};

/// Names of levels that are also common words of a sentence.
const TOO_COMMON: [&[u8]; 10] = [
    b"log", b"note", b"none", b"fine", b"finer", b"config", b"alert", b"unknown", b"failure",
    b"unset",
];

/// The names of the members that say it, in JSON.
static MEMBERS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["\"level\"", "\"severity\"", "\"lvl\""].map(Finder::new));

/// The severity that `message` says of itself.
pub fn severity(message: &str) -> Severity {
    let head = &message.as_bytes()[..message.len().min(SEVERITY_FIELD_BYTES)];
    let head = head.trim_ascii_start();
    if head.first() == Some(&b'{') {
        return json(head).unwrap_or_default();
    }
    let head = &head[..head.len().min(SEVERITY_WORD_BYTES)];
    klog(head).or_else(|| logfmt(head)).or_else(|| word(head)).unwrap_or_default()
}

/// The first `"level"`, `"severity"` or `"lvl"` whose value is a level's name, or a number as pino has it.
fn json(head: &[u8]) -> Option<Severity> {
    MEMBERS.iter().find_map(|name| {
        let at = name.find(head)? + name.needle().len();
        let value = head[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        match value.strip_prefix(b"\"") {
            Some(text) => named(letters(text)),
            None => numbered(value),
        }
    })
}

fn numbered(value: &[u8]) -> Option<Severity> {
    match value {
        [tens @ b'1'..=b'6', b'0', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_digit) => {
            Severity::from_code(tens - b'0')
        }
        _ => None,
    }
}

/// `level=error`, `lvl="warn"`, `severity=INFO` at the beginning of a word.
fn logfmt(head: &[u8]) -> Option<Severity> {
    memchr::memchr_iter(b'=', head).find_map(|at| {
        let before = &head[..at];
        let key =
            ["level", "lvl", "severity"].iter().find(|key| before.ends_with(key.as_bytes()))?;
        let start = at - key.len();
        if start > 0 && !matches!(head[start - 1], b' ' | b'\t' | b'[' | b',') {
            return None;
        }
        let value = &head[at + 1..];
        named(letters(value.strip_prefix(b"\"").unwrap_or(value)))
    })
}

/// `E0102 15:04:05.678901 ...`
fn klog(head: &[u8]) -> Option<Severity> {
    let digits = head.get(1..5)?.iter().all(u8::is_ascii_digit);
    if !digits || head[5..].first() != Some(&b' ') || !head.get(6)?.is_ascii_digit() {
        return None;
    }
    match head[0] {
        b'I' => Some(Severity::Info),
        b'W' => Some(Severity::Warn),
        b'E' => Some(Severity::Error),
        b'F' => Some(Severity::Fatal),
        _ => None,
    }
}

/// The first level's name that stands alone: upper case anywhere, any case in brackets, or any case at
/// the very start with a colon behind.
fn word(head: &[u8]) -> Option<Severity> {
    let mut at = 0;
    while at < head.len() {
        let run = letters(&head[at..]);
        if run.is_empty() {
            at += 1;
            continue;
        }
        let (start, end) = (after_colour(head, at), at + run.len());
        if let Some(severity) = candidate(head, start, end) {
            return Some(severity);
        }
        at = end;
    }
    None
}

/// In `ESC [ 31 m ERROR` the `m` is not a part of the word.
fn after_colour(head: &[u8], at: usize) -> usize {
    if head[at] != b'm' {
        return at;
    }
    let codes = head[..at].iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    if head[..at - codes].ends_with(b"\x1b[") { at + 1 } else { at }
}

fn candidate(head: &[u8], start: usize, end: usize) -> Option<Severity> {
    let run = &head[start..end];
    if !(3..=13).contains(&run.len()) {
        return None;
    }
    let before = start.checked_sub(1).map(|at| head[at]);
    let after = head.get(end).copied();
    let apart = |byte: Option<u8>| !byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !(apart(before) || start > 0 && head[start - 1] == b'm') || !apart(after) {
        return None;
    }
    let bracketed = matches!((before, after), (Some(b'['), Some(b']')) | (Some(b'<'), Some(b'>')));
    let upper = run.iter().all(u8::is_ascii_uppercase)
        && !matches!(before, Some(b'-' | b'/' | b'.' | b'"' | b'\''))
        && !matches!(after, Some(b'-' | b'/' | b'.' | b'"' | b'\'' | b'='));
    let titled = start == 0 && after == Some(b':');
    (bracketed || upper || titled).then(|| plain(run)).flatten()
}

/// Names that mean a level wherever they are set off; others (`LOG`, `NOTE`, `FINE`) mean too much.
fn plain(run: &[u8]) -> Option<Severity> {
    let too_common = TOO_COMMON.iter().any(|word| run.eq_ignore_ascii_case(word));
    if too_common {
        return None;
    }
    named(run)
}

fn named(run: &[u8]) -> Option<Severity> {
    Severity::parse(std::str::from_utf8(run).ok()?)
}

fn letters(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use nilometer_model::Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};

    use super::*;

    #[test]
    fn a_severity_is_taken_from_the_text_where_it_is_plain() {
        for (text, expect) in [
            (r#"{"level":"error","msg":"x"}"#, Error),
            (r#"{"msg":"said \"level\":\"fatal\"","level" : "warn"}"#, Warn),
            (r#"{"severity":"CRITICAL"}"#, Fatal),
            (r#"{"lvl":"dbg"}"#, Debug),
            (r#"{"level":50,"msg":"pino"}"#, Error),
            (r#"{"level":20}"#, Debug),
            ("ts=2026-01-01 level=info msg=hi", Info),
            (r#"level="warning" msg=hi"#, Warn),
            ("E0102 15:04:05.678901       1 main.go:5] x", Error),
            ("I0102 15:04:05.678901       1 main.go:5] x", Info),
            ("2026-01-01 12:00:00 [ERROR] x", Error),
            ("2026-01-01 12:00:00,123 ERROR x", Error),
            ("2026-01-01 12:00:00 [error] 7#7: x", Error),
            ("[2026-01-01] <Error> x", Error),
            ("\u{1b}[31mERROR\u{1b}[0m x", Error),
            ("\u{1b}[1;32m INFO\u{1b}[0m x", Info),
            ("WARN: low", Warn),
            ("warning: low", Warn),
            ("12:00:00 TRACE x", Trace),
            ("12:00 INFO counted 3 ERROR lines", Info),
        ] {
            assert_eq!(severity(text), expect, "{text}");
        }
    }

    #[test]
    fn false_friends_are_unset() {
        for text in [
            "",
            "no error found",
            "error found nowhere",
            "Errors: 0",
            "GET /error HTTP/1.1",
            "GET /ERROR/x HTTP/1.1",
            "ERROR_COUNT is 0",
            "the terror: none",
            "sublevel=error",
            "E0102: not klog",
            "E012 15:04:05 x",
            "user NOTE here LOG",
            r#"{"levels":"error"}"#,
            r#"{"level":500}"#,
            r#"{"msg":"ERROR"}"#,
            "INFORMATIONS",
            "@T f=node0.app0001.0 s=0 o=out t=1 k=plain c=00000000 GET failed ok",
        ] {
            assert_eq!(severity(text), Unset, "{text}");
        }
    }
}
