//! A replay's data in one go: the query by bins, of which each step's range is some.
//!
//! ```text
//!   every 15 s, over 60 s:   bins of 15 s   │ a │ b │ c │ d │ e │
//!                            step at the end of d: a + b + c + d; of e: b + c + d + e
//!
//!   where something came late:   │ a │ b │ c │   and each of these by when it was received: a step takes
//!                                │   │ b'│   │   only what it had received
//! ```
//! Invariants:
//! - a step sees what its own query would say: a count, sum or extreme of a range is that of its bins;
//! - where that does not hold, or there are too many bins, there is no [`Binned`], and steps ask one by one.

use std::collections::BTreeMap;

use nilometer_alert::{Group, Length, Rule, Seen};
use nilometer_model::{Tenant, TimeRange, Timestamp};

use super::answer::{Answered, Scene, seen, share};
use super::question::{BIN, Question, Questions, RECEIVED};
use super::receipts::Receipts;
use crate::execute::{LimitedBy, QueryError, Tabled};
use crate::language::Function;
use crate::limits::{REPLAY_ROWS_MAX, RULE_SETTLE_NS};
use crate::plan::Value;

/// Both queries of a rule, by bins.
pub(super) struct Binned {
    query: Bins,
    of: Option<Bins>,
    receipts: Receipts,
}

/// One query by bins.
struct Bins {
    function: Function,
    /// There is one group, and it is there even when nothing matches.
    is_single: bool,
    /// The bins of each that hold something, by their beginning.
    groups: BTreeMap<Group, Vec<Bin>>,
    complete: bool,
}

/// What lies between two moments, of what was received together.
struct Bin {
    start: i64,
    /// Where the bin of its receipts begins; the least there is where every step has seen it.
    received: i64,
    value: f64,
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
        Ok(Some(Self { query, of, receipts: scene.receipts.clone() }))
    }

    /// What a step sees.
    pub(super) fn observe(&self, rule: &Rule, at: Timestamp) -> Seen {
        let values = |over: Length| {
            let when = (at, over, self.receipts.bound(at));
            let part = self.query.values(when);
            match &self.of {
                Some(of) => share(&part, of.values(when)),
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
        // Steps and their bounds are multiples of this.
        let receipt = [RULE_SETTLE_NS, RECEIPT_NS].into_iter().fold(bin.ns(), greatest_common);
        let Some(receipt) = Length::from_ns(receipt) else { return Ok(None) };
        let plans = question.binned(tenant, rule.signal, bin);
        let by_receipt = question.binned_by_receipt(tenant, rule.signal, (bin, receipt));
        let (Some(plan), Some(by_receipt)) = (plans, by_receipt) else { return Ok(None) };
        let is_single = question.labels.is_empty();
        let mut bins = Self { function, is_single, groups: BTreeMap::new(), complete: true };
        let mut rows_left = REPLAY_ROWS_MAX;
        for (piece, is_late) in scene.receipts.pieces(&question.plan, range, bin.ns()) {
            let plan = if is_late { &by_receipt } else { &plan };
            let tabled = match plan.run(scene, (piece, rows_left)).await {
                Ok(tabled) if tabled.limited_by != Some(LimitedBy::Rows) => tabled,
                Ok(_) | Err(QueryError::OverLimit { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            rows_left -= tabled.table.rows.len();
            bins.complete &= tabled.limited_by.is_none() && tabled.missing_splits == 0;
            bins.add(question, &tabled);
        }
        bins.groups.values_mut().for_each(|bins| bins.sort_by_key(|bin| bin.start));
        Ok(Some(bins))
    }

    fn values(&self, (at, over, bound): (Timestamp, Length, Timestamp)) -> Answered {
        let from = at.plus_ns(-over.ns()).0;
        let mut values: BTreeMap<Group, Option<f64>> = BTreeMap::new();
        let mut matched = 0;
        for (group, bins) in &self.groups {
            let first = bins.partition_point(|bin| bin.start < from);
            let behind = bins.partition_point(|bin| bin.start < at.0);
            let seen = bins[first..behind].iter().filter(|bin| bin.received < bound.0);
            if let Some(value) = seen.map(|bin| bin.value).reduce(|a, b| self.join(a, b)) {
                matched += 1;
                values.insert(group.clone(), Some(value));
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

    /// Takes in a table of bins; one without a number is none.
    fn add(&mut self, question: &Question, tabled: &Tabled) {
        let table = &tabled.table;
        let place = |name: &str| table.columns.iter().position(|column| column.name == name);
        let labels: Vec<(&String, usize)> =
            question.labels.iter().filter_map(|name| Some((name, place(name)?))).collect();
        let (Some(start), Some(value)) = (place(BIN), place(&question.value)) else { return };
        let receipt = place(RECEIVED);
        for row in &table.rows {
            let label = |(name, column): &(&String, usize)| {
                let value = &row[*column];
                (!value.is_null()).then(|| ((*name).clone(), value.to_string()))
            };
            let received = match receipt.map(|column| &row[column]) {
                Some(Value::Time(received)) => received.0,
                _ => i64::MIN,
            };
            if let (Value::Time(start), Some(number)) = (&row[start], row[value].number()) {
                let group: Group = labels.iter().filter_map(label).collect();
                let bin = Bin { start: start.0, received, value: number.float() };
                self.groups.entry(group).or_default().push(bin);
            }
        }
    }
}

/// Receipts are told apart by so much at the most, ns: who asks what was known at a whole second is answered exactly.
const RECEIPT_NS: i64 = 1_000_000_000;

fn greatest_common(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common(b, a % b) }
}
