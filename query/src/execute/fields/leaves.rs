//! The attributes of records by their paths, counted: `{"http":{"status":200}}` is `http.status`.
//!
//! Invariants:
//! - a leaf is anything but an object with something in it, or one that is nested too deep; null is nothing;
//! - a record counts once for a path, however often it says it, and as what the language reads there;
//! - beyond `most` paths no new one is kept, and [`Leaves::is_over`] says so.

use std::collections::HashMap;

use nilometer_model::Rows;
use nilometer_model::limits::ATTRIBUTE_DEPTH_MAX;

use crate::plan::{Field, SignalField, Type, Value, each_attribute};

/// What a path takes besides its text, bytes.
const ENTRY_BYTES: usize = 96;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Leaves {
    most: usize,
    slots: HashMap<String, usize>,
    /// Per slot.
    paths: Vec<Path>,
    /// Records seen.
    records: u64,
    /// What the record at hand says.
    said: Vec<Said>,
    bytes: usize,
    over: bool,
}

#[derive(Debug)]
struct Said {
    slot: usize,
    /// Null has none.
    of: Option<Type>,
    /// A leaf stands there, and not only an object around others.
    leaf: bool,
}

#[derive(Debug, Default)]
struct Path {
    of: Option<Type>,
    count: u64,
    /// The last record that said it, and which of what it said that is.
    record: u64,
    place: usize,
}

impl Leaves {
    pub(super) fn new(most: usize) -> Self {
        let (slots, paths, said) = (HashMap::new(), Vec::new(), Vec::new());
        Self { most, slots, paths, records: 0, said, bytes: 0, over: false }
    }

    /// Counts a record.
    pub(super) fn see(&mut self, rows: &Rows, row: usize) {
        self.records += 1;
        self.said.clear();
        let said_twice = |path: &str| Field::Attribute(path.to_owned()).typed(rows, row).type_of();
        let levels = ATTRIBUTE_DEPTH_MAX;
        self.object((rows.attributes.get(row), levels), &mut String::new(), &said_twice);
        for Said { slot, of, .. } in self.said.iter().filter(|said| said.leaf) {
            let Some(of) = of else { continue };
            let path = &mut self.paths[*slot];
            path.count += 1;
            path.of = Some(path.of.map_or(*of, |before| before.and(*of)));
        }
    }

    /// Notes the leaves of an object and of so many levels in it; `path` leads to it, and ends with a dot unless
    /// it is the record.
    fn object(
        &mut self,
        (json, levels): (&str, usize),
        path: &mut String,
        twice: &impl Fn(&str) -> Option<Type>,
    ) {
        each_attribute(json, |name, raw| {
            let outer = path.len();
            path.push_str(name);
            let is_full = |inner: &str| inner.trim_start() != "}";
            let inner = levels > 0 && raw.strip_prefix('{').is_some_and(is_full);
            self.note(path, (!inner).then_some(raw), twice);
            if inner {
                path.push('.');
                self.object((raw, levels - 1), path, twice);
            }
            path.truncate(outer);
        });
    }

    /// Notes a leaf, or an object around some; `twice`: what the language reads at a path that the record says
    /// more than once.
    fn note(&mut self, path: &str, leaf: Option<&str>, twice: &impl Fn(&str) -> Option<Type>) {
        let Some(slot) = self.slot(path) else { return };
        let known = &mut self.paths[slot];
        if known.record == self.records {
            let said = &mut self.said[known.place];
            said.leaf |= leaf.is_some();
            said.of = twice(path);
        } else {
            (known.record, known.place) = (self.records, self.said.len());
            let of = leaf.and_then(|raw| Value::of_json(raw).type_of());
            self.said.push(Said { slot, of, leaf: leaf.is_some() });
        }
    }

    fn slot(&mut self, path: &str) -> Option<usize> {
        if let Some(slot) = self.slots.get(path) {
            return Some(*slot);
        }
        if self.slots.len() >= self.most {
            self.over = true;
            return None;
        }
        let slot = self.slots.len();
        self.slots.insert(path.to_owned(), slot);
        self.paths.push(Path::default());
        self.bytes += path.len() + ENTRY_BYTES;
        Some(slot)
    }

