//! The records around one record: what else was said there, across the files of a rotated log.
//!
//! Invariants:
//! - in a log's files only that log speaks; in a journal, which many write to, only who wrote the record;
//! - another tenant's record is not there.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use nilometer_model::{Rows, SourceId, Stream, TimeRange};
use nilometer_store::SourceView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{CONTEXT_DEFAULT, CONTEXT_MAX, RETRY_AFTER_S};
use super::logs::Records;
use super::params::{self, Params};
use super::record::Record;
use crate::execute::{self, ContextRequest, Limits, Neighbours};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContextParams {
    /// The record's source.
    source: Option<String>,
    /// The record's position.
    position: Option<String>,
    /// Records before it, 0 to 1,000; default 10.
    before: Option<String>,
    /// Records behind it, 0 to 1,000; default 10.
    after: Option<String>,
}

// What ContextJson writes, for the OpenAPI document.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what ContextJson writes; no value of it is ever made")]
pub(crate) struct ContextAnswer {
    /// Oldest first, with the record itself.
    records: Vec<Record>,
    coverage: CoverageJson,
}

#[derive(Serialize)]
struct ContextJson<'a> {
    records: Records<'a>,
    coverage: &'a CoverageJson,
}

/// The records around one record, in the order in which they were written.
#[utoipa::path(get, path = "/api/v1/logs/context", tag = "logs", params(ContextParams),
    responses((status = 200, body = ContextAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn context(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<ContextParams>,
) -> Result<Response, ApiError> {
    let source: SourceId = id("source", params.source.as_deref())?;
    let position: u64 = id("position", params.position.as_deref())?;
    let around = |field: &str, text: Option<&str>| {
        params::within(field, text, CONTEXT_DEFAULT, 0..=CONTEXT_MAX)
    };
    let before = around("before", params.before.as_deref())?;
    let after = around("after", params.after.as_deref())?;
    let request = ContextRequest {
        tenant: caller.tenant.clone(),
        source,
        position,
        neighbours: neighbours(source, &api.store.sources(&caller.tenant, None)),
        before,
        after,
        limits: Limits::default(),
    };
    let found = execute::context(&api.store.snapshot(&request.tenant), &request)
        .await
        .map_err(ask::refuse)?;
    let found = found.ok_or_else(|| {
        let hint = "every record of GET /api/v1/logs says its source and position; one that is older than the \
                    retention is gone";
        ApiError::not_found(format!("there is no record {source}:{position}"), hint)
    })?;
    let range = span(&found.records);
    let coverage =
        ask::coverage(&api, &caller.tenant, range, found.missing_splits, found.limited_by);
    let answer = ContextJson { records: Records(&found.records), coverage: &coverage };
    match serde_json::to_vec(&answer) {
        Ok(body) => Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Err(ApiError::unavailable("the answer could not be written", RETRY_AFTER_S))
        }
    }
}

/// A source or a position, which must be given.
fn id<T: std::str::FromStr>(field: &str, text: Option<&str>) -> Result<T, ApiError> {
    let hint = "give source and position as a record says them";
    let text = text.ok_or_else(|| {
        ApiError::bad_request(field, format!("parameter '{field}' is missing"), hint)
    })?;
    let refuse = |_| ApiError::bad_request(field, format!("{field} is '{text}'"), hint);
    text.parse().map_err(refuse)
}

/// Among which records those before and behind it are.
fn neighbours(source: SourceId, sources: &[SourceView]) -> Neighbours {
    let is_journal = |known: &&SourceView| {
        matches!(known.stream, Stream::Ingest | Stream::Otlp | Stream::Sampler)
    };
    let of = |kept: &dyn Fn(&&SourceView) -> bool| {
        sources.iter().filter(kept).map(|known| known.source).collect()
    };
    match sources.iter().find(|known| known.source == source) {
        None => Neighbours::Sources(vec![source]),
        Some(own) if is_journal(&own) => {
            Neighbours::Speaker { but_not: of(&|other| !is_journal(other)) }
        }
        Some(own) => Neighbours::Sources(of(&|other| other.lineage == own.lineage)),
    }
}

/// The time that the records span.
fn span(records: &Rows) -> TimeRange {
    let first = records.time.iter().min().copied().unwrap_or_default();
    let last = records.time.iter().max().copied().unwrap_or_default();
    let (first, end) =
        (nilometer_model::Timestamp(first), nilometer_model::Timestamp(last).plus_ns(1));
    TimeRange::new(first, end).unwrap_or(TimeRange::ALL)
}
