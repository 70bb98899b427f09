//! Bodies of requests: read up to a limit, inflated up to a limit.
//!
//! Invariants:
//! - a body that ends early is refused as a whole: nothing of it was taken;
//! - a body that is too large is read on for a while, so that its sender gets to read why.

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use nilometer_wire::{Compression, InflateError};
use tokio::time::timeout;

use super::error::ApiError;
use super::limits::{ANNOUNCED_BYTES_MAX, BODY_PAUSE_MAX, DRAIN_BYTES_MAX, DRAIN_MAX};

/// How the request's body was made smaller.
pub(crate) fn compression(headers: &HeaderMap) -> Result<Compression, ApiError> {
    let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, second) = (named.next(), named.next());
    let first = first.map_or("identity", |value| value.to_str().unwrap_or("?"));
    let known = Compression::parse(first).filter(|_| second.is_none());
    known.ok_or_else(|| {
        let message = format!("the body is encoded as '{first}'");
        ApiError::bad_request("Content-Encoding", message, "one of gzip, zstd, identity")
    })
}

/// The whole body, at most `limit` bytes of it.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    let mut stream = body.into_data_stream();
    let mut whole = BytesMut::with_capacity(announced.unwrap_or_default().min(ANNOUNCED_BYTES_MAX));
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
pub(crate) fn inflate(body: Bytes, compression: Compression) -> Result<Bytes, ApiError> {
    nilometer_wire::inflate(body, compression).map_err(|error| {
        let (message, hint) = (error.to_string(), error.hint());
        match error {
            InflateError::TooLarge { .. } => ApiError::too_large(message, hint).about("body"),
            InflateError::Damaged(_) => ApiError::bad_request("body", message, hint),
        }
    })
}

#[cfg(test)]
mod tests;
