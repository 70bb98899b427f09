//! What a query means: tree -> checked [`Filter`], which selects rows and says what splits are asked.
//!
//! Invariants:
//! - evaluation is pure and cannot fail: whatever can be wrong is found when the filter is made;
//! - a filter belongs to one tenant, and no query of his can reach another's rows;
//! - NOT is complement, so a record without the field fits `-f:x`;
//! - columns that [`Filter::columns`] does not name are never looked at.

mod attributes;
mod cache;
mod compile;
mod field;
mod known;
mod mask;
mod pattern;
mod pipeline;
mod question;
mod receipt;
mod signal;
mod test;
mod text;
mod value;

use std::cell::Cell;
use std::sync::Arc;

use nilometer_model::{Rows, Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use regex::Regex;

use crate::language::{SyntaxError, parse};

use self::cache::Found;
pub(crate) use attributes::each as each_attribute;
pub(crate) use cache::{BlockId, FilterCache};
pub(crate) use field::{Field, OWN_FIELDS};
pub(crate) use known::Known;
pub(crate) use mask::{Sight, picked, seen_in_buffer};
pub(crate) use pipeline::{
    Arrange, Bins, GroupKey, Grouping, Named, Plan, Shape, SortKey, TableStep, bin_start,
};
pub(crate) use signal::spans::SpanField;
pub(crate) use signal::stored::{Alike, Asked, Begun, BlockBounds, StoredBlock, StoredError};
pub(crate) use signal::{ColumnSet, Signal, SignalField};
pub(crate) use test::duration_ms;
pub(crate) use value::{Number, Rank, Type, Value};

/// What a field must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    OneOf(Vec<String>),
    /// Anything else, or nothing.
    NoneOf(Vec<String>),
    Absent,
}

/// A checked query of one signal.
#[derive(Debug, Clone)]
pub(crate) struct Filter<S: Signal = Rows> {
    tenant: Tenant,
    root: Step<S>,
    prune: S::Prune,
    /// What it has found in blocks; none when it is not to remember.
    found: Option<Arc<Found>>,
}

/// A part of a filter.
#[derive(Debug, Clone)]
pub(crate) enum Step<S: Signal> {
    All,
    Text(text::Text),
    /// A regular expression or wildcard over the message.
    Pattern(Regex),
    Field(S::Field, test::Test),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

impl<S: Signal> Filter<S> {
    /// Understands and checks a query of `tenant`.
    ///
    /// # Errors
    /// [`SyntaxError`], with the column.
    pub(crate) fn parse(tenant: &Tenant, text: &str) -> Result<Self, SyntaxError> {
        Ok(Self::new(tenant, compile::filter(text, &parse(text)?)?))
    }

    fn new(tenant: &Tenant, root: Step<S>) -> Self {
        Self { tenant: tenant.clone(), prune: S::prune(tenant, &root), root, found: None }
    }

    /// All of the tenant's rows; blocks that `prune` rules out need not be read for them.
    pub(crate) fn everything(tenant: &Tenant, prune: S::Prune) -> Self {
        Self { tenant: tenant.clone(), root: Step::All, prune, found: None }
    }

    /// Whom it belongs to.
    #[must_use]
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What the tenant's rows must say, field by field.
    pub(crate) fn of(tenant: &Tenant, wanted: Vec<(S::Field, Wanted)>) -> Self {
        Self::new(tenant, Step::all_of(wanted))
    }

    /// What must fit this filter and say that, field by field.
    pub(crate) fn and(&self, wanted: Vec<(S::Field, Wanted)>) -> Self {
        let root = Step::And(vec![self.root.clone(), Step::all_of(wanted)]);
        Self::new(&self.tenant, root)
    }

