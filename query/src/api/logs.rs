//! Records that match, newest or oldest first, as one JSON answer or as a stream of lines.
//!
//! Invariants:
//! - an answer comes from one snapshot; the next page, by cursor, from a later one;
//! - a cursor is given only when there may be more behind it, and keeps the range of the first page.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use nilometer_model::Rows;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::{CoverageJson, StatsJson};
use super::ask::{self, Found};
use super::cursor::Cursor;
use super::error::ApiError;
use super::limits::{LIMIT_DEFAULT, LIMIT_MAX};
use super::params::{self, Params};
use super::record::{Record, RecordJson, write_line};
use crate::execute::{Direction, Limits, SearchRequest};

/// The media type of lines of JSON.
pub(crate) const NDJSON: &str = "application/x-ndjson";

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// 1 to 10,000, default 100.
    limit: Option<String>,
    /// desc (default): newest first; asc: oldest first.
    order: Option<String>,
    /// Go on behind the answer that gave this.
    cursor: Option<String>,
}

// What AnswerJson writes, for the OpenAPI document.
/// Records that match, and how complete they are.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what AnswerJson writes; no value of it is ever made")]
pub(crate) struct LogsAnswer {
    records: Vec<Record>,
    /// Where to go on, when there may be more.
    cursor: Option<String>,
    coverage: CoverageJson,
    stats: StatsJson,
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    records: Records<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    coverage: &'a CoverageJson,
    stats: StatsJson,
}

/// Writes rows as records.
pub(crate) struct Records<'a>(pub(crate) &'a Rows);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for row in self.0.iter() {
            list.serialize_element(&RecordJson { row, cursor: None })?;
        }
        list.end()
    }
}

/// Records that match.
#[utoipa::path(get, path = "/api/v1/logs", tag = "logs", params(LogsParams),
    responses((status = 200, content((LogsAnswer = "application/json"),
            (String = "application/x-ndjson"))),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn logs(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<LogsParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let question = question(&caller, &params, &api).await?;
    let found = ask::find(&api, &question).await?;
    Ok(if wants_lines(&headers) { lines(&found) } else { json(&question, &found) })
}

async fn question(
    caller: &Caller,
    params: &LogsParams,
    api: &Api,
) -> Result<SearchRequest, ApiError> {
    let choices = [("desc", Direction::NewestFirst), ("asc", Direction::OldestFirst)];
    let direction = params::choice("order", params.order.as_deref(), &choices)?;
    let limit = params::count("limit", params.limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let cursor = params.cursor.as_deref().map(Cursor::parse).transpose()?;
    Ok(SearchRequest {
        filter: ask::cached_filter(api, caller, params.q.as_deref()).await?,
        range: cursor.map_or(range, |cursor| cursor.range),
        direction,
        after: cursor.map(|cursor| cursor.after),
        limit,
        limits: Limits::default(),
    })
}

/// Whether the caller asks for lines rather than for one answer.
fn wants_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(NDJSON))
}

fn json(question: &SearchRequest, found: &Found) -> Response {
    let cursor = |after| Cursor { after, range: question.range }.to_string();
    let answer = AnswerJson {
        records: Records(&found.rows),
        cursor: found.next.map(cursor),
        coverage: &found.coverage,
        stats: found.stats,
    };
    match serde_json::to_vec(&answer) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            ApiError::unavailable("the answer could not be written", super::limits::RETRY_AFTER_S)
                .into_response()
        }
    }
}

fn lines(found: &Found) -> Response {
    let mut body = Vec::new();
    for row in found.rows.iter() {
        write_line(&mut body, &RecordJson { row, cursor: None });
    }
    ([(header::CONTENT_TYPE, NDJSON)], body).into_response()
}
