//! Where a literal stands in all the templates of a split, and in which blocks it can stand at all.
//!
//! ```text
//!   tokens with a digit that stand whole in it ──> buckets ──> blocks
//!   words without a digit that stand whole in it ──> index ──> templates ─┐
//!   neither ──> one search over all templates' texts, then the slots' masks ─┴─> Place of each
//! ```
//! Invariants:
//! - a row that has the literal is of a template whose place is not none, and in one of the blocks;
//! - where the place is all, every row has it, and nothing needs to be opened.

use std::collections::HashMap;

use nilometer_block::words;

use super::index::{Indexed, RecordIndex};
use super::literal::{Edge, Literal};
use super::place::{Meeting, Placer};

use super::terms::is_indexed;
use super::token::{has_digit, is_token};
use crate::limits::BUCKET_VALUE_BYTES_MIN;
use crate::split::SplitError;

/// How many of the rows fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    None,
    Some,
    All,
}

/// See the module.
pub(super) struct Places {
    pub(super) literal: Literal,
    /// Per template.
    fits: Vec<Fit>,
    /// Of the templates of which some rows fit.
    meetings: HashMap<u32, Vec<Meeting>>,
    /// The blocks that may have it; all where that is not known.
    blocks: Option<Vec<u32>>,
}

impl Places {
    pub(super) fn of(index: &RecordIndex, literal: &Literal) -> Result<Self, SplitError> {
        let indexed = index.indexed()?;
        let fits = vec![Fit::None; indexed.templates.len()];
        let blocks = blocks(index, literal)?;
        let mut places = Self { literal: literal.clone(), fits, meetings: HashMap::new(), blocks };
        if literal.text().is_empty() {
            places.fits.fill(Fit::All);
            return Ok(places);
        }
        match (templates(index, literal)?, &places.blocks) {
            (Some(candidates), _) => places.hold_against(indexed, candidates),
            (None, Some(blocks)) => {
                let of_block = |block: &u32| indexed.by_block.of(*block).iter();
                let mut candidates: Vec<u32> =
                    blocks.iter().flat_map(of_block).map(|entry| entry.of).collect();
                candidates.sort_unstable();
                candidates.dedup();
                places.hold_against(indexed, candidates);
            }
            (None, None) => places.hold_against_all(indexed),
        }
        Ok(places)
    }

    /// What of a template's rows have it, or of all, in a block or in all.
    pub(super) fn fit(&self, block: Option<u32>, template: Option<u32>) -> Fit {
        let fit = template.map_or(Fit::Some, |template| self.fits[template as usize]);
        match (fit, &self.blocks, block) {
            (Fit::None, ..) | (_, None, _) => fit,
            (_, Some(blocks), Some(block)) if blocks.binary_search(&block).is_ok() => fit,
            (_, Some(blocks), None) if !blocks.is_empty() => fit,
            _ => Fit::None,
        }
    }

    /// What the rows of a template meet that have it, when these are some.
    pub(super) fn meetings(&self, template: u32) -> &[Meeting] {
        self.meetings.get(&template).map(Vec::as_slice).unwrap_or_default()
    }

    fn hold_against(&mut self, indexed: &Indexed, candidates: Vec<u32>) {
        let literal = self.literal.clone();
        let placer = Placer::new(&literal);
        for template in candidates {
            let text = indexed.text(template, literal.folds());
            if placer.in_constants(text) {
                self.fits[template as usize] = Fit::All;
            } else {
                self.hold_against_slots(&placer, indexed, template);
            }
        }
    }

    fn hold_against_all(&mut self, indexed: &Indexed) {
        let literal = self.literal.clone();
        let placer = Placer::new(&literal);
        let templates = &indexed.templates;
        let texts = if literal.folds() { &indexed.lower } else { &templates.texts };
        let mut template = 0;
        for at in placer.places(texts) {
            template += templates.ends[template..].partition_point(|end| *end as usize <= at);
            let number = u32::try_from(template).unwrap_or(u32::MAX);
            let (start, end) = (templates.start(number), templates.ends[template] as usize);
            let within = at + literal.bytes().len() <= end;
            if within && placer.stands_at(&texts[start..end], at - start) {
                self.fits[template] = Fit::All;
            }
        }
        for template in (0_u32..).take(templates.len()) {
            if self.fits[template as usize] == Fit::None {
                self.hold_against_slots(&placer, indexed, template);
            }
        }
    }

    fn hold_against_slots(&mut self, placer: &Placer<'_>, indexed: &Indexed, template: u32) {
        let templates = &indexed.templates;
        let meetings = if templates.is_whole(template) {
            placer.in_whole()
        } else {
            let text = indexed.text(template, self.literal.folds());
            placer.in_slots(text, templates.masks_of(template))
        };
        if !meetings.is_empty() {
            self.fits[template as usize] = Fit::Some;
            self.meetings.insert(template, meetings);
        }
    }
}

/// A token of a literal, or a part of one at an end.
struct Run<'a> {
    text: &'a str,
    /// It stands whole in whatever has the literal, delimiters on both sides.
    whole: bool,
    /// So, or as a word within a token that holds more than ASCII.
    free: bool,
}

fn runs(literal: &Literal) -> impl Iterator<Item = Run<'_>> {
    let text = literal.text();
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let start = at + bytes[at..].iter().position(|byte| is_token(*byte))?;
        let len = bytes[start..].iter().position(|byte| !is_token(*byte));
        let end = len.map_or(bytes.len(), |len| start + len);
        at = end;
        let (first, last) = (start == 0, end == bytes.len());
        let closed = |at_end: bool, edge: Edge| !at_end || edge == Edge::Free;
        let free = closed(first, literal.begins()) && closed(last, literal.ends());
        Some(Run { text: &text[start..end], whole: !first && !last, free })
    })
}

/// The blocks that have all variables that stand whole in the literal; `None` when it has none.
fn blocks(index: &RecordIndex, literal: &Literal) -> Result<Option<Vec<u32>>, SplitError> {
    let mut known: Option<Vec<u32>> = None;
    for run in runs(literal) {
        let is_known = run.whole || (run.free && run.text.is_ascii());
        let bytes = run.text.as_bytes();
        if !is_known || bytes.len() < BUCKET_VALUE_BYTES_MIN || !has_digit(bytes) {
            continue;
        }
        let blocks = index.bucket(bytes)?;
        known = Some(intersected(known, blocks));
    }
    Ok(known)
}

/// The templates that have all words that stand whole in the literal, and those of which the index does not
/// know all words; `None` when the literal has no such word.
fn templates(index: &RecordIndex, literal: &Literal) -> Result<Option<Vec<u32>>, SplitError> {
    let mut known: Option<Vec<u32>> = None;
    for run in runs(literal).filter(|run| run.whole || run.free) {
        if has_digit(run.text.as_bytes()) || !run.text.is_ascii() || !is_indexed(run.text) {
            continue;
        }
        // Of one run of ASCII there is one word.
        for word in words(run.text) {
            let found = index.terms()?.templates(&word.to_ascii_lowercase());
            known = Some(intersected(known, found.map_err(|source| index.failed(source))?));
        }
    }
    let Some(mut known) = known else { return Ok(None) };
    known.extend(&index.indexed()?.odd);
    known.sort_unstable();
    known.dedup();
    Ok(Some(known))
}

fn intersected(known: Option<Vec<u32>>, mut found: Vec<u32>) -> Vec<u32> {
    if let Some(known) = known {
        found.retain(|one| known.binary_search(one).is_ok());
    }
    found
}
