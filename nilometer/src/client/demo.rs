//! `nilometer demo`: which faults of the demo's services are on, and switching one.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome};
use crate::config::AskConfig;

const COLUMNS: [&str; 2] = ["service", "faults"];

/// What is to be switched.
#[derive(Debug)]
pub(crate) struct DemoSwitch {
    pub(crate) fault: String,
    pub(crate) service: String,
    pub(crate) on: bool,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    services: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Service {
    service: String,
    faults: Vec<String>,
}

/// Switches a fault, if one is to be switched, and prints what is on then.
pub(crate) async fn demo(
    config: AskConfig,
    switch: Option<&DemoSwitch>,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    if let Some(DemoSwitch { fault, service, on }) = switch {
        let question = serde_json::json!({ "service": service, "on": on });
        let _now: Box<RawValue> =
            server.put_question(&format!("/demo/{fault}"), &question, "").await?;
    }
    let body: Box<RawValue> = server.get("/demo", &Vec::new()).await?;
    let answer: Answer<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
    let mut printer = Printer::new(config.output);
    for json in answer.services {
        let service: Service = serde_json::from_str(json.get()).map_err(unexpected)?;
        printer.row(json, &COLUMNS, &service.cells())?;
    }
    printer.flush()?;
    Ok(Outcome::Done)
}

impl Service {
    fn cells(&self) -> Vec<String> {
        let faults = if self.faults.is_empty() { "-".to_owned() } else { self.faults.join(",") };
        vec![self.service.clone(), faults]
    }
}
