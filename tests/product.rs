//! The product, from outside: one test binary, one module for each promise.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests: they panic, and say seeds")]

mod access;
mod alerts;
mod bad_input;
mod browser;
mod caps;
mod context;
mod crash;
mod demo;
mod disk_full;
mod hostile_cli;
mod ingest;
mod life;
mod otlp;
mod otlp_custody;
mod prove;
mod purge;
mod redaction;
mod reread;
mod retention;
mod shipping;
mod spans;
mod stalled_disk;
mod tenants;
mod tidy;
mod tls;
mod torture;
mod traces;
mod verify;
mod who_spoke;
