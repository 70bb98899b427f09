//! The binary answers for itself. It also makes cargo build the binary for the tests in `tests/`, which
//! start it: cargo builds a package's binaries for its own integration tests only.

#![expect(clippy::unwrap_used, reason = "a helper of tests panics: that is how a test fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

fn nilometer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nilometer")).args(arguments).output().unwrap()
}

#[test]
fn help_is_an_answer_and_a_wrong_command_is_a_message_with_exit_code_2() {
    let help = nilometer(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(!help.stdout.is_empty() && help.stderr.is_empty());
    let wrong = nilometer(&["nonsense"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(wrong.stdout.is_empty() && !wrong.stderr.is_empty());
}

#[test]
fn the_configuration_that_is_shown_passes_its_own_check() {
    let shown = nilometer(&["config", "show"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &shown.stdout).unwrap();
    let checked = nilometer(&["config", "check", file.path().to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stderr));
}

/// Answers one request with these bytes as one chunk, then breaks the connection; gives back the request.
fn answer_and_break(listener: &TcpListener, body: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = String::new();
    BufReader::new(&stream).read_line(&mut request).unwrap();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    write!(stream, "{head}{:x}\r\n{body}\r\n", body.len()).unwrap();
    request
}

#[test]
fn an_export_goes_on_from_the_last_whole_record_when_the_connection_breaks() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let centre = std::thread::spawn(move || {
        let first = answer_and_break(&listener, "{\"message\":\"a\",\"cursor\":\"c1\"}\n{\"mess");
        let second = answer_and_break(&listener, "{\"message\":\"b\",\"cursor\":\"c2\"}\n");
        [first, second]
    });
    let export = nilometer(&["export", "--limit", "2", "--output", "ndjson", "--server", &server]);
    let requests = centre.join().unwrap();
    assert_eq!(export.status.code(), Some(0), "{}", String::from_utf8_lossy(&export.stderr));
    assert_eq!(
        String::from_utf8_lossy(&export.stdout),
        "{\"message\":\"a\",\"cursor\":\"c1\"}\n{\"message\":\"b\",\"cursor\":\"c2\"}\n"
    );
    assert!(!requests[0].contains("cursor"), "{requests:?}");
    assert!(requests[1].contains("cursor=c1"), "{requests:?}");
}

#[test]
fn a_query_with_pipes_is_posted_and_a_mistake_in_it_is_pointed_at() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let centre = std::thread::spawn(move || {
        let table = r#"{"columns":[{"name":"component","type":"string"},{"name":"count()","type":"int"}],
            "rows":[["cart",2]],"coverage":{"complete":false,"missing_splits":1}}"#;
        let refusal = r#"{"error":{"code":"bad_query","message":"what is 'staats'","hint":"stats","column":5}}"#;
        [answer(&listener, "200 OK", table), answer(&listener, "400 Bad Request", refusal)]
    });
    let query = "x | stats count() by component";
    let found = nilometer(&["search", query, "--limit", "7", "--from", "-2h", "--server", &server]);
    let refused = nilometer(&["search", "x | staats", "--server", &server]);
    let requests = centre.join().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "component  count()\ncart             2\n");
    let warned = "the answer is not complete: 1 split cannot be read\n";
    assert_eq!(String::from_utf8_lossy(&found.stderr), warned);
    assert!(requests[0].starts_with("POST /api/v1/query HTTP"), "{}", requests[0]);
    assert!(requests[0].ends_with(&format!(r#"{{"q":"{query}","from":"-2h","limit":7}}"#)));
    let pointed = "nilometer: what is 'staats'\n  x | staats\n      ^\nhint: stats\n";
    assert_eq!(String::from_utf8_lossy(&refused.stderr), pointed);
    assert_eq!(refused.status.code(), Some(1));
}

/// Answers one request; gives it back, whole.
fn answer(listener: &TcpListener, status: &str, body: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut request, mut length) = (String::new(), 0);
    while !request.ends_with("\r\n\r\n") {
        let start = request.len();
        reader.read_line(&mut request).unwrap();
        if let Some(value) = request[start..].strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut posted = vec![0; length];
    reader.read_exact(&mut posted).unwrap();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    request + std::str::from_utf8(&posted).unwrap()
}
