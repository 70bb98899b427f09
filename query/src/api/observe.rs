//! Around every answer: its count, its time, and the headers that all answers share.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::access::ROUTES;
use crate::metrics;

/// What requests that match no route are counted as.
const PAGE: &str = "page";

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let known = ROUTES.iter().find(|(_, path, _)| Some(*path) == matched);
    let route = known.map_or(PAGE, |(_, path, _)| path);
    let started = Instant::now();
    let mut response = next.run(request).await;
    metrics::answered(route, response.status().as_u16(), started.elapsed());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
