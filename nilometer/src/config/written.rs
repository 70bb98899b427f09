//! Settings as they were written, and where: flags over environment over file over defaults.
//!
//! Invariant: a layer only says what somebody wrote; nothing is filled in before the layers are joined.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::Key;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Flag,
    Variable,
    File { path: PathBuf, line: usize, column: usize },
    Default,
}

impl Place {
    /// The place, as a message names it.
    pub(crate) fn describe(&self, key: Key) -> String {
        match self {
            Self::Flag => key.flag(),
            Self::Variable => key.variable(),
            Self::File { path, line, column } => {
                format!("{}:{line}:{column}: {}", path.display(), key.name())
            }
            Self::Default => format!("the default of {}", key.name()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable => f.write_str("environment"),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The value of one key, as written; one text for each element where the key takes a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) values: Vec<String>,
    pub(crate) place: Place,
}

/// What one place says, or all of them once joined.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer(BTreeMap<Key, Written>);

impl Layer {
    /// Notes a value; an empty list is as good as none.
    pub(crate) fn set(&mut self, key: Key, values: Vec<String>, place: Place) {
        if !values.is_empty() {
            self.0.insert(key, Written { values, place });
        }
    }

    /// Notes what a flag said, if it was given.
    pub(crate) fn flag(&mut self, key: Key, values: impl IntoIterator<Item = String>) {
        let values = values.into_iter().flat_map(|value| split(key, &value)).collect();
        self.set(key, values, Place::Flag);
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Written> {
        self.0.get(&key)
    }

    /// This layer, and below it the other.
    pub(crate) fn over(mut self, below: Self) -> Self {
        for (key, written) in below.0 {
            self.0.entry(key).or_insert(written);
        }
        self
    }

    /// What this layer says of the keys of a kind, and of the others what the other one does.
    pub(crate) fn mixed(self, others: &Self, is_ours: impl Fn(Key) -> bool) -> Self {
        let ours = self.0.into_iter().filter(|(key, _)| is_ours(*key));
        let theirs = others.0.iter().filter(|(key, _)| !is_ours(**key));
        Self(ours.chain(theirs.map(|(key, written)| (*key, written.clone()))).collect())
    }

    /// What the environment says. An empty variable counts as not set: compose files write those.
    pub(crate) fn environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut layer = Self::default();
        for key in Key::ALL {
            if let Some(text) = variable(&key.variable()).filter(|text| !text.is_empty()) {
                layer.set(key, split(key, &text), Place::Variable);
            }
        }
        layer
    }
}

/// The elements of a list that stands in one text; globs and patterns may hold commas, so these are not
/// cut.
fn split(key: Key, text: &str) -> Vec<String> {
    if !key.is_list()
        || matches!(key, Key::File | Key::Multiline | Key::RedactPattern | Key::Notify)
    {
        return vec![text.to_owned()];
    }
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
