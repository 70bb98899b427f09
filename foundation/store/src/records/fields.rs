//! The attributes of a block as terms of its document in the index.
//!
//! ```text
//!   key 0x02        some row has the attribute
//!   key 0x01 value  some row has it with this value: the text of a string, the JSON of anything else
//! ```
//! Invariant: a value that is not among the terms, being long or one of many, is in the buckets as `key 0x01
//! value`: both together name every block that has it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::value::RawValue;

use super::buckets::BucketWriter;
use super::forms;
use crate::limits::{BLOCK_VALUES_PER_KEY_MAX, INDEXED_VALUE_BYTES_MAX};

/// Between a key and its value.
pub(crate) const IS: char = '\u{1}';
/// Behind a key that is there.
const IS_THERE: char = '\u{2}';

/// Takes the values of block after block.
#[derive(Debug, Default)]
pub(super) struct FieldTerms {
    /// Per block that is complete.
    blocks: Vec<Vec<String>>,
    /// Of the block at hand.
    keys: BTreeMap<String, HashSet<String>>,
    /// The last form and slot, and their key.
    last: Option<((u32, usize), String)>,
}

impl FieldTerms {
    pub(super) fn clear(&mut self) {
        self.blocks.clear();
        self.keys.clear();
        self.last = None;
    }

    /// Adds a value of the form's slot.
    pub(super) fn add(
        &mut self,
        at: (u32, usize),
        form: &[u8],
        value: &[u8],
        buckets: &mut BucketWriter,
    ) {
        if self.last.as_ref().is_none_or(|(last, _)| *last != at) {
            let key = forms::keys(form).nth(at.1).unwrap_or_default();
            self.last = Some((at, text(key)));
        }
        if let Some((last, key)) = self.last.take() {
            self.value(&key, &text(value), buckets);
            self.last = Some((last, key));
        }
    }

    /// Adds all values of an object.
    pub(super) fn add_all(&mut self, object: &[u8], buckets: &mut BucketWriter) {
        for (key, value) in pairs(object) {
            self.value(&key, &text(value.get().as_bytes()), buckets);
        }
    }

    fn value(&mut self, key: &str, value: &str, buckets: &mut BucketWriter) {
        if !self.keys.contains_key(key) {
            self.keys.insert(key.to_owned(), HashSet::new());
        }
        let Some(values) = self.keys.get_mut(key) else { return };
        if values.contains(value) {
            return;
        }
        if values.len() < BLOCK_VALUES_PER_KEY_MAX && value.len() <= INDEXED_VALUE_BYTES_MAX {
            values.insert(value.to_owned());
        } else {
            buckets.add(term(key, value).as_bytes());
        }
    }

    pub(super) fn end_block(&mut self) {
        self.last = None;
        let terms = std::mem::take(&mut self.keys).into_iter().flat_map(|(key, values)| {
            let is_there = there(&key);
            let mut terms: Vec<_> = values.iter().map(|value| term(&key, value)).collect();
            terms.sort_unstable();
            std::iter::once(is_there).chain(terms)
        });
        self.blocks.push(terms.collect());
    }

    /// The terms of each block.
    pub(super) fn blocks(&self) -> &[Vec<String>] {
        &self.blocks
    }
}

/// The keys and values of an object that is kept whole; none of what is no object.
pub(crate) fn pairs(object: &[u8]) -> HashMap<String, &RawValue> {
    serde_json::from_slice(object).unwrap_or_default()
}

/// What stands for a key with whichever value.
pub(crate) fn there(key: &str) -> String {
    format!("{key}{IS_THERE}")
}

/// What stands for a key with a value.
pub(crate) fn term(key: &str, value: &str) -> String {
    format!("{key}{IS}{value}")
}

/// What a value says: the text of a string, the JSON of anything else.
pub(crate) fn text(json: &[u8]) -> String {
    let json = json.trim_ascii();
    let string = json.starts_with(b"\"").then(|| serde_json::from_slice::<String>(json).ok());
    string.flatten().unwrap_or_else(|| String::from_utf8_lossy(json).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::buckets::blocks_of;

    #[test]
    fn so_many_values_are_terms_and_what_comes_then_goes_into_buckets() {
        let (mut fields, mut buckets) = (FieldTerms::default(), BucketWriter::default());
        for value in 0..=BLOCK_VALUES_PER_KEY_MAX {
            fields.add((0, 0), b"{\"k\":\x01}", format!("{value}").as_bytes(), &mut buckets);
        }
        fields.add_all(br#"{"k":"0","long":"x"}"#, &mut buckets);
        fields.end_block();
        buckets.end_block(0);
        let terms = &fields.blocks()[0];
        assert_eq!(terms.len(), 1 + BLOCK_VALUES_PER_KEY_MAX + 2);
        assert!(terms.contains(&term("k", "15")) && !terms.contains(&term("k", "16")));
        let section = buckets.finish(1);
        assert_eq!(blocks_of(&section, 1, term("k", "16").as_bytes()).unwrap(), [0]);
        assert!(blocks_of(&section, 1, term("k", "15").as_bytes()).unwrap().is_empty());
    }
}
