//! What alerts are sent to: an HTTP receiver and a mail server, by hand, that keep what they were given.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Taken {
    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let is = |line: &str| line.to_ascii_lowercase().starts_with(&format!("{name}: "));
        let line = self.head.lines().find(|line| is(line))?;
        Some(line.split_once(": ")?.1.trim().to_owned())
    }
}

/// Listens on a port of its own; answers what it is told to.
#[derive(Debug, Clone)]
pub(super) struct Receiver {
    port: u16,
    status: Arc<AtomicU16>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Receiver {
    /// One that takes everything.
    pub(super) fn http() -> Self {
        Self::begin(|receiver, stream| {
            let Some(taken) = request(&stream) else { return };
            let status = receiver.status.load(Ordering::SeqCst);
            if status < 300 {
                receiver.taken.lock().unwrap().push(taken);
            }
            let answer =
                format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            // Whoever was killed does not read it.
            let _written = (&stream).write_all(answer.as_bytes());
        })
    }

    /// A mail server that takes every message.
    pub(super) fn smtp() -> Self {
        Self::begin(|receiver, stream| {
            if let Some(message) = mail(&stream) {
                receiver.taken.lock().unwrap().push(Taken { head: String::new(), body: message });
            }
        })
    }

    fn begin(serve: impl Fn(&Self, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self { port, status: Arc::new(AtomicU16::new(200)), taken: Arc::default() };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&own, stream.unwrap());
            }
        });
        receiver
    }

    /// Where it listens.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// From now on it answers so, and takes nothing unless that is a success.
    pub(super) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// All that it has taken.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// The alerts in all webhooks: status and a label, without repetitions of a delivery.
    pub(super) fn told(&self, label: &str) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        let new = |taken: &Taken| seen.insert(taken.header("x-nilometer-delivery").unwrap());
        let all: Vec<Taken> = self.taken().into_iter().filter(new).collect();
        let alerts =
            all.iter().flat_map(|taken| taken.json()["alerts"].as_array().unwrap().clone());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        alerts.map(|alert| (text(&alert["status"]), text(&alert["labels"][label]))).collect()
    }
}

fn request(stream: &TcpStream) -> Option<Taken> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Taken { head, body })
}

/// As much of RFC 5321 as it takes to be handed a message.
fn mail(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let say = |text: &str| {
        let mut stream = stream;
        stream.write_all(text.as_bytes()).ok()
    };
    say("220 sink\r\n")?;
    let (mut message, mut in_data) = (String::new(), false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return (!message.is_empty()).then(|| message.into_bytes());
        }
        match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                say("250 taken\r\n")?;
            }
            (true, _) => message += &line,
            (false, "DATA") => {
                in_data = true;
                say("354 go on\r\n")?;
            }
            (false, "QUIT") => {
                say("221 bye\r\n")?;
                return Some(message.into_bytes());
            }
            (false, _) => say("250 sink\r\n")?,
        }
    }
}
