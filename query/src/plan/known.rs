//! What a query knows of patterns: which one each message is of.
//!
//! ```text
//!   query ──parse──> fields that know nothing ──knowing──> the same, of the patterns of one moment
//! ```
//! Invariants:
//! - all parts of a query know the same, so that a record is of one pattern from the first step to the last;
//! - ids that are asked for are renamed to what they are now before anything is compared;
//! - without knowledge a record's pattern is the attribute of that name: of what health says.

use std::fmt;
use std::sync::Arc;

use nilometer_model::Rows;
use nilometer_store::patterns::{PatternId, Patterns, Skeleton};

use super::pipeline::{Arrange, GroupKey, Grouping, Named, Plan, Shape, SortKey, TableStep};
use super::test::Test;
use super::{Filter, Signal, SignalField, Step};

/// The patterns of a moment, or none.
#[derive(Clone)]
pub(crate) struct Known(Option<Arc<Patterns>>);

/// It says nothing of which field it belongs to.
impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Known").field(&self.0.as_ref().map(|known| known.len())).finish()
    }
}

impl Known {
    pub(crate) const NOTHING: Self = Self(None);

    pub(crate) fn new(patterns: &Arc<Patterns>) -> Self {
        Self(Some(Arc::clone(patterns)))
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    /// The pattern that the skeleton of this name is of.
    pub(crate) fn pattern(&self, skeleton: PatternId) -> Option<PatternId> {
        self.0.as_ref()?.pattern(skeleton)
    }

    /// The pattern of a row.
    pub(crate) fn of_row(&self, rows: &Rows, row: usize) -> Option<PatternId> {
        let known = self.0.as_ref()?;
        let told = rows.skeleton.get(row).map(|skeleton| PatternId::from(*skeleton));
        known.pattern(told.unwrap_or_else(|| Skeleton::of(rows.message.get(row)).id()))
    }

    /// How the messages of a pattern read, a variable as `<*>`.
    pub(crate) fn template(&self, id: &str) -> Option<String> {
        self.0.as_ref()?.template(id.parse().ok()?)
    }

    /// What the pattern is called now; what is no pattern stays as it is.
    fn renamed(&self, id: &str) -> String {
        let now = id.parse().ok().and_then(|id| self.pattern(id));
        now.map_or_else(|| id.to_owned(), |now| now.to_string())
    }
}

impl Test {
    fn renamed(&self, known: &Known) -> Self {
        match self {
            Self::In(ids) => Self::In(ids.iter().map(|id| known.renamed(id)).collect()),
            Self::Differs(id) => Self::Differs(known.renamed(id)),
            other => other.clone(),
        }
    }
}

impl<S: Signal> Step<S> {
    fn asks_patterns(&self) -> bool {
        match self {
            Self::Field(field, _) => field.is_pattern(),
            Self::And(steps) | Self::Or(steps) => steps.iter().any(Self::asks_patterns),
            Self::Not(step) => step.asks_patterns(),
            Self::All | Self::Text(_) | Self::Pattern(_) => false,
        }
    }

    fn knowing(&self, known: &Known) -> Self {
        let all = |steps: &[Self]| steps.iter().map(|step| step.knowing(known)).collect();
        match self {
            Self::Field(field, test) if field.is_pattern() => {
                Self::Field(field.knowing(known), test.renamed(known))
            }
            Self::And(steps) => Self::And(all(steps)),
            Self::Or(steps) => Self::Or(all(steps)),
            Self::Not(step) => Self::Not(Box::new(step.knowing(known))),
            other => other.clone(),
        }
    }
}

impl<S: Signal> Filter<S> {
    /// Whether what it finds depends on which patterns are known.
    pub(crate) fn asks_patterns(&self) -> bool {
        self.root.asks_patterns()
    }

    /// The same, which knows these patterns.
    pub(crate) fn knowing(&self, known: &Known) -> Self {
        Self { found: self.found.clone(), ..Self::new(&self.tenant, self.root.knowing(known)) }
    }
}

impl<S: Signal> Plan<S> {
    /// Whether its answer depends on which patterns are known.
    pub(crate) fn asks_patterns(&self) -> bool {
        let shaped = match &self.shape {
            Shape::Records => false,
            Shape::Fields(all) => all.iter().any(|one| one.column.is_pattern()),
            Shape::Groups(grouping) => {
                let mut fields = grouping.keys.iter().map(|key| &key.column);
                fields.any(SignalField::is_pattern)
                    || grouping.inputs.iter().any(SignalField::is_pattern)
            }
        };
        let sorted = self.records.iter().any(|one| match one {
            Arrange::Sort(keys) => keys.iter().any(|key| key.column.is_pattern()),
            Arrange::Limit(_) => false,
        });
        shaped || sorted || self.filter.asks_patterns()
    }

    /// The same, which knows these patterns.
    pub(crate) fn knowing(&self, known: &Known) -> Self {
        let named = |one: &Named<S::Field>| Named {
            name: one.name.clone(),
            column: one.column.knowing(known),
        };
        let shape = match &self.shape {
            Shape::Records => Shape::Records,
            Shape::Fields(all) => Shape::Fields(all.iter().map(named).collect()),
            Shape::Groups(grouping) => Shape::Groups(Arc::new(knowing(grouping, known))),
        };
        let step = |step: &TableStep| match step {
            TableStep::Templates(_) => TableStep::Templates(known.clone()),
            other => other.clone(),
        };
        let key = |key: &SortKey<S::Field>| SortKey {
            column: key.column.knowing(known),
            descending: key.descending,
        };
        let records = self.records.iter().map(|one| match one {
            Arrange::Limit(rows) => Arrange::Limit(*rows),
            Arrange::Sort(keys) => Arrange::Sort(keys.iter().map(key).collect()),
        });
        Self {
            filter: Arc::new(self.filter.knowing(known)),
            records: records.collect(),
            shape,
            steps: self.steps.iter().map(step).collect(),
        }
    }
}

fn knowing<F: SignalField>(grouping: &Grouping<F>, known: &Known) -> Grouping<F> {
    let key = |key: &GroupKey<F>| GroupKey { column: key.column.knowing(known), ..key.clone() };
    Grouping {
        keys: grouping.keys.iter().map(key).collect(),
        inputs: grouping.inputs.iter().map(|input| input.knowing(known)).collect(),
        calls: grouping.calls.clone(),
    }
}
