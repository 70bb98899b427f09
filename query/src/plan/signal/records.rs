//! Log records as a signal.

use std::sync::Arc;

use nilometer_block::{BlockError, Columns, Decoder};
use nilometer_model::{Order, Origin, Rows, Severity, Tenant, TextColumn, TimeRange};
use nilometer_store::{Prune, Snapshot, Split};

use super::{Searched, Signal};
use crate::plan::field::Field;
use crate::plan::{Step, prune};

impl Signal for Rows {
    type Field = Field;
    type Columns = Columns;
    type Prune = Prune;
    type Decoder = Decoder;

    const SEARCHED: Columns = Columns::MESSAGE;
    const TIME: Columns = Columns::TIME;
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

    fn prune(root: &Step<Self>) -> Prune {
        match root {
            Step::All | Step::Pattern(_) | Step::Not(_) => Prune::All,
            Step::Text(text) => prune::text(text),
            Step::Field(field, test) => prune::field(field, test),
            Step::And(steps) => Prune::And(steps.iter().map(Self::prune).collect()),
            Step::Or(steps) => Prune::Or(steps.iter().map(Self::prune).collect()),
        }
    }

    fn splits(snapshot: &Snapshot) -> &[Arc<Split>] {
        &snapshot.splits
    }

    fn buffer(snapshot: &Snapshot) -> &[Arc<Self>] {
        &snapshot.buffer
    }

    fn blocks(split: &Split, tenant: &Tenant, range: TimeRange, prune: &Prune) -> Vec<u32> {
        split.blocks(tenant, range, prune)
    }

    fn decode(decoder: &mut Decoder, bytes: &[u8], columns: Columns) -> Result<Self, BlockError> {
        decoder.decode(bytes, columns)
    }
}
