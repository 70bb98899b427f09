//! Java and all that prints `at` before its frames: Kotlin, Scala, .NET, Node, browsers.
//!
//! ```text
//!   java.lang.RuntimeException: a        Exception in thread "main" x.YException
//!       at com.acme.A.b(A.java:50)           - locked <0x00000000e1>
//!       Suppressed: x.YException: b          ... 12 more
//!   Caused by: x.ZException: c           ... 27 common frames omitted
//!     nested exception is:
//!   System.X: a ---> System.Y: b         --- End of inner exception stack trace ---
//!   TypeError: a is not a function       at /app/a.js:52:3 {  ...  code: 'E'  }
//! ```

use memchr::memmem;

use super::GoesOn::{Perhaps, Yes};
use super::shape::{after_digits, contains, indented, is_blank, is_name};
use super::{GoesOn, State as Any, rust};

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// An exception's name and message.
    Head,
    /// `nested exception is:`
    Nested,
    /// A frame, or what stands between frames.
    Frames,
    /// The fields that Node prints of an error, in braces.
    Fields,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    if names_exception(line) || line.starts_with(b"V8 errors stack trace") {
        return Some(State::Head);
    }
    (is_frame(line) && stands_in(line)).then(|| after_frame(line))
}

/// As far in as a frame is written, and so that it is suspected.
fn stands_in(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let blanks = &line[..line.len() - text.len()];
    text.starts_with(b"at ") && (blanks.ends_with(b"  ") || blanks.ends_with(b"\t"))
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, Any)> {
    let to = |goes_on, state| Some((goes_on, Any::Java(state)));
    let text = line.trim_ascii_start();
    if is_frame(line) {
        return to(Yes, after_frame(line));
    }
    match state {
        State::Fields if line.starts_with(b"}") => return to(Yes, State::Frames),
        State::Fields if indented(line).is_some() => return to(Yes, State::Fields),
        State::Nested if names_exception(line) => return to(Yes, State::Head),
        _ => {}
    }
    if text == b"Caused by:" {
        return Some((Yes, Any::Rust(rust::State::Cause)));
    }
    if begins_cause(text) {
        return to(Yes, State::Head);
    }
    if text.starts_with(b"nested exception is:") {
        return to(Yes, if names_exception(text) { State::Head } else { State::Nested });
    }
    if is_between_frames(text) {
        return to(Yes, State::Frames);
    }
    if state == State::Frames && text.starts_with(b"Node.js v") {
        return to(Yes, State::Frames);
    }
    let of_message = state == State::Head && indented(line).is_some();
    (of_message || is_blank(line)).then_some((Perhaps, Any::Java(state)))
}

/// A name that ends as those of exceptions do, with a message or nothing behind it.
fn names_exception(line: &[u8]) -> bool {
    [&b"Exception"[..], b"Error", b"Throwable"].iter().any(|name| {
        memmem::find_iter(line, name).any(|at| match &line[at + name.len()..] {
            [] => true,
            // Node's codes: `TypeError [ERR_X]: a`
            [b' ', b'[', ..] => true,
            [byte, ..] => matches!(byte, b':' | b'['),
        })
    })
}

fn begins_cause(text: &[u8]) -> bool {
    let causes = [&b"Caused by: "[..], b"Suppressed: ", b"Wrapped by: ", b"---> "];
    causes.iter().any(|cause| text.starts_with(cause)) || text.starts_with(b"[CIRCULAR REFERENCE:")
}

fn is_between_frames(text: &[u8]) -> bool {
    if let Some(omitted) = text.strip_prefix(b"... ").and_then(after_digits) {
        return omitted.starts_with(b" more") || omitted.starts_with(b" common frames omitted");
    }
    if let Some(held) = text.strip_prefix(b"- ") {
        let monitors = [&b"locked <"[..], b"waiting ", b"parking ", b"eliminated <", b"None"];
        return monitors.iter().any(|monitor| held.starts_with(monitor));
    }
    text.starts_with(b"--- End of inner exception stack trace")
        || text.starts_with(b"--- End of stack trace from previous location")
        || text == b"From previous event:"
}

/// Behind blanks `at` and a place: brackets, a file's line, or one name.
fn is_frame(line: &[u8]) -> bool {
    let Some(text) = indented(line) else { return false };
    let text = text.strip_prefix(b"eval ").unwrap_or(text);
    let Some(place) = text.strip_prefix(b"at ") else { return false };
    let place = place.trim_ascii_end();
    let first = place.split(|byte| *byte == b' ').next().unwrap_or_default();
    first.first().is_some_and(|byte| is_name(*byte) || matches!(byte, b'/' | b'<' | b'$' | b'('))
        && (contains(place, b"(") || first.len() == place.len() || contains(place, b":"))
}

fn after_frame(line: &[u8]) -> State {
    if line.ends_with(b" {") { State::Fields } else { State::Frames }
}
