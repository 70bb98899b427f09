//! What stands in a secret's place.
//!
//! ```text
//!   REDACTED-github-81b22f5e0c9a     its kind, and 48 bits of an HMAC-SHA256 of it
//!   8999407714285503                 where JSON has a bare number: 8999, and 12 digits of the same
//! ```
//! Invariants: no mark is ever redacted again; a number fits an `i64` and a JavaScript number exactly.

use std::fmt::Write;

use ring::hmac;

use super::Form;

const WORD: &str = "REDACTED-";
/// No card and no other number of note begins like this; 16 digits of it are below 2^53.
const NUMBER: &str = "8999";
/// Bytes of the hash that a mark shows.
const HASH_BYTES: usize = 6;
const NUMBER_DIGITS: usize = 12;

/// Makes marks.
#[derive(Debug)]
pub(super) struct Marker(hmac::Key);

impl Marker {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Appends the mark of a secret.
    pub(super) fn mark(&self, kind: &str, secret: &str, form: Form, text: &mut String) {
        let canonical = canonical(kind, secret);
        let tag = hmac::sign(&self.0, canonical.as_deref().unwrap_or(secret).as_bytes());
        let shown = tag.as_ref().iter().take(HASH_BYTES);
        let number = shown.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        // Writing to a String never fails.
        let _ = match form {
            Form::Word => write!(text, "{WORD}{kind}-{number:012x}"),
            Form::Number => write!(text, "{NUMBER}{:012}", number % 10_u64.pow(12)),
        };
    }
}

/// The same secret may be written in several ways: a card with gaps, a key with its line ends escaped.
fn canonical(kind: &str, secret: &str) -> Option<String> {
    match kind {
        "card" => Some(secret.chars().filter(char::is_ascii_digit).collect()),
        "private_key" => {
            let joined = secret.replace("\\r", "").replace("\\n", "").replace('\\', "");
            Some(joined.split_ascii_whitespace().collect())
        }
        _ => None,
    }
}

/// Whether all of it is a mark.
pub(super) fn is_mark(text: &[u8]) -> bool {
    is_word(text) || is_number(text)
}

fn is_word(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(WORD.as_bytes()) else { return false };
    let mut parts = rest.split(|byte| *byte == b'-');
    let (Some(kind), Some(hash), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let of_kind = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    !kind.is_empty()
        && kind.iter().all(of_kind)
        && hash.len() == 2 * HASH_BYTES
        && hash.iter().all(u8::is_ascii_hexdigit)
}

fn is_number(text: &[u8]) -> bool {
    text.len() == NUMBER.len() + NUMBER_DIGITS
        && text.starts_with(NUMBER.as_bytes())
        && text.iter().all(u8::is_ascii_digit)
}
