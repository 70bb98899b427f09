//! Spans as tests write them: `b<a 3+5 shop/GET @n2 server !` is span b, caused by a, from 3 for 5 ns, of the
//! service shop and the operation GET on node n2, on the answering side of a call, failed.

use std::sync::Arc;

use nilometer_model::{Origin, SpanKind, SpanRef, SpanStatus, Spans, Timestamp};

use super::{Forest, LiteSpans};

pub(crate) fn id(name: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    u64::from_be_bytes(bytes)
}

pub(crate) fn name(id: u64) -> String {
    let bytes = id.to_be_bytes();
    String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
}

/// Adds one trace.
pub(crate) fn write(spans: &mut Spans, trace: u8, lines: &[&str]) {
    for line in lines {
        let mut words = line.split_whitespace();
        let names = words.next().unwrap();
        let (own, parent) = names.split_once('<').unwrap_or((names, ""));
        let (start, duration) = words.next().unwrap().split_once('+').unwrap();
        let mut origin = Origin { component: "s".to_owned(), ..Origin::default() };
        let (mut operation, mut kind, mut status) = ("op", SpanKind::Internal, SpanStatus::Unset);
        for word in words {
            if let Some(node) = word.strip_prefix('@') {
                node.clone_into(&mut origin.node);
            } else if let Some(known) = SpanKind::ALL.into_iter().find(|kind| kind.name() == word) {
                kind = known;
            } else if word == "!" {
                status = SpanStatus::Error;
            } else {
                let (service, of) = word.split_once('/').unwrap_or((word, operation));
                service.clone_into(&mut origin.component);
                operation = of;
            }
        }
        spans.push(SpanRef {
            origin: &Arc::new(origin),
            operation,
            trace_id: [trace; 16],
            span_id: id(own).to_be_bytes(),
            parent_id: Some(id(parent).to_be_bytes()).filter(|id| *id != [0; 8]),
            start: Timestamp(start.parse().unwrap()),
            duration: duration.parse().unwrap(),
            kind,
            status,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position: 0,
            received: Timestamp(0),
        });
    }
}

pub(crate) fn written(lines: &[&str]) -> LiteSpans {
    let mut spans = Spans::default();
    write(&mut spans, 1, lines);
    LiteSpans::of(&spans)
}

pub(crate) fn forest(lines: &[&str]) -> Forest {
    Forest::of(&written(lines).spans)
}
