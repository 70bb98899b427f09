//! Which rows of a split are looked at, as far as the index tells them apart.

use super::places::Fit;

/// Rows of a template, or of all of them.
pub(super) struct At<'a> {
    pub(super) place: Where<'a>,
    /// Its number, and its severity's.
    pub(super) template: Option<(u32, u8)>,
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
}

/// Which streams of a split are asked for.
pub(super) struct Streams {
    /// Per stream.
    asked: Vec<bool>,
    /// How many of those before each are, and of all.
    before: Vec<u32>,
}

impl Streams {
    pub(super) fn new(asked: Vec<bool>) -> Self {
        let mut before = vec![0];
        for (stream, asked) in asked.iter().enumerate() {
            before.push(before[stream] + u32::from(*asked));
        }
        Self { asked, before }
    }

    pub(super) fn has(&self, stream: u32) -> bool {
        self.asked[stream as usize]
    }

    /// What of the rows there are of streams that are asked for.
    pub(super) fn fit(&self, place: Where<'_>) -> Fit {
        let whole = self.range(0, self.asked.len());
        match place {
            Where::Block(_, (first, last)) => self.range(first as usize, last as usize + 1),
            Where::Streams(streams) if whole == Fit::Some => {
                let asked = streams.iter().filter(|stream| self.has(**stream)).count();
                part(asked, streams.len())
            }
            Where::Split | Where::Streams(_) => whole,
        }
    }

    fn range(&self, from: usize, to: usize) -> Fit {
        part((self.before[to] - self.before[from]) as usize, to - from)
    }
}

fn part(asked: usize, all: usize) -> Fit {
    match asked {
        0 => Fit::None,
        some if some == all => Fit::All,
        _ => Fit::Some,
    }
}
