//! Which blocks of spans may hold an attribute, with whichever value or with one: buckets, as of records' variables.
//!
//! ```text
//!   key 0x02        some span has the attribute        (the terms of `records/fields.rs`)
//!   key 0x01 value  some span has it with this value
//! ```
//! Invariant: a block with a span that has what is asked for is named. Others may be: whoever asks looks.

use bytes::Bytes;
use nilometer_model::TextColumn;

use crate::limits::BUCKET_VALUE_BYTES_MIN;
use crate::records::buckets::{BucketWriter, blocks_of};
use crate::records::cut::Span;
use crate::records::{fields, forms};

/// Takes the attributes of block after block.
#[derive(Debug, Default)]
pub(super) struct AttributeIndexBuilder {
    buckets: BucketWriter,
    /// The last form in the block at hand, and its keys.
    last: Vec<u8>,
    keys: Vec<String>,
    form: Vec<u8>,
    values: Vec<Span>,
    term: Vec<u8>,
}

impl AttributeIndexBuilder {
    /// Adds the next block.
    pub(super) fn block(&mut self, block: u32, attributes: &TextColumn) {
        for row in 0..attributes.len() {
            self.object(attributes.get(row).as_bytes());
        }
        self.last.clear();
        self.keys.clear();
        self.buckets.end_block(block);
    }

    fn object(&mut self, object: &[u8]) {
        self.form.clear();
        self.values.clear();
        if forms::cut(object, 0, &mut self.form, &mut self.values).is_none() {
            for (key, value) in fields::pairs(object) {
                self.key(&key);
                self.value(&key, value.get().as_bytes());
            }
            return;
        }
        if self.form != self.last {
            let keys: Vec<String> = forms::keys(&self.form).map(fields::text).collect();
            keys.iter().for_each(|key| self.key(key));
            (self.keys, self.last) = (keys, self.form.clone());
        }
        let keys = std::mem::take(&mut self.keys);
        for (at, key) in keys.iter().enumerate() {
            let Some(value) = self.values.get(at).copied() else { break };
            self.value(key, value.of(object));
        }
        self.keys = keys;
    }

    fn key(&mut self, key: &str) {
        self.buckets.add(fields::there(key).as_bytes());
    }

    fn value(&mut self, key: &str, json: &[u8]) {
        self.term.clear();
        self.term.extend_from_slice(key.as_bytes());
        self.term.push(fields::IS as u8);
        match json {
            [b'"', text @ .., b'"'] if !text.contains(&b'\\') => self.term.extend_from_slice(text),
            _ => self.term.extend_from_slice(fields::text(json).as_bytes()),
        }
        self.buckets.add(&self.term);
    }

    /// The index of so many blocks.
    pub(super) fn finish(mut self, blocks: u32) -> Vec<u8> {
        self.buckets.finish(blocks)
    }
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct AttributeIndex {
    buckets: Bytes,
    blocks: u32,
}

impl AttributeIndex {
    /// The index of so many blocks.
    pub(super) fn new(buckets: Bytes, blocks: u32) -> Self {
        Self { buckets, blocks }
    }

    /// Leaves of `may_meet`, by block, those in which one of the attributes may be, some with their value.
    pub(super) fn narrow(&self, any: &[(String, Option<String>)], may_meet: &mut [bool]) {
        let mut named = vec![false; may_meet.len()];
        for (key, value) in any {
            let term = match value {
                Some(value) => fields::term(key, value),
                None => fields::there(key),
            };
            // Buckets do not know what is so short.
            let known = term.len() >= BUCKET_VALUE_BYTES_MIN;
            let Some(blocks) =
                known.then(|| blocks_of(&self.buckets, self.blocks, term.as_bytes())).flatten()
            else {
                return;
            };
            blocks.iter().for_each(|block| named[*block as usize] = true);
        }
        may_meet.iter_mut().zip(named).for_each(|(may_meet, named)| *may_meet &= named);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(blocks: &[&[&str]]) -> AttributeIndex {
        let mut builder = AttributeIndexBuilder::default();
        for (number, objects) in (0..).zip(blocks) {
            let mut attributes = TextColumn::default();
            objects.iter().for_each(|object| attributes.push(object));
            builder.block(number, &attributes);
        }
        let blocks = u32::try_from(blocks.len()).unwrap();
        AttributeIndex::new(builder.finish(blocks).into(), blocks)
    }

    #[track_caller]
    fn check(index: &AttributeIndex, any: &[(&str, Option<&str>)], expect: &[u32]) {
        let owned =
            |(key, value): &(&str, Option<&str>)| ((*key).to_owned(), value.map(str::to_owned));
        let any: Vec<_> = any.iter().map(owned).collect();
        let mut may_meet = vec![true; index.blocks as usize];
        index.narrow(&any, &mut may_meet);
        let named: Vec<u32> =
            (0..).zip(&may_meet).filter_map(|(block, may)| may.then_some(block)).collect();
        assert_eq!(named, expect, "{any:?}");
    }

    #[test]
    fn blocks_are_named_by_key_and_by_value() {
        let index = index(&[
            &[r#"{"http.status":200,"user":"ann"}"#, "", r#"{"http.status":500,"user":"b\\"}"#],
            &[r#"{"user":"carl","at":{"x":[1]}}"#],
            &[r#"{ "spaced" : "out" }"#, "{}"],
        ]);
        check(&index, &[("http.status", None)], &[0]);
        check(&index, &[("http.status", Some("500"))], &[0]);
        check(&index, &[("http.status", Some("404"))], &[]);
        check(&index, &[("user", Some("b\\"))], &[0]);
        check(&index, &[("user", None)], &[0, 1]);
        check(&index, &[("user", Some("ann")), ("at", None)], &[0, 1]);
        check(&index, &[("at", Some(r#"{"x":[1]}"#))], &[1]);
        check(&index, &[("spaced", Some("out"))], &[2]);
        check(&index, &[("absent", None)], &[]);
        check(&index, &[], &[]);
    }

    #[test]
    fn what_is_too_short_for_a_bucket_rules_nothing_out() {
        let index = index(&[&[r#"{"k":""}"#], &[r#"{"k2":"1"}"#]]);
        check(&index, &[("k", None)], &[0, 1]);
        check(&index, &[("k", Some(""))], &[0, 1]);
        check(&index, &[("k2", None)], &[1]);
    }

    #[test]
    fn damaged_buckets_rule_nothing_out() {
        let index = AttributeIndex::new(Bytes::from_static(b"no buckets"), 2);
        check(&index, &[("absent", None)], &[0, 1]);
    }
}
