//! The demo's faults: which are on, and switching them.
//!
//! Invariants:
//! - what the demo is made of is not known here: the binary hands in its board;
//! - without a demo both routes say so, and how to start one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::body;
use super::error::ApiError;
use super::limits::DEMO_BODY_BYTES_MAX;
use super::params::NoParams;

/// The board of a running demo.
#[derive(Clone)]
pub struct DemoBoard {
    /// Every fault that there is.
    pub faults: Vec<&'static str>,
    /// Every service, with its faults that are on.
    pub read: Arc<dyn Fn() -> BTreeMap<&'static str, Vec<&'static str>> + Send + Sync>,
    /// Switches a known fault of a known service.
    pub switch: Arc<Switch>,
}

/// Fault, service, whether it is to be on.
type Switch = dyn Fn(&str, &str, bool) + Send + Sync;

/// A service of the demo.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DemoService)]
pub(crate) struct ServiceJson {
    service: String,
    /// The faults that are on.
    faults: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DemoAnswer {
    services: Vec<ServiceJson>,
}

/// Which service, and whether its fault is to be on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoSwitch {
    service: String,
    on: bool,
}

/// The demo's services and the faults that are on.
#[utoipa::path(get, path = "/api/v1/demo", tag = "demo",
    responses((status = 200, body = DemoAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn demo(
    State(api): State<Api>,
    _: NoParams,
) -> Result<Json<DemoAnswer>, ApiError> {
    let board = api.demo.as_ref().ok_or_else(no_demo)?;
    let services = (board.read)().into_iter();
    let services = services
        .map(|(service, faults)| ServiceJson { service: service.to_owned(), faults })
        .collect();
    Ok(Json(DemoAnswer { services }))
}

/// Switches a fault of one of the demo's services on or off; a repeat changes nothing.
#[utoipa::path(post, path = "/api/v1/demo/{fault}", tag = "demo", request_body = DemoSwitch,
    params(("fault" = String, Path, description = "slow, fail, crash, flood, silence or surprise")),
    responses((status = 200, body = ServiceJson), (status = "4XX", body = ApiError)))]
pub(crate) async fn switch(
    State(api): State<Api>,
    Path(fault): Path<String>,
    _: NoParams,
    body: Body,
) -> Result<Json<ServiceJson>, ApiError> {
    let board = api.demo.as_ref().ok_or_else(no_demo)?;
    let body = body::read(body, DEMO_BODY_BYTES_MAX).await?;
    let asked: DemoSwitch = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"service":"checkout","on":true}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    turn(board, &fault, asked).map(Json)
}

fn turn(board: &DemoBoard, fault: &str, asked: DemoSwitch) -> Result<ServiceJson, ApiError> {
    if !board.faults.contains(&fault) {
        let hint = format!("one of {}", board.faults.join(", "));
        let message = format!("there is no fault '{fault}'");
        return Err(ApiError::not_found(message, &hint).about("fault"));
    }
    let services = (board.read)();
    if !services.contains_key(asked.service.as_str()) {
        let hint = format!("one of {}", services.into_keys().collect::<Vec<_>>().join(", "));
        let message = format!("the demo has no service '{}'", asked.service);
        return Err(ApiError::not_found(message, &hint).about("service"));
    }
    (board.switch)(fault, &asked.service, asked.on);
    let faults = (board.read)().remove(asked.service.as_str()).unwrap_or_default();
    Ok(ServiceJson { service: asked.service, faults })
}

fn no_demo() -> ApiError {
    ApiError::conflict("no demo runs here", "start one with: nilometer up --demo")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;

    /// A board of two services and two faults.
    fn board() -> DemoBoard {
        let on: Arc<Mutex<BTreeSet<(String, String)>>> = Arc::default();
        let written = Arc::clone(&on);
        DemoBoard {
            faults: vec!["slow", "fail"],
            read: Arc::new(move || {
                let on = on.lock().unwrap();
                let of = |service: &str| {
                    let is_on =
                        |fault: &&str| on.contains(&(service.to_owned(), (*fault).to_owned()));
                    ["slow", "fail"].into_iter().filter(is_on).collect()
                };
                [("cart", of("cart")), ("payment", of("payment"))].into()
            }),
            switch: Arc::new(move |fault, service, is_on| {
                let key = (service.to_owned(), fault.to_owned());
                let mut written = written.lock().unwrap();
                let _changed = if is_on { written.insert(key) } else { written.remove(&key) };
            }),
        }
    }

    #[track_caller]
    fn check(board: &DemoBoard, fault: &str, service: &str, on: bool, expect: &str) {
        let answer = turn(board, fault, DemoSwitch { service: service.to_owned(), on });
        let said = match answer {
            Ok(service) => serde_json::to_string(&service).unwrap(),
            Err(error) => serde_json::to_value(&error).unwrap()["error"]["hint"].to_string(),
        };
        assert!(said.contains(expect), "{said}");
    }

    #[test]
    fn a_fault_is_on_until_it_is_switched_off_and_who_errs_is_told_what_there_is() {
        let board = board();
        check(&board, "slow", "cart", true, r#"{"service":"cart","faults":["slow"]}"#);
        check(&board, "fail", "cart", true, r#""faults":["slow","fail"]"#);
        check(&board, "slow", "cart", false, r#""faults":["fail"]"#);
        check(&board, "slow", "cart", false, r#""faults":["fail"]"#);
        check(&board, "slow", "till", true, "one of cart, payment");
        check(&board, "melt", "cart", true, "one of slow, fail");
    }
}
