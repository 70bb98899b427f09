//! The value behind a name: how it is quoted, and where it ends.

use super::name::Name;
use crate::redact::place::run;

/// Spaces that may stand on either side of a separator.
const SPACES_MAX: usize = 4;
/// Ways of showing who one is, before what proves it.
const SCHEMES: [&[u8]; 7] =
    [b"bearer", b"basic", b"token", b"bot", b"apikey", b"splunk", b"negotiate"];
/// Ways that prove it without showing a secret.
const SIGNED: [&[u8]; 4] = [b"digest", b"aws4-hmac-sha256", b"hawk", b"oauth"];

/// Where a value stands, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoting: Quoting,
    /// A colon and a space lead to it, as in a sentence.
    pub(super) is_prose: bool,
}

/// How a value is held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    None,
    /// With so many backslashes before the quote.
    Quote(u8, usize),
    /// `<name>value</name>`
    Element,
}

impl Value {
    /// The value of a name, when a separator is between them.
    pub(super) fn behind(text: &[u8], name: &Name) -> Option<Self> {
        let (at, separator) = separator(text, name)?;
        if separator == b'>' {
            let end = at + memchr::memchr(b'<', &text[at..]).unwrap_or(text.len() - at);
            return Some(Self { start: at, end, quoting: Quoting::Element, is_prose: false });
        }
        let spaces = run(text, at, is_space).min(SPACES_MAX);
        let mut start = at + spaces;
        if text.get(start) == Some(&b'[') {
            start += 1;
        }
        let slashes = run(text, start, |byte| byte == b'\\');
        if let Some(quote @ (b'"' | b'\'' | b'`')) = text.get(start + slashes).copied() {
            start += slashes + 1;
            let end = start + closing(&text[start..], quote, slashes);
            return Some(Self {
                start,
                end,
                quoting: Quoting::Quote(quote, slashes),
                is_prose: false,
            });
        }
        if matches!(text.get(start), Some(b'{' | b'[')) {
            return None;
        }
        let end = start + bare(&text[start..]);
        let is_prose = separator == b':' && spaces > 0 && !is_quoted(text, name);
        Some(Self { start, end, quoting: Quoting::None, is_prose })
    }

    /// Without the word that says how to read it; `None` when what follows is a proof, no secret.
    pub(super) fn without_scheme(self, text: &[u8]) -> Option<Self> {
        let word = run(text, self.start, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let scheme = &text[self.start..self.start + word];
        if SIGNED.iter().any(|signed| scheme.eq_ignore_ascii_case(signed)) {
            return None;
        }
        let is_scheme = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let behind = self.start + word;
        let spaces = run(text, behind, is_space);
        if !is_scheme || spaces == 0 {
            return Some(self);
        }
        let start = behind + spaces;
        let end =
            if self.quoting == Quoting::None { start + bare(&text[start..]) } else { self.end };
        (start < end).then_some(Self { start, end, is_prose: false, ..self })
    }

    /// Whether nothing but punctuation or another pair follows it.
    pub(super) fn is_last(&self, text: &[u8]) -> bool {
        let rest = text[self.end..].trim_ascii_start();
        matches!(rest.first(), None | Some(b',' | b';' | b'|' | b'&' | b'}' | b']' | b'\\'))
            || text[self.end..].starts_with(b"\n")
    }

    /// Whether it is a number where JSON would have nothing else.
    pub(super) fn is_bare_number(&self, text: &[u8], name: &Name) -> bool {
        let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        self.quoting == Quoting::None
            && is_quoted(text, name)
            && text[self.start..self.end].iter().all(is_number)
    }
}

/// What cannot be a secret, as it stands for one: asterisks, `${NAME}`, `<hidden>`, `%s`, `[FILTERED]`.
pub(in crate::redact) fn is_placeholder(value: &[u8]) -> bool {
    let same = |mark: u8| value.iter().all(|byte| *byte == mark);
    const BEGINNINGS: [&[u8]; 8] = [b"${", b"{{", b"$(", b"<", b"%s", b"%v", b"%(", b"{}"];
    const WORDS: [&[u8]; 4] = [b"redacted", b"filtered", b"masked", b"hidden"];
    let word = value.trim_ascii_start();
    let word = word.strip_prefix(b"[").unwrap_or(word);
    let word = word.strip_suffix(b"]").unwrap_or(word);
    same(b'*')
        || same(b'x') && value.len() > 2
        || same(b'X') && value.len() > 2
        || same(b'.')
        || BEGINNINGS.iter().any(|beginning| value.starts_with(beginning))
        || WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The separator behind a name, and where that ends.
fn separator(text: &[u8], name: &Name) -> Option<(usize, u8)> {
    let before = &text[..name.start];
    match text.get(name.end)? {
        b'>' if before.ends_with(b"<") => return Some((name.end + 1, b'>')),
        b' ' if text[name.start..].starts_with(b"--") => {
            let is_value = text.get(name.end + 1).is_some_and(|byte| !b"-=: ".contains(byte));
            if is_value {
                return Some((name.end, b' '));
            }
        }
        _ => {}
    }
    let at = name.end + run(text, name.end, |byte| byte == b'\\');
    let at =
        if matches!(text.get(at), Some(b'"' | b'\'' | b'`' | b']')) { at + 1 } else { name.end };
    let at = at + run(text, at, is_space).min(SPACES_MAX);
    match text.get(at..)? {
        [b':', b'/', b'/', ..] => None,
        [b'=', b'>' | b'=', ..] | [b':', b'=', ..] => Some((at + 2, b'=')),
        [separator @ (b'=' | b':'), ..] => Some((at + 1, *separator)),
        [b'%', b'3', b'D' | b'd', ..] => Some((at + 3, b'=')),
        _ => None,
    }
}

/// Where a quoted text ends; at all of it when its quote is missing.
fn closing(text: &[u8], quote: u8, slashes: usize) -> usize {
    let mut from = 0;
    while let Some(at) = memchr::memchr(quote, &text[from..]).map(|at| from + at) {
        let before = text[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        // One level deeper doubles the backslashes before a quote, and adds one.
        if before < slashes {
            return at - before;
        }
        if before % (2 * (slashes + 1)) == slashes {
            return at - slashes;
        }
        from = at + 1;
    }
    text.len()
}

/// Where a value without quotes ends.
fn bare(text: &[u8]) -> usize {
    let stops = |byte: u8| byte <= b' ' || b"\"'`&<>|\\".contains(&byte);
    let mut end = text.iter().take_while(|byte| !stops(**byte)).count();
    let parts = text[..end].iter().enumerate().filter(|(_, byte)| matches!(byte, b',' | b';'));
    if let Some((at, _)) = parts.into_iter().find(|(at, _)| is_pair(&text[at + 1..])) {
        end = at;
    }
    let closing = |byte: &&u8| b")]}.,;:".contains(byte);
    end - text[..end].iter().rev().take_while(closing).count()
}

/// Whether a name and a separator begin the text.
fn is_pair(text: &[u8]) -> bool {
    let name = run(text, 0, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    name == 0 || matches!(text.get(name), Some(b'=' | b':')) || text[..name].is_empty()
}

/// Whether the name is quoted, as JSON's are; `"my token"` is, too.
fn is_quoted(text: &[u8], name: &Name) -> bool {
    let behind = name.end + run(text, name.end, |byte| byte == b'\\');
    text[..name.start].ends_with(b"\"") || text.get(behind) == Some(&b'"')
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
