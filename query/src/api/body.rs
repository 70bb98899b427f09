//! Bodies of requests: read up to a limit, inflated up to a limit.
//!
//! Invariants:
//! - inflated bytes are counted while they come, so a bomb costs what the limits say and no more;
//! - a body that ends early is refused as a whole: nothing of it was taken;
//! - all members of a gzip body and all frames of a zstd body are read.

use std::io::{self, Read};

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use tokio::time::timeout;

use super::error::ApiError;
use super::limits::{
    BODY_PAUSE_MAX, DRAIN_BYTES_MAX, DRAIN_MAX, INFLATE_FLOOR_BYTES, INFLATE_RATIO_MAX,
    INGEST_INFLATED_BYTES_MAX, ZSTD_WINDOW_LOG_MAX,
};

/// Inflated at once, bytes.
const STEP_BYTES: usize = 64 << 10;

/// How a body was made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
        let (first, second) = (named.next(), named.next());
        let first = first.map_or("identity", |value| value.to_str().unwrap_or_default()).trim();
        match first.to_ascii_lowercase().as_str() {
            "identity" | "" if second.is_none() => Ok(Self::Identity),
            "gzip" | "x-gzip" if second.is_none() => Ok(Self::Gzip),
            "zstd" if second.is_none() => Ok(Self::Zstd),
            _ => {
                let message = format!("the body is encoded as '{first}'");
                Err(ApiError::bad_request(
                    "Content-Encoding",
                    message,
                    "one of gzip, zstd, identity",
                ))
            }
        }
    }
}

/// The whole body, at most `limit` bytes of it.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let mut stream = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = next(&mut stream).await? {
        if whole.len() + piece.len() > limit {
            drop(whole);
            drain(stream).await;
            let message = format!("the body is larger than {limit} bytes");
            let hint = format!("send at most {limit} bytes at once");
            return Err(ApiError::too_large(message, hint).about("body"));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

async fn next(stream: &mut BodyDataStream) -> Result<Option<Bytes>, ApiError> {
    let broken = |why: &str| {
        let hint = "send the whole body again; nothing of it was taken";
        ApiError::bad_request("body", why, hint)
    };
    match timeout(BODY_PAUSE_MAX, stream.next()).await {
        Ok(piece) => piece.transpose().map_err(|_| broken("the body broke off")),
        Err(_) => Err(broken("the body stopped coming")),
    }
}

/// Reads on for a while and keeps nothing: a sender that is cut off while it writes never reads why.
async fn drain(mut stream: BodyDataStream) {
    let mut left = DRAIN_BYTES_MAX;
    let reading = async {
        while let Some(Ok(piece)) = stream.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = timeout(DRAIN_MAX, reading).await;
}

/// What the body says once it is inflated.
pub(crate) fn inflate(body: Bytes, encoding: Encoding) -> Result<Bytes, ApiError> {
    let limit = (body.len().saturating_mul(INFLATE_RATIO_MAX))
        .clamp(INFLATE_FLOOR_BYTES, INGEST_INFLATED_BYTES_MAX);
    let inflated = match encoding {
        Encoding::Identity => return Ok(body),
        Encoding::Gzip => read_up_to(MultiGzDecoder::new(&*body), limit),
        Encoding::Zstd => zstd_decoder(&body).and_then(|decoder| read_up_to(decoder, limit)),
    };
    match inflated {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            let message = format!("the body of {} bytes inflates to more than {limit}", body.len());
            let hint = format!(
                "at most {INGEST_INFLATED_BYTES_MAX} bytes inflated, and beyond \
                 {INFLATE_FLOOR_BYTES} at most {INFLATE_RATIO_MAX} times what was sent"
            );
            Err(ApiError::too_large(message, hint).about("body"))
        }
        Err(error) => {
            let message = format!("the body is cut short or damaged: {error}");
            let hint = "send the whole body again; nothing of it was taken";
            Err(ApiError::bad_request("body", message, hint))
        }
    }
}

fn zstd_decoder(body: &[u8]) -> io::Result<zstd::Decoder<'static, &[u8]>> {
    let mut decoder = zstd::Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// Everything that `reader` gives, or `None` when that is more than `limit` bytes.
fn read_up_to(mut reader: impl Read, limit: usize) -> io::Result<Option<Bytes>> {
    let mut all = Vec::new();
    let mut step = vec![0; STEP_BYTES];
    loop {
        let read = reader.read(&mut step)?;
        if read == 0 {
            return Ok(Some(Bytes::from(all)));
        }
        if all.len() + read > limit {
            return Ok(None);
        }
        all.extend_from_slice(&step[..read]);
    }
}

#[cfg(test)]
mod tests;
