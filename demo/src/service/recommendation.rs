//! Recommendation: what others bought, from a model that is only played.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tracing::{Instrument, info_span};

use super::call::Call;
use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::{per_mille, work};

/// What a Python service writes when it falls back.
const STACK: [&str; 5] = [
    "Traceback (most recent call last):",
    "  File \"/app/recommend/model.py\", line 88, in rank",
    "    return self.index.nearest(vector, k=12)",
    "  File \"/app/recommend/index.py\", line 41, in nearest",
    "KeyError: 'vector for visitor is missing'",
];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/recommendations", get(recommend))
}

async fn recommend(State(service): State<Arc<Service>>) -> Result<Json<Value>, Failure> {
    work(7.0).instrument(info_span!("rank", otel.name = "rank candidates")).await;
    if per_mille(8) {
        service.lines.trace(Level::Warn, "falling back to what is popular", &STACK);
    }
    let products = service.call(Call::get("catalog", "/products", "/products")).await?;
    Ok(Json(json!({ "products": products["products"] })))
}
