//! The text behind the first pipe -> tokens.
//!
//! Invariants:
//! - tokens lie in order and never overlap; only blanks lie between them;
//! - a word in quotes is never a keyword, so that a field may be called `by`.

use crate::language::error::{Problem, SyntaxError};
use crate::language::tree::Span;

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Pipe,
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The tokens from byte `at` on.
pub(super) fn tokens(text: &str, mut at: usize) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    loop {
        let rest = text[at..].trim_start();
        at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (kind, length) = match first {
            '|' => (Kind::Pipe, 1),
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            '"' => quoted(rest).ok_or_else(|| {
                let hint = "add the closing \"; inside quotes a \" is written \\\"";
                SyntaxError::at(text, at, Problem::Unclosed("quote"), hint)
            })?,
            _ => {
                let ends = |c: char| c.is_whitespace() || "|(),\"".contains(c);
                let length = rest.find(ends).unwrap_or(rest.len());
                (Kind::Word(rest[..length].to_owned()), length)
            }
        };
        tokens.push(Token { kind, span: Span { from: at, to: at + length } });
        at += length;
    }
}

/// `"..."` with `\"` and `\\` inside, and its length; none when it does not end.
fn quoted(rest: &str) -> Option<(Kind, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((Kind::Quoted(out), at + 1)),
            '\\' => {
                let escaped = chars.next_if(|(_, next)| matches!(next, '"' | '\\'));
                out.push(escaped.map_or('\\', |(_, escaped)| escaped));
            }
            _ => out.push(char),
        }
    }
    None
}
