//! JSON web tokens: parts of base64url between dots, the first of which decodes to JSON with an `alg`.
//!
//! Invariant: a token that its text's end cut off is found as well, once its header is whole.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Found;
use super::kind::Kind;
use super::place::{begins, run};
use crate::limits::JWT_HEADER_BYTES_MAX;

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "alg")]
    _algorithm: IgnoredAny,
}

/// The token that begins at `at`.
pub(super) fn jwt(text: &[u8], at: usize) -> Option<Found> {
    if !begins(text, at) {
        return None;
    }
    let header = run(text, at, is_base64url);
    if header > JWT_HEADER_BYTES_MAX || text.get(at + header) != Some(&b'.') {
        return None;
    }
    let header = URL_SAFE_NO_PAD.decode(&text[at..at + header]).ok()?;
    serde_json::from_slice::<Header>(&header).ok()?;
    let whole = run(text, at, |byte| is_base64url(byte) || byte == b'.');
    // A sentence's full stop is none of it.
    let end = at + text[at..at + whole].trim_ascii_end().len();
    let stops = text[at..end].iter().rev().take_while(|byte| **byte == b'.').count();
    Some(Found::word(Kind::Jwt, at, end - stops))
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
