//! An objective as the rules that it stands for: how fast its budget burns, over a long and a short range at once.
//!
//! ```text
//!   of 30 d:   1 h and 5 m   at 14.4 times the rate that lasts  (2 % of the budget)    critical
//!              6 h and 30 m  at 6 times                         (5 %)                  critical
//!              3 d and 6 h   at once                            (10 %)                 warning
//! ```
//! Invariants:
//! - ranges stand in the same relation to the window whatever its length, so the rates stay the same;
//! - the short range ends the alert soon after the failing does (Site Reliability Workbook, chapter 5).

use serde::Serialize;

use crate::rule::{AlertSeverity, Condition, Length, Op, Rule, RuleId};

/// How much of what is counted must be good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slo {
    /// Percent.
    pub objective: f64,
    pub window: Length,
}

/// Name, the window divided by the long range, how many times too fast, how bad.
const BURNS: [(&str, i64, f64, AlertSeverity); 3] = [
    ("fast", 720, 14.4, AlertSeverity::Critical),
    ("medium", 120, 6.0, AlertSeverity::Critical),
    ("slow", 10, 1.0, AlertSeverity::Warning),
];
const LONG_PER_SHORT: i64 = 12;

impl Slo {
    /// The rules that `rule` stands for.
    #[must_use]
    pub(crate) fn expand(&self, rule: &Rule) -> Vec<Rule> {
        let budget = 1.0 - self.objective / 100.0;
        let burn = |&(name, part, times, severity): &(&str, i64, f64, AlertSeverity)| {
            let long_s = (self.window.whole_seconds() / part).max(LONG_PER_SHORT);
            let mut rule = Rule {
                over: Length::seconds(long_s),
                also_over: Some(Length::seconds(long_s / LONG_PER_SHORT)),
                condition: Condition { op: Op::Greater, value: times * budget },
                severity,
                slo: None,
                ..rule.clone()
            };
            rule.id = RuleId::parse(&format!("{}.{name}", rule.id)).unwrap_or(rule.id);
            rule.labels.insert("burn".to_owned(), name.to_owned());
            rule
        };
        BURNS.iter().map(burn).collect()
    }
}
