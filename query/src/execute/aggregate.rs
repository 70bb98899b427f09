//! What the functions of `stats` remember of the values of one column, per group.
//!
//! Invariants:
//! - all calls on one column share what they remember, and each row's value is looked at once;
//! - whole numbers are summed exactly; quantiles are exact, by nearest rank: every number is kept;
//! - what is no number is skipped by all but `count` and `count_distinct`; without a number the answer is null.

mod members;

use nilometer_model::Severity;

use self::members::Members;
use super::batch::Batch;
use super::distinct::Distinct;
use crate::language::Function;
use crate::plan::{Number, Value};

/// Above this a float is no longer every whole number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Of one column, per group.
#[derive(Debug, Default)]
pub(super) struct Aggregate {
    /// How many records have a value.
    present: Option<Vec<u64>>,
    distinct: Option<Distinct>,
    numbers: Option<Vec<Numbers>>,
    /// All numbers.
    samples: Option<Vec<Vec<f64>>>,
    samples_bytes: usize,
    gravest: Option<Vec<Option<Severity>>>,
    members: Option<Members>,
}

/// What can be told of numbers without keeping them.
#[derive(Debug, Clone, Copy, Default)]
struct Numbers {
    count: u64,
    whole: i128,
    floats: f64,
    min: Option<Number>,
    max: Option<Number>,
    /// One of them was written with a unit, so all are milliseconds.
    any_duration: bool,
    any_float: bool,
}

impl Aggregate {
    /// One that can answer these.
    pub(super) fn of(functions: impl Iterator<Item = Function>) -> Self {
        let mut aggregate = Self::default();
        for function in functions {
            match function {
                Function::Count => aggregate.present = Some(Vec::new()),
                Function::CountDistinct => aggregate.distinct = Some(Distinct::default()),
                Function::Sum | Function::Min | Function::Max | Function::Avg => {
                    aggregate.numbers = Some(Vec::new());
                }
                Function::Gravest => aggregate.gravest = Some(Vec::new()),
                Function::Members => aggregate.members = Some(Members::default()),
                Function::Quantile(_) => {
                    aggregate.numbers = Some(Vec::new());
                    aggregate.samples = Some(Vec::new());
                }
            }
        }
        aggregate
    }

    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        self.present.iter_mut().for_each(|counts| counts.resize(groups, 0));
        self.distinct.iter_mut().for_each(|distinct| distinct.grow(groups));
        self.numbers.iter_mut().for_each(|numbers| numbers.resize(groups, Numbers::default()));
        self.samples.iter_mut().for_each(|samples| samples.resize(groups, Vec::new()));
        self.gravest.iter_mut().for_each(|gravest| gravest.resize(groups, None));
    }

    /// Looks at the column in these rows, each of which belongs to the group beside it.
    pub(super) fn take<B: Batch>(
        &mut self,
        batch: &B,
        rows: &[u32],
        groups: &[u32],
        column: &B::Column,
    ) {
        if let Some(distinct) = &mut self.distinct {
            distinct.take(batch, rows, groups, column);
        }
        if let Some(members) = &mut self.members {
            members.take(batch, rows, groups, column);
        }
        if let Some(gravest) = &mut self.gravest {
            for (row, group) in rows.iter().zip(groups) {
                if let Value::Severity(is) = batch.value(*row as usize, column) {
                    let known = &mut gravest[*group as usize];
                    *known = Some(known.map_or(is, |known| known.max(is)));
                }
            }
        }
        if self.present.is_none() && self.numbers.is_none() {
            return;
        }
        for (row, group) in rows.iter().zip(groups.iter().map(|group| *group as usize)) {
            let value = batch.value(*row as usize, column);
            if value.is_null() {
                continue;
            }
            if let Some(counts) = &mut self.present {
                counts[group] += 1;
            }
            let number = self.numbers.as_ref().and_then(|_| value.number());
            let (Some(numbers), Some(number)) = (&mut self.numbers, number) else { continue };
            numbers[group].add(number);
            if let (Some(samples), false) = (&mut self.samples, matches!(number, Number::Time(_))) {
                samples[group].push(number.float());
                self.samples_bytes += 2 * size_of::<f64>();
            }
        }
    }

    /// Puts the numbers in order, once, before quantiles are asked.
    pub(super) fn settle(&mut self) {
        self.samples
            .iter_mut()
            .flatten()
            .for_each(|samples| samples.sort_unstable_by(f64::total_cmp));
        self.members.iter_mut().for_each(Members::settle);
    }

    /// What the function says of the group.
    pub(super) fn answer(&self, function: Function, group: usize) -> Value<'static> {
        let count = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let numbers = || self.numbers.as_ref().map(|numbers| &numbers[group]);
        let answer = match function {
            Function::Count => self.present.as_ref().map(|counts| count(counts[group])),
            Function::CountDistinct => {
                self.distinct.as_ref().map(|distinct| count(distinct.count(group)))
            }
            Function::Sum => numbers().and_then(Numbers::sum),
            Function::Avg => numbers().and_then(Numbers::avg),
            Function::Min => numbers().and_then(|numbers| Some(numbers.value(numbers.min?))),
            Function::Max => numbers().and_then(|numbers| Some(numbers.value(numbers.max?))),
            Function::Quantile(part) => self.quantile(part, group),
            Function::Gravest => {
                self.gravest.as_ref().and_then(|all| all[group]).map(Value::Severity)
            }
            Function::Members => self.members.as_ref().and_then(|members| members.of(group)),
        };
        answer.unwrap_or(Value::Null)
    }

    fn quantile(&self, part: f64, group: usize) -> Option<Value<'static>> {
        let numbers = self.numbers.as_ref()?[group];
        let sorted = &self.samples.as_ref()?[group];
        let float = *sorted.get(nearest_rank(part, sorted.len()))?;
        let whole = !numbers.any_float && !numbers.any_duration && float.abs() <= EXACT_MAX;
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        let number = if whole { Number::Int(float as i64) } else { Number::Float(float) };
        Some(numbers.value(number))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let per_group = |groups: Option<usize>, bytes: usize| groups.unwrap_or(0) * bytes;
        per_group(self.present.as_ref().map(Vec::len), size_of::<u64>())
            + per_group(self.numbers.as_ref().map(Vec::len), size_of::<Numbers>())
            + per_group(self.samples.as_ref().map(Vec::len), size_of::<Vec<f64>>())
            + self.samples_bytes
            + self.distinct.as_ref().map_or(0, Distinct::memory_bytes)
            + per_group(self.gravest.as_ref().map(Vec::len), size_of::<Option<Severity>>())
            + self.members.as_ref().map_or(0, Members::memory_bytes)
    }
}

