//! One trace: its spans, and on the first page what is to be said of it as a whole.
//!
//! ```text
//! cursor   start "." span id          hex; the last span of the page before
//! ```
//! Invariants:
//! - spans come by (start, id), 10,000 a page, as they were sent: no start is ever corrected;
//! - missing parents, logs, clocks and the critical path speak of all spans, and stand on the first page only;
//! - another tenant's trace is not there.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use nilometer_model::{Rows, Spans, TimeRange};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{LIMIT_MAX, RETRY_AFTER_S, TRACE_PAGE_SPANS};
use super::logs::Records;
use super::params::Params;
use super::record::{Hex, Record, Shown};
use super::span::{Span, SpanJson};
use crate::execute::{self, Direction, Limits, SearchRequest};
use crate::plan::{Field, Filter, Wanted};
use crate::traces::{Forest, LiteSpans, critical_path, skew};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TraceParams {
    /// Go on behind the page that gave this.
    cursor: Option<String>,
}

// What TraceJson writes, for the OpenAPI document.
/// The spans of a trace. What stands beside them speaks of all of its spans, and comes with the first page.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what TraceJson writes; no value of it is ever made")]
pub(crate) struct TraceAnswer {
    trace_id: String,
    /// By (start, id), 10,000 a page.
    spans: Vec<Span>,
    /// Ids that spans name as their parent and that were never seen.
    missing_parents: Vec<String>,
    /// What was logged with this trace's id, oldest first, the first 10,000.
    logs: Vec<Record>,
    /// Per node: by how much its clock is ahead of that of the root's node, as far as calls show it.
    #[schema(value_type = Object)]
    skew_ms: String,
    /// Spans without which the trace would have ended sooner, and how much of that time is their own.
    critical_path: Vec<CriticalStretch>,
    /// Where to go on, when there are more spans.
    cursor: Option<String>,
    coverage: CoverageJson,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CriticalStretch {
    #[serde(serialize_with = "hex")]
    #[schema(value_type = String)]
    span_id: u64,
    self_ms: f64,
}

/// A trace by its id.
#[utoipa::path(get, path = "/api/v1/traces/{id}", tag = "traces",
    params(("id" = String, Path, description = "32 hex digits"), TraceParams),
    responses((status = 200, body = TraceAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn trace(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(params): Params<TraceParams>,
) -> Result<Response, ApiError> {
    let trace_id = parse_id(&id)?;
    let after = params.cursor.as_deref().map(parse_cursor).transpose()?;
    let snapshot = api.store.snapshot(&caller.tenant);
    let read = execute::read_trace(&snapshot, &caller.tenant, trace_id).await;
    let read = read.map_err(ask::refuse)?;
    ask::note(read.stats);
    let spans = read.spans;
    if spans.is_empty() {
        let hint = if read.missing_splits > 0 {
            "parts of the data cannot be read, it may be there; see the server's log"
        } else {
            "spans of a trace come a moment after it ended, and go with the retention"
        };
        return Err(ApiError::not_found(format!("there is no trace {}", Hex(&trace_id)), hint));
    }
    let (mut logs, mut limited_by, mut missing_splits) =
        (Rows::default(), None, read.missing_splits);
    if after.is_none() {
        let page = execute::search(&snapshot, &logs_of(&caller, trace_id)).await;
        let page = page.map_err(ask::refuse)?;
        ask::note(page.stats);
        (logs, limited_by) = (page.records, page.limited_by);
        missing_splits = missing_splits.max(page.missing_splits);
    }
    let coverage = ask::coverage(&api, &caller.tenant, extent(&spans), missing_splits, limited_by);
    let work = move || write(&spans, after, &logs, &coverage);
    let body = tokio::task::spawn_blocking(work).await.ok().and_then(Result::ok);
    let body = body.ok_or_else(|| {
        tracing::error!(trace = %Hex(&trace_id), "an answer could not be written");
        ApiError::unavailable("the answer could not be written", RETRY_AFTER_S)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn parse_id(text: &str) -> Result<[u8; 16], ApiError> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = u128::from_str_radix(text, 16).ok().filter(|_| is_id);
    id.map(u128::to_be_bytes).ok_or_else(|| {
        let message = format!("'{text}' is no trace id");
        ApiError::bad_request("id", message, "a trace id is 32 hex digits")
    })
}

fn parse_cursor(text: &str) -> Result<(i64, u64), ApiError> {
    let read = || {
        let (start, span) = text.split_once('.')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some((i64::from_ne_bytes(number(start)?.to_ne_bytes()), number(span)?))
    };
    read().ok_or_else(|| {
        let hint = "give the cursor of an answer as it was";
        ApiError::bad_request("cursor", "the cursor cannot be read", hint)
    })
}

fn logs_of(caller: &Caller, trace_id: [u8; 16]) -> SearchRequest {
    let wanted = Wanted::OneOf(vec![Hex(&trace_id).to_string()]);
    SearchRequest {
        filter: Arc::new(Filter::of(&caller.tenant, vec![(Field::TraceId, wanted)])),
        range: TimeRange::ALL,
        limit: LIMIT_MAX,
        direction: Direction::OldestFirst,
        after: None,
        limits: Limits::default(),
    }
}

/// From the first start to the last end.
fn extent(spans: &Spans) -> TimeRange {
    let first = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let last = spans.iter().map(|span| span.end()).max().unwrap_or_default();
    TimeRange::new(first, last.plus_ns(1)).unwrap_or(TimeRange::ALL)
}

/// The page behind `after`, as JSON.
fn write(
    spans: &Spans,
    after: Option<(i64, u64)>,
    logs: &Rows,
    coverage: &CoverageJson,
) -> serde_json::Result<Vec<u8>> {
    let place = |row: &usize| (spans.start[*row], u64::from_be_bytes(spans.span_id[*row]));
    let mut rows: Vec<usize> = (0..spans.len()).collect();
    rows.sort_by_key(place);
    let mut seen = HashSet::with_capacity(rows.len());
    rows.retain(|row| seen.insert(spans.span_id[*row]));
    let first = after.map_or(0, |after| rows.partition_point(|row| place(row) <= after));
    let page = &rows[first..rows.len().min(first + TRACE_PAGE_SPANS)];
    let last = page.last().filter(|_| first + page.len() < rows.len());
    let answer = TraceJson {
        spans,
        rows: page,
        whole: after.is_none().then(|| Whole::of(spans)),
        logs,
        cursor: last.map(place).map(|(start, span)| format!("{start:x}.{span:x}")),
        coverage,
    };
    serde_json::to_vec(&answer)
}

/// What is said of all spans together.
#[derive(Default)]
struct Whole {
    missing_parents: Vec<u64>,
    skew_ms: Vec<(String, f64)>,
    critical_path: Vec<CriticalStretch>,
}

impl Whole {
    fn of(spans: &Spans) -> Self {
        let lite = LiteSpans::of(spans);
        let forest = Forest::of(&lite.spans);
        let skew = skew(&forest);
        let own = critical_path(&forest, &skew);
        let stretches = forest.spans.iter().zip(own).filter(|(_, ns)| *ns > 0);
        let node = |(node, ns): (&u32, &i64)| (lite.nodes.get(*node).to_owned(), signed_ms(*ns));
        let mut skew_ms: Vec<(String, f64)> = skew.iter().map(node).collect();
        skew_ms.retain(|(node, _)| !node.is_empty());
        skew_ms.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            critical_path: stretches
                .map(|(span, ns)| CriticalStretch {
                    span_id: span.span,
                    self_ms: crate::traces::ms(ns),
                })
                .collect(),
            skew_ms,
            missing_parents: forest.missing_parents,
        }
    }
}

fn signed_ms(ns: i64) -> f64 {
    crate::traces::ms(ns.unsigned_abs()) * if ns < 0 { -1.0 } else { 1.0 }
}

fn hex<S: Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Hex(&id.to_be_bytes()))
}

struct TraceJson<'a> {
    spans: &'a Spans,
    rows: &'a [usize],
    whole: Option<Whole>,
    logs: &'a Rows,
    cursor: Option<String>,
    coverage: &'a CoverageJson,
}

impl Serialize for TraceJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nothing = Whole::default();
        let whole = self.whole.as_ref().unwrap_or(&nothing);
        let missing: Vec<String> =
            whole.missing_parents.iter().map(|id| format!("{id:016x}")).collect();
        let trace_id = self.spans.trace_id.first().copied().unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", &Shown(Hex(&trace_id)))?;
        map.serialize_entry("spans", &SpansJson(self.spans, self.rows))?;
        map.serialize_entry("missing_parents", &missing)?;
        map.serialize_entry("logs", &Records(self.logs))?;
        map.serialize_entry("skew_ms", &Skew(&whole.skew_ms))?;
        map.serialize_entry("critical_path", &whole.critical_path)?;
        if let Some(cursor) = &self.cursor {
            map.serialize_entry("cursor", cursor)?;
        }
        map.serialize_entry("coverage", self.coverage)?;
        map.end()
    }
}

/// These rows, in this order.
struct SpansJson<'a>(&'a Spans, &'a [usize]);

impl Serialize for SpansJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.1.len()))?;
        for row in self.1 {
            list.serialize_element(&SpanJson(self.0.row(*row)))?;
        }
        list.end()
    }
}

struct Skew<'a>(&'a [(String, f64)]);

impl Serialize for Skew<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(node, ms)| (node, ms)))
    }
}

#[cfg(test)]
mod tests;
