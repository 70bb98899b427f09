//! What a test gives: lines, spans, samples and states of health at times, as the snapshot that holds them.
//!
//! ```text
//!   [[test.log]]     at = "0s"  every = "5s"  until = "2m"  received = "90s"
//!   line = { component = "checkout", severity = "error", message = "..." }      as POST /ingest takes it
//! ```
//! Invariants:
//! - what is received later than it happened is seen by the steps that would see it live;
//! - a test gives at most [`TEST_ROWS_MAX`] of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_alert::{FieldError, Length};
use nilometer_model::{
    Origin, RowRef, Rows, SampleKind, SampleRef, Samples, SourceId, SpanKind, SpanRef, SpanStatus,
    Spans, Tenant, Timestamp,
};
use nilometer_store::{Chunk, Snapshot};
use nilometer_wire::parse_line;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::answer::Scene;
use crate::limits::{RULE_SETTLE_NS, TEST_ROWS_MAX};
use crate::plan::duration_ms;

/// Something that happens, once or over and over.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// When it happens first, from the beginning of the test.
    at: String,
    every: Option<String>,
    /// When it happens no more.
    until: Option<String>,
    /// When it is received; else at once.
    received: Option<String>,
    line: Option<Map<String, Json>>,
    span: Option<GivenSpan>,
    sample: Option<GivenSample>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSpan {
    service: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    duration: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    node: String,
    #[serde(default)]
    instance: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSample {
    name: String,
    value: f64,
    #[serde(default)]
    component: String,
    #[serde(default)]
    node: String,
    #[serde(default)]
    instance: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// All that a test gives, by when it is received later than it happened.
#[derive(Debug, Default)]
pub(super) struct Data {
    rows: BTreeMap<Option<Timestamp>, Rows>,
    spans: BTreeMap<Option<Timestamp>, Spans>,
    samples: BTreeMap<Option<Timestamp>, Samples>,
    /// States of health, from when to when.
    states: Vec<(Timestamp, Timestamp, Map<String, Json>)>,
    count: u64,
}

/// Which of a test's lists it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Log,
    Span,
    Sample,
    Health,
}

impl Data {
    /// Adds what one entry gives in a test that begins at `start` and ends at `end`.
    pub(super) fn add(
        &mut self,
        list: List,
        given: &Given,
        (start, end): (Timestamp, Timestamp),
    ) -> Result<(), FieldError> {
        let offset = |field: &str, text: &str| {
            let wrong = || {
                FieldError::new(
                    field,
                    format!("it is '{text}'"),
                    "a time from the test's beginning, such as \"90s\"",
                )
            };
            Length::parse(text).map(|length| start.plus_ns(length.ns())).ok_or_else(wrong)
        };
        let first = offset("at", &given.at)?;
        let until = given.until.as_deref().map(|until| offset("until", until)).transpose()?;
        let received = given.received.as_deref().map(|at| offset("received", at)).transpose()?;
        if let (List::Health, Some(state)) = (list, &given.line) {
            self.states.push((first, until.unwrap_or(end), state.clone()));
            return Ok(());
        }
        let every = match given.every.as_deref() {
            Some(every) => offset("every", every)?.0 - start.0,
            None => i64::MAX,
        };
        let last = until.unwrap_or(end);
        let mut at = first;
        while at == first || (at < last && every > 0) {
            self.count += 1;
            if self.count > TEST_ROWS_MAX {
                let hint = format!("at most {TEST_ROWS_MAX} in one test");
                return Err(FieldError::new("every", "it gives too much", hint));
            }
            self.push(list, given, (at, received))?;
            at = at.plus_ns(every);
        }
        Ok(())
    }

    fn push(
        &mut self,
        list: List,
        given: &Given,
        (at, received): (Timestamp, Option<Timestamp>),
    ) -> Result<(), FieldError> {
        let late = received.filter(|received| *received > at);
        let tenant = Tenant::default();
        match (list, &given.line, &given.span, &given.sample) {
            (List::Log, Some(line), None, None) => {
                push_line(self.rows.entry(late).or_default(), &tenant, line, (at, self.count))
            }
            (List::Span, None, Some(span), None) => {
                span.push(self.spans.entry(late).or_default(), (at, self.count))
            }
            (List::Sample, None, None, Some(sample)) => {
                sample.push(self.samples.entry(late).or_default(), (at, self.count));
                Ok(())
            }
            _ => {
                let hint =
                    "line = {..} in log and health, span = {..} in span, sample = {..} in sample";
                Err(FieldError::new("at", "nothing happens then", hint))
            }
        }
    }

    /// What a step at `at` may look at.
    pub(super) fn scene(&self, at: Timestamp) -> Result<Scene, FieldError> {
        let mut health = Rows::default();
        let now = self.states.iter().filter(|(from, to, _)| *from < at && at <= *to);
        for (number, (.., state)) in (1..).zip(now) {
            push_line(&mut health, &Tenant::default(), state, (at.plus_ns(-1), number))?;
        }
        let snapshot = Snapshot {
            buffer: known(&self.rows, at),
            spans: known(&self.spans, at),
            samples: known(&self.samples, at),
            ..Snapshot::default()
        };
        let health = Snapshot { buffer: vec![Arc::new(health).into()], ..Snapshot::default() };
        Ok(Scene { snapshot, health, ..Scene::default() })
    }
}

fn known<S: Clone>(all: &BTreeMap<Option<Timestamp>, S>, at: Timestamp) -> Vec<Chunk<S>>
where
    Chunk<S>: From<Arc<S>>,
{
    let bound = at.plus_ns(RULE_SETTLE_NS);
    let known = all.iter().filter(|(received, _)| received.is_none_or(|received| received < bound));
    known.map(|(_, rows)| Arc::new(rows.clone()).into()).collect()
}

/// Puts a line in, read as `/ingest` reads it.
pub(super) fn push_line(
    rows: &mut Rows,
    tenant: &Tenant,
    line: &Map<String, Json>,
    (at, number): (Timestamp, u64),
) -> Result<(), FieldError> {
    let text = serde_json::to_string(line).unwrap_or_default();
    let line = parse_line(text.as_bytes(), at).map_err(|error| {
        FieldError::new("line", error.to_string(), "a record as POST /api/v1/ingest takes it")
    })?;
    let origin = Arc::new(Origin {
        tenant: tenant.name().to_owned(),
        component: line.component.into_owned(),
        instance: line.instance.into_owned(),
        node: line.node.into_owned(),
        version: line.version.into_owned(),
        zone: line.zone.into_owned(),
        stream: line.stream,
        source: SourceId(1),
    });
    rows.push(RowRef {
        origin: &origin,
        time: line.time,
        order_time: line.time,
        position: number,
        bytes: u32::try_from(text.len()).unwrap_or(u32::MAX),
        received: at,
        severity: line.severity,
        message: &line.message,
        attributes: &line.attributes,
        trace_id: line.trace_id,
        span_id: line.span_id,
    });
    Ok(())
}

fn origin(component: &str, instance: &str, node: &str) -> Arc<Origin> {
    Arc::new(Origin {
        tenant: Tenant::default().name().to_owned(),
        component: component.to_owned(),
        instance: instance.to_owned(),
        node: node.to_owned(),
        source: SourceId(1),
        ..Origin::default()
    })
}

fn object(attributes: &Map<String, Json>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    serde_json::to_string(attributes).unwrap_or_default()
}

impl GivenSpan {
    fn push(&self, spans: &mut Spans, (at, number): (Timestamp, u64)) -> Result<(), FieldError> {
        let ms = self.duration.as_deref().map_or(Some(0.0), duration_ms);
        let ms = ms.filter(|ms| (0.0..1e12).contains(ms)).ok_or_else(|| {
            FieldError::new(
                "span",
                "its duration is none",
                "a number and a unit, such as \"812ms\"",
            )
        })?;
        let kind =
            word("kind", self.kind.as_deref(), SpanKind::ALL.map(|kind| (kind.name(), kind)))?;
        let statuses = [SpanStatus::Unset, SpanStatus::Ok, SpanStatus::Error];
        let status = word("status", self.status.as_deref(), statuses.map(|is| (is.name(), is)))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a duration that was checked"
        )]
        let duration = (ms * 1e6) as u64;
        spans.push(SpanRef {
            origin: &origin(&self.service, &self.instance, &self.node),
            operation: &self.operation,
            trace_id: u128::from(number).to_be_bytes(),
            span_id: number.to_be_bytes(),
            parent_id: None,
            start: at,
            duration,
            kind,
            status,
            status_message: "",
            attributes: &object(&self.attributes),
            events: "",
            links: "",
            position: number,
            received: at,
        });
        Ok(())
    }
}

fn word<T: Copy, const N: usize>(
    field: &str,
    text: Option<&str>,
    known: [(&str, T); N],
) -> Result<T, FieldError> {
    let Some(text) = text else { return Ok(known[0].1) };
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, meant)| *meant).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let hint = format!("one of {}", names.join(", "));
        FieldError::new("span", format!("its {field} is '{text}'"), hint)
    })
}

impl GivenSample {
    fn push(&self, samples: &mut Samples, (at, number): (Timestamp, u64)) {
        samples.push(SampleRef {
            origin: &origin(&self.component, &self.instance, &self.node),
            name: &self.name,
            unit: "",
            time: at,
            value: self.value,
            kind: SampleKind::Gauge,
            attributes: &object(&self.attributes),
            position: number,
            received: at,
        });
    }
}