/// Where the quantile stands among so many sorted numbers.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "memory holds fewer than 2^53 numbers, and a part lies between 0 and 1"
)]
fn nearest_rank(part: f64, numbers: usize) -> usize {
    ((part * numbers as f64).ceil() as usize).max(1) - 1
}

impl Numbers {
    fn add(&mut self, number: Number) {
        let least = self.min.is_none_or(|min| number.compare(min).is_lt());
        let greatest = self.max.is_none_or(|max| number.compare(max).is_gt());
        if least {
            self.min = Some(number);
        }
        if greatest {
            self.max = Some(number);
        }
        match number {
            Number::Int(int) => self.whole += i128::from(int),
            Number::Float(float) => self.floats += float,
            Number::Duration(ms) => self.floats += ms,
            Number::Time(_) => return,
        }
        self.count += 1;
        self.any_float |= matches!(number, Number::Float(_));
        self.any_duration |= matches!(number, Number::Duration(_));
    }

    /// One of the numbers, as what all of them are.
    fn value(&self, number: Number) -> Value<'static> {
        match number {
            Number::Time(time) => Value::Time(time),
            number if self.any_duration => Value::Duration(number.float()),
            number if self.any_float => Value::Float(number.float()),
            Number::Int(int) => Value::Int(int),
            number => Value::Float(number.float()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum beyond 2^53 is a float's sum")]
    fn total(&self) -> f64 {
        self.whole as f64 + self.floats
    }

    fn sum(&self) -> Option<Value<'static>> {
        if self.count == 0 {
            return None;
        }
        if self.any_duration {
            return Some(Value::Duration(self.total()));
        }
        let whole = i64::try_from(self.whole).ok().filter(|_| !self.any_float);
        Some(whole.map_or(Value::Float(self.total()), Value::Int))
    }

    #[expect(clippy::cast_precision_loss, reason = "memory holds fewer than 2^53 numbers")]
    fn avg(&self) -> Option<Value<'static>> {
        let mean = self.total() / self.count as f64;
        let is = if self.any_duration { Value::Duration } else { Value::Float };
        (self.count > 0).then(|| is(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_number_at_its_nearest_rank() {
        for (part, numbers, expect) in [
            (0.0, 10, 0),
            (0.5, 1, 0),
            (0.5, 2, 0),
            (0.5, 3, 1),
            (0.9, 10, 8),
            (0.95, 100, 94),
            (0.99, 100, 98),
            (0.99, 101, 99),
            (1.0, 7, 6),
        ] {
            assert_eq!(nearest_rank(part, numbers), expect, "{part} of {numbers}");
        }
    }
}
