//! Where things stand in a block of records.
//!
//! ```text
//!   "NLBK", head, 7 frames:
//!
//!   origins     table of origins, then runs { origin v, rows v }
//!   times       time: first i64, planes of zz(delta)   order_time: planes of zz(order_time - time)
//!               received: first i64, planes of zz(delta)
//!   numbers     message bytes: planes   attributes bytes: planes   bytes: planes of zz(bytes - message bytes)
//!               position: planes of zz(position - (the origin's position before + bytes))   severity: u8 per row
//!   messages    their text, end to end
//!   attributes  their text, end to end
//!   traces      16 bytes per row, or nothing
//!   spans       8 bytes per row, or nothing
//! ```
//! v = LEB128, zz = zigzag, planes = see `plane.rs`; the head is drawn in `frames.rs`.

use crate::frames::Format;
use crate::limits::{ORIGINS_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};

pub(crate) const FRAMES: usize = 7;

/// A block of records.
pub(crate) const FORMAT: Format<FRAMES> = Format {
    magic: *b"NLBK",
    names: ["origins", "times", "numbers", "messages", "attributes", "traces", "spans"],
    rows_max: ROWS_MAX,
    bytes_max: |frame, rows| bytes_max(Frame::ALL[frame], rows),
};

/// The frames, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    Origins,
    Times,
    Numbers,
    Messages,
    Attributes,
    Traces,
    Spans,
}

impl Frame {
    pub(crate) const ALL: [Self; FRAMES] = [
        Self::Origins,
        Self::Times,
        Self::Numbers,
        Self::Messages,
        Self::Attributes,
        Self::Traces,
        Self::Spans,
    ];
}

/// What a frame of a block of so many rows can be at most, inflated.
fn bytes_max(frame: Frame, rows: usize) -> usize {
    /// Planes of a number, and the byte that counts them.
    const COLUMN_BYTES: usize = 1;
    match frame {
        Frame::Origins => ORIGINS_BYTES_MAX,
        Frame::Times => 2 * 8 + 3 * (COLUMN_BYTES + 8 * rows),
        Frame::Numbers => 4 * (COLUMN_BYTES + 8 * rows) + rows,
        Frame::Messages | Frame::Attributes => TEXT_BYTES_MAX,
        Frame::Traces => 16 * rows,
        Frame::Spans => 8 * rows,
    }
}
