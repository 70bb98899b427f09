//! Bodies that were sent smaller than they are: inflated up to a limit.
//!
//! Invariants:
//! - inflated bytes are counted while they come, so a bomb costs what the limits say and no more;
//! - all members of a gzip body and all frames of a zstd body are read;
//! - a body that ends early is refused as a whole;
//! - what a body was inflated with, and into, is there for the next: memory from the system costs more than inflating.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

use crate::limits::{
    BODY_INFLATED_BYTES_MAX, BODY_WINDOW_LOG_MAX, INFLATE_FLOOR_BYTES, INFLATE_RATIO_MAX,
    INFLATERS_SPARE_MAX, SPARE_BYTES_MAX,
};
use crate::spares::Spares;

/// Inflated at once, bytes.
const STEP_BYTES: usize = 64 << 10;

static DECODERS: Spares<DCtx<'static>> = Spares::new(INFLATERS_SPARE_MAX);
static BUFFERS: Spares<Vec<u8>> = Spares::new(INFLATERS_SPARE_MAX);

/// How a body was made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// As HTTP and gRPC call it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "identity" | "" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a body cannot be inflated, for its sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// It is larger than it may be, or a bomb.
    #[error("the body of {sent} bytes inflates to more than {limit}")]
    TooLarge {
        /// How much was sent, bytes.
        sent: usize,
        /// To how much that may inflate, bytes.
        limit: usize,
    },
    /// It is not what it is said to be, or not all of it.
    #[error("the body is cut short or damaged: {0}")]
    Damaged(String),
}

impl InflateError {
    /// What is taken, for whoever sent more.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::TooLarge { .. } => format!(
                "at most {BODY_INFLATED_BYTES_MAX} bytes inflated, and beyond \
                 {INFLATE_FLOOR_BYTES} at most {INFLATE_RATIO_MAX} times what was sent"
            ),
            Self::Damaged(_) => "send the whole body again; nothing of it was taken".to_owned(),
        }
    }
}

/// What the body says once it is inflated.
///
/// # Errors
/// [`InflateError`] when it is damaged, or more than the limits allow.
pub fn inflate(body: Bytes, compression: Compression) -> Result<Bytes, InflateError> {
    let sent = body.len();
    let limit =
        sent.saturating_mul(INFLATE_RATIO_MAX).clamp(INFLATE_FLOOR_BYTES, BODY_INFLATED_BYTES_MAX);
    let inflate = match compression {
        Compression::Identity => return Ok(body),
        Compression::Gzip => gunzip,
        Compression::Zstd => unzstd,
    };
    let mut inflated = Inflated(BUFFERS.take().unwrap_or_default());
    match inflate(&body, &mut inflated.0, limit) {
        Ok(true) => Ok(Bytes::from_owner(inflated)),
        Ok(false) => Err(InflateError::TooLarge { sent, limit }),
        Err(error) => Err(InflateError::Damaged(error.to_string())),
    }
}

/// A body's bytes; where they stood there is room for the next one's.
struct Inflated(Vec<u8>);

impl AsRef<[u8]> for Inflated {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Inflated {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        if buffer.capacity() <= SPARE_BYTES_MAX {
            buffer.clear();
            BUFFERS.put(buffer);
        }
    }
}

/// Appends what the body says to `all`, and says whether that is at most `limit` bytes.
fn gunzip(body: &[u8], all: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    MultiGzDecoder::new(body).take(limit as u64 + 1).read_to_end(all)?;
    Ok(all.len() <= limit)
}

/// As [`gunzip`].
fn unzstd(body: &[u8], all: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let mut decoder = DECODERS.take().unwrap_or_default();
    let is_within = read_frames(&mut decoder, body, all, limit);
    if decoder.reset(ResetDirective::SessionOnly).is_ok() && decoder.sizeof() <= SPARE_BYTES_MAX {
        DECODERS.put(decoder);
    }
    is_within
}

