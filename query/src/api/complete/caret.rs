//! What may stand at the caret of a half-written query: text and caret -> what is wanted there, and which piece
//! of the text it takes the place of.
//!
//! Invariants:
//! - any text with any caret has an answer: what the parser would refuse is passed over, or wants nothing;
//! - words end where the lexer ends them, so that what is put in is read as what was meant;
//! - offsets count characters from 0, and the piece always touches the caret.

mod pipes;

/// What could be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A field to ask about; OR and AND too, behind a term.
    Term {
        behind_term: bool,
    },
    /// A value of the field.
    Value {
        field: String,
    },
    Pipe,
    Function,
    /// What to group by: a field, or a bin of time.
    Key,
    /// A field's name, without a colon.
    Name,
    /// One of these.
    Keyword(&'static [&'static str]),
    Nothing,
}

/// A place in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caret {
    pub(crate) wanted: Wanted,
    /// What of the piece stands before the caret, as it is meant.
    pub(crate) typed: String,
    /// The piece: characters `[from, to)`.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// What is wanted behind so many characters of the text.
pub(crate) fn caret(text: &str, cursor: usize) -> Caret {
    let chars: Vec<char> = text.chars().collect();
    let end = cursor.min(chars.len());
    Scan {
        chars: &chars,
        end,
        at: 0,
        field: None,
        list: false,
        behind_term: false,
        just_ended: false,
    }
    .run()
}

/// Reads what stands before the caret, as the lexer does, but for what does not end.
struct Scan<'a> {
    chars: &'a [char],
    /// The caret.
    end: usize,
    at: usize,
    /// The field whose value stands here, or is to stand here.
    field: Option<String>,
    /// Inside the parentheses of `in(`.
    list: bool,
    behind_term: bool,
    /// A term ends right here, with no blank behind it yet.
    just_ended: bool,
}

/// Whether a word ends here.
fn ends_word(char: char) -> bool {
    char.is_whitespace() || matches!(char, '(' | ')' | '|' | '"')
}

impl Scan<'_> {
    fn run(mut self) -> Caret {
        while self.at < self.end {
            self.just_ended = false;
            let caret = match self.chars[self.at] {
                '|' => return pipes::caret(self.chars, self.at + 1, self.end),
                '"' => self.quoted(),
                '/' if !self.list => self.regex_or_word(),
                char if char.is_whitespace() => {
                    self.field = self.field.take().filter(|_| self.list);
                    self.pass(1)
                }
                '<' | '>' | '=' | '!' if self.field.is_some() => self.pass(1),
                ',' if self.list => self.pass(1),
                ')' => self.term(1),
                '(' => {
                    self.behind_term = false;
                    self.pass(1)
                }
                '-' | '~' if self.field.is_none() => {
                    self.behind_term = false;
                    self.pass(1)
                }
                _ => self.word(),
            };
            if let Some(caret) = caret {
                return caret;
            }
        }
        let mut caret = self.piece(self.end, String::new());
        if self.just_ended {
            caret.wanted = Wanted::Nothing;
        }
        caret
    }

    fn pass(&mut self, chars: usize) -> Option<Caret> {
        self.at += chars;
        None
    }

    /// Passes over the end of a term.
    fn term(&mut self, chars: usize) -> Option<Caret> {
        (self.behind_term, self.just_ended) = (true, true);
        self.list &= self.chars[self.at] != ')';
        self.field = self.field.take().filter(|_| self.list);
        self.pass(chars)
    }

    /// `"..."`, which may not be closed before the caret.
    fn quoted(&mut self) -> Option<Caret> {
        let (typed, closing) = unquoted(&self.chars[self.at + 1..self.end]);
        if let Some(closing) = closing {
            return self.term(1 + closing + 1);
        }
        let mut caret = self.piece(self.at, typed);
        // A quote behind the caret is this one's end only when nothing else begins between.
        let rest = &self.chars[self.end..];
        let close = rest.iter().position(|char| *char == '"' || ends_word(*char));
        caret.to = match close {
            Some(close) if rest[close] == '"' => self.end + close + 1,
            _ => self.end,
        };
        if matches!(caret.wanted, Wanted::Term { .. }) {
            caret.wanted = Wanted::Nothing;
        }
        Some(caret)
    }

    /// A regular expression that is closed before the caret, or a path.
    fn regex_or_word(&mut self) -> Option<Caret> {
        let rest = &self.chars[self.at + 1..self.end];
        let mut escaped = false;
        let closing = rest.iter().position(|char| {
            let closes = *char == '/' && !escaped;
            escaped = *char == '\\' && !escaped;
            closes
        });
        match closing {
            Some(closing) if rest.get(closing + 1).is_none_or(|after| ends_word(*after)) => {
                self.term(closing + 2)
            }
            _ => self.word(),
        }
    }

    /// A field with its colon, or a word; the caret may stand at its end.
    fn word(&mut self) -> Option<Caret> {
        let from = self.at;
        let mut word = String::new();
        while self.at < self.end {
            let char = self.chars[self.at];
            if ends_word(char) || self.list && char == ',' {
                break;
            }
            self.at += 1;
            match char {
                ':' if self.field.is_none() && self.at > from + 1 => {
                    self.field = Some(word);
                    return None;
                }
                '\\' if self.at < self.end => {
                    word.push(self.chars[self.at]);
                    self.at += 1;
                }
                _ => word.push(char),
            }
        }
        if self.at == self.end {
            return Some(self.piece(from, word));
        }
        if self.field.is_some() && self.chars[self.at] == '(' && word == "in" {
            self.list = true;
            return self.pass(1);
        }
        self.behind_term = self.field.is_some() || !matches!(word.as_str(), "OR" | "AND" | "NOT");
        self.field = self.field.take().filter(|_| self.list);
        None
    }

    /// The piece that begins at `from` and reaches the caret.
    fn piece(&self, from: usize, typed: String) -> Caret {
        let rest = &self.chars[self.end..];
        let ends = |char: &char| ends_word(*char) || self.list && *char == ',';
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let (wanted, length) = match &self.field {
            Some(field) => (Wanted::Value { field: field.clone() }, length),
            None => {
                let colon = rest[..length].iter().position(|char| *char == ':');
                let behind_term = self.behind_term;
                (Wanted::Term { behind_term }, colon.map_or(length, |colon| colon + 1))
            }
        };
        Caret { wanted, typed, from, to: self.end + length }
    }
}

/// What a quote that was opened before says, and where it is closed, if it is.
fn unquoted(chars: &[char]) -> (String, Option<usize>) {
    let mut text = String::new();
    let mut at = 0;
    while let Some(char) = chars.get(at) {
        match (char, chars.get(at + 1)) {
            ('"', _) => return (text, Some(at)),
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                text.push(*escaped);
                at += 1;
            }
            _ => text.push(*char),
        }
        at += 1;
    }
    (text, None)
}

#[cfg(test)]
mod tests;
