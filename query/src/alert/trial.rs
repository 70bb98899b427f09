//! `rules test`: rules and what is given to them -> whether they say what is expected, without a server.
//!
//! ```text
//!   [[rule]]    name = "errors"  query = "severity:error"  every = "10s"  group_by = ["component"]
//!   [[test]]    name = "one error is enough"
//!   log = [{ at = "12s", line = { component = "checkout", severity = "error" } }]
//!   expect = [{ at = "20s", firing = [{ rule = "errors", labels = { component = "checkout" } }] },
//!             { at = "30s", firing = [] }]
//! ```
//! Invariants:
//! - a test fails unless exactly the alerts that are expected fire at each moment; pending ones are compared where
//!   `pending` is written;
//! - steps are taken as a server takes them: at multiples of `every`, from the beginning of the test.

use std::fmt::Write as _;

use nilometer_alert::{
    Alert, AlertState, FieldError, FileError, Group, Length, RuleState, evaluate, read_file,
};
use nilometer_model::{Tenant, Timestamp};
use serde::Deserialize;

use super::check_rule;
use super::given::{Data, Given, List};
use super::question::Questions;
use crate::limits::TEST_STEPS_MAX;

/// When a test begins that does not say: 2026-01-01.
const START: Timestamp = Timestamp(1_767_225_600_000_000_000);

/// What came of a file.
#[derive(Debug, Default)]
pub struct TestReport {
    /// How many rules it holds.
    pub rules: usize,
    /// What is wrong with rules and tests themselves.
    pub errors: Vec<FileError>,
    pub outcomes: Vec<Outcome>,
}

/// What came of a test.
#[derive(Debug)]
pub struct Outcome {
    pub name: String,
    /// What was otherwise than expected, a line each; empty when it passed.
    pub differences: Vec<String>,
}

impl TestReport {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.errors.is_empty() && self.outcomes.iter().all(|outcome| outcome.differences.is_empty())
    }
}

#[derive(Debug, Deserialize)]
struct TestSection {
    test: Vec<Test>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    name: String,
    /// When it begins, RFC 3339.
    from: Option<String>,
    #[serde(default)]
    log: Vec<Given>,
    #[serde(default)]
    span: Vec<Given>,
    #[serde(default)]
    sample: Vec<Given>,
    #[serde(default)]
    health: Vec<Given>,
    expect: Vec<Expect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    at: String,
    firing: Vec<ExpectedAlert>,
    pending: Option<Vec<ExpectedAlert>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedAlert {
    rule: String,
    /// Those that are named must be so.
    #[serde(default)]
    labels: Group,
    value: Option<f64>,
}

/// Runs the tests of a file against its rules.
pub async fn test_rules(text: &str) -> TestReport {
    let file = read_file(text, check_rule);
    let mut report =
        TestReport { rules: file.rules.len(), errors: file.errors, outcomes: Vec::new() };
    let meant = file.rules.iter().flat_map(nilometer_alert::Rule::meant);
    // They were checked as they were read.
    let rules: Vec<Questions> =
        meant.filter_map(|rule| Questions::of(&Tenant::default(), rule).ok()).collect();
    for section in file.tests {
        let read: Result<TestSection, FileError> = section.read();
        let tests = match read {
            Ok(section) => section.test,
            Err(error) => {
                report.errors.push(error);
                continue;
            }
        };
        for test in tests {
            match test.run(&rules).await {
                Ok(differences) => report.outcomes.push(Outcome { name: test.name, differences }),
                Err(error) => report.errors.push(section.place(error)),
            }
        }
    }
    report
}

impl Test {
    /// What is otherwise than expected.
    async fn run(&self, rules: &[Questions]) -> Result<Vec<String>, FieldError> {
        let start = match self.from.as_deref().map(|from| Timestamp::parse(from.as_bytes())) {
            None => START,
            Some(Ok(start)) => start,
            Some(Err(error)) => {
                return Err(FieldError::new("from", error.to_string(), "RFC 3339"));
            }
        };
        let moments = self.moments(start)?;
        let end = moments.iter().map(|(at, _)| *at).max().unwrap_or(start);
        let data = self.data((start, end))?;
        let mut differences = Vec::new();
        let mut states = vec![RuleState::default(); rules.len()];
        for (at, expect) in moments {
            for (rule, state) in rules.iter().zip(&mut states) {
                walk(rule, state, (start, at), &data).await?;
            }
            let alerts: Vec<Alert> = rules
                .iter()
                .zip(&states)
                .flat_map(|(rule, state)| {
                    state.active.iter().map(|active| active.alert(&rule.rule))
                })
                .collect();
            differences.extend(expect.differences(&alerts));
        }
        Ok(differences)
    }

