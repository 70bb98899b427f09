//! Log records as a signal.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use nilometer_model::{Order, Origin, RowRef, Rows, Severity, Tenant, TextColumn, TimeRange};
use nilometer_store::patterns::PatternId;
use nilometer_store::records::{Block, Plan, Question, RecordIndex, RowSet, Tallies, Told};
use nilometer_store::{Chunk, RecordSplit, Snapshot, SplitError, SplitKind, SplitMeta};

use super::stored::{Alike, Asked, Begun, BlockBounds, StoredBlock, StoredError};
use super::{Searched, Signal, SignalField};
use crate::plan::field::Field;
use crate::plan::{Filter, Step, question};

impl Signal for Rows {
    type Field = Field;
    type Columns = Columns;
    type Prune = Question;
    type Decoder = ();
    type Split = RecordSplit;
    type Index = Arc<RecordIndex>;
    type Asked = Plan;

    const KIND: SplitKind = SplitKind::Logs;
    const SEARCHED: Columns = Columns::MESSAGE;
    const TIME: Columns = Columns::TIME;
    const ORDER_TIME: Columns = Columns::ORDER_TIME;
    const ORDER: Columns = Columns::ORDER_TIME.with(Columns::POSITION);
    const CHEAP: Columns = Columns::NUMBERS;

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn memory_bytes(&self) -> usize {
        Self::memory_bytes(self)
    }

    fn push_from(&mut self, other: &Self, row: usize) {
        self.push(other.row(row));
    }

    fn origins(&self) -> &[Arc<Origin>] {
        &self.origins
    }

    fn origin(&self) -> &[u32] {
        &self.origin
    }

    fn classes(&self) -> usize {
        self.origins.len().max(Severity::ALL.len())
    }

    fn times(&self) -> &[i64] {
        &self.time
    }

    fn received(&self) -> &[i64] {
        &self.received
    }

    fn order_times(&self) -> &[i64] {
        &self.order_time
    }

    fn order(&self, row: usize) -> Order {
        self.row(row).order()
    }

    fn searched(&self) -> Searched<'_> {
        Searched::Texts(&self.message)
    }

    fn attributes(&self) -> &TextColumn {
        &self.attributes
    }

    fn prune(tenant: &Tenant, root: &Step<Self>) -> Question {
        question::of_tenant(tenant, root)
    }

    fn splits(snapshot: &Snapshot) -> &[Arc<RecordSplit>] {
        &snapshot.splits
    }

    fn buffer(snapshot: &Snapshot) -> &[Chunk<Self>] {
        &snapshot.buffer
    }

    fn meta(split: &RecordSplit) -> &SplitMeta {
        split.meta()
    }

    async fn index(split: &Arc<RecordSplit>) -> Result<Arc<RecordIndex>, SplitError> {
        split.index().await.map(Arc::clone)
    }

    fn ask(
        index: &Arc<RecordIndex>,
        filter: &Arc<Filter>,
        range: TimeRange,
    ) -> Result<Plan, SplitError> {
        Plan::new(index, filter.prune(), range)
    }

    async fn read_blocks(split: &RecordSplit, blocks: &[u32]) -> Result<Vec<Bytes>, SplitError> {
        split.read_blocks(blocks).await
    }
}

impl Asked<Rows> for Plan {
    fn begin(&self, alike: Option<&Alike<Rows>>) -> Result<Begun<Rows>, StoredError> {
        let mut begun = Begun { kinds: Rows::default(), counts: Vec::new(), blocks: Vec::new() };
        if let Some(alike) = alike {
            let told = alike.told();
            if self.tally(told)?.is_some_and(|tallies| alike.count(&[tallies], &mut begun)) {
                return Ok(begun);
            }
            if self.tally_minutes(told)?.is_some_and(|tallies| alike.count(&tallies, &mut begun)) {
                return Ok(begun);
            }
        }
        let directory = self.index().directory()?;
        for number in self.blocks()? {
            if let Some(alike) = alike
                && let Some(tallies) = self.tally_block(number, alike.told())?
                && alike.count(&[tallies], &mut begun)
            {
                continue;
            }
            let Some(place) = directory.get(number as usize) else { continue };
            let (order_first, order_last) = (place.order_first, place.order_last);
            let inside = self.contains(place.time_first, place.time_last);
            begun.blocks.push(BlockBounds { number, order_first, order_last, inside });
        }
        Ok(begun)
    }

