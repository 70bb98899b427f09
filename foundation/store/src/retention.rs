//! How long which records are kept, and how splits are told apart for that: a pure function of the settings.
//!
//! ```text
//!   component, severity ──first rule that fits──> rule, or none: the retention of all
//!   severity            ──────────────────────> level: debug and below | info and unset | warn and above
//!                                               class = (level, rule): what a split of a closed day has one of
//! ```
//! Invariants:
//! - a row is never taken before the time that today's settings give it: of a split that may hold rows of several
//!   rules, the longest time decides;
//! - a class names the list of rules by which it was told; under another list it says only its level;
//! - how long a rule keeps is no part of that: to change it makes no split anew.

use std::time::Duration;

use glob::Pattern;
use nilometer_model::{Severity, Timestamp};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::limits::RETENTION_RULES_MAX;
use crate::split::{SplitKind, SplitMeta};

/// How much records matter: what is told apart when something has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Debug and below.
    Debug,
    /// Info, and what does not say.
    Info,
    /// Warn and above.
    Warn,
}

impl Level {
    /// All, those that matter least first.
    pub const ALL: [Self; 3] = [Self::Debug, Self::Info, Self::Warn];

    /// The level of a severity.
    #[must_use]
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Trace | Severity::Debug => Self::Debug,
            Severity::Unset | Severity::Info => Self::Info,
            Severity::Warn | Severity::Error | Severity::Fatal => Self::Warn,
        }
    }

    /// Its name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }

    /// The level of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// What all rows of a split have in common; a split that has none may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SplitClass {
    /// How much they matter.
    pub level: Level,
    /// Which rule they are kept by, by its place; none: by the retention of all.
    pub rule: Option<u32>,
    /// The list of rules that this place is one of.
    pub rules: u64,
}

/// Some records are kept for another time than the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepFor {
    /// Of components whose name fits.
    pub component: Pattern,
    /// Of this level, or of all.
    pub level: Option<Level>,
    /// From their receipt.
    pub keep: Duration,
}

/// How long everything is kept, from its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    keep: Duration,
    rules: Vec<KeepFor>,
    /// Names the components and levels of the rules.
    rules_id: u64,
}

impl Retention {
    /// Everything for `keep`, but what a rule fits, the first of which decides; none when there are more than
    /// [`RETENTION_RULES_MAX`].
    #[must_use]
    pub fn new(keep: Duration, rules: Vec<KeepFor>) -> Option<Self> {
        (rules.len() <= RETENTION_RULES_MAX).then(|| Self::by(keep, rules))
    }

    /// Everything for the same time.
    #[must_use]
    pub fn of_all(keep: Duration) -> Self {
        Self::by(keep, Vec::new())
    }

    fn by(keep: Duration, rules: Vec<KeepFor>) -> Self {
        let told_apart: Vec<_> =
            rules.iter().map(|rule| (rule.component.as_str(), rule.level)).collect();
        let rules_id = xxh3_64(format!("{told_apart:?}").as_bytes());
        Self { keep, rules, rules_id }
    }

    /// How long what no rule fits is kept.
    #[must_use]
    pub fn keep(&self) -> Duration {
        self.keep
    }

    /// The longest time that anything is kept, unless it is pinned.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.rules.iter().map(|rule| rule.keep).fold(self.keep, Duration::max)
    }

    /// The class of a component's records of a level.
    #[must_use]
    pub fn class_of(&self, component: &str, level: Level) -> SplitClass {
        let fits = |rule: &KeepFor| rule.covers(level) && rule.component.matches(component);
        let rule = (0_u32..).zip(&self.rules).find(|(_, rule)| fits(rule)).map(|(place, _)| place);
        SplitClass { level, rule, rules: self.rules_id }
    }

    /// The class that all rows of the split are of, if that is known.
    pub(crate) fn class(&self, split: &SplitMeta) -> Option<SplitClass> {
        split.class.filter(|class| class.rules == self.rules_id)
    }

    /// How long the first and the last of a split's rows may be kept: one time where it is of one class.
    fn bounds(&self, split: &SplitMeta) -> (Duration, Duration) {
        if let Some(class) = self.class(split) {
            let rule = class.rule.and_then(|place| self.rules.get(place as usize));
            let keep = rule.map_or(self.keep, |rule| rule.keep);
            return (keep, keep);
        }
        let level = split.class.map(|class| class.level);
        let may_fit = |rule: &&KeepFor| {
            split.kind == SplitKind::Logs && level.is_none_or(|level| rule.covers(level))
        };
        let keeps = || self.rules.iter().filter(may_fit).map(|rule| rule.keep);
        (keeps().fold(self.keep, Duration::min), keeps().fold(self.keep, Duration::max))
    }

    /// When all of the split will have been kept for long enough.
    pub(crate) fn ends(&self, split: &SplitMeta) -> Timestamp {
        after(split.received_last, self.bounds(split).1)
    }

    /// Whether all of it was kept for long enough.
    pub(crate) fn is_over(&self, split: &SplitMeta, now: Timestamp) -> bool {
        self.ends(split) < now
    }

    /// Whether a part of it may have been kept for long enough, while another was not.
    pub(crate) fn is_partly_over(&self, split: &SplitMeta, now: Timestamp) -> bool {
        let (shortest, longest) = self.bounds(split);
        shortest < longest && after(split.received_last, shortest) < now
    }
}

