//! What all blocks have in common: a head that says where the frames are, and frames under checksums.
//!
//! ```text
//!   magic | version u16 | crc32c u32 | rows u32 | N x { stored u32, raw u32, crc32c u32 } | N frames
//!                                    |<------ under the first checksum ------>|
//! ```
//! Numbers are little-endian. A frame is one zstd frame, or its raw bytes when stored = raw (that did not get
//! shorter). Invariant: every claim is held against a limit before anybody believes it.

use std::io;

use zstd::bulk::{Compressor, Decompressor};

use crate::cursor::Cursor;
use crate::decode::BlockError;

/// The version of every kind of block.
pub(crate) const VERSION: u16 = 1;
/// Magic, version, checksum.
pub(crate) const CRC_END: usize = 4 + 2 + 4;
pub(crate) const FRAME_ENTRY_BYTES: usize = 12;

/// What makes a kind of block.
pub(crate) struct Format<const N: usize> {
    pub(crate) magic: [u8; 4],
    /// The frames' names, in their order.
    pub(crate) names: [&'static str; N],
    pub(crate) rows_max: usize,
    /// What that frame of a block of so many rows can be at most, inflated.
    pub(crate) bytes_max: fn(usize, usize) -> usize,
}

impl<const N: usize> Format<N> {
    /// All before the first frame.
    pub(crate) const HEAD_BYTES: usize = CRC_END + 4 + N * FRAME_ENTRY_BYTES;
}

/// One frame's place, and what it claims.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'static str,
    stored: &'a [u8],
    raw: usize,
    crc: u32,
}

/// What a block's head says.
pub(crate) struct Frames<'a, const N: usize> {
    pub(crate) rows: usize,
    entries: [Entry<'a>; N],
}

impl<'a, const N: usize> Frames<'a, N> {
    pub(crate) fn open(bytes: &'a [u8], format: &Format<N>) -> Result<Self, BlockError> {
        if !bytes.starts_with(&format.magic) {
            return Err(BlockError::NotABlock);
        }
        let (head, mut rest) =
            bytes.split_at_checked(Format::<N>::HEAD_BYTES).ok_or(BlockError::Damaged("head"))?;
        let version = u16::from_le_bytes([head[4], head[5]]);
        if version != VERSION {
            return Err(BlockError::Version(version));
        }
        let crc = u32::from_le_bytes([head[6], head[7], head[8], head[9]]);
        if crc32c::crc32c(&head[CRC_END..]) != crc {
            return Err(BlockError::Checksum("head"));
        }
        let mut cursor = Cursor::new(&head[CRC_END..]);
        let mut number = || cursor.u32().ok_or(BlockError::Damaged("head"));
        let rows = number()? as usize;
        within("rows", rows, format.rows_max)?;
        let mut entries = format.names.map(|name| Entry { name, stored: &[], raw: 0, crc: 0 });
        for (frame, entry) in entries.iter_mut().enumerate() {
            let (stored, raw, crc) = (number()? as usize, number()? as usize, number()?);
            within(entry.name, raw, (format.bytes_max)(frame, rows))?;
            let (stored, behind) =
                rest.split_at_checked(stored).ok_or(BlockError::Damaged(entry.name))?;
            rest = behind;
            *entry = Entry { stored, raw, crc, ..*entry };
        }
        rest.is_empty().then_some(Self { rows, entries }).ok_or(BlockError::Damaged("end"))
    }

    pub(crate) fn entry(&self, frame: usize) -> Entry<'a> {
        self.entries[frame]
    }
}

fn within(what: &'static str, claimed: usize, limit: usize) -> Result<(), BlockError> {
    if claimed > limit {
        return Err(BlockError::TooLarge { what, claimed, limit });
    }
    Ok(())
}

/// Inflates frames one after the other into the same buffer.
#[derive(Default)]
pub(crate) struct Inflater {
    /// Made for the first frame that needs it.
    zstd: Option<Decompressor<'static>>,
    /// The frame being read.
    raw: Vec<u8>,
}

