//! Checkout: an order from cart to parcel. It runs in two versions; 1.4.2 asks the catalog for each price
//! again before it charges, which its paths and its durations show.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use rand::Rng;
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::query;

/// The version that asks for prices again.
const CHECKS_PRICES: &str = "1.4.2";
/// Prices of one order that are asked for at most.
const PRICES_MAX: usize = 5;
const CENTS_AN_ITEM: usize = 2_150;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/orders", post(order))
}

async fn order(
    State(service): State<Arc<Service>>,
    Json(request): Json<Value>,
) -> Result<Json<Value>, Failure> {
    let placed = place(&service, request["user"].as_u64().unwrap_or(0)).await;
    let outcome = match &placed {
        Ok(_) => "placed",
        Err(failure) if failure.is_ours() => "failed",
        Err(_) => "declined",
    };
    service.instruments.order(outcome);
    placed
}

async fn place(service: &Service, user: u64) -> Result<Json<Value>, Failure> {
    let order = rand::rng().random_range(100_000..1_000_000_u32);
    let cart = service.call(Call::get("cart", "/carts/{user}", &format!("/carts/{user}"))).await?;
    let items = cart["items"].as_array().cloned().unwrap_or_default();
    if service.version == CHECKS_PRICES {
        for item in items.iter().take(PRICES_MAX) {
            let path = format!("/products/{item}");
            service.call(Call::get("catalog", "/products/{id}", &path)).await?;
        }
    }
    let parcel = json!({ "items": items.len() });
    service.call(Call::post("shipping", "/quotes", "/quotes", parcel)).await?;
    let charge = json!({ "order": order, "cents": items.len() * CENTS_AN_ITEM });
    let charged = service.call(Call::post("payment", "/charges", "/charges", charge)).await;
    let fields = [("order", order.to_string()), ("items", items.len().to_string())];
    if let Err(failure) = charged {
        if !failure.is_ours() {
            let text = format!("order not placed: {}", failure.cause);
            service.lines.write(Level::Warn, &text, &fields);
        }
        return Err(failure);
    }
    query("postgresql", "INSERT order", 4.0).await;
    let shipment = json!({ "order": order });
    service.call(Call::post("shipping", "/shipments", "/shipments", shipment)).await?;
    service.lines.write(Level::Info, "order placed", &fields);
    Ok(Json(json!({ "order": order })))
}
