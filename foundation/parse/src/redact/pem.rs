//! Private keys in PEM: what stands between their first and their last line.
//!
//! ```text
//!   -----BEGIN RSA PRIVATE KEY-----\nMIIE…\n-----END RSA PRIVATE KEY-----     line ends real or escaped
//!   -----BEGIN RSA PRIVATE KEY-----REDACTED-private_key-…-----END RSA PRIVATE KEY-----
//! ```
//! Invariant: a key whose end is missing is secret up to the next quote, or to the text's end.

use memchr::memmem;

use super::Found;
use super::kind::Kind;
use super::mark::is_mark;
use crate::limits::PEM_LABEL_BYTES_MAX;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// The key whose first line begins at `at`.
pub(super) fn private_key(text: &[u8], at: usize) -> Option<Found> {
    let label = &text[at + BEGIN.len()..];
    let label = &label[..label.len().min(PEM_LABEL_BYTES_MAX + DASHES.len())];
    let label = &label[..memmem::find(label, DASHES)?];
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let start = at + BEGIN.len() + label.len() + DASHES.len();
    let body = &text[start..];
    let end = memmem::find(body, b"-----END ");
    let quote = || memchr::memchr2(b'"', b'\'', body);
    let body = &body[..end.or_else(quote).unwrap_or(body.len())];
    let body = if end.is_none() { without_backslashes(body) } else { body };
    let nothing = body.is_empty() || is_mark(body);
    (!nothing).then(|| Found::word(Kind::PrivateKey, start, start + body.len()))
}

/// Those in front of a quote belong to it.
fn without_backslashes(body: &[u8]) -> &[u8] {
    let slashes = body.iter().rev().take_while(|byte| **byte == b'\\').count();
    &body[..body.len() - slashes]
}