impl KeepFor {
    fn covers(&self, level: Level) -> bool {
        self.level.is_none_or(|own| own == level)
    }
}

fn after(time: Timestamp, long: Duration) -> Timestamp {
    time.plus_ns(i64::try_from(long.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn rule(component: &str, level: Option<Level>, days: u32) -> KeepFor {
        KeepFor { component: Pattern::new(component).unwrap(), level, keep: DAY * days }
    }

    fn retention() -> Retention {
        let rules = vec![
            rule("*", Some(Level::Debug), 3),
            rule("audit-*", None, 365),
            rule("web", Some(Level::Info), 7),
        ];
        Retention::new(DAY * 30, rules).unwrap()
    }

    /// The days that rows of one class are kept.
    #[track_caller]
    fn check(component: &str, level: Level, days: i64) {
        let retention = retention();
        let class = Some(retention.class_of(component, level));
        let split = SplitMeta { class, ..SplitMeta::default() };
        assert_eq!(retention.ends(&split), Timestamp(0).plus_ns(days * 86_400_000_000_000));
        assert!(!retention.is_partly_over(&split, Timestamp(i64::MAX)));
    }

    #[test]
    fn the_first_rule_that_fits_component_and_level_decides() {
        check("audit-log", Level::Debug, 3);
        check("audit-log", Level::Info, 365);
        check("audit-log", Level::Warn, 365);
        check("web", Level::Info, 7);
        check("web", Level::Warn, 30);
        check("other", Level::Info, 30);
    }

    /// The least and the most days that a row of the split is kept.
    #[track_caller]
    fn check_bounds(class: Option<SplitClass>, kind: SplitKind, days: (u32, u32)) {
        let split = SplitMeta { class, kind, ..SplitMeta::default() };
        assert_eq!(retention().bounds(&split), (DAY * days.0, DAY * days.1));
    }

    #[test]
    fn of_a_split_that_may_hold_rows_of_several_rules_the_longest_decides() {
        check_bounds(None, SplitKind::Logs, (3, 365));
        check_bounds(None, SplitKind::Spans, (30, 30));
        let of_others = |level| Some(Retention::of_all(DAY).class_of("web", level));
        check_bounds(of_others(Level::Warn), SplitKind::Logs, (30, 365));
        check_bounds(of_others(Level::Debug), SplitKind::Logs, (3, 365));
        let split = SplitMeta::default();
        let at = |days: i64| Timestamp(days * 86_400_000_000_000 + 1);
        let partly = [2, 3, 300].map(|days| retention().is_partly_over(&split, at(days)));
        assert_eq!(partly, [false, true, true]);
        assert_eq!(retention().longest(), DAY * 365);
        assert_eq!([364, 365].map(|days| retention().is_over(&split, at(days))), [false, true]);
    }

    #[test]
    fn another_time_of_a_rule_leaves_classes_as_they_are_and_another_rule_does_not() {
        let class = |rules| Retention::new(DAY, rules).unwrap().class_of("web", Level::Info);
        let one = class(vec![rule("web", None, 1)]);
        assert_eq!(one, class(vec![rule("web", None, 9)]));
        assert_ne!(one, class(vec![rule("web", Some(Level::Info), 1)]));
        assert_ne!(one, class(vec![rule("web", None, 1), rule("db", None, 1)]));
    }

    #[test]
    fn so_many_rules_are_let_in_and_one_more_is_not() {
        let rules = |count| Retention::new(DAY, vec![rule("web", None, 1); count]);
        assert!(rules(RETENTION_RULES_MAX).is_some() && rules(RETENTION_RULES_MAX + 1).is_none());
    }

    #[test]
    fn every_severity_has_its_level() {
        let levels = Severity::ALL.map(|severity| Level::of(severity).name());
        assert_eq!(levels, ["info", "debug", "debug", "info", "warn", "warn", "warn"]);
        assert_eq!(Level::ALL.map(|level| Level::parse(level.name())), Level::ALL.map(Some));
    }
}
