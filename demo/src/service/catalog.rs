//! The catalog: products and their prices, from a data base that is only played.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::{query, work};

/// Products that there are, numbered from 0.
pub(crate) const PRODUCTS: u32 = 120;
/// How many of them a page shows.
const SHOWN: u32 = 12;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/products", get(list)).route("/products/{id}", get(one))
}

async fn list() -> Json<Value> {
    query("postgresql", "SELECT products", 4.0).await;
    work(1.0).await;
    Json(json!({ "products": (0..SHOWN).map(product).collect::<Vec<_>>() }))
}

async fn one(
    State(service): State<Arc<Service>>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Failure> {
    query("postgresql", "SELECT product", 2.0).await;
    if id >= PRODUCTS {
        let fields = [("product", id.to_string())];
        service.lines.write(Level::Warn, "no such product", &fields);
        return Err(Failure::new(StatusCode::NOT_FOUND, "no such product"));
    }
    Ok(Json(product(id)))
}

fn product(id: u32) -> Value {
    json!({ "id": id, "price_cents": 499 + u64::from(id) * 175 })
}
