//! The page: static files that hold no data, and deep links that all answer with it.
//!
//! Invariants:
//! - a URL of the page answers 200 with the page itself; what is neither that nor a file is 404;
//! - every file is sent with the content security policy that the web app was made for.

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
    /// The file at that path below `/` (`assets/main.js`); the empty path is the page itself.
    pub find: fn(&str) -> Option<Asset>,
    /// The content security policy that the files were made for.
    pub policy: &'static str,
}

/// First parts of the page's own URLs.
const PAGES: [&str; 11] = [
    "", "logs", "traces", "paths", "health", "patterns", "releases", "alerts", "pipeline",
    "services", "login",
];

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
    let deep = || PAGES.contains(&first).then(|| (assets.find)("")).flatten();
    match (assets.find)(path).or_else(deep) {
        Some(asset) => file(asset, assets.policy, &headers),
        None => ApiError::not_found(format!("there is nothing at /{path}"), "the page is at /")
            .into_response(),
    }
}

fn file(asset: Asset, policy: &'static str, headers: &HeaderMap) -> Response {
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
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
    if zipped.is_some() {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether the header lists the word, whatever parameters stand behind it (but not `q=0`).
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let (listed, parameters) = one.split_once(';').unwrap_or((one, ""));
        listed.trim() == word && parameters.trim() != "q=0"
    })
}
