//! Pins: ranges of time that neither age nor lack of space takes.
//!
//! Invariant: a pin is never changed, only removed and made anew, so that the audit tells what was held when.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nilometer_model::Timestamp;
use nilometer_store::limits::{PIN_NAME_BYTES_MAX, PINS_MAX};
use nilometer_store::{Pin, PinError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::body;
use super::error::ApiError;
use super::limits::{PIN_BODY_BYTES_MAX, RETRY_AFTER_S};
use super::params::{self, NoParams};

/// A range [from, to) of records' times whose splits stay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pin)]
pub(crate) struct PinJson {
    name: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Only splits with records of this component.
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
}

impl From<Pin> for PinJson {
    fn from(pin: Pin) -> Self {
        let Pin { name, from, to, component } = pin;
        Self { name, from, to, component }
    }
}

/// A pin to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinAsked {
    /// A letter or digit, then letters, digits, `-`, `_` and `.`.
    name: String,
    /// RFC 3339, or a time ago: -2h.
    from: String,
    /// The same, or now.
    to: String,
    /// Only splits with records of this component.
    component: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PinsAnswer {
    pins: Vec<PinJson>,
}

/// What is held.
#[utoipa::path(get, path = "/api/v1/pins", tag = "pipeline",
    responses((status = 200, body = PinsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn pins(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Result<Json<PinsAnswer>, ApiError> {
    let pins = api.store.pins(&caller.tenant).map_err(refuse)?;
    Ok(Json(PinsAnswer { pins: pins.into_iter().map(PinJson::from).collect() }))
}

/// Holds a range.
#[utoipa::path(post, path = "/api/v1/pins", tag = "pipeline", operation_id = "create_pin",
    request_body = PinAsked,
    responses((status = 201, body = PinsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<(StatusCode, Json<PinsAnswer>), ApiError> {
    let body = body::read(body, PIN_BODY_BYTES_MAX).await?;
    let asked: PinAsked = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"name": "outage", "from": "2026-11-21T04:00:00Z", "to": "2026-11-21T06:00:00Z"}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    let now = api.clock.now();
    let range = params::range(Some(&asked.from), Some(&asked.to), params::Default::LastHour, now)?;
    let PinAsked { name, component, .. } = asked;
    let pin = Pin { name, from: range.from(), to: range.to(), component };
    api.store.pin(&caller.tenant, pin.clone(), now).await.map_err(refuse)?;
    Ok((StatusCode::CREATED, Json(PinsAnswer { pins: vec![pin.into()] })))
}

/// Lets a range go.
#[utoipa::path(delete, path = "/api/v1/pins/{name}", tag = "pipeline", operation_id = "delete_pin",
    params(("name" = String, Path, description = "the pin's name")),
    responses((status = 200, body = PinsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
    _: NoParams,
) -> Result<Json<PinsAnswer>, ApiError> {
    api.store.unpin(&caller.tenant, &name, api.clock.now()).await.map_err(refuse)?;
    Ok(Json(PinsAnswer { pins: Vec::new() }))
}

fn refuse(error: PinError) -> ApiError {
    let message = error.to_string();
    match error {
        PinError::Name(_) => {
            let hint =
                format!("1 to {PIN_NAME_BYTES_MAX} bytes of letters, digits, '-', '_' and '.'");
            ApiError::bad_request("name", message, hint)
        }
        PinError::Taken(_) => ApiError::conflict(message, "remove it, or choose another name"),
        PinError::Unknown(_) => ApiError::not_found(message, "GET /api/v1/pins lists them"),
        PinError::TooMany => {
            ApiError::over_limit(format!("{PINS_MAX} pins are held"), "remove what is not needed")
        }
        PinError::Unreadable => ApiError::unavailable(message, RETRY_AFTER_S),
        PinError::Documents(error) => {
            tracing::error!(%error, "pins were not changed");
            ApiError::unavailable("the pins could not be changed", RETRY_AFTER_S)
        }
    }
}
