//! Traces by what they are, a page at a time.
//!
//! ```text
//! cursor   order "." key "." trace id "." from "." to        hex; the range is that of the first page
//! ```
//! Invariants:
//! - service, operation and q are asked of one span of the trace, durations of the trace;
//! - a cursor is given only when there is more behind it, and keeps the range and the order of the first page.

use axum::Json;
use axum::extract::State;
use nilometer_model::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{TRACES_DEFAULT, TRACES_MAX};
use super::params::{self, Params};
use crate::execute::{self, Limits, TraceOrder, TracePlace, TraceSummary, TracesRequest};
use crate::plan::{SpanField, Wanted, duration_ms};
use crate::traces::ms;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TracesParams {
    /// A query that one span of the trace fits; empty or * means any.
    q: Option<String>,
    /// The service of that span.
    service: Option<String>,
    /// The operation of that span.
    operation: Option<String>,
    /// The trace took at least so long, like 500ms.
    min_duration: Option<String>,
    /// The trace took at most so long, like 2s.
    max_duration: Option<String>,
    /// true: a span has status error; false: none has.
    error: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// start (default): the latest first; duration: the longest first.
    order: Option<String>,
    /// 1 to 1,000, default 20.
    limit: Option<String>,
    /// Go on behind the answer that gave this.
    cursor: Option<String>,
}

/// A trace in a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TraceSummary)]
pub(crate) struct TraceJson {
    trace_id: String,
    root_service: String,
    root_operation: String,
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// From the first start to the last end.
    duration_ms: f64,
    spans: usize,
    /// Spans with status error.
    errors: usize,
    /// Equal for traces that made the same calls between services; see /paths by=tree.
    path_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TracesAnswer {
    traces: Vec<TraceJson>,
    /// Where to go on, when there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    coverage: CoverageJson,
}

/// Traces that match.
#[utoipa::path(get, path = "/api/v1/traces", tag = "traces", params(TracesParams),
    responses((status = 200, body = TracesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn traces(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<TracesParams>,
) -> Result<Json<TracesAnswer>, ApiError> {
    let request = request(&api, &caller, &params)?;
    let snapshot = api.store.snapshot(&caller.tenant);
    let page = execute::traces(&snapshot, &request).await.map_err(ask::refuse)?;
    ask::note(page.stats);
    let (range, order) = (request.range, request.order);
    let cursor = page.next.map(|after| TracesCursor { order, after, range }.to_string());
    let coverage = ask::coverage(&api, &caller.tenant, range, page.missing_splits, page.limited_by);
    let traces = page.traces.into_iter().map(written).collect();
    Ok(Json(TracesAnswer { traces, cursor, coverage }))
}

fn request(api: &Api, caller: &Caller, params: &TracesParams) -> Result<TracesRequest, ApiError> {
    let orders = [("start", TraceOrder::Start), ("duration", TraceOrder::Duration)];
    let errors = [("true", true), ("false", false)];
    let error = params.error.as_deref();
    let error = error.map(|error| params::choice("error", Some(error), &errors)).transpose()?;
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let order = params::choice("order", params.order.as_deref(), &orders)?;
    let cursor =
        params.cursor.as_deref().map(|text| TracesCursor::parse(text, order)).transpose()?;
    let named = [(SpanField::Service, &params.service), (SpanField::Operation, &params.operation)];
    let wanted = named
        .into_iter()
        .filter_map(|(field, name)| Some((field, Wanted::OneOf(vec![name.clone()?]))));
    let filter = ask::filter(caller, params.q.as_deref())?;
    Ok(TracesRequest {
        filter: filter.and(wanted.collect()).into(),
        range: cursor.map_or(range, |cursor| cursor.range),
        duration_min: duration("min_duration", params.min_duration.as_deref())?,
        duration_max: duration("max_duration", params.max_duration.as_deref())?,
        error,
        order,
        limit: params::count("limit", params.limit.as_deref(), TRACES_DEFAULT, TRACES_MAX)?,
        after: cursor.map(|cursor| cursor.after),
        limits: Limits::default(),
    })
}

/// A duration like 500ms, in ns.
fn duration(field: &str, text: Option<&str>) -> Result<Option<u64>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let ns = duration_ms(text).map(|ms| ms * 1e6).filter(|ns| *ns >= 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is longer than 584 years is as long as that"
    )]
    let ns = ns.map(|ns| ns.round() as u64);
    let hint = "a number with a unit, like 500ms, 1.5s or 2m";
    let message = format!("{field} is '{text}', which is no duration");
    ns.map(Some).ok_or_else(|| ApiError::bad_request(field, message, hint))
}

fn written(trace: TraceSummary) -> TraceJson {
    TraceJson {
        trace_id: format!("{:032x}", trace.trace_id),
        root_service: trace.root_service,
        root_operation: trace.root_operation,
        start: trace.start,
        duration_ms: ms(trace.duration),
        spans: trace.spans,
        errors: trace.errors,
        path_id: format!("{:016x}", trace.path_id),
    }
}

/// Where a reader of traces stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TracesCursor {
    order: TraceOrder,
    after: TracePlace,
    range: TimeRange,
}

