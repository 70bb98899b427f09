//! What stands in a template where texts differ: a byte that seldom stands in a text.
//!
//! ```text
//!   "port 50423 at 00:00:05,477"  ──>  p o r t   ␁   a t   ␆
//! ```
//! Invariant: where a text itself has such a byte, [`ESCAPE`] stands before it.

/// The byte behind it is the text's own.
pub(super) const ESCAPE: u8 = 0;
/// Here stands a part of the message; where, is written behind it.
pub(super) const PLACE: u8 = 8;
/// Behind each template.
pub(super) const END: u8 = b'\n';

/// Whether a byte means something in a template.
pub(super) const fn is_own(byte: u8) -> bool {
    byte <= PLACE || byte == END
}

/// How a part of a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// `50423`
    Digits = 1,
    /// `0fe3`
    Hex = 2,
    /// `ebc4cd76-cb2e-dc33-055d-42e044ae21ef`
    Uuid = 3,
    /// `00:00:05`
    Clock = 4,
    /// `00:00:05.477`
    ClockPoint = 5,
    /// `00:00:05,477`
    ClockComma = 6,
    /// `10.0.0.7`
    Address = 7,
}

impl Mark {
    const ALL: [Self; 7] = [
        Self::Digits,
        Self::Hex,
        Self::Uuid,
        Self::Clock,
        Self::ClockPoint,
        Self::ClockComma,
        Self::Address,
    ];

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte).checked_sub(1)?).copied()
    }

    /// The fewest bytes of a text that it stands for.
    pub(super) fn bytes_min(self) -> usize {
        match self {
            Self::Digits | Self::Hex => 1,
            Self::Uuid => UUID_BYTES,
            Self::Clock => 8,
            Self::ClockPoint | Self::ClockComma => 12,
            Self::Address => 7,
        }
    }
}

/// A UUID as written, bytes.
pub(super) const UUID_BYTES: usize = 36;
/// Where its dashes stand.
pub(super) const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
