//! The page: what is served where, under which policy.

use std::collections::HashSet;

use serde_json::json;

use super::super::page::PAGES;
use super::harness::{Answer, World};

const POLICY: &str = "content-security-policy";

/// The nonce of a page, which its text and its policy agree on.
#[track_caller]
fn nonce(page: &Answer) -> String {
    let text = page.text();
    let nonce = text.strip_prefix("<meta property=\"csp-nonce\" nonce=\"").unwrap();
    let nonce = nonce.strip_suffix("\">").unwrap();
    let policy = format!("style-src 'self' 'nonce-{nonce}'");
    assert_eq!(page.header(POLICY), Some(policy.as_str()));
    assert!(nonce.len() == 32 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()), "{nonce}");
    nonce.to_owned()
}

#[tokio::test]
async fn each_answer_with_the_page_has_a_nonce_of_its_own_and_is_never_kept() {
    let world = World::new().await;
    let paths = ["/", "/", "/index.html", "/logs?q=a&from=-1h", "/logs/deeper", "/login"];
    let mut nonces = HashSet::new();
    for path in paths {
        let page = world.ask("GET", path, &[("accept-encoding", "gzip")]).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!((page.header("etag"), page.header("content-encoding")), (None, None));
        nonces.insert(nonce(&page));
    }
    assert_eq!(nonces.len(), paths.len());
    let again = world.ask("GET", "/", &[("if-none-match", "\"e1\"")]).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn where_nothing_is_a_browser_gets_the_page_to_say_so_and_a_program_gets_an_error() {
    let world = World::new().await;
    let browser = [("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")];
    for path in ["/nothing", "/loggs", "/loggs/abc"] {
        let page = world.ask("GET", path, &browser).await;
        assert_eq!(page.status, 404, "{path}");
        nonce(&page);
        for accept in [&[][..], &[("accept", "*/*")]] {
            let error = world.ask("GET", path, accept).await;
            assert_eq!((error.status, &error.json()["error"]["code"]), (404, &json!("not_found")));
        }
    }
    let api = world.ask("GET", "/api/v1/nothing", &browser).await;
    assert_eq!((api.status, &api.json()["error"]["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn a_file_is_kept_by_its_etag_and_bears_the_policy() {
    let world = World::new().await;
    let script = world.ask("GET", "/assets/main.js", &[]).await;
    assert_eq!(script.header("content-type"), Some("text/javascript"));
    assert_eq!(script.header("cache-control"), Some("immutable"));
    assert!(script.header(POLICY).unwrap().starts_with("style-src 'self' 'nonce-"));
    assert_eq!((script.text().as_str(), script.header("content-encoding")), ("run()", None));
    let zipped = world.ask("GET", "/assets/main.js", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.text(), "zipped");
    let again = world.ask("GET", "/assets/main.js", &[("if-none-match", "\"e1\"")]).await;
    assert_eq!((again.status, again.text().as_str()), (304, ""));
    assert_eq!(world.ask("GET", "/assets/other.js", &[]).await.status, 404);
}

#[tokio::test]
async fn every_answer_is_closed_to_pages_of_other_sites() {
    let world = World::new().await;
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/assets/main.js", 200),
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/logs", 200),
        ("GET", "/api/v1/logs?q=(", 400),
        ("PUT", "/api/v1/logs", 405),
        ("GET", "/livez", 200),
    ] {
        let answer = world.ask(method, path, &[]).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
    }
    assert_eq!(
        world.ask("GET", "/api/v1/logs", &[]).await.header("cache-control"),
        Some("no-store")
    );
}

#[test]
fn every_page_of_the_web_app_is_a_page_here() {
    let registry = include_str!("../../../../ui/web/state/pages.ts");
    let paths = registry.split("path: '/").skip(1);
    let mut paths: Vec<&str> = paths.map(|rest| rest.split('\'').next().unwrap()).collect();
    assert!(paths.contains(&"logs"), "{paths:?}");
    paths.extend(["", "login"]);
    paths.sort_unstable();
    let mut served = PAGES.to_vec();
    served.sort_unstable();
    assert_eq!(paths, served);
}
