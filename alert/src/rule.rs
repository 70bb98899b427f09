//! A rule: a query, the condition on its value, and what is to be done when it holds.
//!
//! ```text
//!   every 15 s:  [at - over, at) ─ query ─> a value per group ─ condition ─ held for `for` ─> firing
//! ```
//! Invariants:
//! - a [`Rule`] is made by [`RawRule::check`] only, and written as JSON it reads back as itself;
//! - the query's text is checked by who knows the language; everything else is checked here.

mod check;
mod length;
mod raw;
mod words;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use length::Length;
pub use raw::RawRule;
pub(crate) use raw::in_our_words;
pub(crate) use words::nearest;

use crate::slo::Slo;

/// What a rule is called by machines: lower case letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(String);

/// What the query is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalName {
    Logs,
    Spans,
    Samples,
    /// What health says of components and nodes, a record for each: `state:crash_looping`.
    Health,
}

/// How the value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Op {
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
}

/// When a value is too much, or too little.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Condition {
    pub op: Op,
    pub value: f64,
}

/// What it means that nothing matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// All is well, unless 0 is what the condition wants.
    Ok,
    /// That is what the rule is about.
    Firing,
    /// Nothing is known: everything stays as it was.
    Silent,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertSeverity {
    Info,
    Warning,
    Critical,
}

/// While an alert of `rule` fires that says the same of these labels, this rule's are its effects, and told to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhibition {
    pub rule: RuleId,
    #[serde(default)]
    pub equal: Vec<String>,
}

/// A checked rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    pub signal: SignalName,
    pub query: String,
    /// The whole of which `query` counts a part; the value is the share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    pub every: Length,
    pub over: Length,
    /// The condition has to hold over this range as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also_over: Option<Length>,
    #[serde(rename = "for")]
    pub held: Length,
    pub group_by: Vec<String>,
    pub condition: Condition,
    pub no_data: NoData,
    pub severity: AlertSeverity,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub notify: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inhibited_by: Vec<Inhibition>,
    /// It is evaluated and shown, and told to nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slo: Option<Slo>,
}

/// What is wrong with a rule, for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}; {hint}")]
pub struct FieldError {
    /// Its path in the rule: `condition.op`.
    pub field: String,
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// Where in the field's text, in characters from 1.
    pub column: Option<usize>,
}

impl FieldError {
    /// What is wrong with the whole of a field.
    #[must_use]
    pub fn new(field: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (message, hint) = (message.into(), hint.into());
        Self { field: field.to_owned(), message, hint, column: None }
    }
}

impl RuleId {
    /// The id of that text, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_.".contains(&c);
        let fits = (1..=crate::limits::RULE_ID_BYTES_MAX).contains(&text.len())
            && text.bytes().all(fits)
            && !text.starts_with('.');
        fits.then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SignalName {
    /// Every signal and its name.
    pub const ALL: [(&str, Self); 4] = [
        ("logs", Self::Logs),
        ("spans", Self::Spans),
        ("samples", Self::Samples),
        ("health", Self::Health),
    ];
}

impl Op {
    /// Every operator and how it is written.
    pub const ALL: [(&str, Self); 6] = [
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
    ];

    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("", |(symbol, _)| symbol)
    }
}

impl NoData {
    /// Every meaning and its name.
    pub const ALL: [(&str, Self); 3] =
        [("ok", Self::Ok), ("firing", Self::Firing), ("silent", Self::Silent)];
}

impl AlertSeverity {
    /// Every severity and its name.
    pub const ALL: [(&str, Self); 3] =
        [("info", Self::Info), ("warning", Self::Warning), ("critical", Self::Critical)];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, severity)| *severity == self).map_or("", |(name, _)| name)
    }
}

impl Condition {
    /// Whether the value is one that it is about.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.op {
            Op::Greater => value > self.value,
            Op::GreaterOrEqual => value >= self.value,
            Op::Less => value < self.value,
            Op::LessOrEqual => value <= self.value,
            #[expect(clippy::float_cmp, reason = "who writes == means exactly that number")]
            Op::Equal => value == self.value,
            #[expect(clippy::float_cmp, reason = "who writes != means exactly that number")]
            Op::NotEqual => value != self.value,
        }
    }

    /// How much nearer to what the condition wants one value is than another.
    pub(crate) fn worse(&self, a: f64, b: f64) -> f64 {
        match self.op {
            Op::Less | Op::LessOrEqual => a.min(b),
            _ => a.max(b),
        }
    }
}

impl Rule {
    /// What is evaluated: the rule, or the rules that its objective stands for.
    #[must_use]
    pub fn meant(&self) -> Vec<Self> {
        self.slo.as_ref().map_or_else(|| vec![self.clone()], |slo| slo.expand(self))
    }
}

#[cfg(test)]
mod tests;
