//! PHP, and Laravel's log.
//!
//! ```text
//!   PHP Fatal error:  Uncaught Exception: a in /b.php:60
//!   Stack trace:                           [stacktrace]
//!   #0 /b.php(9): func1()                  PHP   1. {main}() /b.php:0
//!   #1 {main}
//!     thrown in /b.php on line 60
//! ```

use super::GoesOn;
use super::GoesOn::{Perhaps, Yes};
use super::shape::{after_digits, contains, indented, is_blank};

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The exception.
    Head,
    /// Frames.
    Frames,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    let fatal = contains(line, b"Fatal error: ");
    let thrown = contains(line, b"xception '") && contains(line, b"' with message '");
    let laravel = contains(line, b"\"exception\":\"[object] (");
    (fatal || thrown || laravel).then_some(State::Head)
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, State)> {
    if is_announcement(line) {
        return Some((Yes, State::Frames));
    }
    if indented(line).is_some_and(|text| text.starts_with(b"thrown in ")) {
        return Some((Yes, State::Frames));
    }
    match state {
        State::Frames if is_frame(line) || line == b"\"}" => Some((Yes, State::Frames)),
        State::Frames if line.starts_with(b"Next ") => Some((Perhaps, State::Head)),
        State::Head if indented(line).is_some() => Some((Perhaps, State::Head)),
        _ => is_blank(line).then_some((Perhaps, state)),
    }
}

fn is_announcement(line: &[u8]) -> bool {
    line == b"Stack trace:" || line == b"[stacktrace]" || line.ends_with(b"PHP Stack trace:")
}

/// `#0 /a.php(9): f()`, `#2 {main}`, `PHP   1. {main}() /a.php:0`
fn is_frame(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"#").and_then(after_digits) {
        return rest == b" {main}" || rest.starts_with(b" ") && contains(rest, b": ");
    }
    let rest = line.strip_prefix(b"PHP ").map(<[u8]>::trim_ascii_start);
    rest.and_then(after_digits).is_some_and(|rest| rest.starts_with(b". "))
}
