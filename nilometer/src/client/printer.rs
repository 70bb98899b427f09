//! Records on standard output, one line each, in the form that was asked for.

use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::csv::{self, Cell};
use super::screen;
use crate::config::Output;

/// The columns of `--output csv`.
const COLUMNS: [&str; 12] = [
    "time",
    "component",
    "node",
    "instance",
    "stream",
    "severity",
    "message",
    "trace_id",
    "span_id",
    "attributes",
    "source",
    "position",
];

/// A record as the API gives it, borrowed from its line.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) cursor: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
    #[serde(borrow, default)]
    component: Cow<'a, str>,
    #[serde(borrow, default)]
    node: Cow<'a, str>,
    #[serde(borrow, default)]
    instance: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    severity: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    trace_id: Cow<'a, str>,
    #[serde(borrow, default)]
    span_id: Cow<'a, str>,
    #[serde(borrow)]
    attributes: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    position: Option<&'a RawValue>,
}

/// Writes records to standard output.
pub(super) struct Printer {
    output: Output,
    out: BufWriter<Stdout>,
    header_written: bool,
}

impl Printer {
    pub(super) fn new(output: Output) -> Self {
        Self {
            output,
            out: BufWriter::with_capacity(64 << 10, io::stdout()),
            header_written: false,
        }
    }

    /// Prints one record, given as its JSON text and as read from it.
    pub(super) fn record(&mut self, json: &str, record: &Record<'_>) -> io::Result<()> {
        match self.output {
            Output::Ndjson => writeln!(self.out, "{}", json.trim_end()),
            Output::Text => self.out.write_all(text_line(record).as_bytes()),
            Output::Csv => {
                self.csv_header(&COLUMNS)?;
                self.csv_row(record_cells(record))
            }
        }
    }

    /// Prints the row of a table: as text when it is `text`, else as JSON or cells.
    pub(super) fn row(
        &mut self,
        json: &RawValue,
        columns: &[&str],
        cells: &[String],
    ) -> io::Result<()> {
        match self.output {
            Output::Ndjson => writeln!(self.out, "{json}"),
            Output::Csv => {
                self.csv_header(columns)?;
                self.csv_row(cells.iter().map(String::as_str))
            }
            Output::Text => {
                let cells: Vec<Cow<'_, str>> =
                    cells.iter().map(|cell| screen::plain(cell)).collect();
                writeln!(self.out, "{}", cells.join("  "))
            }
        }
    }

    /// Prints a line of our own; only `text` has those.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        match self.output {
            Output::Text => writeln!(self.out, "{line}"),
            Output::Ndjson | Output::Csv => Ok(()),
        }
    }

    /// The form that was asked for.
    pub(super) fn output(&self) -> Output {
        self.output
    }

    /// Where answers go.
    pub(super) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn csv_header(&mut self, columns: &[&str]) -> io::Result<()> {
        if std::mem::replace(&mut self.header_written, true) {
            return Ok(());
        }
        self.csv_row(columns.iter().copied())
    }

    pub(super) fn csv_row<'a, C: Into<Cell<'a>>>(
        &mut self,
        cells: impl IntoIterator<Item = C>,
    ) -> io::Result<()> {
        let mut row = String::new();
        csv::push_row(&mut row, cells);
        self.out.write_all(row.as_bytes())
    }
}

fn text_line(record: &Record<'_>) -> String {
    let who = if record.component.is_empty() { &record.instance } else { &record.component };
    let severity = match record.severity.as_ref() {
        "unset" => "",
        severity => severity,
    };
    format!(
        "{} {:5} {} {}\n",
        screen::plain(&record.time),
        screen::plain(&severity.to_uppercase()),
        screen::plain(who),
        screen::plain(&record.message)
    )
}

fn record_cells<'a>(record: &'a Record<'_>) -> [&'a str; COLUMNS.len()] {
    [
        &record.time,
        &record.component,
        &record.node,
        &record.instance,
        &record.stream,
        &record.severity,
        &record.message,
        &record.trace_id,
        &record.span_id,
        record.attributes.map_or("", RawValue::get),
        &record.source,
        record.position.map_or("", |position| position.get().trim_matches('"')),
    ]
}

/// Reads a record from its JSON text.
pub(super) fn parse(json: &str) -> Result<Record<'_>, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"time":"2026-01-01T00:00:00.000000001Z","component":"shop","severity":"error","message":"a\n\u001b[31m=1","attributes":{"k":"v,w"},"source":"9","position":5}"#;

    #[test]
    fn a_record_is_one_line_of_text_whatever_it_holds() {
        let line = text_line(&parse(JSON).unwrap());
        assert_eq!(line, "2026-01-01T00:00:00.000000001Z ERROR shop a\\n=1\n");
    }

    #[test]
    fn a_record_has_a_cell_for_every_column() {
        let record = parse(JSON).unwrap();
        let mut row = String::new();
        csv::push_row(&mut row, record_cells(&record));
        assert_eq!(
            row,
            "2026-01-01T00:00:00.000000001Z,shop,,,,error,\"a\n\u{1b}[31m=1\",,,\"{\"\"k\"\":\"\"v,w\"\"}\",9,5\n"
        );
    }
}
