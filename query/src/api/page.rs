//! The page: static files that hold no data, and deep links that all answer with it.
//!
//! Invariants:
//! - a URL of the page answers 200 with the page itself; what is neither that nor a file is 404;
//! - nothing but our own files runs in it: the content security policy names no other source.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::error::ApiError;

/// One static file.
#[derive(Debug, Clone)]
pub struct Asset {
    pub bytes: Bytes,
    pub mime: String,
    /// Without quotes.
    pub etag: String,
}

/// Where the files of the page come from: the path below `/` (`index.html`, `assets/main.js`) to the file.
pub type Assets = Arc<dyn Fn(&str) -> Option<Asset> + Send + Sync>;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";
const INDEX: &str = "index.html";
/// First parts of the page's own URLs.
const PAGES: [&str; 11] = [
    "", "logs", "traces", "paths", "health", "patterns", "releases", "alerts", "pipeline",
    "services", "login",
];
/// Files below this carry a hash of their content in their name.
const HASHED: &str = "assets/";

/// Answers everything that no route matched.
pub(crate) async fn page(
    State(assets): State<Assets>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if uri.path().starts_with("/api/") || uri.path() == "/api" {
        let message = format!("there is no route {}", uri.path());
        let hint = "GET /api/openapi.json lists every route";
        return ApiError::not_found(message, hint).into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return ApiError::method_not_allowed().into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if let Some(asset) = assets(path).filter(|_| !path.is_empty()) {
        return file(asset, path, &headers);
    }
    match PAGES.contains(&first).then(|| assets(INDEX)).flatten() {
        Some(index) => file(index, INDEX, &headers),
        None => ApiError::not_found(format!("there is nothing at /{path}"), "the page is at /")
            .into_response(),
    }
}

fn file(asset: Asset, path: &str, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", asset.etag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_response()
    };
    let lasts =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let out = response.headers_mut();
    set(out, header::CONTENT_TYPE, &asset.mime);
    set(out, header::ETAG, &etag);
    set(out, header::CACHE_CONTROL, lasts);
    set(out, header::CONTENT_SECURITY_POLICY, POLICY);
    set(out, header::REFERRER_POLICY, "same-origin");
    response
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
