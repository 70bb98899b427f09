//! nginx's error log, behind its time: ` [error] 7#8: *9 text, client: 1.2.3.4, server: a, request: "GET / …"`.

use nilometer_model::Severity;

use super::access::put_request;
use super::scan::{digits, enclosed, quoted};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;

/// Severity, process, and the fields behind the sentence.
pub(super) fn read(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    let (level, rest) = enclosed(rest.strip_prefix(' ')?, b'[', b']', STAMP_BYTES_MAX)?;
    let severity = Severity::parse(level)?;
    let (pid, rest) = digits(rest.strip_prefix(' ')?)?;
    let (_, rest) = digits(rest.strip_prefix('#')?)?;
    let rest = rest.strip_prefix(": ")?;
    attributes.word("process.pid", pid);
    if let Some(at) = rest.find(", client: ") {
        fields(&rest[at..], attributes);
    }
    Some(Found::new(Form::NginxError, Some(severity)))
}

/// `, client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", upstream: "http://…", host: "b"`
fn fields(mut rest: &str, attributes: &mut Attributes) -> Option<()> {
    loop {
        let (name, value) = rest.strip_prefix(", ")?.split_once(": ")?;
        let (value, behind) = match quoted(value) {
            Some(parts) => parts,
            None => value.split_at(value.find(", ").unwrap_or(value.len())),
        };
        match name {
            "client" => attributes.text("client.address", value),
            "server" if value.is_empty() => {}
            "server" => attributes.text("server.name", value),
            "request" => put_request(value, attributes),
            "upstream" => attributes.text("upstream.address", value),
            "host" => attributes.text("server.address", value),
            _ => {}
        }
        rest = behind;
    }
}
