//! Dart, and .NET's oldest form, which announces an exception in the same words.
//!
//! ```text
//!   Unhandled exception:
//!   FormatException: bad           a message of any form
//!   #0      main (file:///a.dart:12:3)
//!   <asynchronous suspension>
//! ```

use super::GoesOn::{Perhaps, Yes};
use super::shape::{after_digits, contains};
use super::{GoesOn, State as Any, java};

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The announcement, the message.
    Message,
    /// Frames.
    Frames,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    let announced =
        line.ends_with(b"Unhandled exception:") || line.ends_with(b"Unhandled Exception:");
    announced.then_some(State::Message)
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, Any)> {
    if is_frame(line) || line == b"<asynchronous suspension>" {
        return Some((Yes, Any::Dart(State::Frames)));
    }
    if state == State::Frames {
        return None;
    }
    match java::next(java::State::Head, line) {
        Some((Yes, java)) => Some((Yes, java)),
        _ => Some((Perhaps, Any::Dart(State::Message))),
    }
}

/// `#0      main.<anonymous closure> (file:///a.dart:12:20)`
fn is_frame(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"#").and_then(after_digits);
    rest.is_some_and(|rest| {
        rest.starts_with(b"  ") && contains(rest, b" (") && rest.ends_with(b")")
    })
}
