//! Access: on loopback a request must mean this machine; on any other address it must show a token, on
//! every route that the OpenAPI document names.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, until};

/// Open to everybody: the process itself, and what holds no data.
const OPEN: [&str; 2] = ["/livez", "/"];

const DEADLINE: Duration = Duration::from_secs(20);

/// A server that listens on all addresses.
fn serve(scratch: &Scratch) -> (Process, Api) {
    let port = nilometer_tests::port();
    let (data, listen) = (scratch.join("data").display().to_string(), format!("0.0.0.0:{port}"));
    let command = nilometer_tests::command(&["serve", "--data", &data, "--listen", &listen]);
    let mut process = Process::spawn(command, &scratch.join("serve.log"));
    let api = Api::on(port);
    until("life", DEADLINE, || {
        assert!(process.running(), "{}", process.said());
        api.get("/livez").ok().filter(|answer| answer.status == 200)
    });
    (process, api)
}

/// The status of a question with that token.
fn asked(api: &Api, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    api.send("GET", "/api/v1/logs", &[("Authorization", &bearer)], b"").unwrap().status
}

/// A server that listens on all addresses, and its first token of a role.
fn outside(scratch: &Scratch, role: &str) -> (Process, Api, String) {
    let (process, api) = serve(scratch);
    let tokens = std::fs::read_to_string(scratch.join("data/tokens")).unwrap();
    let line = tokens.lines().find(|line| line.starts_with(role)).unwrap();
    (process, api, line.split_whitespace().last().unwrap().to_owned())
}

/// Every method and path of the document, with something in place of each parameter.
fn routes(api: &Api, headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let document = api.send("GET", "/api/openapi.json", headers, b"").unwrap().json();
    let paths = document["paths"].as_object().unwrap();
    let mut routes = Vec::new();
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            let path: String = path
                .split('/')
                .map(|part| if part.starts_with('{') { "x" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            routes.push((method.to_uppercase(), path));
        }
    }
    routes
}

