//! Who gets through the gate, and who is told why not.

use axum::body::Body;
use axum::http::StatusCode;

use super::*;

fn request(method: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri("/api/v1/logs");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn tokens() -> AccessPolicy {
    let token = |role, secret: &str| Token {
        role,
        tenant: Tenant::parse(&format!("{secret}-tenant")).unwrap(),
        secret: Secret::new(secret.to_owned()),
    };
    AccessPolicy::Tokens(vec![
        token(Role::Ingest, "i"),
        token(Role::Read, "r"),
        token(Role::Write, "w"),
        token(Role::Admin, "a"),
        token(Role::Admin, ""),
    ])
}

#[track_caller]
fn check(policy: &AccessPolicy, request: &Request, need: Need, expect: u16) {
    let status = match admit(policy, request, need) {
        Ok(_) => StatusCode::OK,
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
fn a_token_brings_its_tenant() {
    let caller = admit(&tokens(), &request("GET", &[("authorization", "Bearer r")]), Need::Read);
    assert_eq!(caller.unwrap().tenant.name(), "r-tenant");
}

#[test]
fn a_route_that_the_table_forgot_is_closed() {
    assert_eq!(need(&Method::GET, Some("/api/v1/new"), "/api/v1/new"), Need::Admin);
    assert_eq!(need(&Method::PUT, Some("/api/v1/logs"), "/api/v1/logs"), Need::Admin);
    assert_eq!(need(&Method::HEAD, Some("/api/v1/logs"), "/api/v1/logs"), Need::Read);
    assert_eq!(need(&Method::GET, None, "/api/v1/nothing"), Need::Read);
    assert_eq!(need(&Method::GET, None, "/logs"), Need::Open);
}

#[test]
fn a_secret_is_never_printed() {
    let text = format!("{:?}", Secret::new("hunter2".to_owned()));
    assert_eq!(text, "Secret(..)");
}
