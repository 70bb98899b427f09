//! The web app, embedded: every file that `build.rs` made, by its path.
//!
//! - The bytes are in the binary; nothing is read from disk, nothing is fetched from elsewhere.
//! - `index.html` is sent with a nonce in it, other bytes each time: nobody keeps it. What else lies at the
//!   root may change with any build: check its `etag`. Files below `assets/` carry a hash of their content
//!   in their name: they may be kept for ever.
//! - The web app runs under [`CONTENT_SECURITY_POLICY`]; whoever serves it sends that header.
//! - Which paths are deep links into the web app (`/logs`, ..) and so answer with [`index`] is for the
//!   server to say; [`asset`] knows `/` and files only.

/// What the web app needs, and nothing else: its own files and its own server, and styles that its
/// script makes under the response's nonce, which stands where `{nonce}` stands here and in the page; no
/// inline script, no `eval`, and no way to make markup from text.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; \
    style-src 'self' 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; font-src 'self'; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// `Cache-Control` of what may be kept for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// `Cache-Control` of what must be asked for again, with its `etag`.
const ASK_AGAIN: &str = "no-cache";

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One file of the web app.
#[derive(Clone, Copy)]
pub struct Asset {
    /// Below the root, without a leading slash: `assets/index-Cq3Yx0bK.js`.
    pub path: &'static str,
    /// The file as it is.
    pub bytes: &'static [u8],
    /// The same, compressed ahead: for clients that accept `Content-Encoding: gzip`. None where it
    /// would not be smaller.
    pub gzip: Option<&'static [u8]>,
    /// `Content-Type`.
    pub mime: &'static str,
    /// `ETag`, quoted; a hash of `bytes`. It names both encodings: send `Vary: Accept-Encoding`.
    pub etag: &'static str,
}

impl Asset {
    /// `Cache-Control`.
    #[must_use]
    pub fn cache_control(&self) -> &'static str {
        if self.path.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN }
    }
}

/// The file at that URL path, with or without its leading slash; `/` is the page itself.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = if path.is_empty() { "index.html" } else { path };
    let at = ASSETS.binary_search_by_key(&path, |asset| asset.path).ok()?;
    ASSETS.get(at).copied()
}

/// The page itself, which answers every deep link.
#[must_use]
pub fn index() -> Asset {
    asset("index.html").expect("build.rs refuses a web app without index.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_page() {
        let page = asset("/").unwrap();
        assert_eq!((page.path, page.mime), ("index.html", "text/html; charset=utf-8"));
        assert_eq!(page.bytes, asset("/index.html").unwrap().bytes);
        assert_eq!(page.bytes, index().bytes);
        assert!(page.bytes.starts_with(b"<!doctype html>"));
        assert_eq!(page.cache_control(), ASK_AGAIN);
    }

    #[test]
    fn what_is_not_a_file_of_the_web_app_is_nothing() {
        for path in ["/logs", "/assets", "/assets/", "/../Cargo.toml", "//", "/index.html.gz"] {
            assert!(asset(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_file_is_found_by_its_path_and_knows_its_type() {
        for each in ASSETS {
            let found = asset(each.path).unwrap();
            assert_eq!(found.etag, each.etag);
            assert!(each.etag.len() == 18 && each.etag.starts_with('"'), "{}", each.etag);
            assert_ne!(each.mime, "application/octet-stream", "{}", each.path);
            assert!(each.gzip.is_none_or(|gzip| gzip.len() < each.bytes.len()), "{}", each.path);
        }
    }

    #[test]
    fn the_page_holds_nothing_inline_and_names_no_other_host() {
        let page = std::str::from_utf8(index().bytes).unwrap();
        for forbidden in ["<style", "style=", "onload=", "://"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(page.matches("{nonce}").count(), 1);
        assert_eq!(
            page.matches("<script").count(),
            page.matches("<script type=\"module\"").count()
        );
    }
}
