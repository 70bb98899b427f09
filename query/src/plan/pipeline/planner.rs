//! Pipes -> plan: from left to right, with the names that each pipe leaves to the next.
//!
//! Invariants:
//! - before the first grouping every name is a field of the records, unless `fields` said which there are;
//! - behind it only its columns are known, and an unknown one is refused with the list of those;
//! - sorting what is then grouped changes nothing, so it is left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use nilometer_model::TimeRange;

use super::{Arrange, Bins, GroupCall, GroupKey, Grouping, Named, Plan, Shape, SortKey, TableStep};
use crate::language::{BinStep, Call, Function, Key, Name, Pipe, Problem, SortBy, SyntaxError};
use crate::limits::{HISTOGRAM_BINS_MAX, HISTOGRAM_NICE_BINS_MAX};
use crate::plan::{Filter, Known, Signal, SignalField};

/// What the pipes mean; `text` is the query.
pub(super) fn plan<S: Signal>(
    filter: Arc<Filter<S>>,
    text: &str,
    pipes: &[Pipe],
    range: TimeRange,
) -> Result<Plan<S>, SyntaxError> {
    let plan = Plan { filter, records: Vec::new(), shape: Shape::Records, steps: Vec::new() };
    let mut planner = Planner { text, range, plan, columns: Vec::new() };
    pipes.iter().try_for_each(|pipe| planner.pipe(pipe))?;
    Ok(planner.plan)
}

struct Planner<'a, S: Signal> {
    text: &'a str,
    range: TimeRange,
    plan: Plan<S>,
    /// What the columns of the table are called, behind a grouping.
    columns: Vec<String>,
}

