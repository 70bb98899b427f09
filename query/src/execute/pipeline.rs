//! Runs a plan on a snapshot: a scan, and then table by table.
//!
//! ```text
//!   groups first:   scan ─> Groups ─────────────────────────> table ─> steps ─> at most `rows`
//!   records first:  scan ─> the first records, in order ─> shape ─┘
//! ```
//! Invariants:
//! - what all the tables of a query take is measured against its budget before it is made;
//! - an answer that is cut says so: by its budget first, else by the rows that were asked for.

use std::sync::Arc;
use std::time::Instant;

use nilometer_model::{Rows, TimeRange};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::batch::{Batch, Records};
use super::group::Groups;
use super::room::{Budget, in_turn};
use super::scan::{Fold, Question, Scanned, Unit, scan};
use super::search::{Direction, SearchRequest, search};
use super::sort::{sort, sort_bytes};
use super::sorted::Sorted;
use super::table::{Table, row_bytes};
use super::wide::{Wide, fields};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::GROUPED_ROWS_AT_ONCE;
use crate::plan::{
    Alike, Arrange, ColumnSet, Grouping, Plan, Shape, Signal, SignalField, SortKey, TableStep,
    bin_start,
};

/// A query, and how much of its answer is wanted.
#[derive(Debug, Clone)]
pub(crate) struct PipelineRequest<S: Signal = Rows> {
    pub plan: Arc<Plan<S>>,
    pub range: TimeRange,
    /// Rows of the answer.
    pub rows: usize,
    pub limits: Limits,
}

/// The table that a query answers.
#[derive(Debug)]
pub(crate) struct Tabled {
    pub table: Table,
    /// Splits that are not, or not wholly, in the answer.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
    /// What the table takes is of it.
    pub budget: Budget,
}

/// What a scan left to the steps behind it.
struct Begun {
    table: Table,
    missing_splits: u32,
    stats: Stats,
    limited_by: Option<LimitedBy>,
    budget: Budget,
}

/// Answers a query.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the data cannot be read.
pub(crate) async fn pipeline<S: Signal>(
    snapshot: &Snapshot,
    request: &PipelineRequest<S>,
) -> Result<Tabled, QueryError> {
    let started = Instant::now();
    let begun = match &request.plan.shape {
        Shape::Groups(grouping) if request.plan.records.is_empty() => {
            grouped(snapshot, request, grouping).await?
        }
        _ => listed(snapshot, request).await?,
    };
    let Begun { mut table, missing_splits, stats, limited_by, mut budget } = begun;
    let plan = Arc::clone(&request.plan);
    let steps = move || {
        plan.steps.iter().try_for_each(|step| run(step, &mut table, &mut budget))?;
        Ok::<_, QueryError>((table, budget))
    };
    let (mut table, budget) = in_turn(steps).await??;
    let stats = Stats { elapsed: started.elapsed(), ..stats };
    let cut = table.rows.len() > request.rows;
    table.rows.truncate(request.rows);
    let limited_by = limited_by.or(cut.then_some(LimitedBy::Rows));
    Ok(Tabled {
        table,
        missing_splits: snapshot.missing_splits + missing_splits,
        stats,
        limited_by,
        budget,
    })
}

fn question<S: Signal>(request: &PipelineRequest<S>) -> Question<S> {
    Question::of(&request.plan.filter, request.range, request.limits)
}

/// One grouping of all records.
async fn grouped<S: Signal>(
    snapshot: &Snapshot,
    request: &PipelineRequest<S>,
    grouping: &Arc<Grouping<S::Field>>,
) -> Result<Begun, QueryError> {
    let keys = grouping.keys.iter().map(|key| &key.column);
    let columns = keys.chain(&grouping.inputs).map(SignalField::columns_in_place);
    let columns = columns.fold(S::Columns::default(), ColumnSet::with);
    let fold = Grouped::<S> { groups: Groups::of(grouping), columns, rows: Vec::new() };
    let scanned = scan(snapshot, &question(request), fold).await?;
    let (groups, mut budget) = (scanned.fold.groups, scanned.budget);
    let tabled = in_turn(move || tabled(groups, 0, &mut budget).map(|table| (table, budget)));
    let (table, budget) = tabled.await??;
    Ok(Begun {
        table,
        missing_splits: scanned.missing_splits,
        stats: scanned.stats,
        limited_by: scanned.limited.map(|(by, _)| by),
        budget,
    })
}

