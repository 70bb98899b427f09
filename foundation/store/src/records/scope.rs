//! Which rows of a split are looked at, as far as the index tells them apart.

use super::places::Fit;
use super::rollups::Service;

/// Rows of a template, or of all of them.
pub(super) struct At {
    pub(super) place: Where,
    /// Its number, and its severity's.
    pub(super) template: Option<(u32, u8)>,
}

/// Which rows of a split.
#[derive(Clone, Copy)]
pub(super) enum Where {
    /// Any.
    Split,
    /// Those of a block, whose first and last stream these are.
    Block(u32, (u32, u32)),
    /// Those of the service of that number.
    Service(u32),
}

impl Where {
    pub(super) fn block(self) -> Option<u32> {
        match self {
            Self::Block(block, _) => Some(block),
            Self::Split | Self::Service(_) => None,
        }
    }
}

/// Which streams of a split are asked for.
pub(super) struct Streams {
    /// Per stream.
    asked: Vec<bool>,
    /// How many of those before each are, and of all.
    before: Vec<u32>,
    /// What of each service's.
    of_service: Vec<Fit>,
}

impl Streams {
    pub(super) fn new(asked: Vec<bool>, services: &[Service]) -> Self {
        let mut before = vec![0];
        for (stream, asked) in asked.iter().enumerate() {
            before.push(before[stream] + u32::from(*asked));
        }
        let of_service = |service: &Service| {
            let of = service.streams.iter().filter(|stream| asked[**stream as usize]);
            part(of.count(), service.streams.len())
        };
        let of_service = services.iter().map(of_service).collect();
        Self { asked, before, of_service }
    }

    pub(super) fn has(&self, stream: u32) -> bool {
        self.asked[stream as usize]
    }

    /// What of the rows there are of streams that are asked for.
    pub(super) fn fit(&self, place: Where) -> Fit {
        match place {
            Where::Block(_, (first, last)) => self.range(first as usize, last as usize + 1),
            Where::Service(service) => self.of_service[service as usize],
            Where::Split => self.range(0, self.asked.len()),
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
