//! Secrets in a text -> marks in their place, before the text is kept anywhere.
//!
//! ```text
//!   text ── anchors (if it may) ─> a hit ── its rule looks around it ──> found ─┐
//!        ── digits (one pass) ───> a run ── card ─────────────────────> found ─┼─ joined ── mark ──> text
//!        ── own patterns ─────────────────────────────────────────────> found ─┘
//!
//!   https://api:hunter2@db/x?token=ghp_16C7e42F292c6912E7710c838347Ae178B4a
//!   https://api:REDACTED-url_password-5a0c27be91d3@db/x?token=REDACTED-github-81b22f5e0c9a
//! ```
//! Invariants:
//! - a text without a secret is returned as it came, and nothing is allocated for it;
//! - what is put in place of a secret says its kind and a keyed hash of it, so equal secrets stay equal
//!   and nobody without the key can try out what they were;
//! - JSON stays JSON, a URL a URL, `key=value` a pair: a mark is made of letters, digits, `_` and `-`, and
//!   of digits only where a bare number stood;
//! - redacting twice is as redacting once;
//! - of finds that overlap or touch the whole is replaced, and the most telling kind is named.
//!
//! What costs: one vectorised search for the anchors of all kinds, and a look at every sixth byte for
//! digits. Only around a hit is anything checked.

mod anchors;
mod card;
mod json;
mod jwt;
mod kind;
mod mark;
mod named;
mod pattern;
mod pem;
mod place;
mod shapes;
mod url;

use std::borrow::Cow;

pub use self::kind::Kind;
pub use self::pattern::{Pattern, PatternError};

pub(crate) use self::anchors::Anchors;
use self::anchors::Rule;
use self::mark::Marker;
use crate::Clues;
use crate::limits::REDACT_PASSES_MAX;

/// What is to be redacted.
#[derive(Debug, Clone)]
pub struct RedactConfig {
    /// Kinds that are looked for.
    pub kinds: Vec<Kind>,
    /// Own patterns; each runs over every text.
    pub patterns: Vec<Pattern>,
}

impl Default for RedactConfig {
    /// All kinds that are on unless somebody says otherwise, and no own patterns.
    fn default() -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.is_default()).collect();
        Self { kinds, patterns: Vec::new() }
    }
}

/// Puts marks in the place of secrets.
#[derive(Debug)]
pub struct Redactor {
    anchors: Vec<Anchors>,
    /// By [`Kind`]: whether it is looked for.
    on: [bool; Kind::ALL.len()],
    /// Those of kinds that need one, then the own ones.
    patterns: Vec<(Label, Pattern)>,
    marker: Marker,
}

/// How many were redacted, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

/// A kind's number: a [`Kind`]'s, or behind those an own pattern's. The smaller, the more it tells.
type Label = usize;

/// Where a secret stands, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    start: usize,
    end: usize,
    label: Label,
    form: Form,
}

/// What may stand in a secret's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Word,
    /// A bare number of JSON.
    Number,
}

impl Found {
    fn word(kind: Kind, start: usize, end: usize) -> Self {
        Self { start, end, label: kind as Label, form: Form::Word }
    }
}

impl Redactor {
    /// One that hashes with `key`: whoever has the same key gives equal secrets equal marks.
    #[must_use]
    pub fn new(config: RedactConfig, key: &[u8]) -> Self {
        let on = Kind::ALL.map(|kind| config.kinds.contains(&kind));
        let built_in = config
            .kinds
            .iter()
            .filter_map(|kind| Some((*kind as Label, Pattern::built_in(kind.pattern()?))));
        let mut patterns: Vec<(Label, Pattern)> = built_in.collect();
        patterns.extend((Kind::ALL.len()..).zip(config.patterns));
        Self { anchors: Anchors::all(), on, patterns, marker: Marker::new(key) }
    }

    /// The text with marks in the place of its secrets; `counts` learns of each.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str, counts: &mut Counts) -> Cow<'a, str> {
        self.redact_by_clues(text, Clues::UNSEARCHED, counts)
    }

    /// The same for a text of which it is known what it may hold.
    #[must_use]
    pub fn redact_by_clues<'a>(
        &self,
        text: &'a str,
        clues: Clues,
        counts: &mut Counts,
    ) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        // What a mark now stands beside may be a secret for that: `Bearer` before a key's last line.
        for pass in 0..REDACT_PASSES_MAX {
            let mut found = Vec::new();
            if pass > 0 || clues.has(Clues::SECRET) {
                self.look_at_anchors(redacted.as_bytes(), &mut found);
            }
            self.look(&redacted, &mut found);
            json::keep_json(&redacted, &mut found);
            if found.is_empty() {
                break;
            }
            redacted = Cow::Owned(self.replace(&redacted, &joined(found), counts));
        }
        redacted
    }

    /// What was counted, by the name of its kind.
    pub fn counted<'a>(&'a self, counts: &'a Counts) -> impl Iterator<Item = (&'a str, u64)> {
        let named = counts.0.iter().enumerate().map(|(label, count)| (self.name(label), *count));
        named.filter(|(_, count)| *count > 0)
    }

    fn look_at_anchors(&self, bytes: &[u8], found: &mut Vec<Found>) {
        let mut push = |candidate: Option<Found>| {
            found.extend(candidate.filter(|found| self.on.get(found.label) == Some(&true)));
        };
        let mut look = |rule, at| match rule {
            Rule::Name => push(named::named(bytes, at)),
            Rule::Bearer => push(named::bearer(bytes, at)),
            Rule::Url => push(url::password(bytes, at)),
            Rule::Jwt => push(jwt::jwt(bytes, at)),
            Rule::Pem => push(pem::private_key(bytes, at)),
            Rule::Telegram => push(shapes::telegram(bytes, at)),
            Rule::Shape(shape) => push(shape.find(bytes, at)),
        };
        self.anchors.iter().for_each(|anchors| anchors.each(bytes, &mut look));
    }

    /// For what has no anchor.
    fn look(&self, text: &str, found: &mut Vec<Found>) {
        if self.on[Kind::Card as Label] {
            card::each(text.as_bytes(), |card| found.push(card));
        }
        for (label, pattern) in &self.patterns {
            pattern.each(text, |start, end| {
                found.push(Found { start, end, label: *label, form: Form::Word });
            });
        }
    }

    fn replace(&self, text: &str, found: &[Found], counts: &mut Counts) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut kept = 0;
        for found in found {
            redacted.push_str(&text[kept..found.start]);
            let secret = &text[found.start..found.end];
            self.marker.mark(self.name(found.label), secret, found.form, &mut redacted);
            counts.add(found.label, 1);
            kept = found.end;
        }
        redacted.push_str(&text[kept..]);
        redacted
    }

    fn name(&self, label: Label) -> &str {
        match Kind::ALL.get(label) {
            Some(kind) => kind.name(),
            None => self.patterns.iter().find(|own| own.0 == label).map_or("", |own| own.1.name()),
        }
    }
}

impl Counts {
    fn add(&mut self, label: Label, count: u64) {
        if self.0.len() <= label {
            self.0.resize(label + 1, 0);
        }
        self.0[label] += count;
    }

    /// Whether nothing was redacted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    /// Takes out what was counted; keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Finds in order, those that overlap or touch as one.
fn joined(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_unstable_by_key(|found| (found.start, found.end));
    let mut joined: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match joined.last_mut() {
            Some(last) if next.start <= last.end => {
                last.end = last.end.max(next.end);
                last.label = last.label.min(next.label);
                if next.form == Form::Word {
                    last.form = Form::Word;
                }
            }
            _ => joined.push(next),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
