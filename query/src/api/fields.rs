//! Which fields the matching records have, and a field's commonest values.
//!
//! Invariant: counts are exact for what the coverage says was read; what cannot be counted is refused.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::{LIMIT_DEFAULT, LIMIT_MAX};
use super::params::{self, Params};
use crate::execute::{self, FieldsRequest, Limits, ValuesRequest};
use crate::limits::{FIELDS_MAX, VALUES_MAX};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FieldsParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Field)]
struct FieldJson {
    /// As a query writes it; an attribute inside another by its path.
    name: String,
    /// string, int, float, bool or time; of several, what holds them all.
    #[serde(rename = "type")]
    of: &'static str,
    /// Records that have it.
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldsAnswer {
    /// The commonest first.
    fields: Vec<FieldJson>,
    coverage: CoverageJson,
}

/// Which fields the matching records have.
#[utoipa::path(get, path = "/api/v1/logs/fields", tag = "logs", params(FieldsParams),
    responses((status = 200, body = FieldsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn fields(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<FieldsParams>,
) -> Result<Json<FieldsAnswer>, ApiError> {
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let request = FieldsRequest {
        filter: ask::cached_filter(&api, &caller, params.q.as_deref()).await?,
        range: params::range(from, to, params::Default::LastHour, api.clock.now())?,
        most: FIELDS_MAX,
        sample: None,
        limits: Limits::default(),
    };
    let found = execute::fields(&api.store.snapshot(request.filter.tenant()), &request)
        .await
        .map_err(ask::refuse)?;
    ask::note(found.stats);
    let fields = found.fields.into_iter();
    let fields =
        fields.map(|field| FieldJson { name: field.name, of: field.of.name(), count: field.count });
    let coverage = ask::coverage(
        &api,
        request.filter.tenant(),
        request.range,
        found.missing_splits,
        found.limited_by,
    );
    Ok(Json(FieldsAnswer { fields: fields.collect(), coverage }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValuesParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// Values, 1 to 10,000; default 100.
    limit: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldValue)]
struct ValueJson {
    value: String,
    /// Records that have it.
    count: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValuesAnswer {
    /// The commonest first; of those as common in the order of their text.
    values: Vec<ValueJson>,
    coverage: CoverageJson,
}

/// The commonest values of a field in the matching records.
#[utoipa::path(get, path = "/api/v1/logs/fields/{name}/values", tag = "logs",
    params(("name" = String, Path, description = "The field, as a query names it"), ValuesParams),
    responses((status = 200, body = ValuesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn values(
    State(api): State<Api>,
    caller: Caller,
    name: Result<Path<String>, PathRejection>,
    Params(params): Params<ValuesParams>,
) -> Result<Json<ValuesAnswer>, ApiError> {
    let Path(name) = name.map_err(|_| {
        let hint = "write it in UTF-8, with %XX for what a URL does not take";
        ApiError::bad_request("name", "the field's name cannot be read", hint)
    })?;
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let limit = params::count("limit", params.limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let request = ValuesRequest {
        filter: ask::cached_filter(&api, &caller, params.q.as_deref()).await?,
        range: params::range(from, to, params::Default::LastHour, api.clock.now())?,
        field: ask::field(&api, &caller, &name).await?,
        most: VALUES_MAX,
        sample: None,
        limits: Limits::default(),
    };
    let found = execute::values(&api.store.snapshot(request.filter.tenant()), &request)
        .await
        .map_err(ask::refuse)?;
    ask::note(found.stats);
    let values = found.counts.into_iter().take(limit);
    let values = values.map(|(value, count)| ValueJson { value, count }).collect();
    let coverage = ask::coverage(
        &api,
        request.filter.tenant(),
        request.range,
        found.missing_splits,
        found.limited_by,
    );
    Ok(Json(ValuesAnswer { values, coverage }))
}