impl<S: Signal> Planner<'_, S> {
    fn pipe(&mut self, pipe: &Pipe) -> Result<(), SyntaxError> {
        match pipe {
            Pipe::Stats { calls, by } => self.group(calls, by),
            Pipe::Top { rows, by } => self.top(*rows, by),
            Pipe::Sort(by) => self.sort(by),
            Pipe::Limit(rows) => {
                self.arrange(Arrange::Limit(*rows), Arrange::Limit(*rows));
                Ok(())
            }
            Pipe::Fields(names) => self.fields(names),
            Pipe::Histogram { at, step, by } => self.histogram(*at, *step, by.as_ref()),
            Pipe::Patterns { at } => self.patterns(*at),
        }
    }

    fn is_table(&self) -> bool {
        matches!(self.plan.shape, Shape::Groups(_))
    }

    fn arrange(&mut self, records: Arrange<S::Field>, table: Arrange<usize>) {
        if self.is_table() {
            self.plan.steps.push(TableStep::Arrange(table));
        } else {
            self.plan.records.push(records);
        }
    }

    /// The field of the records that the name means.
    fn field(&self, name: &Name) -> Result<S::Field, SyntaxError> {
        if let Shape::Fields(chosen) = &self.plan.shape {
            let found = chosen.iter().find(|one| one.name == name.text);
            let names = chosen.iter().map(|one| one.name.as_str());
            let unknown = || SyntaxError::unknown(self.text, name, "column", names);
            return found.map(|one| one.column.clone()).ok_or_else(unknown);
        }
        let is_call = name.text.ends_with(')') && !self.text[name.at..].starts_with('"');
        if is_call {
            let problem = Problem::Unknown { what: "column", name: name.text.clone(), meant: None };
            let hint =
                format!("say | stats {} before it, or put a field's name in quotes", name.text);
            return Err(SyntaxError::at(self.text, name.at, problem, hint));
        }
        Ok(S::Field::named(&name.text))
    }

    /// The column of the table that the name means.
    fn column(&self, name: &Name) -> Result<usize, SyntaxError> {
        let found = self.columns.iter().position(|column| *column == name.text);
        let names = self.columns.iter().map(String::as_str);
        found.ok_or_else(|| SyntaxError::unknown(self.text, name, "column", names))
    }

    fn sort(&mut self, by: &[SortBy]) -> Result<(), SyntaxError> {
        fn keys<C>(
            by: &[SortBy],
            resolve: impl Fn(&Name) -> Result<C, SyntaxError>,
        ) -> Result<Arrange<C>, SyntaxError> {
            let key = |one: &SortBy| {
                Ok(SortKey { column: resolve(&one.column)?, descending: one.descending })
            };
            by.iter().map(key).collect::<Result<_, _>>().map(Arrange::Sort)
        }
        if self.is_table() {
            let sort = keys(by, |name| self.column(name))?;
            self.plan.steps.push(TableStep::Arrange(sort));
        } else {
            let sort = keys(by, |name| self.field(name))?;
            self.plan.records.push(sort);
        }
        Ok(())
    }

    fn fields(&mut self, names: &[Name]) -> Result<(), SyntaxError> {
        self.check_unlike(names.iter())?;
        if self.is_table() {
            let places: Vec<usize> =
                names.iter().map(|name| self.column(name)).collect::<Result<_, _>>()?;
            self.columns = names.iter().map(|name| name.text.clone()).collect();
            self.plan.steps.push(TableStep::Fields(places));
            return Ok(());
        }
        let named = |name: &Name| Ok(Named { name: name.text.clone(), column: self.field(name)? });
        let chosen: Vec<Named<S::Field>> = names.iter().map(named).collect::<Result<_, _>>()?;
        self.plan.shape = Shape::Fields(chosen);
        Ok(())
    }

    fn check_unlike<'n>(&self, names: impl Iterator<Item = &'n Name>) -> Result<(), SyntaxError> {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(&name.text) {
                let problem = Problem::Twice(name.text.clone());
                let hint = "call one of them otherwise, as in count() as n";
                return Err(SyntaxError::at(self.text, name.at, problem, hint));
            }
        }
        Ok(())
    }

    fn group(&mut self, calls: &[Call], by: &[Key]) -> Result<(), SyntaxError> {
        let names = by.iter().map(|key| &key.name).chain(calls.iter().map(|call| &call.name));
        self.check_unlike(names.clone())?;
        let columns = names.map(|name| name.text.clone()).collect();
        if self.is_table() {
            let grouping = grouping(calls, by, |name| self.column(name))?;
            self.plan.steps.push(TableStep::Groups(Arc::new(grouping)));
        } else {
            let grouping = grouping(calls, by, |name| self.field(name))?;
            self.check_times(calls, by, &grouping)?;
            if !self.plan.records.iter().any(|one| matches!(one, Arrange::Limit(_))) {
                self.plan.records.clear();
            }
            self.plan.shape = Shape::Groups(Arc::new(grouping));
        }
        self.columns = columns;
        Ok(())
    }

    /// What is a time, and what is not, is known of a record's own fields.
    fn check_times(
        &self,
        calls: &[Call],
        by: &[Key],
        grouping: &Grouping<S::Field>,
    ) -> Result<(), SyntaxError> {
        let bad = |name: &Name, wanted| {
            let problem = Problem::BadValue { wanted, value: name.text.clone() };
            let times = S::Field::TIMES;
            let hint = format!("times are {times}; they have min, max and count");
            Err(SyntaxError::at(self.text, name.at, problem, hint))
        };
        for (key, meant) in by.iter().zip(&grouping.keys) {
            if meant.step_ns.is_some() && !meant.column.is_time() {
                return bad(&key.of, "a time");
            }
        }
        for (call, meant) in calls.iter().zip(&grouping.calls) {
            let time = meant.input.is_some_and(|input| grouping.inputs[input].is_time());
            let sums =
                matches!(call.function, Function::Sum | Function::Avg | Function::Quantile(_));
            if let (Some(of), true) = (&call.of, time && sums) {
                return bad(of, "a number");
            }
        }
        Ok(())
    }

    fn top(&mut self, rows: usize, by: &Name) -> Result<(), SyntaxError> {
        let key = Key { of: by.clone(), step: None, name: by.clone() };
        self.group(&[count(by.at)], &[key])?;
        let sort = vec![SortKey { column: 1, descending: true }];
        self.plan.steps.extend([
            TableStep::WithValue(0),
            TableStep::Arrange(Arrange::Sort(sort)),
            TableStep::Arrange(Arrange::Limit(rows)),
        ]);
        Ok(())
    }

    /// As of records it could be written with `stats`, but for the template.
    fn patterns(&mut self, at: usize) -> Result<(), SyntaxError> {
        let unknown = |hint| {
            let (what, name) = ("pipe for this", "patterns".to_owned());
            Err(SyntaxError::at(self.text, at, Problem::Unknown { what, name, meant: None }, hint))
        };
        if !matches!(self.plan.shape, Shape::Records) {
            return unknown("say it of records: before stats, top, histogram and fields");
        }
        let Some([pattern, time, severity, component]) = S::Field::of_patterns() else {
            return unknown("only log records have patterns");
        };
        let call =
            |name: &str, function, input| GroupCall { name: name.to_owned(), function, input };
        let grouping = Grouping {
            keys: vec![GroupKey { name: "id".to_owned(), column: pattern, step_ns: None }],
            inputs: vec![time, severity, component],
            calls: vec![
                call("count", Function::Count, None),
                call("first_seen", Function::Min, Some(0)),
                call("last_seen", Function::Max, Some(0)),
                call("severity", Function::Gravest, Some(1)),
                call("components", Function::Members, Some(2)),
            ],
        };
        if !self.plan.records.iter().any(|one| matches!(one, Arrange::Limit(_))) {
            self.plan.records.clear();
        }
        self.plan.shape = Shape::Groups(Arc::new(grouping));
        let commonest = SortKey { column: 2, descending: true };
        let sort = vec![commonest, SortKey { column: 1, descending: false }];
        self.plan.steps.extend([
            TableStep::Templates(Known::NOTHING),
            TableStep::Arrange(Arrange::Sort(sort)),
        ]);
        let columns =
            ["id", "template", "count", "first_seen", "last_seen", "severity", "components"];
        self.columns = columns.map(str::to_owned).to_vec();
        Ok(())
    }

    fn histogram(
        &mut self,
        at: usize,
        step: Option<BinStep>,
        by: Option<&Name>,
    ) -> Result<(), SyntaxError> {
        let nice = Bins::nice(self.range, HISTOGRAM_NICE_BINS_MAX);
        let bins = step.map_or(nice, |step| Bins { range: self.range, step_ns: step.ns });
        if let (Some(step), true) = (step, bins.count() > HISTOGRAM_BINS_MAX) {
            let problem = Problem::TooLarge("at most 100000 bins");
            let hint = "take longer bins or a shorter range";
            return Err(SyntaxError::at(self.text, step.at, problem, hint));
        }
        let time = Name { text: "time".to_owned(), at };
        let name = Name { text: format!("bin({})", written(bins.step_ns)), at };
        let step = Some(BinStep { ns: bins.step_ns, at });
        let mut keys = vec![Key { of: time, step, name }];
        keys.extend(by.map(|by| Key { of: by.clone(), step: None, name: by.clone() }));
        self.group(&[count(at)], &keys)?;
        if by.is_none() {
            self.plan.steps.push(TableStep::EveryBin(bins));
        }
        Ok(())
    }
}

