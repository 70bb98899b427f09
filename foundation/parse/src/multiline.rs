//! Which lines belong to one stack trace, told line by line.
//!
//! ```text
//!   Clues::STACK: may one begin here?   one search over a whole buffer; most lines are done with
//!   Trace::begins(line)                 what may be a trace's first line, or a frame without one
//!   trace.goes_on(line)                 Yes | Perhaps | No, by what came before
//! ```
//! Invariants:
//! - to begin is easy and joins nothing; only a frame, or what stands in no other place, is a `Yes`;
//! - `Perhaps` is for lines that belong only if a `Yes` comes behind them: an empty line, a message's
//!   further lines;
//! - a frame begins a trace, too, so that what is cut in two goes on alike, whoever reads it;
//! - the first line is the exception's own: a log line that only announces it stands alone.
//!
//! After the rules of Google's detect-exceptions plugin for Fluentd, which holds a trace's head to be
//! certain and its lines to be alike for all languages; here each has its own and must show a frame.

mod dart;
mod go;
mod java;
mod json;
mod php;
mod python;
mod ruby;
mod rust;
mod shape;

/// At least one stands in every line that may begin a trace, also when it is written inside JSON.
///
/// None is shorter than four bytes, and there are few: with three bytes or twice as many the search costs five times
/// as much (0.1 CPU s per GB).
pub(crate) const STACK_WORDS: [&str; 13] = [
    "xception",
    "Error",
    "Throwable",
    "V8 errors",
    "Traceback (",
    "  File ",
    "panic",
    "atal error: ",
    "goroutine ",
    ".rb:",
    "  at ",
    "\tat ",
    "\\tat ",
];

/// Whether a line belongs to the open trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoesOn {
    /// It does, and all lines before it.
    Yes,
    /// It does if one behind it does.
    Perhaps,
    /// It does not.
    No,
}

/// How far a trace has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Its lines are the messages of JSON objects.
    json: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Dart(dart::State),
    Go(go::State),
    Java(java::State),
    Php(php::State),
    Python(python::State),
    Ruby(ruby::State),
    Rust(rust::State),
}

impl Trace {
    /// The trace that this line may be the first of.
    #[must_use]
    pub fn begins(line: &[u8]) -> Option<Self> {
        let json = json::is_object(line);
        let state = if json { State::begins(&json::message(line)?) } else { State::begins(line) };
        state.map(|state| Self { json, state })
    }

    /// Whether the line goes on with it.
    pub fn goes_on(&mut self, line: &[u8]) -> GoesOn {
        if self.json != json::is_object(line) {
            return GoesOn::No;
        }
        if !self.json {
            return self.state.goes_on(line);
        }
        json::message(line).map_or(GoesOn::No, |message| self.state.goes_on(&message))
    }
}

impl State {
    fn begins(line: &[u8]) -> Option<Self> {
        let line = shape::without_end(line);
        let first = go::begins(line).map(Self::Go);
        first
            .or_else(|| python::begins(line).map(Self::Python))
            .or_else(|| rust::begins(line).map(Self::Rust))
            .or_else(|| dart::begins(line).map(Self::Dart))
            .or_else(|| php::begins(line).map(Self::Php))
            .or_else(|| ruby::begins(line).map(Self::Ruby))
            .or_else(|| java::begins(line).map(Self::Java))
    }

    fn goes_on(&mut self, line: &[u8]) -> GoesOn {
        let line = shape::without_end(line);
        let next = match *self {
            Self::Dart(state) => dart::next(state, line),
            Self::Go(state) => {
                go::next(state, line).map(|(goes_on, state)| (goes_on, Self::Go(state)))
            }
            Self::Java(state) => java::next(state, line),
            Self::Php(state) => {
                php::next(state, line).map(|(goes_on, state)| (goes_on, Self::Php(state)))
            }
            Self::Python(state) => {
                python::next(state, line).map(|(goes_on, state)| (goes_on, Self::Python(state)))
            }
            Self::Ruby(state) => {
                ruby::next(state, line).map(|(goes_on, state)| (goes_on, Self::Ruby(state)))
            }
            Self::Rust(state) => {
                rust::next(state, line).map(|(goes_on, state)| (goes_on, Self::Rust(state)))
            }
        };
        let Some((goes_on, state)) = next else { return GoesOn::No };
        *self = state;
        goes_on
    }
}

#[cfg(test)]
mod tests;
