//! Which columns of a block of spans to decode.
//!
//! Invariants:
//! - who measured and what was done are always decoded;
//! - a column that is not asked for has an entry per span all the same: 0, unset, an empty text, no id.

use std::fmt;

/// A set of columns.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SpanColumns(u16);

impl SpanColumns {
    /// Nothing but who measured and what was done.
    pub const NONE: Self = Self(0);
    /// Which trace.
    pub const TRACE_ID: Self = Self(1);
    /// Which span.
    pub const SPAN_ID: Self = Self(1 << 1);
    /// Which span caused it.
    pub const PARENT_ID: Self = Self(1 << 2);
    /// When it began.
    pub const START: Self = Self(1 << 3);
    /// How long it took.
    pub const DURATION: Self = Self(1 << 4);
    /// Kind and status; they share a byte.
    pub const KIND_STATUS: Self = Self(1 << 5);
    /// What it says about its status.
    pub const STATUS_MESSAGE: Self = Self(1 << 6);
    /// Attributes.
    pub const ATTRIBUTES: Self = Self(1 << 7);
    /// Events.
    pub const EVENTS: Self = Self(1 << 8);
    /// Links.
    pub const LINKS: Self = Self(1 << 9);
    /// Position and when the intake had it.
    pub const ARRIVAL: Self = Self(1 << 10);
    /// Everything.
    pub const ALL: Self = Self((1 << 11) - 1);
    /// What a trace is put together from: no texts.
    pub const TREE: Self = Self::TRACE_ID
        .with(Self::SPAN_ID)
        .with(Self::PARENT_ID)
        .with(Self::START)
        .with(Self::DURATION)
        .with(Self::KIND_STATUS);

    const NAMES: [(&str, Self); 11] = [
        ("trace_id", Self::TRACE_ID),
        ("span_id", Self::SPAN_ID),
        ("parent_id", Self::PARENT_ID),
        ("start", Self::START),
        ("duration", Self::DURATION),
        ("kind_status", Self::KIND_STATUS),
        ("status_message", Self::STATUS_MESSAGE),
        ("attributes", Self::ATTRIBUTES),
        ("events", Self::EVENTS),
        ("links", Self::LINKS),
        ("arrival", Self::ARRIVAL),
    ];

    /// These and those.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of these that are among `others`.
    #[must_use]
    pub const fn among(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether all of `others` are among these.
    #[must_use]
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether any of `others` is among these.
    #[must_use]
    pub const fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl fmt::Debug for SpanColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.into_iter().filter(|(_, column)| self.has(*column));
        f.debug_set().entries(named.map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_join_and_say_what_they_are() {
        let two = SpanColumns::START.with(SpanColumns::LINKS);
        assert!(two.has(SpanColumns::START) && two.has(SpanColumns::NONE));
        assert!(!two.has(SpanColumns::TREE) && two.has_any(SpanColumns::TREE));
        assert!(!two.has_any(SpanColumns::EVENTS));
        assert_eq!(two.among(SpanColumns::TREE), SpanColumns::START);
        assert_eq!(format!("{two:?}"), r#"{"start", "links"}"#);
        let all = SpanColumns::NAMES.into_iter();
        assert_eq!(all.fold(SpanColumns::NONE, |all, (_, one)| all.with(one)), SpanColumns::ALL);
    }
}