    /// Whether there are more paths than are kept.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Memory of the paths, bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The paths, what is there, and in how many records.
    pub(super) fn into_counts(self) -> impl Iterator<Item = (String, Type, u64)> {
        let paths = self.paths;
        self.slots.into_iter().filter_map(move |(path, slot)| {
            let Path { of, count, .. } = &paths[slot];
            Some((path, (*of)?, *count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(records: &[&str], most: usize) -> Leaves {
        let mut rows = Rows::default();
        records.iter().for_each(|record| rows.attributes.push(record));
        let mut leaves = Leaves::new(most);
        (0..records.len()).for_each(|row| leaves.see(&rows, row));
        leaves
    }

    #[track_caller]
    fn check(records: &[&str], expect: &[(&str, Type, u64)]) {
        let leaves = seen(records, 100);
        let mut counts: Vec<_> = leaves.into_counts().collect();
        counts.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let counts: Vec<_> = counts.iter().map(|(path, of, n)| (path.as_str(), *of, *n)).collect();
        assert_eq!(counts, expect, "{records:?}");
    }

    #[test]
    fn objects_are_opened_and_types_join() {
        check(&["", "{}", r#"{"a":null}"#], &[]);
        check(
            &[r#"{"http":{"status":200,"route":"/x"},"ok":true}"#, r#"{"http":{"status":2.5}}"#],
            &[
                ("http.route", Type::String, 1),
                ("http.status", Type::Float, 2),
                ("ok", Type::Bool, 1),
            ],
        );
        check(&[r#"{"a":1}"#, r#"{"a":"1"}"#, r#"{"a":null}"#], &[("a", Type::String, 2)]);
        check(
            &[r#"{"a":{},"b":{ },"c":[{"d":1}]}"#],
            &[("a", Type::String, 1), ("b", Type::String, 1), ("c", Type::String, 1)],
        );
    }

    #[test]
    fn a_path_that_a_record_says_twice_counts_once_as_the_language_reads_it() {
        check(&[r#"{"a":1,"a":"x"}"#, r#"{"a":1,"a":null}"#], &[("a", Type::String, 1)]);
        check(
            &[r#"{"a":{"b":"x"},"a.b":1}"#, r#"{"a.b":1,"a":{"b":"x"}}"#],
            &[("a.b", Type::Int, 2)],
        );
        check(&[r#"{"a":{"b":null},"a":{"b":1}}"#], &[]);
        check(&[r#"{"a":5,"a":{"b":1}}"#], &[("a", Type::String, 1), ("a.b", Type::Int, 1)]);
        check(
            &[r#"{"a":{"b":{"c":1}},"a":{"b":5}}"#],
            &[("a.b", Type::String, 1), ("a.b.c", Type::Int, 1)],
        );
        check(&[r#"{"a":{"b":1},"a":{"c":1}}"#], &[("a.b", Type::Int, 1), ("a.c", Type::Int, 1)]);
    }

    /// A batch may hold what no line of NDJSON may.
    #[test]
    fn objects_are_opened_as_deep_as_the_language_reads_and_no_deeper() {
        for (levels, of) in [(ATTRIBUTE_DEPTH_MAX, Type::Int), (50_000, Type::String)] {
            let deep = format!("{}1{}", r#"{"a":"#.repeat(levels + 1), "}".repeat(levels + 1));
            let mut rows = Rows::default();
            rows.attributes.push(&deep);
            let counts: Vec<_> = seen(&[&deep], 1_000).into_counts().collect();
            let [(path, found, 1)] = counts.as_slice() else { panic!("{counts:?}") };
            assert_eq!((path.len(), *found), (2 * ATTRIBUTE_DEPTH_MAX + 1, of));
            let read = |path: &str| Field::Attribute(path.to_owned()).typed(&rows, 0).type_of();
            assert_eq!(read(path), Some(of));
            assert_eq!(read(&format!("{path}.a")), None);
        }
    }

    #[test]
    fn beyond_the_most_paths_none_is_added() {
        for (most, over) in [(2, false), (1, true)] {
            let leaves = seen(&[r#"{"a":1,"b":2}"#], most);
            assert_eq!(leaves.is_over(), over);
            assert_eq!(leaves.into_counts().count(), most);
        }
    }
}