#[test]
fn outside_of_loopback_every_route_wants_a_token() {
    let scratch = Scratch::new();
    let (_serve, api, token) = outside(&scratch, "admin");
    let bearer = format!("Bearer {token}");
    let routes = routes(&api, &[("Authorization", &bearer)]);
    assert!(routes.len() >= 10, "{routes:?}");
    for (method, path) in routes {
        // A login is how a browser shows its token.
        if OPEN.contains(&path.as_str()) || path == "/api/v1/login" {
            continue;
        }
        for headers in [vec![], vec![("Authorization", "Bearer wrong")]] {
            let answer = api.send(&method, &path, &headers, b"").unwrap();
            assert_eq!(answer.status, 401, "{method} {path}");
        }
    }
    for path in ["/metrics", "/readyz", "/api/v1/no-such-route"] {
        assert_eq!(api.get(path).unwrap().status, 401, "{path}");
    }
    for path in OPEN {
        assert_eq!(api.get(path).unwrap().status, 200, "{path}");
    }
    let answer = api.send("GET", "/api/v1/logs", &[("Authorization", &bearer)], b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn a_token_for_collectors_reads_nothing() {
    let scratch = Scratch::new();
    let (_serve, api, token) = outside(&scratch, "ingest");
    let bearer = format!("Bearer {token}");
    let answer = api.send("GET", "/api/v1/logs", &[("Authorization", &bearer)], b"").unwrap();
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[test]
fn on_loopback_another_host_or_origin_is_refused() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    // Our own Host header goes first, so a second one makes the request mean two machines.
    let answer = api.send("GET", "/api/v1/logs", &[("Host", "evil.example")], b"").unwrap();
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let line = b"{\"message\":\"x\"}\n";
    let answer =
        api.send("POST", "/api/v1/ingest", &[("Origin", "http://evil.example")], line).unwrap();
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[test]
fn tokens_change_with_their_file_and_bad_ones_change_nothing() {
    let scratch = Scratch::new();
    let (serve, api, first) = outside(&scratch, "admin");
    assert!(serve.said().contains("data/tokens"), "the path is told: {}", serve.said());
    let (second, third) = ("second-of-the-tokens", "third-of-the-tokens");
    let path = scratch.join("data/tokens");
    std::fs::write(&path, format!("# people\nread default {second}\n")).unwrap();
    until("the new token, by itself", DEADLINE, || (asked(&api, second) == 200).then_some(()));
    let cookie = format!("nilometer_token={first}");
    let old = api.send("GET", "/api/v1/logs", &[("Cookie", &cookie)], b"").unwrap();
    assert_eq!((old.status, asked(&api, &first)), (401, 401), "the old one is gone");
    std::fs::write(&path, format!("read default {third}\nread {third}\n")).unwrap();
    serve.signal("HUP");
    let kept = "tokens:2: want `role tenant token`";
    until(kept, DEADLINE, || serve.said().contains(kept).then_some(()));
    assert_eq!((asked(&api, second), asked(&api, third)), (200, 401));
    std::fs::write(&path, format!("read default {third}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    serve.signal("HUP");
    until("chmod", DEADLINE, || serve.said().contains("do: chmod 600").then_some(()));
    assert_eq!(asked(&api, second), 200);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    serve.signal("HUP");
    until("the third token", DEADLINE, || (asked(&api, third) == 200).then_some(()));
    assert_eq!(asked(&api, second), 401);
    assert_eq!(serve.said().matches(kept).count(), 1, "said once");
}

#[test]
fn no_token_good_or_bad_is_told_to_anybody() {
    let scratch = Scratch::new();
    let (serve, api, admin) = outside(&scratch, "admin");
    let tokens = std::fs::read_to_string(scratch.join("data/tokens")).unwrap();
    let ingest = tokens.lines().last().unwrap().split_whitespace().last().unwrap().to_owned();
    let bad = "a-token-that-nobody-knows";
    let mut heard = String::new();
    for token in [&admin, &ingest, bad] {
        let (bearer, cookie) = (format!("Bearer {token}"), format!("nilometer_token={token}"));
        for (method, path, header, body) in [
            ("GET", "/api/v1/logs", ("Authorization", &bearer), String::new()),
            ("GET", "/api/v1/logs", ("Cookie", &cookie), String::new()),
            ("DELETE", "/api/v1/nodes/n1", ("Authorization", &bearer), String::new()),
            (
                "DELETE",
                &format!("/api/v1/nodes/n1?token={token}"),
                ("Cookie", &cookie),
                String::new(),
            ),
            (
                "POST",
                "/api/v1/login",
                ("Accept", &String::new()),
                format!("{{\"token\":\"{token}\"}}"),
            ),
            ("POST", "/api/v1/login", ("Accept", &String::new()), token.to_owned()),
        ] {
            let (name, value) = header;
            let answer = api.send(method, path, &[(name, value)], body.as_bytes()).unwrap();
            heard += &answer.text();
        }
    }
    let bearer = [("Authorization", format!("Bearer {admin}"))];
    let bearer = bearer.each_ref().map(|(name, value)| (*name, value.as_str()));
    heard += &api.send("GET", "/metrics", &bearer, b"").unwrap().text();
    heard += &std::fs::read_to_string(format!("/proc/{}/cmdline", serve.id())).unwrap();
    let audit = scratch.join("data/audit.ndjson");
    let mode = std::fs::metadata(&audit).unwrap().permissions().mode() & 0o777;
    let audit = std::fs::read_to_string(&audit).unwrap();
    assert_eq!((audit.lines().count(), mode), (12, 0o600), "{audit}");
    for (place, text) in [("answers", &heard), ("log", &serve.said()), ("audit", &audit)] {
        for token in [&admin, &ingest, bad] {
            assert!(!text.contains(token), "a token stands in the {place}: {text}");
        }
    }
    let entries =
        audit.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let people = entries.filter(|entry| entry["status"] == 204);
    let fingerprints: BTreeSet<String> = people.map(|entry| entry["token"].to_string()).collect();
    assert_eq!(fingerprints.len(), 2, "one for each token that logged in: {audit}");
}
