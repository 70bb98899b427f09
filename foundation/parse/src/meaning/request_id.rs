//! The id of the request that a line is about, named in any text: `request_id=…`, `X-Request-ID: …`.
//!
//! Invariants: what a format found counts; looked for in the line's first [`REQUEST_ID_BYTES`] only; a
//! value is one word of the characters that ids are made of, with a digit among them.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::Attributes;
use crate::limits::{REQUEST_ID_BYTES, REQUEST_ID_VALUE_BYTES};

/// The attribute, whatever the line calls it.
pub(super) const REQUEST_ID: &str = "request_id";

/// What every name holds, whatever the case of its first letter.
pub(crate) const REQUEST_WORDS: [&str; 1] = ["equest"];
static REQUEST: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(REQUEST_WORDS[0]));

/// Adds the first id that `message` names.
pub(super) fn read(message: &str, attributes: &mut Attributes) {
    let head = &message[..message.floor_char_boundary(REQUEST_ID_BYTES)];
    let mut found = REQUEST.find_iter(head.as_bytes());
    if let Some(id) = found.find_map(|at| value(head.get(at + "equest".len()..)?)) {
        attributes.text(REQUEST_ID, id);
    }
}

/// The id in `_id=ID`, `Id":"ID"`, `-ID: ID`.
fn value(behind: &str) -> Option<&str> {
    let behind = behind.strip_prefix(['_', '-', '.', ' ']).unwrap_or(behind);
    let (name, behind) = behind.split_at_checked(2)?;
    let behind = behind.trim_start_matches(['\\', '"', '\'']);
    let is_id = name.eq_ignore_ascii_case("id");
    let behind = is_id.then(|| behind.trim_start().strip_prefix([':', '=']))??;
    let value = behind.trim_start_matches([' ', '\\', '"', '\'', '[']);
    let of_id = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'+')
    };
    let end = value.bytes().position(|byte| !of_id(byte)).unwrap_or(value.len());
    let id = value[..end].trim_end_matches(['.', ':', '-']);
    let is_plausible = (4..=REQUEST_ID_VALUE_BYTES).contains(&id.len());
    (is_plausible && id.bytes().any(|byte| byte.is_ascii_digit())).then_some(id)
}
