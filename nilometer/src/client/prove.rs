//! `nilometer prove`: read = committed + refused + shed + in flight, source by source, what is lost, and what was
//! committed and is no longer kept (removed).
//!
//! Two counts meet here: what collectors say they read, and what the splits hold. The equation is done
//! again on this side, so a server that only says `balanced` convinces nobody.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, screen};
use crate::config::AskConfig;

/// Sources of one answer; the API's own limit.
const PAGE: &str = "10000";
const COLUMNS: [&str; 16] = [
    "source",
    "component",
    "node",
    "stream",
    "read_records",
    "read_bytes",
    "committed_records",
    "committed_bytes",
    "removed_records",
    "refused_records",
    "shed_records",
    "in_flight_records",
    "in_flight_bytes",
    "lost",
    "as_of",
    "balanced",
];

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    sources: Vec<&'a RawValue>,
    balanced: bool,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
struct Count {
    records: u64,
    bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
struct Row {
    source: String,
    component: String,
    node: String,
    stream: String,
    read: Count,
    committed: Count,
    /// Of what is committed; an older server does not say.
    #[serde(default)]
    removed: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    shed: BTreeMap<String, u64>,
    in_flight: Count,
    lost: Vec<Lost>,
    as_of: String,
    #[serde(default)]
    stale: bool,
    #[serde(default)]
    balanced: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Lost {
    from: u64,
    to: Option<u64>,
    reason: String,
    time: String,
}

/// The terms, summed.
#[derive(Default)]
struct Sums {
    sources: u64,
    read: Count,
    committed: Count,
    in_flight: Count,
    removed: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    shed: BTreeMap<String, u64>,
}

/// Prints the ledger; [`Outcome::Unbalanced`] when it does not hold.
pub(crate) async fn prove(config: AskConfig) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let mut printer = Printer::new(config.output);
    let (mut sums, mut balanced, mut lost, mut wrong) =
        (Sums::default(), true, Vec::new(), Vec::new());
    let mut cursor: Option<String> = None;
    loop {
        let mut params = vec![("limit", PAGE.to_owned())];
        params.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let body: Box<RawValue> = server.get("/ledger", &params).await?;
        let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
        let answer: Answer<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
        balanced &= answer.balanced;
        for json in &answer.sources {
            let row: Row = serde_json::from_str(json.get()).map_err(unexpected)?;
            sums.add(&row);
            lost.extend(row.lost.iter().map(|gap| row.loss(gap)));
            wrong.extend((!row.holds()).then(|| row.imbalance()));
            if config.output != crate::config::Output::Text {
                printer.row(json, &COLUMNS, &row.cells())?;
            }
        }
        cursor = answer.cursor;
        if cursor.is_none() {
            break;
        }
    }
    balanced &= wrong.is_empty();
    for line in report(&sums, &lost, &wrong, balanced) {
        printer.line(&line)?;
    }
    printer.flush()?;
    Ok(if balanced { Outcome::Done } else { Outcome::Unbalanced })
}

fn report(sums: &Sums, lost: &[String], wrong: &[String], balanced: bool) -> Vec<String> {
    let count = |name: &str, count: Count| {
        format!("{name:<10} {:>14} records {:>16} bytes", count.records, count.bytes)
    };
    let reasons = |name: &str, terms: &BTreeMap<String, u64>| {
        let detail: String =
            terms.iter().map(|(reason, n)| format!("  {} {n}", screen::plain(reason))).collect();
        format!("{name:<10} {:>14} records{detail}", terms.values().sum::<u64>())
    };
    let mut lines = vec![
        format!("sources    {:>14}", sums.sources),
        count("read", sums.read),
        count("committed", sums.committed),
        reasons("removed", &sums.removed),
        reasons("refused", &sums.refused),
        reasons("shed", &sums.shed),
        count("in flight", sums.in_flight),
        format!("lost       {:>14} ranges", lost.len()),
    ];
    lines.extend_from_slice(lost);
    lines.extend_from_slice(wrong);
    lines.push(format!("balanced   {:>14}", if balanced { "yes" } else { "NO" }));
    lines
}

impl Sums {
    fn add(&mut self, row: &Row) {
        self.sources += 1;
        for (sum, term) in [
            (&mut self.read, row.read),
            (&mut self.committed, row.committed),
            (&mut self.in_flight, row.in_flight),
        ] {
            sum.records += term.records;
            sum.bytes += term.bytes;
        }
        for (sums, terms) in [
            (&mut self.removed, &row.removed),
            (&mut self.refused, &row.refused),
            (&mut self.shed, &row.shed),
        ] {
            for (reason, records) in terms {
                *sums.entry(reason.clone()).or_default() += records;
            }
        }
    }
}

impl Row {
    /// Whether the equation holds; a silent collector's `read` is old and decides nothing.
    fn holds(&self) -> bool {
        let terms = self.committed.records
            + self.refused.values().sum::<u64>()
            + self.shed.values().sum::<u64>()
            + self.in_flight.records;
        self.stale || (self.read.records == terms && self.balanced.unwrap_or(true))
    }

