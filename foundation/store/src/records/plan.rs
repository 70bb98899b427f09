//! A question and a range, held against a split.
//!
//! ```text
//!   question ──> steps: places of literals, streams, blocks of attributes
//!   whole split, minutes, blocks: templates, their counts, streams ──> all, none: a tally, nothing is opened
//!                                                                  └─> some: head, columns of these, times
//! ```
//! Invariant: the answer is that of asking row by row.

use std::sync::Arc;

use nilometer_model::{TimeRange, Timestamp};

use super::block::Block;
use super::directory::BlockPlace;
use super::index::RecordIndex;
use super::places::Fit;
use super::question::Question;
use super::rollups::MINUTE_NS;
use super::row_set::RowSet;
use super::scope::{At, Where};
use super::skeletons::Skeletons;
use super::step::Step;
use super::tally::{Tallies, Told};
use crate::patterns::PatternId;
use crate::split::SplitError;

/// See the module.
pub struct Plan {
    index: Arc<RecordIndex>,
    step: Step,
    range: TimeRange,
}

impl Plan {
    /// Holds the question against a split.
    ///
    /// # Errors
    /// When a section that is needed cannot be read as it was written.
    pub fn new(
        index: &Arc<RecordIndex>,
        question: &Question,
        range: TimeRange,
    ) -> Result<Self, SplitError> {
        let step = Step::new(index, question)?;
        Ok(Self { index: Arc::clone(index), step, range })
    }

    /// The split's index.
    #[must_use]
    pub fn index(&self) -> &RecordIndex {
        &self.index
    }

    /// The blocks that may have a row that fits, rising.
    ///
    /// # Errors
    /// When a section that is needed cannot be read as it was written.
    pub fn blocks(&self) -> Result<Vec<u32>, SplitError> {
        let mut blocks = self.index.touching(self.range)?;
        let indexed = self.index.indexed()?;
        let directory = self.index.directory()?;
        blocks.retain(|block| {
            let place = block_place(*block, &directory[*block as usize]);
            let fit = |template| self.step.fit(&At { place, template });
            // Who speaks, and what only some blocks have, leaves few whose templates are to be asked one by one.
            fit(None) != Fit::None
                && indexed.by_block.of(*block).iter().any(|entry| {
                    let severity = indexed.templates.severities[entry.of as usize];
                    fit(Some((entry.of, severity))) != Fit::None
                })
        });
        Ok(blocks)
    }

    /// The rows of a block that fit.
    ///
    /// # Errors
    /// When a frame that is needed cannot be read as it was written.
    pub fn rows(&self, block: &Block<'_>) -> Result<RowSet, SplitError> {
        let rows = self.step.rows(block, RowSet::all(block.rows()))?;
        self.inside(block, rows)
    }

    /// Those of the rows that lie in the range.
    ///
    /// # Errors
    /// When the times cannot be read as they were written.
    pub fn inside(&self, block: &Block<'_>, rows: RowSet) -> Result<RowSet, SplitError> {
        let BlockPlace { time_first, time_last, .. } = *block.place;
        if rows.is_empty() || self.contains(time_first, time_last) {
            return Ok(rows);
        }
        let times = &block.times()?.time;
        Ok(rows.keep(|row| self.range.contains(Timestamp(times[row]))))
    }

    /// Whether a block lies in the range, all of it.
    #[must_use]
    pub fn contains(&self, first: Timestamp, last: Timestamp) -> bool {
        self.range.contains(first) && self.range.contains(last)
    }

    /// How many rows of the split fit, told apart so; `None` where that takes a look at blocks.
    ///
    /// # Errors
    /// When a section that is needed cannot be read as it was written.
    pub fn tally(&self, told: Told) -> Result<Option<Tallies>, SplitError> {
        let meta = self.index.meta();
        let bounds = (meta.time_first, meta.time_last);
        if !self.contains(bounds.0, bounds.1) {
            return Ok(None);
        }
        let indexed = self.index.indexed()?;
        let kinds = self.kinds(told)?;
        let mut tallies = Tallies::of(Arc::clone(self.index.all_streams()?), bounds);
        if self.step.fit(&At { place: Where::Split, template: None }) == Fit::None {
            return Ok(Some(tallies));
        }
        for (template, rows) in (0_u32..).zip(&indexed.totals) {
            let severity = indexed.templates.severities[template as usize];
            let at = At { place: Where::Split, template: Some((template, severity)) };
            match self.step.fit(&at) {
                Fit::All => match kinds.of(template, severity) {
                    Some(kind) => tallies.add(kind, *rows),
                    None => return Ok(None),
                },
                Fit::None => {}
                Fit::Some => return Ok(None),
            }
        }
        Ok(Some(tallies))
    }

