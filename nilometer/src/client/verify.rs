//! `nilometer verify`: whether all that is stored still is what was written.

use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note};
use crate::config::{AskConfig, Output};

const COLUMNS: [&str; 5] = ["split", "kind", "records", "bytes", "problem"];

/// A line of the answer: one split, or all of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Split { split: String, kind: String, records: u64, bytes: u64, problem: Option<String> },
    All { splits: u64, damaged: u64, records: u64, bytes: u64 },
}

/// Prints the splits that are damaged; `ndjson` and `csv` have all of them.
pub(crate) async fn verify(config: AskConfig) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let answer = server.open(Method::POST, "/verify", &Vec::new(), "application/x-ndjson").await?;
    let mut printer = Printer::new(config.output);
    let mut lines = server.lines(answer);
    while let Some(text) = lines.next().await? {
        for json in text.lines() {
            if let Some(outcome) = take(&server, &mut printer, json)? {
                return Ok(outcome);
            }
        }
    }
    Err(server.unexpected("it ends before all is read".to_owned()))
}

/// Prints a line of the answer; the last one says how it ended.
fn take(
    server: &Server,
    printer: &mut Printer,
    json: &str,
) -> Result<Option<Outcome>, ClientError> {
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    match serde_json::from_str(json).map_err(unexpected)? {
        Line::Split { problem: None, .. } if printer.output() == Output::Text => Ok(None),
        Line::Split { split, kind, records, bytes, problem } => {
            let raw: &RawValue = serde_json::from_str(json).map_err(unexpected)?;
            let problem = problem.unwrap_or_default();
            let cells = [split, kind, records.to_string(), bytes.to_string(), problem];
            printer.row(raw, &COLUMNS, &cells)?;
            Ok(None)
        }
        Line::All { splits, damaged, records, bytes } => {
            printer.flush()?;
            note(&format!(
                "read {splits} splits, {records} records, {bytes} bytes: {damaged} damaged"
            ));
            Ok(Some(if damaged == 0 { Outcome::Done } else { Outcome::Damaged }))
        }
    }
}
