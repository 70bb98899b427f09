//! A file of rules: TOML, a `[[rule]]` table for each, and beside them `[[test]]` tables that say what they must do.
//!
//! ```text
//!   text ─> sections, cut where `[[` begins a line ─> each read by itself ─> a rule, or an error with line and column
//! ```
//! Invariants:
//! - one bad rule never stops the others, not even one that is no TOML;
//! - a section's lines are counted in the file.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::limits::RULES_PER_FILE_MAX;
use crate::rule::{FieldError, RawRule, Rule, in_our_words};

/// What a file holds.
#[derive(Debug, Clone, Default)]
pub struct RuleFile {
    pub rules: Vec<Rule>,
    /// Its `[[test]]` sections, for who runs them.
    pub tests: Vec<Section>,
    /// What is wrong with the others.
    pub errors: Vec<FileError>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {error}")]
pub struct FileError {
    pub line: usize,
    pub column: usize,
    pub error: FieldError,
}

/// The lines of one table.
#[derive(Debug, Clone)]
pub struct Section {
    text: String,
    /// Lines of the file before it.
    lines_before: usize,
}

#[derive(Deserialize)]
struct RuleSection {
    rule: Vec<RawRule>,
}

/// Reads a file. `check` knows what this crate does not: the language of queries, and which destinations there are.
pub fn read_file(text: &str, check: impl Fn(&Rule) -> Result<(), FieldError>) -> RuleFile {
    let mut file = RuleFile::default();
    let mut ids = BTreeSet::new();
    for section in sections(text) {
        match section.kind() {
            Kind::Rule if file.rules.len() >= RULES_PER_FILE_MAX => {
                let hint = format!("at most {RULES_PER_FILE_MAX} in one file");
                file.errors
                    .push(section.at(0, FieldError::new("rule", "there are too many", hint)));
                break;
            }
            Kind::Rule => match section.rule(&check) {
                Ok(rule) if ids.insert(rule.id.clone()) => file.rules.push(rule),
                Ok(rule) => {
                    let message = format!("another rule is called '{}' already", rule.id);
                    let error = FieldError::new("id", message, "give it an id of its own");
                    file.errors.push(section.place(error));
                }
                Err(error) => file.errors.push(error),
            },
            Kind::Test => file.tests.push(section),
            Kind::Blank => {}
            Kind::Other => {
                let hint =
                    "rules stand in tables that begin with [[rule]], their tests in [[test]]";
                let error = FieldError::new("file", "this belongs to no rule", hint);
                file.errors.push(section.at(section.first_word(), error));
            }
        }
    }
    file
}

/// The rules of a fresh install.
#[must_use]
pub fn default_rules() -> Vec<Rule> {
    read_file(include_str!("default.toml"), |_| Ok(())).rules
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rule,
    Test,
    Blank,
    Other,
}

/// Cuts a text before every line that begins an array of tables that is not inside another.
fn sections(text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut section = Section { text: String::new(), lines_before: 0 };
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let name = line.trim_start().strip_prefix("[[");
        let begins =
            name.is_some_and(|name| !name.split(']').next().unwrap_or_default().contains('.'));
        if begins {
            let next = Section { text: String::new(), lines_before: number };
            sections.push(std::mem::replace(&mut section, next));
        }
        section.text.push_str(line);
    }
    sections.push(section);
    sections
}

impl Section {
    fn kind(&self) -> Kind {
        let mut lines = self.text.lines().map(str::trim);
        let Some(first) = lines.find(|line| !line.is_empty() && !line.starts_with('#')) else {
            return Kind::Blank;
        };
        let name = first.strip_prefix("[[").and_then(|rest| rest.split(']').next());
        match name.map(str::trim) {
            Some("rule") => Kind::Rule,
            Some("test") => Kind::Test,
            _ => Kind::Other,
        }
    }

