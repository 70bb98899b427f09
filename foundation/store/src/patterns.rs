//! Patterns: messages that say the same of different things, as groups of skeletons.
//!
//! ```text
//!   message, or template of a split ── skeleton.rs ──> skeleton ── known ──> its pattern
//!                                                          └── new ── most alike, 0.7 at least ──> joins it
//!                                                                     └── none ──> a pattern of its own
//! ```
//! Alike are skeletons of as many words that begin with the same two; they are the more alike the more words are
//! equal, of those that are not variables in both. What joins a pattern makes its words variables where they
//! differ. Storage templates alone are no patterns: a user's name is a word to them. Where so many patterns of a
//! kind are already that nothing is said by one more, what is like none joins the one that it is most like.
//! Who knows better merges two: from then on one is the other, and what joins either joins both.
//!
//! Invariants:
//! - patterns only grow: what was in one stays in it, and each answers to the ids of all its skeletons for ever;
//! - a skeleton's id is a hash of its text, so it is the same on every machine and after every restart;
//! - what was decided is kept as it was decided ([`PatternEntry`]): another build that decides otherwise changes
//!   no pattern that there is;
//! - a pattern is known since its first message was written, so far as that was learnt; one from before that was
//!   noted always was;
//! - beyond the limits no pattern is made or grows: what is unknown then is in none, which who counts says.

mod skeleton;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use self::skeleton::VARIABLE;
use crate::limits::{PATTERNS_ALIKE_MAX, PATTERNS_MAX, SKELETONS_BYTES_MAX, SKELETONS_MAX};

/// Words at the beginning that patterns are told apart by.
const FIRST_WORDS: usize = 2;
/// How alike a skeleton and the pattern that it joins are at least: equal words of words that count.
const ALIKE_MIN: (usize, usize) = (7, 10);

/// Names a skeleton, and a pattern by any of its skeletons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(u64);

impl fmt::Display for PatternId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<u64> for PatternId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl From<PatternId> for u64 {
    fn from(id: PatternId) -> Self {
        id.0
    }
}

impl FromStr for PatternId {
    type Err = ();

    /// The 16 digits that it is written as.
    fn from_str(text: &str) -> Result<Self, ()> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let written = text.len() == 16 && text.bytes().all(is_digit);
        u64::from_str_radix(text, 16).ok().filter(|_| written).map(Self).ok_or(())
    }
}

/// A message, or a template, without what is a variable in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Skeleton(String);

impl Skeleton {
    /// Of a message, or of a template as a split keeps it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut skeleton = Self::default();
        skeleton.set(text);
        skeleton
    }

    /// Becomes that of another text, in the same memory.
    pub fn set(&mut self, text: &str) {
        skeleton::write(text, &mut self.0);
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> PatternId {
        PatternId(xxh3_64(self.0.as_bytes()))
    }

    /// Its words, one blank between them.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// That a skeleton is of a pattern, or a pattern is another one now: what Meta keeps, in the order in which it was
/// decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternEntry {
    skeleton: String,
    /// Its name, where the text is no longer the one that it was named by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The first skeleton of its pattern, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    /// When the first message was written that says it; none in entries from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

impl PatternEntry {
    /// Whether it says that a pattern, as it was named then, is another one now. Who does not know of that takes it
    /// for a skeleton that he knows.
    fn merges(&self) -> bool {
        self.skeleton.is_empty() && self.id.is_some() && self.of.is_some()
    }

    fn id(&self) -> PatternId {
        let given = self.id.as_ref().and_then(|id| id.parse().ok());
        given.unwrap_or_else(|| PatternId(xxh3_64(self.skeleton.as_bytes())))
    }
}

/// What is to be kept of `entries` when no message has other skeletons than those that `seen` names. Patterns with
/// none of these are forgotten; of others each skeleton keeps its name, and says no more than what those that are
/// seen have in common.
#[must_use]
pub fn without_unseen(entries: &[PatternEntry], seen: &HashSet<PatternId>) -> Vec<PatternEntry> {
    let mut all = Patterns::default();
    entries.iter().for_each(|entry| all.replay(entry));
    let place = |entry: &PatternEntry| all.known.get(&entry.id()).copied();
    let (mut common, mut left) = (HashMap::<usize, Vec<Box<str>>>::new(), HashSet::new());
    for entry in entries.iter().filter(|one| !one.merges() && seen.contains(&one.id())) {
        let Some(place) = place(entry) else { continue };
        let words: Vec<&str> = skeleton::words(&entry.skeleton).collect();
        join(common.entry(place).or_insert_with(|| own(&words)), &words);
        left.insert(all.is_now(place));
    }
    let kept = |entry: &PatternEntry| {
        let place = place(entry).filter(|place| left.contains(&all.is_now(*place)))?;
        let mut kept = entry.clone();
        if !entry.merges() && !seen.contains(&entry.id()) {
            let nothing = || vec![VARIABLE.into(); all.patterns[place].words.len()];
            let words = common.get(&place).cloned().unwrap_or_else(nothing);
            (kept.id, kept.skeleton) = (Some(entry.id().to_string()), words.join(" "));
        }
        Some(kept)
    };
    entries.iter().filter_map(kept).collect()
}

fn own(words: &[&str]) -> Vec<Box<str>> {
    words.iter().map(|word| (*word).into()).collect()
}

/// Makes a variable of each word that is not the same in both.
fn join(words: &mut [Box<str>], others: &[&str]) {
    for (word, other) in words.iter_mut().zip(others) {
        if **word != **other {
            *word = VARIABLE.into();
        }
    }
}

/// See the file's head.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    patterns: Vec<Pattern>,
    /// Skeletons, and the place of the pattern that each is of.
    known: HashMap<PatternId, usize>,
    /// The places of the patterns that may be alike.
    alike: HashMap<(usize, String), Vec<usize>>,
    skeletons_bytes: usize,
    /// How many are another one by now.
    merged: usize,
}

