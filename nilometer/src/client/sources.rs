//! `nilometer sources`: what is read, and how far.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome};
use crate::config::AskConfig;

const COLUMNS: [&str; 9] =
    ["node", "component", "stream", "records", "bytes", "mark", "ended", "source", "path"];

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    sources: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Source {
    source: String,
    component: String,
    node: String,
    stream: String,
    path: String,
    mark: u64,
    records: u64,
    bytes: u64,
    ended: bool,
}

/// Prints every source.
pub(crate) async fn sources(config: AskConfig) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let body: Box<RawValue> = server.get("/sources", &Vec::new()).await?;
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    let answer: Answer<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
    let mut printer = Printer::new(config.output);
    printer.line(&COLUMNS.join("  "))?;
    for json in answer.sources {
        let source: Source = serde_json::from_str(json.get()).map_err(unexpected)?;
        printer.row(json, &COLUMNS, &source.cells())?;
    }
    printer.flush()?;
    Ok(Outcome::Done)
}

impl Source {
    fn cells(&self) -> Vec<String> {
        vec![
            self.node.clone(),
            self.component.clone(),
            self.stream.clone(),
            self.records.to_string(),
            self.bytes.to_string(),
            self.mark.to_string(),
            self.ended.to_string(),
            self.source.clone(),
            self.path.clone(),
        ]
    }
}
