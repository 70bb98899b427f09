//! What purges take, as filters: what they take goes, and what every other filter finds is without it.
//!
//! Invariants:
//! - a row is taken when it fits what is asked, its time is in the range, and it was not received later;
//! - what cannot be understood takes its whole range: rather too few rows are shown than one.

use std::sync::Arc;

use nilometer_model::{Rows, Tenant, TimeRange, Timestamp};
use nilometer_store::{Mask, Snapshot};

use super::field::Field;
use super::test::Test;
use super::{Filter, Step, compile};
use crate::language::{Comparison, SyntaxError, parse};

impl Filter {
    /// What the mask asks, whenever it was received; to be held against its range.
    pub(crate) fn asked_by(tenant: &Tenant, mask: &Mask) -> Result<Self, SyntaxError> {
        Ok(Self::new(tenant, asked(mask)?))
    }

    /// What the mask leaves out.
    pub(crate) fn left_out_by(tenant: &Tenant, mask: &Mask) -> Self {
        Self::new(tenant, left_out(mask))
    }

    /// The same without what the masks leave out. What it finds changes as they do, so it remembers nothing.
    pub(crate) fn without(&self, masks: &[Mask]) -> Self {
        let not = |mask| Step::Not(Box::new(left_out(mask)));
        let steps = std::iter::once(self.root.clone()).chain(masks.iter().map(not));
        Self::new(&self.tenant, Step::And(steps.collect()))
    }
}

fn asked(mask: &Mask) -> Result<Step<Rows>, SyntaxError> {
    let Some(query) = &mask.query else { return Ok(Step::All) };
    compile::filter(query, &parse(query)?)
}

fn left_out(mask: &Mask) -> Step<Rows> {
    let is = |field, comparison, time| Step::Field(field, Test::Time(comparison, time));
    let mut steps = vec![asked(mask).unwrap_or(Step::All)];
    let (from, to) = (mask.range.from(), mask.range.to());
    if from != TimeRange::ALL.from() {
        steps.push(is(Field::Time, Comparison::GreaterOrEqual, from));
    }
    if to != TimeRange::ALL.to() {
        steps.push(is(Field::Time, Comparison::Less, to));
    }
    if mask.at != Timestamp(i64::MAX) {
        steps.push(Step::Not(Box::new(is(Field::Received, Comparison::Greater, mask.at))));
    }
    Step::And(steps)
}

/// The tenant's buffered rows that may be seen.
pub(crate) fn seen_in_buffer(snapshot: &Snapshot, tenant: &Tenant) -> Vec<Arc<Rows>> {
    if snapshot.masks.is_empty() {
        return snapshot.buffer.clone();
    }
    let seen = Filter::of(tenant, Vec::new()).without(&snapshot.masks);
    let picked = |rows: &Arc<Rows>| {
        let mut picked = Rows::default();
        seen.select(rows, None).iter().for_each(|row| picked.push(rows.row(row)));
        Arc::new(picked)
    };
    snapshot.buffer.iter().map(picked).collect()
}
