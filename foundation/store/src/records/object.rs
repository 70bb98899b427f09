//! The split as one object: blocks, then sections, each under its checksum, then a tail of fixed length that says
//! where they are.
//!
//! ```text
//!   block* | section^8 | { len u32, raw u32, crc32c u32 }^8 | format u16 | crc32c of this tail so far u32 | "NLRS"
//! ```
//! Invariants:
//! - every byte of the object is under a checksum, or compared with what it must be;
//! - a section is read and inflated when it is first asked for.

use std::io;
use std::ops::Range;

use super::frames::{self, Packer, Stored};
use crate::limits::SECTION_INFLATED_BYTES_MAX;
use crate::split::SplitKind;

const MAGIC: &[u8; 4] = b"NLRS";
pub(super) const FORMAT: u16 = SplitKind::Logs.format();
const SECTIONS: usize = 8;
const CRC_AT: usize = SECTIONS * Stored::BYTES + 2;
/// Bytes of the tail.
pub(super) const TAIL_BYTES: usize = CRC_AT + 4 + 4;

/// The sections, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// JSON of `SplitMeta`, without its size.
    Meta,
    /// Table of origins.
    Streams,
    Directory,
    Templates,
    Forms,
    Buckets,
    Terms,
    Rollups,
}

impl Section {
    const ALL: [Self; SECTIONS] = [
        Self::Meta,
        Self::Streams,
        Self::Directory,
        Self::Templates,
        Self::Forms,
        Self::Buckets,
        Self::Terms,
        Self::Rollups,
    ];

    pub(super) fn name(self) -> &'static str {
        ["meta", "streams", "directory", "templates", "forms", "buckets", "terms", "rollups"]
            [self as usize]
    }
}

/// Appends sections in their order, and the tail.
pub(super) fn finish(
    packer: &mut Packer,
    sections: [&[u8]; SECTIONS],
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let mut tail = Vec::with_capacity(TAIL_BYTES);
    for section in sections {
        packer.put(section, out)?.put(&mut tail);
    }
    tail.extend_from_slice(&FORMAT.to_le_bytes());
    tail.extend_from_slice(&crc32c::crc32c(&tail).to_le_bytes());
    tail.extend_from_slice(MAGIC);
    out.extend_from_slice(&tail);
    Ok(())
}

/// Where the sections stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    sections: [Stored; SECTIONS],
    /// Where the first one begins: the end of the blocks.
    pub(super) blocks_bytes: u64,
}

impl Tail {
    /// The tail of an object of so many bytes; `None` when it is none, or of another format.
    pub(super) fn read(tail: &[u8], object_bytes: u64) -> Option<Self> {
        let (body, magic) = tail.split_at_checked(TAIL_BYTES - MAGIC.len())?;
        let (body, crc) = body.split_at_checked(CRC_AT)?;
        let (places, format) = body.split_at_checked(SECTIONS * Stored::BYTES)?;
        let sound = magic == MAGIC
            && crc == crc32c::crc32c(body).to_le_bytes()
            && format == FORMAT.to_le_bytes();
        let (places, _) = places.as_chunks::<{ Stored::BYTES }>();
        let sections: [Stored; SECTIONS] = std::array::from_fn(|at| Stored::get(&places[at]));
        let all: u64 = sections.iter().map(|section| u64::from(section.len)).sum();
        let blocks_bytes = object_bytes.checked_sub(all + TAIL_BYTES as u64)?;
        sound.then_some(Self { sections, blocks_bytes })
    }

    /// Where all sections stand.
    pub(super) fn sections_at(&self) -> Range<u64> {
        let all: u64 = self.sections.iter().map(|section| u64::from(section.len)).sum();
        self.blocks_bytes..self.blocks_bytes + all
    }

    /// The sections' names, and how many bytes each takes.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Section::ALL
            .into_iter()
            .map(|section| (section.name(), u64::from(self.sections[section as usize].len)))
    }

    /// A section's bytes out of those of all, inflated; `None` when they are not those that were written.
    pub(super) fn section(&self, section: Section, sections: &[u8]) -> Option<Vec<u8>> {
        let before = self.sections[..section as usize].iter();
        let at: usize = before.map(|stored| stored.len as usize).sum();
        let stored = self.sections[section as usize];
        let bytes = sections.get(at..at.checked_add(stored.len as usize)?)?;
        frames::get(bytes, stored, SECTION_INFLATED_BYTES_MAX)
    }
}
