//! The OTLP receiver: what OpenTelemetry SDKs send over HTTP or gRPC goes through a [`Door`] and is answered
//! once it is durable.
//!
//! ```text
//!   HTTP  POST /v1/{logs,traces,metrics} ──┐  read      inflate, decode          Door      answer
//!   gRPC  …LogsService/Export, …           ┴─ (bytes ── (blocking thread, ────── (fsync) ─ all, or which
//!                                              held)     few at once)                      items not and why
//! ```
//! Invariants:
//! - a success says that all but the rejected items are durable; a refusal, that nothing of the request counts;
//! - one reading of a request for both transports: they differ in how bytes come and answers go, no further;
//! - what is held in memory has a limit, whoever sends how much: see [`budget`] and `limits`;
//! - whose it is, is said by the gate before the routes (a [`Tenant`] among the request's extensions), and
//!   where no gate stands nobody is served.
//!
//! [`Door`]: nilometer_wire::Door
//! [`Tenant`]: nilometer_model::Tenant

mod body;
mod budget;
mod grpc;
mod http;
mod limits;
mod metrics;
mod receiver;
mod redact;
mod refusal;

pub use grpc::{grpc_router, in_grpc};
pub use http::http_router;
pub use receiver::Receiver;

#[cfg(test)]
mod tests;
