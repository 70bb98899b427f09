//! `nilometer pin`: ranges of time that neither age nor lack of space takes.

use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome};
use crate::config::AskConfig;

const COLUMNS: [&str; 4] = ["name", "from", "to", "component"];

/// What to do with them.
#[derive(Debug)]
pub(crate) enum PinAction {
    List,
    Add { name: String, from: String, to: String, component: Option<String> },
    Remove(String),
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    pins: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Pin {
    name: String,
    from: String,
    to: String,
    #[serde(default)]
    component: String,
}

/// Makes one or removes one, if that is asked, and prints what was made, or all that there are.
pub(crate) async fn pin(config: AskConfig, action: &PinAction) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let body: Box<RawValue> = match action {
        PinAction::List => server.get("/pins", &Vec::new()).await?,
        PinAction::Add { name, from, to, component } => {
            let pin = serde_json::json!({
                "name": name, "from": from, "to": to, "component": component,
            });
            server.put_question("/pins", &pin, "").await?
        }
        PinAction::Remove(name) => {
            server.open(Method::DELETE, &format!("/pins/{name}"), &Vec::new(), "*/*").await?;
            return Ok(Outcome::Done);
        }
    };
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    let answer: Answer<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
    let mut printer = Printer::new(config.output);
    for json in answer.pins {
        let Pin { name, from, to, component } =
            serde_json::from_str(json.get()).map_err(unexpected)?;
        printer.row(json, &COLUMNS, &[name, from, to, component])?;
    }
    printer.flush()?;
    Ok(Outcome::Done)
}
