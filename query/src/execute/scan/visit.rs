//! What becomes of a piece: its rows that fit, given to the fold.
//!
//! ```text
//!   a fold that narrows:   look at each input ─> the times of what fits ─> narrow ─> take the rest of few rows
//!   any other:             visit each input once
//! ```
//! Invariants:
//! - a block that cannot be read is noted, and the others are visited;
//! - memory is looked at behind each input, and so is whether anybody still waits.

use std::time::Duration;

use nilometer_store::records::RowSet;
use tokio_util::sync::CancellationToken;

use super::reader::Input;
use super::{Fold, Question};
use crate::execute::QueryError;
use crate::execute::room::Budget;
use crate::plan::{Asked, Signal, StoredBlock, StoredError};

/// What the visits of all units came to.
pub(super) struct Visited<D> {
    decoder: D,
    pub(super) budget: Budget,
    /// How long the last piece took.
    pub(super) took: Duration,
    pub(super) rows_scanned: u64,
    pub(super) rows_matched: u64,
    /// Splits with a block that cannot be read as it was written.
    pub(super) damaged: Vec<(usize, StoredError)>,
}

/// Visits the inputs until one is too many, or until nobody waits for the answer any more.
pub(super) fn visit_all<S: Signal>(
    inputs: &[Input<S>],
    question: &Question<S>,
    fold: &mut impl Fold<S>,
    visited: &mut Visited<S::Decoder>,
    left: &CancellationToken,
) -> Result<(), QueryError> {
    let mut looked = Vec::new();
    for input in inputs {
        if left.is_cancelled() {
            return Err(QueryError::Stopped);
        }
        if fold.narrows() {
            let found = visited.look(input, question);
            looked.extend(found.filter(|found| !found.times.is_empty()).map(|one| (input, one)));
        } else {
            visited.visit(input, question, fold);
        }
        visited.check(fold)?;
    }
    // Whichever rows can still matter, the times of all of them tell: most blocks have none.
    let times: Vec<i64> = looked.iter().flat_map(|(_, one)| one.times.iter().copied()).collect();
    let (chosen, mut before) = (fold.narrow(&times), 0);
    for (input, Looked { fits, times }) in looked {
        let own = RowSet::of(times.len(), |row| chosen.contains(before + row));
        before += times.len();
        if left.is_cancelled() {
            return Err(QueryError::Stopped);
        }
        visited.take(input, fits.choose(&own), fold);
        visited.check(fold)?;
    }
    Ok(())
}

/// The rows of an input that fit, and when they were.
struct Looked {
    fits: RowSet,
    times: Vec<i64>,
}

impl<D: Default> Visited<D> {
    pub(super) fn new(budget: Budget, rows_matched: u64) -> Self {
        let (decoder, took) = (D::default(), Duration::ZERO);
        Self { decoder, budget, took, rows_scanned: 0, rows_matched, damaged: Vec::new() }
    }

    /// Whether the fold may go on.
    pub(super) fn check<S: Signal>(&mut self, fold: &impl Fold<S>) -> Result<(), QueryError> {
        self.budget.hold(fold.memory_bytes())?;
        fold.refusal().map_or(Ok(()), Err)
    }

    fn note(&mut self, rows: usize, fits: &RowSet) {
        self.rows_scanned += rows as u64;
        self.rows_matched += fits.count() as u64;
    }

    /// Gives the fold what fits.
    fn visit<S: Signal<Decoder = D>>(
        &mut self,
        input: &Input<S>,
        question: &Question<S>,
        fold: &mut impl Fold<S>,
    ) {
        match input {
            Input::Buffered { rows, inside } => {
                let fits = question.filter.select(rows, (!inside).then_some(question.range));
                self.note(rows.len(), &fits);
                if !fits.is_empty() {
                    fold.take(rows, &fits);
                }
            }
            Input::Block { .. } => {
                let columns = fold.columns();
                self.open(input, |block, visited| {
                    let fits = visited.fitting(block, input, (question, columns))?;
                    if !fits.is_empty() {
                        let (rows, fits) = block.take(fits, columns)?;
                        fold.take(&rows, &fits);
                    }
                    Ok(())
                });
            }
        }
    }

    /// What fits, without what it says; `None` when it cannot be read.
    fn look<S: Signal<Decoder = D>>(
        &mut self,
        input: &Input<S>,
        question: &Question<S>,
    ) -> Option<Looked> {
        if let Input::Buffered { rows, inside } = input {
            let fits = question.filter.select(rows, (!inside).then_some(question.range));
            self.note(rows.len(), &fits);
            let times = fits.iter().map(|row| rows.order_times()[row]).collect();
            return Some(Looked { fits, times });
        }
        self.open(input, |block, visited| {
            let fits = visited.fitting(block, input, (question, S::Columns::default()))?;
            let times = if fits.is_empty() { Vec::new() } else { block.order_times(&fits)? };
            Ok(Looked { fits, times })
        })
    }

    /// Gives the fold the rows that are wanted.
    fn take<S: Signal<Decoder = D>>(
        &mut self,
        input: &Input<S>,
        wanted: RowSet,
        fold: &mut impl Fold<S>,
    ) {
        match input {
            _ if wanted.is_empty() => {}
            Input::Buffered { rows, .. } => fold.take(rows, &wanted),
            Input::Block { .. } => {
                let columns = fold.columns();
                self.open(input, |block, _| {
                    let (rows, wanted) = block.take(wanted, columns)?;
                    fold.take(&rows, &wanted);
                    Ok(())
                });
            }
        }
    }

    /// The rows of a block that fit; of these, some columns will be looked at.
    fn fitting<S: Signal<Decoder = D>>(
        &mut self,
        block: &mut dyn StoredBlock<S>,
        input: &Input<S>,
        (question, shown): (&Question<S>, S::Columns),
    ) -> Result<RowSet, StoredError> {
        let Input::Block { id, inside, .. } = input else { return Ok(RowSet::none(0)) };
        let fits = match question.filter.found_in(*id) {
            Some(found) => block.inside(RowSet::clone(&found))?,
            None => {
                let fits = block.fitting(shown)?;
                if *inside {
                    question.filter.note(*id, &fits);
                }
                fits
            }
        };
        self.note(block.rows(), &fits);
        Ok(fits)
    }

    /// Asks a block; one that cannot be read as it was written is noted.
    fn open<S: Signal<Decoder = D>, T>(
        &mut self,
        input: &Input<S>,
        ask: impl FnOnce(&mut dyn StoredBlock<S>, &mut Self) -> Result<T, StoredError>,
    ) -> Option<T> {
        let Input::Block { split, asked, id, bytes, .. } = input else { return None };
        let mut decoder = std::mem::take(&mut self.decoder);
        let opened = asked.block(id.1, bytes, &mut decoder);
        let told = opened.and_then(|mut block| ask(&mut *block, self));
        self.decoder = decoder;
        told.map_err(|error| self.damaged.push((*split, error))).ok()
    }
}
