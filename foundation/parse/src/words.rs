//! The first of a few words, searched for all at once.

use aho_corasick::packed::{Builder, Searcher};
use memchr::memmem;

/// See the module.
#[derive(Debug)]
pub(crate) struct Words {
    words: &'static [&'static str],
    /// `None` on machines that cannot search for many words at once.
    searcher: Option<Searcher>,
}

impl Words {
    /// Ready to search.
    pub(crate) fn new(words: &'static [&'static str]) -> Self {
        Self { words, searcher: Builder::new().extend(words).build() }
    }

    /// Where the first one from `from` on begins.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        let found = match &self.searcher {
            Some(searcher) => searcher.find(rest).map(|found| found.start()),
            None => self.words.iter().filter_map(|word| memmem::find(rest, word.as_bytes())).min(),
        };
        Some(from + found?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_found_with_and_without_a_vectorised_search() {
        let vectorised = Words::new(&["race", "00-", "b3"]);
        let plain = Words { searcher: None, ..Words::new(vectorised.words) };
        for words in [vectorised, plain] {
            let text = b"a trace 00-b3 of sixteen bytes and more b3";
            let found: Vec<_> = [0, 4, 9, 12, 41, 99].map(|from| words.find(text, from)).into();
            assert_eq!(found, [Some(3), Some(8), Some(11), Some(40), None, None]);
        }
    }
}
