//! The pipes once more, as simply as can be: what they ask, how they are written, and the table that comes out.
//!
//! Invariant: nothing of `language`, `plan` or the rest of `execute` is used, so that no error of theirs is shared.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::facts::{Fact, Json};
use super::known;
use super::naive::{field, inside};

/// A pipe. Columns of a table are named by their place, counted around.
#[derive(Debug, Clone)]
pub(super) enum Pipe {
    /// Functions with what they are asked of, and keys.
    Stats(Vec<(&'static str, Column)>, Vec<Key>),
    Top(usize, Column),
    Sort(Vec<(Column, bool)>),
    Limit(usize),
    Fields(Vec<Column>),
    Histogram(i64, Option<Column>),
    Patterns,
}

/// A field while there are records, a place once there is a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) usize);

#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Of(Column),
    /// Of the records' time; of a table the first column.
    Bin(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Duration(f64),
    Time(i64),
    Severity(usize),
    Text(String),
}

/// What came out so far.
pub(super) enum Stage<'a> {
    Records(Vec<(u64, &'a Fact)>, Option<Vec<String>>),
    Table(Vec<(String, &'static str)>, Vec<Vec<Cell>>),
}

const SEVERITIES: [&str; 7] = ["unset", "trace", "debug", "info", "warn", "error", "fatal"];
/// The own fields that facts have, in their order.
const OWN: [&str; 12] = [
    "time",
    "component",
    "node",
    "instance",
    "version",
    "stream",
    "severity",
    "message",
    "trace_id",
    "source",
    "position",
    "received",
];
const TIMES: [&str; 2] = ["time", "received"];

impl Cell {
    fn of_text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(bool) => bool.to_string(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) | Self::Duration(float) => float.to_string(),
            Self::Time(ns) => nilometer_model::Timestamp(*ns).to_string(),
            Self::Severity(place) => SEVERITIES[*place].to_owned(),
            Self::Text(text) => text.clone(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Duration(_) => "duration",
            Self::Time(_) => "time",
            Self::Severity(_) | Self::Text(_) => "string",
        }
    }

    /// The number, and whether it was written with a unit.
    fn number(&self) -> Option<(f64, &'static str)> {
        match self {
            Self::Int(int) => Some((*int as f64, "int")),
            Self::Float(float) => Some((*float, "float")),
            Self::Duration(ms) => Some((*ms, "duration")),
            Self::Text(text) => {
                let plain = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
                if let Ok(int) = text.parse::<i64>() {
                    return Some((int as f64, "int"));
                }
                let ms = || plain(text.strip_suffix("ms")?);
                let s = || plain(text.strip_suffix('s')?).map(|s| s * 1_000.0);
                plain(text)
                    .map(|float| (float, "float"))
                    .or_else(|| ms().or_else(s).map(|ms| (ms, "duration")))
            }
            _ => None,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        let class = |cell: &Self| match (cell.number(), cell) {
            (Some(_), _) => 0,
            (_, Self::Time(_)) => 1,
            (_, Self::Bool(_)) => 2,
            (_, Self::Severity(_)) => 3,
            (_, Self::Null) => 5,
            _ => 4,
        };
        let within = match (self, other) {
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Severity(a), Self::Severity(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.0.partial_cmp(&b.0).unwrap(),
                _ => a.shown().cmp(&b.shown()),
            },
        };
        class(self).cmp(&class(other)).then(within)
    }
}

/// What a column of both kinds is.
fn mixed(a: &'static str, b: &'static str) -> &'static str {
    let numeric = |kind| ["int", "float", "duration"].contains(&kind);
    match (a, b) {
        ("null", other) | (other, "null") => other,
        (a, b) if a == b => a,
        (a, b) if !numeric(a) || !numeric(b) => "string",
        ("duration", _) | (_, "duration") => "duration",
        _ => "float",
    }
}

fn of_json(json: &Json) -> Cell {
    match json {
        Json::Null => Cell::Null,
        Json::Text(text) => Cell::of_text(text),
        Json::Object(_) => Cell::Text(json.written()),
        Json::Plain(text) => match (text.as_str(), text.parse::<i64>()) {
            ("true" | "false", _) => Cell::Bool(text == "true"),
            (_, Ok(int)) => Cell::Int(int),
            _ => Cell::Float(text.parse().unwrap()),
        },
    }
}

fn read(fact: &Fact, number: u64, name: &str) -> Cell {
    match name {
        "time" => Cell::Time(fact.time),
        "received" if fact.received == 0 => Cell::Null,
        "received" => Cell::Time(fact.received),
        "severity" => Cell::Severity(fact.severity as usize),
        "position" => Cell::Int(i64::try_from(number).unwrap()),
        "component" | "node" | "instance" | "stream" | "message" | "source" | "trace_id"
        | "pattern" | "version" => field(fact, number, name).map_or(Cell::Null, Cell::Text),
        _ => {
            let path = name.strip_prefix("attributes.").unwrap_or(name);
            inside(&fact.attributes, path).map_or(Cell::Null, of_json)
        }
    }
}

impl Stage<'_> {
    /// What the column is called here.
    fn name(&self, column: Column) -> String {
        match self {
            Self::Records(_, None) => column.0.to_owned(),
            Self::Records(_, Some(names)) => names[column.1 % names.len()].clone(),
            Self::Table(names, _) => names[column.1 % names.len()].0.clone(),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::Records(facts, _) => facts.len(),
            Self::Table(_, rows) => rows.len(),
        }
    }

    fn cell(&self, row: usize, name: &str) -> Cell {
        match self {
            Self::Records(facts, _) => read(facts[row].1, facts[row].0, name),
            Self::Table(names, rows) => {
                let place = names.iter().position(|(known, _)| known == name).unwrap();
                rows[row][place].clone()
            }
        }
    }

    /// The pipe as text, with the names that there are here; `None` when it makes no sense here.
    fn written(&self, pipe: &Pipe) -> Option<String> {
        let quoted = |name: &str| format!("\"{name}\"");
        let name = |column: &Column| quoted(&self.name(*column));
        Some(match pipe {
            Pipe::Stats(calls, keys) => {
                let call = |(at, (function, column)): (usize, &(&str, Column))| {
                    let of = if *function == "count()" { String::new() } else { name(column) };
                    let call = function.trim_end_matches(['(', ')']);
                    let open = if call.contains('(') { "," } else { "(" };
                    format!("{call}{open}{of}) as c{at}")
                };
                let calls: Vec<String> = calls.iter().enumerate().map(call).collect();
                let key = |(at, key): (usize, &Key)| match key {
                    Key::Of(column) => format!("{} as k{at}", name(column)),
                    Key::Bin(step) => format!("bin({},{step}ns) as k{at}", quoted(&self.time())),
                };
                let keys: Vec<String> = keys.iter().enumerate().map(key).collect();
                let by = if keys.is_empty() { "" } else { " by " };
                format!("stats {}{by}{}", calls.join(" , "), keys.join(","))
            }
            Pipe::Top(rows, by) => format!("top {rows} by {}", name(by)),
            Pipe::Sort(by) => {
                let one = |(column, down): &(Column, bool)| {
                    format!("{}{}", name(column), if *down { " desc" } else { "" })
                };
                format!("sort {}", by.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            Pipe::Limit(rows) => format!("limit {rows}"),
            Pipe::Fields(columns) => {
                let names: Vec<String> = self.unlike(columns).iter().map(|n| quoted(n)).collect();
                format!("fields {}", names.join(","))
            }
            Pipe::Histogram(..) | Pipe::Patterns if !matches!(self, Self::Records(_, None)) => {
                return None;
            }
            Pipe::Patterns => "patterns".to_owned(),
            Pipe::Histogram(step, None) => format!("histogram {step}ns"),
            Pipe::Histogram(step, Some(by)) => format!("histogram {step}ns by {}", name(by)),
        })
    }

    /// The column whose bins are taken.
    fn time(&self) -> String {
        match self {
            Self::Records(_, None) => "time".to_owned(),
            _ => self.name(Column("", 0)),
        }
    }

    fn unlike(&self, columns: &[Column]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in columns.iter().map(|column| self.name(*column)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn makes_sense(&self, pipe: &Pipe) -> bool {
        if let Pipe::Top(_, by) | Pipe::Histogram(_, Some(by)) = pipe
            && self.name(*by) == "count()"
        {
            return false;
        }
        let Self::Records(..) = self else { return true };
        let time = |column: &Column| TIMES.contains(&self.name(*column).as_str());
        match pipe {
            Pipe::Stats(calls, keys) => {
                let sums = |function: &str| {
                    !["count", "min", "max"].iter().any(|f| function.starts_with(f))
                };
                let bins = keys.iter().any(|key| matches!(key, Key::Bin(_)));
                calls.iter().all(|(function, of)| !(sums(function) && time(of)))
                    && (!bins || TIMES.contains(&self.time().as_str()))
            }
            _ => true,
        }
    }

    fn group(
        &self,
        calls: &[(&'static str, String)],
        keys: &[(Option<i64>, String)],
    ) -> Vec<Vec<Cell>> {
        let mut groups: BTreeMap<Vec<Option<String>>, Vec<usize>> = BTreeMap::new();
        let mut kinds: Vec<BTreeMap<String, Cell>> = vec![BTreeMap::new(); keys.len()];
        if keys.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        for row in 0..self.rows() {
            let mut texts = Vec::new();
            for (at, (step, name)) in keys.iter().enumerate() {
                let cell = match (step, self.cell(row, name)) {
                    (None, cell) => cell,
                    (Some(step), Cell::Time(ns)) => Cell::Time(ns.div_euclid(*step) * step),
                    (Some(_), _) => Cell::Null,
                };
                texts.push((cell != Cell::Null).then(|| cell.shown()));
                if cell != Cell::Null {
                    let merged = kinds[at].entry(cell.shown()).or_insert_with(|| cell.clone());
                    *merged = unified(merged, &cell);
                }
            }
            groups.entry(texts).or_default().push(row);
        }
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for (texts, members) in groups {
            let key = |(at, text): (usize, Option<String>)| {
                text.map_or(Cell::Null, |text| kinds[at][&text].clone())
            };
            let keys = texts.into_iter().enumerate().map(key);
            let answers = calls.iter().map(|(function, of)| self.answer(function, of, &members));
            rows.push(keys.chain(answers).collect());
        }
        let by_keys = |a: &Vec<Cell>, b: &Vec<Cell>| {
            let mut pairs = a.iter().zip(b).take(keys.len());
            let differs = pairs.find_map(|(a, b)| {
                let order = a.order(b).then_with(|| a.shown().cmp(&b.shown()));
                order.is_ne().then_some(order)
            });
            differs.unwrap_or(Ordering::Equal)
        };
        rows.sort_by(by_keys);
        rows
    }

    fn answer(&self, function: &str, of: &str, members: &[usize]) -> Cell {
        if function == "count()" {
            return Cell::Int(members.len() as i64);
        }
        let cells: Vec<Cell> = members.iter().map(|row| self.cell(*row, of)).collect();
        let present: Vec<&Cell> = cells.iter().filter(|cell| **cell != Cell::Null).collect();
        let mut numbers: Vec<(f64, &str)> =
            present.iter().filter_map(|cell| cell.number()).collect();
        numbers.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap());
        let kind = numbers.iter().fold("int", |kind, (_, one)| mixed(kind, one));
        let cell = |number: f64, kind: &str| match kind {
            "int" => Cell::Int(number as i64),
            "duration" => Cell::Duration(number),
            _ => Cell::Float(number),
        };
        let sum: f64 = numbers.iter().map(|(number, _)| number).sum();
        let rank = |part: f64| ((part * numbers.len() as f64).ceil() as usize).max(1) - 1;
        let quantile = |part: f64| numbers.get(rank(part)).map_or(Cell::Null, |n| cell(n.0, kind));
        let times = || {
            present.iter().filter_map(|one| match one {
                Cell::Time(ns) => Some(*ns),
                _ => None,
            })
        };
        match function {
            "count" => Cell::Int(present.len() as i64),
            "count_distinct" => {
                let texts: std::collections::BTreeSet<String> =
                    present.iter().map(|one| one.shown()).collect();
                Cell::Int(texts.len() as i64)
            }
            "min" => numbers
                .first()
                .map(|n| cell(n.0, kind))
                .or(times().min().map(Cell::Time))
                .unwrap_or(Cell::Null),
            "max" => times()
                .max()
                .map(Cell::Time)
                .or(numbers.last().map(|n| cell(n.0, kind)))
                .unwrap_or(Cell::Null),
            _ if numbers.is_empty() => Cell::Null,
            "sum" => cell(sum, kind),
            "avg" => cell(sum / numbers.len() as f64, if kind == "int" { "float" } else { kind }),
            "p50" => quantile(0.5),
            "p90" => quantile(0.9),
            "p99" => quantile(0.99),
            "quantile(0.25" => quantile(0.25),
            other => panic!("no function: {other}"),
        }
    }
}

/// One cell for what is the same text.
fn unified(a: &Cell, b: &Cell) -> Cell {
    if a == b {
        return a.clone();
    }
    match (mixed(a.kind(), b.kind()), a.number()) {
        ("float", Some((float, _))) => Cell::Float(float),
        ("duration", Some((ms, _))) => Cell::Duration(ms),
        _ => Cell::Text(a.shown()),
    }
}

/// Runs what makes sense of the pipes; how that is written, and what comes out: names with types, and rows.
pub(super) fn run<'a>(
    facts: Vec<(u64, &'a Fact)>,
    pipes: &[Pipe],
    (from, to): (i64, i64),
) -> (String, Stage<'a>) {
    let mut stage = Stage::Records(facts, None);
    let mut text = String::new();
    // Sums of means depend on the order of their parts, in the last digit.
    let mut means = false;
    for pipe in pipes {
        let calls = |names: &[&str]| match pipe {
            Pipe::Stats(calls, _) => calls.iter().any(|(function, _)| names.contains(function)),
            _ => false,
        };
        let sense = stage.makes_sense(pipe) && !(means && calls(&["sum", "avg"]));
        means |= sense && calls(&["avg"]);
        let Some(written) = stage.written(pipe).filter(|_| sense) else { continue };
        text.push_str(" | ");
        text.push_str(&written);
        stage = step(stage, pipe, (from, to));
    }
    (text, stage)
}

fn step<'a>(stage: Stage<'a>, pipe: &Pipe, (from, to): (i64, i64)) -> Stage<'a> {
    match pipe {
        Pipe::Stats(calls, keys) => stats(&stage, calls, keys),
        Pipe::Top(most, by) => {
            let by = stage.name(*by);
            let mut rows = stage.group(&[("count()", String::new())], &[(None, by.clone())]);
            rows.retain(|row| row[0] != Cell::Null);
            rows.sort_by(|a, b| b[1].order(&a[1]));
            rows.truncate(*most);
            Stage::Table(vec![(by, "string"), ("count()".to_owned(), "int")], rows)
        }
        Pipe::Histogram(step, by) => histogram(&stage, *step, *by, (from, to)),
        Pipe::Patterns => patterns(&stage),
        Pipe::Sort(by) => sorted(stage, by),
        Pipe::Limit(most) => match stage {
            Stage::Records(facts, names) => {
                Stage::Records(facts.into_iter().take(*most).collect(), names)
            }
            Stage::Table(names, rows) => {
                Stage::Table(names, rows.into_iter().take(*most).collect())
            }
        },
        Pipe::Fields(columns) => {
            let names = stage.unlike(columns);
            match stage {
                Stage::Records(facts, _) => Stage::Records(facts, Some(names)),
                Stage::Table(known, rows) => {
                    let places: Vec<usize> = names
                        .iter()
                        .map(|name| known.iter().position(|(k, _)| k == name).unwrap())
                        .collect();
                    let rows = rows
                        .iter()
                        .map(|row| places.iter().map(|place| row[*place].clone()).collect())
                        .collect();
                    Stage::Table(places.iter().map(|place| known[*place].clone()).collect(), rows)
                }
            }
        }
    }
}

fn stats<'a>(stage: &Stage<'a>, calls: &[(&'static str, Column)], keys: &[Key]) -> Stage<'a> {
    let counts = |function: &str| if function.starts_with("count") { "int" } else { "float" };
    let key = |(at, key): (usize, &Key)| match key {
        Key::Of(_) => (format!("k{at}"), "string"),
        Key::Bin(_) => (format!("k{at}"), "time"),
    };
    let call = |(at, (function, _)): (usize, &(&'static str, Column))| {
        (format!("c{at}"), counts(function))
    };
    let names = keys.iter().enumerate().map(key).chain(calls.iter().enumerate().map(call));
    let keys: Vec<(Option<i64>, String)> = keys
        .iter()
        .map(|key| match key {
            Key::Of(column) => (None, stage.name(*column)),
            Key::Bin(step) => (Some(*step), stage.time()),
        })
        .collect();
    let calls: Vec<(&'static str, String)> =
        calls.iter().map(|(function, column)| (*function, stage.name(*column))).collect();
    let rows = stage.group(&calls, &keys);
    Stage::Table(names.collect(), rows)
}

fn patterns<'a>(stage: &Stage<'_>) -> Stage<'a> {
    let calls = ["count()", "min", "max"].map(|call| (call, "time".to_owned()));
    let columns = [
        ("id", "string"),
        ("template", "string"),
        ("count", "int"),
        ("first_seen", "float"),
        ("last_seen", "float"),
        ("severity", "string"),
        ("components", "string"),
    ];
    let mut rows = stage.group(&calls, &[(None, "pattern".to_owned())]);
    for row in &mut rows {
        let members = (0..stage.rows()).filter(|at| stage.cell(*at, "pattern") == row[0]);
        let (mut gravest, mut components) = (0, BTreeMap::<String, i64>::new());
        for at in members {
            if let Cell::Severity(place) = stage.cell(at, "severity") {
                gravest = gravest.max(place);
            }
            *components.entry(stage.cell(at, "component").shown()).or_default() -= 1;
        }
        let mut components: Vec<(i64, String)> =
            components.into_iter().map(|(name, less)| (less, name)).collect();
        components.sort();
        let names: Vec<String> = components.into_iter().map(|(_, name)| name).collect();
        row.extend([Cell::Severity(gravest), Cell::Text(names.join(", "))]);
        row.insert(
            1,
            match &row[0] {
                Cell::Text(id) => Cell::Text(known::template(id).unwrap()),
                _ => Cell::Null,
            },
        );
    }
    rows.sort_by(|a, b| b[2].order(&a[2]).then(a[1].order(&b[1])));
    Stage::Table(columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec(), rows)
}

fn histogram<'a>(
    stage: &Stage<'a>,
    step: i64,
    by: Option<Column>,
    (from, to): (i64, i64),
) -> Stage<'a> {
    let by = by.map(|by| stage.name(by));
    let mut names = vec![(format!("bin({step}ns)"), "time")];
    let mut keys = vec![(Some(step), "time".to_owned())];
    names.extend(by.iter().map(|by| (by.clone(), "string")));
    keys.extend(by.iter().map(|by| (None, by.clone())));
    names.push(("count()".to_owned(), "int"));
    let mut rows = stage.group(&[("count()", String::new())], &keys);
    if by.is_none() {
        let first = from.div_euclid(step) * step;
        for start in (first..to).step_by(usize::try_from(step).unwrap()) {
            if !rows.iter().any(|row| row[0] == Cell::Time(start)) {
                rows.push(vec![Cell::Time(start), Cell::Int(0)]);
            }
        }
        rows.sort_by(|a, b| a[0].order(&b[0]));
    }
    Stage::Table(names, rows)
}

fn sorted<'a>(stage: Stage<'a>, by: &[(Column, bool)]) -> Stage<'a> {
    let names: Vec<(String, bool)> =
        by.iter().map(|(column, down)| (stage.name(*column), *down)).collect();
    let mut order: Vec<usize> = (0..stage.rows()).collect();
    order.sort_by(|a, b| {
        let mut orders = names.iter().map(|(name, down)| {
            let (a, b) = (stage.cell(*a, name), stage.cell(*b, name));
            match (&a, &b) {
                (Cell::Null, _) | (_, Cell::Null) => a.order(&b),
                _ if *down => b.order(&a),
                _ => a.order(&b),
            }
        });
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    match stage {
        Stage::Records(facts, names) => {
            Stage::Records(order.into_iter().map(|row| facts[row]).collect(), names)
        }
        Stage::Table(names, rows) => {
            Stage::Table(names, order.into_iter().map(|row| rows[row].clone()).collect())
        }
    }
}

/// The last stage as a table.
pub(super) fn table(stage: Stage<'_>) -> (Vec<(String, &'static str)>, Vec<Vec<Cell>>) {
    let (names, rows) = match stage {
        Stage::Table(names, rows) => (names, rows),
        Stage::Records(facts, names) => {
            let wide = names.is_none();
            let names = names.unwrap_or_else(|| all_names(&facts));
            let cell = |fact: &Fact, number, name: &str| match name.strip_prefix("attributes.") {
                _ if !wide || OWN.contains(&name) => read(fact, number, name),
                Some(own) if OWN.contains(&own) => named(fact, own),
                _ => named(fact, name),
            };
            let row = |(number, fact): &(u64, &Fact)| {
                names.iter().map(|name| cell(fact, *number, name)).collect()
            };
            let rows = facts.iter().map(row).collect();
            let empty =
                |name: &String| if TIMES.contains(&name.as_str()) { "time" } else { "string" };
            (names.iter().map(|name| (name.clone(), empty(name))).collect(), rows)
        }
    };
    let typed = names.into_iter().enumerate().map(|(at, (name, empty))| {
        let kind = rows.iter().map(|row: &Vec<Cell>| row[at].kind()).fold("null", mixed);
        (name, if kind == "null" { empty } else { kind })
    });
    (typed.collect(), rows)
}

/// Own fields that one has, then the attributes' names.
fn all_names(facts: &[(u64, &Fact)]) -> Vec<String> {
    let has =
        |name: &&str| facts.iter().any(|(number, fact)| read(fact, *number, name) != Cell::Null);
    let mut attributes = std::collections::BTreeSet::new();
    for (_, fact) in facts {
        let Json::Object(fields) = &fact.attributes else { continue };
        attributes.extend(
            fields
                .iter()
                .filter(|(_, value)| !matches!(value, Json::Null))
                .map(|(name, _)| name.clone()),
        );
    }
    let shown = |name: String| {
        if OWN.contains(&name.as_str()) { format!("attributes.{name}") } else { name }
    };
    OWN.into_iter()
        .filter(has)
        .map(str::to_owned)
        .chain(attributes.into_iter().map(shown))
        .collect()
}

/// The attribute of this very name.
fn named(fact: &Fact, name: &str) -> Cell {
    let Json::Object(fields) = &fact.attributes else { return Cell::Null };
    let own = fields.iter().rev().find(|(known, _)| known == name);
    own.map_or(Cell::Null, |(_, value)| of_json(value))
}
