//! The page: static files that hold no data, and deep links that all answer with it.
//!
//! ```text
//!   a file of the web app      200, kept by its etag
//!   a URL of the page          200, the page, a nonce of its own, never kept
//!   anything else, a browser   404, the page too: it says that there is nothing here
//!   anything else              404
//! ```
//! Invariants:
//! - every file is sent with the content security policy that the web app was made for;
//! - a nonce is used once: 128 random bits, in one page and in the policy that comes with it.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::error::ApiError;

/// One static file, embedded in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    pub bytes: &'static [u8],
    /// The same, compressed ahead, where that is smaller.
    pub gzip: Option<&'static [u8]>,
    pub mime: &'static str,
    /// With its quotes; names both encodings.
    pub etag: &'static str,
    pub cache_control: &'static str,
}

/// Where the files of the page come from. Handed in by the binary, which alone knows the web app.
#[derive(Debug, Clone, Copy)]
pub struct Assets {
    /// The file at that path below `/` (`assets/main.js`); the empty path is the page itself, which
    /// holds `{nonce}` where its nonce is to stand.
    pub find: fn(&str) -> Option<Asset>,
    /// The content security policy that the files were made for, with `{nonce}` too.
    pub policy: &'static str,
}

/// First parts of the page's own URLs: those of `ui/web/state/pages.ts`.
pub(super) const PAGES: [&str; 7] = ["", "health", "logs", "traces", "paths", "alerts", "login"];

/// The file that is the page, by its other name.
const INDEX: &str = "index.html";

/// Stands where a response's nonce is to stand.
const NONCE: &str = "{nonce}";

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
    let index = || (assets.find)("").map(|index| (index, fresh_nonce()));
    let first = path.split('/').next().unwrap_or_default();
    if PAGES.contains(&first) || path == INDEX {
        if let Some((index, nonce)) = index() {
            return page_itself(StatusCode::OK, index, assets.policy, &nonce);
        }
    } else if let Some(asset) = (assets.find)(path) {
        return file(asset, assets.policy, &headers);
    } else if lists(&headers, header::ACCEPT, "text/html")
        && let Some((index, nonce)) = index()
    {
        return page_itself(StatusCode::NOT_FOUND, index, assets.policy, &nonce);
    }
    ApiError::not_found(format!("there is nothing at /{path}"), "the page is at /").into_response()
}

fn fresh_nonce() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The page with its nonce. It is other bytes each time, so nobody keeps it.
fn page_itself(status: StatusCode, index: Asset, policy: &str, nonce: &str) -> Response {
    let text = String::from_utf8_lossy(index.bytes).replace(NONCE, nonce);
    let mut response = (status, text).into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(index.mime));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guard(out, policy, nonce);
    response
}

fn file(asset: Asset, policy: &str, headers: &HeaderMap) -> Response {
    let zipped = asset.gzip.filter(|_| lists(headers, header::ACCEPT_ENCODING, "gzip"));
    let mut response = if lists(headers, header::IF_NONE_MATCH, asset.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Bytes::from_static(zipped.unwrap_or(asset.bytes)).into_response()
    };
    let out = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, asset.mime),
        (header::ETAG, asset.etag),
        (header::CACHE_CONTROL, asset.cache_control),
        (header::VARY, "accept-encoding"),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
    if zipped.is_some() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    guard(out, policy, &fresh_nonce());
    response
}

/// A file is opened by itself, too (a picture, say): it bears the policy with a nonce that nothing knows.
fn guard(out: &mut HeaderMap, policy: &str, nonce: &str) {
    // A policy that cannot be a header lets nothing through at all.
    let policy = HeaderValue::from_str(&policy.replace(NONCE, nonce))
        .unwrap_or(HeaderValue::from_static("default-src 'none'; sandbox"));
    out.insert(header::CONTENT_SECURITY_POLICY, policy);
    out.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

/// Whether the header lists the word, whatever parameters stand behind it (but not `q=0`).
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let (listed, parameters) = one.split_once(';').unwrap_or((one, ""));
        listed.trim() == word && parameters.trim() != "q=0"
    })
}
