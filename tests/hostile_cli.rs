//! Hostile text on the terminal and in spreadsheets: some two thousand payloads through everything that a
//! sender can name, and every command that shows it.
//!
//! Invariants of what is shown:
//! - `text`: a record is one line, and no character in it acts on the terminal;
//! - `csv`: a cell is what it is of, but for an apostrophe before what a spreadsheet would compute;
//! - `ndjson`: what the server sent, byte for byte.

#[path = "hostile/attack.rs"]
mod attack;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use nilometer_tests::{Api, Ended, Process, Scratch, repository, run, until};
use serde_json::{Value, json};

use self::attack::{Payload, assert_harmless, payloads};

const DEADLINE: Duration = Duration::from_secs(60);
/// Lines of one `/ingest` request.
const LINES_AT_ONCE: usize = 500;
/// How many of the payloads are tried where each is a process.
const ONE_IN: usize = 50;

/// Cells that say the same as the server in another way.
const NOT_AS_WRITTEN: [&str; 2] = ["attributes", "duration_ms"];

/// A record with the payload as its message, and one with it as every name.
fn records(payloads: &[Payload]) -> Vec<Value> {
    let mut records = Vec::new();
    for (at, payload) in payloads.iter().enumerate() {
        let time = 1_767_225_600_000_u64 + at as u64;
        let text = &payload.text;
        records.push(json!({"time": time, "message": text, "component": "c", "id": payload.id}));
        if payload.fits_a_name() {
            records.push(json!({"time": time, "message": "m", "component": text, "node": text,
                "instance": text, "version": text, "zone": text, "attributes": {text: text}}));
        }
    }
    records
}

fn ingest(api: &Api, records: &[Value]) {
    for lines in records.chunks(LINES_AT_ONCE) {
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap().json();
        assert_eq!(answer, json!({"accepted": lines.len(), "refused": []}));
    }
}

/// Runs a command of the client, with the server that it is to ask.
fn ask(api: &Api, arguments: &[&str]) -> Ended {
    let mut all = arguments.to_vec();
    let url = api.url();
    all.extend(["--server", &url]);
    run(&all)
}

#[test]
fn no_text_that_is_sent_acts_on_a_terminal_or_in_a_spreadsheet() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let payloads = payloads();
    let records = records(&payloads);
    ingest(&api, &records);
    for command in ["search", "export"] {
        let mut arguments =
            vec![command, "*", "--from", "2026-01-01T00:00:00Z", "--limit", "10000"];
        let text = ask(&api, &arguments);
        assert_eq!(text.code, 0, "{}", text.err);
        assert_harmless(command, &text.out);
        assert_eq!(text.out.lines().count(), records.len(), "{command}: a record is one line");
        arguments.extend(["--output", "ndjson"]);
        let ndjson = ask(&api, &arguments).out;
        *arguments.last_mut().unwrap() = "csv";
        let csv = ask(&api, &arguments).out;
        check_cells(&scratch, &csv, &ndjson);
        if command == "export" {
            let sent = api.get("/api/v1/export?q=*&from=2026-01-01T00:00:00Z").unwrap().text();
            assert!(ndjson == sent, "not what the server sent");
            check_messages(&payloads, &ndjson);
        }
    }
    for query in ["* | stats count() by component, node", "* | fields message, instance, zone"] {
        let mut arguments = vec!["search", query, "--from", "2026-01-01T00:00:00Z"];
        arguments.extend(["--limit", "10000", "--output", "text"]);
        let text = ask(&api, &arguments);
        assert_eq!(text.code, 0, "{}", text.err);
        assert_harmless(query, &text.out);
        *arguments.last_mut().unwrap() = "ndjson";
        let ndjson = ask(&api, &arguments).out;
        assert_eq!(text.out.lines().count(), 1 + ndjson.lines().count(), "{query}");
        *arguments.last_mut().unwrap() = "csv";
        check_cells(&scratch, &ask(&api, &arguments).out, &ndjson);
    }
    for output in ["text", "csv"] {
        let shown = ask(&api, &["sources", "--output", output]);
        assert_harmless("sources", &shown.out);
        assert_harmless("prove", &ask(&api, &["prove", "--output", output]).out);
    }
}

