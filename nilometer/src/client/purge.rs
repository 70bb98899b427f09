//! `nilometer purge`: removes records, spans and samples for good, and says when they are gone.
//!
//! Invariants:
//! - nothing is removed before somebody saw how many of each it takes, and said so or wrote `--yes`;
//! - it ends with exit 0 only when the server says that nothing is left of them;
//! - whoever leaves meanwhile stops nothing: the server goes on.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note};
use crate::config::AskConfig;

/// How often it is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

const COLUMNS: [&str; 10] = [
    "id",
    "state",
    "since",
    "records",
    "spans",
    "samples",
    "splits",
    "dead_letters",
    "reason",
    "q",
];

/// What to do.
#[derive(Debug)]
pub(crate) enum PurgeAction {
    List,
    End(String),
    Purge(PurgeWanted),
}

/// What is to be gone.
#[derive(Debug, Serialize)]
pub(crate) struct PurgeWanted {
    pub(crate) q: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    pub(crate) reason: String,
    pub(crate) dry_run: bool,
    /// Nobody is to be asked.
    #[serde(skip)]
    pub(crate) yes: bool,
}

/// How many of each.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
struct Counts {
    records: u64,
    spans: u64,
    samples: u64,
}

#[derive(Deserialize)]
struct Begun {
    #[serde(flatten)]
    counts: Counts,
    exact: bool,
    purge: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    purges: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Purge {
    id: String,
    state: String,
    since: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    reason: String,
    removed: Removed,
    left: Left,
}

#[derive(Deserialize)]
struct Removed {
    #[serde(flatten)]
    counts: Counts,
    splits: u64,
    dead_letters: u64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
struct Left {
    splits: usize,
    splits_unreadable: usize,
    objects: usize,
}

/// Removes what fits, lists what was removed, or ends a purge.
pub(crate) async fn purge(config: AskConfig, action: PurgeAction) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let mut printer = Printer::new(config.output);
    match action {
        PurgeAction::List => {
            let list: Box<RawValue> = server.get("/purges", &Vec::new()).await?;
            for (json, purge) in listed(&server, &list)? {
                printer.row(json, &COLUMNS, &purge.cells())?;
            }
            printer.flush()?;
            Ok(Outcome::Done)
        }
        PurgeAction::End(id) => {
            let route = format!("/purges/{id}");
            server.open(Method::DELETE, &route, &Vec::new(), "application/json").await?;
            note(&format!(
                "purge {id} is ended: what it asked is forgotten, and nothing is refused for it"
            ));
            Ok(Outcome::Done)
        }
        PurgeAction::Purge(wanted) => remove(&server, &mut printer, wanted).await,
    }
}

async fn remove(
    server: &Server,
    printer: &mut Printer,
    mut wanted: PurgeWanted,
) -> Result<Outcome, ClientError> {
    let (only_count, yes) = (wanted.dry_run, wanted.yes);
    wanted.dry_run = true;
    let counted: Begun = server.put_question("/purge", &wanted, &wanted.q).await?;
    let more = if counted.exact { "" } else { ", or more," };
    note(&format!("{}{more} match", counted.counts));
    if only_count {
        return Ok(Outcome::Done);
    }
    if !yes && !confirmed()? {
        return Err(ClientError::NotConfirmed);
    }
    wanted.dry_run = false;
    let begun: Begun = server.put_question("/purge", &wanted, &wanted.q).await?;
    let id = begun.purge.ok_or_else(|| server.unexpected("it names no purge".to_owned()))?.id;
    note(&format!(
        "purge {id}: no answer shows them any more; they are being removed, also if you leave now"
    ));
    follow(server, printer, &id).await
}

/// Whether somebody says yes.
fn confirmed() -> Result<bool, ClientError> {
    let mut asks = io::stderr().lock();
    asks.write_all(b"Remove them for good? Nothing brings them back. [y/N] ")?;
    asks.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Says how far it is, until all is gone.
async fn follow(server: &Server, printer: &mut Printer, id: &str) -> Result<Outcome, ClientError> {
    let mut said = None;
    loop {
        let list: Box<RawValue> = server.get("/purges", &Vec::new()).await?;
        let found = listed(server, &list)?.into_iter().find(|(_, purge)| purge.id == id);
        let Some((json, purge)) = found else {
            return Err(server.unexpected("the purge is not there".to_owned()));
        };
        if purge.state == "done" || purge.state == "ended" {
            printer.row(json, &COLUMNS, &purge.cells())?;
            printer.flush()?;
            note(&purge.proof());
            return Ok(Outcome::Done);
        }
        let far = (purge.state.clone(), purge.left, purge.removed.counts);
        if said.as_ref() != Some(&far) {
            note(&purge.progress());
            said = Some(far);
        }
        if purge.left.splits == 0 && purge.left.splits_unreadable > 0 {
            return Err(ClientError::NotPurged(purge.left.splits_unreadable));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn listed<'a>(
    server: &Server,
    list: &'a RawValue,
) -> Result<Vec<(&'a RawValue, Purge)>, ClientError> {
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    let list: Listed<'a> = serde_json::from_str(list.get()).map_err(unexpected)?;
    let read =
        |json: &'a RawValue| Ok((json, serde_json::from_str(json.get()).map_err(unexpected)?));
    list.purges.into_iter().map(read).collect()
}

impl fmt::Display for Counts {
    /// What there is none of is not said, besides records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records", self.records)?;
        let Self { spans, samples, .. } = self;
        match (spans, samples) {
            (0, 0) => Ok(()),
            (_, 0) => write!(f, " and {spans} spans"),
            (0, _) => write!(f, " and {samples} samples"),
            _ => write!(f, ", {spans} spans and {samples} samples"),
        }
    }
}

impl Purge {
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.state.clone(),
            self.since.clone(),
            self.removed.counts.records.to_string(),
            self.removed.counts.spans.to_string(),
            self.removed.counts.samples.to_string(),
            self.removed.splits.to_string(),
            self.removed.dead_letters.to_string(),
            self.reason.clone(),
            self.q.clone(),
        ]
    }

    fn progress(&self) -> String {
        let Left { splits, splits_unreadable, objects } = self.left;
        let removed = self.removed.counts;
        match self.state.as_str() {
            "masking" => "the Log is being freed of them".to_owned(),
            _ => format!(
                "{removed} removed; {splits} splits to look at, {splits_unreadable} \
                 cannot be read, {objects} old objects to delete"
            ),
        }
    }

    fn proof(&self) -> String {
        let Removed { counts, splits, dead_letters } = self.removed;
        format!(
            "done: {counts} are gone from {splits} splits, and {dead_letters} dead \
             letters; the Log, the splits, their indexes, patterns and Meta hold nothing of them. \
             What spools still hold is refused as purged when it comes, until `nilometer purge \
             --end {}`; until then what it asked is kept. Backups, exports, and what was sent to \
             others are not reached.",
            self.id
        )
    }
}
