//! Records -> a table of their fields.
//!
//! Invariants:
//! - nothing that a record says is left out: of more attributes than get a column of their own, the rest stands in
//!   the column `attributes`, which then holds every record's whole object;
//! - an attribute with the name of a record's own field is called `attributes.NAME`.

use std::collections::{BTreeMap, HashMap};

use super::table::{Column, Table};
use crate::limits::ATTRIBUTE_COLUMNS_MAX;
use crate::plan::{Named, Signal, SignalField, Type, Value, each_attribute};

/// What a name takes besides its text while names are counted, bytes.
const NAME_BYTES: usize = 64;

/// The columns of some records.
pub(super) struct Wide<S: Signal> {
    own: Vec<Named<S::Field>>,
    /// By name.
    attributes: Vec<String>,
    /// Whether there are attributes without a column of their own.
    more: bool,
}

impl<S: Signal> Wide<S> {
    /// Every field that one of the records has; none when their names take more than so many bytes.
    pub(super) fn of(rows: &S, bytes_max: usize) -> Option<Self> {
        let has = |field: &S::Field| (0..rows.len()).any(|row| !field.typed(rows, row).is_null());
        let own = S::Field::own().into_iter().filter(|(_, field)| has(field));
        let own = own.map(|(name, column)| Named { name: name.to_owned(), column }).collect();
        let (attributes, more) = commonest(rows, bytes_max)?;
        Some(Self { own, attributes, more })
    }

    /// How many columns.
    pub(super) fn width(&self) -> usize {
        self.own.len() + self.attributes.len() + usize::from(self.more)
    }

    pub(super) fn table(&self, rows: &S) -> Table {
        let mut table = fields(rows, &self.own);
        let (first, width) = (self.own.len(), self.width());
        let names = self.attributes.iter().map(String::as_str);
        let places: HashMap<&str, usize> = names.clone().zip(first..).collect();
        let named = names
            .map(S::Field::name_of_attribute)
            .chain(self.more.then(|| "attributes".to_owned()));
        table.columns.extend(named.map(|name| Column { name, empty: Type::String }));
        for (row, cells) in table.rows.iter_mut().enumerate() {
            cells.resize(width, Value::Null);
            let json = rows.attributes().get(row);
            each_attribute(json, |name, raw| {
                if let Some(place) = places.get(name) {
                    cells[*place] = Value::of_json(raw).into_owned();
                }
            });
            if self.more && !json.is_empty() {
                cells[width - 1] = Value::Text(json.to_owned().into());
            }
        }
        table
    }
}

/// These columns of the records.
pub(super) fn fields<S: Signal>(rows: &S, columns: &[Named<S::Field>]) -> Table {
    let column = |named: &Named<S::Field>| {
        let empty = if named.column.is_time() { Type::Time } else { Type::String };
        Column { name: named.name.clone(), empty }
    };
    let cells = |row: usize| {
        columns.iter().map(|named| named.column.typed(rows, row).into_owned()).collect()
    };
    Table {
        columns: columns.iter().map(column).collect(),
        rows: (0..rows.len()).map(cells).collect(),
    }
}

/// The attributes that most records have, by name; and whether there are others.
fn commonest(rows: &impl Signal, bytes_max: usize) -> Option<(Vec<String>, bool)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut bytes = 0;
    for row in 0..rows.len() {
        each_attribute(rows.attributes().get(row), |name, raw| {
            if let Some(count) = counts.get_mut(name) {
                *count += 1;
            } else if raw != "null" {
                bytes += name.len() + NAME_BYTES;
                counts.insert(name.to_owned(), 1);
            }
        });
        if bytes > bytes_max {
            return None;
        }
    }
    let more = counts.len() > ATTRIBUTE_COLUMNS_MAX;
    let mut names: Vec<(String, usize)> = counts.into_iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names.truncate(ATTRIBUTE_COLUMNS_MAX);
    let mut names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    Some((names, more))
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts::{Fact, Json, rows};
    use super::*;

    #[test]
    fn names_of_attributes_are_counted_up_to_a_memory() {
        let names = ["a", "b"].map(str::to_owned);
        let one = |name: &String| (name.clone(), Json::Plain("1".to_owned()));
        let attributes = Json::Object(names.iter().map(one).collect());
        let rows = rows(&[Fact { attributes, ..Fact::at(1) }], 1);
        let needed = 2 * (1 + NAME_BYTES);
        assert_eq!(commonest(&rows, needed), Some((names.to_vec(), false)));
        assert_eq!(commonest(&rows, needed - 1), None);
    }
}