/// Every payload came back as it was sent.
fn check_messages(payloads: &[Payload], ndjson: &str) {
    let read = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let records: Vec<Value> = ndjson.lines().map(read).collect();
    for payload in payloads {
        let found = records.iter().find(|record| record["attributes"]["id"] == payload.id);
        let message = found.unwrap()["message"].as_str().unwrap_or_default();
        assert!(message == payload.text, "{}: {:?}", payload.id, message.get(..100));
    }
}

/// Each cell is its field, but for the apostrophe.
fn check_cells(scratch: &Scratch, csv: &str, ndjson: &str) {
    let path = scratch.write("cells.csv", csv);
    let reader = repository().join("tests/hostile/cells.py");
    let output = Command::new("python3").arg(reader).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    let (header, rows) = rows.split_first().unwrap();
    let lines: Vec<&str> = ndjson.lines().collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(lines) {
        let record: Value = serde_json::from_str(line).unwrap();
        for (name, cell) in
            header.iter().zip(row).filter(|(name, _)| !NOT_AS_WRITTEN.contains(&name.as_str()))
        {
            let text = match &record[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let defused = cell.strip_prefix('\'') == Some(&text);
            assert!(*cell == text || defused, "{name}: {cell:?} is not {text:?}");
        }
    }
}

/// A trace in which each payload calls the next from a node whose clock is right to one whose is not.
fn trace(id: &str, payloads: &[Payload]) -> Value {
    const START_NS: u64 = 1_767_225_600_000_000_000;
    const OFF_NS: u64 = 600_000_000_000;
    let attribute = |name: &str, value: &str| json!({"key": name, "value": {"stringValue": value}});
    let named = (1_u64..).zip(payloads.iter().filter(|payload| payload.fits_a_name()));
    let resources = named.map(|(at, Payload { text, .. })| {
        let is_server = at % 2 == 0;
        let start_ns = START_NS + at + if is_server { OFF_NS } else { 0 };
        let parent = if at == 1 { String::new() } else { format!("{:016x}", at - 1) };
        let span = json!({"traceId": id, "spanId": format!("{at:016x}"), "parentSpanId": parent,
            "name": text, "kind": if is_server { 2 } else { 3 },
            "startTimeUnixNano": start_ns.to_string(),
            "endTimeUnixNano": (start_ns + 1_000_000).to_string(),
            "attributes": [attribute("said", text)]});
        let names = [attribute("service.name", text), attribute("k8s.node.name", text)];
        json!({"resource": {"attributes": names}, "scopeSpans": [{"spans": [span]}]})
    });
    json!({"resourceSpans": resources.collect::<Vec<Value>>()})
}

#[test]
fn what_spans_are_called_is_as_harmless() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let (id, payloads) = ("ab".repeat(16), payloads());
    let request = trace(&id, &payloads);
    let spans = request["resourceSpans"].as_array().unwrap().len();
    let headers = [("Content-Type", "application/json")];
    let body = request.to_string();
    let answer = api.send("POST", "/v1/traces", &headers, body.as_bytes()).unwrap();
    assert_eq!((answer.status, &*answer.text()), (200, "{}"));
    let text = ask(&api, &["trace", &id]);
    assert_eq!((text.code, text.out.lines().count()), (0, spans), "a span is one line");
    assert!(text.err.contains("the clock of node"), "{}", text.err);
    assert_harmless("trace", &text.out);
    assert_harmless("clocks", &text.err);
    let [ndjson, csv] =
        ["ndjson", "csv"].map(|output| ask(&api, &["trace", &id, "--output", output]));
    assert_eq!(ndjson.out.lines().count(), spans);
    check_cells(&scratch, &csv.out, &ndjson.out);
}

