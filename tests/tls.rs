//! TLS from outside: collectors that are who they say, certificates that change and end, and nobody in
//! who has none.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use nilometer_tests::{Api, Authority, Issued, Process, Scratch, command, port, run, until};

const DEADLINE: Duration = Duration::from_secs(30);
const SERVER: [&str; 2] = ["127.0.0.1", "localhost"];

/// A server on all addresses that speaks TLS and looks at client certificates, and who may read it.
struct Centre {
    process: Process,
    api: Api,
    bearer: String,
    port: u16,
}

impl Centre {
    fn start(scratch: &Scratch, authority: &Authority, shown: &Issued) -> Self {
        let port = port();
        let (data, listen) = (scratch.join("data"), format!("0.0.0.0:{port}"));
        let ca = scratch.join("ca.pem");
        let mut serve = command(&["serve", "--listen", &listen, "--tls-ca"]);
        serve.arg(ca).arg("--data").arg(&data).args(shown.files(scratch, "server"));
        let mut process = Process::spawn(serve, &scratch.join("serve.log"));
        let api = Api::over_tls(port, authority.client(None));
        until("life", DEADLINE, || {
            assert!(process.running(), "{}", process.said());
            api.get("/livez").ok().filter(|answer| answer.status == 200)
        });
        let tokens = std::fs::read_to_string(data.join("tokens")).unwrap();
        let admin = tokens.lines().find_map(|line| line.strip_prefix("admin default ")).unwrap();
        Self { process, api, bearer: format!("Bearer {admin}"), port }
    }

    /// What it answers to somebody who may read everything.
    fn get(&self, path: &str) -> String {
        let answer = self.api.send("GET", path, &[("Authorization", &self.bearer)], b"").unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// A collector of `node` that shows a certificate and the token of collectors.
    fn collector(
        &self,
        scratch: &Scratch,
        node: &str,
        shown: Option<&Issued>,
        ca: &str,
    ) -> Process {
        let (to, listen) =
            (format!("https://127.0.0.1:{}", self.port), format!("127.0.0.1:{}", port()));
        let mut collect = command(&["collect", "--to", &to, "--node", node, "--listen", &listen]);
        collect
            .arg("--file")
            .arg(scratch.join("app*.log"))
            .arg("--rootfs")
            .arg(scratch.join("root"));
        collect.arg("--data").arg(scratch.join(node)).arg("--tls-ca").arg(scratch.join(ca));
        collect.arg("--token-file").arg(scratch.join("data/tokens"));
        if let Some(shown) = shown {
            collect.args(shown.files(scratch, node));
        }
        Process::spawn(collect, &scratch.join(format!("{node}.log")))
    }
}

#[track_caller]
fn says(process: &Process, text: &str) {
    until(text, DEADLINE, || process.said().contains(text).then_some(()));
}

#[test]
fn a_collector_with_its_nodes_certificate_delivers_and_is_seen() {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "ca");
    let centre = Centre::start(&scratch, &authority, &authority.issue(&SERVER));
    scratch.write("app.log", "over mutual TLS\n");
    let _collector =
        centre.collector(&scratch, "n1", Some(&authority.issue_for(&["n1"], 10)), "ca.pem");
    until("the line", DEADLINE, || {
        centre.get("/api/v1/export").contains("over mutual TLS").then_some(())
    });
    let ending = "n1.crt ends at";
    until(ending, DEADLINE, || centre.get("/api/v1/nodes").contains(ending).then_some(()));
}

#[test]
fn a_collector_is_heard_about_no_other_node_than_its_certificates() {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "ca");
    let centre = Centre::start(&scratch, &authority, &authority.issue(&SERVER));
    scratch.write("app.log", "a line\n");
    let stolen = centre.collector(&scratch, "n2", Some(&authority.issue(&["n1"])), "ca.pem");
    says(&stolen, "the client certificate is for 'n1', and the request is about node 'n2'");
    let bare = centre.collector(&scratch, "n3", None, "ca.pem");
    says(&bare, "no client certificate was shown, and the request is about node 'n3'");
    assert_eq!(centre.get("/api/v1/export"), "");
    assert!(centre.get("/api/v1/nodes").contains("\"nodes\":[]"));
}

#[test]
fn whoever_is_not_vouched_for_is_not_spoken_to_at_either_end() {
    let scratch = Scratch::new();
    let (authority, other) = (Authority::new(&scratch, "ca"), Authority::new(&scratch, "other"));
    let centre = Centre::start(&scratch, &authority, &authority.issue(&SERVER));
    let forged = Api::over_tls(centre.port, authority.client(Some(&other.issue(&["n1"]))));
    forged.get("/livez").unwrap_err();
    let ended =
        Api::over_tls(centre.port, authority.client(Some(&authority.issue_for(&["n1"], -2))));
    ended.get("/livez").unwrap_err();
    let collector = centre.collector(&scratch, "n1", None, "other.pem");
    says(&collector, "UnknownIssuer");
    let mut plain = TcpStream::connect(("127.0.0.1", centre.port)).unwrap();
    plain.set_read_timeout(Some(DEADLINE)).unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    assert!(centre.get("/metrics").contains("nilometer_tls_handshake_failures_total"));
}

