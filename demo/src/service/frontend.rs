//! The frontend: every page that a visitor sees. A page without recommendations is still a page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::call::Call;
use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work::work;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home))
        .route("/product/{id}", get(product))
        .route("/cart/{user}", get(cart).post(add))
        .route("/checkout/{user}", post(checkout))
}

async fn home(State(service): State<Arc<Service>>) -> Result<Json<Value>, Failure> {
    let products = service.call(Call::get("catalog", "/products", "/products"));
    let (products, liked) = tokio::join!(products, recommended(&service));
    page(json!({ "products": products?, "liked": liked })).await
}

async fn product(
    State(service): State<Arc<Service>>,
    Path(id): Path<u32>,
) -> Result<Json<Value>, Failure> {
    let path = format!("/products/{id}");
    let product = service.call(Call::get("catalog", "/products/{id}", &path)).await?;
    page(json!({ "product": product, "liked": recommended(&service).await })).await
}

async fn cart(
    State(service): State<Arc<Service>>,
    Path(user): Path<u64>,
) -> Result<Json<Value>, Failure> {
    let path = format!("/carts/{user}");
    page(service.call(Call::get("cart", "/carts/{user}", &path)).await?).await
}

async fn add(
    State(service): State<Arc<Service>>,
    Path(user): Path<u64>,
    Json(item): Json<Value>,
) -> Result<Json<Value>, Failure> {
    let path = format!("/carts/{user}/items");
    page(service.call(Call::post("cart", "/carts/{user}/items", &path, item)).await?).await
}

async fn checkout(
    State(service): State<Arc<Service>>,
    Path(user): Path<u64>,
) -> Result<Json<Value>, Failure> {
    let order = json!({ "user": user });
    page(service.call(Call::post("checkout", "/orders", "/orders", order)).await?).await
}

/// Recommendations, or none and a line that says why.
async fn recommended(service: &Service) -> Value {
    match service.call(Call::get("recommendation", "/recommendations", "/recommendations")).await {
        Ok(answer) => answer["products"].clone(),
        Err(failure) => {
            let text = format!("page without recommendations: {}", failure.cause);
            service.lines.write(Level::Warn, &text, &[]);
            Value::Null
        }
    }
}

async fn page(parts: Value) -> Result<Json<Value>, Failure> {
    work(2.0).await;
    Ok(Json(parts))
}
