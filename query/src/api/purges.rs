//! Records, spans and samples that are to be gone for good: what would go, having it go, how far that is, and
//! ending it.
//!
//! Invariants:
//! - what is asked comes in a body, never in an address: addresses are written down in many places;
//! - a change is seen through though its caller leaves: the gate runs it in a task of its own;
//! - to which signals a purge is put is decided when it is asked: to all that its query can be put to, or to one;
//! - a purge is answered once no answer shows what it takes, and is called done only when all of it is gone.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nilometer_model::{Rows, Samples, Spans, TimeRange, Timestamp};
use nilometer_store::limits::{PURGE_QUERY_BYTES_MAX, PURGE_REASON_BYTES_MAX, PURGES_OPEN_MAX};
use nilometer_store::{
    Purge, PurgeAsked, PurgeError, PurgeId, PurgeStage, PurgeView, Removed, Snapshot, SplitKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::ask;
use super::body;
use super::error::ApiError;
use super::limits::{PURGE_BODY_BYTES_MAX, RETRY_AFTER_S};
use super::params::{self, NoParams};
use crate::execute::{self, Limits};
use crate::plan::{Filter, Signal};

const LOGS: &str = "logs";
const SPANS: &str = "spans";
const SAMPLES: &str = "samples";

/// What is to be gone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PurgeAsked)]
pub(crate) struct PurgeBody {
    /// Which records, spans and samples; `*` takes all of the range.
    q: String,
    /// logs, spans or samples: nothing else is taken. Without it, all of these to which the query can be put; a field
    /// that they do not have does not fit.
    signal: Option<String>,
    /// RFC 3339, now, or a time ago; the first that there is unless given.
    from: Option<String>,
    /// The first moment that is too late; all that is there unless given.
    to: Option<String>,
    /// Kept for good, unlike the query: a ticket's number, not a name.
    #[serde(default)]
    reason: String,
    /// Only say how many there are.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurgeAnswer {
    /// logs, spans, samples: those of which it takes what fits.
    signals: Vec<&'static str>,
    /// Records that can be found and that it takes.
    records: u64,
    /// Spans that are.
    spans: u64,
    /// Samples that are.
    samples: u64,
    /// All of them were counted; else there may be more.
    exact: bool,
    /// None when it was only asked how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge: Option<PurgeJson>,
}

/// A purge, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Purge)]
pub(crate) struct PurgeJson {
    id: String,
    /// masking: no answer shows what it takes, and the Log is being freed of it; rewriting: so are the splits;
    /// done: it is gone, and is refused when it comes; ended: it is not refused any more.
    state: &'static str,
    /// Since when it is masked, done or ended.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// logs, spans, samples: those of which it takes what fits.
    signals: Vec<&'static str>,
    /// What it asks; forgotten once it is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    q: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    removed: RemovedJson,
    left: LeftJson,
}

/// What is gone.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedJson {
    records: u64,
    spans: u64,
    samples: u64,
    /// Splits that were written anew, or of which nothing was left.
    splits: u64,
    dead_letters: u64,
}