    fn first_word(&self) -> usize {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let word = line.trim_start();
            if !word.is_empty() && !word.starts_with('#') {
                return at + line.len() - word.len();
            }
            at += line.len();
        }
        0
    }

    fn rule(&self, check: impl Fn(&Rule) -> Result<(), FieldError>) -> Result<Rule, FileError> {
        let RuleSection { rule } = self.read()?;
        let raw = rule.into_iter().next().unwrap_or_default();
        let rule = raw.check().map_err(|error| self.place(error))?;
        check(&rule).map_err(|error| self.place(error))?;
        Ok(rule)
    }

    /// Reads the section as whatever it is to be.
    ///
    /// # Errors
    /// [`FileError`], with the place in the file.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        toml::from_str(&self.text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default();
            let ours = in_our_words(message).unwrap_or_else(|| {
                let hint = "TOML, one `key = value` a line";
                FieldError::new("rule", message, hint)
            });
            self.at(error.span().map_or(0, |span| span.start), ours)
        })
    }

    /// What is wrong with a field, where it stands; with the section, when the field is missing.
    #[must_use]
    pub fn place(&self, error: FieldError) -> FileError {
        let offset = self.offset(&error.field).unwrap_or_default();
        let quote = usize::from(error.column.is_some());
        let mut placed = self.at(offset, error);
        placed.column += quote * placed.error.column.unwrap_or_default();
        placed
    }

    fn at(&self, offset: usize, error: FieldError) -> FileError {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.lines_before + before.matches('\n').count() + 1;
        FileError { line, column: before[start..].chars().count() + 1, error }
    }

    /// Where the value of a field begins; of the nearest table around it, when it is missing.
    fn offset(&self, field: &str) -> Option<usize> {
        let root = DeTable::parse(&self.text).ok()?;
        let (_, array) = root.get_ref().iter().next()?;
        let mut value = array.get_ref().as_array()?.first()?;
        let mut offset = 0;
        for name in field.split('.') {
            let DeValue::Table(table) = value.get_ref() else { break };
            let Some(next) = table.get(name) else { break };
            value = next;
            offset = value.span().start;
        }
        Some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_more(_: &Rule) -> Result<(), FieldError> {
        Ok(())
    }

    #[track_caller]
    fn check(text: &str, rules: &[&str], errors: &[&str]) {
        let file = read_file(text, no_more);
        let ids: Vec<&str> = file.rules.iter().map(|rule| rule.id.as_str()).collect();
        let said: Vec<String> = file.errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            (ids.as_slice(), said),
            (rules, errors.iter().map(|e| (*e).to_owned()).collect())
        );
    }

    #[test]
    fn every_default_rule_can_be_read() {
        let file = read_file(include_str!("default.toml"), no_more);
        assert_eq!(file.errors, []);
        assert_eq!(file.rules.len(), include_str!("default.toml").matches("[[rule]]").count());
    }

    #[test]
    fn one_bad_rule_never_stops_the_others() {
        let text = "# rules\n\n[[rule]]\nname = \"one\"\nquery = \"a\"\n\n[[rule]]\nname = \"two\"\nqeury = \"b\"\n\n\
            [[rule]]\nname = \"three\nquery = 5\n\n[[rule]]\nname = \"four\"\nquery = \"d\"\n\
            [rule.condition]\nop = \">\"\nvalue = 3\n";
        check(
            text,
            &["one", "four"],
            &[
                "9:1: qeury: there is no such member; did you mean `query`?",
                "12:14: rule: invalid basic string, expected `\"`; TOML, one `key = value` a line",
            ],
        );
    }

    #[test]
    fn what_cannot_be_is_said_with_its_line_and_column() {
        let rule = |more: &str| format!("[[rule]]\nname = \"n\"\nquery = \"a\"\n{more}\n");
        for (more, error) in [
            (
                "every = \"5 m\"",
                "4:9: every: it is '5 m'; a number and ms, s, m, h or d, such as \"5m\", from 1s to 1d",
            ),
            (
                "condition = { op = \"=>\", value = 1 }",
                "4:20: condition.op: it is '=>'; one of >, >=, <, <=, ==, !=",
            ),
            (
                "[rule.condition]\nop = \"~\"",
                "5:6: condition.op: it is '~'; one of >, >=, <, <=, ==, !=",
            ),
            (
                "severity = \"critcal\"",
                "4:12: severity: it is 'critcal'; did you mean \"critical\"?",
            ),
            (
                "slo = { objective = 99.9 }",
                "4:7: slo: a rule with slo needs `of`; `query` counts what is bad, `of` counts all of it",
            ),
            ("name = \"again\"", "4:1: rule: duplicate key; TOML, one `key = value` a line"),
        ] {
            check(&rule(more), &[], &[error]);
        }
        check(
            "[[rule]]\nquery = \"a\"\n",
            &[],
            &["1:1: name: it is missing; a text of 1 to 200 characters"],
        );
        check(
            "a = 1\n",
            &[],
            &[
                "1:1: file: this belongs to no rule; rules stand in tables that begin with [[rule]], their tests in [[test]]",
            ],
        );
    }

    #[test]
    fn what_is_wrong_with_a_query_is_said_in_the_columns_of_the_file() {
        let refuse = |_: &Rule| {
            Err(FieldError { column: Some(3), ..FieldError::new("query", "no", "write another") })
        };
        let file = read_file("[[rule]]\nname = \"n\"\nquery = \"a b\"\n", refuse);
        assert_eq!(file.errors[0].to_string(), "3:12: query: no; write another");
    }

    #[test]
    fn two_rules_of_one_name_are_told_apart_by_an_id() {
        let one = "[[rule]]\nname = \"A b!\"\nquery = \"\"\n";
        check(
            &format!("{one}{one}"),
            &["a-b"],
            &["4:1: id: another rule is called 'a-b' already; give it an id of its own"],
        );
        check(&format!("{one}{one}id = \"c\"\n"), &["a-b", "c"], &[]);
    }
}
