//! Secrets that stand beside their name: `password=…`, `"api_key": "…"`, `Authorization: Bearer …`.
//!
//! ```text
//!   "db_password" : "hunter2"     <secret>hunter2</secret>     --token hunter2
//!    name ───────┐ └ value ┘       name    value
//!                └ separator
//! ```
//! Invariants:
//! - a name counts by its end (`db_password`, `X-Api-Key`, `clientSecret`), whatever its case and its gaps;
//! - quotes around a value stay, and it ends where its quote does, however deep JSON is in JSON;
//! - where JSON has a bare number a number is put, and `null`, `true` and `false` stay;
//! - words of a sentence are no value (`Invalid token: unexpected end`), nor are placeholders.

mod name;
mod value;

use super::kind::Kind;
use super::mark::is_mark;
use super::place::{begins, run};
use super::{Form, Found};

use self::name::Name;
pub(super) use self::value::is_placeholder;
use self::value::{Quoting, Value};

/// A secret that is only named so is at least this long, bytes: `key: value` says nothing.
const SECRET_BYTES_MIN: usize = 6;
/// A bearer's token, bytes.
const BEARER_BYTES_MIN: usize = 8;
/// A number of JSON that may be a secret, digits.
const NUMBER_DIGITS_MIN: usize = 4;

/// The secret whose name holds the anchor at `at`.
pub(super) fn named(text: &[u8], at: usize) -> Option<Found> {
    let name = Name::around(text, at)?;
    let value = Value::behind(text, &name)?;
    let kind = name.kind(text)?;
    let value = if kind == Kind::Authorization { value.without_scheme(text)? } else { value };
    let written = &text[value.start..value.end];
    if written.is_empty() || is_mark(written) || is_placeholder(written) {
        return None;
    }
    if written.starts_with(b"-----BEGIN ") || !could_be(kind, text, &name, &value) {
        return None;
    }
    let form = if value.is_bare_number(text, &name) { Form::Number } else { Form::Word };
    Some(Found { form, ..Found::word(kind, value.start, value.end) })
}

/// Whether something of that kind may look so.
fn could_be(kind: Kind, text: &[u8], name: &Name, value: &Value) -> bool {
    let written = &text[value.start..value.end];
    let is_quoted = value.quoting != Quoting::None;
    let has_digit = written.iter().any(u8::is_ascii_digit);
    if !is_quoted && matches!(written, b"true" | b"false" | b"null" | b"nil" | b"none" | b"None") {
        return false;
    }
    if !is_quoted && written.iter().all(u8::is_ascii_digit) && written.len() < NUMBER_DIGITS_MIN {
        return false;
    }
    if kind == Kind::Password {
        let is_directory = name.is_pwd(text) && matches!(written[0], b'/' | b'~' | b'.');
        return !is_directory && (!value.is_prose || has_digit || value.is_last(text));
    }
    // `token=Token{a64f992`, `token: android.os.BinderProxy@2bd79ce`: an object, named by its class.
    let is_object = !is_quoted
        && written
            .iter()
            .any(|byte| matches!(byte, b'{' | b'(') || value.is_prose && *byte == b'@');
    written.len() >= SECRET_BYTES_MIN && !is_object && (!value.is_prose || has_digit)
}

/// The token behind `Bearer `, wherever that stands; `at` is behind its first letter.
pub(super) fn bearer(text: &[u8], at: usize) -> Option<Found> {
    const REST: usize = "earer ".len();
    let first = at.checked_sub(1)?;
    if !matches!(text[first], b'B' | b'b') || !begins(text, first) {
        return None;
    }
    let start = at + REST;
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let token = &text[start..start + run(text, start, of_token)];
    let token =
        &token[..token.len() - token.iter().rev().take_while(|byte| **byte == b'.').count()];
    let fits = token.len() >= BEARER_BYTES_MIN && token.iter().any(u8::is_ascii_digit);
    (fits && !is_mark(token)).then(|| Found::word(Kind::Authorization, start, start + token.len()))
}
