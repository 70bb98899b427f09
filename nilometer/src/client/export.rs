//! `nilometer export`: all records that match, oldest first, each once.
//!
//! ```text
//!   ask ──> whole lines ──> print, remember the cursor
//!    ^                            │
//!    └── pause, with the cursor <─┘ connection broken in the middle of a line: that piece is dropped
//! ```
//! Invariants:
//! - only whole lines are printed, so an export that goes on repeats nothing and cuts nothing;
//! - it gives up after [`ATTEMPTS_MAX`] attempts in a row that brought no line.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use reqwest::Method;

use super::http::{Params, Server};
use super::printer::{self, Printer};
use super::{ClientError, Outcome, note, search};
use crate::cli::RangeOptions;
use crate::config::AskConfig;

const ATTEMPTS_MAX: u32 = 10;
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// How far the export has come.
struct Export {
    printer: Printer,
    cursor: Option<String>,
    records: u64,
    limit: u64,
    told: Option<Instant>,
}

/// Prints everything that matches.
pub(crate) async fn export(
    config: AskConfig,
    query: &str,
    range: &RangeOptions,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let mut params = search::params(query, range);
    params.retain(|(name, _)| *name != "limit");
    let mut export = Export::new(&config, range.limit);
    let mut failures = 0;
    loop {
        let before = export.records;
        match export.attempt(&server, &params).await {
            Ok(()) => break,
            Err(error) if !export.may_go_on(&error) => return Err(error),
            Err(error) => {
                failures = if export.records > before { 1 } else { failures + 1 };
                if failures >= ATTEMPTS_MAX {
                    return Err(error);
                }
                note(&format!("{error}; going on from the last whole record"));
                tokio::time::sleep((PAUSE_FIRST * (1 << (failures - 1))).min(PAUSE_MAX)).await;
            }
        }
    }
    note(&format!("exported {} records", export.records));
    Ok(Outcome::Done)
}

impl Export {
    fn new(config: &AskConfig, limit: Option<u64>) -> Self {
        Self {
            printer: Printer::new(config.output),
            cursor: None,
            records: 0,
            limit: limit.unwrap_or(u64::MAX),
            told: None,
        }
    }

    /// Whether another attempt makes sense: something had come, and it is not we who are refused.
    fn may_go_on(&self, error: &ClientError) -> bool {
        let passing = match error {
            ClientError::Reach { .. } | ClientError::Broken { .. } => true,
            ClientError::Refused(refusal) => refusal.is_passing(),
            _ => false,
        };
        passing && self.cursor.is_some()
    }

    /// One request: prints whole lines until its end.
    async fn attempt(&mut self, server: &Server, params: &Params<'_>) -> Result<(), ClientError> {
        let mut params = params.clone();
        params.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        let answer = server.open(Method::GET, "/export", &params, "application/x-ndjson").await?;
        let mut lines = server.lines(answer);
        while self.records < self.limit {
            let Some(text) = lines.next().await? else { break };
            self.print(server, &text)?;
        }
        Ok(())
    }

    fn print(&mut self, server: &Server, text: &str) -> Result<(), ClientError> {
        for line in text.lines().filter(|line| !line.is_empty()) {
            if self.records == self.limit {
                break;
            }
            let record =
                printer::parse(line).map_err(|error| server.unexpected(error.to_string()))?;
            self.printer.record(line, &record)?;
            self.records += 1;
            self.cursor = record.cursor.map(Into::into).or(self.cursor.take());
        }
        self.printer.flush()?;
        self.tell();
        Ok(())
    }

    /// Progress, for a person only.
    fn tell(&mut self) {
        let due = self.told.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY);
        if due && std::io::stderr().is_terminal() {
            self.told = Some(Instant::now());
            note(&format!("{} records ...", self.records));
        }
    }
}