/// Groups what a scan finds.
struct Grouped<S: Signal> {
    groups: Groups<S::Field>,
    columns: S::Columns,
    /// Those rows of a block that fit.
    rows: Vec<u32>,
}

impl<S: Signal> Fold<S> for Grouped<S> {
    fn wants(&self, _: &Unit<S>) -> bool {
        true
    }

    fn columns(&self) -> S::Columns {
        self.columns
    }

    fn alike(&self) -> Option<Alike<S>> {
        let grouping = self.groups.grouping();
        let mut alike = Alike { fields: Vec::new(), bins: Vec::new() };
        for key in &grouping.keys {
            match key.step_ns {
                None => alike.fields.push(key.column.clone()),
                Some(step_ns) if key.column.is_when() => {
                    alike.bins.push(Box::new(move |time| bin_start(time.0, step_ns)));
                }
                Some(_) => return None,
            }
        }
        grouping.inputs.is_empty().then_some(alike)
    }

    fn take_alike(&mut self, kinds: &S, counts: &[u64]) {
        self.groups.take_alike(&Records(kinds), counts);
    }

    fn take(&mut self, rows: &S, fits: &RowSet) {
        self.rows.clear();
        // A block has fewer rows than that.
        self.rows.extend(fits.iter().filter_map(|row| u32::try_from(row).ok()));
        self.groups.take(&Records(rows), &self.rows);
    }

    fn memory_bytes(&self) -> usize {
        self.groups.memory_bytes()
    }
}

/// The first records, and the table that is made of them.
async fn listed<S: Signal>(
    snapshot: &Snapshot,
    request: &PipelineRequest<S>,
) -> Result<Begun, QueryError> {
    let First::<S> { sort, limit, rest } = First::of(&request.plan.records);
    let more = !rest.is_empty() || matches!(request.plan.shape, Shape::Groups(_));
    // One more than is answered, to know whether there is more.
    let answered = if more { usize::MAX } else { request.rows.saturating_add(1) };
    let limit = limit.min(answered);
    let (records, missing_splits, stats, limited_by, mut budget) = if sort.is_empty() {
        let request = SearchRequest {
            filter: Arc::clone(&request.plan.filter),
            range: request.range,
            limit,
            direction: Direction::NewestFirst,
            after: None,
            limits: request.limits,
        };
        let page = search(snapshot, &request).await?;
        let missing_splits = page.missing_splits - snapshot.missing_splits;
        (page.records, missing_splits, page.stats, page.limited_by, page.budget)
    } else {
        let fold = Sorted::of(sort, limit, columns_after(&request.plan));
        let scanned = scan(snapshot, &question(request), fold).await?;
        let Scanned { fold, stats, missing_splits, limited, budget } = scanned;
        (fold.into_rows(), missing_splits, stats, limited.map(|(by, _)| by), budget)
    };
    let plan = Arc::clone(&request.plan);
    let table = in_turn(move || {
        let records = arranged(records, &rest, &mut budget)?;
        let table = shaped(&records, &plan.shape, &mut budget)?;
        Ok::<_, QueryError>((table, budget))
    });
    let (table, budget) = table.await??;
    Ok(Begun { table, missing_splits, stats, limited_by, budget })
}

/// What the scan itself does of the arranging: the sorts before the first limit, and that.
struct First<S: Signal> {
    sort: Vec<SortKey<S::Field>>,
    limit: usize,
    rest: Vec<Arrange<S::Field>>,
}

impl<S: Signal> First<S> {
    fn of(records: &[Arrange<S::Field>]) -> Self {
        let is_limit = |one: &Arrange<S::Field>| matches!(one, Arrange::Limit(_));
        let sorts = records.iter().position(is_limit).unwrap_or(records.len());
        let limit = records.get(sorts).map_or(usize::MAX, |limit| match limit {
            Arrange::Limit(rows) => *rows,
            Arrange::Sort(_) => usize::MAX,
        });
        // A later sort comes first, and leaves to the earlier ones what is equal.
        let sort = records[..sorts].iter().rev().flat_map(|one| match one {
            Arrange::Sort(keys) => keys.clone(),
            Arrange::Limit(_) => Vec::new(),
        });
        let rest = records.iter().skip(sorts + 1).cloned().collect();
        Self { sort: sort.collect(), limit, rest }
    }
}

