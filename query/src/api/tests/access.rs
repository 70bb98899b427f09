//! The door from outside: every route with every role, logins, certificates, and what is written down.

use axum::body::Body;
use axum::http::Request;
use nilometer_model::Tenant;
use serde_json::json;
use tokio::sync::watch;

use super::harness::{World, heartbeat, post, tokens};
use super::*;
use crate::api::limits::LOGIN_FAILURES_MAX;

const ROLES: [&str; 5] = ["", "ingest", "read", "write", "admin"];

/// Whether a role may do what a route demands: written out once more, not taken from the code.
fn allowed(need: Need) -> [bool; 5] {
    match need {
        Need::Open => [true, true, true, true, true],
        Need::Ingest => [false, true, false, false, true],
        Need::Read => [false, false, true, true, true],
        Need::ReadOrIngest => [false, true, true, true, true],
        Need::Write => [false, false, false, true, true],
        Need::Admin => [false, false, false, false, true],
    }
}

/// The status of a request, without waiting for a body that may never end.
async fn status(world: &World, method: &str, path: &str, role: &str) -> u16 {
    let mut request = Request::builder().method(method).uri(path).header("host", "n.example");
    if !role.is_empty() {
        request = request.header("authorization", format!("Bearer {role}-secret"));
    }
    world.begin(request.body(Body::empty()).unwrap()).await.status().as_u16()
}

#[tokio::test]
async fn every_route_of_the_document_opens_to_the_roles_that_it_is_for_and_to_no_other() {
    let world = World::with_access(tokens()).await;
    for (method, path, concrete) in documented() {
        let row = ROUTES.iter().find(|(m, p, _)| *m == method && *p == path);
        let (.., need) = row.unwrap_or_else(|| panic!("{method} {path} is not in the table"));
        for (role, allowed) in ROLES.into_iter().zip(allowed(*need)) {
            let got = status(&world, &method, &concrete, role).await;
            let refusal = if role.is_empty() { 401 } else { 403 };
            assert_eq!(got != 401 && got != 403, allowed, "{method} {path} as '{role}': {got}");
            assert!(allowed || got == refusal, "{method} {path} as '{role}': {got}");
        }
        let stranger = status(&world, &method, &concrete, "unknown").await;
        assert_eq!(stranger == 401, *need != Need::Open, "{method} {path}: {stranger}");
    }
}

fn login(token: &str) -> Request<Body> {
    post("/api/v1/login", &[], json!({"token": token}).to_string().into_bytes())
}

#[tokio::test]
async fn a_session_says_who_the_caller_is_and_whether_a_token_is_needed() {
    let world = World::with_access(tokens()).await;
    assert_eq!(world.ask("GET", "/api/v1/login", &[]).await.status, 401);
    for role in &ROLES[1..] {
        let token = format!("Bearer {role}-secret");
        let answer = world.ask("GET", "/api/v1/login", &[("authorization", &token)]).await;
        let expect = json!({"needs_token": true, "role": role, "tenant": "default"});
        assert_eq!(answer.json(), expect);
    }
    let world = World::new().await;
    let expect = json!({"needs_token": false, "role": "admin", "tenant": "default"});
    assert_eq!(world.ask("GET", "/api/v1/login", &[]).await.json(), expect);
}

#[tokio::test]
async fn a_logout_ends_the_cookie_and_over_tls_cookies_stay_there() {
    let world = World::with_access(tokens()).await;
    let ended = world.ask("DELETE", "/api/v1/login", &[]).await;
    let expect = "nilometer_token=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    assert_eq!((ended.status, ended.header("set-cookie")), (204, Some(expect)));
    let mut request = login("read-secret");
    let address = "10.0.0.1:5".parse().unwrap();
    let certificate = PeerCertificate::NotAsked;
    request.extensions_mut().insert(Peer { address, tls: true, certificate });
    let set = world.send(request).await;
    let expect = "nilometer_token=read-secret; Path=/; HttpOnly; SameSite=Strict; Secure";
    assert_eq!(set.header("set-cookie"), Some(expect));
}

