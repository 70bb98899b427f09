//! Access lines: the common and combined formats of Apache and nginx, with what Traefik and others add,
//! and Envoy's.
//!
//! ```text
//!   [HOST] CLIENT IDENT USER [21/Nov/2026:04:06:00 +0000] "GET /a?b HTTP/1.1" 200 512 "REFERER" "AGENT" …
//!   [2026-11-21T04:06:00.123Z] "GET /a HTTP/2" 200 - 0 512 7 6 "CLIENT" "AGENT" "REQUEST ID" "HOST" "UPSTREAM"
//! ```
//! Invariants: a status is not a severity: access lines have none; `-` is no value and is left out.

use nilometer_model::Severity;

use super::request_id::REQUEST_ID;
use super::scan::{digits, enclosed, past_blanks, quoted, until, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::{LEAD_BYTES_MAX, STAMP_BYTES_MAX};
use crate::stamp::{Stamp, stamp};

/// The parts of a line in the common format: what is before its time, the time, what is behind.
fn parts(text: &str) -> Option<(&str, Stamp, &str)> {
    let head = &text.as_bytes()[..text.len().min(LEAD_BYTES_MAX)];
    let at = memchr::memchr(b'[', head)?;
    let (before, bracket) = text.split_at(at);
    let (time, rest) = enclosed(bracket, b'[', b']', STAMP_BYTES_MAX)?;
    if !before.ends_with(' ') || time.as_bytes().get(2) != Some(&b'/') {
        return None;
    }
    let (stamp, _) = stamp(time)?;
    Some((before, stamp, rest.strip_prefix(' ')?))
}

/// When the request was.
pub(crate) fn time(text: &str) -> Option<Stamp> {
    parts(text).map(|(_, stamp, _)| stamp)
}

/// Who asked for what and what it got.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (before, _, rest) = parts(text)?;
    let (request, rest) = quoted(rest)?;
    let (status, rest) = status(rest)?;
    put_request(request, attributes);
    attributes.word("http.response.status_code", status);
    let mut who = before.split_ascii_whitespace().rev();
    let (user, second, third) = (who.next()?, who.next(), who.next());
    // `HOST CLIENT - USER`, `CLIENT - USER`, `CLIENT HOST USER`.
    let client = before.split_ascii_whitespace().find(|word| is_address(word)).or(third).or(second);
    put("client.address", client.unwrap_or(user), attributes);
    if client.is_some() {
        put("user.name", user, attributes);
    }
    let (size, mut rest) = word(past_blanks(rest)).unwrap_or(("-", ""));
    put_number("http.response.body.size", size, attributes);
    // Couchbase has one more before the agent.
    rest = past_blanks(rest);
    let mut quotes = 0;
    while let Some((value, behind)) = quoted(rest.strip_prefix("- ").unwrap_or(rest)) {
        match quotes {
            0 if rest.starts_with('-') => put("user_agent.original", value, attributes),
            0 => {}
            1 => put("user_agent.original", value, attributes),
            _ => break,
        }
        quotes += 1;
        rest = past_blanks(behind);
    }
    if quotes == 2 {
        traefik(rest, attributes);
    }
    Some(found(Form::Access))
}

/// `NUMBER "ROUTER" "URL" 5ms`
fn traefik(rest: &str, attributes: &mut Attributes) -> Option<()> {
    let (_, rest) = digits(rest)?;
    let (router, rest) = quoted(past_blanks(rest))?;
    let (url, rest) = quoted(past_blanks(rest))?;
    let took = past_blanks(rest).trim_end().strip_suffix("ms")?;
    put("traefik.router", router, attributes);
    put("upstream.address", url, attributes);
    put_number("duration_ms", took, attributes);
    Some(())
}

/// Envoy's default access line.
pub(super) fn envoy(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (time, rest) = enclosed(text, b'[', b']', STAMP_BYTES_MAX)?;
    let (request, rest) = quoted(rest.strip_prefix(' ')?)?;
    stamp(time)?;
    let (status, rest) = status(rest)?;
    let mut words = rest.splitn(6, ' ').skip(1);
    let (flags, rest) = (words.next()?, rest.get(1..)?);
    put_request(request, attributes);
    attributes.word("http.response.status_code", status);
    put("envoy.response_flags", flags, attributes);
    envoy_numbers(rest, attributes);
    Some(found(Form::Envoy))
}

/// `FLAGS [DETAILS …] RECEIVED SENT DURATION UPSTREAM "FORWARDED FOR" "AGENT" "ID" "HOST" "UPSTREAM HOST"`;
/// Istio has details, some quoted, between the flags and the numbers.
fn envoy_numbers(mut rest: &str, attributes: &mut Attributes) -> Option<()> {
    let names = [
        "http.request.body.size",
        "http.response.body.size",
        "duration_ms",
        "upstream_duration_ms",
    ];
    let mut numbers = 0;
    while numbers < names.len() {
        rest = past_blanks(rest);
        if let Some((_, behind)) = quoted(rest) {
            rest = behind;
            continue;
        }
        let (value, behind) = word(rest)?;
        if digits(value).is_some_and(|(_, behind)| behind.is_empty()) || numbers > 0 {
            put_number(names[numbers], value, attributes);
            numbers += 1;
        }
        rest = behind;
    }
    let names =
        ["client.address", "user_agent.original", REQUEST_ID, "server.address", "upstream.address"];
    for name in names {
        let (value, behind) = quoted(past_blanks(rest))?;
        put(name, value, attributes);
        rest = behind;
    }
    Some(())
}

fn found(form: Form) -> Found {
    Found::new(form, Some(Severity::Unset))
}

/// The three digits behind the request.
fn status(rest: &str) -> Option<(&str, &str)> {
    let (status, rest) = digits(rest.strip_prefix(' ')?)?;
    let ends = rest.is_empty() || rest.starts_with(' ');
    ((status.len() == 3 || status == "0") && ends).then_some((status, rest))
}

/// `GET /a?b HTTP/1.1`; what is none (TLS bytes, `-`) is left to the message.
pub(super) fn put_request(request: &str, attributes: &mut Attributes) {
    let Some((method, rest)) = until(request, b' ') else { return };
    let (target, _) = until(rest, b' ').unwrap_or((rest, ""));
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
        return;
    }
    attributes.text("http.request.method", method);
    let (path, query) = until(target, b'?').unwrap_or((target, ""));
    attributes.text("url.path", path);
    if !query.is_empty() {
        attributes.text("url.query", query);
    }
}

fn is_address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}

fn put(name: &str, value: &str, attributes: &mut Attributes) {
    if !value.is_empty() && value != "-" {
        attributes.text(name, value);
    }
}

fn put_number(name: &str, value: &str, attributes: &mut Attributes) {
    if digits(value).is_some() {
        attributes.word(name, value);
    }
}
