//! Who may do what: one table of routes, one gate in front of all of them.
//!
//! ```text
//!                  Loopback             Tokens                  Insecure
//!   Host           must be local        any                     any
//!   Origin, when   must be the Host     must be the Host, when  must be the Host
//!   it changes                          a cookie brings the token
//!   token          -                    by the table, else 401  -
//! ```
//! Invariants:
//! - a route that the table does not name is for administrators only: forgetting one closes it;
//! - a secret is never printed, and is compared in a time that does not depend on its text.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nilometer_model::Tenant;

use super::error::ApiError;

/// Who is asked for what on the address that we listen on. Made by the binary.
#[derive(Debug, Clone)]
pub enum AccessPolicy {
    /// Nobody is asked, but the request must be meant for this machine.
    Loopback,
    /// Every route but the open ones needs one of these.
    Tokens(Vec<Token>),
    /// Nobody is asked; somebody said so on purpose.
    Insecure,
}

/// One line of the tokens file.
#[derive(Debug, Clone)]
pub struct Token {
    pub role: Role,
    pub tenant: Tenant,
    pub secret: Secret,
}

/// What a token's holder may do: people from read to admin, machines ingest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Ingest,
    Read,
    Write,
    Admin,
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ingest" => Some(Self::Ingest),
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// The role's name, as it stands in the tokens file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    fn may(self, need: Need) -> bool {
        match need {
            Need::Open => true,
            Need::Ingest => matches!(self, Self::Ingest | Self::Admin),
            Need::Read => matches!(self, Self::Read | Self::Write | Self::Admin),
            Need::ReadOrIngest => true,
            Need::Write => matches!(self, Self::Write | Self::Admin),
            Need::Admin => self == Self::Admin,
        }
    }
}

/// A token's text.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Looks at every byte, whichever is wrong. That the length shows is no loss: all secrets that
    /// we make are of one length.
    fn is(&self, text: &str) -> bool {
        let (a, b) = (self.0.as_bytes(), text.as_bytes());
        let differs = a.iter().zip(b).fold(0, |differs, (a, b)| black_box(differs | (a ^ b)));
        !a.is_empty() && a.len() == b.len() && differs == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Whose token came with the request; handlers find it among the request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
}

/// Behind the gate there always is one; a route that is mounted without the gate answers nobody.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ApiError::unauthorized("nobody was let in"))
    }
}

/// Carries the token of a browser.
pub(crate) const COOKIE: &str = "nilometer_token";

/// What a route demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Open,
    Ingest,
    Read,
    ReadOrIngest,
    Write,
    Admin,
}

/// The table: every route of ours.
pub(crate) const ROUTES: &[(&str, &str, Need)] = &[
    ("GET", "/api/openapi.json", Need::Read),
    ("GET", "/api/v1/logs", Need::Read),
    ("GET", "/api/v1/logs/histogram", Need::Read),
    ("GET", "/api/v1/logs/tail", Need::Read),
    ("POST", "/api/v1/query", Need::Read),
    ("GET", "/api/v1/export", Need::Read),
    ("GET", "/api/v1/ledger", Need::Read),
    ("GET", "/api/v1/sources", Need::ReadOrIngest),
    ("GET", "/api/v1/nodes", Need::Read),
    ("DELETE", "/api/v1/nodes/{node}", Need::Admin),
    ("GET", "/api/v1/components", Need::Read),
    ("GET", "/api/v1/dead-letters", Need::Read),
    ("POST", "/api/v1/dead-letters/{id}/retry", Need::Write),
    ("POST", "/api/v1/batches", Need::Ingest),
    ("POST", "/api/v1/heartbeats", Need::Ingest),
    ("POST", "/api/v1/ingest", Need::Ingest),
    ("POST", "/api/v1/login", Need::Open),
    ("GET", "/livez", Need::Open),
    ("GET", "/readyz", Need::Read),
    ("GET", "/metrics", Need::Read),
];

