//! Small batches by what earlier ones had in common: a context model, and the texts that it knows.
//!
//! ```text
//!   body         name of the dictionary, 8 bytes | crc32c of the frame u32 | told
//!   told         bytes of texts v, compressed v | texts that the dictionary does not know, zstd | bits
//!   dictionary   { bytes v, told } ...          each told by what those before it taught
//!   offer        name of an earlier one, 8 bytes | what was added to it
//! ```
//! A node that writes little sends batches of a few kilobytes, in which little repeats that one of them
//! could refer to; what repeats from batch to batch is in the dictionary.
//!
//! Invariants:
//! - a dictionary never changes: it is known by its name, and a body says which one it needs;
//! - everybody knows the empty one; another is an earlier one and what was added to it;
//! - nothing that is kept depends on one: a body is made a frame where it arrives, and the frame is compared.

use std::fmt;
use std::io;
use std::sync::OnceLock;

use nilometer_block::{ContextCoder, Model, Reading, Writing};
use ring::digest::{SHA256, digest};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::InflateError;
use crate::limits::{
    DICTIONARY_BATCHES_MAX, DICTIONARY_BYTES_MAX, DICTIONARY_INFLATED_BYTES_MAX,
    DICTIONARY_TEXT_BYTES_MAX,
};
use crate::told::Told;

/// As `Content-Encoding` has it.
pub const DICTIONARY_CODING: &str = "nilometer-told";
const NAME_BYTES: usize = 8;
/// A node that sends small batches has little to do.
const ZSTD_LEVEL: i32 = 17;
/// What every zstd frame begins with.
const ZSTD_MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

/// The name of a dictionary: the first bytes of its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DictionaryHash([u8; NAME_BYTES]);

/// What batches of one collector have in common.
pub struct Dictionary {
    hash: DictionaryHash,
    bytes: Vec<u8>,
    /// How many batches taught it.
    batches: usize,
    /// The one that this one was, and its bytes.
    base: (DictionaryHash, usize),
    model: Model,
    /// The texts that it knows, as they came.
    texts: Vec<u8>,
    /// Made by whoever compresses.
    encoder: OnceLock<EncoderDictionary<'static>>,
    /// Made by whoever inflates.
    decoder: OnceLock<DecoderDictionary<'static>>,
}

/// A batch that went through a model.
struct Learnt<T> {
    of: T,
    model: Model,
    /// What it said that was not known.
    fresh: Vec<u8>,
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

impl DictionaryHash {
    fn of(bytes: &[u8]) -> Self {
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&digest(&SHA256, bytes).as_ref()[..NAME_BYTES]);
        Self(name)
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Default for Dictionary {
    /// The empty one.
    fn default() -> Self {
        Self::made(Vec::new(), 0, Model::default(), Vec::new())
    }
}

impl Dictionary {
    fn made(bytes: Vec<u8>, batches: usize, model: Model, texts: Vec<u8>) -> Self {
        let (encoder, decoder) = (OnceLock::new(), OnceLock::new());
        let hash = DictionaryHash::of(&bytes);
        Self { hash, base: (hash, bytes.len()), bytes, batches, model, texts, encoder, decoder }
    }

    /// This one and what `bytes` add to it.
    ///
    /// # Errors
    /// [`InflateError`] when they are damaged, or the two are more than [`limits`](crate::limits) allow.
    pub fn extended(&self, bytes: &[u8]) -> Result<Self, InflateError> {
        let limit = DICTIONARY_BYTES_MAX - self.bytes.len();
        if bytes.len() > limit {
            return Err(InflateError::TooLarge { sent: bytes.len(), limit });
        }
        let mut grown =
            Self::made(self.bytes.clone(), self.batches, self.model.clone(), self.texts.clone());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (told, behind) = take_sized(rest).ok_or_else(|| damaged("it is cut off"))?;
            let learnt = grown.read(told)?;
            grown = grown.with(told, learnt).ok_or(InflateError::TooLarge {
                sent: bytes.len(),
                limit: DICTIONARY_TEXT_BYTES_MAX,
            })?;
            rest = behind;
        }
        Ok(Self { base: (self.hash, self.bytes.len()), ..grown })
    }

    /// This one and what these frames teach it; `None` when there is no room for any.
    #[must_use]
    pub fn taught(&self, frames: &[impl AsRef<[u8]>]) -> Option<Self> {
        let mut grown: Option<Self> = None;
        for frame in frames {
            let last = grown.as_ref().unwrap_or(self);
            let next =
                Told::of(frame.as_ref()).and_then(|told| last.write(told)).and_then(|learnt| {
                    let told = learnt.of.clone();
                    last.with(&told, learnt)
                });
            match next {
                Some(next) => grown = Some(next),
                None => break,
            }
        }
        grown.map(|grown| Self { base: (self.hash, self.bytes.len()), ..grown })
    }

