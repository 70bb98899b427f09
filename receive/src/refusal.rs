//! Why nothing of a request is taken: once for both transports.
//!
//! Invariant: what may be sent again later says when, and nothing else does; senders drop the rest.

use nilometer_otlp::OtlpError;
use nilometer_wire::{InflateError, IntakeError};

use crate::limits::RETRY_AFTER_S;

/// What the sender is to do, one variant each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Send something else.
    Invalid,
    /// Send it as something that we know.
    ContentType,
    /// Compress it another way.
    Compression,
    /// Send it in smaller parts.
    TooLarge,
    /// Send it where there is something.
    Unknown,
    /// Show who you are.
    Unauthenticated,
    /// It names what is another's; a person must act.
    Forbidden,
    /// Send it again later, there is too much under way.
    Busy,
    /// Send it again later, nothing can be taken now.
    Unavailable,
}

impl Kind {
    /// The status of HTTP.
    pub(crate) fn http(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::ContentType | Self::Compression => 415,
            Self::TooLarge => 413,
            Self::Unknown => 404,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::Busy => 429,
            Self::Unavailable => 503,
        }
    }

    /// The code of gRPC. Too much at once is no reason to drop it: OTLP has UNAVAILABLE for that.
    pub(crate) fn grpc(self) -> i32 {
        match self {
            Self::Invalid | Self::ContentType => 3,
            Self::Forbidden => 7,
            Self::TooLarge => 8,
            Self::Compression | Self::Unknown => 12,
            Self::Busy | Self::Unavailable => 14,
            Self::Unauthenticated => 16,
        }
    }

    /// Of what a gate in front of us answered, by its status.
    pub(crate) fn of_http(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::Unknown,
            413 => Self::TooLarge,
            415 => Self::ContentType,
            429 => Self::Busy,
            500.. => Self::Unavailable,
            _ => Self::Invalid,
        }
    }

    /// To count by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::ContentType => "content_type",
            Self::Compression => "compression",
            Self::TooLarge => "too_large",
            Self::Unknown => "unknown",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Why nothing of a request is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    /// For whoever sent it.
    pub(crate) message: String,
    /// When to send it again, s.
    pub(crate) retry_after_s: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let retry_after_s = matches!(kind, Kind::Busy | Kind::Unavailable).then_some(RETRY_AFTER_S);
        Self { kind, message: message.into(), retry_after_s }
    }

    /// For a compression that we do not know.
    pub(crate) fn compression(name: &str) -> Self {
        let name: String = name.escape_debug().take(64).collect();
        let message = format!("the body is compressed as '{name}'; known: gzip, zstd, identity");
        Self::new(Kind::Compression, message)
    }
}

impl From<OtlpError> for Refusal {
    fn from(error: OtlpError) -> Self {
        let kind = match error {
            OtlpError::Undecodable { .. } => Kind::Invalid,
            OtlpError::TooLarge { .. } => Kind::TooLarge,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<InflateError> for Refusal {
    fn from(error: InflateError) -> Self {
        let kind = match error {
            InflateError::TooLarge { .. } => Kind::TooLarge,
            InflateError::Damaged(_) => Kind::Invalid,
        };
        Self::new(kind, format!("{error}; {}", error.hint()))
    }
}

impl From<IntakeError> for Refusal {
    /// What is wrong with our own batch is not the sender's fault: it keeps what it has.
    fn from(error: IntakeError) -> Self {
        let message = error.to_string();
        let (kind, after_s) = match error {
            IntakeError::TooLarge { .. } => (Kind::TooLarge, None),
            IntakeError::Forbidden(_) => (Kind::Forbidden, None),
            IntakeError::Busy { retry_after_s } => (Kind::Busy, Some(retry_after_s)),
            IntakeError::Unavailable { retry_after_s, .. } => {
                (Kind::Unavailable, Some(retry_after_s))
            }
            IntakeError::Damaged(_) | IntakeError::Copied | IntakeError::WrongPipeline(_) => {
                (Kind::Unavailable, Some(RETRY_AFTER_S))
            }
        };
        Self { kind, message, retry_after_s: after_s }
    }
}
