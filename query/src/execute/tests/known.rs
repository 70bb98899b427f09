//! The patterns that the tests know: those of short messages, two of which are one.

use std::sync::{Arc, LazyLock};

use nilometer_model::Timestamp;
use nilometer_store::patterns::{PatternId, Patterns, Skeleton};

use super::random::WORDS;
use crate::plan::Known;

static PATTERNS: LazyLock<Arc<Patterns>> = LazyLock::new(|| {
    let mut patterns = Patterns::default();
    let pairs =
        WORDS.iter().flat_map(|one| WORDS.iter().map(move |other| format!("{one} {other}")));
    let texts = WORDS.iter().map(|word| (*word).to_owned()).chain(pairs);
    texts.for_each(|text| drop(patterns.add(&Skeleton::of(&text), Timestamp(0))));
    patterns.merge(Skeleton::of("reset").id(), Skeleton::of("connection by").id());
    Arc::new(patterns)
});

pub(super) fn known() -> Known {
    Known::new(&PATTERNS)
}

/// The pattern that the message is of.
pub(super) fn pattern(message: &str) -> Option<String> {
    Some(PATTERNS.pattern(Skeleton::of(message).id())?.to_string())
}

/// What an id names now.
pub(super) fn now(id: &str) -> String {
    let known = id.parse::<PatternId>().ok().and_then(|id| PATTERNS.pattern(id));
    known.map_or_else(|| id.to_owned(), |id| id.to_string())
}

pub(super) fn template(id: &str) -> Option<String> {
    PATTERNS.template(id.parse().ok()?)
}

/// Ids of what there is, of what is another one by now, and of nothing.
pub(super) fn ids() -> Vec<String> {
    let texts = ["reset", "connection by", "x9", "4 peer", "set re", "unknown to all"];
    texts.iter().map(|text| Skeleton::of(text).id().to_string()).collect()
}