    /// With one more batch; `None` when it is more than it may be.
    fn with<T>(&self, told: &[u8], learnt: Learnt<T>) -> Option<Self> {
        let mut bytes = self.bytes.clone();
        put_sized(&mut bytes, told);
        let texts = [&self.texts[..], &learnt.fresh].concat();
        let fits = bytes.len() <= DICTIONARY_BYTES_MAX
            && texts.len() <= DICTIONARY_TEXT_BYTES_MAX
            && self.batches < DICTIONARY_BATCHES_MAX;
        fits.then(|| Self::made(bytes, self.batches + 1, learnt.model, texts))
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

    /// It, for whoever has the one that it was made of.
    #[must_use]
    pub fn offer(&self) -> Vec<u8> {
        let (base, bytes) = &self.base;
        [&base.0[..], &self.bytes[*bytes..]].concat()
    }

    /// It, for whoever has none but the empty one.
    #[must_use]
    pub fn offer_whole(&self) -> Vec<u8> {
        [&Self::default().hash.0[..], &self.bytes].concat()
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// A body that says the same as a frame; `None` for one that it cannot tell.
    #[must_use]
    pub fn compress(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let told = Told::of(frame)?;
        let plain = told.frame().ok()?;
        if plain.len() > DICTIONARY_INFLATED_BYTES_MAX {
            return None;
        }
        let crc = crc32c::crc32c(&plain).to_le_bytes();
        let learnt = self.write(told)?;
        Some([&self.hash.0[..], &crc, &learnt.of].concat())
    }

    /// The frame that a body says that was made with this dictionary, with nothing in it compressed.
    ///
    /// # Errors
    /// [`InflateError`] when it is damaged, needs another dictionary, or says more than
    /// [`DICTIONARY_INFLATED_BYTES_MAX`].
    pub fn inflate(&self, body: &[u8]) -> Result<Vec<u8>, InflateError> {
        let (crc, told) = dictionary_of(body)
            .filter(|(hash, _)| *hash == self.hash)
            .and_then(|(_, rest)| rest.split_first_chunk())
            .ok_or_else(|| damaged("it needs another dictionary"))?;
        let frame = self.read(told)?.of;
        if frame.len() > DICTIONARY_INFLATED_BYTES_MAX {
            let limit = DICTIONARY_INFLATED_BYTES_MAX;
            return Err(InflateError::TooLarge { sent: body.len(), limit });
        }
        let is_it = crc32c::crc32c(&frame) == u32::from_le_bytes(*crc);
        is_it.then_some(frame).ok_or_else(|| damaged("it does not match its checksum"))
    }

    fn write(&self, told: Told) -> Option<Learnt<Vec<u8>>> {
        let mut coder = ContextCoder::<Writing>::writing(self.model.clone());
        Told::code(&mut coder, Some(told))?;
        let (bits, fresh, model) = coder.finish();
        let mut of = Vec::new();
        put_number(&mut of, fresh.len());
        let known = || EncoderDictionary::copy(&self.texts, ZSTD_LEVEL);
        let zstd = match self.texts.is_empty() {
            // Of nothing it would make tables for texts of any length, which take 50 MB.
            true => Compressor::new(ZSTD_LEVEL),
            false => Compressor::with_prepared_dictionary(self.encoder.get_or_init(known)),
        };
        let packed = zstd.and_then(|mut zstd| {
            zstd.include_contentsize(false)?;
            zstd.compress(&fresh)
        });
        put_sized(&mut of, packed.ok()?.strip_prefix(&ZSTD_MAGIC)?);
        of.extend_from_slice(&bits);
        Some(Learnt { of, model, fresh })
    }

    fn read(&self, told: &[u8]) -> Result<Learnt<Vec<u8>>, InflateError> {
        let cut = || damaged("it is cut off");
        let (bytes, rest) = take_number(told).ok_or_else(cut)?;
        let (packed, bits) = take_sized(rest).ok_or_else(cut)?;
        let limit = DICTIONARY_INFLATED_BYTES_MAX;
        if bytes > limit {
            return Err(InflateError::TooLarge { sent: told.len(), limit });
        }
        let failed = |error: io::Error| InflateError::Damaged(error.to_string());
        let decoder = self.decoder.get_or_init(|| DecoderDictionary::copy(&self.texts));
        let mut zstd = Decompressor::with_prepared_dictionary(decoder).map_err(failed)?;
        let packed = [&ZSTD_MAGIC[..], packed].concat();
        let fresh = zstd.decompress(&packed, bytes).map_err(failed)?;
        if fresh.len() != bytes {
            return Err(damaged("its texts have another length"));
        }
        let mut coder = ContextCoder::<Reading<'_>>::reading(self.model.clone(), bits, &fresh);
        let told = Told::code(&mut coder, None).ok_or_else(|| damaged("it cannot be read"))?;
        let model = coder.finish().ok_or_else(|| damaged("it has another length"))?;
        let of = told.frame().map_err(|error| InflateError::Damaged(error.to_string()))?;
        Ok(Learnt { of, model, fresh })
    }
}

/// The dictionary that a body or an offer needs, and what is behind its name; `None` when it is neither.
#[must_use]
pub fn dictionary_of(body: &[u8]) -> Option<(DictionaryHash, &[u8])> {
    let (hash, rest) = body.split_first_chunk()?;
    Some((DictionaryHash(*hash), rest))
}

fn damaged(why: &str) -> InflateError {
    InflateError::Damaged(why.to_owned())
}

/// A length as LEB128.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f).to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn take_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let len = bytes.iter().take(4).position(|byte| *byte < 0x80)? + 1;
    let (number, rest) = bytes.split_at(len);
    let number = number.iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    Some((number, rest))
}

fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn take_sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = take_number(bytes)?;
    rest.split_at_checked(len)
}

#[cfg(test)]
mod tests;
