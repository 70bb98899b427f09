//! Rows -> groups -> a table: `stats`, and what is made of it.
//!
//! ```text
//!   row ─key 1─> code ┐
//!       ─key 2─> code ┴─pair─> code ┐
//!       ─key 3─> code ──────────────┴─pair─> group      (a pair that is new gets the next code)
//!       ─group, input─> what the calls remember
//! ```
//! Invariants:
//! - a row costs memory only when its group or its value is new, or when quantiles keep its number;
//! - without keys there is one group, also without rows; with keys there are only groups that have rows;
//! - the table's rows are in the order of their keys, whatever the order in which rows came.

use std::collections::HashMap;
use std::sync::Arc;

use super::aggregate::Aggregate;
use super::batch::Batch;
use super::dictionary::{BinCodes, Dictionary};
use super::table::{Column, Table, row_bytes};
use crate::language::Function;
use crate::plan::{GroupKey, Grouping, Type, Value};

/// What a pair takes, bytes.
const PAIR_BYTES: usize = 40;

/// See the file's head.
pub(super) struct Groups<C> {
    grouping: Arc<Grouping<C>>,
    keys: Vec<KeyCodes>,
    /// One less than keys.
    pairs: Vec<Pairs>,
    inputs: Vec<Aggregate>,
    /// Rows of each group.
    counts: Vec<u64>,
    /// The group of each row of a batch, and its code in one key.
    groups: Vec<u32>,
    codes: Vec<u32>,
}

/// The values of one key.
enum KeyCodes {
    Values(Dictionary),
    Bins(BinCodes),
}

impl KeyCodes {
    fn of<C>(key: &GroupKey<C>) -> Self {
        match key.step_ns {
            Some(_) => Self::Bins(BinCodes::default()),
            None => Self::Values(Dictionary::default()),
        }
    }

    fn values(&self) -> Vec<Value<'_>> {
        match self {
            Self::Values(dictionary) => dictionary.values(),
            Self::Bins(bins) => bins.values(),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::Values(dictionary) => dictionary.memory_bytes(),
            Self::Bins(bins) => bins.memory_bytes(),
        }
    }
}

/// What was grouped so far and the code of one more key -> a group.
#[derive(Debug, Default)]
struct Pairs {
    groups: HashMap<(u32, u32), u32>,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    fn join(&mut self, groups: &mut [u32], codes: &[u32]) {
        let mut last = ((0, 0), None);
        for (group, code) in groups.iter_mut().zip(codes) {
            let pair = (*group, *code);
            *group = match last {
                (known, Some(joined)) if known == pair => joined,
                _ => self.code(pair),
            };
            last = (pair, Some(*group));
        }
    }