fn read_frames(
    decoder: &mut DCtx<'_>,
    body: &[u8],
    all: &mut Vec<u8>,
    limit: usize,
) -> io::Result<bool> {
    let damaged = |code| io::Error::other(get_error_name(code));
    decoder.set_parameter(DParameter::WindowLogMax(BODY_WINDOW_LOG_MAX)).map_err(damaged)?;
    let mut sent = InBuffer::around(body);
    while all.len() <= limit {
        all.reserve(STEP_BYTES);
        let (room, read) = (all.capacity(), all.len());
        let missing = decoder
            .decompress_stream(&mut OutBuffer::around_pos(all, read), &mut sent)
            .map_err(damaged)?;
        if sent.pos() == body.len() && missing == 0 {
            break;
        }
        if sent.pos() == body.len() && all.len() < room {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(all.len() <= limit)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).unwrap()
    }

    #[track_caller]
    fn check_taken(body: Vec<u8>, compression: Compression, expect: &[u8]) {
        let inflated = inflate(Bytes::from(body), compression).unwrap();
        assert!(inflated == expect, "{compression:?} gave {} bytes", inflated.len());
    }

    #[track_caller]
    fn check_damaged(body: Vec<u8>, compression: Compression) {
        let refusal = inflate(Bytes::from(body), compression).unwrap_err();
        assert!(matches!(refusal, InflateError::Damaged(_)), "{compression:?}: {refusal}");
    }

    #[track_caller]
    fn check_too_large(body: Vec<u8>, compression: Compression) {
        let refusal = inflate(Bytes::from(body), compression).unwrap_err();
        assert!(matches!(refusal, InflateError::TooLarge { .. }), "{compression:?}: {refusal}");
    }

    #[test]
    fn a_body_inflates_to_what_was_meant_all_members_of_it() {
        check_taken(b"plain".to_vec(), Compression::Identity, b"plain");
        check_taken([gzip(b"one\n"), gzip(b"two\n")].concat(), Compression::Gzip, b"one\ntwo\n");
        check_taken([zstd(b"one\n"), zstd(b"two\n")].concat(), Compression::Zstd, b"one\ntwo\n");
        check_taken(gzip(b""), Compression::Gzip, b"");
    }

    #[test]
    fn a_body_that_is_cut_short_or_damaged_is_refused_as_a_whole() {
        let text = b"a line\n".repeat(1_000);
        for (compression, whole) in
            [(Compression::Gzip, gzip(&text)), (Compression::Zstd, zstd(&text))]
        {
            check_damaged(whole[..whole.len() - 5].to_vec(), compression);
            check_damaged(b"not this at all".to_vec(), compression);
        }
        let mut damaged = gzip(&text);
        let middle = damaged.len() - 6;
        damaged[middle] ^= 1;
        check_damaged(damaged, Compression::Gzip);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_floor_and_a_large_body_at_the_limit() {
        let floor = vec![b'x'; INFLATE_FLOOR_BYTES];
        let more = vec![b'x'; INFLATE_FLOOR_BYTES + 1];
        check_taken(gzip(&floor), Compression::Gzip, &floor);
        check_too_large(gzip(&more), Compression::Gzip);
        check_too_large(zstd(&more), Compression::Zstd);
        let mut seed = 1_u64;
        let noise: Vec<u8> = (0..=BODY_INFLATED_BYTES_MAX)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed.to_be_bytes()[0] & 15
            })
            .collect();
        check_too_large(zstd(&noise), Compression::Zstd);
        let fits = &noise[..BODY_INFLATED_BYTES_MAX];
        check_taken(zstd(fits), Compression::Zstd, fits);
    }

    #[test]
    fn compressions_are_known_by_the_names_that_http_and_grpc_give_them() {
        assert_eq!(Compression::parse(""), Some(Compression::Identity));
        assert_eq!(Compression::parse("GZIP"), Some(Compression::Gzip));
        assert_eq!(Compression::parse("zstd"), Some(Compression::Zstd));
        assert_eq!(Compression::parse("br"), None);
        assert_eq!(Compression::parse("gzip, zstd"), None);
    }
}
