//! Who gets through the gate, and who is told why not.

use axum::body::Body;
use axum::http::StatusCode;

use super::super::token::Secret;
use super::*;

fn request(method: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri("/api/v1/logs");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn token(role: Role, secret: &str) -> Token {
    Token {
        role,
        tenant: Tenant::parse(&format!("{secret}-tenant")).unwrap(),
        secret: Secret::new(secret.to_owned()),
        fingerprint: format!("{secret}-print").into(),
    }
}

fn tokens() -> AccessPolicy {
    AccessPolicy::fixed(vec![
        token(Role::Ingest, "i"),
        token(Role::Read, "r"),
        token(Role::Write, "w"),
        token(Role::Admin, "a"),
        token(Role::Admin, ""),
    ])
}

#[track_caller]
fn check(policy: &AccessPolicy, request: &Request, need: Need, expect: u16) {
    let caller = caller(policy, request.headers());
    let status = match admit(policy, request, need, caller.as_ref()) {
        Ok(()) => StatusCode::OK,
        Err(refusal) => refusal.into_response().status(),
    };
    assert_eq!(status.as_u16(), expect, "{request:?} for {need:?}");
}

#[test]
fn on_loopback_only_requests_for_this_machine_come_in() {
    let hosts = [
        ("localhost", 200),
        ("LocalHost:6456", 200),
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("[::1]:6456", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example:6456", 403),
        ("localhost:80@evil.example", 403),
        ("127.0.0.2", 403),
        ("::1", 403),
        ("", 403),
    ];
    for (host, expect) in hosts {
        check(&AccessPolicy::Loopback, &request("GET", &[("host", host)]), Need::Read, expect);
    }
    check(&AccessPolicy::Loopback, &request("GET", &[]), Need::Read, 403);
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let origins = [
        ("POST", "http://localhost:6456", 200),
        ("POST", "http://localhost:3000", 403),
        ("POST", "http://evil.example", 403),
        ("POST", "null", 403),
        ("DELETE", "http://evil.example", 403),
        ("GET", "http://evil.example", 200),
    ];
    for policy in [AccessPolicy::Loopback, AccessPolicy::Insecure] {
        for (method, origin, expect) in origins {
            let headers = [("host", "localhost:6456"), ("origin", origin)];
            check(&policy, &request(method, &headers), Need::Read, expect);
        }
    }
}

#[test]
fn each_role_opens_what_the_table_gives_it() {
    let grants = [
        ("Bearer i", [200, 403, 200, 403]),
        ("Bearer r", [403, 200, 200, 403]),
        ("bearer w", [403, 200, 200, 403]),
        ("Bearer a", [200, 200, 200, 200]),
        ("Bearer x", [401; 4]),
        ("Bearer ", [401; 4]),
        ("Basic a", [401; 4]),
        ("a", [401; 4]),
    ];
    for (authorization, expect) in grants {
        let request = request("GET", &[("authorization", authorization)]);
        let needs = [Need::Ingest, Need::Read, Need::ReadOrIngest, Need::Admin];
        for (need, expect) in needs.into_iter().zip(expect) {
            check(&tokens(), &request, need, expect);
        }
    }
    check(&tokens(), &request("GET", &[]), Need::Read, 401);
    check(&tokens(), &request("GET", &[]), Need::Open, 200);
}

#[test]
fn a_cookie_is_as_good_as_its_token_but_not_for_another_sites_page() {
    let ask = |method, cookie, origin| {
        request(method, &[("host", "n.example:6456"), ("cookie", cookie), ("origin", origin)])
    };
    let cookie = "theme=dark; nilometer_token=a";
    check(&tokens(), &ask("DELETE", cookie, "http://n.example:6456"), Need::Admin, 200);
    check(&tokens(), &ask("DELETE", cookie, "http://evil.example"), Need::Admin, 403);
    check(&tokens(), &ask("GET", "nilometer_token=r", "http://n.example:6456"), Need::Admin, 403);
    check(&tokens(), &ask("GET", "nilometer_token=x", "http://n.example:6456"), Need::Read, 401);
}

#[test]
fn a_token_brings_its_tenant_its_role_and_its_name() {
    let request = request("GET", &[("authorization", "Bearer r")]);
    let caller = caller(&tokens(), request.headers()).unwrap();
    assert_eq!((caller.tenant.name(), caller.role), ("r-tenant", Some(Role::Read)));
    assert_eq!(caller.fingerprint.as_deref(), Some("r-print"));
}

#[test]
fn tokens_that_are_taken_away_open_nothing_and_new_ones_do_at_once() {
    let (sender, tokens) = watch::channel([token(Role::Read, "old")].into());
    let policy = AccessPolicy::Tokens(tokens);
    let ask = |secret: &str| request("GET", &[("cookie", &format!("nilometer_token={secret}"))]);
    check(&policy, &ask("old"), Need::Read, 200);
    sender.send_replace([token(Role::Read, "new")].into());
    check(&policy, &ask("old"), Need::Read, 401);
    check(&policy, &ask("new"), Need::Read, 200);
}

#[test]
fn a_route_that_the_table_forgot_is_closed() {
    assert_eq!(need(&Method::GET, Some("/api/v1/new"), "/api/v1/new"), Need::Admin);
    assert_eq!(need(&Method::PUT, Some("/api/v1/logs"), "/api/v1/logs"), Need::Admin);
    assert_eq!(need(&Method::HEAD, Some("/api/v1/logs"), "/api/v1/logs"), Need::Read);
    assert_eq!(need(&Method::GET, None, "/api/v1/nothing"), Need::Read);
    assert_eq!(need(&Method::GET, None, "/logs"), Need::Open);
}