    fn code(&mut self, pair: (u32, u32)) -> u32 {
        let pairs = &mut self.pairs;
        *self.groups.entry(pair).or_insert_with(|| {
            pairs.push(pair);
            // A query's memory ends long before the codes do.
            u32::try_from(pairs.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

impl<C> Groups<C> {
    pub(super) fn of(grouping: &Arc<Grouping<C>>) -> Self {
        let keys: Vec<KeyCodes> = grouping.keys.iter().map(KeyCodes::of).collect();
        let input = |input: usize| {
            let calls = grouping.calls.iter().filter(move |call| call.input == Some(input));
            Aggregate::of(calls.map(|call| call.function))
        };
        let mut groups = Self {
            pairs: (1..keys.len()).map(|_| Pairs::default()).collect(),
            inputs: (0..grouping.inputs.len()).map(input).collect(),
            grouping: Arc::clone(grouping),
            counts: Vec::new(),
            groups: Vec::new(),
            codes: Vec::new(),
            keys,
        };
        groups.grow(usize::from(groups.keys.is_empty()));
        groups
    }

    /// By what, and what is asked of each.
    pub(super) fn grouping(&self) -> &Grouping<C> {
        &self.grouping
    }

    fn grow(&mut self, groups: usize) {
        if groups > self.counts.len() {
            self.counts.resize(groups, 0);
            self.inputs.iter_mut().for_each(|input| input.grow(groups));
        }
    }

    /// Groups these rows of the batch.
    pub(super) fn take<B: Batch<Column = C>>(&mut self, batch: &B, rows: &[u32]) {
        self.assign(batch, rows);
        for group in &self.groups {
            self.counts[*group as usize] += 1;
        }
        let grouping = Arc::clone(&self.grouping);
        for (input, column) in self.inputs.iter_mut().zip(&grouping.inputs) {
            input.take(batch, rows, &self.groups, column);
        }
    }

    /// Groups all rows of the batch, of which each stands for so many; nothing but rows is counted.
    pub(super) fn take_alike<B: Batch<Column = C>>(&mut self, batch: &B, counts: &[u64]) {
        let rows: Vec<u32> = (0..).take(counts.len()).collect();
        self.assign(batch, &rows);
        for (group, count) in self.groups.iter().zip(counts) {
            self.counts[*group as usize] += count;
        }
    }

    /// Finds the group of each of these rows.
    fn assign<B: Batch<Column = C>>(&mut self, batch: &B, rows: &[u32]) {
        self.groups.clear();
        self.groups.resize(rows.len(), 0);
        let grouping = Arc::clone(&self.grouping);
        for (place, (key, codes)) in grouping.keys.iter().zip(&mut self.keys).enumerate() {
            self.codes.clear();
            match (codes, key.step_ns) {
                (KeyCodes::Bins(bins), Some(step_ns)) => {
                    bins.encode(batch, rows, (&key.column, step_ns), &mut self.codes);
                }
                (KeyCodes::Bins(_), None) => {}
                (KeyCodes::Values(values), _) => {
                    values.encode(batch, rows, &key.column, &mut self.codes);
                }
            }
            match place.checked_sub(1) {
                None => std::mem::swap(&mut self.groups, &mut self.codes),
                Some(pairs) => self.pairs[pairs].join(&mut self.groups, &self.codes),
            }
        }
        let most = self.groups.iter().max().map_or(0, |most| *most as usize + 1);
        self.grow(most);
    }

    /// Memory that it takes and that its table will take besides texts, bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let columns = self.grouping.keys.len() + self.grouping.calls.len();
        self.keys.iter().map(KeyCodes::memory_bytes).sum::<usize>()
            + self.pairs.iter().map(|pairs| pairs.pairs.len() * PAIR_BYTES).sum::<usize>()
            + self.inputs.iter().map(Aggregate::memory_bytes).sum::<usize>()
            + self.counts.len() * (size_of::<u64>() + row_bytes(columns))
    }

    /// What the texts of the keys will take in the table, where each group has its own, bytes.
    pub(super) fn key_text_bytes(&self) -> usize {
        let bytes = |value: &Value<'_>| match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let keys = self.keys.iter().map(|key| key.values().iter().map(bytes).collect());
        let keys: Vec<Vec<usize>> = keys.collect();
        let of_group = |group: usize| {
            let codes = self.codes_of(group).into_iter().zip(&keys);
            codes.map(|(code, bytes)| bytes[code as usize]).sum::<usize>()
        };
        (0..self.counts.len()).map(of_group).sum()
    }

    /// A row for each group.
    pub(super) fn table(mut self) -> Table {
        self.inputs.iter_mut().for_each(Aggregate::settle);
        let values: Vec<Vec<Value<'_>>> = self.keys.iter().map(KeyCodes::values).collect();
        let places: Vec<Vec<u32>> = values.iter().map(|values| places(values)).collect();
        let mut groups: Vec<(Vec<u32>, usize)> =
            (0..self.counts.len()).map(|group| (self.codes_of(group), group)).collect();
        let place = |codes: &[u32]| -> Vec<u32> {
            codes.iter().zip(&places).map(|(code, places)| places[*code as usize]).collect()
        };
        groups.sort_by_cached_key(|(codes, _)| place(codes));
        let row = |(codes, group): (Vec<u32>, usize)| {
            let keys = codes.iter().zip(&values);
            let keys = keys.map(|(code, values)| values[*code as usize].clone().into_owned());
            keys.chain(self.answers(group)).collect()
        };
        Table { columns: columns(&self.grouping), rows: groups.into_iter().map(row).collect() }
    }

    /// The code of the group in each key.
    fn codes_of(&self, group: usize) -> Vec<u32> {
        let mut codes = Vec::with_capacity(self.keys.len());
        let mut left = u32::try_from(group).unwrap_or(u32::MAX);
        for pairs in self.pairs.iter().rev() {
            let (before, code) = pairs.pairs[left as usize];
            codes.push(code);
            left = before;
        }
        if !self.keys.is_empty() {
            codes.push(left);
        }
        codes.reverse();
        codes
    }

    fn answers(&self, group: usize) -> impl Iterator<Item = Value<'static>> {
        self.grouping.calls.iter().map(move |call| match call.input {
            Some(input) => self.inputs[input].answer(call.function, group),
            None => Value::Int(i64::try_from(self.counts[group]).unwrap_or(i64::MAX)),
        })
    }
}

/// The place of each value among all of them: by rank, and as text where ranks are equal.
fn places(values: &[Value<'_>]) -> Vec<u32> {
    let ranks: Vec<_> = values.iter().map(Value::rank).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| {
        let as_text = || values[*a].to_string().cmp(&values[*b].to_string());
        ranks[*a].compare(&ranks[*b]).then_with(as_text)
    });
    let mut places = vec![0; values.len()];
    for (place, value) in (0..).zip(order) {
        places[value] = place;
    }
    places
}

fn columns<C>(grouping: &Grouping<C>) -> Vec<Column> {
    let keys = grouping.keys.iter().map(|key| {
        let empty = if key.step_ns.is_some() { Type::Time } else { Type::String };
        Column { name: key.name.clone(), empty }
    });
    let calls = grouping.calls.iter().map(|call| {
        let empty = match call.function {
            Function::Count | Function::CountDistinct => Type::Int,
            Function::Gravest | Function::Members => Type::String,
            _ => Type::Float,
        };
        Column { name: call.name.clone(), empty }
    });
    keys.chain(calls).collect()
}
