//! Work that is only played: time that passes as it does in real services, and things that happen by chance.

use std::time::Duration;

use rand::Rng;
use tracing::{Instrument, info_span};

use super::identity::Service;
use super::lines::Level;

/// How often a service says that it is well.
const BACKGROUND_EVERY: Duration = Duration::from_secs(15);

/// True in so many of a hundred cases.
pub(super) fn percent(of_hundred: u32) -> bool {
    per_mille(of_hundred * 10)
}

/// True in so many of a thousand cases.
pub(super) fn per_mille(of_thousand: u32) -> bool {
    rand::rng().random_range(0..1_000) < of_thousand
}

/// Takes time: about `ms`, mostly a little more or less, now and then much more.
pub(super) async fn work(ms: f64) {
    tokio::time::sleep(Duration::from_secs_f64(ms * stretch() / 1e3)).await;
}

/// The product of two even draws has the long tail that waiting has.
fn stretch() -> f64 {
    let mut rng = rand::rng();
    let stretch = 0.5 + rng.random::<f64>() * rng.random::<f64>() * 3.0;
    if rng.random_range(0..50) == 0 { stretch * 4.0 } else { stretch }
}

/// A query of a data base: a span, and its time.
pub(super) async fn query(system: &'static str, statement: &'static str, ms: f64) {
    let span = info_span!(
        "query",
        otel.name = statement,
        otel.kind = "client",
        db.system = system,
        db.statement = statement,
    );
    work(ms).instrument(span).await;
}

/// Says now and then that all is well; never returns.
pub(super) async fn background(service: &Service) {
    let mut turns = tokio::time::interval(BACKGROUND_EVERY);
    loop {
        turns.tick().await;
        service.may_speak().await;
        match service.spec.name {
            "recommendation" => service.lines.write(Level::Debug, &scores(), &[]),
            "catalog" => {
                let fields = [("products", super::catalog::PRODUCTS.to_string())];
                service.lines.write(Level::Info, "price list refreshed", &fields);
            }
            _ => service.lines.write(Level::Debug, "session sweep: nothing has expired", &[]),
        }
    }
}

/// A line longer than a container runtime writes in one piece.
fn scores() -> String {
    let mut rng = rand::rng();
    let scores: Vec<String> =
        (0..1_800).map(|item| format!("{item}:{:.4}", rng.random::<f32>())).collect();
    format!("model scores {}", scores.join(" "))
}
