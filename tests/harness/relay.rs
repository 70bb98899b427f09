//! A relay on loopback before a server, that passes, hangs or refuses as a test says.
//!
//! ```text
//!   client ──> Relay ──> server        Pass: bytes go both ways
//!                                      Hang: they are taken and go nowhere, the connection stays
//!                                      Refuse: every connection is closed, old and new
//!                                      NoBatches: only those on which a batch is sent
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::port;

/// What a collector's request with a batch begins with.
const BATCH: &[u8] = b"POST /api/v1/batches";
/// How long a connection waits for bytes until it looks at the way again.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a relay does with what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Bytes go both ways.
    Pass,
    /// Bytes are taken and go nowhere.
    Hang,
    /// Connections are closed.
    Refuse,
    /// Connections are closed on which a batch is sent; heartbeats pass.
    NoBatches,
}

/// See the file's head. Its threads end with the test's process.
#[derive(Debug)]
pub struct Relay {
    url: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    to: String,
    way: AtomicU8,
    bytes: AtomicU64,
}

impl Relay {
    /// Before the server at `to`, `HOST:PORT`.
    pub fn before(to: &str) -> Self {
        let port = port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let state = State { to: to.to_owned(), way: AtomicU8::new(0), bytes: AtomicU64::new(0) };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.carry(client));
            }
        });
        Self { url: format!("http://127.0.0.1:{port}"), state }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on, on old connections too.
    pub fn set(&self, way: Way) {
        self.state.way.store(way as u8, Ordering::SeqCst);
    }

    /// Bytes that clients have sent through it so far.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }
}

impl State {
    fn way(&self) -> Way {
        match self.way.load(Ordering::SeqCst) {
            0 => Way::Pass,
            1 => Way::Hang,
            2 => Way::Refuse,
            _ => Way::NoBatches,
        }
    }

    /// One connection to its end. Its errors are what a client of such a relay sees.
    fn carry(self: Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.to) else { return };
        let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        let back = Arc::clone(&self);
        thread::spawn(move || back.pump(from_server, client, None));
        self.pump(from_client, server, Some(&self.bytes));
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, count: Option<&AtomicU64>) {
        let mut buffer = vec![0; 64 << 10];
        from.set_read_timeout(Some(LOOK_EVERY)).unwrap();
        while self.way() != Way::Refuse {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_) => break,
            };
            // A request begins where bytes do: none is sent before the answer to the one before.
            if self.way() == Way::NoBatches && buffer[..read].starts_with(BATCH) {
                break;
            }
            if self.way() != Way::Hang && to.write_all(&buffer[..read]).is_err() {
                break;
            }
            count.map(|count| count.fetch_add(read as u64, Ordering::SeqCst));
        }
        for end in [from, to] {
            // The other direction may have closed it.
            let _closed = end.shutdown(Shutdown::Both);
        }
    }
}
