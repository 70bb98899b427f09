//! Trades a token for a cookie, so that a browser can be used on an address that asks for tokens.
//!
//! Invariant: the cookie is out of reach of scripts and of other sites' pages, and is good for exactly
//! what its token is good for.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::access::{self, COOKIE};
use super::body;
use super::error::ApiError;
use super::limits::LOGIN_BYTES_MAX;
use super::params::NoParams;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// As it stands in the tokens file.
    token: String,
}

/// Answers with the cookie; where nobody is asked for a token, any will do.
#[utoipa::path(post, path = "/api/v1/login", tag = "process", request_body = Login,
    responses((status = 204, description = "The cookie is set"),
        (status = "4XX", body = ApiError)))]
pub(crate) async fn login(
    State(api): State<Api>,
    _: NoParams,
    body: Body,
) -> Result<Response, ApiError> {
    let body = body::read(body, LOGIN_BYTES_MAX).await?;
    let refuse = |_| ApiError::bad_request("body", "not a login", "send {\"token\": \"TOKEN\"}");
    let Login { token } = serde_json::from_slice(&body).map_err(refuse)?;
    access::check_login(&api.access, &token)?;
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict");
    let fits = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let cookie = HeaderValue::from_str(&cookie).ok().filter(|_| fits).ok_or_else(|| {
        let hint = "letters, digits, '-', '_' and '.'; others work as a bearer token only";
        ApiError::bad_request("token", "the token cannot be a cookie", hint)
    })?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
