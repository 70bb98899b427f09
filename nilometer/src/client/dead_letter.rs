//! `nilometer dead-letter`: records that were turned away, and why.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note};
use crate::config::AskConfig;

const COLUMNS: [&str; 8] =
    ["id", "time", "reason", "node", "component", "source", "position", "message"];

/// What to do with them.
#[derive(Debug)]
pub(crate) enum DeadLetterAction {
    List,
    Show(String),
    Retry(String),
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    dead_letters: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct DeadLetter {
    id: String,
    source: String,
    position: u64,
    reason: String,
    time: String,
    component: String,
    node: String,
    message: String,
}

/// Lists them, shows one, or asks for one to be let in.
pub(crate) async fn dead_letter(
    config: AskConfig,
    action: &DeadLetterAction,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let body: Box<RawValue> = server.get("/dead-letters", &Vec::new()).await?;
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    let answer: Answer<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
    let wanted = match action {
        DeadLetterAction::List => None,
        DeadLetterAction::Show(id) | DeadLetterAction::Retry(id) => Some(id),
    };
    let mut printer = Printer::new(config.output);
    let mut found = wanted.is_none();
    for json in answer.dead_letters {
        let letter: DeadLetter = serde_json::from_str(json.get()).map_err(unexpected)?;
        if wanted.is_some_and(|id| *id != letter.id) {
            continue;
        }
        found = true;
        if let DeadLetterAction::Retry(id) = action {
            server.post(&format!("/dead-letters/{id}/retry")).await?;
            note(&format!("dead letter {id} is let in"));
        } else {
            printer.row(json, &COLUMNS, &letter.cells())?;
        }
    }
    printer.flush()?;
    match wanted {
        Some(id) if !found => Err(ClientError::NoSuchLetter(id.clone())),
        _ => Ok(Outcome::Done),
    }
}

impl DeadLetter {
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.time.clone(),
            self.reason.clone(),
            self.node.clone(),
            self.component.clone(),
            self.source.clone(),
            self.position.to_string(),
            self.message.clone(),
        ]
    }
}
