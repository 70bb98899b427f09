//! Who changed what, or tried to: one entry per changing request, written before it is answered.
//!
//! ```text
//!   a request that may change something ──> a task of its own ──> handler ──> entry ──> answer
//! ```
//! Invariants:
//! - a caller that hangs up ends neither the change nor its entry;
//! - no entry holds a token, good or bad: tokens are named by their fingerprint, and parameters that look
//!   like secrets are hidden;
//! - what records and collectors send (`/batches`, `/heartbeats`, `/ingest`) is in the ledger, not here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{Query, RawPathParams, Request};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use nilometer_model::{Clock, Timestamp};
use serde::Serialize;

use super::access::{Caller, Need};
use super::error::ApiError;
use super::limits::{AUDIT_PARAMETER_BYTES_MAX, AUDIT_PARAMETERS_MAX, RETRY_AFTER_S};
use super::peer::Peer;

/// Writes an entry down; called where it may wait for a disk. Handed in by the binary.
pub type WriteAudit = Arc<dyn Fn(&AuditEntry) + Send + Sync>;

/// Names of parameters whose values are never written down.
const SECRET_NAMES: [&str; 6] = ["token", "secret", "password", "key", "authorization", "cookie"];
const HIDDEN: &str = "(hidden)";

/// One changing request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    time: Timestamp,
    /// Whose records it is about; unknown where no token was shown that we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// The token's fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Arc<str>>,
    method: String,
    route: String,
    parameters: BTreeMap<String, String>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<SocketAddr>,
}

/// What the gate needs to write entries.
#[derive(Clone)]
pub(crate) struct Audit {
    pub(crate) write: WriteAudit,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Whether such a request belongs here: the door's own, and whatever takes more than reading.
pub(crate) fn is_change(method: &Method, need: Need) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        && matches!(need, Need::Open | Need::Write | Need::Admin)
}

impl Audit {
    /// What is known of a request before it is answered.
    pub(crate) async fn begin(
        &self,
        request: &mut Request,
        route: &str,
        caller: Option<&Caller>,
    ) -> AuditEntry {
        let mut entry = AuditEntry {
            time: self.clock.now(),
            tenant: None,
            role: None,
            token: None,
            method: request.method().to_string(),
            route: route.to_owned(),
            parameters: parameters(request).await,
            status: 0,
            peer: request.extensions().get::<Peer>().map(|peer| peer.address),
        };
        entry.is_of(caller);
        entry
    }

    /// Sees a request through, and writes down what came of it.
    pub(crate) async fn follow(
        self,
        mut entry: AuditEntry,
        answer: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        let task = tokio::spawn(async move {
            let response = answer.await;
            entry.is_of(response.extensions().get::<Caller>());
            entry.status = response.status().as_u16();
            let written = tokio::task::spawn_blocking(move || (self.write)(&entry)).await;
            if let Err(error) = written {
                tracing::error!(%error, "an audit entry was not written");
            }
            response
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request broke");
            ApiError::unavailable("the request was interrupted", RETRY_AFTER_S).into_response()
        })
    }
}

impl AuditEntry {
    fn is_of(&mut self, caller: Option<&Caller>) {
        let Some(caller) = caller else { return };
        self.tenant = Some(caller.tenant.name().to_owned());
        self.role = caller.role.map(super::token::Role::name);
        self.token = caller.fingerprint.as_ref().map(Arc::clone);
    }
}

/// What stands in the path and behind the question mark, within limits.
async fn parameters(request: &mut Request) -> BTreeMap<String, String> {
    let in_path = request.extract_parts::<RawPathParams>().await;
    let in_path = in_path.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut pairs: Vec<(String, String)> = in_path.collect();
    if let Ok(Query(asked)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) {
        pairs.extend(asked);
    }
    pairs.truncate(AUDIT_PARAMETERS_MAX);
    pairs.into_iter().map(|(name, value)| (cut(&name), shown(&name, &value))).collect()
}

fn shown(name: &str, value: &str) -> String {
    let name = name.to_ascii_lowercase();
    if SECRET_NAMES.iter().any(|secret| name.contains(secret)) {
        HIDDEN.to_owned()
    } else {
        cut(value)
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(AUDIT_PARAMETER_BYTES_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_something_is_written_down_and_records_are_not() {
        for (method, need, expect) in [
            (Method::POST, Need::Open, true),
            (Method::DELETE, Need::Admin, true),
            (Method::PUT, Need::Write, true),
            (Method::POST, Need::Ingest, false),
            (Method::POST, Need::Read, false),
            (Method::GET, Need::Admin, false),
            (Method::HEAD, Need::Open, false),
        ] {
            assert_eq!(is_change(&method, need), expect, "{method} {need:?}");
        }
    }

    #[test]
    fn a_parameter_is_kept_to_its_limit_and_a_secret_not_at_all() {
        let (fits, longer) = (
            "ä".repeat(AUDIT_PARAMETER_BYTES_MAX / 2),
            "ä".repeat(AUDIT_PARAMETER_BYTES_MAX / 2 + 1),
        );
        assert_eq!(shown("q", &fits), fits);
        assert_eq!(shown("q", &longer), fits);
        for name in ["token", "Access_Token", "apikey", "password"] {
            assert_eq!(shown(name, "hunter2"), HIDDEN, "{name}");
        }
    }
}
