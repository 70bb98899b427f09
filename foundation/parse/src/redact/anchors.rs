//! One search for whatever a secret may begin with, or stand beside.
//!
//! Invariant: all anchors are found, also those that overlap.
//!
//! Those of three bytes are searched for apart: a search tells as little as its shortest anchor does, and
//! dozens that could be anything would have it look at every other byte.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Input};
use memchr::memmem::Finder;

use super::shapes::{SHAPES, Shape, TWILIO};

const ANCHOR_BYTES_MIN: usize = 3;
/// Of the vectorised search, when it looks for dozens.
const BUCKETS: usize = 16;
/// Parts of the names of passwords, keys and tokens, whatever the case of their first letters.
const NAMES: [&str; 17] = [
    "assw",
    "ASSW",
    "assphrase",
    "_pass",
    "_PASS",
    "pwd",
    "Pwd",
    "PWD",
    "ecret",
    "ECRET",
    "oken",
    "OKEN",
    "key",
    "Key",
    "KEY",
    "horization",
    "HORIZATION",
];

/// What is to be looked at around an anchor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Name,
    Bearer,
    Url,
    Jwt,
    Pem,
    Telegram,
    Shape(&'static Shape),
}

/// Anchors that are searched for together.
#[derive(Debug)]
pub(crate) struct Anchors {
    search: Search,
    /// By number of the anchor.
    rules: Vec<Vec<Rule>>,
}

#[derive(Debug)]
enum Search {
    Vectorised(Searcher),
    /// There is but one.
    Word(Finder<'static>),
    /// Where the processor has no such instructions.
    Plain(AhoCorasick),
    /// Never: the anchors are constants that both can be built of.
    Nothing,
}

impl Anchors {
    /// All that there are.
    pub(crate) fn all() -> Vec<Self> {
        let names = NAMES.map(|name| (name, Rule::Name));
        let others = [
            ("earer ", Rule::Bearer),
            ("://", Rule::Url),
            ("eyJ", Rule::Jwt),
            ("-----BEGIN ", Rule::Pem),
            (":AA", Rule::Telegram),
        ];
        let shapes = SHAPES.iter().map(|shape| (shape.anchor, Rule::Shape(shape)));
        let all: Vec<_> = names.into_iter().chain(others).chain(shapes).collect();
        let (short, long): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(anchor, _)| anchor.len() == ANCHOR_BYTES_MIN);
        let twilio = vec![(TWILIO.anchor, Rule::Shape(&TWILIO))];
        [short, long, twilio].map(Self::new).into()
    }

    fn new(mut rules_of: Vec<(&'static str, Rule)>) -> Self {
        rules_of.sort_by_key(|(anchor, _)| *anchor);
        let mut known: Vec<(&'static str, Vec<Rule>)> = Vec::new();
        for (anchor, rule) in rules_of {
            match known.last_mut() {
                Some((last, rules)) if *last == anchor => rules.push(rule),
                _ => known.push((anchor, vec![rule])),
            }
        }
        let (anchors, rules): (Vec<_>, Vec<_>) = dealt(known).into_iter().unzip();
        Self { search: Search::new(&anchors), rules }
    }

    /// Tells of every anchor in the text: its rule, and where it begins.
    pub(super) fn each(&self, text: &[u8], mut tell: impl FnMut(Rule, usize)) {
        let mut from = 0;
        while let Some((anchor, start)) = self.search.next(text, from) {
            self.rules[anchor].iter().for_each(|rule| tell(*rule, start));
            from = start + 1;
        }
    }

    /// Where the first anchor from `from` on begins.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        self.search.next(text, from).map(|(_, start)| start)
    }
}

/// What is sorted, so that neighbours come into one bucket when it is dealt out to buckets in turn. The
/// search does that, and looks closer wherever the first bytes could be of any in one bucket: the more
/// alike these are, the less often that is.
fn dealt<T>(sorted: Vec<T>) -> Vec<T> {
    let (least, more) = (sorted.len() / BUCKETS, sorted.len() % BUCKETS);
    let in_larger = more * (least + 1);
    let mut numbered: Vec<(usize, T)> = sorted.into_iter().enumerate().collect();
    numbered.sort_by_key(|(number, _)| match number.checked_sub(in_larger) {
        Some(number) => (number % least, more + number / least),
        None => (number % (least + 1), number / (least + 1)),
    });
    numbered.into_iter().map(|(_, one)| one).collect()
}

impl Search {
    fn new(anchors: &[&'static str]) -> Self {
        if let [anchor] = *anchors {
            return Self::Word(Finder::new(anchor));
        }
        let mut builder = Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .only_teddy(true)
            .heuristic_pattern_limits(false)
            .builder();
        if let Some(searcher) = builder.extend(anchors).build() {
            return Self::Vectorised(searcher);
        }
        AhoCorasick::new(anchors).map_or(Self::Nothing, Self::Plain)
    }

    fn next(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        match self {
            Self::Vectorised(searcher) => {
                let span = (from..text.len()).into();
                let found = searcher.find_in(text, span)?;
                Some((found.pattern().as_usize(), found.start()))
            }
            Self::Word(finder) => Some((0, from + finder.find(text.get(from..)?)?)),
            Self::Plain(search) => {
                let found = search.find(Input::new(text).range(from..))?;
                Some((found.pattern().as_usize(), found.start()))
            }
            Self::Nothing => None,
        }
    }
}
