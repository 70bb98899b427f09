//! A silence: alerts that fit are told to nobody from one moment to another. One that begins later is a maintenance
//! window, and can come again every day or week.
//!
//! Invariants:
//! - all matchers must fit; a label that an alert does not have is empty;
//! - a regular expression fits the whole value, and is compiled when the silence is read.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::limits::{COMMENT_BYTES_MAX, LABEL_BYTES_MAX, MATCHER_REGEX_BYTES_MAX, MATCHERS_MAX};
use crate::rule::{FieldError, Length};

/// A checked silence.
#[derive(Debug, Clone, Serialize)]
pub struct Silence {
    pub id: String,
    pub matchers: Vec<Matcher>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// It comes again, so long after its beginning, until it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Length>,
    pub comment: String,
}

/// A label and what it must say.
#[derive(Debug, Clone, Serialize)]
pub struct Matcher {
    pub name: String,
    /// `=`, `!=`, `=~` or `!~`.
    pub op: &'static str,
    pub value: String,
    #[serde(skip)]
    regex: Option<Regex>,
}

/// A matcher as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMatcher {
    pub name: String,
    #[serde(default)]
    pub op: Option<String>,
    pub value: String,
}

const OPS: [(&str, &str); 5] = [("=", "="), ("==", "="), ("!=", "!="), ("=~", "=~"), ("!~", "!~")];

impl Silence {
    /// The silence that is meant.
    ///
    /// # Errors
    /// [`FieldError`]: what cannot be.
    pub fn new(
        id: String,
        matchers: Vec<RawMatcher>,
        (from, to, every): (Timestamp, Timestamp, Option<Length>),
        comment: String,
    ) -> Result<Self, FieldError> {
        if matchers.is_empty() || matchers.len() > MATCHERS_MAX {
            let message = format!("there are {}", matchers.len());
            return Err(FieldError::new(
                "matchers",
                message,
                format!("1 to {MATCHERS_MAX} matchers"),
            ));
        }
        if from >= to {
            return Err(FieldError::new("to", "it is not after `from`", "from must lie before to"));
        }
        if every.is_some_and(|every| every.ns() < to.0.saturating_sub(from.0)) {
            let hint = "such as 1d or 7d, and no shorter than from `from` to `to`";
            return Err(FieldError::new("every", "it comes again before it is over", hint));
        }
        if comment.len() > COMMENT_BYTES_MAX {
            let message = format!("it has {} bytes", comment.len());
            return Err(FieldError::new(
                "comment",
                message,
                format!("at most {COMMENT_BYTES_MAX} bytes"),
            ));
        }
        let matchers = matchers.into_iter().map(Matcher::new).collect::<Result<_, _>>()?;
        Ok(Self { id, matchers, from, to, every, comment })
    }

    /// Whether it is in force, and is about an alert with these labels.
    #[must_use]
    pub fn silences(&self, labels: &BTreeMap<String, String>, at: Timestamp) -> bool {
        self.is_in_force(at) && self.matchers.iter().all(|matcher| matcher.fits(labels))
    }

    fn is_in_force(&self, at: Timestamp) -> bool {
        let (since, length) =
            (at.0.saturating_sub(self.from.0), self.to.0.saturating_sub(self.from.0));
        let since = self.every.map_or(since, |every| since % every.ns());
        at >= self.from && since < length
    }
}

impl Matcher {
    fn new(written: RawMatcher) -> Result<Self, FieldError> {
        let RawMatcher { name, op, value } = written;
        let op = op.unwrap_or_else(|| "=".to_owned());
        let known = OPS.iter().find(|(text, _)| *text == op);
        let hint = "one of =, !=, =~, !~";
        let (_, op) =
            known.ok_or_else(|| FieldError::new("matchers.op", format!("it is '{op}'"), hint))?;
        if name.is_empty() || name.len() > LABEL_BYTES_MAX || value.len() > LABEL_BYTES_MAX {
            let hint = format!("a label's name and a value, at most {LABEL_BYTES_MAX} bytes each");
            return Err(FieldError::new(
                "matchers",
                "a name is empty, or a text is too long",
                hint,
            ));
        }
        let regex = op.ends_with('~').then(|| {
            RegexBuilder::new(&format!("^(?:{value})$")).size_limit(MATCHER_REGEX_BYTES_MAX).build()
        });
        let regex = regex.transpose().map_err(|error| {
            let error = error.to_string();
            let message = error.lines().last().unwrap_or_default().to_owned();
            FieldError::new("matchers.value", message, "a regular expression of the whole value")
        })?;
        Ok(Self { name, op, value, regex })
    }

    fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(&self.name).map_or("", String::as_str);
        let says = self.regex.as_ref().map_or(label == self.value, |regex| regex.is_match(label));
        says != self.op.starts_with('!')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(op: &str, value: &str) -> Result<Silence, FieldError> {
        let matcher = RawMatcher {
            name: "component".to_owned(),
            op: Some(op.to_owned()),
            value: value.to_owned(),
        };
        let range = (Timestamp(10), Timestamp(20), None);
        Silence::new("1".to_owned(), vec![matcher], range, String::new())
    }

    #[test]
    fn a_window_that_comes_again_is_in_force_in_each_of_its_times_and_never_before_the_first() {
        const S: i64 = 1_000_000_000;
        let window = |every: i64| {
            let matcher = RawMatcher { name: "a".to_owned(), op: None, value: String::new() };
            let range = (Timestamp(10 * S), Timestamp(20 * S), Some(Length::seconds(every)));
            Silence::new("1".to_owned(), vec![matcher], range, String::new())
        };
        let silence = window(60).unwrap();
        for (at, expect) in [(9, false), (10, true), (19, true), (20, false), (69, false)] {
            assert_eq!(silence.silences(&BTreeMap::new(), Timestamp(at * S)), expect, "{at}");
        }
        for (at, expect) in [(-50, false), (70, true), (79, true), (80, false), (6_010, true)] {
            assert_eq!(silence.silences(&BTreeMap::new(), Timestamp(at * S)), expect, "{at}");
        }
        assert!(window(10).is_ok());
        for too_short in [0, 9] {
            assert_eq!(window(too_short).unwrap_err().field, "every");
        }
    }

    #[track_caller]
    fn check(op: &str, value: &str, label: Option<&str>, expect: bool) {
        let labels =
            label.map(|label| ("component".to_owned(), label.to_owned())).into_iter().collect();
        let silence = silence(op, value).unwrap();
        assert_eq!(silence.silences(&labels, Timestamp(10)), expect, "{op} {value} {label:?}");
        for outside in [9, 20] {
            assert!(!silence.silences(&labels, Timestamp(outside)));
        }
    }

    #[test]
    fn a_matcher_looks_at_the_whole_value_within_its_time() {
        check("=", "checkout", Some("checkout"), true);
        check("=", "check", Some("checkout"), false);
        check("!=", "checkout", Some("cart"), true);
        check("!=", "checkout", None, true);
        check("=~", "check.*|cart", Some("checkout"), true);
        check("=~", "check", Some("checkout"), false);
        check("!~", "check.*", Some("cart"), true);
        check("=", "", None, true);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_field() {
        for (op, value, field) in [
            ("~", "x", "matchers.op"),
            ("=~", "(", "matchers.value"),
            ("=~", "(a{99}){99}{99}", "matchers.value"),
            ("=", &"x".repeat(LABEL_BYTES_MAX + 1), "matchers"),
        ] {
            assert_eq!(silence(op, value).unwrap_err().field, field, "{op} {value}");
        }
        silence("=", &"x".repeat(LABEL_BYTES_MAX)).unwrap();
    }
}
