//! Carts: what each visitor means to buy, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::{per_mille, query};
use crate::limits::CARTS_MAX;

/// What a Java service writes when a read takes too long.
const STACK: [&str; 5] = [
    "java.net.SocketTimeoutException: Read timed out",
    "\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)",
    "\tat redis.clients.jedis.Connection.readProtocolWithCheckingBroken(Connection.java:350)",
    "\tat shop.cart.SessionStore.touch(SessionStore.java:117)",
    "\tat shop.cart.CartController.get(CartController.java:54)",
];

/// Product numbers by visitor.
type Carts = Arc<Mutex<HashMap<u64, Vec<u32>>>>;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/carts/{user}", get(show))
        .route("/carts/{user}/items", post(add))
        .layer(Extension(Carts::default()))
}

async fn show(
    State(service): State<Arc<Service>>,
    Extension(carts): Extension<Carts>,
    Path(user): Path<u64>,
) -> Json<Value> {
    query("redis", "HGETALL cart", 1.0).await;
    if per_mille(8) {
        service.lines.trace(Level::Warn, "session store did not answer, using the replica", &STACK);
        query("redis", "HGETALL cart (replica)", 12.0).await;
    }
    let carts = carts.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "items": carts.get(&user).cloned().unwrap_or_default() }))
}

async fn add(
    State(service): State<Arc<Service>>,
    Extension(carts): Extension<Carts>,
    Path(user): Path<u64>,
    Json(item): Json<Value>,
) -> Result<Json<Value>, Failure> {
    let product = item["product"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
    service.call(Call::get("catalog", "/products/{id}", &format!("/products/{product}"))).await?;
    query("redis", "HSET cart", 1.5).await;
    let fields = [("user", user.to_string()), ("product", product.to_string())];
    service.lines.write(Level::Info, "item added", &fields);
    let mut carts = carts.lock().unwrap_or_else(PoisonError::into_inner);
    if carts.len() >= CARTS_MAX {
        carts.clear();
    }
    let items = carts.entry(user).or_default();
    items.push(product);
    Ok(Json(json!({ "items": items.len() })))
}
