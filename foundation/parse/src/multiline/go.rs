//! Go: panics and fatal errors with the goroutines' stacks.
//!
//! ```text
//!   panic: a [recovered]                 2019/01/15 07:48:05 http: panic serving [::1]:54143: a
//!           panic: b                     fatal error: all goroutines are asleep - deadlock!
//!   [signal SIGSEGV: ...]
//!
//!   goroutine 4 [running]:
//!   main.main.func1(0xc420024120)
//!           foo.go:6 +0x39
//!   created by main.main in goroutine 1
//!           foo.go:5 +0x58
//!   exit status 2
//! ```

use super::GoesOn;
use super::GoesOn::{Perhaps, Yes};
use super::shape::{after_digits, contains, indented, is_blank, is_name};

/// What came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// What went wrong.
    Head,
    /// Stacks.
    Stack,
    /// A function, whose place comes next.
    Function,
}

pub(super) fn begins(line: &[u8]) -> Option<State> {
    if is_goroutine(line) {
        return Some(State::Stack);
    }
    let panics =
        memchr::memmem::find_iter(line, b"panic: ").any(|at| at == 0 || !is_name(line[at - 1]));
    let head =
        panics || contains(line, b"http: panic serving") || line.starts_with(b"fatal error: ");
    head.then_some(State::Head)
}

pub(super) fn next(state: State, line: &[u8]) -> Option<(GoesOn, State)> {
    if is_goroutine(line) || line == b"runtime stack:" {
        return Some((Yes, State::Stack));
    }
    match state {
        State::Head => {
            if line.starts_with(b"[signal ") || line.starts_with(b"\tpanic: ") {
                return Some((Yes, State::Head));
            }
            (indented(line).is_some() || is_blank(line)).then_some((Perhaps, State::Head))
        }
        State::Function => is_place(line).then_some((Yes, State::Stack)),
        State::Stack => {
            if line.starts_with(b"exit status ") || line.starts_with(b"...") || is_register(line) {
                return Some((Yes, State::Stack));
            }
            if is_function(line) {
                return Some((Perhaps, State::Function));
            }
            let unavailable = contains(line, b"stack unavailable");
            (unavailable || is_blank(line)).then_some((Perhaps, State::Stack))
        }
    }
}

/// `goroutine 1 [chan receive, 2 minutes]:`
fn is_goroutine(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"goroutine ").and_then(after_digits);
    rest.is_some_and(|rest| rest.starts_with(b" ") && contains(rest, b"[") && rest.ends_with(b"]:"))
}

/// `net/http.(*conn).serve(0x1, 0x2)`, `created by main.main`
fn is_function(line: &[u8]) -> bool {
    if line.starts_with(b"created by ") || line.starts_with(b"[originating from ") {
        return true;
    }
    let name = line.split(|byte| *byte == b'(').next().unwrap_or_default();
    let named = name == b"panic" || name.contains(&b'.');
    named && line.ends_with(b")") && !name.contains(&b' ') && !name.contains(&b'\t')
}

/// `        /src/a.go:6 +0x39`
fn is_place(line: &[u8]) -> bool {
    let place = indented(line).and_then(|text| text.split(|byte| *byte == b' ').next());
    let Some((at, _)) =
        place.and_then(|place| place.iter().enumerate().rev().find(|(_, byte)| **byte == b':'))
    else {
        return false;
    };
    place.is_some_and(|place| after_digits(&place[at + 1..]).is_some_and(<[u8]>::is_empty))
}

/// `rip    0x45cb40`, as a signal's registers are printed.
fn is_register(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default();
    name.len() <= 6
        && name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && words.next().is_some_and(|value| value.starts_with(b"0x"))
        && words.next().is_none()
}