#[test]
fn what_comes_in_while_a_terminal_watches_is_as_harmless() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let mut payloads = payloads();
    // A megabyte at a time a tail may be too slow, and says what it skipped; the other test has those.
    payloads.retain(Payload::fits_a_name);
    let records = records(&payloads);
    let (limit, url) = (records.len().to_string(), api.url());
    let mut tail = nilometer_tests::command(&["tail", "*", "--limit", &limit, "--server", &url]);
    let (out, err) = (scratch.join("tail.out"), scratch.join("tail.err"));
    tail.stdout(std::fs::File::create(&out).unwrap());
    tail.stderr(std::fs::File::create(&err).unwrap());
    let mut tail = tail.spawn().unwrap();
    until("tailing", DEADLINE, || {
        std::fs::read_to_string(&err).unwrap().contains("tailing").then_some(())
    });
    for some in records.chunks(LINES_AT_ONCE) {
        ingest(&api, some);
    }
    let status = until("the tail's end", DEADLINE, || tail.try_wait().unwrap());
    assert!(status.success(), "{status}: {}", std::fs::read_to_string(&err).unwrap());
    let shown = std::fs::read_to_string(&out).unwrap();
    assert_harmless("tail", &shown);
    assert_eq!(shown.lines().count(), records.len());
}

/// Bytes that are no UTF-8, or nearly.
const BROKEN: [&[u8]; 8] = [
    b"\xff\xfe\xfd",
    b"\xc0\xaf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf8\x88\x80\x80\x80",
    b"cut \xe2\x82",
    b"\x80\x9b31m\x9d0;t\x9c",
    b"\xc2\x9b31m",
    b"\xf4\x90\x80\x80\x1b[31m",
];

#[test]
fn what_stands_in_files_and_in_their_names_is_as_harmless() {
    let scratch = Scratch::new();
    let payloads = payloads();
    let mut lines = Vec::new();
    let one_line = payloads.iter().filter(|payload| !payload.text.contains(['\n', '\r']));
    let broken = BROKEN.iter().map(|bytes| bytes.to_vec());
    for line in one_line.map(|payload| payload.text.clone().into_bytes()).chain(broken) {
        lines.extend_from_slice(b"2026-01-01T00:00:00.000000001Z stdout F ");
        lines.extend_from_slice(&line);
        lines.push(b'\n');
    }
    let expected = lines.split(|&byte| byte == b'\n').count() - 1;
    put(&scratch, "root/var/log/pods/ns_pod_uid/container".as_ref(), "0.log".as_ref(), &lines);
    let names: Vec<&Payload> =
        payloads.iter().filter(|p| p.fits_a_file()).step_by(ONE_IN).collect();
    let line = b"2026-01-01T00:00:00.000000001Z stdout F in a hostile place\n";
    for Payload { text, .. } in &names {
        let dir = format!("root/var/log/pods/ns_{text}_uid/{text}");
        put(&scratch, dir.as_ref(), "0.log".as_ref(), line);
        put(&scratch, "files".as_ref(), format!("{text}.log").as_ref(), b"plain\n");
    }
    let glob = scratch.join("files/*.log").display().to_string();
    let (up, api) = Process::up(&scratch, &["--file", &glob]);
    let everything = expected + 2 * names.len();
    until("all is read", DEADLINE, || {
        let records = api.get("/api/v1/export").unwrap().text().lines().count();
        (records >= everything).then_some(())
    });
    let text = ask(&api, &["export", "--output", "text"]);
    assert_harmless("export", &text.out);
    assert_eq!(text.out.lines().count(), everything, "a record is one line");
    for command in ["sources", "prove"] {
        let shown = ask(&api, &[command]);
        assert_harmless(command, &shown.out);
        assert_harmless(command, &shown.err);
        let csv = ask(&api, &[command, "--output", "csv"]);
        assert!(!csv.out.is_empty());
    }
    let said = up.said();
    up.kill();
    assert_harmless("what the process says", &said);
}