    /// The tenant's rows that fit; those in the range, or all of them when none is given: then their
    /// times are not looked at.
    #[must_use]
    pub(crate) fn select(&self, rows: &S, range: Option<TimeRange>) -> RowSet {
        let own: Vec<bool> =
            rows.origins().iter().map(|origin| origin.tenant == self.tenant.name()).collect();
        let all_own = own.iter().all(|own| *own);
        let is_own = |row: usize| all_own || own[rows.origin()[row] as usize];
        let among = match range {
            None if all_own => RowSet::all(rows.len()),
            None => RowSet::of(rows.len(), is_own),
            Some(range) => RowSet::of(rows.len(), |row| {
                range.contains(Timestamp(rows.times()[row])) && is_own(row)
            }),
        };
        self.root.select(rows, among)
    }

    /// The rows of a block that fit, when that was noted.
    #[must_use]
    pub(crate) fn found_in(&self, block: BlockId) -> Option<Arc<RowSet>> {
        self.found.as_ref()?.get(block)
    }

    /// Notes the rows that fit, of all rows of a block.
    pub(crate) fn note(&self, block: BlockId, fits: &RowSet) {
        if let Some(found) = &self.found {
            found.note(block, fits);
        }
    }

    /// What splits are asked.
    #[must_use]
    pub(crate) fn prune(&self) -> &S::Prune {
        &self.prune
    }

    /// The columns that [`Filter::select`] looks at, besides the time where a range is given.
    #[must_use]
    pub(crate) fn columns(&self) -> S::Columns {
        self.root.columns()
    }
}

impl<S: Signal> Step<S> {
    fn all_of(wanted: Vec<(S::Field, Wanted)>) -> Self {
        let not = |step| Self::Not(Box::new(step));
        let step = |(field, wanted)| match wanted {
            Wanted::OneOf(values) => Self::Field(field, test::Test::In(values)),
            Wanted::NoneOf(values) => not(Self::Field(field, test::Test::In(values))),
            Wanted::Absent => not(Self::Field(field, test::Test::Exists)),
        };
        Self::And(wanted.into_iter().map(step).collect())
    }

    /// The rows of `among` that fit.
    fn select(&self, rows: &S, among: RowSet) -> RowSet {
        if among.is_empty() {
            return among;
        }
        match self {
            Self::All => among,
            Self::Text(text) => {
                rows.searched().select(&among, |column, among| text.select(column, among))
            }
            Self::Pattern(regex) => rows
                .searched()
                .select(&among, |column, among| among.keep(|row| regex.is_match(column.get(row)))),
            Self::Field(field, test) => fitting(field, test, rows, &among),
            Self::And(steps) => steps.iter().fold(among, |left, step| step.select(rows, left)),
            Self::Or(steps) => steps.iter().fold(RowSet::none(rows.len()), |found, step| {
                let left = among.clone().without(&found);
                found.or(&step.select(rows, left))
            }),
            Self::Not(step) => {
                let fits = step.select(rows, among.clone());
                among.without(&fits)
            }
        }
    }

    fn columns(&self) -> S::Columns {
        match self {
            Self::All => S::Columns::default(),
            Self::Text(_) | Self::Pattern(_) => S::SEARCHED,
            Self::Field(field, _) => field.columns(),
            Self::And(steps) | Self::Or(steps) => {
                steps.iter().fold(S::Columns::default(), |all, step| all.with(step.columns()))
            }
            Self::Not(step) => step.columns(),
        }
    }
}

/// The rows of `among` whose value fits; of those that are alike one is asked.
fn fitting<S: Signal>(field: &S::Field, test: &test::Test, rows: &S, among: &RowSet) -> RowSet {
    let fits = |row| {
        let number = field.number(rows, row).and_then(|number| test.fits_number(number));
        number.unwrap_or_else(|| field.value(rows, row).is_some_and(|value| test.fits(&value)))
    };
    if let test::Test::Time(comparison, than) = test {
        // No text is made of a time.
        let is = |row| match field.typed(rows, row) {
            Value::Time(time) => comparison.holds(&time, than),
            _ => false,
        };
        return among.keep(is);
    }
    let known = vec![Cell::new(None); rows.classes()];
    among.keep(|row| {
        let Some(class) = field.class(rows, row) else { return fits(row) };
        let fits = known[class].get().unwrap_or_else(|| fits(row));
        known[class].set(Some(fits));
        fits
    })
}

#[cfg(test)]
mod tests;