    fn block<'a>(
        &'a self,
        number: u32,
        bytes: &'a Bytes,
        (): &'a mut (),
    ) -> Result<Box<dyn StoredBlock<Rows> + 'a>, StoredError> {
        let block = self.index().block(number, bytes)?;
        Ok(Box::new(AskedBlock { plan: self, block }))
    }
}

impl Alike<Rows> {
    /// Whether the rows of each tally are alike; then they are counted.
    fn count(&self, all: &[Tallies], begun: &mut Begun<Rows>) -> bool {
        let is_told = |field: &Field| {
            matches!(field, Field::Severity | Field::Pattern(_)) || field.is_of_origin()
        };
        if !self.fields.iter().all(is_told) || !all.iter().all(|one| self.is_one_kind(one)) {
            return false;
        }
        for (tallies, origin) in all.iter().filter_map(|one| Some((one, one.origins.first()?))) {
            for ((severity, pattern), rows) in self.kinds(tallies) {
                begun.kinds.push(RowRef {
                    origin,
                    time: tallies.time_first,
                    order_time: tallies.time_first,
                    position: 0,
                    bytes: 0,
                    received: tallies.time_first,
                    severity,
                    message: "",
                    attributes: "",
                    trace_id: None,
                    span_id: None,
                });
                if self.told() == Told::Skeleton {
                    // Of what is in none there is no name.
                    begun.kinds.skeleton.push(pattern.map_or(u64::MAX, u64::from));
                }
                begun.counts.push(rows);
            }
        }
        true
    }

    /// What the rows of a split are told apart by.
    fn told(&self) -> Told {
        let any = self.fields.iter().any(SignalField::is_pattern);
        if any { Told::Skeleton } else { Told::Severity }
    }

    /// Rows by severity, and by pattern where these are told apart.
    fn kinds(&self, tallies: &Tallies) -> Vec<((Severity, Option<PatternId>), u64)> {
        let known = self.fields.iter().find_map(|field| match field {
            Field::Pattern(known) => Some(known),
            _ => None,
        });
        let mut kinds: Vec<((Severity, Option<PatternId>), u64)> = Vec::new();
        let mut places = HashMap::new();
        for (severity, skeleton, rows) in tallies.rows() {
            let kind = (severity, skeleton.and_then(|skeleton| known?.pattern(skeleton)));
            let place = *places.entry((severity as u8, kind.1)).or_insert(kinds.len());
            match kinds.get_mut(place) {
                Some(known) => known.1 += rows,
                None => kinds.push((kind, rows)),
            }
        }
        kinds
    }

    fn is_one_kind(&self, tallies: &Tallies) -> bool {
        let (first, last) = (tallies.time_first, tallies.time_last);
        if !self.bins.iter().all(|bin| bin(first) == bin(last)) {
            return false;
        }
        let told = |field: &&Field| field.is_of_origin();
        self.fields.iter().filter(told).all(|field| {
            let origins = tallies.origins.windows(2);
            let mut pairs = origins.map(|pair| field.said_by(&pair[0]) == field.said_by(&pair[1]));
            pairs.all(|same| same)
        })
    }
}

struct AskedBlock<'a> {
    plan: &'a Plan,
    block: Block<'a>,
}

impl StoredBlock<Rows> for AskedBlock<'_> {
    fn rows(&self) -> usize {
        self.block.rows()
    }

    fn fitting(&mut self, _: Columns) -> Result<RowSet, StoredError> {
        Ok(self.plan.rows(&self.block)?)
    }

    fn inside(&mut self, rows: RowSet) -> Result<RowSet, StoredError> {
        Ok(self.plan.inside(&self.block, rows)?)
    }

    fn order_times(&mut self, wanted: &RowSet) -> Result<Vec<i64>, StoredError> {
        Ok(self.block.take(wanted, Columns::ORDER_TIME)?.order_time)
    }

    fn take(&mut self, wanted: RowSet, columns: Columns) -> Result<(Rows, RowSet), StoredError> {
        let rows = self.block.take(&wanted, columns)?;
        let all = RowSet::all(rows.len());
        Ok((rows, all))
    }
}
