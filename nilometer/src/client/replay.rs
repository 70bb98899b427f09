//! `nilometer rules replay`: when the rules of a file would have fired on what the server has stored.
//!
//! Invariants:
//! - the server replays, by the code that evaluates live; here is only what it says;
//! - a rule that cannot be read is named after the others were replayed, and fails as a configuration does (exit 2).

use std::path::Path;

use nilometer_alert::{Length, Rule, read_file};
use nilometer_model::Timestamp;
use nilometer_query::alert::{check_rule, writable};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note};
use crate::config::AskConfig;

const COLUMNS: [&str; 6] = ["rule", "from", "to", "lasted", "peak", "labels"];

#[derive(Deserialize)]
struct Answer {
    intervals: Vec<Interval>,
    intervals_left_out: usize,
    evaluations: u64,
    complete: bool,
}

#[derive(Serialize, Deserialize)]
struct Interval {
    from: String,
    to: String,
    labels: Map<String, Value>,
    peak: Option<f64>,
}

/// A row of the answer, as `ndjson` has it.
#[derive(Serialize)]
struct Row<'a> {
    rule: &'a str,
    #[serde(flatten)]
    interval: &'a Interval,
}

/// Replays each rule of the file from `last` ago (`30d`) until now, on what had been received `then` or is stored `now`.
pub(crate) async fn replay(
    config: AskConfig,
    path: &Path,
    (last, seen): (&str, &str),
) -> Result<Outcome, ClientError> {
    let unreadable = |error| ClientError::File { path: path.to_owned(), error };
    let file = read_file(&std::fs::read_to_string(path).map_err(unreadable)?, check_rule);
    let server = Server::new(&config)?;
    let mut printer = Printer::new(config.output);
    printer.line(&COLUMNS.join("  "))?;
    for rule in &file.rules {
        let answer = ask(&server, rule, (last, seen)).await?;
        for interval in &answer.intervals {
            let row = Row { rule: rule.id.as_str(), interval };
            let json: Box<RawValue> =
                to_raw_value(&row).map_err(|error| server.unexpected(error.to_string()))?;
            printer.row(&json, &COLUMNS, &row.cells())?;
        }
        note(&answer.told(rule));
    }
    printer.flush()?;
    if file.errors.is_empty() {
        return Ok(Outcome::Done);
    }
    let place = path.display();
    let errors: Vec<String> = file.errors.iter().map(|error| format!("{place}:{error}")).collect();
    Err(ClientError::BadRules(errors.join("\n")))
}

async fn ask(
    server: &Server,
    rule: &Rule,
    (last, seen): (&str, &str),
) -> Result<Answer, ClientError> {
    let rule_json = writable(rule);
    let question =
        json!({ "rule": rule_json, "from": format!("-{last}"), "to": "now", "seen": seen });
    server.put_question("/rules/replay", &question, &rule.query).await
}

impl Answer {
    /// How often and how long, in a line.
    fn told(&self, rule: &Rule) -> String {
        let often = self.intervals.len() + self.intervals_left_out;
        let lasted = self.intervals.iter().filter_map(Interval::lasted).map(Length::whole_seconds);
        let mut told = format!(
            "{}: fired {often} times, {} in all; {} evaluations",
            rule.id,
            Length::seconds(lasted.sum()),
            self.evaluations
        );
        if self.intervals_left_out > 0 {
            told.push_str(&format!("; the last {} are left out", self.intervals_left_out));
        }
        if !self.complete {
            told.push_str("; not everything could be looked at");
        }
        told
    }
}

impl Interval {
    fn lasted(&self) -> Option<Length> {
        let moment = |text: &str| Timestamp::parse(text.as_bytes()).ok();
        let seconds = (moment(&self.to)?.0 - moment(&self.from)?.0) / 1_000_000_000;
        Some(Length::seconds(seconds))
    }
}

impl Row<'_> {
    fn cells(&self) -> Vec<String> {
        let Interval { from, to, labels, peak } = self.interval;
        vec![
            self.rule.to_owned(),
            from.clone(),
            to.clone(),
            self.interval.lasted().map_or_else(|| "-".to_owned(), |length| length.to_string()),
            peak.map_or_else(|| "-".to_owned(), |peak| peak.to_string()),
            Value::Object(labels.clone()).to_string(),
        ]
    }
}
