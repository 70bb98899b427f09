//! The records around one record, in the order of whoever wrote them.
//!
//! ```text
//!   (source, position) ─> its place in the order ─┬─> the last before it ──┐
//!                                                 └─> the first behind it ─┴─> oldest first
//! ```
//! Invariants:
//! - all three questions are put to one snapshot;
//! - the record itself is among the answer, once.

use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Order, Origin, Rows, SourceId, Tenant, TimeRange};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::scan::{Fold, Question, Unit, scan};
use super::search::{Direction, SearchRequest, search};
use super::{LimitedBy, Limits, QueryError};
use crate::plan::{Field, Filter, Wanted};

/// Whose surroundings are asked for.
#[derive(Debug, Clone)]
pub(crate) struct ContextRequest {
    pub tenant: Tenant,
    pub source: SourceId,
    pub position: u64,
    pub neighbours: Neighbours,
    /// Records before it, and behind it.
    pub before: usize,
    pub after: usize,
    pub limits: Limits,
}

/// Among which records its neighbours are looked for.
#[derive(Debug, Clone)]
pub(crate) enum Neighbours {
    /// Those of a log: its generations.
    Sources(Vec<SourceId>),
    /// Those of the same component, instance and node, but not of these sources: a journal mixes who speaks.
    Speaker { but_not: Vec<SourceId> },
}

/// A record and its surroundings.
#[derive(Debug)]
pub(crate) struct Context {
    /// Oldest first.
    pub records: Rows,
    /// Splits that are not, or not wholly, in the answer.
    pub missing_splits: u32,
    pub limited_by: Option<LimitedBy>,
}

/// The record and its neighbours; none when there is no such record.
///
/// # Errors
/// [`QueryError`] when memory does not suffice, or a limit came before the record.
pub(crate) async fn context(
    snapshot: &Snapshot,
    request: &ContextRequest,
) -> Result<Option<Context>, QueryError> {
    let of_source = vec![(Field::Source, Wanted::OneOf(vec![request.source.to_string()]))];
    let filter = Arc::new(Filter::of(&request.tenant, of_source));
    let question = Question::of(&filter, TimeRange::ALL, request.limits);
    let named = Named { position: request.position, found: None };
    let scanned = scan(snapshot, &question, named).await?;
    let Some((order, speaker)) = scanned.fold.found else {
        return if scanned.limited.is_some() { Err(QueryError::NotReached) } else { Ok(None) };
    };
    let filter: Arc<Filter> = Arc::new(Filter::of(&request.tenant, neighbours(request, &speaker)));
    let page = async |limit: usize, direction, after| {
        let (range, limits, filter) = (TimeRange::ALL, request.limits, Arc::clone(&filter));
        let after = Some(after);
        let request = SearchRequest { filter, range, limit, direction, after, limits };
        if limit == 0 { Ok(None) } else { search(snapshot, &request).await.map(Some) }
    };
    let before = page(request.before, Direction::NewestFirst, order).await?;
    let after = page(request.after + 1, Direction::OldestFirst, just_before(order)).await?;
    let mut context = Context {
        records: Rows::default(),
        missing_splits: snapshot.missing_splits + scanned.missing_splits,
        limited_by: None,
    };
    let earlier = before
        .iter()
        .flat_map(|page| (0..page.records.len()).rev().map(|row| page.records.row(row)));
    let later = after.iter().flat_map(|page| page.records.iter());
    earlier.chain(later).for_each(|row| context.records.push(row));
    for page in before.iter().chain(&after) {
        context.missing_splits = context.missing_splits.max(page.missing_splits);
        context.limited_by = context.limited_by.or(page.limited_by);
    }
    Ok(Some(context))
}

/// A place in the order behind which the record comes first.
fn just_before(order: Order) -> Order {
    match order.position.checked_sub(1) {
        Some(position) => Order { position, ..order },
        None => Order {
            order_time: order.order_time.plus_ns(-1),
            source: SourceId(u64::MAX),
            position: u64::MAX,
        },
    }
}

fn neighbours(request: &ContextRequest, speaker: &Origin) -> Vec<(Field, Wanted)> {
    let all = |sources: &[SourceId]| sources.iter().map(SourceId::to_string).collect();
    let is = |name: &str| match name {
        "" => Wanted::Absent,
        name => Wanted::OneOf(vec![name.to_owned()]),
    };
    match &request.neighbours {
        Neighbours::Sources(sources) => vec![(Field::Source, Wanted::OneOf(all(sources)))],
        Neighbours::Speaker { but_not } => vec![
            (Field::Component, is(&speaker.component)),
            (Field::Instance, is(&speaker.instance)),
            (Field::Node, is(&speaker.node)),
            (Field::Source, Wanted::NoneOf(all(but_not))),
        ],
    }
}

/// Looks for a position; it is only shown rows of its source.
struct Named {
    position: u64,
    /// Its place in the order, and who wrote it.
    found: Option<(Order, Arc<Origin>)>,
}

impl Fold for Named {
    fn wants(&self, _: &Unit) -> bool {
        self.found.is_none()
    }

    fn columns(&self) -> Columns {
        Columns::ORDER_TIME.with(Columns::POSITION)
    }

    fn take(&mut self, rows: &Rows, fits: &RowSet) {
        let named = fits.iter().find(|row| rows.position[*row] == self.position);
        let found = named.map(|row| rows.row(row));
        self.found = found.map(|row| (row.order(), Arc::clone(row.origin))).or(self.found.take());
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}