#[derive(Debug, Clone)]
struct Pattern {
    id: PatternId,
    words: Vec<Box<str>>,
    /// The skeleton that it began with.
    first: Box<str>,
    /// The least time of its skeletons.
    since: Timestamp,
    /// The place of the one that it is now, when it was merged into another.
    is: Option<usize>,
}

/// Since when a pattern is known that was known before that was noted.
const ALWAYS: Timestamp = Timestamp(i64::MIN);

impl Patterns {
    /// The pattern that the skeleton of this name is of; for a pattern's own name, itself.
    #[must_use]
    pub fn pattern(&self, id: PatternId) -> Option<PatternId> {
        self.known.get(&id).map(|place| self.patterns[self.is_now(*place)].id)
    }

    /// How its messages read, a variable as `<*>`.
    #[must_use]
    pub fn template(&self, id: PatternId) -> Option<String> {
        self.known.get(&id).map(|place| self.patterns[self.is_now(*place)].words.join(" "))
    }

    /// How the message read that it began with: stays the same while the pattern grows.
    #[must_use]
    pub fn first(&self, id: PatternId) -> Option<&str> {
        self.known.get(&id).map(|place| &*self.patterns[self.is_now(*place)].first)
    }

    /// Since when there are messages of it; the least time there is when it was always known.
    #[must_use]
    pub fn since(&self, id: PatternId) -> Option<Timestamp> {
        self.known.get(&id).map(|place| self.patterns[self.is_now(*place)].since)
    }

    /// Whether since when is known of any of them.
    #[must_use]
    pub fn are_dated(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.since != ALWAYS)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patterns.len() - self.merged
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Finds a place for a new skeleton, whose first message was written then; what is to be kept of that. `None`
    /// when it is known, or there is no room.
    pub fn add(&mut self, skeleton: &Skeleton, since: Timestamp) -> Option<PatternEntry> {
        let id = skeleton.id();
        let bytes = self.skeletons_bytes + skeleton.0.len();
        let is_full = self.known.len() >= SKELETONS_MAX || bytes > SKELETONS_BYTES_MAX;
        if is_full || self.known.contains_key(&id) {
            return None;
        }
        let place = self.most_alike(&skeleton.0);
        if place.is_none() && self.patterns.len() >= PATTERNS_MAX {
            return None;
        }
        self.put(id, (&skeleton.0, since), place);
        let of = place.map(|place| self.patterns[place].id.to_string());
        Some(PatternEntry { skeleton: skeleton.0.clone(), id: None, of, since: Some(since) })
    }

