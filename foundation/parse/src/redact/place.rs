//! Where in a text something stands: whether a word begins or ends there.

/// Whether a word may begin at `at`: before it is no letter and no digit, but for those of an escape
/// (`\n`, `\u003d`, `%3D`).
pub(super) fn begins(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., last] => {
            let escape = before.len().checked_sub(6).map(|start| &before[start..]);
            !last.is_ascii_alphanumeric() || escape.is_some_and(|six| six.starts_with(b"\\u"))
        }
        [] => true,
    }
}

/// How many bytes from `at` on `holds`.
pub(super) fn run(text: &[u8], at: usize, holds: impl Fn(u8) -> bool) -> usize {
    text[at..].iter().take_while(|byte| holds(**byte)).count()
}

/// How many bytes before `at` `holds`, at most so many.
pub(super) fn run_before(text: &[u8], at: usize, most: usize, holds: impl Fn(u8) -> bool) -> usize {
    text[..at].iter().rev().take(most).take_while(|byte| holds(**byte)).count()
}

/// Whether there is a letter or a digit at `at`.
pub(super) fn is_word_at(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}
