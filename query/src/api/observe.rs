//! Around every answer: its count, its time, and the headers that all answers share.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::access::{Need, rows};
use crate::metrics;

/// What requests that match no route are counted as.
const PAGE: &str = "page";

/// Keeps other sites' pages from reading, framing or guessing at what we answer.
const ISOLATION: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Whether machines hand data in by this route. Exported spans come in by such a door too, so what it does
/// is never described by a span.
#[must_use]
pub fn is_data_door(route: &str) -> bool {
    rows().any(|(_, path, need)| *path == route && *need == Need::Ingest)
}

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let known = rows().find(|(_, path, _)| Some(*path) == matched);
    let route = known.map_or(PAGE, |(_, path, _)| path);
    let started = Instant::now();
    let mut response = next.run(request).await;
    metrics::answered(route, response.status().as_u16(), started.elapsed());
    let headers = response.headers_mut();
    for (name, value) in ISOLATION {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
