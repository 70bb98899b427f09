//! Which names are present in which block, for blocks of spans and of samples.
//!
//! Invariant: a name that is not listed, because it is long or one of very many, leaves its block open: no
//! name rules it out.

use nilometer_model::Names;
use serde::{Deserialize, Serialize};

use crate::limits::{INDEXED_NAME_BYTES_MAX, INDEXED_NAMES_PER_BLOCK_MAX};

/// The names of one kind in one block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Present {
    /// Numbers of names, rising.
    listed: Vec<u32>,
    /// There are names besides.
    is_open: bool,
}

impl Present {
    pub(super) fn new<'a>(names: &mut Names, present: impl Iterator<Item = &'a str>) -> Self {
        let mut new = Self::default();
        for name in present {
            let fits = name.len() <= INDEXED_NAME_BYTES_MAX
                && new.listed.len() < INDEXED_NAMES_PER_BLOCK_MAX;
            if fits {
                new.listed.push(names.code(name));
            } else {
                new.is_open = true;
            }
        }
        new.listed.sort_unstable();
        new.listed.dedup();
        new
    }

    /// Whether one of the names of those numbers may be in the block.
    pub(super) fn may_have(&self, wanted: &[u32]) -> bool {
        self.is_open || wanted.iter().any(|code| self.listed.binary_search(code).is_ok())
    }

    /// Whether all numbers are of names, and stand where they are looked for.
    pub(super) fn check(&self, names: usize) -> bool {
        self.listed.is_sorted() && self.listed.last().is_none_or(|last| (*last as usize) < names)
    }
}

/// The names, in the order of their numbers.
pub(super) fn texts(names: &Names) -> Vec<String> {
    (0..names.len()).map(|name| names.texts().get(name).to_owned()).collect()
}

/// The numbers of those of `wanted` that are names.
pub(super) fn numbers<'a>(
    names: &[String],
    wanted: impl IntoIterator<Item = &'a String>,
) -> Vec<u32> {
    let number = |wanted: &'a String| {
        let place = names.iter().position(|name| name == wanted)?;
        u32::try_from(place).ok()
    };
    wanted.into_iter().filter_map(number).collect()
}
