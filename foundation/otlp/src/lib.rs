//! What OpenTelemetry SDKs and collectors send, as spans, records and samples. Pure: bytes in, values out.
//!
//! ```text
//!   body ── walk ──> resource, scope, item, item, scope, item …   one walk per encoding (protobuf, json)
//!                        │       │      │
//!                        └───────┴──────┴──> Reader: what it means, the same for both (spans, logs, metrics)
//! ```
//! Invariants:
//! - an item that cannot be taken is rejected alone, with the reason; only a body without readable structure
//!   is refused as a whole, and then nothing of it is taken;
//! - the same data mean the same in either encoding;
//! - no bytes, however wrong, make [`decode`] panic or allocate beyond [`limits`].
//!
//! Not kept, because nothing here can use it: trace flags, schema URLs, exemplars, a metric's description and
//! metadata, and the start time of a data point.

#![warn(missing_docs)]

mod answer;
mod attributes;
mod decoded;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod json;
pub mod limits;
mod logs;
mod metrics;
mod protobuf;
mod reader;
mod resource;
mod spans;

pub use answer::{partial_success, status};
pub use decoded::{Decoded, RejectReason, Rejected};

use nilometer_model::{Tenant, Timestamp};

use crate::limits::BODY_BYTES_MAX;
use crate::reader::Reader;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Log records.
    Logs,
    /// Spans.
    Traces,
    /// Data points, which become samples.
    Metrics,
}

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Binary protobuf.
    Protobuf,
    /// OTLP/JSON, as leniently as it can be understood.
    Json,
}

impl Encoding {
    /// The encoding that a content type names; parameters are ignored.
    #[must_use]
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|e| media.eq_ignore_ascii_case(e.content_type()))
    }

    /// The content type of this encoding.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// What a request does not say itself.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose it is.
    pub tenant: &'a Tenant,
    /// The receiver's node, for resources that do not name theirs.
    pub node: &'a str,
    /// When the request came, for items without a time.
    pub now: Timestamp,
}

/// Why nothing of a request can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    /// It is not what its content type says.
    #[error("the body is not readable {encoding}: {reason}")]
    Undecodable {
        /// The encoding it was read as.
        encoding: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// More than one request may hold.
    #[error("the body has {size} bytes, at most {limit} are taken; send smaller requests")]
    TooLarge {
        /// How much there is, bytes.
        size: usize,
        /// How much may be, bytes.
        limit: usize,
    },
}

/// Reads one request, decompressed. Sources are 0 and positions too: whoever appends the items to a journal
/// numbers them.
///
/// # Errors
/// [`OtlpError`] when nothing of it can be taken.
pub fn decode(
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
    context: Context<'_>,
) -> Result<Decoded, OtlpError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(OtlpError::TooLarge { size: body.len(), limit: BODY_BYTES_MAX });
    }
    let mut reader = Reader::new(signal, context);
    let (encoding, walked) = match encoding {
        Encoding::Protobuf => ("protobuf", protobuf::walk(body, &mut reader)),
        Encoding::Json => ("JSON", json::walk(signal, body, &mut reader)),
    };
    match walked {
        Ok(()) => Ok(reader.decoded),
        Err(reason) => Err(OtlpError::Undecodable { encoding, reason }),
    }
}

#[cfg(test)]
mod tests;
