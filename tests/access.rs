//! Access: on loopback a request must mean this machine; on any other address it must show a token, on
//! every route that the OpenAPI document names.

use nilometer_tests::{Api, Process, Scratch};

/// Open to everybody: the process itself, and what holds no data.
const OPEN: [&str; 2] = ["/livez", "/"];

/// A server that listens on all addresses, and its first token of a role.
fn outside(scratch: &Scratch, role: &str) -> (Process, Api, String) {
    let port = nilometer_tests::port();
    let (data, listen) = (scratch.join("data").display().to_string(), format!("0.0.0.0:{port}"));
    let command = nilometer_tests::command(&["serve", "--data", &data, "--listen", &listen]);
    let mut process = Process::spawn(command, &scratch.join("serve.log"));
    let api = Api::on(port);
    nilometer_tests::until("life", std::time::Duration::from_secs(20), || {
        assert!(process.running(), "{}", process.said());
        api.get("/livez").ok().filter(|answer| answer.status == 200)
    });
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
