//! Query parameters, as written and as meant.
//!
//! Invariants:
//! - the struct that documents a route's parameters is the one that reads them: what the OpenAPI
//!   document does not name is refused, and the refusal lists what is allowed;
//! - every refusal names the parameter.

use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use nilometer_model::{TimeRange, Timestamp, parse_time};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::error::ApiError;
use super::limits::RANGE_DEFAULT_NS;

/// The parameters of a request, each known and given at most once. `T` holds them as written.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + IntoParams, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let known: Vec<String> =
            T::into_params(|| None).into_iter().map(|param| param.name).collect();
        read(parts, &known).map(Self)
    }
}

/// For a route that has no parameters at all.
#[derive(Debug)]
pub(crate) struct NoParams;

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        read::<Map<String, Value>>(parts, &[]).map(|_| Self)
    }
}

fn read<T: DeserializeOwned>(parts: &Parts, known: &[String]) -> Result<T, ApiError> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| {
        ApiError::bad_request("query", "the query string cannot be read", "send name=value pairs")
    })?;
    let mut given = Map::new();
    for (name, value) in pairs {
        if !known.contains(&name) {
            let hint = if known.is_empty() {
                "this route has no parameters".to_owned()
            } else {
                format!("this route knows {}", known.join(", "))
            };
            let message = format!("unknown parameter '{name}'");
            return Err(ApiError::bad_request(&name, message, hint));
        }
        if given.insert(name.clone(), Value::String(value)).is_some() {
            let message = format!("parameter '{name}' is given twice");
            return Err(ApiError::bad_request(&name, message, "give it once"));
        }
    }
    serde_json::from_value(Value::Object(given)).map_err(|error| {
        ApiError::bad_request("query", format!("the parameters do not fit: {error}"), "")
    })
}

/// A number from 1 to `max`.
pub(crate) fn count(
    field: &str,
    text: Option<&str>,
    default: usize,
    max: usize,
) -> Result<usize, ApiError> {
    within(field, text, default, 1..=max)
}

/// A number in the range.
pub(crate) fn within(
    field: &str,
    text: Option<&str>,
    default: usize,
    range: RangeInclusive<usize>,
) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(default) };
    let refuse = || {
        let message = format!("{field} is '{text}'");
        ApiError::bad_request(
            field,
            message,
            format!("a number from {} to {}; default {default}", range.start(), range.end()),
        )
    };
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(refuse)
}

/// One of the words that `choices` names; the first is the default.
pub(crate) fn choice<T: Copy>(
    field: &str,
    text: Option<&str>,
    choices: &[(&str, T)],
) -> Result<T, ApiError> {
    let found = match text {
        None => choices.first(),
        Some(text) => choices.iter().find(|(name, _)| *name == text),
    };
    found.map(|(_, meant)| *meant).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let message = format!("{field} is '{}'", text.unwrap_or_default());
        ApiError::bad_request(field, message, format!("one of {}", names.join(", ")))
    })
}

/// Where a range begins and ends when the request does not say.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// From an hour ago until now.
    LastHour,
    /// From the first record to the last.
    Everything,
}

/// The range `[from, to)` that a request asks for.
pub(crate) fn range(
    from: Option<&str>,
    to: Option<&str>,
    default: Default,
    now: Timestamp,
) -> Result<TimeRange, ApiError> {
    let (from_default, to_default) = match default {
        Default::LastHour => (now.plus_ns(-RANGE_DEFAULT_NS), now),
        Default::Everything => (TimeRange::ALL.from(), TimeRange::ALL.to()),
    };
    let start = from.map_or(Ok(from_default), |text| time("from", text, now))?;
    let end = to.map_or(Ok(to_default), |text| time("to", text, now))?;
    TimeRange::new(start, end).ok_or_else(|| {
        let field = if from.is_none() && to.is_some() { "to" } else { "from" };
        let message = format!("the range is empty or reversed: from {start} to {end}");
        let hint = "from must lie before to; without them from=-1h and to=now";
        ApiError::bad_request(field, message, hint)
    })
}

/// The time that a parameter says.
pub(crate) fn time(field: &str, text: &str, now: Timestamp) -> Result<Timestamp, ApiError> {
    parse_time(text, now).map_err(|_| {
        let hint = "RFC 3339 like 2026-11-21T04:06:00Z, now, or before now: -90s -15m -2h -7d";
        ApiError::bad_request(field, format!("{field} is '{text}', which is no time"), hint)
    })
}

#[cfg(test)]
mod tests;
