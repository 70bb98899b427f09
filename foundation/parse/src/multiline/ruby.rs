//! Ruby and Rails.
//!
//! ```text
//!   /app/routes.rb:6:in `/': divided by 0 (ZeroDivisionError)     NoMethodError (undefined ...):
//!           from /app/routes.rb:6:in `block in <main>'              app/a.rb:69:in `load'
//! ```

use memchr::memmem;

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
    let rails = line.ends_with(b"):") && contains(line, b"Error (");
    if rails || contains(line, b".rb:") && is_place(line) && contains(line, b"': ") {
        return Some(State::Head);
    }
    let frame = indented(line).is_some_and(is_place) && contains(line, b".rb:");
    frame.then_some(State::Frames)
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, State)> {
    let text = line.trim_ascii_start();
    if is_place(text) && (text.len() < line.len() || !contains(line, b"': ")) {
        return Some((Yes, State::Frames));
    }
    let of_message = state == State::Head && indented(line).is_some();
    (of_message || is_blank(line)).then_some((Perhaps, state))
}

/// A script's line, and what runs there: `a.rb:6:in `, also of templates.
fn is_place(text: &[u8]) -> bool {
    let scripts = [&b".rb:"[..], b".erb:"];
    scripts.iter().any(|script| {
        memmem::find(text, script)
            .and_then(|at| after_digits(&text[at + script.len()..]))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b":in "))
    })
}
