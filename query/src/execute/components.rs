//! Who has spoken: every component, with its instances and nodes.
//!
//! Invariant: text columns are never inflated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::Snapshot;

use super::scan::{Fold, Question, Unit, scan};
use super::{Limits, QueryError};
use crate::language::SyntaxError;
use crate::plan::{Filter, Selection};

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentView {
    pub instances: BTreeSet<String>,
    pub nodes: BTreeSet<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// All components of the retained data, by name.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the data cannot be read.
pub async fn components(
    snapshot: &Snapshot,
    limits: Limits,
) -> Result<BTreeMap<String, ComponentView>, QueryError> {
    let all = Filter::parse("").map_err(|_: SyntaxError| QueryError::Stopped)?;
    let (filter, range) = (Arc::new(all), TimeRange::ALL);
    let question = Question { filter, range, newest_first: true, limits };
    let scanned = scan(snapshot, &question, Components::default()).await?;
    Ok(scanned.fold.components)
}

#[derive(Default)]
struct Components {
    components: BTreeMap<String, ComponentView>,
    bytes: usize,
}

impl Fold for Components {
    fn wants(&self, _: &Unit) -> bool {
        true
    }

    fn columns(&self) -> Columns {
        Columns::NONE
    }

    fn take(&mut self, rows: &Rows, fits: &Selection) {
        let mut seen: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
        for row in fits.iter() {
            let time = rows.time[row];
            let (first, last) = seen.entry(rows.origin[row]).or_insert((time, time));
            (*first, *last) = ((*first).min(time), (*last).max(time));
        }
        for (origin, (first, last)) in seen {
            let origin = &rows.origins[origin as usize];
            let (first_seen, last_seen) = (Timestamp(first), Timestamp(last));
            let (instances, nodes) = (BTreeSet::new(), BTreeSet::new());
            let known = self.components.entry(origin.component.clone());
            let view = known.or_insert(ComponentView { instances, nodes, first_seen, last_seen });
            view.first_seen = view.first_seen.min(first_seen);
            view.last_seen = view.last_seen.max(last_seen);
            for (names, name) in
                [(&mut view.instances, &origin.instance), (&mut view.nodes, &origin.node)]
            {
                if !name.is_empty() && names.insert(name.clone()) {
                    self.bytes += name.len();
                }
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
