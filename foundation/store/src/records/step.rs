//! A step of a question, held against a split: what the index decides is decided once, what is left is asked of
//! the rows.
//!
//! Invariant: rows are looked at only among those that the steps before it have left.

use nilometer_model::Severity;

use super::attribute::Attribute;
use super::block::Block;
use super::column::Search;
use super::expression::Expression;
use super::frames::Frame;
use super::groups::Group;
use super::index::RecordIndex;
use super::places::{Fit, Places};
use super::question::{Question, RowTest};
use super::row_set::RowSet;
use super::scope::{At, Streams};
use super::skeletons::SkeletonStep;
use crate::split::SplitError;

/// See the module.
pub(super) enum Step {
    All,
    Text(Places),
    Expression(Expression, Vec<Places>),
    Skeleton(SkeletonStep),
    /// Per code, whether it is asked for.
    Severity([bool; Severity::ALL.len()]),
    Streams(Streams),
    Attribute(Attribute),
    /// And the blocks that may have it, rising.
    Trace([u8; 16], Vec<u32>),
    Rows(RowTest),
    And(Vec<Step>),
    Or(Vec<Step>),
    Not(Box<Step>),
}

impl Step {
    pub(super) fn new(index: &RecordIndex, question: &Question) -> Result<Self, SplitError> {
        let all = |questions: &[Question]| {
            questions.iter().map(|one| Self::new(index, one)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match question {
            Question::All => Self::All,
            Question::Text(literal) => Self::Text(Places::of(index, literal)?),
            Question::Expression(expression) => {
                let places = expression.literals().iter().map(|part| Places::of(index, part));
                Self::Expression(expression.clone(), places.collect::<Result<_, _>>()?)
            }
            Question::Skeleton(test) => Self::Skeleton(SkeletonStep::new(index, test)?),
            Question::Severity(any) => {
                Self::Severity(Severity::ALL.map(|severity| any.contains(&severity)))
            }
            Question::Origin(fits) => {
                let asked = index.streams()?.iter().map(|origin| fits(origin));
                Self::Streams(Streams::new(asked.collect(), index.services()?))
            }
            Question::Attributes(test) => Self::Attribute(Attribute::new(index, test)?),
            Question::Trace(id) => Self::Trace(*id, index.bucket(id)?),
            Question::Rows(test) => Self::Rows(test.clone()),
            Question::And(parts) => Self::And(all(parts)?),
            Question::Or(parts) => Self::Or(all(parts)?),
            Question::Not(part) => Self::Not(Box::new(Self::new(index, part)?)),
        })
    }

    /// What of the rows of a place fit, as far as that is known without opening a block.
    pub(super) fn fit(&self, at: &At) -> Fit {
        let (block, template) = (at.place.block(), at.template.map(|(number, _)| number));
        match self {
            Self::All => Fit::All,
            Self::Text(places) => places.fit(block, template),
            Self::Expression(_, places) => {
                let none = places.iter().any(|one| one.fit(block, template) == Fit::None);
                if none { Fit::None } else { Fit::Some }
            }
            Self::Skeleton(step) => template.map_or(Fit::Some, |template| step.fit(template)),
            Self::Severity(asked) => match at.template {
                Some((_, severity)) => whole(asked[usize::from(severity)]),
                None => Fit::Some,
            },
            Self::Streams(asked) => asked.fit(at.place),
            Self::Attribute(attribute) => attribute.fit(block),
            Self::Trace(_, blocks) => {
                let may_be = match block {
                    Some(block) => blocks.binary_search(&block).is_ok(),
                    None => !blocks.is_empty(),
                };
                if may_be { Fit::Some } else { Fit::None }
            }
            Self::Rows(_) => Fit::Some,
            Self::And(steps) => all(steps.iter().map(|step| step.fit(at))),
            Self::Or(steps) => inverted(all(steps.iter().map(|step| inverted(step.fit(at))))),
            Self::Not(step) => inverted(step.fit(at)),
        }
    }

    /// The rows of `among` that fit.
    pub(super) fn rows(&self, block: &Block<'_>, among: RowSet) -> Result<RowSet, SplitError> {
        if among.is_empty() {
            return Ok(among);
        }
        Ok(match self {
            Self::All => among,
            Self::Text(places) => with_text(places, block, &among)?,
            Self::Expression(expression, places) => with_match((expression, places), block, among)?,
            Self::Skeleton(step) => step.rows(block, &among)?,
            Self::Severity(asked) => {
                let templates = block.templates()?;
                let is_asked = |group: Group| {
                    asked[usize::from(templates.severities[group.template as usize])]
                };
                by_group(block, &among, |group| Ok(whole(is_asked(group)).into()))?
            }
            Self::Streams(asked) => {
                let streams = &block.head()?.streams;
                among.keep(|row| asked.has(streams[row]))
            }
            Self::Attribute(attribute) => attribute.rows(block, &among)?,
            Self::Trace(id, _) => block.of_trace(*id, &among)?,
            Self::Rows(test) => among.choose(&(test.fits)(&block.take(&among, test.columns)?)),
            Self::And(steps) => {
                steps.iter().try_fold(among, |left, step| step.rows(block, left))?
            }
            Self::Or(steps) => {
                let none = RowSet::none(block.rows());
                steps.iter().try_fold(none, |found, step| {
                    let left = among.clone().without(&found);
                    step.rows(block, left).map(|more| found.or(&more))
                })?
            }
            Self::Not(step) => {
                let fit = step.rows(block, among.clone())?;
                among.without(&fit)
            }
        })
    }
}

fn whole(fits: bool) -> Fit {
    if fits { Fit::All } else { Fit::None }
}

fn inverted(fit: Fit) -> Fit {
    match fit {
        Fit::None => Fit::All,
        Fit::Some => Fit::Some,
        Fit::All => Fit::None,
    }
}

fn all(fits: impl Iterator<Item = Fit>) -> Fit {
    let mut every = Fit::All;
    for fit in fits {
        match fit {
            Fit::None => return Fit::None,
            Fit::Some => every = Fit::Some,
            Fit::All => {}
        }
    }
    every
}

/// Which rows of a group fit, by their number in it.
enum OfGroup {
    None,
    All,
    Some(RowSet),
}

impl From<Fit> for OfGroup {
    fn from(fit: Fit) -> Self {
        if fit == Fit::All { Self::All } else { Self::None }
    }
}

/// The rows of `among` that fit, group by group.
fn by_group(
    block: &Block<'_>,
    among: &RowSet,
    fits: impl FnMut(Group) -> Result<OfGroup, SplitError>,
) -> Result<RowSet, SplitError> {
    let groups = &block.head()?.groups;
    let of_groups: Vec<OfGroup> =
        groups.groups.iter().copied().map(fits).collect::<Result<_, _>>()?;
    let mut rows = RowSet::none(block.rows());
    let mut passed = vec![0; of_groups.len()];
    for (row, place) in groups.places.iter().enumerate() {
        let place = usize::from(*place);
        let is_in = match &of_groups[place] {
            OfGroup::None => false,
            OfGroup::All => true,
            OfGroup::Some(some) => some.contains(passed[place]),
        };
        passed[place] += 1;
        if is_in && among.contains(row) {
            rows.insert(row);
        }
    }
    Ok(rows)
}

fn with_text(places: &Places, block: &Block<'_>, among: &RowSet) -> Result<RowSet, SplitError> {
    let templates = block.templates()?;
    let groups = &block.head()?.groups;
    by_group(block, among, |group| {
        let fit = places.fit(Some(block.number()), Some(group.template));
        if fit != Fit::Some {
            return Ok(fit.into());
        }
        let values = block.values()?;
        let mut found = RowSet::none(group.rows as usize);
        for meeting in places.meetings(group.template) {
            let mut met = RowSet::all(group.rows as usize);
            for condition in meeting {
                let column = groups.column(group, condition.slot, templates, values);
                let column = column.ok_or_else(|| block.damaged(Frame::Values))?;
                met = met.and(&Search::new(&places.literal, condition).rows(column));
                if met.is_empty() {
                    break;
                }
            }
            found = found.or(&met);
        }
        Ok(OfGroup::Some(found))
    })
}

fn with_match(
    (expression, places): (&Expression, &[Places]),
    block: &Block<'_>,
    among: RowSet,
) -> Result<RowSet, SplitError> {
    let mut candidates = among;
    for part in places {
        if candidates.is_empty() {
            return Ok(candidates);
        }
        candidates = with_text(part, block, &candidates)?;
    }
    let messages = block.messages(Some(&candidates))?;
    Ok(candidates.keep(|row| expression.stands_in(messages.get(row))))
}
