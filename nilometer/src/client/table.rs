//! The answer to a query with pipes: a table.
//!
//! ```text
//!   text     component  count()  p99(duration)      numbers on the right, durations in a unit that fits
//!            cart            12         1.25 s
//!   ndjson   {"component":"cart","count()":12,"p99(duration)":1250.5}      values as the server sent them
//!   csv      component,count(),p99(duration)                                the same, safe to open
//! ```

use std::borrow::Cow;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::coverage::Coverage;
use super::csv::Cell;
use super::http::Server;
use super::printer::Printer;
use super::{ClientError, Outcome, note, screen};
use crate::cli::RangeOptions;
use crate::config::Output;

/// Columns are made as wide as their widest cell, up to so many characters; wider cells stick out.
const PADDED_CHARS_MAX: usize = 60;
const GAP: &str = "  ";

#[derive(Serialize)]
struct Question<'a> {
    q: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    columns: Vec<Column<'a>>,
    #[serde(borrow)]
    rows: Vec<Vec<&'a RawValue>>,
    #[serde(default)]
    coverage: Coverage,
}

#[derive(Deserialize)]
struct Column<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

/// Asks, prints, and says when the answer is not the whole truth.
pub(super) async fn ask(
    server: &Server,
    output: Output,
    query: &str,
    range: &RangeOptions,
) -> Result<Outcome, ClientError> {
    let question = Question {
        q: query,
        from: range.from.as_deref(),
        to: range.to.as_deref(),
        limit: range.limit,
    };
    let body: Box<RawValue> = server.put_question("/query", &question, query).await?;
    let unexpected = |problem: String| server.unexpected(problem);
    let answer: Answer<'_> =
        serde_json::from_str(body.get()).map_err(|error| unexpected(error.to_string()))?;
    if answer.rows.iter().any(|row| row.len() != answer.columns.len()) {
        return Err(unexpected("a row has another length than the header".to_owned()));
    }
    let mut printer = Printer::new(output);
    answer.print(&mut printer)?;
    printer.flush()?;
    if let Some(warning) = answer.coverage.warning() {
        note(&warning);
    }
    Ok(Outcome::Done)
}

impl Answer<'_> {
    fn print(&self, printer: &mut Printer) -> std::io::Result<()> {
        match printer.output() {
            Output::Text => self.print_text(printer.out()),
            Output::Ndjson => self.rows.iter().try_for_each(|row| {
                let object = self.object(row);
                writeln!(printer.out(), "{object}")
            }),
            Output::Csv => {
                printer.csv_row(self.columns.iter().map(|column| Cell::Text(&column.name)))?;
                self.rows.iter().try_for_each(|row| {
                    let cells: Vec<Value<'_>> =
                        row.iter().map(|value| Value::read(value)).collect();
                    printer.csv_row(cells.iter().map(Value::cell))
                })
            }
        }
    }

    fn print_text(&self, out: &mut impl Write) -> std::io::Result<()> {
        let header = self.columns.iter().map(|column| screen::plain(&column.name)).collect();
        let shown = |row: &Vec<&RawValue>| {
            let cells = self.columns.iter().zip(row);
            cells.map(|(column, value)| Value::read(value).shown(&column.kind).into()).collect()
        };
        let mut lines: Vec<Vec<Cow<'_, str>>> = vec![header];
        lines.extend(self.rows.iter().map(shown));
        let width = |at: usize| {
            let widths = lines.iter().map(|line| line[at].chars().count());
            widths.filter(|&width| width <= PADDED_CHARS_MAX).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        lines.iter().try_for_each(|line| writeln!(out, "{}", self.padded(line, &widths)))
    }

    fn padded(&self, cells: &[Cow<'_, str>], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
            if !line.is_empty() {
                line.push_str(GAP);
            }
            line.push_str(&match column.is_number() {
                true => format!("{cell:>width$}"),
                false => format!("{cell:width$}"),
            });
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }

    fn object(&self, row: &[&RawValue]) -> String {
        let pairs = self.columns.iter().zip(row).map(|(column, value)| {
            // A string is always JSON.
            let name = serde_json::to_string(&column.name).unwrap_or_default();
            format!("{name}:{value}")
        });
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }
}

impl Column<'_> {
    fn is_number(&self) -> bool {
        matches!(self.kind.as_ref(), "int" | "float" | "duration")
    }
}

/// A cell's value.
enum Value<'a> {
    Absent,
    Text(String),
    /// A number, as the server wrote it; or whatever else is no text.
    Other(&'a str),
}

impl<'a> Value<'a> {
    fn read(value: &'a RawValue) -> Self {
        match value.get() {
            "null" => Self::Absent,
            json if json.starts_with('"') => {
                serde_json::from_str(json).map_or(Self::Other(json), Self::Text)
            }
            json => Self::Other(json),
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Absent => Cell::Text(""),
            Self::Text(text) => Cell::Text(text),
            Self::Other(json) if json.parse::<f64>().is_ok() => Cell::Number(json),
            Self::Other(json) => Cell::Text(json),
        }
    }

