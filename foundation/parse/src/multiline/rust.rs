//! Rust: panics with their backtraces, and errors with their chain of causes.
//!
//! ```text
//!   thread 'main' panicked at src/main.rs:4:5:      Error: cannot read a
//!   index out of bounds: the len is 3
//!   stack backtrace:                                Caused by:
//!      0: rust_begin_unwind                             0: no such file
//!                at /rustc/library/std/src/panic.rs:5
//!   note: run with `RUST_BACKTRACE=1` ...           Stack backtrace:
//! ```

use super::GoesOn;
use super::GoesOn::{Perhaps, Yes};
use super::shape::{after_digits, contains, indented, is_blank};

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The place, whose message comes next.
    Place,
    /// The message.
    Message,
    /// `Caused by:`
    Cause,
    /// A numbered cause; one that stands alone is not numbered.
    Causes,
    /// Frames.
    Frames,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    if contains(line, b"' panicked at ") || contains(line, b") panicked at ") {
        return Some(if line.ends_with(b":") { State::Place } else { State::Message });
    }
    None
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, State)> {
    if is_backtrace(line) {
        return Some((Yes, State::Frames));
    }
    if line.starts_with(b"note: ") {
        return Some((Yes, state));
    }
    let inner = indented(line);
    let numbered =
        inner.is_some_and(|text| after_digits(text).is_some_and(|rest| rest.starts_with(b": ")));
    match state {
        State::Place => Some((Yes, State::Message)),
        State::Message if inner.is_some_and(is_compared) => Some((Yes, State::Message)),
        State::Cause | State::Causes if line.starts_with(b"    ") && numbered => {
            Some((Yes, State::Causes))
        }
        State::Cause if line.starts_with(b"    ") => Some((Yes, State::Causes)),
        State::Frames if numbered || inner.is_some_and(|text| text.starts_with(b"at ")) => {
            Some((Yes, State::Frames))
        }
        State::Message if inner.is_some() => Some((Perhaps, state)),
        _ => is_blank(line).then_some((Perhaps, state)),
    }
}

fn is_backtrace(line: &[u8]) -> bool {
    line == b"stack backtrace:" || line == b"Stack backtrace:"
}

/// The two sides of an assertion.
fn is_compared(text: &[u8]) -> bool {
    text.starts_with(b"left: ") || text.starts_with(b"right: ")
}
