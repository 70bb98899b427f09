//! `trace_to`: what we do is told as spans to who asked for them, and never what we do to tell it.

#[path = "spans/sink.rs"]
mod sink;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::Duration;

use nilometer_tests::{Api, NO_RULES, Process, Scratch, command, port, until};

use self::sink::{Sink, Span};

const DEADLINE: Duration = Duration::from_secs(30);
/// How long an ordered end may take in all.
const END_DEADLINE: Duration = Duration::from_secs(5);
const CALLER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER_SPAN: &str = "b7ad6b7169203331";
/// The request, its plan, its scan.
const SPANS_OF_A_QUERY: usize = 3;
const SERVER: i32 = 2;

fn ingest(api: &Api, message: &str) {
    let line = format!("{{\"message\":\"{message}\"}}\n");
    let answer = api.send("POST", "/api/v1/ingest", &[], line.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// The value of one series of `/metrics`.
fn metric(api: &Api, series: &str) -> usize {
    let text = api.get("/metrics").unwrap().text();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
    value.unwrap_or(0)
}

fn dropped(api: &Api, reason: &str) -> usize {
    metric(api, &format!("nilometer_spans_dropped_total{{reason=\"{reason}\"}}"))
}

/// A centre that tells its spans to this URL.
fn told_to(scratch: &Scratch, url: &str) -> (Process, Api) {
    Process::role("serve", scratch, &["--trace-to", url], &[NO_RULES])
}

#[test]
fn a_query_is_told_as_a_part_of_its_callers_trace() {
    let (scratch, sink) = (Scratch::new(), Sink::new());
    let (_serve, api) = told_to(&scratch, sink.url());
    ingest(&api, "hello");
    let caller = format!("00-{CALLER_TRACE}-{CALLER_SPAN}-01");
    let headers = [("traceparent", caller.as_str())];
    assert_eq!(api.send("GET", "/api/v1/logs?q=hello", &headers, b"").unwrap().status, 200);
    let request = sink.until_span("GET /api/v1/logs");
    assert_eq!((request.trace.as_str(), request.parent.as_str()), (CALLER_TRACE, CALLER_SPAN));
    assert_eq!(request.kind, SERVER);
    assert_eq!(request.attribute("http.route"), "/api/v1/logs");
    assert_eq!(request.attribute("http.response.status_code"), "200");
    for name in ["plan", "scan"] {
        let phase = sink.until_span(name);
        assert_eq!((&phase.trace, &phase.parent), (&request.trace, &request.id), "{phase:?}");
    }
    let scan = sink.until_span("scan");
    assert_eq!((scan.attribute("rows_scanned"), scan.attribute("rows_matched")), ("1", "1"));
    let names: BTreeSet<&str> = request.resource.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["host.name", "nilometer.role", "service.name", "service.version"].into(),
        "{:?}",
        request.resource
    );
    assert!(request.resource.contains(&("service.name".to_owned(), "nilometer".to_owned())));
}

#[test]
fn who_hands_data_in_checks_health_or_reads_metrics_is_not_told_of_and_the_last_spans_go_at_the_end()
 {
    let (scratch, sink) = (Scratch::new(), Sink::new());
    let (serve, api) = told_to(&scratch, sink.url());
    for _ in 0..20 {
        ingest(&api, "hello");
        api.get("/livez").unwrap();
        api.get("/metrics").unwrap();
    }
    api.json("/api/v1/logs");
    let (status, took) = serve.stop();
    assert!(status.success() && took < END_DEADLINE, "{status} after {took:?}");
    let mut names: Vec<String> = sink.spans().into_iter().map(|span| span.name).collect();
    names.sort();
    assert_eq!(names, ["GET /api/v1/logs", "plan", "scan", "seal"]);
}

#[test]
fn what_a_busy_endpoint_did_not_take_it_gets_later_and_once() {
    let (scratch, sink) = (Scratch::new(), Sink::busy_for(1));
    let (serve, api) = told_to(&scratch, sink.url());
    api.json("/api/v1/logs");
    until("busy", DEADLINE, || (sink.requests() == 1).then_some(()));
    api.json("/api/v1/logs");
    until("sent", DEADLINE, || {
        let sent = metric(&api, "nilometer_spans_sent_total");
        (sent == 2 * SPANS_OF_A_QUERY).then_some(())
    });
    let spans = sink.spans();
    let ids: BTreeSet<&String> = spans.iter().map(|span: &Span| &span.id).collect();
    assert_eq!((ids.len(), spans.len()), (2 * SPANS_OF_A_QUERY, 2 * SPANS_OF_A_QUERY));
    let said = serve.said();
    assert_eq!(said.matches("trying on").count(), 1, "{said}");
    assert_eq!(said.matches("spans are taken again").count(), 1, "{said}");
}

/// A centre that tells its spans to this path of its own.
fn told_to_itself(scratch: &Scratch, path: &str) -> (Process, Api) {
    let api = Api::on(port());
    let (data, listen) = (scratch.join("data").display().to_string(), api.address());
    let url = format!("{}{path}", api.url());
    let start = ["serve", "--data", &data, "--listen", &listen, "--trace-to", &url];
    let receivers = ["--otlp-grpc", "none", "--otlp-http", "none"];
    let mut command = command(&[&start[..], &receivers].concat());
    command.envs([NO_RULES]);
    let mut serve = Process::spawn(command, &scratch.join("serve.log"));
    serve.ready(&api);
    (serve, api)
}

/// Every span is counted as sent or dropped; were one made of an export, the count would go on.
#[test]
fn an_export_to_ourselves_is_taken_in_and_tells_nothing_of_itself() {
    let scratch = Scratch::new();
    let (_serve, api) = told_to_itself(&scratch, "");
    for turn in 1..=2 {
        for _ in 0..50 {
            api.json("/api/v1/logs");
        }
        until("all of them sent", DEADLINE, || {
            let sent = metric(&api, "nilometer_spans_sent_total");
            (sent == turn * 50 * SPANS_OF_A_QUERY).then_some(())
        });
    }
    assert_eq!(dropped(&api, "refused"), 0);
    let taken = metric(&api, "nilometer_otlp_items_total{signal=\"traces\"}");
    assert_eq!(taken, 2 * 50 * SPANS_OF_A_QUERY);
    let exports =
        metric(&api, "nilometer_otlp_requests_total{signal=\"traces\",outcome=\"taken\"}");
    assert!((2..=6).contains(&exports), "{exports} exports");
}

#[test]
fn an_endpoint_that_refuses_is_asked_seldom_and_complained_of_once() {
    let scratch = Scratch::new();
    let (serve, api) = told_to_itself(&scratch, "/nowhere");
    for turn in 1..=2 {
        for _ in 0..50 {
            api.json("/api/v1/logs");
        }
        until("all of them refused", DEADLINE, || {
            (dropped(&api, "refused") == turn * 50 * SPANS_OF_A_QUERY).then_some(())
        });
    }
    let page = api.get("/metrics").unwrap().text();
    let posts = page.lines().filter(|line| {
        line.starts_with("nilometer_http_requests_total{route=\"page\"")
            && !line.contains("\"200\"")
    });
    let posts: usize =
        posts.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum();
    assert!((2..=6).contains(&posts), "{posts} exports\n{page}");
    let said = serve.said();
    assert_eq!(said.matches("trying on").count(), 1, "{said}");
}

#[test]
fn an_endpoint_that_never_answers_holds_up_nothing_and_what_does_not_fit_is_counted() {
    // The kernel lets connections in; nobody ever reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let scratch = Scratch::new();
    let (serve, api) = told_to(&scratch, &url);
    // More than the queue (2,048) and the batch under way (512) hold.
    for _ in 0..=(2_048 + 512) / SPANS_OF_A_QUERY {
        api.json("/api/v1/logs");
    }
    assert!(dropped(&api, "queue") > 0);
    let (status, took) = serve.stop();
    assert!(status.success() && took < END_DEADLINE, "{status} after {took:?}");
}
