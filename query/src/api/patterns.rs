//! Which patterns the matching records are of.
//!
//! Invariants:
//! - counts are exact for what the coverage says was read; with what is of no pattern, `other`, they add up to
//!   the records that match;
//! - a pattern keeps its id; the ids of patterns that it grew out of name it, too.

pub(crate) mod merge;

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use nilometer_model::Timestamp;
use nilometer_store::patterns::{PatternId, Patterns};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{LIMIT_DEFAULT, LIMIT_MAX};
use super::params::{self, Params};
use crate::execute::{self, Limits, PatternsRequest, Seen};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PatternsParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h, with new_since or vanished_since all that is kept.
    from: Option<String>,
    /// As `from`, not included; default now, with new_since or vanished_since all that is kept.
    to: Option<String>,
    /// Patterns, 1 to 10,000; default 100.
    limit: Option<String>,
    /// A time: only patterns whose first record in the range is not older.
    new_since: Option<String>,
    /// A time: only patterns whose last record in the range is older.
    vanished_since: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pattern)]
struct PatternJson {
    /// Stays the same.
    id: String,
    /// What its messages say, a variable as <*>.
    template: String,
    /// Records of it.
    count: u64,
    /// The first of them.
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    /// The last of them.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// Of the gravest of them.
    severity: &'static str,
    /// Who says it, the one that says it most first.
    components: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternsAnswer {
    /// The commonest first; of those as common in the order of their template.
    patterns: Vec<PatternJson>,
    /// Records of no pattern: there is no room for more, or too many were new at once, and are found when they
    /// are asked for again.
    other: u64,
    coverage: CoverageJson,
}

/// Which patterns the matching records are of.
#[utoipa::path(get, path = "/api/v1/logs/patterns", tag = "logs", params(PatternsParams),
    responses((status = 200, body = PatternsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn patterns(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<PatternsParams>,
) -> Result<Json<PatternsAnswer>, ApiError> {
    let now = api.clock.now();
    let limit = params::count("limit", params.limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let since = |field, text: &Option<String>| {
        text.as_deref().map(|text| params::time(field, text, now)).transpose()
    };
    let new_since = since("new_since", &params.new_since)?;
    let vanished_since = since("vanished_since", &params.vanished_since)?;
    let default = match new_since.or(vanished_since) {
        Some(_) => params::Default::Everything,
        None => params::Default::LastHour,
    };
    let request = PatternsRequest {
        filter: ask::cached_filter(&api, &caller, params.q.as_deref()).await?,
        range: params::range(params.from.as_deref(), params.to.as_deref(), default, now)?,
        known: ask::patterns(&api, &caller.tenant).await?,
        learns: false,
        limits: Limits::default(),
    };
    let snapshot = api.store.snapshot(&caller.tenant);
    let found = execute::patterns(&snapshot, &request).await.map_err(ask::refuse)?;
    ask::note(found.stats);
    let (missing_splits, limited_by) = (found.missing_splits, found.limited_by);
    let coverage = ask::coverage(&api, &caller.tenant, request.range, missing_splits, limited_by);
    let new = (found.to_learn(), now);
    let known = api.language.patterns.learn(&api.store, &caller.tenant, new).await;
    let known = known.map_err(ask::not_learnt)?;
    let (mut all, other) = found.grouped(&known);
    all.retain(|_, seen| {
        new_since.is_none_or(|since| seen.first >= since)
            && vanished_since.is_none_or(|since| seen.last < since)
    });
    Ok(Json(PatternsAnswer { patterns: shown(all, &known, limit), other, coverage }))
}

fn shown(all: HashMap<PatternId, Seen>, known: &Patterns, limit: usize) -> Vec<PatternJson> {
    let template = |id: PatternId| known.template(id).unwrap_or_default();
    let mut all: Vec<_> = all.into_iter().map(|(id, seen)| (template(id), id, seen)).collect();
    all.sort_by(|(a, _, seen), (b, _, other)| {
        Reverse(seen.count).cmp(&Reverse(other.count)).then_with(|| a.cmp(b))
    });
    let json = |(template, id, seen): (String, PatternId, Seen)| {
        let mut components: Vec<_> = seen.components.into_iter().collect();
        components.sort_by_key(|(_, count)| Reverse(*count));
        PatternJson {
            id: id.to_string(),
            template,
            count: seen.count,
            first_seen: seen.first,
            last_seen: seen.last,
            severity: seen.severity.name(),
            components: components.into_iter().map(|(name, _)| name).collect(),
        }
    };
    all.into_iter().take(limit).map(json).collect()
}