/// What is left to do.
#[derive(Debug, Serialize, ToSchema)]
struct LeftJson {
    /// Splits that were not looked at.
    splits: usize,
    /// Splits that cannot be read: while there are any, it is not done.
    splits_unreadable: usize,
    /// Objects that go when nobody reads them any more.
    objects: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurgesAnswer {
    /// The latest first.
    purges: Vec<PurgeJson>,
}

/// Removes records, spans and samples for good: no answer shows them from now on, and in the background they are
/// removed from everything that is kept.
#[utoipa::path(post, path = "/api/v1/purge", tag = "pipeline", request_body = PurgeBody,
    responses((status = 200, description = "what would go", body = PurgeAnswer),
        (status = 202, description = "masked, and being removed", body = PurgeAnswer),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn purge(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<(StatusCode, Json<PurgeAnswer>), ApiError> {
    let body = body::read(body, PURGE_BODY_BYTES_MAX).await?;
    let asked: PurgeBody = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"q": "user_id:4711", "reason": "ticket 12"}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    let range = check(&api, &asked)?;
    let reach = Reach::of(&caller, &asked)?;
    let mut answer = reach.count(&api.store.snapshot(&caller.tenant), range).await?;
    if asked.dry_run {
        return Ok((StatusCode::OK, Json(answer)));
    }
    let PurgeBody { q: query, reason, .. } = asked;
    let (tenant, kinds) = (caller.tenant.clone(), reach.kinds());
    let asked = PurgeAsked { tenant, kinds, query, range, reason };
    let purge = api.store.begin_purge(asked, &*api.clock).await.map_err(refuse)?;
    let view = api.store.purges(&caller.tenant).into_iter().find(|view| view.purge.id == purge.id);
    answer.purge = view.map(PurgeJson::from);
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// All purges that are remembered.
#[utoipa::path(get, path = "/api/v1/purges", tag = "pipeline",
    responses((status = 200, body = PurgesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn purges(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<PurgesAnswer> {
    let purges = api.store.purges(&caller.tenant).into_iter().map(PurgeJson::from).collect();
    Json(PurgesAnswer { purges })
}

/// Ends a purge that is done: what it takes is not refused any more when it comes, and what it asked is forgotten.
#[utoipa::path(delete, path = "/api/v1/purges/{id}", tag = "pipeline", operation_id = "end_purge",
    params(("id" = String, Path, description = "the purge's id")),
    responses((status = 200, body = PurgesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn end(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<PurgesAnswer>, ApiError> {
    let known = uuid::Uuid::parse_str(&id).map_err(|_| refuse(PurgeError::Unknown))?;
    let ended = api.store.end_purge(&caller.tenant, PurgeId(known), api.clock.now()).await;
    ended.map_err(refuse)?;
    let own = api.store.purges(&caller.tenant).into_iter();
    let ended = own.filter(|view| view.purge.id == PurgeId(known)).map(PurgeJson::from);
    Ok(Json(PurgesAnswer { purges: ended.collect() }))
}

/// The range that is meant, if all else is as it should be.
fn check(api: &Api, asked: &PurgeBody) -> Result<TimeRange, ApiError> {
    if asked.q.trim().is_empty() {
        let hint = "say what is to be gone; `*` takes all of the range";
        return Err(ApiError::bad_request("q", "the query is empty", hint));
    }
    if asked.q.len() > PURGE_QUERY_BYTES_MAX {
        return Err(refuse(PurgeError::QueryTooLong));
    }
    let (from, to) = (asked.from.as_deref(), asked.to.as_deref());
    params::range(from, to, params::Default::Everything, api.clock.now())
}

/// What is asked, of each signal of which it takes something.
struct Reach {
    logs: Option<Arc<Filter>>,
    spans: Option<Arc<Filter<Spans>>>,
    samples: Option<Arc<Filter<Samples>>>,
}

impl Reach {
    fn of(caller: &Caller, asked: &PurgeBody) -> Result<Self, ApiError> {
        let known = [LOGS, SPANS, SAMPLES].map(|name| (name, name));
        let choice = |signal: &String| params::choice("signal", Some(signal), &known);
        let only = asked.signal.as_ref().map(choice).transpose()?;
        let logs = put::<Rows>(caller, &asked.q, only)?;
        if logs.as_ref().is_some_and(|filter| filter.asks_patterns()) {
            let hint = "a pattern still grows: say which words the records have";
            return Err(ApiError::bad_request("q", "a purge cannot ask for a pattern", hint));
        }
        let (spans, samples) = (put(caller, &asked.q, only)?, put(caller, &asked.q, only)?);
        let reach = Self { logs, spans, samples };
        if reach.kinds().is_empty() {
            ask::filter::<Rows>(caller, Some(&asked.q))?;
        }
        Ok(reach)
    }

    fn kinds(&self) -> BTreeSet<SplitKind> {
        let logs = self.logs.as_ref().map(|_| SplitKind::Logs);
        let spans = self.spans.as_ref().map(|_| SplitKind::Spans);
        let samples = self.samples.as_ref().map(|_| SplitKind::Samples);
        [logs, spans, samples].into_iter().flatten().collect()
    }

    /// How much it takes.
    async fn count(&self, snapshot: &Snapshot, range: TimeRange) -> Result<PurgeAnswer, ApiError> {
        let (records, all_records) = counted(snapshot, self.logs.as_ref(), range).await?;
        let (spans, all_spans) = counted(snapshot, self.spans.as_ref(), range).await?;
        let (samples, all_samples) = counted(snapshot, self.samples.as_ref(), range).await?;
        let (signals, exact) = (names(&self.kinds()), all_records && all_spans && all_samples);
        Ok(PurgeAnswer { signals, records, spans, samples, exact, purge: None })
    }
}

fn names(kinds: &BTreeSet<SplitKind>) -> Vec<&'static str> {
    kinds.iter().map(|kind| name(*kind)).collect()
}

fn name(kind: SplitKind) -> &'static str {
    match kind {
        SplitKind::Logs => LOGS,
        SplitKind::Spans => SPANS,
        SplitKind::Samples => SAMPLES,
    }
}

/// The query, put to a signal; none when another one is meant, or when all are and it cannot be put to this one.
fn put<S: Signal>(
    caller: &Caller,
    q: &str,
    only: Option<&str>,
) -> Result<Option<Arc<Filter<S>>>, ApiError> {
    match only {
        Some(only) if only != name(S::KIND) => Ok(None),
        Some(_) => ask::filter(caller, Some(q)).map(Some),
        None => Ok(ask::filter(caller, Some(q)).ok()),
    }
}

/// How many of a signal there are, and whether all were counted.
async fn counted<S: Signal>(
    snapshot: &Snapshot,
    filter: Option<&Arc<Filter<S>>>,
    range: TimeRange,
) -> Result<(u64, bool), ApiError> {
    let Some(filter) = filter else { return Ok((0, true)) };
    let counted = execute::count(snapshot, (filter, range), Limits::default()).await;
    let execute::Counted { exact, stats } = counted.map_err(ask::refuse)?;
    Ok((ask::note(stats).rows_matched, exact))
}

fn refuse(error: PurgeError) -> ApiError {
    let said = error.to_string();
    match error {
        PurgeError::QueryTooLong => {
            let hint = format!("at most {PURGE_QUERY_BYTES_MAX} bytes; ask in several purges");
            ApiError::bad_request("q", said, hint)
        }
        PurgeError::ReasonTooLong => {
            let hint = format!("at most {PURGE_REASON_BYTES_MAX} bytes: a ticket's number, say");
            ApiError::bad_request("reason", said, hint)
        }
        PurgeError::NotUnderstood => ApiError::bad_request("q", said, "ask GET /api/v1/logs first"),
        PurgeError::TooMany => {
            let hint = format!("end some (DELETE /api/v1/purges/ID): {PURGES_OPEN_MAX} at most");
            ApiError::over_limit(said, &hint)
        }
        PurgeError::Unknown => ApiError::not_found(said, "GET /api/v1/purges lists them"),
        PurgeError::NotDone => {
            let hint = "wait until GET /api/v1/purges says that it is done";
            ApiError::conflict(said, hint)
        }
        PurgeError::Store(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a purge could not be kept");
            ApiError::unavailable("the purge could not be kept", RETRY_AFTER_S)
        }
    }
}

impl From<PurgeView> for PurgeJson {
    fn from(view: PurgeView) -> Self {
        let state = match view.purge.stage {
            PurgeStage::Removing if view.in_log => "masking",
            PurgeStage::Removing => "rewriting",
            PurgeStage::Done => "done",
            PurgeStage::Ended => "ended",
        };
        let Purge { id, kinds, from, to, reason, since, removed, .. } = view.purge;
        let Removed { records, spans, samples, splits, dead_letters } = removed;
        Self {
            id: id.to_string(),
            state,
            since,
            signals: names(&kinds),
            q: view.query,
            from: Some(from).filter(|from| *from != TimeRange::ALL.from()),
            to: Some(to).filter(|to| *to != TimeRange::ALL.to()),
            reason,
            removed: RemovedJson { records, spans, samples, splits, dead_letters },
            left: LeftJson {
                splits: view.splits_left,
                splits_unreadable: view.splits_unreadable,
                objects: view.objects_left,
            },
        }
    }
}
