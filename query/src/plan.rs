//! What a query means: tree -> checked [`Filter`], which selects rows and says which blocks to open.
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
mod pattern;
mod pipeline;
mod prune;
mod selection;
mod test;
mod text;
mod typed;
mod value;

use std::cell::Cell;
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, Severity, Tenant, TimeRange, Timestamp};
use nilometer_store::Prune;
use regex::Regex;

use crate::language::{SyntaxError, parse};

use self::cache::Found;
pub(crate) use attributes::each as each_attribute;
pub(crate) use cache::{BlockId, FilterCache};
pub(crate) use field::{Field, OWN_FIELDS};
pub(crate) use pipeline::{
    Arrange, Bins, GroupKey, Grouping, Named, Plan, Shape, SortKey, TableStep, bin_start,
};
pub(crate) use selection::Selection;
pub(crate) use value::{Number, Rank, Type, Value};

/// What a field must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    OneOf(Vec<String>),
    /// Anything else, or nothing.
    NoneOf(Vec<String>),
    Absent,
}

/// A checked query.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    tenant: Tenant,
    root: Step,
    /// What it has found in blocks; none when it is not to remember.
    found: Option<Arc<Found>>,
}

/// A part of a filter.
#[derive(Debug, Clone)]
enum Step {
    All,
    Text(text::Text),
    /// A regular expression or wildcard over the message.
    Pattern(Regex),
    Field(Field, test::Test),
    And(Vec<Step>),
    Or(Vec<Step>),
    Not(Box<Step>),
}

impl Filter {
    /// Understands and checks a query of `tenant`.
    ///
    /// # Errors
    /// [`SyntaxError`], with the column.
    pub(crate) fn parse(tenant: &Tenant, text: &str) -> Result<Self, SyntaxError> {
        Ok(Self::new(tenant, compile::filter(text, &parse(text)?)?))
    }

    fn new(tenant: &Tenant, root: Step) -> Self {
        Self { tenant: tenant.clone(), root, found: None }
    }

    /// Whom it belongs to.
    #[must_use]
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What the tenant's rows must say, field by field.
    pub(crate) fn of(tenant: &Tenant, wanted: Vec<(Field, Wanted)>) -> Self {
        let not = |step| Step::Not(Box::new(step));
        let step = |(field, wanted)| match wanted {
            Wanted::OneOf(values) => Step::Field(field, test::Test::In(values)),
            Wanted::NoneOf(values) => not(Step::Field(field, test::Test::In(values))),
            Wanted::Absent => not(Step::Field(field, test::Test::Exists)),
        };
        let root = Step::And(wanted.into_iter().map(step).collect());
        Self::new(tenant, root)
    }

    /// The tenant's rows that fit; those in the range, or all of them when none is given: then their
    /// times are not looked at.
    #[must_use]
    pub(crate) fn select(&self, rows: &Rows, range: Option<TimeRange>) -> Selection {
        let own: Vec<bool> =
            rows.origins.iter().map(|origin| origin.tenant == self.tenant.name()).collect();
        let all_own = own.iter().all(|own| *own);
        let is_own = |row: usize| all_own || own[rows.origin[row] as usize];
        let among = match range {
            None if all_own => Selection::all(rows.len()),
            None => Selection::of(rows.len(), is_own),
            Some(range) => Selection::of(rows.len(), |row| {
                range.contains(Timestamp(rows.time[row])) && is_own(row)
            }),
        };
        self.root.select(rows, among)
    }

    /// The rows of a block that fit, when that was noted.
    #[must_use]
    pub(crate) fn found_in(&self, block: BlockId) -> Option<Arc<Selection>> {
        self.found.as_ref()?.get(block)
    }

    /// Notes the rows that fit, of all rows of a block.
    pub(crate) fn note(&self, block: BlockId, fits: &Arc<Selection>) {
        if let Some(found) = &self.found {
            found.note(block, fits);
        }
    }

    /// Which blocks need to be looked at.
    #[must_use]
    pub(crate) fn prune(&self) -> Prune {
        self.root.prune()
    }

    /// The columns that [`Filter::select`] looks at, besides the time where a range is given.
    #[must_use]
    pub(crate) fn columns(&self) -> Columns {
        self.root.columns()
    }
}

impl Step {
    /// The rows of `among` that fit.
    fn select(&self, rows: &Rows, among: Selection) -> Selection {
        if among.is_empty() {
            return among;
        }
        match self {
            Self::All => among,
            Self::Text(text) => text.select(&rows.message, &among),
            Self::Pattern(regex) => among.keep(|row| regex.is_match(rows.message.get(row))),
            Self::Field(field, test) => fitting(field, test, rows, &among),
            Self::And(steps) => steps.iter().fold(among, |left, step| step.select(rows, left)),
            Self::Or(steps) => steps.iter().fold(Selection::none(rows.len()), |found, step| {
                let left = among.clone().without(&found);
                found.or(&step.select(rows, left))
            }),
            Self::Not(step) => {
                let fits = step.select(rows, among.clone());
                among.without(&fits)
            }
        }
    }

    fn prune(&self) -> Prune {
        match self {
            Self::All | Self::Pattern(_) | Self::Not(_) => Prune::All,
            Self::Text(text) => prune::text(text),
            Self::Field(field, test) => prune::field(field, test),
            Self::And(steps) => Prune::And(steps.iter().map(Self::prune).collect()),
            Self::Or(steps) => Prune::Or(steps.iter().map(Self::prune).collect()),
        }
    }

    fn columns(&self) -> Columns {
        match self {
            Self::All => Columns::NONE,
            Self::Text(_) | Self::Pattern(_) => Columns::MESSAGE,
            Self::Field(field, _) => field.columns(),
            Self::And(steps) | Self::Or(steps) => {
                steps.iter().fold(Columns::NONE, |all, step| all.with(step.columns()))
            }
            Self::Not(step) => step.columns(),
        }
    }
}

/// The rows of `among` whose value fits; of those that are alike one is asked.
fn fitting(field: &Field, test: &test::Test, rows: &Rows, among: &Selection) -> Selection {
    let fits = |row| field.value(rows, row).is_some_and(|value| test.fits(&value));
    let classes = rows.origins.len().max(Severity::ALL.len());
    let known = vec![Cell::new(None); classes];
    among.keep(|row| {
        let Some(class) = field.class(rows, row) else { return fits(row) };
        let fits = known[class].get().unwrap_or_else(|| fits(row));
        known[class].set(Some(fits));
        fits
    })
}

#[cfg(test)]
mod tests;
