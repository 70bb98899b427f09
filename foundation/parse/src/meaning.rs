//! What a message says in a format that is known: its severity, its trace, its fields.
//!
//! ```text
//!   message ── first bytes ──> the one format that they allow ── reads it ──┐
//!           ── severity, trace ids, request id: in any text ────────────────┴─> Meaning + attributes
//! ```
//! Invariants:
//! - the message is looked at, never changed; what a format does not read is left alone, and nothing fails;
//! - a format is tried only where the first bytes allow it, and adds nothing unless it is sure: an
//!   ordinary sentence with one `a=b` in it says nothing;
//! - what the record has anyway is not repeated: its time, its severity, its ids, its sentence;
//! - attributes have OpenTelemetry's names where a format fixes what a field means; a writer's own keys
//!   (JSON, logfmt) stay as they are.

mod access;
mod android;
mod apache_error;
mod dotnet;
mod haproxy;
mod json;
mod klog;
mod laravel;
mod lead;
mod logfmt;
mod mongodb;
mod mysql;
mod names;
mod nginx_error;
mod postgres;
mod redis;
mod request_id;
mod scan;
mod syslog;

use nilometer_model::Severity;

pub(crate) use self::access::time as access_time;
pub(crate) use self::logfmt::pair;
pub(crate) use self::names::is_time;
pub(crate) use self::redis::time as redis_time;
pub(crate) use self::request_id::REQUEST_WORDS;
pub(crate) use self::scan::past_blanks;
pub(crate) use self::syslog::time as syslog_time;
use crate::stamp::stamp;
use crate::{Attributes, Clues, TraceIds, severity, trace_ids};

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// How bad it is.
    pub severity: Severity,
    /// Where it belongs.
    pub ids: Option<TraceIds>,
    /// How it is written.
    pub form: Form,
}

/// The formats that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are names of formats")]
pub enum Form {
    Text,
    Json,
    Logfmt,
    Klog,
    /// Apache, nginx, Traefik and all who write the common log format.
    Access,
    ApacheError,
    NginxError,
    /// Envoy's access lines; its own are [`Form::Lead`].
    Envoy,
    HaProxy,
    Syslog,
    Postgres,
    Mysql,
    Redis,
    MongoDb,
    Android,
    DotNet,
    Laravel,
    /// A time, a level, a thread, a logger in some order: Java, Python, Rust and others.
    Lead,
}

/// What a format found.
#[derive(Debug, Clone, Copy)]
struct Found {
    form: Form,
    /// `None`: the format does not say; the text may.
    severity: Option<Severity>,
    ids: Option<TraceIds>,
}

impl Found {
    fn new(form: Form, severity: Option<Severity>) -> Self {
        Self { form, severity, ids: None }
    }
}

/// Reads `message`, of which `clues` tell what it may hold; its fields become `attributes`.
pub fn meaning(message: &str, clues: Clues, attributes: &mut Attributes) -> Meaning {
    let found = read(message, attributes);
    if clues.has(Clues::REQUEST) {
        request_id::read(message, attributes);
    }
    let ids = if clues.has(Clues::TRACE) { trace_ids(message) } else { None };
    let Some(found) = found else {
        return Meaning { severity: severity(message), ids, form: Form::Text };
    };
    Meaning {
        severity: found.severity.unwrap_or_else(|| severity(message)),
        ids: ids.or(found.ids),
        form: found.form,
    }
}

/// The formats that the first bytes allow, the surest first.
fn read(message: &str, attributes: &mut Attributes) -> Option<Found> {
    let text = past_blanks(message);
    match text.as_bytes() {
        [b'{', ..] => json::read(text, attributes),
        [b'<', b'0'..=b'9', ..] => syslog::prioritized(text, attributes),
        [b'[', ..] => bracketed(text, attributes),
        [b'0'..=b'9', ..] => numbered(text, attributes),
        [b':' | b'-', ..] => access::read(text, attributes),
        [b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'@', ..] => lettered(text, attributes),
        _ => None,
    }
}

fn bracketed(text: &str, attributes: &mut Attributes) -> Option<Found> {
    apache_error::read(text, attributes)
        .or_else(|| redis::read(text, attributes))
        .or_else(|| access::envoy(text, attributes))
        .or_else(|| laravel::read(text, attributes))
        .or_else(|| lead::bracketed(text, attributes))
}

fn numbered(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let Some((_, rest)) = stamp(text) else {
        return access::read(text, attributes).or_else(|| redis::read(text, attributes));
    };
    let special = match rest.trim_start_matches([' ', '\t']).as_bytes() {
        [b'[', ..] => {
            postgres::read(rest, attributes).or_else(|| nginx_error::read(rest, attributes))
        }
        [b'0'..=b'9', ..] => {
            mysql::read(rest, attributes).or_else(|| android::read(rest, attributes))
        }
        [b'A'..=b'Z', b' ' | b'1'..=b'5', ..] => mongodb::read(rest, attributes),
        [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', ..] => postgres::read(rest, attributes),
        _ => None,
    };
    special.or_else(|| lead::stamped(rest, attributes))
}

fn lettered(text: &str, attributes: &mut Attributes) -> Option<Found> {
    klog::read(text, attributes)
        .or_else(|| syslog::read(text, attributes))
        .or_else(|| logfmt::read(text, attributes))
        .or_else(|| dotnet::read(text, attributes))
        .or_else(|| lead::unstamped(text, attributes))
        .or_else(|| access::read(text, attributes))
}

#[cfg(test)]
mod tests;