    /// Makes one pattern of two; what is to be kept of that. `None` when one of them is not known, or they are one.
    pub fn merge(&mut self, from: PatternId, into: PatternId) -> Option<PatternEntry> {
        let place = |id| self.known.get(&id).map(|place| self.is_now(*place));
        let (from, into) = (place(from)?, place(into)?);
        if from == into {
            return None;
        }
        self.patterns[from].is = Some(into);
        self.merged += 1;
        let Pattern { words, since, .. } = self.patterns[from].clone();
        self.widen(into, (&words.iter().map(|word| &**word).collect::<Vec<_>>(), since));
        let [id, of] = [from, into].map(|place| Some(self.patterns[place].id.to_string()));
        Some(PatternEntry { skeleton: String::new(), id, of, since: None })
    }

    /// Takes in what was decided before; those of a pattern that is not known make one of their own.
    pub fn replay(&mut self, entry: &PatternEntry) {
        let of = entry.of.as_ref().and_then(|of| of.parse::<PatternId>().ok());
        if entry.merges() {
            of.and_then(|of| self.merge(entry.id(), of));
        } else if !self.known.contains_key(&entry.id()) {
            let place = of.and_then(|of| self.known.get(&of).copied());
            self.put(entry.id(), (&entry.skeleton, entry.since.unwrap_or(ALWAYS)), place);
        }
    }

    /// Where the pattern is by now that stood at the place.
    fn is_now(&self, mut place: usize) -> usize {
        while let Some(next) = self.patterns[place].is {
            place = next;
        }
        place
    }

    /// Makes variables of what is not so in these words, first written then, in the pattern and in those that it is
    /// now.
    fn widen(&mut self, mut place: usize, (words, since): (&[&str], Timestamp)) {
        loop {
            let pattern = &mut self.patterns[place];
            if pattern.words.len() == words.len() {
                join(&mut pattern.words, words);
            }
            pattern.since = pattern.since.min(since);
            let Some(next) = pattern.is else { return };
            place = next;
        }
    }

    fn put(&mut self, id: PatternId, (skeleton, since): (&str, Timestamp), place: Option<usize>) {
        let words: Vec<&str> = skeleton::words(skeleton).collect();
        let place = place.filter(|place| self.patterns[*place].words.len() == words.len());
        let place = place.unwrap_or_else(|| {
            let place = self.patterns.len();
            self.alike.entry(key(&words)).or_default().push(place);
            let (words, first) = (own(&words), skeleton.into());
            self.patterns.push(Pattern { id, words, first, since, is: None });
            place
        });
        self.widen(place, (&words, since));
        self.known.insert(id, place);
        self.skeletons_bytes += skeleton.len();
    }

    /// The place of the pattern that the skeleton is most like, the oldest of several.
    fn most_alike(&self, skeleton: &str) -> Option<usize> {
        let words: Vec<&str> = skeleton::words(skeleton).collect();
        let places = self.alike.get(&key(&words))?;
        let alike =
            places.iter().map(|place| (likeness(&self.patterns[*place].words, &words), place));
        let best = alike.reduce(|best, next| if is_less(best.0, next.0) { next } else { best });
        let is_full = places.len() >= PATTERNS_ALIKE_MAX;
        best.filter(|(alike, _)| is_full || !is_less(*alike, ALIKE_MIN)).map(|(_, place)| *place)
    }
}

/// What alike skeletons have in common: how many words, and the first of them.
fn key(words: &[&str]) -> (usize, String) {
    let first = words.iter().take(FIRST_WORDS);
    let first = first.map(|word| if word.ends_with(VARIABLE) { VARIABLE } else { word });
    (words.len(), first.collect::<Vec<_>>().join(" "))
}

/// Equal words of those that are not variables in both.
fn likeness(pattern: &[Box<str>], words: &[&str]) -> (usize, usize) {
    let pairs = pattern.iter().zip(words);
    pairs.fold((0, 0), |(equal, of), (word, other)| match (&**word, *other) {
        (VARIABLE, VARIABLE) => (equal, of),
        (word, other) => (equal + usize::from(word == other), of + 1),
    })
}

/// Whether one part is less than another; nothing of nothing is all.
fn is_less(one: (usize, usize), other: (usize, usize)) -> bool {
    let [one, other] = [one, other].map(|part| if part.1 == 0 { (1, 1) } else { part });
    one.0 * other.1 < other.0 * one.1
}

#[cfg(test)]
mod tests;
