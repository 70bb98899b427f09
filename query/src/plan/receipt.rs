//! Questions about when rows were received: what was known at a moment, and what came since.
//!
//! Invariant: a row that nobody says the receipt of was there from the beginning.

use std::sync::Arc;

use nilometer_model::{Severity, Tenant, Timestamp};

use super::field::Field;
use super::test::Test;
use super::{Filter, Plan, Signal, SignalField, Step};
use crate::language::Comparison;

impl Filter {
    /// Errors, and worse, that were received then or later.
    pub(crate) fn errors_received_since(tenant: &Tenant, since: Timestamp) -> Self {
        let is_error = Test::Severity(Comparison::GreaterOrEqual, Severity::Error);
        let mut steps = vec![Step::Field(Field::Severity, is_error)];
        if since != Timestamp(i64::MIN) {
            steps.push(received_since(since));
        }
        Self::new(tenant, Step::And(steps))
    }
}

impl<S: Signal> Plan<S> {
    /// The same of what had been received before that.
    pub(crate) fn received_before(&self, bound: Timestamp) -> Self {
        self.and(Step::Not(Box::new(received_since(bound))))
    }

    /// The same of what was received then or later.
    pub(crate) fn received_since(&self, since: Timestamp) -> Self {
        self.and(received_since(since))
    }

    fn and(&self, step: Step<S>) -> Self {
        let root = Step::And(vec![self.filter.root.clone(), step]);
        let filter = Arc::new(Filter::new(&self.filter.tenant, root));
        Self { filter, ..self.clone() }
    }
}

fn received_since<S: Signal>(since: Timestamp) -> Step<S> {
    let test = Test::Time(Comparison::GreaterOrEqual, since);
    Step::Field(S::Field::named("received"), test)
}
