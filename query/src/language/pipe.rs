//! What the pipes of a query say: as written, not yet what it means.
//!
//! Invariant: `at` is where a part begins in the query's text, bytes, on a character boundary.

use super::tree::Tree;

/// A whole query: which records, and what becomes of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub filter: Tree,
    pub pipes: Vec<Pipe>,
}

/// A field's or a column's name, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub text: String,
    pub at: usize,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pipe {
    Stats { calls: Vec<Call>, by: Vec<Key> },
    Top { rows: usize, by: Name },
    Sort(Vec<SortBy>),
    Limit(usize),
    Fields(Vec<Name>),
    Histogram { at: usize, step: Option<BinStep>, by: Option<Name> },
    Patterns { at: usize },
}

/// `p99(duration) as slow`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub function: Function,
    /// None for `count()`.
    pub of: Option<Name>,
    /// What the column is called.
    pub name: Name,
}

/// What is asked of a group's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Sum,
    Min,
    Max,
    Avg,
    /// The part of the numbers, from 0 to 1.
    Quantile(f64),
    /// The gravest severity; asked by `patterns`, and not to be written.
    Gravest,
    /// Its values, the commonest first; the same.
    Members,
}

/// What records are grouped by: a field, or with a step the bin of time that it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub of: Name,
    pub step: Option<BinStep>,
    /// What the column is called.
    pub name: Name,
}

/// How long a bin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BinStep {
    pub ns: i64,
    pub at: usize,
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortBy {
    pub column: Name,
    pub descending: bool,
}