#[tokio::test]
async fn logins_that_fail_have_to_wait_and_right_ones_with_them() {
    let world = World::with_access(tokens()).await;
    for failure in 0..LOGIN_FAILURES_MAX {
        assert_eq!(world.send(login("wrong")).await.status, 401, "{failure}");
    }
    let answer = world.send(login("read-secret")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    let cookie = [("cookie", "nilometer_token=read-secret")];
    assert_eq!(world.ask("GET", "/api/v1/logs", &cookie).await.status, 200, "who is in stays in");
}

#[tokio::test]
async fn another_sites_page_logs_nobody_in_or_out() {
    let world = World::with_access(tokens()).await;
    let evil = [("origin", "https://evil.example")];
    let body = b"{\"token\":\"read-secret\"}".to_vec();
    assert_eq!(world.send(post("/api/v1/login", &evil, body)).await.status, 403);
    assert_eq!(world.ask("DELETE", "/api/v1/login", &evil).await.status, 403);
}

#[tokio::test]
async fn every_change_is_written_down_with_who_and_what_and_no_secret() {
    let world = World::with_access(tokens()).await;
    let admin = [("authorization", "Bearer admin-secret")];
    let read = [("authorization", "Bearer read-secret")];
    world.ask("DELETE", "/api/v1/nodes/n7?token=hunter2", &admin).await;
    world.ask("DELETE", "/api/v1/nodes/n7", &read).await;
    world.ask("DELETE", "/api/v1/nodes/n7", &[("authorization", "Bearer hunter2")]).await;
    world.send(login("hunter2")).await;
    world.send(login("read-secret")).await;
    world.ask("DELETE", "/api/v1/login", &[("cookie", "nilometer_token=read-secret")]).await;
    world.ask("GET", "/api/v1/logs", &read).await;
    let ingest = [("authorization", "Bearer ingest-secret")];
    world.send(post("/api/v1/ingest", &ingest, b"{}\n".to_vec())).await;
    let who =
        |role: &str| json!({"tenant": "default", "role": role, "token": format!("{role}-print")});
    let entry = |who: Value, method: &str, route: &str, parameters: Value, status: u16| {
        let mut entry = json!({"time": "2023-11-14T22:13:20.000000000Z", "method": method,
            "route": route, "parameters": parameters, "status": status});
        entry.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        entry
    };
    let (node, session) = ("/api/v1/nodes/{node}", "/api/v1/login");
    let expect = [
        entry(who("admin"), "DELETE", node, json!({"node": "n7", "token": "(hidden)"}), 400),
        entry(who("read"), "DELETE", node, json!({"node": "n7"}), 403),
        entry(json!({}), "DELETE", node, json!({"node": "n7"}), 401),
        entry(json!({}), "POST", session, json!({}), 401),
        entry(who("read"), "POST", session, json!({}), 204),
        entry(who("read"), "DELETE", session, json!({}), 204),
    ];
    assert_eq!(world.audited(), expect);
    let text = serde_json::to_string(&world.audited()).unwrap();
    assert!(!text.contains("secret") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_collector_with_a_certificate_is_heard_about_its_own_node_only() {
    let world = World::with_access(tokens()).await;
    let ingest = [("authorization", "Bearer ingest-secret")];
    let header = harness::header(0, 1);
    let frame = nilometer_wire::encode(&header, &nilometer_model::Items::default()).unwrap();
    let beat = serde_json::to_vec(&heartbeat()).unwrap();
    let ask = |names: Option<&[&str]>, method: &str, path: &str, body: &[u8]| {
        let mut request = post(path, &ingest, body.to_vec());
        *request.method_mut() = method.parse().unwrap();
        let certificate = names.map_or(PeerCertificate::NotAsked, |names| {
            PeerCertificate::Asked(names.iter().map(|&name| name.to_owned()).collect())
        });
        let address = "10.0.0.1:5".parse().unwrap();
        request.extensions_mut().insert(Peer { address, tls: true, certificate });
        request
    };
    for (names, expect) in
        [(None, 200), (Some(&["n1"][..]), 200), (Some(&["n2"][..]), 403), (Some(&[][..]), 403)]
    {
        for (method, path, body) in [
            ("POST", "/api/v1/batches", &frame[..]),
            ("POST", "/api/v1/heartbeats", &beat[..]),
            ("GET", "/api/v1/sources?node=n1", b""),
        ] {
            let answer = world.send(ask(names, method, path, body)).await;
            assert_eq!(answer.status, expect, "{names:?} {path} {}", answer.text());
        }
    }
    let all = world.send(ask(Some(&["n1"]), "GET", "/api/v1/sources", b"")).await;
    assert_eq!(all.status, 403, "all nodes are not its own");
    let torn = world.send(ask(Some(&["n1"]), "POST", "/api/v1/batches", &frame[1..])).await;
    assert_eq!(torn.status, 400);
}

#[tokio::test]
async fn no_refusal_repeats_a_token() {
    let world = World::with_access(tokens()).await;
    for (method, path, headers) in [
        ("GET", "/api/v1/logs", vec![("authorization", "Bearer hunter2")]),
        ("GET", "/api/v1/logs", vec![("cookie", "nilometer_token=hunter2")]),
        ("GET", "/api/v1/logs", vec![("authorization", "hunter2")]),
        ("DELETE", "/api/v1/nodes/x", vec![("authorization", "Bearer hunter2")]),
    ] {
        let answer = world.ask(method, path, &headers).await;
        assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    }
    for body in ["hunter2", "{\"token\":\"hunter2\"", "{\"token\":\"hunter2\",\"hunter2\":1}"] {
        let answer = world.send(post("/api/v1/login", &[], body.into())).await;
        assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    }
}

fn token(tenant: &str, role: Role) -> Token {
    let secret = format!("{tenant}-{}-secret", role.name());
    Token {
        role,
        tenant: Tenant::parse(tenant).unwrap(),
        fingerprint: format!("{secret}-print").into(),
        secret: Secret::new(secret),
    }
}

#[tokio::test]
async fn a_dead_letter_is_listed_and_let_in_by_its_own_tenant_only() {
    let tokens = ["default", "other"].map(|tenant| token(tenant, Role::Write));
    let world = World::with_access(AccessPolicy::fixed(tokens.to_vec())).await;
    world.turn_away("m", Reason::TooOld);
    let (own, other) = (
        [("authorization", "Bearer default-write-secret")],
        [("authorization", "Bearer other-write-secret")],
    );
    let (letter, never) = ("00000000000000ab:1", "00000000000000ff:1");
    let retry = |letter: &str| format!("/api/v1/dead-letters/{letter}/retry");
    let list = world.ask("GET", "/api/v1/dead-letters", &other).await;
    assert_eq!(list.json(), json!({"dead_letters": []}));
    let kept = world.ask("POST", &retry(letter), &other).await;
    let unknown = world.ask("POST", &retry(never), &other).await;
    assert_eq!((kept.status, unknown.status), (404, 404));
    assert_eq!(kept.text().replace(letter, never), unknown.text(), "as one that never was");
    assert!(world.intake.ingested().is_empty());
    assert_eq!(world.ask("POST", &retry(letter), &own).await.status, 200);
}

#[tokio::test]
async fn a_tail_ends_with_its_token_and_not_with_another_change_of_the_tokens() {
    let (read, admin) = (token("default", Role::Read), token("default", Role::Admin));
    let (file, tokens) = watch::channel([read.clone()].into());
    let world = World::with_access(AccessPolicy::Tokens(tokens)).await;
    let bearer = [("authorization", "Bearer default-read-secret")];
    let mut events = world.events_of("/api/v1/logs/tail", &bearer).await;
    assert_eq!(events.next().await.unwrap().0, "ready");
    file.send_replace([admin.clone(), read].into());
    world.write(1);
    assert_eq!(events.next().await.unwrap().0, "record");
    file.send_replace([admin].into());
    assert_eq!(events.next().await, None);
}
