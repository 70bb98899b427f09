//! The frames of a block of records, and how each is compressed by itself: a question reads those that it needs.
//!
//! ```text
//!   head        content u64 | groups of messages (groups.rs) | runs of streams { v stream, v rows }*
//!   times       time: first i64, planes of zz(delta)   order_time: planes of zz(order_time - time)
//!   values      of messages (groups.rs)
//!   attributes  v bytes of groups | groups of attributes | values
//!   positions   received: first i64, planes of zz(delta)   bytes: planes of zz(bytes - message bytes)
//!               position: planes of zz(position - (the stream's position before + bytes))
//!   ids         nothing, or { 16 bytes }^rows { 8 bytes }^rows
//! ```
//! Invariants:
//! - a frame is one zstd frame, or its own bytes where stored = raw (those did not get shorter);
//! - `content` is a hash of all messages and attributes as they came in ([`content`]).

use std::cell::RefCell;
use std::io;

use nilometer_block::Squeezer;
use xxhash_rust::xxh3::xxh3_64_with_seed;
use zstd::bulk::Decompressor;

pub(super) const FRAMES: usize = 6;

/// The frames, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Head,
    Times,
    Values,
    Attributes,
    Positions,
    Ids,
}

impl Frame {
    pub(super) const ALL: [Self; FRAMES] =
        [Self::Head, Self::Times, Self::Values, Self::Attributes, Self::Positions, Self::Ids];

    pub(super) fn name(self) -> &'static str {
        ["head", "times", "values", "attributes", "positions", "ids"][self as usize]
    }
}

/// Bytes of the object: how many, inflated as many, and the stored ones' crc32c.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stored {
    pub(super) len: u32,
    pub(super) raw: u32,
    pub(super) crc: u32,
}

impl Stored {
    pub(super) const BYTES: usize = 12;

    pub(super) fn put(self, out: &mut Vec<u8>) {
        for number in [self.len, self.raw, self.crc] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(super) fn get(bytes: &[u8; Self::BYTES]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let [len, raw, crc] = [0, 1, 2].map(|at| u32::from_le_bytes(words[at]));
        Self { len, raw, crc }
    }
}

/// Compresses frames, one after the other.
pub(super) struct Packer(Squeezer);

impl Packer {
    pub(super) fn new(level: i32) -> io::Result<Self> {
        Squeezer::new(level).map(Self)
    }

    /// Appends `raw` to `out`, compressed if that is shorter.
    pub(super) fn put(&mut self, raw: &[u8], out: &mut Vec<u8>) -> io::Result<Stored> {
        let stored = self.0.squeeze(raw)?;
        out.extend_from_slice(stored);
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let (len, raw) = (size(stored.len()), size(raw.len()));
        Ok(Stored { len, raw, crc: crc32c::crc32c(stored) })
    }
}

/// What was put; `None` when it is not what `stored` says.
pub(super) fn get(bytes: &[u8], stored: Stored, raw_max: usize) -> Option<Vec<u8>> {
    let raw = stored.raw as usize;
    if bytes.len() != stored.len as usize || raw > raw_max || crc32c::crc32c(bytes) != stored.crc {
        return None;
    }
    if bytes.len() == raw {
        return Some(bytes.to_vec());
    }
    let inflated = INFLATER.with_borrow_mut(|inflater| {
        if inflater.is_none() {
            *inflater = Decompressor::new().ok();
        }
        inflater.as_mut()?.decompress(bytes, raw).ok()
    });
    inflated.filter(|inflated| inflated.len() == raw)
}

thread_local! {
    /// Made for the first frame that needs it; making one takes as long as inflating a short frame.
    static INFLATER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// A hash of texts, end to end, that goes on from `hash`: where one ends and the next begins is in it too.
pub(super) fn content(hash: u64, texts: &[u8], ends: &[u32]) -> u64 {
    let mut start = 0;
    ends.iter().fold(hash, |hash, end| {
        let end = *end as usize;
        let text = texts.get(std::mem::replace(&mut start, end)..end).unwrap_or_default();
        xxh3_64_with_seed(text, hash)
    })
}
