//! Names that come again and again, each kept once and called by its number.
//!
//! Invariants:
//! - a number, once given, stands for its name for ever;
//! - two sets are equal when they hold the same names under the same numbers.

use std::collections::HashMap;

use crate::TextColumn;

/// Distinct names, numbered from 0 in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Names {
    texts: TextColumn,
    /// Name -> number; made when a name is first looked for, so that what is only read never pays.
    codes: Option<HashMap<Box<str>, u32>>,
}

impl Names {
    /// The number of `name`, which is added when it is new.
    pub fn code(&mut self, name: &str) -> u32 {
        let codes = self.codes.get_or_insert_with(|| index(&self.texts));
        if let Some(code) = codes.get(name) {
            return *code;
        }
        let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        codes.insert(name.into(), code);
        self.texts.push(name);
        code
    }

    /// No more are to come: gives back the memory that was meant for them.
    pub(crate) fn settle(&mut self) {
        self.texts.shrink_to_fit();
        self.codes = None;
    }

    /// The name of that number.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn get(&self, code: u32) -> &str {
        self.texts.get(code as usize)
    }

    /// All names, in the order of their numbers.
    #[must_use]
    pub fn texts(&self) -> &TextColumn {
        &self.texts
    }

    /// How many names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// Names as they were numbered elsewhere; should one be there twice, the first is the one found.
impl From<TextColumn> for Names {
    fn from(texts: TextColumn) -> Self {
        Self { texts, codes: None }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts
    }
}

impl Eq for Names {}

fn index(texts: &TextColumn) -> HashMap<Box<str>, u32> {
    let mut codes = HashMap::new();
    for (code, number) in (0..texts.len()).zip(0_u32..) {
        codes.entry(texts.get(code).into()).or_insert(number);
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_also_when_the_names_come_from_elsewhere() {
        let mut names = Names::default();
        assert_eq!(["GET /", "", "GET /", "日志"].map(|name| names.code(name)), [0, 1, 0, 2]);
        let mut read = Names::from(names.texts().clone());
        assert_eq!(read, names);
        assert_eq!(["日志", "new"].map(|name| read.code(name)), [2, 3]);
        assert_eq!((read.get(3), read.len(), read.is_empty()), ("new", 4, false));
    }
}
