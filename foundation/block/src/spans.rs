//! Blocks of spans: small because the spans of a trace stand together.
//!
//! ```text
//!   "NLSB", head, 12 frames:
//!
//!   who         table of origins | operations v, { len v, text } | pairs v, { origin v, operation v } | planes of pair
//!   traces      16 bytes per run; a run is neighbours of one trace
//!   ids         8 bytes per span, as they are: nothing makes them shorter
//!   shape       runs u32 | planes of spans per run | planes of parent: 0 none, 1 see below, else 1 + zz(rows back)
//!               | 8 bytes per parent that is not in its child's run | kind + 8 * status, u8 per span
//!   starts      first i64 | planes of zz(a run's first start - that of the run before)
//!               | planes of zz(start - the start before in its run; 0 for a run's first)
//!   durations   planes
//!   arrivals    position and received: first i64, planes of zz(delta)
//!   lengths     of the four texts: planes
//!   status messages, attributes, events, links: their text, end to end
//! ```
//! v = LEB128, zz = zigzag, planes = see `plane.rs`. Invariants:
//! - any order of spans comes back as it was; in the order of [`Spans::by_trace`] a block is smallest;
//! - a frame is inflated only when a column in it is asked for.
//!
//! [`Spans::by_trace`]: nilometer_model::Spans::by_trace

mod columns;
mod decode;
mod encode;

pub use columns::SpanColumns;
pub use decode::{SpanDecoder, decode_spans};
pub use encode::{SpanEncoder, encode_spans};

use crate::frames::Format;
use crate::limits::{ORIGINS_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};

pub(crate) const FRAMES: usize = 12;
/// A parent that is not in its child's run.
const PARENT_ELSEWHERE: u64 = 1;
/// Statuses stand above kinds in their common byte.
const STATUS_SHIFT: u32 = 3;

pub(crate) const FORMAT: Format<FRAMES> = Format {
    magic: *b"NLSB",
    names: [
        "who",
        "traces",
        "ids",
        "shape",
        "starts",
        "durations",
        "arrivals",
        "lengths",
        "status messages",
        "attributes",
        "events",
        "links",
    ],
    rows_max: ROWS_MAX,
    bytes_max: |frame, rows| bytes_max(Frame::ALL[frame], rows),
};

/// The frames, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Who,
    Traces,
    Ids,
    Shape,
    Starts,
    Durations,
    Arrivals,
    Lengths,
    StatusMessages,
    Attributes,
    Events,
    Links,
}

impl Frame {
    const ALL: [Self; FRAMES] = [
        Self::Who,
        Self::Traces,
        Self::Ids,
        Self::Shape,
        Self::Starts,
        Self::Durations,
        Self::Arrivals,
        Self::Lengths,
        Self::StatusMessages,
        Self::Attributes,
        Self::Events,
        Self::Links,
    ];
}

/// What a frame of a block of so many spans can be at most, inflated.
fn bytes_max(frame: Frame, rows: usize) -> usize {
    /// Two numbers as LEB128.
    const PAIR_BYTES_MAX: usize = 10;
    let column = 1 + 8 * rows;
    match frame {
        Frame::Who => ORIGINS_BYTES_MAX + TEXT_BYTES_MAX + PAIR_BYTES_MAX * (rows + 1) + column,
        Frame::Traces => 16 * rows,
        Frame::Ids => 8 * rows,
        Frame::Shape => 4 + 2 * column + 8 * rows + rows,
        Frame::Starts => 8 + 2 * column,
        Frame::Durations => column,
        Frame::Arrivals => 2 * (8 + column),
        Frame::Lengths => 4 * column,
        Frame::StatusMessages | Frame::Attributes | Frame::Events | Frame::Links => TEXT_BYTES_MAX,
    }
}

#[cfg(test)]
pub(crate) mod tests;
