//! HAProxy's HTTP lines, behind their syslog header:
//! `CLIENT:PORT [21/Nov/2026:04:06:00.123] FRONT BACK/SERVER 1/2/3/4/10 200 512 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"`.

use nilometer_model::Severity;

use super::access::put_request;
use super::scan::{digits, enclosed, quoted, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;
use crate::stamp::stamp;

/// Who asked for what, what it got and how long it took.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (client, rest) = word(text)?;
    let (address, port) = client.rsplit_once(':')?;
    digits(port)?;
    let (time, rest) = enclosed(rest.strip_prefix(' ')?, b'[', b']', STAMP_BYTES_MAX)?;
    stamp(time)?;
    let mut words = rest.split_ascii_whitespace();
    let (front, server, timers) = (words.next()?, words.next()?, words.next()?);
    let (status, size) = (words.next()?, words.next()?);
    if status.len() != 3 || digits(status).is_none() || !server.contains('/') {
        return None;
    }
    attributes.text("client.address", address);
    attributes.text("haproxy.frontend", front.trim_end_matches('~'));
    attributes.text("haproxy.server", server);
    attributes.word("http.response.status_code", status);
    attributes.word("http.response.body.size", size);
    attributes.word("duration_ms", timers.rsplit('/').next()?.trim_start_matches('+'));
    if let Some((request, _)) = rest.find('"').and_then(|at| quoted(&rest[at..])) {
        put_request(request, attributes);
    }
    Some(Found::new(Form::HaProxy, Some(Severity::Unset)))
}
