//! Against sockets that hang, stall and move.

use std::net::SocketAddr;

use reqwest::dns::{Name, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;

const SHORT: Duration = Duration::from_millis(100);
/// Longer than anything here takes: what runs into it hangs.
const HANGS: Duration = Duration::from_secs(20);

fn http(limits: HttpLimits) -> Http {
    let (_, credentials) = watch::channel(Credentials::none().unwrap());
    Http::new(credentials, limits).unwrap()
}

fn short() -> HttpLimits {
    HttpLimits { connect: SHORT, request: SHORT, idle_read: SHORT, ..HttpLimits::default() }
}

async fn get(http: &Http, url: &str, answer_bytes_max: usize) -> Result<Reply, NoReply> {
    let request = Request {
        method: Method::GET,
        to: url.to_owned(),
        path: "/x".to_owned(),
        query: Vec::new(),
        content: None,
        coding: None,
        body: Bytes::new(),
        pipeline: None,
        answer_bytes_max,
        patience: None,
    };
    timeout(HANGS, http.carry(request)).await.expect("waits for ever")
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers every request on every connection with `answer`, and keeps the connections.
fn serve(listener: TcpListener, answer: String) {
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut seen = vec![0; 4 << 10];
                while stream.read(&mut seen).await.is_ok_and(|n| n > 0) {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
}

#[tokio::test]
async fn black_hole_one_that_never_answers_is_given_up_within_the_request_limit() {
    let (_held, url) = listener().await;
    let none = get(&http(short()), &url, 9).await.unwrap_err();
    assert!(!none.lost, "no batch is to blame for silence: {}", none.cause);
}

#[tokio::test]
async fn black_hole_packets_that_are_dropped_end_within_the_connect_limit() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    // The kernel drops every SYN behind a full backlog.
    let mut held = Vec::new();
    while let Ok(Ok(stream)) = timeout(SHORT, TcpStream::connect(address)).await {
        held.push(stream);
    }
    let limits = HttpLimits { request: HANGS, ..short() };
    let none = get(&http(limits), &format!("http://{address}"), 9).await.unwrap_err();
    assert!(none.cause.contains("(Connect)"), "{}", none.cause);
}

#[tokio::test]
async fn half_open_an_answer_of_which_nothing_more_comes_is_given_up() {
    let (listener, url) = listener().await;
    serve(listener, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned());
    let limits = HttpLimits { request: HANGS, ..short() };
    let none = get(&http(limits), &url, 9).await.unwrap_err();
    assert!(none.cause.starts_with("nothing more for"), "{}", none.cause);
}

#[tokio::test]
async fn an_answer_has_a_limit() {
    for (bytes, is_taken) in [(9, true), (10, false)] {
        let (listener, url) = listener().await;
        let body = "x".repeat(bytes);
        serve(listener, format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{body}"));
        let reply = get(&http(HttpLimits::default()), &url, 9).await;
        assert_eq!(reply.is_ok(), is_taken, "{bytes}: {reply:?}");
    }
}

/// One name, which may move.
struct Moving(Mutex<SocketAddr>);

impl Resolve for Moving {
    fn resolve(&self, _: Name) -> Resolving {
        let at = *self.0.lock().unwrap();
        Box::pin(async move { Ok(Box::new(std::iter::once(at)) as _) })
    }
}

#[tokio::test]
async fn dns_change_is_followed_at_the_latest_when_a_connection_has_its_age() {
    for (age, then) in [(Duration::ZERO, "b"), (HANGS, "a")] {
        let ((a, _), (b, _)) = (listener().await, listener().await);
        let moving = Arc::new(Moving(Mutex::new(a.local_addr().unwrap())));
        let moved_to = b.local_addr().unwrap();
        for (listener, name) in [(a, "a"), (b, "b")] {
            serve(listener, format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{name}"));
        }
        let resolver = Some(Arc::clone(&moving) as Arc<dyn Resolve>);
        let http = http(HttpLimits { age, resolver, ..HttpLimits::default() });
        assert_eq!(get(&http, "http://centre.test", 9).await.unwrap().body, "a");
        *moving.0.lock().unwrap() = moved_to;
        assert_eq!(get(&http, "http://centre.test", 9).await.unwrap().body, then, "{age:?}");
    }
}

#[tokio::test]
async fn dns_change_is_followed_at_once_when_the_connection_breaks() {
    let ((a, _), (b, _)) = (listener().await, listener().await);
    let moving = Arc::new(Moving(Mutex::new(a.local_addr().unwrap())));
    let moved_to = b.local_addr().unwrap();
    // Each answer of `a` ends its connection.
    serve(a, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\na".to_owned());
    serve(b, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb".to_owned());
    let resolver = Some(Arc::clone(&moving) as Arc<dyn Resolve>);
    let http = http(HttpLimits { resolver, ..HttpLimits::default() });
    assert_eq!(get(&http, "http://centre.test", 9).await.unwrap().body, "a");
    *moving.0.lock().unwrap() = moved_to;
    assert_eq!(get(&http, "http://centre.test", 9).await.unwrap().body, "b");
}