impl Inflater {
    /// A frame's bytes, inflated: exactly as many as it claims.
    pub(crate) fn frame(&mut self, entry: Entry<'_>) -> Result<&[u8], BlockError> {
        let Entry { name, stored, raw, crc } = entry;
        if crc32c::crc32c(stored) != crc {
            return Err(BlockError::Checksum(name));
        }
        self.raw.clear();
        if stored.len() == raw {
            self.raw.extend_from_slice(stored);
            return Ok(&self.raw);
        }
        let zstd = match self.zstd.take() {
            Some(zstd) => zstd,
            None => Decompressor::new().map_err(|_| BlockError::NoMemory)?,
        };
        let zstd = self.zstd.insert(zstd);
        self.raw.reserve(raw);
        let inflated = zstd.decompress_to_buffer(stored, &mut self.raw);
        let whole = inflated.is_ok_and(|bytes| bytes == raw);
        whole.then_some(&*self.raw).ok_or(BlockError::Damaged(name))
    }

    /// As [`Inflater::frame`], for keeps.
    pub(crate) fn frame_owned(&mut self, entry: Entry<'_>) -> Result<Vec<u8>, BlockError> {
        self.frame(entry)?;
        Ok(std::mem::take(&mut self.raw))
    }
}

/// The same block with none of its frames compressed, of whichever kind: for whoever compresses it whole.
pub(crate) fn uncompressed<const N: usize>(
    bytes: &[u8],
    format: &Format<N>,
) -> Result<Vec<u8>, BlockError> {
    let frames = Frames::open(bytes, format)?;
    let mut inflater = Inflater::default();
    let raw_bytes = (0..N).map(|frame| frames.entry(frame).raw).sum();
    let mut block = Packer::new(format, frames.rows, raw_bytes);
    for frame in 0..N {
        block.frame_raw(inflater.frame(frames.entry(frame))?);
    }
    Ok(block.finish())
}

/// Compresses frames one after the other in the same memory.
pub struct Squeezer {
    zstd: Compressor<'static>,
    /// The frame that was made last.
    packed: Vec<u8>,
}

impl Squeezer {
    /// One that compresses at zstd's `level`.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new(level: i32) -> io::Result<Self> {
        Ok(Self { zstd: Compressor::new(level)?, packed: Vec::new() })
    }

    /// The frame as it is to be stored: compressed, or `raw` itself when that is not longer.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn squeeze<'a>(&'a mut self, raw: &'a [u8]) -> io::Result<&'a [u8]> {
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        self.zstd.compress_to_buffer(raw, &mut self.packed)?;
        Ok(if self.packed.len() < raw.len() { &self.packed } else { raw })
    }
}

/// A block being put together.
pub(crate) struct Packer<const N: usize> {
    out: Vec<u8>,
    frames: usize,
}

impl<const N: usize> Packer<N> {
    pub(crate) fn new(format: &Format<N>, rows: usize, bytes_expected: usize) -> Self {
        let mut out = Vec::with_capacity(Format::<N>::HEAD_BYTES + bytes_expected);
        out.extend_from_slice(&format.magic);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&u32::try_from(rows).unwrap_or(u32::MAX).to_le_bytes());
        out.resize(Format::<N>::HEAD_BYTES, 0);
        Self { out, frames: 0 }
    }

    /// Appends the next frame.
    pub(crate) fn frame(&mut self, squeezer: &mut Squeezer, raw: &[u8]) -> io::Result<()> {
        let at = self.out.len();
        self.out.extend_from_slice(squeezer.squeeze(raw)?);
        self.entry(at, raw.len());
        Ok(())
    }

    /// Appends the next frame as it is: bytes that no compressor makes shorter.
    pub(crate) fn frame_raw(&mut self, raw: &[u8]) {
        let at = self.out.len();
        self.out.extend_from_slice(raw);
        self.entry(at, raw.len());
    }

    fn entry(&mut self, at: usize, raw: usize) {
        let stored = &self.out[at..];
        let crc = crc32c::crc32c(stored);
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let entry = [size(stored.len()), size(raw), crc].map(u32::to_le_bytes);
        let entries = &mut self.out[CRC_END + 4..Format::<N>::HEAD_BYTES];
        let (entries, _) = entries.as_chunks_mut::<FRAME_ENTRY_BYTES>();
        entries[self.frames].copy_from_slice(entry.as_flattened());
        self.frames += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        debug_assert_eq!(self.frames, N);
        let crc = crc32c::crc32c(&self.out[CRC_END..Format::<N>::HEAD_BYTES]);
        self.out[CRC_END - 4..CRC_END].copy_from_slice(&crc.to_le_bytes());
        self.out
    }
}