    /// What is expected, in the order of time.
    fn moments(&self, start: Timestamp) -> Result<Vec<(Timestamp, &Expect)>, FieldError> {
        let moment = |expect: &'_ Expect| {
            let hint = "a time from the test's beginning, such as \"2m\"";
            let wrong = || FieldError::new("expect", format!("at is '{}'", expect.at), hint);
            Length::parse(&expect.at).map(|at| start.plus_ns(at.ns())).ok_or_else(wrong)
        };
        let mut moments = Vec::new();
        for expect in &self.expect {
            moments.push((moment(expect)?, expect));
        }
        moments.sort_by_key(|(at, _)| *at);
        Ok(moments)
    }

    fn data(&self, during: (Timestamp, Timestamp)) -> Result<Data, FieldError> {
        let mut data = Data::default();
        let lists = [
            (List::Log, "log", &self.log),
            (List::Span, "span", &self.span),
            (List::Sample, "sample", &self.sample),
            (List::Health, "health", &self.health),
        ];
        for (list, name, all) in lists {
            for given in all {
                let named = |error: FieldError| FieldError {
                    message: format!("{}: {}", error.field, error.message),
                    field: name.to_owned(),
                    ..error
                };
                data.add(list, given, during).map_err(named)?;
            }
        }
        Ok(data)
    }
}

/// Takes the rule's steps up to `at`.
async fn walk(
    rule: &Questions,
    state: &mut RuleState,
    (start, at): (Timestamp, Timestamp),
    data: &Data,
) -> Result<(), FieldError> {
    let every = rule.rule.every.ns();
    let first = start.0.max(state.at.0).div_euclid(every) + 1;
    let last = at.0.div_euclid(every);
    if last - first >= TEST_STEPS_MAX {
        let hint = format!("at most {TEST_STEPS_MAX} steps of `every`");
        return Err(FieldError::new("expect", "the test takes too long", hint));
    }
    for step in first..=last {
        let at = Timestamp(step * every);
        let seen = rule
            .observe(&data.scene(at)?, at)
            .await
            .map_err(|error| FieldError::new("test", error.to_string(), "give less"))?;
        *state = evaluate(&rule.rule, state, &seen).0;
    }
    Ok(())
}

impl Expect {
    fn differences(&self, alerts: &[Alert]) -> Vec<String> {
        let of = |state| alerts.iter().filter(move |alert| alert.state == state);
        let mut differences =
            compare(&self.at, ("firing", &self.firing), of(AlertState::Firing).collect());
        if let Some(pending) = &self.pending {
            let is = of(AlertState::Pending).collect();
            differences.extend(compare(&self.at, ("pending", pending), is));
        }
        differences
    }
}

fn compare(
    at: &str,
    (state, expected): (&str, &[ExpectedAlert]),
    mut alerts: Vec<&Alert>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for expect in expected {
        match alerts.iter().position(|alert| expect.fits(alert)) {
            Some(found) => drop(alerts.remove(found)),
            None => differences.push(format!("at {at}: expected {state}: {}", expect.describe())),
        }
    }
    let unexpected = |alert: &&Alert| {
        let labels = serde_json::to_string(&alert.labels).unwrap_or_default();
        format!("at {at}: {state}, and not expected: {} {labels}, {}", alert.rule, alert.reason)
    };
    differences.extend(alerts.iter().map(unexpected));
    differences
}

impl ExpectedAlert {
    fn fits(&self, alert: &Alert) -> bool {
        self.rule == alert.rule.as_str()
            && self.labels.iter().all(|(name, value)| alert.labels.get(name) == Some(value))
            && self
                .value
                .is_none_or(|value| alert.value.is_some_and(|is| (is - value).abs() < 1e-9))
    }

    fn describe(&self) -> String {
        let mut text =
            format!("{} {}", self.rule, serde_json::to_string(&self.labels).unwrap_or_default());
        if let Some(value) = self.value {
            let _written = write!(text, " with the value {value}");
        }
        text
    }
}

#[cfg(test)]
mod tests;
