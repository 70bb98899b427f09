//! Where things stand in a block.
//!
//! ```text
//!   magic "NLBK" | version u16 | crc32c u32 | rows u32 | 7 x { stored u32, raw u32, crc32c u32 } | 7 frames
//!                                            |<------- under the first checksum ------->|
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
//! Numbers are little-endian; v = LEB128, zz = zigzag, planes = see `plane.rs`. A frame is one zstd frame,
//! or its raw bytes when stored = raw (that did not get shorter).

pub(crate) const MAGIC: &[u8; 4] = b"NLBK";
pub(crate) const VERSION: u16 = 1;
pub(crate) const FRAMES: usize = 7;
/// Magic, version, checksum.
pub(crate) const CRC_END: usize = 4 + 2 + 4;
pub(crate) const FRAME_ENTRY_BYTES: usize = 12;
/// All before the first frame.
pub(crate) const HEAD_BYTES: usize = CRC_END + 4 + FRAMES * FRAME_ENTRY_BYTES;

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

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Origins => "origins",
            Self::Times => "times",
            Self::Numbers => "numbers",
            Self::Messages => "messages",
            Self::Attributes => "attributes",
            Self::Traces => "traces",
            Self::Spans => "spans",
        }
    }
}
