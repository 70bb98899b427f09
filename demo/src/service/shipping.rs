//! Shipping: what a parcel costs, and its label.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::identity::Service;
use super::lines::Level;
use super::work::{query, work};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/quotes", post(quote)).route("/shipments", post(ship))
}

async fn quote(Json(parcel): Json<Value>) -> Json<Value> {
    work(6.0).await;
    let items = parcel["items"].as_u64().unwrap_or(1);
    Json(json!({ "cents": 390 + 120 * items }))
}

async fn ship(State(service): State<Arc<Service>>, Json(order): Json<Value>) -> Json<Value> {
    query("postgresql", "INSERT shipment", 3.0).await;
    work(9.0).await;
    let fields = [("order", order["order"].to_string()), ("carrier", "post".to_owned())];
    service.lines.write(Level::Info, "label printed", &fields);
    Json(json!({ "carrier": "post" }))
}
