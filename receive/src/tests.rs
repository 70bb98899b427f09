//! The routes as a gate would call them, with a door that notes what comes through it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use nilometer_model::{Clock, Items, SystemClock, Tenant};
use nilometer_wire::{Door, IntakeError};
use tower::ServiceExt;

use crate::limits::SENT_BYTES_MAX;
use crate::{Receiver, grpc_router, http_router, in_grpc};

type Headers<'a> = &'a [(&'a str, &'a str)];

const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
    {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"n",
     "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001"}]}]}]}"#;
/// The same beside one whose id is too short.
const ONE_BAD: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02"},
    {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"n",
     "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000000001"}]}]}]}"#;
/// Field 1, a message of no bytes: a resource without spans.
const EMPTY_PROTOBUF: &[u8] = &[0x0a, 0x00];

/// Answers everything alike.
struct Noted {
    answer: Result<(), IntakeError>,
    items: Mutex<Vec<(Tenant, usize)>>,
}

#[async_trait]
impl Door for Noted {
    async fn take(&self, tenant: &Tenant, items: Items) -> Result<(), IntakeError> {
        self.items.lock().unwrap().push((tenant.clone(), items.len()));
        self.answer.clone()
    }
}

fn door(answer: Result<(), IntakeError>) -> (Arc<Noted>, Receiver) {
    let door = Arc::new(Noted { answer, items: Mutex::default() });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let receiver = Receiver::new(Arc::clone(&door) as _, clock, "n1".to_owned(), None);
    (door, receiver)
}

fn tenant() -> Tenant {
    Tenant::parse("t1").unwrap()
}

async fn send(routes: Router, path: &str, headers: Headers<'_>, body: Vec<u8>) -> Answer {
    let mut request = Request::post(path).extension(tenant());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(routes.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()).await
}

struct Answer {
    status: u16,
    /// Those of the head, then the trailers.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let status = response.status().as_u16();
        let mut headers: Vec<_> = response.headers().iter().map(text).collect();
        let body = response.into_body().collect().await.unwrap();
        headers.extend(body.trailers().into_iter().flatten().map(text));
        Self { status, headers, body: body.to_bytes().to_vec() }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const GRPC: (&str, &str) = ("content-type", "application/grpc");

#[tokio::test]
async fn what_is_sent_over_http_goes_through_the_door_and_is_answered_as_it_was_written() {
    let (door, receiver) = door(Ok(()));
    let routes = http_router(receiver);
    let answer = send(routes.clone(), "/v1/traces", &[JSON], ONE_SPAN.into()).await;
    assert_eq!((answer.status, &*answer.text()), (200, "{}"));
    assert_eq!(answer.header("content-type"), "application/json");
    for (name, body) in [
        ("gzip", gzip(ONE_SPAN.as_bytes())),
        ("zstd", zstd::encode_all(ONE_SPAN.as_bytes(), 1).unwrap()),
    ] {
        let headers = [JSON, ("content-encoding", name)];
        assert_eq!(send(routes.clone(), "/v1/traces", &headers, body).await.status, 200, "{name}");
    }
    let answer = send(routes.clone(), "/v1/logs", &[PROTOBUF], EMPTY_PROTOBUF.to_vec()).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0), "nothing was sent, nothing is taken");
    assert_eq!(*door.items.lock().unwrap(), vec![(tenant(), 1); 3]);
}

