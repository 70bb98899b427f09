//! What a writer's key means, where all writers mean the same by it.

use nilometer_model::Severity;

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The sentence: the message has it.
    Sentence,
    /// When it was written, where its value is a time: the record has it.
    Time,
    /// How bad it is.
    Severity,
    /// Ids that the record has.
    Ids,
    /// The request that it is about.
    RequestId,
    /// The writer's own.
    Own,
}

/// Longest key that means the same to all, bytes.
const KNOWN_KEY_BYTES_MAX: usize = 15;

/// What `key` means; the case of its letters does not matter.
pub(super) fn role(key: &str) -> Role {
    let mut lower = [0_u8; KNOWN_KEY_BYTES_MAX];
    let Some(lower) = lower.get_mut(..key.len()) else { return Role::Own };
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    match &*lower {
        b"msg" | b"message" | b"@m" | b"@mt" | b"short_message" => Role::Sentence,
        b"level" | b"severity" | b"lvl" | b"log.level" | b"loglevel" | b"levelname" | b"@l"
        | b"severity_text" | b"severitytext" => Role::Severity,
        b"trace_id" | b"traceid" | b"trace.id" | b"span_id" | b"spanid" | b"span.id"
        | b"traceparent" | b"oteltraceid" | b"otelspanid" | b"dd.trace_id" | b"dd.span_id" => {
            Role::Ids
        }
        b"request_id" | b"requestid" | b"request-id" | b"x-request-id" | b"x_request_id"
        | b"req_id" | b"reqid" | b"request.id" | b"http.request_id" => Role::RequestId,
        key if is_time(key) => Role::Time,
        _ => Role::Own,
    }
}

/// Whether a key, in lower case, names the time of a line.
pub(crate) fn is_time(key: &[u8]) -> bool {
    matches!(
        key,
        b"@timestamp" | b"timestamp" | b"time" | b"ts" | b"t" | b"@t" | b"asctime" | b"datetime"
    )
}

/// The severity of a level's name or number; numbers as pino and bunyan have them.
pub(super) fn level(value: &str) -> Option<Severity> {
    if let Some(severity) = Severity::parse(value) {
        return Some(severity);
    }
    match value {
        "10" => Some(Severity::Trace),
        "20" => Some(Severity::Debug),
        "30" => Some(Severity::Info),
        "40" => Some(Severity::Warn),
        "50" => Some(Severity::Error),
        "60" => Some(Severity::Fatal),
        _ => None,
    }
}
