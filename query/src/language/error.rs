//! What is wrong with a query, where, and what to write instead.
//!
//! Invariant: the column counts characters from 1, and is at most one behind the last character.

use std::fmt;

use super::names::nearest;
use super::pipe::Name;

/// A query that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub(crate) struct SyntaxError {
    /// 1-based, in characters.
    pub column: usize,
    pub problem: Problem,
    /// What to write instead, or empty.
    pub hint: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something else must stand here.
    Expected { expected: &'static str, found: String },
    /// A quote, parenthesis or regular expression that begins here has no end.
    Unclosed(&'static str),
    /// A value that its operator cannot take.
    BadValue { wanted: &'static str, value: String },
    /// The regular expression does not compile, or is too large.
    BadRegex(String),
    /// A pipe, where only filters are understood.
    Pipe,
    /// A name that is none of the known ones.
    Unknown { what: &'static str, name: String, meant: Option<String> },
    /// Two columns of one name.
    Twice(String),
    /// The query is longer or deeper than allowed.
    TooLarge(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected { expected, found } if found.is_empty() => {
                write!(f, "expected {expected}, but the query ends here")
            }
            Self::Expected { expected, found } => write!(f, "expected {expected}, found `{found}`"),
            Self::Unclosed(what) => write!(f, "this {what} is never closed"),
            Self::BadValue { wanted, value } => write!(f, "`{value}` is not {wanted}"),
            Self::BadRegex(reason) => write!(f, "not a usable regular expression: {reason}"),
            Self::Pipe => f.write_str("a pipe cannot be used here, only filters can"),
            Self::Unknown { what, name, meant: None } => write!(f, "no such {what}: `{name}`"),
            Self::Unknown { what, name, meant: Some(meant) } => {
                write!(f, "no such {what}: `{name}`; did you mean `{meant}`?")
            }
            Self::Twice(name) => write!(f, "there are two columns called `{name}`"),
            Self::TooLarge(limit) => write!(f, "the query is too large: {limit}"),
        }
    }
}

impl SyntaxError {
    /// The problem at byte `at` of `text`.
    pub(crate) fn at(text: &str, at: usize, problem: Problem, hint: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        Self { column: before.chars().count() + 1, problem, hint: hint.into() }
    }

    /// A name of `text` that is none of the known ones: which were meant, and which there are.
    pub(crate) fn unknown<'a>(
        text: &str,
        name: &Name,
        what: &'static str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let meant = nearest(&name.text, known.clone()).map(str::to_owned);
        let known: Vec<&str> = known.collect();
        let problem = Problem::Unknown { what, name: name.text.clone(), meant };
        Self::at(text, name.at, problem, format!("use one of {}", known.join(", ")))
    }
}