#[test]
fn a_new_certificate_is_shown_without_a_restart_and_a_bad_one_never() {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "ca");
    let first = authority.issue(&SERVER);
    let centre = Centre::start(&scratch, &authority, &first);
    assert_eq!(centre.api.certificate().unwrap(), first.der);
    let second = authority.issue(&SERVER);
    second.files(&scratch, "server");
    centre.process.signal("HUP");
    until("the new one", DEADLINE, || (centre.api.certificate().ok()? == second.der).then_some(()));
    authority.issue(&SERVER).files(&scratch, "half");
    std::fs::copy(scratch.join("half.key"), scratch.join("server.key")).unwrap();
    centre.process.signal("HUP");
    says(
        &centre.process,
        "is not its key; want the certificate's own private key there; what was in force stays so",
    );
    assert_eq!(centre.api.certificate().unwrap(), second.der);
    std::fs::copy(scratch.join("half.crt"), scratch.join("server.crt")).unwrap();
    until("no signal is needed", DEADLINE, || {
        (centre.api.certificate().ok()? != second.der).then_some(())
    });
}

#[test]
fn a_certificate_that_ends_is_told_in_time() {
    for (days, level, text) in
        [(10, "WARN", "in 10 days"), (2, "ERROR", "in 2 days"), (-2, "ERROR", "has ended at")]
    {
        let scratch = Scratch::new();
        let authority = Authority::new(&scratch, "ca");
        let files = authority.issue_for(&SERVER, days).files(&scratch, "server");
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (serve, _) = Process::start("serve", &scratch, &files, &[]);
        says(&serve, text);
        let said = serve.said();
        let line = said.lines().find(|line| line.contains(text)).unwrap();
        assert!(line.contains(level) && line.contains("server.crt"), "{line}");
    }
}

#[test]
fn up_and_the_commands_that_ask_speak_tls() {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "ca");
    let files = authority.issue(&SERVER).files(&scratch, "server");
    let log = scratch.write("app.log", "seen by up\n").display().to_string();
    let root = scratch.join("root").display().to_string();
    let mut arguments = vec!["--rootfs", &root, "--node", "n1", "--file", &log];
    arguments.extend(files.iter().map(String::as_str));
    let (mut up, plain) = Process::start("up", &scratch, &arguments, &[]);
    let server = format!("https://{}", plain.address());
    let ca = scratch.join("ca.pem").display().to_string();
    let found = until("the line", DEADLINE, || {
        assert!(up.running(), "{}", up.said());
        let found = run(&["export", "--server", &server, "--tls-ca", &ca]);
        found.out.contains("seen by up").then_some(found)
    });
    assert_eq!(found.code, 0, "{}", found.err);
    let stranger = run(&["search", "*", "--server", &server]);
    assert_eq!(stranger.code, 1, "{}", stranger.out);
    assert!(up.said().contains("Nilometer is up: https://"), "{}", up.said());
    let port: u16 = plain.address().split(':').next_back().unwrap().parse().unwrap();
    let api = Api::over_tls(port, authority.client(None));
    let metrics = api.get("/metrics").unwrap().text();
    assert!(metrics.contains("nilometer_tls_certificate_expires_seconds{file="), "{metrics}");
}

#[test]
fn files_that_are_no_pair_end_the_start_with_what_is_wanted() {
    let scratch = Scratch::new();
    let text = scratch.write("text", "no certificate\n").display().to_string();
    let data = scratch.join("data").display().to_string();
    let serve = |arguments: &[&str]| {
        let listen = format!("127.0.0.1:{}", port());
        let mut all = vec!["serve", "--data", &data, "--listen", &listen];
        all.extend_from_slice(arguments);
        run(&all)
    };
    let half = serve(&["--tls-cert", &text]);
    assert_eq!(
        (half.code, half.err.contains("--tls-cert: tls_key is missing")),
        (2, true),
        "{}",
        half.err
    );
    let alone = serve(&["--tls-ca", &text]);
    assert_eq!(
        (alone.code, alone.err.contains("--tls-ca: tls_cert is missing")),
        (2, true),
        "{}",
        alone.err
    );
    let foreign = serve(&["--tls-cert", &text, "--tls-key", &text]);
    let expect = format!("--tls-cert {text}: holds no certificate; want certificates in PEM form");
    assert_eq!((foreign.code, foreign.err.contains(&expect)), (1, true), "{}", foreign.err);
}
