//! The head of a block: where its frames are, and how much they claim to hold.
//!
//! Invariant: every claim is held against a limit before anybody believes it.

use crate::cursor::Cursor;
use crate::decode::BlockError;
use crate::layout::{CRC_END, FRAME_ENTRY_BYTES, Frame, HEAD_BYTES, MAGIC, VERSION};
use crate::limits::{ORIGINS_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};

/// One frame's place, and what it claims.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) stored: &'a [u8],
    pub(crate) raw: usize,
    pub(crate) crc: u32,
}

/// What a block's head says.
pub(crate) struct Frames<'a> {
    pub(crate) rows: usize,
    entries: [Entry<'a>; Frame::ALL.len()],
}

impl<'a> Frames<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, BlockError> {
        if !bytes.starts_with(MAGIC) {
            return Err(BlockError::NotABlock);
        }
        let (head, mut rest) =
            bytes.split_at_checked(HEAD_BYTES).ok_or(BlockError::Damaged("head"))?;
        let version = u16::from_le_bytes([head[4], head[5]]);
        if version != VERSION {
            return Err(BlockError::Version(version));
        }
        let crc = u32::from_le_bytes([head[6], head[7], head[8], head[9]]);
        if crc32c::crc32c(&head[CRC_END..]) != crc {
            return Err(BlockError::Checksum("head"));
        }
        let mut cursor = Cursor::new(&head[CRC_END..]);
        let rows = cursor.u32().ok_or(BlockError::Damaged("head"))? as usize;
        within("rows", rows, ROWS_MAX)?;
        let mut entries = [Entry { stored: &[], raw: 0, crc: 0 }; Frame::ALL.len()];
        for (frame, entry) in Frame::ALL.into_iter().zip(&mut entries) {
            let entry_bytes: [u8; FRAME_ENTRY_BYTES] =
                cursor.array().ok_or(BlockError::Damaged("head"))?;
            let [stored, raw, crc] = [0, 4, 8].map(|at| {
                let four = [0, 1, 2, 3].map(|byte| entry_bytes[at + byte]);
                u32::from_le_bytes(four)
            });
            within(frame.name(), raw as usize, frame_bytes_max(frame, rows))?;
            let (stored, behind) =
                rest.split_at_checked(stored as usize).ok_or(BlockError::Damaged(frame.name()))?;
            rest = behind;
            *entry = Entry { stored, raw: raw as usize, crc };
        }
        if !rest.is_empty() {
            return Err(BlockError::Damaged("end"));
        }
        Ok(Self { rows, entries })
    }

    pub(crate) fn entry(&self, frame: Frame) -> Entry<'a> {
        self.entries[frame as usize]
    }
}

/// What a frame of a block of so many rows can be at most, inflated.
fn frame_bytes_max(frame: Frame, rows: usize) -> usize {
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

fn within(what: &'static str, claimed: usize, limit: usize) -> Result<(), BlockError> {
    if claimed > limit {
        return Err(BlockError::TooLarge { what, claimed, limit });
    }
    Ok(())
}