/// All columns that the fields look at.
fn columns_of<'a, S: Signal>(fields: impl Iterator<Item = &'a S::Field>) -> S::Columns {
    fields.map(SignalField::columns).fold(S::Columns::default(), ColumnSet::with)
}

/// The columns that are looked at once the records are found.
fn columns_after<S: Signal>(plan: &Plan<S>) -> S::Columns {
    let shape = match &plan.shape {
        Shape::Records => S::Columns::ALL,
        Shape::Fields(named) => columns_of::<S>(named.iter().map(|named| &named.column)),
        Shape::Groups(grouping) => {
            let keys = grouping.keys.iter().map(|key| &key.column);
            columns_of::<S>(keys.chain(&grouping.inputs))
        }
    };
    let sorted = plan.records.iter().flat_map(|one| match one {
        Arrange::Sort(keys) => keys.as_slice(),
        Arrange::Limit(_) => &[],
    });
    shape.with(columns_of::<S>(sorted.map(|key| &key.column)))
}

fn arranged<S: Signal>(
    mut records: S,
    rest: &[Arrange<S::Field>],
    budget: &mut Budget,
) -> Result<S, QueryError> {
    for one in rest {
        let order = match one {
            Arrange::Limit(rows) => (0..records.len().min(*rows)).collect(),
            Arrange::Sort(keys) => {
                let sorting = sort_bytes(records.len(), keys.len());
                budget.hold(records.memory_bytes() + sorting)?;
                sort(&Records(&records), records.len(), keys)
            }
        };
        let mut ordered = S::default();
        order.into_iter().for_each(|row| ordered.push_from(&records, row));
        records = ordered;
    }
    Ok(records)
}

fn shaped<S: Signal>(
    records: &S,
    shape: &Shape<S>,
    budget: &mut Budget,
) -> Result<Table, QueryError> {
    let texts = records.memory_bytes();
    let cells = |columns: usize| records.len() * row_bytes(columns);
    let table = match shape {
        Shape::Records => {
            let limit_bytes = budget.limit_bytes();
            let wide = Wide::of(records, limit_bytes.saturating_sub(texts));
            let wide = wide.ok_or(QueryError::OverLimit { limit_bytes })?;
            budget.hold(texts * 2 + cells(wide.width()))?;
            wide.table(records)
        }
        Shape::Fields(named) => {
            budget.hold(texts * 2 + cells(named.len()))?;
            fields(records, named)
        }
        Shape::Groups(grouping) => {
            return regrouped((&Records(records), records.len(), texts), grouping, budget);
        }
    };
    budget.hold(table.memory_bytes()).map(|()| table)
}

/// The groups of a batch of so many rows, which takes so many bytes itself.
fn regrouped<B: Batch>(
    (batch, rows, held_bytes): (&B, usize, usize),
    grouping: &Arc<Grouping<B::Column>>,
    budget: &mut Budget,
) -> Result<Table, QueryError> {
    let mut groups = Groups::of(grouping);
    let rows: Vec<u32> = (0..).take(rows).collect();
    for piece in rows.chunks(GROUPED_ROWS_AT_ONCE) {
        groups.take(batch, piece);
        budget.hold(held_bytes + groups.memory_bytes())?;
    }
    tabled(groups, held_bytes, budget)
}

/// What they are made of takes so many bytes besides.
fn tabled<C>(
    groups: Groups<C>,
    held_bytes: usize,
    budget: &mut Budget,
) -> Result<Table, QueryError> {
    budget.hold(held_bytes + groups.memory_bytes() + groups.key_text_bytes())?;
    Ok(groups.table())
}

fn run(step: &TableStep, table: &mut Table, budget: &mut Budget) -> Result<(), QueryError> {
    match step {
        TableStep::Arrange(arrange) => {
            if let Arrange::Sort(keys) = arrange {
                let sorting = sort_bytes(table.rows.len(), keys.len());
                budget.hold(table.memory_bytes() + sorting)?;
            }
            table.arrange(arrange);
        }
        TableStep::Fields(columns) => table.choose(columns),
        TableStep::WithValue(column) => table.keep_with(*column),
        TableStep::EveryBin(bins) => table.fill(bins),
        TableStep::Templates(known) => table.explain(known),
        TableStep::Groups(grouping) => {
            let (rows, held_bytes) = (table.rows.len(), table.memory_bytes());
            *table = regrouped((&*table, rows, held_bytes), grouping, budget)?;
        }
    }
    budget.hold(table.memory_bytes())
}
