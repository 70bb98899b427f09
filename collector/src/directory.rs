//! One look at a directory: the names of its files, those of one plain log together.
//!
//! Invariants: a name that is not UTF-8 is shown with `\xNN` for each byte that is none, so that two names
//! never look the same, and is opened by the bytes it has; the names are sorted by log once, not once per
//! log, or a directory of ten thousand logs costs a hundred million comparisons.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::discover::plain_name;

/// The name of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) shown: String,
    /// Its bytes, where they are not what is shown.
    real: Option<OsString>,
}

impl Name {
    fn new(real: OsString) -> Self {
        match real.into_string() {
            Ok(shown) => Self { shown, real: None },
            Err(real) => Self { shown: shown(&real), real: Some(real) },
        }
    }

    /// Where the file lies.
    pub(crate) fn below(&self, dir: &Path) -> PathBuf {
        self.real.as_ref().map_or_else(|| dir.join(&self.shown), |real| dir.join(real))
    }
}

/// A name or path as text: as it is, but for bytes that are not UTF-8.
pub(crate) fn shown(name: &OsStr) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The regular files of a directory.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) names: Vec<Name>,
    /// By the live name of the plain log they belong to; made when first asked for.
    by_base: Option<HashMap<String, Vec<usize>>>,
}

impl Directory {
    /// What is there now; nothing when it cannot be read.
    pub(crate) fn read(dir: &Path) -> Self {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let regular = entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_file()));
        let names = regular.map(|entry| Name::new(entry.file_name())).collect();
        Self { names, by_base: None }
    }

    /// The files of the plain log whose live name is `base`.
    pub(crate) fn of_base(&mut self, base: &str) -> impl Iterator<Item = &Name> {
        let names = &self.names;
        let by_base = self.by_base.get_or_insert_with(|| {
            let mut by_base: HashMap<String, Vec<usize>> = HashMap::with_capacity(names.len());
            for (index, name) in names.iter().enumerate() {
                let base = plain_name(&name.shown).0;
                match by_base.get_mut(base) {
                    Some(files) => files.push(index),
                    None => drop(by_base.insert(base.to_owned(), vec![index])),
                }
            }
            by_base
        });
        by_base.get(base).into_iter().flatten().map(|index| &names[*index])
    }
}
