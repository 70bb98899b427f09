//! Trades a token for a cookie, so that a browser can be used on an address that asks for tokens.
//!
//! Invariants:
//! - the cookie is out of reach of scripts and of other sites' pages, and is good for exactly what its
//!   token is good for, for as long as it is;
//! - what failed is never echoed, and failing is slowed for all together.

use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::{self, AccessPolicy, COOKIE, Caller};
use super::body;
use super::error::ApiError;
use super::limits::LOGIN_BYTES_MAX;
use super::params::NoParams;
use super::peer::Peer;
use super::token::Role;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// As it stands in the tokens file.
    token: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Whether this address asks for a token at all.
    needs_token: bool,
    /// What the caller may do: ingest, read, write or admin.
    role: &'static str,
    /// Whose records the caller sees.
    tenant: String,
}

/// Who the caller is here.
#[utoipa::path(get, path = "/api/v1/login", tag = "process",
    responses((status = 200, body = Session), (status = "4XX", body = ApiError)))]
pub(crate) async fn session(State(api): State<Api>, caller: Caller, _: NoParams) -> Json<Session> {
    let needs_token = matches!(api.access, AccessPolicy::Tokens(_));
    let role = caller.role.unwrap_or(Role::Admin).name();
    Json(Session { needs_token, role, tenant: caller.tenant.name().to_owned() })
}

/// Answers with the cookie; where nobody is asked for a token, any will do.
#[utoipa::path(post, path = "/api/v1/login", tag = "process", request_body = Login,
    responses((status = 204, description = "The cookie is set"),
        (status = "4XX", body = ApiError)))]
pub(crate) async fn login(
    State(api): State<Api>,
    peer: Option<Extension<Peer>>,
    _: NoParams,
    body: Body,
) -> Result<Response, ApiError> {
    let body = body::read(body, LOGIN_BYTES_MAX).await?;
    let refuse = |_| ApiError::bad_request("body", "not a login", "send {\"token\": \"TOKEN\"}");
    let Login { token } = serde_json::from_slice(&body).map_err(refuse)?;
    let now = Instant::now();
    if let Some(wait) = api.logins.wait(now) {
        let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        return Err(ApiError::busy("too many logins have failed", seconds));
    }
    let caller =
        access::check_login(&api.access, &token).inspect_err(|_| api.logins.failed(now))?;
    let fits = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let cookie = set_cookie(&token, "", peer.as_deref()).filter(|_| fits).ok_or_else(|| {
        let hint = "letters, digits, '-', '_' and '.'; others work as a bearer token only";
        ApiError::bad_request("token", "the token cannot be a cookie", hint)
    })?;
    Ok((StatusCode::NO_CONTENT, Extension(caller), [(header::SET_COOKIE, cookie)]).into_response())
}

/// Ends the cookie; the token stays good.
#[utoipa::path(delete, path = "/api/v1/login", tag = "process",
    responses((status = 204, description = "The cookie is gone"),
        (status = "4XX", body = ApiError)))]
pub(crate) async fn logout(peer: Option<Extension<Peer>>, _: NoParams) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(ended) = set_cookie("", "; Max-Age=0", peer.as_deref()) {
        response.headers_mut().insert(header::SET_COOKIE, ended);
    }
    response
}

/// The header's value; a browser sends the cookie back over TLS only when it came so.
fn set_cookie(token: &str, age: &str, peer: Option<&Peer>) -> Option<HeaderValue> {
    let secure = if peer.is_some_and(|peer| peer.tls) { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    HeaderValue::from_str(&cookie).ok()
}
