//! Which rows of a split are looked at, as far as the index tells them apart.

use super::places::Fit;

/// Rows of a template.
pub(super) struct At<'a> {
    pub(super) place: Where<'a>,
    pub(super) template: u32,
    pub(super) severity: u8,
}

/// Which rows of a split.
#[derive(Clone, Copy)]
pub(super) enum Where<'a> {
    /// Any.
    Split,
    /// Those of a block, whose first and last stream these are.
    Block(u32, (u32, u32)),
    /// Those of these streams.
    Streams(&'a [u32]),
}

impl Where<'_> {
    pub(super) fn block(self) -> Option<u32> {
        match self {
            Self::Block(block, _) => Some(block),
            Self::Split | Self::Streams(_) => None,
        }
    }

    /// What of its rows are of streams that are asked for.
    pub(super) fn of_streams(self, asked: &[bool]) -> Fit {
        let is_asked = |stream: &u32| asked[*stream as usize];
        let (count, all) = match self {
            Self::Split => (asked.iter().filter(|asked| **asked).count(), asked.len()),
            Self::Block(_, (first, last)) => {
                let asked = &asked[first as usize..=last as usize];
                (asked.iter().filter(|asked| **asked).count(), asked.len())
            }
            Self::Streams(streams) => {
                (streams.iter().filter(|stream| is_asked(stream)).count(), streams.len())
            }
        };
        match count {
            0 => Fit::None,
            some => {
                if some == all {
                    Fit::All
                } else {
                    Fit::Some
                }
            }
        }
    }
}