    /// For a person: in a column of this type.
    fn shown(&self, kind: &str) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Text(text) => screen::plain(text).into_owned(),
            Self::Other(json) => match (kind, json.parse()) {
                ("duration", Ok(ms)) => duration(ms),
                ("float", Ok(number)) => float(number),
                _ => screen::plain(json).into_owned(),
            },
        }
    }
}

/// Three digits behind the point are enough to look at; the other forms have them all.
fn float(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Milliseconds in the unit that fits.
fn duration(ms: f64) -> String {
    let size = ms.abs();
    let (number, unit) = match size {
        _ if size >= 3_600_000.0 => (ms / 3_600_000.0, "h"),
        _ if size >= 60_000.0 => (ms / 60_000.0, "min"),
        _ if size >= 1_000.0 => (ms / 1_000.0, "s"),
        _ if size >= 1.0 || size == 0.0 => (ms, "ms"),
        _ => (ms * 1_000.0, "µs"),
    };
    let digits = if number.abs() < 10.0 { 2 } else { 1 };
    let text = format!("{number:.digits$}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::csv;
    use super::*;

    const ANSWER: &str = r#"{
        "columns":[{"name":"component","type":"string"},{"name":"count()","type":"int"},
            {"name":"p99(duration)","type":"duration"},{"name":"avg(x)","type":"float"},
            {"name":"bin(1m)","type":"time"}],
        "rows":[["cart",12,1250.5,-0.33333333,"2026-01-01T00:00:00.000000000Z"],
            ["=\u001b[31mx\n\"y",18446744073709551615,0.25,null,"2026-01-01T00:01:00.000000000Z"],
            [null,3,null,2,"2026-01-01T00:02:00.000000000Z"]]}"#;

    fn answer() -> Answer<'static> {
        serde_json::from_str(ANSWER).unwrap()
    }

    #[test]
    fn text_has_numbers_on_the_right_and_durations_in_a_unit() {
        let mut out = Vec::new();
        answer().print_text(&mut out).unwrap();
        let expect = expect![[r#"
            component               count()  p99(duration)  avg(x)  bin(1m)
            cart                         12         1.25 s  -0.333  2026-01-01T00:00:00.000000000Z
            =x\n"y     18446744073709551615         250 µs          2026-01-01T00:01:00.000000000Z
                                          3                      2  2026-01-01T00:02:00.000000000Z
        "#]];
        expect.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn ndjson_has_an_object_for_each_row_with_values_as_they_were_sent() {
        let answer = answer();
        let expect = expect![[
            r#"{"component":"=\u001b[31mx\n\"y","count()":18446744073709551615,"p99(duration)":0.25,"avg(x)":null,"bin(1m)":"2026-01-01T00:01:00.000000000Z"}"#
        ]];
        expect.assert_eq(&answer.object(&answer.rows[1]));
    }

    #[test]
    fn a_cell_of_csv_is_defused_unless_it_is_a_number() {
        let answer = answer();
        let mut out = String::new();
        for row in &answer.rows {
            let values: Vec<Value<'_>> = row.iter().map(|value| Value::read(value)).collect();
            csv::push_row(&mut out, values.iter().map(Value::cell));
        }
        let lines = [
            "cart,12,1250.5,-0.33333333,2026-01-01T00:00:00.000000000Z\n",
            "\"'=\u{1b}[31mx\n\"\"y\",18446744073709551615,0.25,,2026-01-01T00:01:00.000000000Z\n",
            ",3,,2,2026-01-01T00:02:00.000000000Z\n",
        ];
        assert_eq!(out, lines.concat());
    }

    #[test]
    fn a_cell_that_is_too_wide_widens_no_other_row() {
        let wide = "x".repeat(PADDED_CHARS_MAX + 1);
        let json = format!(
            r#"{{"columns":[{{"name":"a","type":"string"}},{{"name":"b","type":"int"}}],
                "rows":[["{wide}",1],["yy",2]]}}"#
        );
        let answer: Answer<'_> = serde_json::from_str(&json).unwrap();
        let mut out = Vec::new();
        answer.print_text(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("a   b\n{wide}  1\nyy  2\n"));
    }

    #[test]
    fn durations_are_readable() {
        let ms = [0.0, 0.0004, 0.25, 1.0, 12.34, 999.0, 1_250.5, 90_000.0, 7_200_000.0, -5.0];
        let shown = ms.map(duration);
        assert_eq!(
            shown.each_ref().map(String::as_str),
            [
                "0 ms", "0.4 µs", "250 µs", "1 ms", "12.3 ms", "999 ms", "1.25 s", "1.5 min",
                "2 h", "-5 ms"
            ]
        );
    }
}
