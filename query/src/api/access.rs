//! Who may do what: one table of routes, one gate in front of all of them.
//!
//! ```text
//!                  Loopback             Tokens                  Insecure
//!   Host           must be local        any                     any
//!   Origin, when   must be the Host     must be the Host, when  must be the Host
//!   it changes                          a cookie brings the token,
//!                                       and on open routes
//!   token          -                    by the table, else 401  -
//! ```
//! Invariants:
//! - a route that the table does not name is for administrators only: forgetting one closes it;
//! - whoever is refused gets no answer from behind the gate, and a refused change is written down too.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nilometer_model::Tenant;
use tokio::sync::watch;

use super::audit::{self, Audit};
use super::error::ApiError;
use super::peer::{Peer, PeerCertificate};
use super::token::{self, Role, Token, Tokens};

/// Who is asked for what on the address that we listen on. Made by the binary.
#[derive(Debug, Clone)]
pub enum AccessPolicy {
    /// Nobody is asked, but the request must be meant for this machine.
    Loopback,
    /// Every route but the open ones needs one of these.
    Tokens(Tokens),
    /// Nobody is asked; somebody said so on purpose.
    Insecure,
}

impl AccessPolicy {
    /// These tokens, for as long as the process lives.
    #[must_use]
    pub fn fixed(tokens: Vec<Token>) -> Self {
        Self::Tokens(watch::channel(tokens.into()).1)
    }

    /// Returns once the token that the caller came in with is let in no longer.
    pub(crate) async fn expelled(&self, caller: &Caller) {
        let is_his = |token: &Token| {
            token.tenant == caller.tenant
                && Some(token.role) == caller.role
                && Some(&token.fingerprint) == caller.fingerprint.as_ref()
        };
        if let Self::Tokens(tokens) = self {
            let mut tokens = tokens.clone();
            if tokens.wait_for(|tokens| !tokens.iter().any(is_his)).await.is_ok() {
                return;
            }
        }
        // Nobody is asked, or no token changes any more.
        std::future::pending().await
    }
}

/// Whose token came with the request; handlers find it among the request's extensions, those of other crates
/// its tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    pub(crate) tenant: Tenant,
    /// Unknown where nobody is asked, and everything may be done.
    pub(crate) role: Option<Role>,
    /// Names the token.
    pub(crate) fingerprint: Option<Arc<str>>,
    /// For which nodes he may speak.
    pub(crate) certificate: PeerCertificate,
}

impl From<&Token> for Caller {
    fn from(token: &Token) -> Self {
        Self {
            tenant: token.tenant.clone(),
            role: Some(token.role),
            fingerprint: Some(Arc::clone(&token.fingerprint)),
            certificate: PeerCertificate::default(),
        }
    }
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
    ("GET", "/api/v1/logs/fields", Need::Read),
    ("GET", "/api/v1/logs/fields/{name}/values", Need::Read),
    ("GET", "/api/v1/logs/patterns", Need::Read),
    ("POST", "/api/v1/logs/patterns/{id}/merge", Need::Write),
    ("GET", "/api/v1/logs/context", Need::Read),
    ("GET", "/api/v1/complete", Need::Read),
    ("GET", "/api/v1/logs/tail", Need::Read),
    ("GET", "/api/v1/traces/{id}", Need::Read),
    ("GET", "/api/v1/traces/compare", Need::Read),
    ("GET", "/api/v1/paths", Need::Read),
    ("POST", "/api/v1/query", Need::Read),
    ("GET", "/api/v1/services", Need::Read),
    ("GET", "/api/v1/services/{name}/operations", Need::Read),
    ("GET", "/api/v1/graph", Need::Read),
    ("GET", "/api/v1/traces", Need::Read),
    ("GET", "/api/v1/export", Need::Read),
    ("GET", "/api/v1/ledger", Need::Read),
    ("POST", "/api/v1/verify", Need::Admin),
    ("POST", "/api/v1/purge", Need::Admin),
    ("GET", "/api/v1/purges", Need::Admin),
    ("DELETE", "/api/v1/purges/{id}", Need::Admin),
    ("GET", "/api/v1/storage", Need::Read),
    ("GET", "/api/v1/pins", Need::Read),
    ("POST", "/api/v1/pins", Need::Admin),
    ("DELETE", "/api/v1/pins/{name}", Need::Admin),
    ("GET", "/api/v1/sources", Need::ReadOrIngest),
    ("GET", "/api/v1/nodes", Need::Read),
    ("DELETE", "/api/v1/nodes/{node}", Need::Admin),
    ("GET", "/api/v1/components", Need::Read),
    ("GET", "/api/v1/health", Need::Read),
    ("GET", "/api/v1/rules", Need::Read),
    ("POST", "/api/v1/rules", Need::Write),
    ("GET", "/api/v1/rules/{id}", Need::Read),
    ("PUT", "/api/v1/rules/{id}", Need::Write),
    ("DELETE", "/api/v1/rules/{id}", Need::Write),
    ("POST", "/api/v1/rules/replay", Need::Read),
    ("GET", "/api/v1/alerts", Need::Read),
    ("GET", "/api/v1/alerts/history", Need::Read),
    ("GET", "/api/v1/alerts/deliveries", Need::Read),
    ("GET", "/api/v1/silences", Need::Read),
    ("POST", "/api/v1/silences", Need::Write),
    ("GET", "/api/v1/silences/{id}", Need::Read),
    ("DELETE", "/api/v1/silences/{id}", Need::Write),
    ("GET", "/api/v1/dead-letters", Need::Read),
    ("POST", "/api/v1/dead-letters/{id}/retry", Need::Write),
    ("GET", "/api/v1/demo", Need::Read),
    ("POST", "/api/v1/demo/{fault}", Need::Write),
    ("POST", "/api/v1/batches", Need::Ingest),
    ("POST", "/api/v1/dictionaries", Need::Ingest),
    ("POST", "/api/v1/heartbeats", Need::Ingest),
    ("POST", "/api/v1/ingest", Need::Ingest),
    ("POST", "/v1/logs", Need::Ingest),
    ("POST", "/v1/traces", Need::Ingest),
    ("POST", "/v1/metrics", Need::Ingest),
    ("GET", "/api/v1/login", Need::ReadOrIngest),
    ("POST", "/api/v1/login", Need::Open),
    ("DELETE", "/api/v1/login", Need::Open),
    ("GET", "/livez", Need::Open),
    ("GET", "/readyz", Need::Read),
    ("GET", "/metrics", Need::Read),
];

