//! Tokens -> tree, by recursive descent.
//!
//! Invariant: the recursion is at most [`QUERY_DEPTH_MAX`] deep.

use super::error::{Problem, SyntaxError};
use super::lexer::{Kind, Token, tokens};
use super::pipe::Query;
use super::pipes::pipes;
use super::tree::{Node, Span, Tree, Value};
use crate::limits::{QUERY_BYTES_MAX, QUERY_DEPTH_MAX};

/// Understands a query that consists of filters only.
///
/// # Errors
/// [`SyntaxError`] with the column.
pub(crate) fn parse(text: &str) -> Result<Tree, SyntaxError> {
    let mut parser = Parser::of(text, false)?;
    let tree = parser.filter()?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.expected("a filter", "remove it, or put it in quotes")),
    }
}

/// Understands a query of filters, and pipes behind them.
///
/// # Errors
/// [`SyntaxError`] with the column.
pub(crate) fn parse_query(text: &str) -> Result<Query, SyntaxError> {
    let mut parser = Parser::of(text, true)?;
    let filter = parser.filter()?;
    match parser.peek() {
        None => Ok(Query { filter, pipes: Vec::new() }),
        Some(Kind::Pipe) => Ok(Query { filter, pipes: pipes(text, parser.here().from)? }),
        Some(_) => Err(parser.expected("a filter or `|`", "remove it, or put it in quotes")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    /// Whether pipes may follow.
    pipes: bool,
}

impl<'a> Parser<'a> {
    fn of(text: &'a str, pipes: bool) -> Result<Self, SyntaxError> {
        if text.len() > QUERY_BYTES_MAX {
            let problem = Problem::TooLarge("at most 16 KiB of text");
            return Err(SyntaxError::at(text, 0, problem, "ask in several queries"));
        }
        Ok(Self { text, tokens: tokens(text)?, next: 0, depth: 0, pipes })
    }

    /// Everything before the first pipe.
    fn filter(&mut self) -> Result<Tree, SyntaxError> {
        match self.peek() {
            None => Ok(Tree { node: Node::All, span: Span::default() }),
            Some(Kind::Pipe) if self.pipes => Ok(Tree { node: Node::All, span: Span::default() }),
            Some(_) => self.or(),
        }
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn glued(&self) -> bool {
        self.tokens.get(self.next).is_some_and(|token| token.glued)
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Kind::Bare(pieces)) if pieces.len() == 1 && pieces[0] == keyword)
    }

    fn here(&self) -> Span {
        let end = Span { from: self.text.len(), to: self.text.len() };
        self.tokens.get(self.next).map_or(end, |token| token.span)
    }

    /// From `from` to the end of the last token taken.
    fn span_from(&self, from: usize) -> Span {
        let last = self.next.checked_sub(1).and_then(|last| self.tokens.get(last));
        Span { from, to: last.map_or(from, |token| token.span.to) }
    }

    fn expected(&self, expected: &'static str, hint: &str) -> SyntaxError {
        let span = self.here();
        if !self.pipes && self.peek() == Some(&Kind::Pipe) {
            let hint = "take away the pipe and what follows; pipes belong to /query";
            return SyntaxError::at(self.text, span.from, Problem::Pipe, hint);
        }
        let found = self.text[span.from..span.to].to_owned();
        SyntaxError::at(self.text, span.from, Problem::Expected { expected, found }, hint)
    }

    fn or(&mut self) -> Result<Tree, SyntaxError> {
        let from = self.here().from;
        let mut parts = vec![self.and()?];
        while self.is_keyword("OR") {
            self.next += 1;
            parts.push(self.and()?);
        }
        Ok(join(parts, Node::Or, self.span_from(from)))
    }

    fn and(&mut self) -> Result<Tree, SyntaxError> {
        let from = self.here().from;
        let mut parts = vec![self.not()?];
        loop {
            if self.is_keyword("AND") {
                self.next += 1;
            } else if self.is_keyword("OR")
                || matches!(self.peek(), None | Some(Kind::Close | Kind::Pipe))
            {
                return Ok(join(parts, Node::And, self.span_from(from)));
            }
            parts.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Tree, SyntaxError> {
        let minus = self.peek() == Some(&Kind::Minus);
        if !minus && !self.is_keyword("NOT") {
            return self.atom();
        }
        let from = self.here().from;
        self.next += 1;
        if minus && !self.glued() {
            return Err(
                self.expected("a filter right after `-`", "write -word, or \"-\" in quotes")
            );
        }
        self.deeper(from)?;
        let tree = self.not()?;
        self.depth -= 1;
        Ok(Tree { span: Span { from, to: tree.span.to }, node: Node::Not(Box::new(tree)) })
    }

    fn deeper(&mut self, at: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth <= QUERY_DEPTH_MAX {
            return Ok(());
        }
        let problem = Problem::TooLarge("at most 64 levels of parentheses and negations");
        Err(SyntaxError::at(self.text, at, problem, "take some parentheses away"))
    }

    fn atom(&mut self) -> Result<Tree, SyntaxError> {
        let span = self.here();
        if ["OR", "AND"].iter().any(|keyword| self.is_keyword(keyword)) {
            return Err(self.expected("a filter", "to look for the word itself, put it in quotes"));
        }
        let Some(kind) = self.peek().cloned() else {
            return Err(self.expected("a filter", "add what to look for"));
        };
        let node = match kind {
            Kind::Open => return self.group(span),
            Kind::Field(name) => return self.field(name, span),
            Kind::Tilde => {
                self.next += 1;
                self.string().map(Node::Substring)?
            }
            Kind::Bare(pieces) => {
                self.next += 1;
                bare(pieces)
            }
            Kind::Quoted(text) => {
                self.next += 1;
                Node::Text(text)
            }
            Kind::Regex(regex) => {
                self.next += 1;
                Node::Regex(regex)
            }
            _ => {
                return Err(
                    self.expected("a filter", "to look for the sign itself, put it in quotes")
                );
            }
        };
        Ok(Tree { node, span: self.span_from(span.from) })
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let Some(Kind::Quoted(text)) = self.peek().cloned() else {
            return Err(self.expected("text in quotes", "write ~\"text\""));
        };
        self.next += 1;
        Ok(text)
    }

    fn group(&mut self, open: Span) -> Result<Tree, SyntaxError> {
        self.next += 1;
        self.deeper(open.from)?;
        let tree = self.or()?;
        self.depth -= 1;
        match self.peek() {
            Some(Kind::Close) => self.next += 1,
            None => {
                let problem = Problem::Unclosed("parenthesis");
                return Err(SyntaxError::at(self.text, open.from, problem, "add the closing )"));
            }
            Some(_) => return Err(self.expected("`)`", "add the closing )")),
        }
        Ok(Tree { node: tree.node, span: self.span_from(open.from) })
    }

    fn field(&mut self, name: String, field: Span) -> Result<Tree, SyntaxError> {
        self.next += 1;
        let from = self.here().from;
        let value = self.value()?;
        let value_span = self.span_from(from);
        Ok(Tree {
            node: Node::Field { name, value, value_span },
            span: Span { from: field.from, to: value_span.to },
        })
    }

    fn value(&mut self) -> Result<Value, SyntaxError> {
        const HINT: &str = "write it right behind the colon, as in f:value, f:\"a value\" or f:*";
        let Some(kind) = self.peek().filter(|_| self.glued()).cloned() else {
            return Err(self.expected("a value", HINT));
        };
        let value = match kind {
            Kind::Quoted(text) => Value::Is(text),
            Kind::Regex(regex) => Value::Regex(regex),
            Kind::Tilde => {
                self.next += 1;
                return self.literal().map(Value::Substring);
            }
            Kind::Operator(comparison) => {
                self.next += 1;
                return self.literal().map(|text| Value::Compare(comparison, text));
            }
            Kind::Bare(pieces) if pieces.iter().all(String::is_empty) => Value::Exists,
            Kind::Bare(pieces) if pieces.len() > 1 => Value::Wildcard(pieces),
            Kind::Bare(pieces) => {
                self.next += 1;
                let word = pieces.concat();
                let call = self.glued() && self.peek() == Some(&Kind::Open);
                return match word.as_str() {
                    "in" if call => self.list().map(Value::In),
                    "cidr" if call => self.list().and_then(|list| self.only(list)),
                    _ => Ok(Value::Is(word)),
                };
            }
            _ => return Err(self.expected("a value", HINT)),
        };
        self.next += 1;
        Ok(value)
    }

    fn only(&self, list: Vec<String>) -> Result<Value, SyntaxError> {
        <[String; 1]>::try_from(list).map(|[network]| Value::Cidr(network)).map_err(|list| {
            let problem = Problem::BadValue { wanted: "one network", value: list.join(",") };
            let at = self.span_from(0).to - 1;
            SyntaxError::at(self.text, at, problem, "write one, as in f:cidr(10.0.0.0/8)")
        })
    }

    /// A word or a quoted text, taken as it is.
    fn literal(&mut self) -> Result<String, SyntaxError> {
        let literal = match self.peek().cloned() {
            Some(Kind::Bare(pieces)) => pieces.join("*"),
            Some(Kind::Quoted(text)) => text,
            _ => return Err(self.expected("a value", "write a word, a number or text in quotes")),
        };
        self.next += 1;
        Ok(literal)
    }

    /// `(a, b)`
    fn list(&mut self) -> Result<Vec<String>, SyntaxError> {
        let open = self.here();
        self.next += 1;
        let mut values = vec![self.literal()?];
        loop {
            match self.peek() {
                Some(Kind::Comma) => self.next += 1,
                Some(Kind::Close) => {
                    self.next += 1;
                    return Ok(values);
                }
                None => {
                    let problem = Problem::Unclosed("parenthesis");
                    return Err(SyntaxError::at(
                        self.text,
                        open.from,
                        problem,
                        "add the closing )",
                    ));
                }
                Some(_) => return Err(self.expected("`,` or `)`", "separate values by commas")),
            }
            values.push(self.literal()?);
        }
    }
}

fn bare(pieces: Vec<String>) -> Node {
    if pieces.len() == 1 {
        Node::Text(pieces.concat())
    } else if pieces.iter().all(String::is_empty) {
        Node::All
    } else {
        Node::Wildcard(pieces)
    }
}

fn join(mut parts: Vec<Tree>, node: fn(Vec<Tree>) -> Node, span: Span) -> Tree {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            Tree { node: node(parts), span }
        }
    }
}

#[cfg(test)]
mod tests;