#[tokio::test]
async fn a_bad_item_is_named_and_takes_no_good_one_down_with_it() {
    let (door, receiver) = door(Ok(()));
    let answer = send(http_router(receiver), "/v1/traces", &[JSON], ONE_BAD.into()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains(r#""rejectedSpans":"1""#), "{}", answer.text());
    assert_eq!(*door.items.lock().unwrap(), [(tenant(), 1)]);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_whole_with_the_status_that_says_why() {
    let whole = gzip(ONE_SPAN.as_bytes());
    let bomb = gzip(&vec![b' '; nilometer_wire::limits::INFLATE_FLOOR_BYTES + 1]);
    let gzipped = [JSON, ("content-encoding", "gzip")];
    let cases: [(Headers<'_>, Vec<u8>, u16); 8] = [
        (&[PROTOBUF], b"\xff\xff\xff".to_vec(), 400),
        (&[JSON], b"{".to_vec(), 400),
        (&gzipped, whole[..whole.len() - 3].to_vec(), 400),
        (&gzipped, bomb, 413),
        (&[JSON], vec![b' '; SENT_BYTES_MAX + 1], 413),
        (&[("content-type", "text/plain")], ONE_SPAN.into(), 415),
        (&[], ONE_SPAN.into(), 415),
        (&[JSON, ("content-encoding", "br")], ONE_SPAN.into(), 415),
    ];
    for (headers, body, expect) in cases {
        let (door, receiver) = door(Ok(()));
        let answer = send(http_router(receiver), "/v1/traces", headers, body).await;
        assert_eq!(answer.status, expect, "{headers:?}: {}", answer.text());
        assert!(door.items.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_the_door_does_not_take_comes_back_with_when_to_send_it_again() {
    let unavailable = IntakeError::Unavailable { reason: "full".to_owned(), retry_after_s: 7 };
    let cases = [
        (IntakeError::Busy { retry_after_s: 3 }, 429, "3", "14"),
        (unavailable, 503, "7", "14"),
        (IntakeError::Forbidden("another's".to_owned()), 403, "", "7"),
    ];
    for (error, status, after_s, grpc_status) in cases {
        let (_, receiver) = door(Err(error));
        let routes = http_router(receiver.clone());
        let answer = send(routes, "/v1/traces", &[JSON], ONE_SPAN.into()).await;
        assert_eq!((answer.status, answer.header("retry-after")), (status, after_s));
        let answer = call(receiver, &[GRPC], framed(0, &span_in_protobuf())).await;
        assert_eq!((answer.status, answer.header("grpc-status")), (200, grpc_status));
        assert!(!answer.header("grpc-status-details-bin").is_empty());
    }
}

#[tokio::test]
async fn without_a_gate_nobody_is_served() {
    let (door, receiver) = door(Ok(()));
    let request = Request::post("/v1/traces").header("content-type", "application/json");
    let request = request.body(Body::from(ONE_SPAN)).unwrap();
    let answer = http_router(receiver).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(door.items.lock().unwrap().is_empty());
}

/// One span as [`ONE_SPAN`], in binary.
fn span_in_protobuf() -> Vec<u8> {
    let field = |tag: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[tag << 3 | 2, length], bytes].concat()
    };
    let fixed = |tag: u8, value: u64| [&[tag << 3 | 1][..], &value.to_le_bytes()].concat();
    let span = [
        field(1, &[1; 16]),
        field(2, &[2; 8]),
        field(5, b"n"),
        fixed(7, 1_700_000_000_000_000_000),
        fixed(8, 1_700_000_000_000_000_001),
    ];
    field(1, &field(2, &field(2, &span.concat())))
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[flag], &length.to_be_bytes()[..], message].concat()
}

async fn call(receiver: Receiver, headers: Headers<'_>, body: Vec<u8>) -> Answer {
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    send(in_grpc(grpc_router(receiver)), path, headers, body).await
}

#[tokio::test]
async fn a_call_is_answered_with_a_message_and_a_trailer() {
    let (door, receiver) = door(Ok(()));
    let span = span_in_protobuf();
    let cases: [(Headers<'_>, Vec<u8>); 4] = [
        (&[GRPC], framed(0, &span)),
        (&[("content-type", "application/grpc+proto")], framed(0, &span)),
        (&[GRPC, ("grpc-encoding", "gzip")], framed(1, &gzip(&span))),
        (&[GRPC, ("grpc-encoding", "gzip")], framed(0, &span)),
    ];
    for (headers, body) in cases {
        let answer = call(receiver.clone(), headers, body).await;
        assert_eq!((answer.status, answer.header("grpc-status")), (200, "0"), "{headers:?}");
        assert_eq!(
            (answer.header("content-type"), &*answer.body),
            ("application/grpc", &[0; 5][..])
        );
    }
    assert_eq!(*door.items.lock().unwrap(), vec![(tenant(), 1); 4]);
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_refused_with_the_code_that_says_why() {
    let span = span_in_protobuf();
    let gzipped = [GRPC, ("grpc-encoding", "gzip")];
    let bomb = gzip(&vec![0; nilometer_wire::limits::INFLATE_FLOOR_BYTES + 1]);
    let cases: [(Headers<'_>, Vec<u8>, &str); 9] = [
        (&[GRPC], framed(0, b"\xff\xff\xff"), "3"),
        (&[GRPC], Vec::new(), "3"),
        (&[GRPC], framed(0, &span)[..20].to_vec(), "3"),
        (&[GRPC], framed(0, &span).repeat(2), "3"),
        (&[GRPC], framed(2, &span), "3"),
        (&[GRPC], framed(1, &gzip(&span)), "3"),
        (&gzipped, framed(1, &gzip(&span)[..20]), "3"),
        (&gzipped, framed(1, &bomb), "8"),
        (&[GRPC, ("grpc-encoding", "br")], framed(1, &span), "12"),
    ];
    for (headers, body, expect) in cases {
        let (door, receiver) = door(Ok(()));
        let answer = call(receiver, headers, body).await;
        assert_eq!((answer.status, answer.header("grpc-status")), (200, expect), "{headers:?}");
        assert!(!answer.header("grpc-message").is_empty());
        assert!(door.items.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_no_call_or_another_method_is_told_so() {
    let (_, receiver) = door(Ok(()));
    let answer = call(receiver.clone(), &[PROTOBUF], span_in_protobuf()).await;
    assert_eq!((answer.status, answer.header("grpc-status")), (415, ""));
    let routes = in_grpc(grpc_router(receiver));
    let answer = send(routes, "/grpc.health.v1.Health/Check", &[GRPC], framed(0, &[])).await;
    assert_eq!((answer.status, answer.header("grpc-status")), (200, "12"));
}
