//! A table: what a query with pipes answers, and what one pipe hands to the next.
//!
//! Invariant: every row has a value for every column.

use std::collections::HashSet;

use nilometer_model::Timestamp;

use super::sort::sort;
use crate::plan::{Arrange, Bins, Known, SortKey, Type, Value, bin_start};

/// Columns and rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value<'static>>>,
}

/// A column, and what it is while it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    pub empty: Type,
}

impl Table {
    /// What each column is.
    pub(crate) fn types(&self) -> Vec<Type> {
        let of = |(column, named): (usize, &Column)| {
            let seen = self.rows.iter().filter_map(|row| row[column].type_of());
            seen.reduce(Type::and).unwrap_or(named.empty)
        };
        self.columns.iter().enumerate().map(of).collect()
    }

    pub(super) fn arrange(&mut self, arrange: &Arrange<usize>) {
        match arrange {
            Arrange::Limit(rows) => self.rows.truncate(*rows),
            Arrange::Sort(keys) => {
                let order = sort(self, self.rows.len(), keys);
                let rows = &mut self.rows;
                self.rows = order.into_iter().map(|row| std::mem::take(&mut rows[row])).collect();
            }
        }
    }

    /// These columns, in this order.
    pub(super) fn choose(&mut self, columns: &[usize]) {
        self.columns = columns.iter().map(|column| self.columns[*column].clone()).collect();
        for row in &mut self.rows {
            *row = columns
                .iter()
                .map(|column| std::mem::replace(&mut row[*column], Value::Null))
                .collect();
        }
    }

    /// Only rows that have a value in the column.
    pub(super) fn keep_with(&mut self, column: usize) {
        self.rows.retain(|row| !row[column].is_null());
    }

    /// How the messages of the pattern in the first column read, in a second one.
    pub(super) fn explain(&mut self, known: &Known) {
        let column = Column { name: "template".to_owned(), empty: Type::String };
        self.columns.insert(1, column);
        for row in &mut self.rows {
            let template = match &row[0] {
                Value::Text(id) => known.template(id),
                _ => None,
            };
            row.insert(1, template.map_or(Value::Null, |template| Value::Text(template.into())));
        }
    }

    /// A row for every bin of the range, in the order of time: those that are missing count 0.
    pub(super) fn fill(&mut self, bins: &Bins) {
        let start = |row: &Vec<Value<'_>>| match row[0] {
            Value::Time(start) => Some(start.0),
            _ => None,
        };
        let found: HashSet<i64> = self.rows.iter().filter_map(start).collect();
        let first = bin_start(bins.range.from().0, bins.step_ns);
        let starts = (0..bins.count()).scan(first, |start, _| {
            let next = start.saturating_add(bins.step_ns);
            Some(std::mem::replace(start, next))
        });
        let missing = starts.filter(|start| !found.contains(start));
        let row = |start| vec![Value::Time(Timestamp(start)), Value::Int(0)];
        self.rows.extend(missing.map(row));
        self.arrange(&Arrange::Sort(vec![SortKey { column: 0, descending: false }]));
    }

    /// Memory that it takes, bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        let text = |value: &Value<'_>| match value {
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let texts: usize = self.rows.iter().flatten().map(text).sum();
        self.rows.len() * row_bytes(self.columns.len()) + texts
    }
}

/// What a row takes besides its texts, bytes.
pub(super) fn row_bytes(columns: usize) -> usize {
    size_of::<Vec<Value<'_>>>() + columns * size_of::<Value<'_>>()
}
