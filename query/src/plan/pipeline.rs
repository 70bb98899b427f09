//! What a query with pipes means: which records, in which order, and what table becomes of them.
//!
//! ```text
//!   filter ─> records ─(sort, limit)─> shape: all fields | these fields | groups ─> table ─(steps)─> table
//! ```
//! Invariants:
//! - the filter, and with it the tenant, is a part of the plan: no plan is without;
//! - names are resolved here: what runs knows fields of records and places of columns, no names;
//! - nothing here is of HTTP or of one signal: a grouping is made of any column `C`.

mod planner;

use std::sync::Arc;

use nilometer_model::{Rows, Tenant, TimeRange};

use super::{Filter, Known, Signal, compile};
use crate::language::{Function, SyntaxError, parse_query};

/// A checked query.
#[derive(Debug, Clone)]
pub(crate) struct Plan<S: Signal = Rows> {
    pub filter: Arc<Filter<S>>,
    /// What happens to the records before they become a table.
    pub records: Vec<Arrange<S::Field>>,
    pub shape: Shape<S>,
    pub steps: Vec<TableStep>,
}

/// How records become a table.
#[derive(Debug, Clone)]
pub(crate) enum Shape<S: Signal = Rows> {
    /// All fields that they have.
    Records,
    /// These columns.
    Fields(Vec<Named<S::Field>>),
    Groups(Arc<Grouping<S::Field>>),
}

/// A column and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Named<C> {
    pub name: String,
    pub column: C,
}

/// What leaves rows as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrange<C> {
    Sort(Vec<SortKey<C>>),
    Limit(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortKey<C> {
    pub column: C,
    pub descending: bool,
}

/// Rows to groups: a column for each key, then one for each call.
#[derive(Debug, Clone)]
pub(crate) struct Grouping<C> {
    pub keys: Vec<GroupKey<C>>,
    /// What the calls look at, each once.
    pub inputs: Vec<C>,
    pub calls: Vec<GroupCall>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupKey<C> {
    pub name: String,
    pub column: C,
    /// The column is a time, and its bins of this length are the groups.
    pub step_ns: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct GroupCall {
    pub name: String,
    pub function: Function,
    /// Which of the inputs; none for `count()`.
    pub input: Option<usize>,
}

/// From table to table.
#[derive(Debug, Clone)]
pub(crate) enum TableStep {
    Arrange(Arrange<usize>),
    /// These columns, in this order.
    Fields(Vec<usize>),
    Groups(Arc<Grouping<usize>>),
    /// Only rows that have a value in the column.
    WithValue(usize),
    /// A second column: how the messages of the pattern in the first one read.
    Templates(Known),
    /// A bin in the first column and how many in the second: a row for every bin of the range.
    EveryBin(Bins),
}

/// The bins of a range: aligned to the epoch, the first one holds the range's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bins {
    pub range: TimeRange,
    pub step_ns: i64,
}

impl<S: Signal> Plan<S> {
    /// Understands and checks a query of `tenant`; `range` decides about the bins of `histogram`.
    ///
    /// # Errors
    /// [`SyntaxError`], with the column.
    pub(crate) fn parse(
        tenant: &Tenant,
        text: &str,
        range: TimeRange,
    ) -> Result<Self, SyntaxError> {
        let query = parse_query(text)?;
        let filter = Filter::new(tenant, compile::filter(text, &query.filter)?);
        planner::plan(Arc::new(filter), text, &query.pipes, range)
    }
}

impl Bins {
    /// Steps that people count in, seconds.
    const NICE_S: [i64; 24] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
        86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ];
    /// And the shorter ones, ns.
    const NICE_NS: [i64; 10] = [
        1,
        1_000,
        10_000,
        100_000,
        1_000_000,
        5_000_000,
        10_000_000,
        50_000_000,
        100_000_000,
        500_000_000,
    ];

    /// The smallest nice step with at most so many bins; the longest when none has.
    pub(crate) fn nice(range: TimeRange, most: u64) -> Self {
        let long = Self::NICE_S.into_iter().map(|s| s * 1_000_000_000);
        let mut steps =
            Self::NICE_NS.into_iter().chain(long).map(|step_ns| Self { range, step_ns });
        let fits = steps.find(|bins| bins.count() <= most);
        fits.unwrap_or(Self { range, step_ns: 10 * 31_536_000_000_000_000 })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        let first = self.range.from().0.div_euclid(self.step_ns);
        let last = (self.range.to().0 - 1).div_euclid(self.step_ns);
        last.abs_diff(first) + 1
    }
}

/// Where the bin of a moment begins.
pub(crate) fn bin_start(time_ns: i64, step_ns: i64) -> i64 {
    time_ns.div_euclid(step_ns).saturating_mul(step_ns)
}

#[cfg(test)]
mod tests;