    /// The same, minute by minute and service by service.
    ///
    /// # Errors
    /// When a section that is needed cannot be read as it was written.
    pub fn tally_minutes(&self, told: Told) -> Result<Option<Vec<Tallies>>, SplitError> {
        let meta = self.index.meta();
        let bounds = (meta.time_first, meta.time_last);
        let entries = self.index.rollups()?.filter(|_| self.contains(bounds.0, bounds.1));
        let Some(entries) = entries else { return Ok(None) };
        let severities = &self.index.indexed()?.templates.severities;
        let services = self.index.services()?;
        let damaged = || self.index.damaged("rollups");
        let kinds = self.kinds(told)?;
        let mut all = Vec::new();
        for of_service in entries.chunk_by(|a, b| a.service == b.service) {
            let service = services.get(of_service[0].service as usize).ok_or_else(damaged)?;
            let place = Where::Service(of_service[0].service);
            if self.step.fit(&At { place, template: None }) == Fit::None {
                continue;
            }
            let mut minutes = Tallies::by_minute(Arc::clone(&service.origins), bounds);
            for of_template in of_service.chunk_by(|a, b| a.template == b.template) {
                let template = of_template[0].template;
                let severity = severities.get(template as usize);
                let severity = *severity.ok_or_else(damaged)?;
                match self.step.fit(&At { place, template: Some((template, severity)) }) {
                    Fit::Some => return Ok(None),
                    Fit::None => {}
                    Fit::All => {
                        let Some(kind) = kinds.of(template, severity) else { return Ok(None) };
                        of_template.iter().for_each(|entry| {
                            minutes.add(entry.minute, kind, u64::from(entry.rows));
                        });
                    }
                }
            }
            all.extend(minutes.into_tallies(MINUTE_NS));
        }
        Ok(Some(all))
    }

    /// The same of a block.
    ///
    /// # Errors
    /// When a section that is needed cannot be read as it was written.
    pub fn tally_block(&self, number: u32, told: Told) -> Result<Option<Tallies>, SplitError> {
        let missing = SplitError::NoSuchBlock { id: self.index.meta().id, block: number };
        let place = self.index.directory()?.get(number as usize).ok_or(missing)?;
        let bounds = (place.time_first, place.time_last);
        if !self.contains(bounds.0, bounds.1) {
            return Ok(None);
        }
        let indexed = self.index.indexed()?;
        let streams = place.first_stream as usize..=place.last_stream as usize;
        let mut tallies = Tallies::of(self.index.streams()?[streams].into(), bounds);
        let (place, kinds) = (block_place(number, place), self.kinds(told)?);
        for entry in indexed.by_block.of(number) {
            let severity = indexed.templates.severities[entry.of as usize];
            match self.step.fit(&At { place, template: Some((entry.of, severity)) }) {
                Fit::All => match kinds.of(entry.of, severity) {
                    Some(kind) => tallies.add(kind, u64::from(entry.rows)),
                    None => return Ok(None),
                },
                Fit::None => {}
                Fit::Some => return Ok(None),
            }
        }
        Ok(Some(tallies))
    }

    fn kinds(&self, told: Told) -> Result<Kinds<'_>, SplitError> {
        let skeletons = (told == Told::Skeleton).then(|| self.index.skeletons());
        Ok(Kinds(skeletons.transpose()?))
    }
}

/// What tells a template's rows from others.
struct Kinds<'a>(Option<&'a Skeletons>);

impl Kinds<'_> {
    /// `None` where the template alone does not say.
    fn of(&self, template: u32, severity: u8) -> Option<(u8, Option<PatternId>)> {
        let Some(skeletons) = self.0 else { return Some((severity, None)) };
        skeletons.get(template).map(|skeleton| (severity, Some(skeleton)))
    }
}

fn block_place(number: u32, place: &BlockPlace) -> Where {
    Where::Block(number, (place.first_stream, place.last_stream))
}
