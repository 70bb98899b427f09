//! How many records match, over time.
//!
//! Invariants:
//! - exactly as many buckets as asked for, equal in length to a nanosecond, that cover the range;
//! - their counts add up to the records that match.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{BUCKETS_DEFAULT, BUCKETS_MAX};
use super::params::{self, Params};
use crate::execute::{HistogramRequest, Limits};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistogramParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// 1 to 1,000, default 60.
    buckets: Option<String>,
    /// A field: its ten commonest values are keys, the others are `other`, records without it are ``.
    by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bucket)]
pub(crate) struct BucketJson {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    counts: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistogramAnswer {
    buckets: Vec<BucketJson>,
    coverage: CoverageJson,
}

/// How many records match, in equal buckets of time.
#[utoipa::path(get, path = "/api/v1/logs/histogram", tag = "logs", params(HistogramParams),
    responses((status = 200, body = HistogramAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn histogram(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<HistogramParams>,
) -> Result<Json<HistogramAnswer>, ApiError> {
    let buckets = params.buckets.as_deref();
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let by = match params.by.as_deref() {
        Some(name) => Some(ask::field(&api, &caller, name).await?),
        None => None,
    };
    let asked = HistogramRequest {
        filter: ask::cached_filter(&api, &caller, params.q.as_deref()).await?,
        range: params::range(from, to, params::Default::LastHour, api.clock.now())?,
        buckets: params::count("buckets", buckets, BUCKETS_DEFAULT, BUCKETS_MAX)?,
        by,
        limits: Limits::default(),
    };
    let counted = ask::count(&api, &asked).await?;
    let edges = (0..asked.buckets).map(|bucket| (asked.edge(bucket), asked.edge(bucket + 1)));
    let buckets = edges.zip(counted.counts);
    let buckets = buckets.map(|((from, to), counts)| BucketJson { from, to, counts }).collect();
    Ok(Json(HistogramAnswer { buckets, coverage: counted.coverage }))
}