fn put(scratch: &Scratch, dir: &std::path::Path, name: &OsStr, bytes: &[u8]) {
    let dir = scratch.join(dir);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(name), bytes).unwrap();
}

/// Answers every request with this, for as long as the test lives.
fn server(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap()).lines();
            while head.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: ");
            // Whoever has read enough may go.
            let _sent = write!(stream, "{head}{}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn whatever_a_server_says_is_as_harmless() {
    let payloads = payloads();
    let short: Vec<&Payload> = payloads.iter().filter(|payload| payload.fits_a_name()).collect();
    let letters: Vec<Value> = short
        .iter()
        .map(|Payload { text, .. }| {
            json!({"id": text, "source": text, "position": 1, "reason": text, "time": text,
                "component": text, "node": text, "message": text})
        })
        .collect();
    let url = server("200 OK", json!({"dead_letters": letters}).to_string());
    let shown = run(&["dead-letter", "list", "--server", &url]);
    assert_harmless("dead-letter", &shown.out);
    assert_eq!(shown.out.lines().count(), letters.len());
    let rows: Vec<Value> = short.iter().map(|p| json!([p.text, 1])).collect();
    let columns = json!([{"name": "\u{1b}[31m=", "type": "string"}, {"name": "n", "type": "int"}]);
    let url = server("200 OK", json!({"columns": columns, "rows": rows}).to_string());
    let shown = run(&["search", "| stats count() by component", "--server", &url]);
    assert_harmless("a table", &shown.out);
    assert_eq!(shown.out.lines().count(), rows.len() + 1);
    let all: String = short.iter().map(|payload| payload.text.as_str()).collect();
    let error = json!({"error": {"message": all, "hint": all, "field": all, "column": 3}});
    let url = server("400 Bad Request", error.to_string());
    for command in [vec!["search", "a\u{1b}[2Jb"], vec!["export"], vec!["sources"], vec!["prove"]] {
        let mut arguments = command.clone();
        arguments.extend(["--server", &url]);
        let refused = run(&arguments);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{command:?}");
        assert_harmless("a refusal", &refused.err);
    }
    let url = server("200 OK", json!({"sources": [{"source": all}]}).to_string());
    assert_harmless("an odd answer", &run(&["sources", "--server", &url]).err);
}

#[test]
fn a_message_that_repeats_what_was_typed_is_as_harmless() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let payloads = payloads();
    let typed = payloads.iter().filter(|payload| payload.fits_a_name());
    let typed = typed.filter(|payload| !payload.text.contains('\0') && !payload.text.is_empty());
    for Payload { id, text } in typed.step_by(ONE_IN) {
        let config = scratch.write("n.toml", &format!("\"{text}\" = 1\n"));
        let missing = scratch.join("missing").join(text).display().to_string();
        for arguments in [
            vec!["search", "--", text.as_str()],
            vec!["search", "x", "--from", text],
            vec!["search", "x", "--output", text],
            vec!["dead-letter", "show", "--", text],
            vec!["config", "check", &config.display().to_string()],
            vec!["config", "check", &missing],
            vec!["--", text],
            vec!["search", "x", text],
        ] {
            let mut all = arguments.clone();
            let url = api.url();
            if arguments[0] != "config" && arguments[0] != "--" {
                all.splice(1..1, ["--server", url.as_str()]);
            }
            if arguments[0] == "dead-letter" {
                all = vec!["dead-letter", "show", "--server", &url, "--", text];
            }
            let ended = run(&all);
            assert_harmless(&format!("{id}: {:?}", arguments[0]), &ended.err);
            assert_harmless(id, &ended.out);
        }
    }
}
