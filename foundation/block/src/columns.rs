//! Which columns of a block to decode: a question seldom looks at all of them.
//!
//! Invariants:
//! - who speaks is always decoded: whose a row is can be asked of any rows;
//! - a column that is not asked for has an entry per row all the same: 0, `unset` or an empty text; nobody has an id.

use std::fmt;

/// A set of columns.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns(u16);

impl Columns {
    /// Nothing but who speaks.
    pub const NONE: Self = Self(0);
    /// The records' times.
    pub const TIME: Self = Self(1);
    /// Their times in the order.
    pub const ORDER_TIME: Self = Self(1 << 1);
    /// When the intake had them.
    pub const RECEIVED: Self = Self(1 << 2);
    /// Positions and framed bytes; a block holds the ones by means of the others.
    pub const POSITION: Self = Self(1 << 3);
    /// Severities.
    pub const SEVERITY: Self = Self(1 << 4);
    /// Messages.
    pub const MESSAGE: Self = Self(1 << 5);
    /// Attributes.
    pub const ATTRIBUTES: Self = Self(1 << 6);
    /// Traces and spans.
    pub const IDS: Self = Self(1 << 7);
    /// Whether there is a message: `?` stands for any that is not empty, unless messages are asked for too.
    pub const HAS_MESSAGE: Self = Self(1 << 8);
    /// What names a message without its variables: made of it, where rows come out of a split of records. Of those
    /// that no template tells, the messages come as well.
    pub const SKELETON: Self = Self(1 << 9);
    /// Everything that is kept.
    pub const ALL: Self = Self((1 << 9) - 1);
    /// All that takes little to inflate: no texts, no ids.
    pub const NUMBERS: Self = Self::TIME
        .with(Self::ORDER_TIME)
        .with(Self::RECEIVED)
        .with(Self::POSITION)
        .with(Self::SEVERITY)
        .with(Self::HAS_MESSAGE);

    const NAMES: [(&str, Self); 10] = [
        ("time", Self::TIME),
        ("order_time", Self::ORDER_TIME),
        ("received", Self::RECEIVED),
        ("position", Self::POSITION),
        ("severity", Self::SEVERITY),
        ("message", Self::MESSAGE),
        ("attributes", Self::ATTRIBUTES),
        ("ids", Self::IDS),
        ("has_message", Self::HAS_MESSAGE),
        ("skeleton", Self::SKELETON),
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

    /// Whether it is nothing but who speaks.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for Columns {
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
        let two = Columns::TIME.with(Columns::SEVERITY);
        assert!(two.has(Columns::TIME) && two.has(two) && two.has(Columns::NONE));
        assert!(!two.has(Columns::TIME.with(Columns::IDS)));
        assert_eq!(two.among(Columns::TIME.with(Columns::IDS)), Columns::TIME);
        assert!(two.among(Columns::IDS).is_none() && !two.is_none());
        assert_eq!(format!("{two:?}"), r#"{"time", "severity"}"#);
        let all = Columns::NAMES.into_iter().fold(Columns::NONE, |all, (_, one)| all.with(one));
        assert_eq!(all, Columns::ALL.with(Columns::SKELETON));
    }
}
