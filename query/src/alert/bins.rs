//! A replay's data in one go: the query by bins, of which each step's range is some.
//!
//! ```text
//!   every 15 s, over 60 s:   bins of 15 s   │ a │ b │ c │ d │ e │
//!                            step at the end of d: a + b + c + d; of e: b + c + d + e
//! ```
//! Invariants:
//! - a step sees what its own query would say: a count, sum or extreme of a range is that of its bins;
//! - where that does not hold, or there are too many bins, there is no [`Binned`], and steps ask one by one.

use std::collections::BTreeMap;

use nilometer_alert::{Group, Length, Rule, Seen};
use nilometer_model::{Tenant, TimeRange, Timestamp};

use super::answer::{Answered, Scene, seen, share};
use super::question::{BIN, Question, Questions};
use crate::execute::{LimitedBy, QueryError, Tabled};
use crate::language::Function;
use crate::limits::REPLAY_ROWS_MAX;
use crate::plan::Value;

/// Both queries of a rule, by bins.
pub(super) struct Binned {
    query: Bins,
    of: Option<Bins>,
}

/// One query by bins.
struct Bins {
    function: Function,
    /// There is one group, and it is there even when nothing matches.
    is_single: bool,
    /// Where each bin begins that holds something, rising, and its value.
    groups: BTreeMap<Group, Vec<(i64, f64)>>,
    complete: bool,
}

impl Binned {
    /// Asks for all of the range at once, if that says what its steps would.
    pub(super) async fn ask(
        tenant: &Tenant,
        questions: &Questions,
        (scene, range): (&Scene, TimeRange),
    ) -> Result<Option<Self>, QueryError> {
        let rule = &questions.rule;
        let lengths = [Some(rule.every), Some(rule.over), rule.also_over];
        let bin = lengths.into_iter().flatten().map(Length::ns).fold(0, greatest_common);
        let Some(bin) = Length::from_ns(bin) else { return Ok(None) };
        let from = range.from().plus_ns(-rule.over.ns());
        let range = TimeRange::new(from, range.to()).unwrap_or(range);
        let Some(query) = Bins::ask(tenant, (rule, &questions.query), (scene, range, bin)).await?
        else {
            return Ok(None);
        };
        let of = match &questions.of {
            None => None,
            Some(of) => match Bins::ask(tenant, (rule, of), (scene, range, bin)).await? {
                Some(of) => Some(of),
                None => return Ok(None),
            },
        };
        Ok(Some(Self { query, of }))
    }

    /// What a step sees.
    pub(super) fn observe(&self, rule: &Rule, at: Timestamp) -> Seen {
        let values = |over: Length| {
            let part = self.query.values(at, over);
            match &self.of {
                Some(of) => share(&part, of.values(at, over)),
                None => part,
            }
        };
        seen(at, values(rule.over), rule.also_over.map(values))
    }
}

impl Bins {
    async fn ask(
        tenant: &Tenant,
        (rule, question): (&Rule, &Question),
        (scene, range, bin): (&Scene, TimeRange, Length),
    ) -> Result<Option<Self>, QueryError> {
        let Some(function) = question.joins else { return Ok(None) };
        let Some(plan) = question.binned(tenant, rule.signal, bin) else { return Ok(None) };
        let tabled = match plan.run(scene, (range, REPLAY_ROWS_MAX)).await {
            Ok(tabled) if tabled.limited_by != Some(LimitedBy::Rows) => tabled,
            Ok(_) | Err(QueryError::OverLimit { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let complete = tabled.limited_by.is_none() && tabled.missing_splits == 0;
        let is_single = question.labels.is_empty();
        Ok(Some(Self { function, is_single, groups: groups(question, &tabled), complete }))
    }

    fn values(&self, at: Timestamp, over: Length) -> Answered {
        let from = at.plus_ns(-over.ns()).0;
        let mut values: BTreeMap<Group, Option<f64>> = BTreeMap::new();
        let mut matched = 0;
        for (group, bins) in &self.groups {
            let first = bins.partition_point(|(start, _)| *start < from);
            let behind = bins.partition_point(|(start, _)| *start < at.0);
            if first < behind {
                matched += 1;
                let values_of = bins[first..behind].iter().map(|(_, value)| *value);
                values.insert(group.clone(), values_of.reduce(|a, b| self.join(a, b)));
            }
        }
        if self.is_single && values.is_empty() {
            let nothing = (self.function == Function::Count).then_some(0.0);
            values.insert(Group::new(), nothing);
        }
        Answered { values, matched, complete: self.complete }
    }

    fn join(&self, a: f64, b: f64) -> f64 {
        match self.function {
            Function::Min => a.min(b),
            Function::Max => a.max(b),
            _ => a + b,
        }
    }
}

/// The values of each group's bins; a bin without a number is none.
fn groups(question: &Question, tabled: &Tabled) -> BTreeMap<Group, Vec<(i64, f64)>> {
    let table = &tabled.table;
    let place = |name: &str| table.columns.iter().position(|column| column.name == name);
    let labels: Vec<(&String, usize)> =
        question.labels.iter().filter_map(|name| Some((name, place(name)?))).collect();
    let mut groups: BTreeMap<Group, Vec<(i64, f64)>> = BTreeMap::new();
    let (Some(bin), Some(value)) = (place(BIN), place(&question.value)) else { return groups };
    for row in &table.rows {
        let label = |(name, column): &(&String, usize)| {
            let value = &row[*column];
            (!value.is_null()).then(|| ((*name).clone(), value.to_string()))
        };
        if let (Value::Time(start), Some(number)) = (&row[bin], row[value].number()) {
            let group: Group = labels.iter().filter_map(label).collect();
            groups.entry(group).or_default().push((start.0, number.float()));
        }
    }
    groups.values_mut().for_each(|bins| bins.sort_by_key(|(start, _)| *start));
    groups
}

fn greatest_common(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common(b, a % b) }
}
