//! Text -> tokens. Only the lexer knows which characters end a word and where a regular expression begins.
//!
//! Invariants:
//! - the first pipe is the last token: behind it another grammar begins;
//! - tokens lie in order and never overlap; only blanks lie between them;
//! - `glued` says that no blank stands before a token: `f: x` is not `f:x`, `-x` is not `- x`.

use super::error::{Problem, SyntaxError};
use super::tree::{Comparison, Span};

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Minus,
    Tilde,
    Pipe,
    /// `name:`, the colon included.
    Field(String),
    Operator(Comparison),
    /// The pieces between unescaped stars, so a word without one is one piece.
    Bare(Vec<String>),
    Quoted(String),
    Regex(String),
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    pub(super) glued: bool,
}

/// Where the lexer stands.
struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Inside the parentheses of `in(` and `cidr(`, where a comma separates.
    list: bool,
}

/// The tokens of the text, up to its first pipe.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer { text, at: 0, list: false };
    let mut tokens: Vec<Token> = Vec::new();
    loop {
        let before = lexer.at;
        lexer.skip_blanks();
        if lexer.rest().is_empty() {
            return Ok(tokens);
        }
        let from = lexer.at;
        let glued = before == from;
        let last = tokens.last().filter(|_| glued).map(|token| &token.kind);
        let value = matches!(last, Some(Kind::Field(_)));
        let operand = matches!(last, Some(Kind::Operator(_)));
        let kind = lexer.token(value, operand)?;
        let call = matches!(&kind, Kind::Bare(pieces) if pieces.len() == 1
            && matches!(pieces[0].as_str(), "in" | "cidr"));
        lexer.list |= value && call && lexer.rest().starts_with('(');
        lexer.list &= kind != Kind::Close;
        let pipe = kind == Kind::Pipe;
        tokens.push(Token { kind, span: Span { from, to: lexer.at }, glued });
        if pipe {
            return Ok(tokens);
        }
    }
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The token here; `value`: it follows a field's colon, `operand`: it follows an operator.
    fn token(&mut self, value: bool, operand: bool) -> Result<Kind, SyntaxError> {
        let first = self.rest().chars().next().unwrap_or_default();
        let sign = match first {
            '(' => Some(Kind::Open),
            ')' => Some(Kind::Close),
            '|' => Some(Kind::Pipe),
            ',' if self.list => Some(Kind::Comma),
            '~' if self.rest()[1..].starts_with('"') => Some(Kind::Tilde),
            '-' if !value && !operand && !self.list => Some(Kind::Minus),
            _ => None,
        };
        if let Some(kind) = sign {
            self.at += 1;
            return Ok(kind);
        }
        match first {
            '"' => self.quoted(),
            '/' if !operand && !self.list => self.regex_or_bare(value),
            '<' | '>' | '!' | '=' if value => Ok(self.operator_or_bare(value)),
            _ => Ok(self.bare(!value && !operand && !self.list)),
        }
    }

    fn operator_or_bare(&mut self, value: bool) -> Kind {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let operators = [
            (">=", GreaterOrEqual),
            ("<=", LessOrEqual),
            ("!=", NotEqual),
            (">", Greater),
            ("<", Less),
        ];
        let known = operators.iter().find(|(sign, _)| self.rest().starts_with(sign));
        let Some((sign, comparison)) = known else { return self.bare(!value) };
        self.at += sign.len();
        Kind::Operator(*comparison)
    }

    /// `"..."` with `\"` and `\\` inside; any other backslash stands for itself.
    fn quoted(&mut self) -> Result<Kind, SyntaxError> {
        let opening = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, char)) = chars.next() {
            match char {
                '"' => {
                    self.at = opening + offset + 1;
                    return Ok(Kind::Quoted(out));
                }
                '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, escaped)) => out.push(escaped),
                    None => out.push('\\'),
                },
                _ => out.push(char),
            }
        }
        let hint = "add the closing \"; inside quotes a \" is written \\\"";
        Err(SyntaxError::at(self.text, opening, Problem::Unclosed("quote"), hint))
    }

    /// A regular expression when the next unescaped slash ends the word, else text such as a path.
    fn regex_or_bare(&mut self, value: bool) -> Result<Kind, SyntaxError> {
        let Some(length) = closing_slash(&self.rest()[1..]) else {
            if value {
                return Ok(self.bare(false));
            }
            let hint = "add the closing /, or put the text in quotes";
            let problem = Problem::Unclosed("regular expression");
            return Err(SyntaxError::at(self.text, self.at, problem, hint));
        };
        let after = self.rest()[1 + length + 1..].chars().next();
        if !after.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')' | '|')) {
            return Ok(self.bare(!value));
        }
        let regex = self.rest()[1..=length].replace("\\/", "/");
        self.at += length + 2;
        Ok(Kind::Regex(regex))
    }

    /// A word: up to a blank, parenthesis, pipe or quote (in a list also a comma). A backslash takes
    /// the next character as it is.
    fn bare(&mut self, field_allowed: bool) -> Kind {
        let mut pieces = vec![String::new()];
        let mut chars = self.rest().char_indices().peekable();
        let mut end = self.rest().len();
        while let Some((offset, char)) = chars.next() {
            let ends = char.is_whitespace() || matches!(char, '(' | ')' | '|' | '"');
            if ends || (self.list && char == ',') {
                end = offset;
                break;
            }
            if char == ':' && field_allowed && offset > 0 && pieces.len() == 1 {
                self.at += offset + 1;
                return Kind::Field(pieces.concat());
            }
            match char {
                '*' => pieces.push(String::new()),
                '\\' => {
                    let escaped = chars.next().map_or('\\', |(_, next)| next);
                    pieces.last_mut().into_iter().for_each(|piece| piece.push(escaped));
                }
                _ => pieces.last_mut().into_iter().for_each(|piece| piece.push(char)),
            }
        }
        self.at += end;
        Kind::Bare(pieces)
    }
}

/// Where the first unescaped slash stands.
fn closing_slash(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'/' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}
