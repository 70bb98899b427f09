//! Payment: charges cards; some are declined, as cards are.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tracing::{Instrument, info_span};

use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::{percent, query, work};

/// How many of a hundred cards are declined.
const DECLINED_PERCENT: u32 = 2;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/charges", post(charge))
}

async fn charge(
    State(service): State<Arc<Service>>,
    Json(charge): Json<Value>,
) -> Result<Json<Value>, Failure> {
    let span = info_span!(
        "authorize",
        otel.name = "authorize card",
        otel.kind = "client",
        server.address = "processor.example",
    );
    work(40.0).instrument(span).await;
    let cents = charge["cents"].as_u64().unwrap_or(0);
    let fields = [("order", charge["order"].to_string()), ("cents", cents.to_string())];
    if percent(DECLINED_PERCENT) {
        service.lines.write(Level::Warn, "card declined: insufficient funds", &fields);
        return Err(Failure::new(StatusCode::PAYMENT_REQUIRED, "card declined"));
    }
    query("postgresql", "INSERT charge", 3.0).await;
    service.lines.write(Level::Info, "charged", &fields);
    Ok(Json(json!({ "charged": cents })))
}
