//! People: they come in a wave, look around, think, and some of them buy.
//!
//! ```text
//!   home -> products, one to eight, with a look at each -> two of five put something into the cart
//!                                                       -> most of those order it
//! ```

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::limits::{DAY, PAGE_TIMEOUT, THINK_MEAN, VISITORS_FIRST, VISITORS_MAX, VISITORS_MIN};
use crate::service::{HttpClient, PRODUCTS};

/// How often somebody may come or not.
const DOOR_EVERY: Duration = Duration::from_millis(250);

/// Visits the frontend for ever.
pub(crate) async fn come(frontend: Vec<SocketAddr>) {
    let (client, opened) = (HttpClient::new(), Instant::now());
    let visitor = || Visitor {
        client: client.clone(),
        frontend: frontend.clone(),
        user: rand::rng().random_range(1..1_000_000),
    };
    let mut inside = JoinSet::new();
    for _ in 0..VISITORS_FIRST {
        inside.spawn(visitor().fetch());
    }
    loop {
        while inside.try_join_next().is_some() {}
        if inside.len() < expected(opened.elapsed()) {
            inside.spawn(visitor().visit());
        }
        sleep(DOOR_EVERY).await;
    }
}

/// How many are in the shop at a time of its day; it opens in mid-morning.
fn expected(since_opening: Duration) -> usize {
    let turn = since_opening.as_secs_f64() / DAY.as_secs_f64();
    let wave = (1.0 + (turn * TAU).sin()) / 2.0;
    let range = (VISITORS_MAX - VISITORS_MIN) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    let above = (range * wave).round() as usize;
    VISITORS_MIN + above
}

struct Visitor {
    client: HttpClient,
    frontend: Vec<SocketAddr>,
    user: u64,
}

impl Visitor {
    async fn visit(self) {
        self.open(Method::GET, "/", None).await;
        let pages = rand::rng().random_range(1..=8);
        let buys = rand::rng().random_bool(0.4);
        for page in 0..pages {
            think().await;
            let product = popular();
            self.open(Method::GET, &format!("/product/{product}"), None).await;
            if buys && (page == 0 || rand::rng().random_bool(0.3)) {
                self.take(product).await;
            }
        }
        if buys && rand::rng().random_bool(0.8) {
            self.order().await;
        }
    }

    /// The visit of somebody who stood at the door when it opened and knows what he wants.
    async fn fetch(self) {
        self.take(popular()).await;
        self.order().await;
    }

    async fn take(&self, product: u32) {
        think().await;
        let item = json!({ "product": product });
        self.open(Method::POST, &format!("/cart/{}", self.user), Some(item)).await;
    }

    async fn order(&self) {
        think().await;
        self.open(Method::GET, &format!("/cart/{}", self.user), None).await;
        think().await;
        self.open(Method::POST, &format!("/checkout/{}", self.user), None).await;
    }

    /// Opens a page. Whether it came is for the shop's own telemetry to say.
    async fn open(&self, method: Method, path: &str, body: Option<Value>) {
        let Some(address) = self.frontend.choose(&mut rand::rng()) else { return };
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = format!("http://{address}{path}").parse().unwrap_or_default();
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        let _answer = self.client.send(request, PAGE_TIMEOUT).await;
    }
}

/// Few products are looked at often, many seldom.
fn popular() -> u32 {
    let mut rng = rand::rng();
    let most = rng.random_range(0..PRODUCTS);
    rng.random_range(0..=most)
}

/// Waits as somebody does who looks at a page: short mostly, long at times.
async fn think() {
    let even: f64 = rand::rng().random_range(0.01..1.0);
    sleep(THINK_MEAN.mul_f64(-even.ln())).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_come_in_a_wave_between_the_least_and_the_most() {
        let at = |part: f64| expected(DAY.mul_f64(part));
        assert_eq!(at(0.25), VISITORS_MAX);
        assert_eq!(at(0.75), VISITORS_MIN);
        assert_eq!((at(0.0), at(1.0)), (at(0.5), at(0.0)));
    }
}
