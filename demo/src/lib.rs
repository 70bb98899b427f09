//! The demo: a small shop of real processes that speak, call each other, and break on command.
//!
//! ```text
//!   up ── Shop ──stdin: assignment, faults──> demo-service (one process an instance)
//!           ^                                  │ HTTP with W3C trace context: its peers
//!           │ pipes                            ├─> stdout, stderr: log lines with trace ids
//!           v                                  └─> OTLP/HTTP: spans and metrics by the SDK
//!     DIR/<node>/var/log/pods/demo_<pod>_<uid>/<service>/<n>.log       (CRI, rotated)
//! ```
//! Invariants:
//! - the shop knows nothing of who reads its files and takes its spans: it is what a reader's own
//!   system would be;
//! - a service lives no longer than its supervisor: the end of its standard input is its end;
//! - everything it leaves is below one directory, and everything it says is marked: its nodes are named
//!   `demo-…`, its spans and metrics carry `demo = true`.

mod assignment;
mod fault;
mod limits;
mod service;
mod shop;
mod supervise;
mod visitors;

pub use fault::{Fault, Faults};
pub use service::{ServiceError, serve};
pub use shop::{nodes, services};
pub use supervise::{Shop, ShopConfig, ShopError};
