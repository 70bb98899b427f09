//! `nilometer trace ID`: a trace as a waterfall, or its spans line by line.

mod waterfall;

use std::collections::{HashMap, HashSet};

use nilometer_model::{Timestamp, parse_time};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::waterfall::{Bar, duration, waterfall};
use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note};
use crate::config::{AskConfig, Output};

const COLUMNS: [&str; 9] = [
    "start",
    "duration_ms",
    "service",
    "operation",
    "kind",
    "status",
    "node",
    "span_id",
    "parent_span_id",
];

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    spans: Vec<&'a RawValue>,
    missing_parents: Vec<String>,
    logs: Vec<Logged>,
    skew_ms: HashMap<String, f64>,
    critical_path: Vec<Stretch>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Logged {
    time: String,
}

#[derive(Deserialize)]
struct Stretch {
    span_id: String,
    self_ms: f64,
}

#[derive(Deserialize)]
struct Span {
    span_id: String,
    #[serde(default)]
    parent_span_id: String,
    #[serde(default)]
    service: String,
    operation: String,
    kind: String,
    start: String,
    duration_ms: f64,
    status: String,
    #[serde(default)]
    node: String,
}

/// What the first page says of the trace as a whole, and the spans of all pages.
#[derive(Default)]
struct Trace {
    id: String,
    spans: Vec<Span>,
    missing: HashSet<String>,
    critical: HashMap<String, f64>,
    skew: Vec<(String, f64)>,
    logs: usize,
    /// When the first of them was written.
    logged_from: String,
}

/// Prints the trace.
pub(crate) async fn trace(config: AskConfig, id: String) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let id = checked(id)?;
    let route = format!("/traces/{id}");
    let mut printer = Printer::new(config.output);
    let (mut trace, mut params) = (Trace { id, ..Trace::default() }, Vec::new());
    loop {
        let body: Box<RawValue> = server.get(&route, &params).await?;
        let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
        let page: Page<'_> = serde_json::from_str(body.get()).map_err(unexpected)?;
        for json in &page.spans {
            let span: Span = serde_json::from_str(json.get()).map_err(unexpected)?;
            if config.output == Output::Text {
                trace.spans.push(span);
            } else {
                printer.row(json, &COLUMNS, &span.cells())?;
            }
        }
        let Some(cursor) = trace.take(page) else { break };
        params = vec![("cursor", cursor)];
    }
    for line in trace.lines() {
        printer.line(&line)?;
    }
    printer.flush()?;
    for said in trace.remarks() {
        note(&said);
    }
    Ok(Outcome::Done)
}

/// The id, which becomes a part of the address.
fn checked(id: String) -> Result<String, ClientError> {
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(id) } else { Err(ClientError::NoTraceId(id)) }
}

impl Span {
    fn cells(&self) -> Vec<String> {
        let Self { start, service, operation, kind, status, node, span_id, parent_span_id, .. } =
            self;
        let took = self.duration_ms.to_string();
        let cells = [start, &took, service, operation, kind, status, node, span_id, parent_span_id];
        cells.into_iter().cloned().collect()
    }
}

impl Trace {
    /// Takes what the page says beside its spans; where to go on.
    fn take(&mut self, page: Page<'_>) -> Option<String> {
        self.missing.extend(page.missing_parents);
        self.critical.extend(page.critical_path.into_iter().map(|it| (it.span_id, it.self_ms)));
        self.skew.extend(page.skew_ms.into_iter().filter(|(_, ms)| *ms != 0.0));
        self.logs += page.logs.len();
        self.logged_from.extend(page.logs.into_iter().next().map(|first| first.time));
        page.cursor
    }

    fn lines(&self) -> Vec<String> {
        let time = |span: &Span| parse_time(&span.start, Timestamp::default()).unwrap_or_default();
        let first = self.spans.first().map(time).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a picture of columns")]
        let since = |span: &Span| time(span).0.saturating_sub(first.0) as f64 / 1e6;
        let bars: Vec<Bar> = self
            .spans
            .iter()
            .map(|span| Bar {
                id: span.span_id.clone(),
                parent: span.parent_span_id.clone(),
                service: span.service.clone(),
                operation: span.operation.clone(),
                start_ms: since(span),
                duration_ms: span.duration_ms,
                failed: span.status == "error",
                critical_ms: self.critical.get(&span.span_id).copied().unwrap_or(0.0),
            })
            .collect();
        waterfall(&bars, &self.missing)
    }

    /// What the picture does not show.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.missing.is_empty() {
            let count = self.missing.len();
            remarks.push(format!("{count} spans that others name as their parent never came"));
        }
        let mut skew: Vec<&(String, f64)> = self.skew.iter().collect();
        skew.sort_by(|a, b| a.0.cmp(&b.0));
        for (node, ms) in skew {
            let (by, way) = (duration(ms.abs()), if *ms < 0.0 { "behind" } else { "ahead" });
            remarks.push(format!(
                "the clock of node {node} is {by} {way}; starts are as it told them"
            ));
        }
        if self.logs > 0 {
            let Self { id, logs, logged_from, .. } = self;
            remarks.push(format!(
                "{logs} log records: nilometer search trace_id:{id} --from {logged_from}"
            ));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_becomes_a_part_of_the_address() {
        assert!(checked("aB".repeat(16)).is_ok());
        for text in ["", "ab", "../../x", &"g".repeat(32)] {
            checked(text.to_owned()).expect_err(text);
        }
    }

    #[test]
    fn what_the_picture_does_not_show_is_said() {
        let trace = Trace {
            id: "ab".to_owned(),
            missing: ["x".to_owned()].into(),
            skew: vec![("n2".to_owned(), -1_500.0)],
            logs: 3,
            logged_from: "2026-01-01T00:00:00Z".to_owned(),
            ..Trace::default()
        };
        let expected = [
            "1 spans that others name as their parent never came",
            "the clock of node n2 is 1.50 s behind; starts are as it told them",
            "3 log records: nilometer search trace_id:ab --from 2026-01-01T00:00:00Z",
        ];
        assert_eq!(trace.remarks(), expected);
    }
}
