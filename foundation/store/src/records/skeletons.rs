//! What names a message without its variables, as the templates of a split tell it.
//!
//! ```text
//!   template ──> skeleton, once per split      of a text that is kept whole: the message itself tells
//! ```
//! Invariant: a template has the skeleton of each of its messages (`patterns/skeleton.rs`).

use nilometer_model::TextColumn;

use super::block::Block;
use super::index::RecordIndex;
use super::places::Fit;
use super::question::SkeletonTest;
use super::row_set::RowSet;
use super::templates::Templates;
use crate::patterns::{PatternId, Skeleton};
use crate::split::SplitError;

/// Per template, the name of its skeleton; `None` of what is kept whole.
pub(super) struct Skeletons(Vec<Option<PatternId>>);

impl Skeletons {
    pub(super) fn of(templates: &Templates) -> Self {
        let mut skeleton = Skeleton::default();
        let of_template = |template: u32| {
            if templates.is_whole(template) {
                return None;
            }
            skeleton.set(&String::from_utf8_lossy(templates.text(template)));
            Some(skeleton.id())
        };
        Self((0_u32..).take(templates.len()).map(of_template).collect())
    }

    pub(super) fn get(&self, template: u32) -> Option<PatternId> {
        self.0[template as usize]
    }
}

/// A test, held against a split.
pub(super) struct SkeletonStep {
    test: SkeletonTest,
    /// Per template.
    fits: Vec<Fit>,
}

impl SkeletonStep {
    pub(super) fn new(index: &RecordIndex, test: &SkeletonTest) -> Result<Self, SplitError> {
        let fit = |skeleton: &Option<PatternId>| match skeleton {
            None => Fit::Some,
            Some(skeleton) if test(*skeleton) => Fit::All,
            Some(_) => Fit::None,
        };
        let fits = index.skeletons()?.0.iter().map(fit).collect();
        Ok(Self { test: SkeletonTest::clone(test), fits })
    }

    /// What of a template's rows fit.
    pub(super) fn fit(&self, template: u32) -> Fit {
        self.fits[template as usize]
    }

    /// The rows of `among` that fit.
    pub(super) fn rows(&self, block: &Block<'_>, among: &RowSet) -> Result<RowSet, SplitError> {
        let fits = block.by_template(|template| self.fit(template))?;
        let all = among.keep(|row| fits(row) == Fit::All);
        let open = among.keep(|row| fits(row) == Fit::Some);
        if open.is_empty() {
            return Ok(all);
        }
        let messages = block.messages(Some(&open))?;
        Ok(all.or(&open.keep(|row| (self.test)(Skeleton::of(messages.get(row)).id()))))
    }
}

impl Block<'_> {
    /// What is so of a row's template.
    fn by_template<T>(&self, of: impl Fn(u32) -> T) -> Result<impl Fn(usize) -> T, SplitError> {
        let groups = &self.head()?.groups;
        Ok(move |row: usize| of(groups.groups[usize::from(groups.places[row])].template))
    }

    /// The messages of those of the rows whose skeleton no template tells.
    pub(super) fn untold(&self, wanted: &RowSet) -> Result<TextColumn, SplitError> {
        let templates = self.templates()?;
        let is_whole = self.by_template(|template| templates.is_whole(template))?;
        let open = wanted.keep(is_whole);
        if open.is_empty() {
            let none = TextColumn::from_parts(String::new(), vec![0; self.rows()]);
            return Ok(none.unwrap_or_default());
        }
        self.messages(Some(&open))
    }

    /// The skeletons of the rows; `messages` has at least the texts of those that no template tells.
    pub(super) fn skeletons(
        &self,
        wanted: &RowSet,
        messages: &TextColumn,
    ) -> Result<Vec<u64>, SplitError> {
        let known = self.index.skeletons()?;
        let told = self.by_template(|template| known.get(template))?;
        let of_row = |(number, row): (usize, usize)| {
            let skeleton = told(row).unwrap_or_else(|| Skeleton::of(messages.get(number)).id());
            skeleton.into()
        };
        Ok(wanted.iter().enumerate().map(of_row).collect())
    }
}