impl TracesCursor {
    fn parse(text: &str, order: TraceOrder) -> Result<Self, ApiError> {
        let cursor = Self::read(text).ok_or_else(|| {
            let hint = "give the cursor of an answer as it was";
            ApiError::bad_request("cursor", "the cursor cannot be read", hint)
        })?;
        if cursor.order != order {
            let hint = "ask for the order of the first page";
            return Err(ApiError::bad_request("cursor", "the cursor is of another order", hint));
        }
        Ok(cursor)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let order = match parts.next()? {
            "s" => TraceOrder::Start,
            "d" => TraceOrder::Duration,
            _ => return None,
        };
        let key = number(parts.next()?)?;
        let trace = u128::from_str_radix(parts.next()?, 16).ok()?;
        let (from, to) = (number(parts.next()?)?, number(parts.next()?)?);
        let range = TimeRange::new(Timestamp(from), Timestamp(to));
        let range = range.filter(|_| parts.next().is_none())?;
        Some(Self { order, after: (key, trace), range })
    }
}

/// `{:x}` writes a negative number as its two's complement.
fn number(hex: &str) -> Option<i64> {
    u64::from_str_radix(hex, 16).ok().map(|bits| i64::from_ne_bytes(bits.to_ne_bytes()))
}

impl std::fmt::Display for TracesCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let order = match self.order {
            TraceOrder::Start => "s",
            TraceOrder::Duration => "d",
        };
        let ((key, trace), range) = (self.after, self.range);
        write!(f, "{order}.{key:x}.{trace:x}.{:x}.{:x}", range.from().0, range.to().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_with_its_order_and_range() {
        let bounded = TimeRange::new(Timestamp(-9), Timestamp(1 << 60)).unwrap();
        for range in [TimeRange::ALL, bounded] {
            for order in [TraceOrder::Start, TraceOrder::Duration] {
                let cursor = TracesCursor { order, after: (-5, u128::MAX), range };
                assert_eq!(TracesCursor::parse(&cursor.to_string(), order).unwrap(), cursor);
            }
        }
    }

    #[test]
    fn what_is_no_cursor_of_this_order_is_refused() {
        for text in ["", "s", "s.1.2.3", "s.1.2.4.3", "x.1.2.3.4", "s.1.2.3.4.5", "d.1.2.3.4"] {
            assert!(TracesCursor::parse(text, TraceOrder::Start).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, ns) in [("500ms", 500_000_000), ("1.5s", 1_500_000_000), ("0ms", 0), ("1ns", 1)]
        {
            assert_eq!(duration("min_duration", Some(text)).unwrap(), Some(ns), "{text}");
        }
        for text in ["", "500", "-1ms", "ms", "soon"] {
            assert!(duration("min_duration", Some(text)).is_err(), "{text}");
        }
    }
}
