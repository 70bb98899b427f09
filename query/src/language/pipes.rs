//! The text behind the first pipe -> pipes.
//!
//! ```text
//!   pipes     = { "|" pipe }
//!   pipe      = "stats" call {"," call} ["by" key {"," key}] | "top" number "by" name
//!             | "sort" column ["asc"|"desc"] {"," column ["asc"|"desc"]} | "limit" number
//!             | "fields" column {"," column} | "histogram" [duration] ["by" name] | "patterns"
//!   call      = function "(" [number ","] [name] ")" ["as" name]
//!   key       = ( name | "bin" "(" [name ","] duration ")" ) ["as" name]
//!   column    = name ["(" [argument {"," argument}] ")"]      as the column is called
//! ```
//! Invariant: a column without `as` is called what is written, without its blanks, so that
//! `sort p99( duration )` finds it.

mod lexer;

use self::lexer::{Kind, Token, tokens};
use super::error::{Problem, SyntaxError};
use super::names::{FUNCTIONS, PIPES};
use super::pipe::{BinStep, Call, Function, Key, Name, Pipe, SortBy};
use crate::limits::{PIPE_NAMES_MAX, QUERY_PIPES_MAX, QUERY_ROWS_MAX};

/// The pipes that begin at byte `at` of the text.
pub(super) fn pipes(text: &str, at: usize) -> Result<Vec<Pipe>, SyntaxError> {
    let mut parser = Parser { text, tokens: tokens(text, at)?, next: 0 };
    let mut pipes = Vec::new();
    while parser.peek().is_some() {
        if pipes.len() == QUERY_PIPES_MAX {
            return Err(parser.too_large("at most 16 pipes", "ask in several queries"));
        }
        parser.take(&Kind::Pipe, "`|` or the end", "begin each step with a pipe")?;
        pipes.push(parser.pipe()?);
    }
    Ok(pipes)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    /// Where the next token begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.text.len(), |token| token.span.from)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Kind::Word(here)) if here == word)
    }

    fn take_if(&mut self, kind: &Kind) -> bool {
        let here = self.peek() == Some(kind);
        self.next += usize::from(here);
        here
    }

    fn take_word_if(&mut self, word: &str) -> bool {
        let here = self.is_word(word);
        self.next += usize::from(here);
        here
    }

    fn take(&mut self, kind: &Kind, expected: &'static str, hint: &str) -> Result<(), SyntaxError> {
        if self.take_if(kind) { Ok(()) } else { Err(self.expected(expected, hint)) }
    }

    fn expected(&self, expected: &'static str, hint: &str) -> SyntaxError {
        let here = self.tokens.get(self.next).map(|token| token.span);
        let found = here.map_or("", |span| &self.text[span.from..span.to]).to_owned();
        SyntaxError::at(self.text, self.at(), Problem::Expected { expected, found }, hint)
    }

    fn too_large(&self, limit: &'static str, hint: &str) -> SyntaxError {
        SyntaxError::at(self.text, self.at(), Problem::TooLarge(limit), hint)
    }

    fn bad(&self, at: usize, value: &str, wanted: &'static str, hint: &str) -> SyntaxError {
        let problem = Problem::BadValue { wanted, value: value.to_owned() };
        SyntaxError::at(self.text, at, problem, hint)
    }

    /// The bare word that must stand here, and its place.
    fn word(&mut self, expected: &'static str, hint: &str) -> Result<Name, SyntaxError> {
        let Some(Kind::Word(word)) = self.peek() else { return Err(self.expected(expected, hint)) };
        let name = Name { text: word.clone(), at: self.at() };
        self.next += 1;
        Ok(name)
    }

    /// A field's name, in quotes when it has blanks or signs.
    fn name(&mut self) -> Result<Name, SyntaxError> {
        let (Some(Kind::Word(text)) | Some(Kind::Quoted(text))) = self.peek() else {
            return Err(self.expected("a field", "write its name, in quotes if it has blanks"));
        };
        let name = Name { text: text.clone(), at: self.at() };
        self.next += 1;
        Ok(name)
    }

    /// What stands between the two tokens, without its blanks; what is in quotes keeps them.
    fn written(&self, from: usize, to: usize) -> Name {
        let tokens = &self.tokens[from..to];
        let text = tokens.iter().map(|token| &self.text[token.span.from..token.span.to]).collect();
        Name { text, at: tokens.first().map_or(self.text.len(), |token| token.span.from) }
    }

    /// One or more, with commas between.
    fn list<T>(
        &mut self,
        one: impl Fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut all = vec![one(self)?];
        while self.take_if(&Kind::Comma) {
            if all.len() == PIPE_NAMES_MAX {
                return Err(self.too_large("at most 32 names in a pipe", "take some away"));
            }
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn pipe(&mut self) -> Result<Pipe, SyntaxError> {
        let hint = "write one behind the pipe, as in | stats count()";
        let pipe = self.word("a pipe", hint)?;
        match pipe.text.as_str() {
            "stats" => self.stats(),
            "top" => {
                let rows = self.rows()?;
                self.by("as in top 10 by component")?;
                Ok(Pipe::Top { rows, by: self.name()? })
            }
            "sort" => self.list(Self::sort_by).map(Pipe::Sort),
            "limit" => self.rows().map(Pipe::Limit),
            "fields" => self.list(Self::column).map(Pipe::Fields),
            "patterns" => Ok(Pipe::Patterns { at: pipe.at }),
            "histogram" => {
                let bare = matches!(self.peek(), None | Some(Kind::Pipe)) || self.is_word("by");
                let step = if bare { None } else { Some(self.step()?) };
                let by = if self.take_word_if("by") { Some(self.name()?) } else { None };
                Ok(Pipe::Histogram { at: pipe.at, step, by })
            }
            _ => Err(SyntaxError::unknown(
                self.text,
                &pipe,
                "pipe",
                PIPES.iter().map(|(name, _)| *name),
            )),
        }
    }

    fn by(&mut self, hint: &str) -> Result<(), SyntaxError> {
        if self.take_word_if("by") { Ok(()) } else { Err(self.expected("`by`", hint)) }
    }

    fn rows(&mut self) -> Result<usize, SyntaxError> {
        let number = self.word("a number of rows", "as in limit 10")?;
        let rows = number.text.parse().ok().filter(|rows| (1..=QUERY_ROWS_MAX).contains(rows));
        rows.ok_or_else(|| {
            let wanted = "a number of rows";
            self.bad(number.at, &number.text, wanted, "write one from 1 to 1000000")
        })
    }

    /// A column by its name, which may be that of a call.
    fn column(&mut self) -> Result<Name, SyntaxError> {
        let from = self.next;
        let name = self.name()?;
        if !self.take_if(&Kind::Open) {
            return Ok(name);
        }
        while matches!(self.peek(), Some(Kind::Word(_) | Kind::Quoted(_) | Kind::Comma)) {
            self.next += 1;
        }
        self.take(&Kind::Close, "`)`", "add the closing )")?;
        Ok(self.written(from, self.next))
    }

    fn sort_by(&mut self) -> Result<SortBy, SyntaxError> {
        let column = self.column()?;
        let descending = self.take_word_if("desc");
        if !descending {
            self.take_word_if("asc");
        }
        if self.peek().is_some_and(|kind| !matches!(kind, Kind::Comma | Kind::Pipe)) {
            return Err(self.expected("`asc`, `desc`, `,` or `|`", "as in sort n desc, component"));
        }
        Ok(SortBy { column, descending })
    }

    fn stats(&mut self) -> Result<Pipe, SyntaxError> {
        let calls = self.list(Self::call)?;
        let by = if self.take_word_if("by") { self.list(Self::key)? } else { Vec::new() };
        if self.peek().is_some_and(|kind| *kind != Kind::Pipe) {
            let hint = "as in stats count() as n, p99(duration) by component, bin(1m)";
            return Err(self.expected(
                if by.is_empty() { "`as`, `by`, `,` or `|`" } else { "`,` or `|`" },
                hint,
            ));
        }
        Ok(Pipe::Stats { calls, by })
    }

    /// `as name` when it stands here, else what is written from token `from` on.
    fn called(&mut self, from: usize) -> Result<Name, SyntaxError> {
        let written = self.written(from, self.next);
        if self.take_word_if("as") { self.name() } else { Ok(written) }
    }

    fn call(&mut self) -> Result<Call, SyntaxError> {
        let from = self.next;
        let word = self.word("a function", "as in stats count(), p99(duration)")?;
        let function = function(&word.text).ok_or_else(|| {
            let names = FUNCTIONS.iter().map(|(name, _)| *name);
            SyntaxError::unknown(self.text, &word, "function", names)
        })?;
        self.take(
            &Kind::Open,
            "`(`",
            "write what it is asked of in parentheses, as in sum(bytes)",
        )?;
        let function = match function {
            Function::Quantile(_) if word.text == "quantile" => self.quantile()?,
            known => known,
        };
        let bare = function == Function::Count && self.peek() == Some(&Kind::Close);
        let of = if bare { None } else { Some(self.name()?) };
        self.take(&Kind::Close, "`)`", "a function takes one field, as in sum(bytes)")?;
        Ok(Call { function, of, name: self.called(from)? })
    }

    /// `q,` of `quantile(q,f)`.
    fn quantile(&mut self) -> Result<Function, SyntaxError> {
        const HINT: &str = "write a part from 0 to 1 and a field, as in quantile(0.999,duration)";
        let part = self.word("a part from 0 to 1", HINT)?;
        let known = part.text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
        let bad = || self.bad(part.at, &part.text, "a part from 0 to 1", HINT);
        let function = known.map(Function::Quantile).ok_or_else(bad)?;
        self.take(&Kind::Comma, "`,`", HINT)?;
        Ok(function)
    }

    fn key(&mut self) -> Result<Key, SyntaxError> {
        let from = self.next;
        let of = self.name()?;
        let call = matches!(self.tokens[from].kind, Kind::Word(_)) && self.take_if(&Kind::Open);
        if !call {
            let name = if self.take_word_if("as") { self.name()? } else { of.clone() };
            return Ok(Key { of, step: None, name });
        }
        if of.text != "bin" {
            let known = std::iter::once("bin");
            return Err(SyntaxError::unknown(self.text, &of, "key", known));
        }
        let named = self.tokens.get(self.next + 1).is_some_and(|next| next.kind == Kind::Comma);
        let of = if named { self.name()? } else { Name { text: "time".to_owned(), at: of.at } };
        self.next += usize::from(named);
        let step = Some(self.step()?);
        self.take(&Kind::Close, "`)`", "as in bin(1m)")?;
        Ok(Key { of, step, name: self.called(from)? })
    }

    fn step(&mut self) -> Result<BinStep, SyntaxError> {
        const HINT: &str = "write one like 1m, 90s or 500ms, from 1ns to 36500d";
        let word = self.word("a duration", HINT)?;
        let ns = duration_ns(&word.text);
        let ns = ns.ok_or_else(|| self.bad(word.at, &word.text, "a duration", HINT))?;
        Ok(BinStep { ns, at: word.at })
    }
}

fn function(word: &str) -> Option<Function> {
    Some(match word {
        "count" => Function::Count,
        "count_distinct" => Function::CountDistinct,
        "sum" => Function::Sum,
        "min" => Function::Min,
        "max" => Function::Max,
        "avg" => Function::Avg,
        "p50" | "quantile" => Function::Quantile(0.5),
        "p90" => Function::Quantile(0.9),
        "p95" => Function::Quantile(0.95),
        "p99" => Function::Quantile(0.99),
        _ => return None,
    })
}

/// A whole number and a unit.
fn duration_ns(text: &str) -> Option<i64> {
    const UNITS_NS: [(&str, i64); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    const LONGEST_NS: i64 = 36_500 * 86_400_000_000_000;
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, unit_ns) = UNITS_NS.iter().find(|(name, _)| *name == unit)?;
    let ns = number.parse::<i64>().ok()?.checked_mul(*unit_ns)?;
    (1..=LONGEST_NS).contains(&ns).then_some(ns)
}

#[cfg(test)]
mod tests;
