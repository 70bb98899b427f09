//! Passwords in URLs: `scheme://user:PASSWORD@host`.

use super::Found;
use super::kind::Kind;
use super::mark::is_mark;
use super::named::is_placeholder;
use super::place::run;
use crate::limits::URL_AUTHORITY_BYTES_MAX;

/// The password of the URL whose `://` is at `at`.
pub(super) fn password(text: &[u8], at: usize) -> Option<Found> {
    if !text[..at].last()?.is_ascii_alphanumeric() {
        return None;
    }
    let start = at + 3;
    let near = &text[..text.len().min(start + URL_AUTHORITY_BYTES_MAX)];
    let authority = &near[start..start + run(near, start, is_of_authority)];
    let user_info = &authority[..memchr::memrchr(b'@', authority)?];
    let user = memchr::memchr(b':', user_info)?;
    let password = &user_info[user + 1..];
    let nothing = password.is_empty() || is_mark(password) || is_placeholder(password);
    let start = start + user + 1;
    (!nothing).then(|| Found::word(Kind::UrlPassword, start, start + password.len()))
}

fn is_of_authority(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'/' | b'?' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | 0x7f)
}
