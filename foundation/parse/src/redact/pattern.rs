//! Own patterns, and the kinds that are looked for as such.
//!
//! Invariants: its group `secret`, or else all of it, is the secret; a match that holds a mark is none.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::kind::Kind;
use super::place::{run, run_before};
use crate::limits::{PATTERN_BYTES_MAX, PATTERN_NAME_BYTES_MAX, PATTERN_PROGRAM_BYTES_MAX};

const GROUP: &str = "secret";

/// A pattern with its name.
#[derive(Debug, Clone)]
pub struct Pattern {
    name: String,
    /// None for a constant of ours that cannot be compiled; a test says that there is none.
    regex: Option<Regex>,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Its name does not fit into a mark.
    #[error("a pattern's name is 1 to {PATTERN_NAME_BYTES_MAX} of a-z, 0-9 and _, and no kind's")]
    Name,
    /// It is too long, too large once compiled, or no regular expression.
    #[error("{0}")]
    Regex(String),
}

impl Pattern {
    /// A pattern of that name.
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn new(name: &str, regex: &str) -> Result<Self, PatternError> {
        let of_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let fits = (1..=PATTERN_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(of_name);
        if !fits || Kind::parse(name).is_some() {
            return Err(PatternError::Name);
        }
        if regex.len() > PATTERN_BYTES_MAX {
            let sentence = format!("longer than {PATTERN_BYTES_MAX} bytes");
            return Err(PatternError::Regex(sentence));
        }
        let compiled = compile(regex).map_err(|error| PatternError::Regex(error.to_string()))?;
        Ok(Self { name: name.to_owned(), regex: Some(compiled) })
    }

    pub(super) fn built_in(regex: &str) -> Self {
        Self { name: String::new(), regex: compile(regex).ok() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Tells of every secret in the text: where it begins and ends.
    pub(super) fn each(&self, text: &str, mut tell: impl FnMut(usize, usize)) {
        let Some(regex) = &self.regex else { return };
        for captures in regex.captures_iter(text) {
            let Some(found) = captures.name(GROUP).or_else(|| captures.get(0)) else { continue };
            if !found.is_empty() && !is_near_mark(text, found.range()) {
                tell(found.start(), found.end());
            }
        }
    }
}

fn compile(regex: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(regex).size_limit(PATTERN_PROGRAM_BYTES_MAX).build()
}

/// Whether it holds a mark or lies in one.
fn is_near_mark(text: &str, range: Range<usize>) -> bool {
    let of_mark = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let before = run_before(text.as_bytes(), range.start, PATTERN_BYTES_MAX, of_mark);
    let behind = run(text.as_bytes(), range.end, of_mark);
    text[range.start - before..range.end + behind].contains("REDACTED-")
}
