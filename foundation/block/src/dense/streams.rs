//! The bytes of a dense block: a head, and streams of like bytes, each compressed for itself.
//!
//! ```text
//!   magic "NLBD" | version u16 | crc32c u32 | rows v | 12 x { stored v, raw v } | streams
//!                                           |<------------ under the checksum ------------>|
//! ```
//! A stream is one zstd frame, or its raw bytes when stored = raw (that did not get shorter).
//! Invariant: every claim is held against a limit before anybody believes it.

use std::io;

use zstd::bulk::{Compressor, Decompressor};

use crate::cursor::{Cursor, put_varint};
use crate::decode::BlockError;
use crate::limits::{ROWS_MAX, STREAMS_BYTES_MAX};

const MAGIC: [u8; 4] = *b"NLBD";
/// The version of dense blocks.
const VERSION: u16 = 1;
const CRC_AT: usize = 6;
const CRC_END: usize = CRC_AT + 4;

/// The streams, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Origins,
    Times,
    Numbers,
    Templates,
    Forms,
    Choices,
    Lengths,
    Digits,
    Addresses,
    Clocks,
    Hex,
    Ids,
}

impl Stream {
    pub(super) const ALL: [Self; 12] = [
        Self::Origins,
        Self::Times,
        Self::Numbers,
        Self::Templates,
        Self::Forms,
        Self::Choices,
        Self::Lengths,
        Self::Digits,
        Self::Addresses,
        Self::Clocks,
        Self::Hex,
        Self::Ids,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Origins => "origins",
            Self::Times => "times",
            Self::Numbers => "numbers",
            Self::Templates => "templates",
            Self::Forms => "forms",
            Self::Choices => "choices",
            Self::Lengths => "lengths",
            Self::Digits => "digits",
            Self::Addresses => "addresses",
            Self::Clocks => "clocks",
            Self::Hex => "hex",
            Self::Ids => "ids",
        }
    }
}

/// What the streams say, by their place.
pub(super) type Streams = [Vec<u8>; Stream::ALL.len()];

/// The block of `rows` rows; without `zstd` nothing in it is compressed.
pub(super) fn pack(
    rows: usize,
    streams: &Streams,
    mut zstd: Option<&mut Compressor<'_>>,
) -> io::Result<Vec<u8>> {
    let mut packed = Vec::with_capacity(streams.iter().map(Vec::len).sum::<usize>() / 2 + 64);
    let mut head = Vec::new();
    let narrow = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    put_varint(&mut head, narrow(rows));
    for stream in streams {
        let at = packed.len();
        match &mut zstd {
            Some(zstd) if !stream.is_empty() => {
                packed.reserve(zstd::zstd_safe::compress_bound(stream.len()));
                let mut behind = io::Cursor::new(&mut packed);
                behind.set_position(at as u64);
                zstd.compress_to_buffer(stream, &mut behind)?;
            }
            _ => {}
        }
        if packed.len() == at || packed.len() - at >= stream.len() {
            packed.truncate(at);
            packed.extend_from_slice(stream);
        }
        put_varint(&mut head, narrow(packed.len() - at));
        put_varint(&mut head, narrow(stream.len()));
    }
    let crc = crc32c::crc32c_append(crc32c::crc32c(&head), &packed);
    Ok([&MAGIC[..], &VERSION.to_le_bytes(), &crc.to_le_bytes(), &head, &packed].concat())
}

/// A block's rows and streams, inflated.
pub(super) fn unpack(bytes: &[u8]) -> Result<(usize, Streams), BlockError> {
    let (head, covered) = bytes.split_at_checked(CRC_END).ok_or(BlockError::NotABlock)?;
    if !head.starts_with(&MAGIC) {
        return Err(BlockError::NotABlock);
    }
    let version = u16::from_le_bytes([head[4], head[5]]);
    if version != VERSION {
        return Err(BlockError::Version(version));
    }
    let crc = u32::from_le_bytes([head[6], head[7], head[8], head[9]]);
    if crc32c::crc32c(covered) != crc {
        return Err(BlockError::Checksum("bytes"));
    }
    let mut cursor = Cursor::new(covered);
    let mut number = || cursor.varint().map(|number| number as usize);
    let rows = number().ok_or(BlockError::Damaged("head"))?;
    within("rows", rows, ROWS_MAX)?;
    let mut claims = Stream::ALL.map(|stream| (stream, 0, 0));
    for (_, stored, raw) in &mut claims {
        (*stored, *raw) = number().zip(number()).ok_or(BlockError::Damaged("head"))?;
    }
    let all = claims.iter().map(|(.., raw)| *raw).sum();
    within("streams", all, STREAMS_BYTES_MAX)?;
    let mut streams = Streams::default();
    let mut zstd = None;
    for ((stream, stored, raw), inflated) in claims.into_iter().zip(&mut streams) {
        let stored = cursor.take(stored).ok_or(BlockError::Damaged(stream.name()))?;
        *inflated = inflate(stored, raw, stream, &mut zstd)?;
    }
    cursor.is_empty().then_some((rows, streams)).ok_or(BlockError::Damaged("end"))
}

fn within(what: &'static str, claimed: usize, limit: usize) -> Result<(), BlockError> {
    if claimed > limit { Err(BlockError::TooLarge { what, claimed, limit }) } else { Ok(()) }
}

fn inflate(
    stored: &[u8],
    raw: usize,
    stream: Stream,
    zstd: &mut Option<Decompressor<'static>>,
) -> Result<Vec<u8>, BlockError> {
    if stored.len() == raw {
        return Ok(stored.to_vec());
    }
    let made = match zstd.take() {
        Some(zstd) => zstd,
        None => Decompressor::new().map_err(|_| BlockError::NoMemory)?,
    };
    let mut inflated = Vec::with_capacity(raw);
    let bytes = zstd.insert(made).decompress_to_buffer(stored, &mut inflated);
    let whole = bytes.is_ok_and(|bytes| bytes == raw);
    whole.then_some(inflated).ok_or(BlockError::Damaged(stream.name()))
}
