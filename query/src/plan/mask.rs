//! What purges take, as filters: what they take goes, and what every other filter finds is without it.
//!
//! Invariants:
//! - a row is taken when it fits what is asked, its time is in the range, and it was not received later;
//! - of each signal that the purge takes of, by the same words: a field that rows do not have does not fit;
//! - what cannot be understood takes its whole range: rather too few rows are shown than one.

use std::sync::Arc;

use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Chunk, Mask, Snapshot};

use super::test::Test;
use super::{Filter, Signal, SignalField, Step, compile};
use crate::language::{Comparison, SyntaxError, parse};

impl<S: Signal> Filter<S> {
    /// What the mask asks, whenever it was received; to be held against its range.
    pub(crate) fn asked_by(tenant: &Tenant, mask: &Mask) -> Result<Self, SyntaxError> {
        Ok(Self::new(tenant, asked(mask)?))
    }

    /// What the mask leaves out.
    pub(crate) fn left_out_by(tenant: &Tenant, mask: &Mask) -> Self {
        Self::new(tenant, left_out(mask))
    }

    /// The same without what the masks leave out.
    pub(crate) fn seen(self: &Arc<Self>, masks: &[Mask]) -> Arc<Self> {
        if hide::<S>(masks) { Arc::new(self.without(masks)) } else { Arc::clone(self) }
    }

    /// The same. What it finds changes as the masks do, so it remembers nothing; splits are asked anew, by what it
    /// says and they leave out.
    pub(crate) fn without(&self, masks: &[Mask]) -> Self {
        let not = |mask| Step::Not(Box::new(left_out(mask)));
        let own = masks.iter().filter(|mask| mask.kinds.contains(&S::KIND));
        let steps = std::iter::once(self.root.clone()).chain(own.map(not));
        Self::new(&self.tenant, Step::And(steps.collect()))
    }
}

/// Whether the masks leave out any of the signal.
fn hide<S: Signal>(masks: &[Mask]) -> bool {
    masks.iter().any(|mask| mask.kinds.contains(&S::KIND))
}

fn asked<S: Signal>(mask: &Mask) -> Result<Step<S>, SyntaxError> {
    let Some(query) = &mask.query else { return Ok(Step::All) };
    compile::filter(query, &parse(query)?)
}

fn left_out<S: Signal>(mask: &Mask) -> Step<S> {
    let is = |field: &str, comparison, time| {
        Step::Field(S::Field::named(field), Test::Time(comparison, time))
    };
    let mut steps = vec![asked(mask).unwrap_or(Step::All)];
    let (from, to) = (mask.range.from(), mask.range.to());
    if from != TimeRange::ALL.from() {
        steps.push(is("time", Comparison::GreaterOrEqual, from));
    }
    if to != TimeRange::ALL.to() {
        steps.push(is("time", Comparison::Less, to));
    }
    if mask.at != Timestamp(i64::MAX) {
        steps.push(Step::Not(Box::new(is("received", Comparison::Greater, mask.at))));
    }
    Step::And(steps)
}

/// What may be seen of rows that are shown as they lie, whatever a filter says of them.
#[derive(Debug, Clone)]
pub(crate) struct Sight<S: Signal>(
    /// None when nothing is hidden.
    Option<Filter<S>>,
);

impl<S: Signal> Sight<S> {
    pub(crate) fn of(tenant: &Tenant, masks: &[Mask]) -> Self {
        Self(hide::<S>(masks).then(|| Filter::of(tenant, Vec::new()).without(masks)))
    }

    /// The columns that it looks at.
    pub(crate) fn columns(&self) -> S::Columns {
        self.0.as_ref().map_or_else(S::Columns::default, Filter::columns)
    }

    /// Those of the rows that may be seen; none when that is all of them.
    pub(crate) fn among(&self, rows: &S) -> Option<RowSet> {
        let seen = self.0.as_ref()?.select(rows, None);
        (!seen.is_all()).then_some(seen)
    }

    /// The rows without what is hidden.
    pub(crate) fn pick(&self, rows: S) -> S {
        match self.among(&rows) {
            Some(seen) => picked(&rows, &seen),
            None => rows,
        }
    }
}

/// These rows.
pub(crate) fn picked<S: Signal>(rows: &S, wanted: &RowSet) -> S {
    let mut picked = S::default();
    wanted.iter().for_each(|row| picked.push_from(rows, row));
    picked
}

/// The tenant's buffered rows that may be seen.
pub(crate) fn seen_in_buffer<S: Signal>(snapshot: &Snapshot, tenant: &Tenant) -> Vec<Arc<S>> {
    let sight = Sight::<S>::of(tenant, &snapshot.masks);
    let seen = |rows: &Chunk<S>| match sight.among(rows) {
        Some(seen) => Arc::new(picked::<S>(rows, &seen)),
        None => Arc::clone(rows),
    };
    S::buffer(snapshot).iter().map(seen).collect()
}