/// What a request demands, by the route it matched (`None`: no route did, so it is for the page).
fn need(method: &Method, matched: Option<&str>, path: &str) -> Need {
    let Some(matched) = matched else {
        return if path.starts_with("/api/") { Need::Read } else { Need::Open };
    };
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut of_path = ROUTES.iter().filter(|(_, route, _)| *route == matched);
    of_path.find(|(known, ..)| *known == method).map_or(Need::Admin, |(.., need)| *need)
}

/// The gate: goes on only with a request that may do what it asks.
pub(crate) async fn gate(
    State(policy): State<Arc<AccessPolicy>>,
    mut request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let need = need(request.method(), matched, request.uri().path());
    match admit(&policy, &request, need) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn admit(policy: &AccessPolicy, request: &Request, need: Need) -> Result<Caller, ApiError> {
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        let hint = "send one Host header";
        return Err(ApiError::bad_request("Host", "the request names more than one host", hint));
    }
    match policy {
        AccessPolicy::Loopback => {
            check_host(request)?;
            check_origin(request)?;
        }
        AccessPolicy::Insecure => check_origin(request)?,
        AccessPolicy::Tokens(_) if need == Need::Open => {}
        AccessPolicy::Tokens(tokens) => return check_token(tokens, request, need),
    }
    Ok(Caller { tenant: Tenant::default() })
}

/// Keeps out pages whose name was pointed at this machine to get at what is on it.
fn check_host(request: &Request) -> Result<(), ApiError> {
    let named = [request.uri().authority().map(|host| host.as_str()), host(request)];
    if named.iter().any(Option::is_some) && named.into_iter().flatten().all(is_local) {
        return Ok(());
    }
    let hint = "on a loopback address use localhost, 127.0.0.1 or [::1]; for other names use \
                --listen with another address, and a token";
    Err(ApiError::forbidden("the request is for another host", hint).about("Host"))
}

fn is_local(authority: &str) -> bool {
    let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (name, port) = match authority[after_bracket..].rfind(':') {
        Some(at) => authority.split_at(after_bracket + at),
        None => (authority, ""),
    };
    let digits = port.strip_prefix(':').unwrap_or_default();
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]")
}

/// Keeps pages of other sites from changing anything through the browser of somebody who may.
fn check_origin(request: &Request) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let origin = origin.to_str().unwrap_or_default();
    let from = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    if from.is_some_and(|from| host(request).is_some_and(|host| host.eq_ignore_ascii_case(from))) {
        return Ok(());
    }
    let hint = "a request that changes something must come from our own page or from no page";
    Err(ApiError::forbidden("the request comes from another site's page", hint).about("Origin"))
}

fn host(request: &Request) -> Option<&str> {
    request.headers().get(header::HOST)?.to_str().ok()
}

fn check_token(tokens: &[Token], request: &Request, need: Need) -> Result<Caller, ApiError> {
    let secret = match (bearer(request.headers()), cookie(request.headers())) {
        (Some(secret), _) => secret,
        (None, Some(secret)) => {
            check_origin(request)?;
            secret
        }
        (None, None) => return Err(ApiError::unauthorized("this address asks for a token")),
    };
    let token = known(tokens, secret)?;
    if !token.role.may(need) {
        let message = format!("a token with the role {} may not do this", token.role.name());
        return Err(ApiError::forbidden(message, "use a token with another role"));
    }
    Ok(Caller { tenant: token.tenant.clone() })
}

/// Whether the token is good for anything here.
pub(crate) fn check_login(policy: &AccessPolicy, secret: &str) -> Result<(), ApiError> {
    match policy {
        AccessPolicy::Tokens(tokens) => known(tokens, secret).map(drop),
        AccessPolicy::Loopback | AccessPolicy::Insecure => Ok(()),
    }
}

/// Looks at every token, whichever it is.
fn known<'a>(tokens: &'a [Token], secret: &str) -> Result<&'a Token, ApiError> {
    let matching =
        |found, token: &'a Token| if token.secret.is(secret) { Some(token) } else { found };
    let found = tokens.iter().fold(None, matching);
    found.ok_or_else(|| ApiError::unauthorized("this token is not known here"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|value| value.split(';')).filter_map(|one| one.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, secret)| secret.trim())
}

#[cfg(test)]
mod tests;