fn count(at: usize) -> Call {
    let name = Name { text: "count()".to_owned(), at };
    Call { function: Function::Count, of: None, name }
}

fn grouping<C: PartialEq>(
    calls: &[Call],
    by: &[Key],
    resolve: impl Fn(&Name) -> Result<C, SyntaxError>,
) -> Result<Grouping<C>, SyntaxError> {
    let mut grouping = Grouping { keys: Vec::new(), inputs: Vec::new(), calls: Vec::new() };
    for key in by {
        let (name, step_ns) = (key.name.text.clone(), key.step.map(|step| step.ns));
        grouping.keys.push(GroupKey { name, column: resolve(&key.of)?, step_ns });
    }
    for call in calls {
        let mut input = None;
        if let Some(of) = &call.of {
            let column = resolve(of)?;
            let known = grouping.inputs.iter().position(|one| *one == column);
            input = known.or(Some(grouping.inputs.len()));
            if known.is_none() {
                grouping.inputs.push(column);
            }
        }
        let name = call.name.text.clone();
        grouping.calls.push(GroupCall { name, function: call.function, input });
    }
    Ok(grouping)
}

/// A step in its longest unit.
fn written(step_ns: i64) -> String {
    const UNITS_NS: [(&str, i64); 6] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ];
    let whole = UNITS_NS.into_iter().find(|(_, unit)| step_ns % unit == 0);
    let (unit, unit_ns) = whole.unwrap_or(("ns", 1));
    format!("{}{unit}", step_ns / unit_ns)
}