    fn who(&self) -> String {
        let parts = [&self.node, &self.component, &self.stream, &self.source];
        parts.map(|part| screen::plain(part)).join(" ")
    }

    fn loss(&self, gap: &Lost) -> String {
        let to = gap.to.map_or_else(|| "an unknown end".to_owned(), |to| to.to_string());
        let (reason, time) = (screen::plain(&gap.reason), screen::plain(&gap.time));
        format!("  lost: {} from {} to {to}: {reason}, noticed {time}", self.who(), gap.from)
    }

    fn imbalance(&self) -> String {
        format!(
            "  does not balance: {}: read {} records, accounted for {} + {} in flight",
            self.who(),
            self.read.records,
            self.committed.records
                + self.refused.values().sum::<u64>()
                + self.shed.values().sum::<u64>(),
            self.in_flight.records
        )
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.source.clone(),
            self.component.clone(),
            self.node.clone(),
            self.stream.clone(),
        ];
        let numbers = [
            self.read.records,
            self.read.bytes,
            self.committed.records,
            self.committed.bytes,
            self.removed.values().sum(),
            self.refused.values().sum(),
            self.shed.values().sum(),
            self.in_flight.records,
            self.in_flight.bytes,
            self.lost.len() as u64,
        ];
        cells.extend(numbers.map(|number| number.to_string()));
        cells.extend([self.as_of.clone(), self.holds().to_string()]);
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(read: u64, committed: u64, refused: u64, in_flight: u64) -> Row {
        let count = |records| Count { records, bytes: records };
        Row {
            read: count(read),
            committed: count(committed),
            in_flight: count(in_flight),
            refused: [("too_old".to_owned(), refused)].into(),
            ..Row::default()
        }
    }

    #[test]
    fn the_equation_is_done_again_on_this_side() {
        assert!(row(10, 6, 1, 3).holds());
        assert!(!row(10, 6, 1, 2).holds());
        assert!(!row(10, 11, 0, 0).holds());
        assert!(Row { stale: true, ..row(10, 11, 0, 0) }.holds());
        assert!(!Row { balanced: Some(false), ..row(10, 10, 0, 0) }.holds());
    }

    #[test]
    fn a_loss_names_source_component_node_and_reason() {
        let json = r#"{"source":"7","component":"shop\u001b[2J","node":"n1","stream":"stdout",
            "read":{"records":1,"bytes":2},"committed":{"records":1,"bytes":2},"refused":{},"shed":{},
            "in_flight":{"records":0,"bytes":0},"as_of":"t",
            "lost":[{"from":2,"to":null,"reason":"deleted_before_read","time":"then"}]}"#;
        let row: Row = serde_json::from_str(json).unwrap();
        assert_eq!(
            row.loss(&row.lost[0]),
            "  lost: n1 shop stdout 7 from 2 to an unknown end: deleted_before_read, noticed then"
        );
        assert_eq!(row.cells().len(), COLUMNS.len());
    }
}