/// The calls of OTLP over gRPC, which have a port of their own.
const CALLS: &[(&str, &str, Need)] = &[
    ("POST", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", Need::Ingest),
    ("POST", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", Need::Ingest),
    ("POST", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", Need::Ingest),
];

/// Every row there is.
pub(crate) fn rows() -> impl Iterator<Item = &'static (&'static str, &'static str, Need)> {
    ROUTES.iter().chain(CALLS)
}

/// What a request demands, by the route it matched (`None`: no route did, so it is for the page).
fn need(method: &Method, matched: Option<&str>, path: &str) -> Need {
    let Some(matched) = matched else {
        return if path.starts_with("/api/") { Need::Read } else { Need::Open };
    };
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut of_path = rows().filter(|(_, route, _)| *route == matched);
    of_path.find(|(known, ..)| *known == method).map_or(Need::Admin, |(.., need)| *need)
}

/// What stands at the gate.
pub(crate) struct Gate {
    pub(crate) policy: AccessPolicy,
    /// Where changes are written down; nowhere in a process in which nothing can be changed.
    pub(crate) audit: Option<Audit>,
}

/// The gate: goes on only with a request that may do what it asks.
pub(crate) async fn gate(
    State(gate): State<Arc<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map(MatchedPath::as_str);
    let need = need(request.method(), route, request.uri().path());
    let caller = caller(&gate.policy, request.headers());
    let admitted = admit(&gate.policy, &request, need, caller.as_ref());
    let is_change = audit::is_change(request.method(), need);
    let entry = match (route.filter(|_| is_change), &gate.audit) {
        (Some(route), Some(audit)) => {
            let entry = audit.begin(&mut request, route, caller.as_ref().ok()).await;
            Some((audit.clone(), entry))
        }
        _ => None,
    };
    let answer = async move {
        if let Ok(mut caller) = caller {
            if let Some(peer) = request.extensions().get::<Peer>() {
                caller.certificate = peer.certificate.clone();
            }
            request.extensions_mut().insert(caller.tenant.clone());
            request.extensions_mut().insert(caller);
        }
        match admitted {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    match entry {
        Some((audit, entry)) => audit.follow(entry, answer).await,
        None => answer.await,
    }
}

/// Nobody that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stranger {
    ShowsNothing,
    ShowsUnknown,
}

/// Who asks, whatever it is that he asks.
fn caller(policy: &AccessPolicy, headers: &HeaderMap) -> Result<Caller, Stranger> {
    let AccessPolicy::Tokens(tokens) = policy else { return Ok(Caller::default()) };
    let secret = bearer(headers).or_else(|| cookie(headers)).ok_or(Stranger::ShowsNothing)?;
    let tokens = tokens.borrow();
    token::find(&tokens, secret).map(Caller::from).ok_or(Stranger::ShowsUnknown)
}

fn admit(
    policy: &AccessPolicy,
    request: &Request,
    need: Need,
    caller: Result<&Caller, &Stranger>,
) -> Result<(), ApiError> {
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        let hint = "send one Host header";
        return Err(ApiError::bad_request("Host", "the request names more than one host", hint));
    }
    match policy {
        AccessPolicy::Loopback => {
            check_host(request)?;
            check_origin(request)
        }
        AccessPolicy::Insecure => check_origin(request),
        AccessPolicy::Tokens(_) if need == Need::Open => check_origin(request),
        AccessPolicy::Tokens(_) => check_role(request, need, caller),
    }
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

fn check_role(
    request: &Request,
    need: Need,
    caller: Result<&Caller, &Stranger>,
) -> Result<(), ApiError> {
    let unauthorized = |stranger: &Stranger| match stranger {
        Stranger::ShowsNothing => ApiError::unauthorized("this address asks for a token"),
        Stranger::ShowsUnknown => unknown_token(),
    };
    if bearer(request.headers()).is_none() && cookie(request.headers()).is_some() {
        check_origin(request)?;
    }
    let role = caller.map_err(unauthorized)?.role;
    match role {
        Some(role) if !role.may(need) => {
            let message = format!("a token with the role {} may not do this", role.name());
            Err(ApiError::forbidden(message, "use a token with another role"))
        }
        _ => Ok(()),
    }
}

/// Whom a token's text would let in.
pub(crate) fn check_login(policy: &AccessPolicy, text: &str) -> Result<Caller, ApiError> {
    let AccessPolicy::Tokens(tokens) = policy else { return Ok(Caller::default()) };
    token::find(&tokens.borrow(), text).map(Caller::from).ok_or_else(unknown_token)
}

fn unknown_token() -> ApiError {
    ApiError::unauthorized("this token is not known here")
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
