//! Python, chained and grouped; also Ruby's frames in the reversed order, which begin alike.
//!
//! ```text
//!   Traceback (most recent call last):
//!     File "a.py", line 3, in f
//!       g()
//!       ^^^
//!   ValueError: x
//!
//!   During handling of the above exception, another exception occurred:
//!
//!   Traceback ...                           + Exception Group Traceback (most recent call last):
//!                                           |   File ...
//! ```

use super::GoesOn;
use super::GoesOn::{Perhaps, Yes};
use super::shape::{contains, indented, is_blank};

const HEAD: &[u8] = b"Traceback (most recent call last):";

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The head, a frame, its source.
    Stack,
    /// The exception itself.
    Over,
    /// The sentence between two traces of a chain.
    Chained,
    /// A group of exceptions, drawn as a tree.
    Group,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    if contains(line, HEAD) {
        let group = line.trim_ascii_start().starts_with(b"+ Exception Group");
        return Some(if group { State::Group } else { State::Stack });
    }
    (is_frame(line) && contains(line, b"  File ")).then_some(State::Stack)
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, State)> {
    let text = line.trim_ascii_start();
    match state {
        State::Group if contains(line, HEAD) && text.starts_with(b"+") => None,
        State::Group if matches!(text, [b'|', ..] | [b'+', b'-' | b'+' | b' ', ..]) => {
            Some((Yes, State::Group))
        }
        State::Stack if indented(line).is_some() => Some((Yes, State::Stack)),
        State::Stack if is_exception(line) => Some((Yes, State::Over)),
        State::Chained if contains(line, HEAD) => begins(line).map(|state| (Yes, state)),
        _ if text.starts_with(b"During handling of the above exception, another") => {
            Some((Yes, State::Chained))
        }
        _ if text.starts_with(b"The above exception was the direct cause") => {
            Some((Yes, State::Chained))
        }
        _ => is_blank(line).then_some((Perhaps, state)),
    }
}

/// `  File "a.py", line 3`
fn is_frame(line: &[u8]) -> bool {
    indented(line).is_some_and(|text| text.starts_with(b"File \"") && contains(text, b", line "))
}

/// A dotted name, then its message or nothing.
fn is_exception(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    !name.is_empty() && !name.iter().any(|byte| matches!(byte, b' ' | b'\t' | b'(' | b'{' | b'['))
}
