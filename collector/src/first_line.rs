//! What the first line of a record looks like, for components whose records have several.
//!
//! Invariant: one that exists has a glob and a pattern that can be matched.

use glob::Pattern;
use regex::bytes::Regex;

/// A pattern, and the components that it is for.
#[derive(Debug, Clone)]
pub struct FirstLine {
    component: Pattern,
    start: Regex,
}

impl FirstLine {
    /// `None` when the glob or the regular expression is not one.
    #[must_use]
    pub fn new(component: &str, start: &str) -> Option<Self> {
        Some(Self { component: Pattern::new(component).ok()?, start: Regex::new(start).ok()? })
    }

    /// The first pattern that is for the component.
    pub(crate) fn of<'a>(all: &'a [Self], component: &str) -> Option<&'a Regex> {
        all.iter().find(|one| one.component.matches(component)).map(|one| &one.start)
    }
}
