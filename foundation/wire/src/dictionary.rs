//! Bodies compressed with a dictionary that both sides have: dictionary-compressed Zstandard (RFC 9842).
//!
//! ```text
//!   5e 2a 4d 18 20 00 00 00 | SHA-256 of the dictionary, 32 bytes | one zstd frame
//! ```
//! A node that writes little sends batches of a few kilobytes, in which little repeats that one of them
//! could refer to; what repeats from batch to batch stands in the dictionary.
//!
//! Invariants:
//! - a dictionary never changes: it is known by its hash, and a body says which one it needs;
//! - nothing that is kept depends on one: a body is inflated where it arrives.

use std::fmt;
use std::io::{self, Read};
use std::sync::OnceLock;

use ring::digest::{SHA256, digest};
use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::InflateError;
use crate::limits::{BODY_WINDOW_LOG_MAX, DICTIONARY_BYTES_MAX, DICTIONARY_INFLATED_BYTES_MAX};

/// As `Content-Encoding` has it.
pub const DICTIONARY_CODING: &str = "dcz";
/// A skippable frame of 32 bytes.
const MAGIC: [u8; 8] = [0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0];
/// What repeats was found once, when the dictionary was made: more effort finds a tenth more, and
/// a node that sends small batches has little to do.
const ZSTD_LEVEL: i32 = 6;
/// A dictionary is sent once.
const PACKED_LEVEL: i32 = 19;

/// The name of a dictionary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DictionaryHash([u8; 32]);

/// What batches of one collector have in common.
pub struct Dictionary {
    hash: DictionaryHash,
    bytes: Vec<u8>,
    /// Made by whoever compresses.
    encoder: OnceLock<EncoderDictionary<'static>>,
    /// Made by whoever inflates.
    decoder: OnceLock<DecoderDictionary<'static>>,
}

impl fmt::Display for DictionaryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DictionaryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Dictionary {
    /// What the last samples say, as much as there is room for; `None` when that is nothing. Parts chosen
    /// by training do worse: templates and sources repeat whole, and whoever refers to them does it in order.
    #[must_use]
    pub fn of_samples(samples: &[Vec<u8>]) -> Option<Self> {
        let all = samples.concat();
        let from = all.len().saturating_sub(DICTIONARY_BYTES_MAX);
        Self::new(all[from..].to_vec()).filter(|_| !all.is_empty())
    }

    /// The dictionary of these bytes; `None` when there are more than [`DICTIONARY_BYTES_MAX`].
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > DICTIONARY_BYTES_MAX {
            return None;
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        let (encoder, decoder) = (OnceLock::new(), OnceLock::new());
        Some(Self { hash: DictionaryHash(hash), bytes, encoder, decoder })
    }

    /// Its name.
    #[must_use]
    pub fn hash(&self) -> DictionaryHash {
        self.hash
    }

    /// Its bytes, for the other side.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes as a zstd frame, for the way.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        zstd::bulk::compress(&self.bytes, PACKED_LEVEL)
    }

    /// A body that says `plain`.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn compress(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let encoder = self.encoder.get_or_init(|| EncoderDictionary::copy(&self.bytes, ZSTD_LEVEL));
        let packed = Compressor::with_prepared_dictionary(encoder)?.compress(plain)?;
        Ok([&MAGIC[..], &self.hash.0, &packed].concat())
    }

    /// What a body says that was compressed with this dictionary.
    ///
    /// # Errors
    /// [`InflateError`] when it is damaged, needs another dictionary, or says more than
    /// [`DICTIONARY_INFLATED_BYTES_MAX`].
    pub fn inflate(&self, body: &[u8]) -> Result<Vec<u8>, InflateError> {
        let damaged = |error: io::Error| InflateError::Damaged(error.to_string());
        let (_, packed) = take_apart(body)
            .filter(|(hash, _)| *hash == self.hash)
            .ok_or_else(|| InflateError::Damaged("it needs another dictionary".to_owned()))?;
        let decoder = self.decoder.get_or_init(|| DecoderDictionary::copy(&self.bytes));
        let mut decoder =
            zstd::Decoder::with_prepared_dictionary(packed, decoder).map_err(damaged)?;
        decoder.window_log_max(BODY_WINDOW_LOG_MAX).map_err(damaged)?;
        let limit = DICTIONARY_INFLATED_BYTES_MAX;
        let mut plain = Vec::new();
        decoder.take(limit as u64 + 1).read_to_end(&mut plain).map_err(damaged)?;
        if plain.len() > limit {
            return Err(InflateError::TooLarge { sent: body.len(), limit });
        }
        Ok(plain)
    }
}

/// The dictionary that a body needs; `None` when it is no such body.
#[must_use]
pub fn dictionary_of(body: &[u8]) -> Option<DictionaryHash> {
    take_apart(body).map(|(hash, _)| hash)
}

fn take_apart(body: &[u8]) -> Option<(DictionaryHash, &[u8])> {
    let (hash, packed) = body.strip_prefix(&MAGIC)?.split_first_chunk()?;
    Some((DictionaryHash(*hash), packed))
}

#[cfg(test)]
mod tests;
