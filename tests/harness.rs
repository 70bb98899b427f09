//! The product from outside: the built binary, started on free ports with data in temporary directories.
//!
//! Invariants:
//! - whatever a test starts ends with it: a [`Process`] is killed when it is dropped;
//! - nothing waits for a length of time: [`until`] waits for an event and has a deadline;
//! - when a test fails its directories stay, and the end of each `*.log` in them is printed.

#![expect(clippy::unwrap_used, reason = "a harness panics: that is how a test fails")]

#[path = "harness/http.rs"]
mod http;
#[path = "harness/process.rs"]
mod process;
#[path = "harness/relay.rs"]
mod relay;
#[path = "harness/scratch.rs"]
mod scratch;
#[path = "harness/tls.rs"]
mod tls;
#[path = "harness/wait.rs"]
mod wait;

pub use http::{Answer, Api};
pub use process::{Ended, NO_RULES, Process, binary, command, port, repository, run};
pub use relay::{Relay, Way};
pub use scratch::Scratch;
pub use tls::{Authority, Issued};
pub use wait::{until, until_async, within};

/// The seed of everything random in these tests; printed, so that a failure can be had again.
pub const SEED: u64 = 20_261_121;
