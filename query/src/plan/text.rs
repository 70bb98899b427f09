//! Text in the message: whole words, phrases, prefixes and substrings, found in the joined column.
//!
//! Invariants:
//! - a hit that crosses from one row into the next is none, and hides none behind it;
//! - a phrase never begins or ends inside a longer word ([`nilometer_block::words`] says what a word is).

use nilometer_block::joined;
use nilometer_model::TextColumn;
use nilometer_store::records::RowSet;
use regex::bytes;

/// How a text must stand in the message.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) kind: TextKind,
    finder: bytes::Regex,
}

/// Which kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// A word or several: ASCII case folded, not inside a longer word.
    Phrase,
    /// Like a phrase, but the last word may go on.
    Prefix,
    /// Exactly this, anywhere.
    Substring,
}

impl Text {
    pub(crate) fn new(text: &str, kind: TextKind) -> Result<Self, regex::Error> {
        let finder = bytes::RegexBuilder::new(&regex::escape(text))
            .case_insensitive(kind != TextKind::Substring)
            .unicode(false)
            .build()?;
        Ok(Self { text: text.to_owned(), kind, finder })
    }

    /// The rows of `among` whose text has it.
    pub(crate) fn select(&self, column: &TextColumn, among: &RowSet) -> RowSet {
        let mut hits = RowSet::none(column.len());
        if self.text.is_empty() {
            return among.clone();
        }
        let (text, ends) = (column.text(), column.ends());
        let (mut at, mut row) = (0, 0);
        while let Some(hit) = self.finder.find_at(text.as_bytes(), at) {
            row += ends[row..].partition_point(|end| *end as usize <= hit.start());
            let end = ends[row] as usize;
            let start = column.start(row);
            let fits = hit.end() <= end
                && self.stands_free(&text[start..end], hit.start() - start, hit.end() - start);
            at = if fits { end } else { hit.start() + 1 };
            if fits && among.contains(row) {
                hits.insert(row);
            }
        }
        hits
    }

    fn stands_free(&self, text: &str, from: usize, to: usize) -> bool {
        let begins = || !joined(&text[..from], &text[from..]);
        let ends = || !joined(&text[..to], &text[to..]);
        match self.kind {
            TextKind::Phrase => begins() && ends(),
            TextKind::Prefix => begins(),
            TextKind::Substring => true,
        }
    }
}
