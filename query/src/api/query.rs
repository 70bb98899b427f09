//! A query with pipes, answered by a table.
//!
//! Invariants:
//! - every row has a value for every column, of the column's type or null; a column of mixed values is text;
//! - the body is read member by member: what is not known, or not what it must be, is refused by its name.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use nilometer_model::{Rows, Samples, Spans, TimeRange};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, SchemaType, Type as JsonType};

use super::Api;
use super::access::Caller;
use super::answer::{CoverageJson, StatsJson};
use super::ask::{self, Tabled};
use super::body;
use super::error::ApiError;
use super::limits::{QUERY_BODY_BYTES_MAX, RETRY_AFTER_S};
use super::params::{self, NoParams};
use crate::execute::{Limits, PipelineRequest, Table};
use crate::limits::{QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX};
use crate::plan::{Signal, Type, Value};

/// The members of a body.
const MEMBERS: [&str; 5] = ["q", "signal", "from", "to", "limit"];

// What `Asked` reads, for the OpenAPI document.
/// A query.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what Asked reads; no value of it is ever made")]
pub(crate) struct Query {
    /// A query, with or without pipes; none means everything.
    q: Option<String>,
    /// logs (default), spans or samples.
    signal: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// Rows of the answer, 1 to 1,000,000, default 1,000.
    limit: Option<usize>,
}

/// One column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueryColumn)]
pub(crate) struct ColumnJson<'a> {
    name: &'a str,
    /// string, int, float, bool, time (RFC 3339) or duration (milliseconds).
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    kind: &'static str,
}

// What AnswerJson writes, for the OpenAPI document.
/// A table, and how complete it is.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what AnswerJson writes; no value of it is ever made")]
pub(crate) struct QueryAnswer {
    columns: Vec<ColumnJson<'static>>,
    /// Each a value per column: text, a number, a boolean or null.
    #[schema(schema_with = rows_schema)]
    rows: Vec<Vec<Json>>,
    coverage: CoverageJson,
    stats: StatsJson,
}

fn rows_schema() -> Array {
    let types = [JsonType::String, JsonType::Number, JsonType::Boolean, JsonType::Null];
    let value = ObjectBuilder::new().schema_type(SchemaType::Array(types.to_vec()));
    let description = "Each a value per column: text, a number, a boolean or null.";
    let row = ArrayBuilder::new().items(value);
    ArrayBuilder::new().items(row).description(Some(description)).build()
}

/// Numbers of the records, spans or samples that match, or what matches as a table.
#[utoipa::path(post, path = "/api/v1/query", tag = "logs", request_body = Query,
    responses((status = 200, body = QueryAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn query(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<Response, ApiError> {
    let body = body::read(body, QUERY_BODY_BYTES_MAX).await?;
    let asked = Asked::read(&body)?;
    let (from, to) = (asked.from.as_deref(), asked.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let tabled = match asked.signal {
        SignalName::Logs => tabulate::<Rows>(&api, &caller, &asked, range).await,
        SignalName::Spans => tabulate::<Spans>(&api, &caller, &asked, range).await,
        SignalName::Samples => tabulate::<Samples>(&api, &caller, &asked, range).await,
    }?;
    // A million rows take a while to write.
    let written = tokio::task::spawn_blocking(move || written(&tabled)).await;
    match written {
        Ok(Ok(body)) => Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response()),
        failed => {
            tracing::error!(?failed, "an answer could not be written");
            Err(ApiError::unavailable("the answer could not be written", RETRY_AFTER_S))
        }
    }
}

async fn tabulate<S: Signal>(
    api: &Api,
    caller: &Caller,
    asked: &Asked,
    range: TimeRange,
) -> Result<Tabled, ApiError> {
    let plan = ask::plan::<S>(api, caller, (&asked.q, range)).await?;
    let request = PipelineRequest { plan, range, rows: asked.rows, limits: Limits::default() };
    ask::tabulate(api, &request).await
}

/// What is queried.
#[derive(Debug, Clone, Copy)]
enum SignalName {
    Logs,
    Spans,
    Samples,
}

/// What the body says.
struct Asked {
    q: String,
    signal: SignalName,
    from: Option<String>,
    to: Option<String>,
    rows: usize,
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let hint =
            "send a JSON object like {\"q\": \"severity:error | stats count() by component\"}";
        let members: Map<String, Json> = serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request("body", format!("not a query: {error}"), hint)
        })?;
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let hint = format!("a query has {}", MEMBERS.join(", "));
            return Err(ApiError::bad_request(name, format!("unknown member '{name}'"), hint));
        }
        let signals = [
            ("logs", SignalName::Logs),
            ("spans", SignalName::Spans),
            ("samples", SignalName::Samples),
        ];
        let signal = text(&members, "signal")?;
        Ok(Self {
            signal: params::choice("signal", signal.as_deref(), &signals)?,
            q: text(&members, "q")?.unwrap_or_default(),
            from: text(&members, "from")?,
            to: text(&members, "to")?,
            rows: rows(&members)?,
        })
    }
}

fn text(members: &Map<String, Json>, name: &str) -> Result<Option<String>, ApiError> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(other) => {
            let message = format!("{name} is {other}, which is no text");
            Err(ApiError::bad_request(name, message, "put it in quotes"))
        }
    }
}

fn rows(members: &Map<String, Json>) -> Result<usize, ApiError> {
    let limit = match members.get("limit") {
        None | Some(Json::Null) => return Ok(QUERY_ROWS_DEFAULT),
        Some(limit) => limit,
    };
    let rows = limit.as_u64().and_then(|rows| usize::try_from(rows).ok());
    rows.filter(|rows| (1..=QUERY_ROWS_MAX).contains(rows)).ok_or_else(|| {
        let hint = format!("a number from 1 to {QUERY_ROWS_MAX}; default {QUERY_ROWS_DEFAULT}");
        ApiError::bad_request("limit", format!("limit is {limit}"), hint)
    })
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    columns: Vec<ColumnJson<'a>>,
    rows: RowsJson<'a>,
    coverage: &'a CoverageJson,
    stats: StatsJson,
}

fn written(tabled: &Tabled) -> Result<Vec<u8>, serde_json::Error> {
    let types = tabled.table.types();
    let named = tabled.table.columns.iter().zip(&types);
    let answer = AnswerJson {
        columns: named
            .map(|(column, is)| ColumnJson { name: &column.name, kind: is.name() })
            .collect(),
        rows: RowsJson(&tabled.table, &types),
        coverage: &tabled.coverage,
        stats: tabled.stats,
    };
    serde_json::to_vec(&answer)
}

struct RowsJson<'a>(&'a Table, &'a [Type]);

impl Serialize for RowsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            list.serialize_element(&RowJson(row, self.1))?;
        }
        list.end()
    }
}

struct RowJson<'a>(&'a [Value<'static>], &'a [Type]);

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (value, is) in self.0.iter().zip(self.1) {
            list.serialize_element(&ValueJson(value, *is))?;
        }
        list.end()
    }
}

struct ValueJson<'a>(&'a Value<'static>, Type);

impl Serialize for ValueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            value if self.1 == Type::String => serializer.collect_str(value),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Float(float) | Value::Duration(float) => serializer.serialize_f64(*float),
            value => serializer.collect_str(value),
        }
    }
}
