//! What differs between two sets of traces.
//!
//! Invariant: what is not told apart from chance is not in the answer, which may be empty.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::params::{self, Params};
use crate::execute::{self, CompareRequest, Limits};
use crate::plan::{SpanField, Wanted};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareParams {
    /// Only traces with a span of this service.
    service: Option<String>,
    /// And of this operation.
    operation: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// A query; the traces of which a span fits it are the first set.
    a: Option<String>,
    /// The same for the second set; without it all others.
    b: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompareAnswer {
    /// What differs most comes first.
    attributes: Vec<DifferenceJson>,
    coverage: CoverageJson,
}

/// An attribute, or a field of spans, that one set of traces has more often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Difference)]
struct DifferenceJson {
    name: String,
    value: String,
    /// The part of the first set's traces that have it, from 0 to 1.
    in_a: f64,
    in_b: f64,
    /// The distance between both parts.
    score: f64,
}

/// What differs between two sets of traces.
#[utoipa::path(get, path = "/api/v1/traces/compare", tag = "traces", params(CompareParams),
    responses((status = 200, body = CompareAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn compare(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<CompareParams>,
) -> Result<Json<CompareAnswer>, ApiError> {
    let Some(a) = params.a.as_deref() else {
        let hint = "give the query that the traces of the first set fit, like a=status:error";
        return Err(ApiError::bad_request("a", "parameter 'a' is missing", hint));
    };
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let named = [(SpanField::Service, params.service), (SpanField::Operation, params.operation)];
    let wanted =
        named.into_iter().filter_map(|(field, name)| Some((field, Wanted::OneOf(vec![name?]))));
    let b = params.b.as_deref().map(|b| ask::filter(&caller, Some(b))).transpose()?;
    let request = CompareRequest {
        among: Arc::new(ask::filter(&caller, None)?.and(wanted.collect())),
        a: ask::filter(&caller, Some(a))?,
        b,
        range,
        limits: Limits::default(),
    };
    let snapshot = api.store.snapshot(&caller.tenant);
    let read = execute::compare(&snapshot, &request).await.map_err(ask::refuse)?;
    ask::note(read.stats);
    let coverage = ask::coverage(&api, &caller.tenant, range, read.missing_splits, read.limited_by);
    let attributes = read.fold.into_iter().map(|found| DifferenceJson {
        name: found.name,
        value: found.value,
        in_a: found.in_a,
        in_b: found.in_b,
        score: found.score,
    });
    Ok(Json(CompareAnswer { attributes: attributes.collect(), coverage }))
}
