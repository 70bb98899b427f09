//! Where a trace may begin: a search over whole buffers, since by the line it would cost as much as
//! reading does.
//!
//! Invariant: whatever [`Trace::begins`](super::Trace::begins) takes for a first line holds one of the
//! words, also when it is written inside JSON.

use aho_corasick::packed::{Builder, Searcher};
use memchr::memmem;

/// At least one stands in every line that may begin a trace. None is shorter than four bytes, and there
/// are few: with three bytes or twice as many the search costs five times as much (0.1 CPU s per GB).
const WORDS: [&str; 13] = [
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

/// Finds what may begin a trace.
#[derive(Debug)]
pub struct Suspects {
    /// `None` on machines that cannot search for many words at once.
    searcher: Option<Searcher>,
}

impl Suspects {
    /// Ready to search.
    #[must_use]
    pub fn new() -> Self {
        Self { searcher: Builder::new().extend(WORDS).build() }
    }

    /// Where the first suspicious word from `from` on begins; beyond all bytes when there is none.
    #[must_use]
    pub fn find(&self, bytes: &[u8], from: usize) -> usize {
        let rest = &bytes[from..];
        let found = match &self.searcher {
            Some(searcher) => searcher.find(rest).map(|found| found.start()),
            None => WORDS.iter().filter_map(|word| memmem::find(rest, word.as_bytes())).min(),
        };
        found.map_or(usize::MAX, |at| from + at)
    }

    /// Whether it holds one.
    #[must_use]
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.find(bytes, 0) < bytes.len()
    }
}

impl Default for Suspects {
    fn default() -> Self {
        Self::new()
    }
}
