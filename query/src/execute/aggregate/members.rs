//! Which values each group has, the commonest first.
//!
//! Invariant: what the answers will take is in what is taken already, so that a query's memory bounds both.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::super::batch::Batch;
use super::super::dictionary::Dictionary;
use crate::plan::Value;

/// Between two values of an answer.
const BETWEEN: &str = ", ";
/// What a value of a group takes besides its text, bytes.
const ENTRY_BYTES: usize = 64;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Members {
    dictionary: Dictionary,
    /// Group and value, and how many rows have it.
    counts: HashMap<(u32, u32), u64>,
    /// Per group, in the order of the answer; made once, when all is seen.
    settled: HashMap<u32, Vec<u32>>,
    bytes: usize,
    codes: Vec<u32>,
}

impl Members {
    pub(super) fn take<B: Batch>(
        &mut self,
        batch: &B,
        rows: &[u32],
        groups: &[u32],
        column: &B::Column,
    ) {
        self.codes.clear();
        self.dictionary.encode(batch, rows, column, &mut self.codes);
        for (group, code) in groups.iter().zip(&self.codes) {
            if self.dictionary.is_null(*code) {
                continue;
            }
            let bytes = &mut self.bytes;
            *self.counts.entry((*group, *code)).or_insert_with(|| {
                *bytes += self.dictionary.text(*code).len() + BETWEEN.len() + ENTRY_BYTES;
                0
            }) += 1;
        }
    }

    pub(super) fn settle(&mut self) {
        for (group, code) in self.counts.keys() {
            self.settled.entry(*group).or_default().push(*code);
        }
        for (group, codes) in &mut self.settled {
            codes.sort_by_key(|code| {
                (Reverse(self.counts[&(*group, *code)]), self.dictionary.text(*code))
            });
        }
    }

    pub(super) fn of(&self, group: usize) -> Option<Value<'static>> {
        let codes = self.settled.get(&u32::try_from(group).ok()?)?;
        let texts: Vec<&str> = codes.iter().map(|code| self.dictionary.text(*code)).collect();
        Some(Value::Text(texts.join(BETWEEN).into()))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.dictionary.memory_bytes() + self.bytes
    }
}
