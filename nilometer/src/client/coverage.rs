//! How much of what was asked for an answer covers, as a sentence for the person.

use serde::Deserialize;

use super::screen;

/// As the API gives it; what is not there counts as nothing to say.
#[derive(Default, Deserialize)]
pub(super) struct Coverage {
    complete: Option<bool>,
    #[serde(default)]
    lagging: Vec<Lagging>,
    #[serde(default)]
    missing_splits: u64,
    #[serde(default)]
    gaps: Vec<serde::de::IgnoredAny>,
    limited_by: Option<String>,
}

#[derive(Deserialize)]
struct Lagging {
    node: String,
}

impl Coverage {
    /// None when the answer is the whole truth.
    pub(super) fn warning(&self) -> Option<String> {
        if self.complete.unwrap_or(true) && self.limited_by.is_none() {
            return None;
        }
        let mut reasons = Vec::new();
        if let Some(limit) = &self.limited_by {
            reasons.push(format!("stopped at the limit of {}", screen::plain(limit)));
        }
        reasons
            .extend(self.lagging.iter().map(|l| format!("{} lags behind", screen::plain(&l.node))));
        if self.missing_splits > 0 {
            reasons.push(format!("{} cannot be read", counted(self.missing_splits, "split")));
        }
        if !self.gaps.is_empty() {
            let gaps = counted(self.gaps.len() as u64, "gap");
            reasons.push(format!("{gaps} in what was collected"));
        }
        Some(format!("the answer is not complete: {}", reasons.join(", ")))
    }
}

fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(coverage: &str, expect: Option<&str>) {
        let coverage: Coverage = serde_json::from_str(coverage).unwrap();
        assert_eq!(coverage.warning().as_deref(), expect);
    }

    #[test]
    fn only_an_answer_that_is_not_complete_is_warned_of() {
        check(r#"{"complete":true,"limited_by":null}"#, None);
        check(
            r#"{"complete":false,"lagging":[{"node":"n1"}],"missing_splits":2,"gaps":[{"from":1}]}"#,
            Some(
                "the answer is not complete: n1 lags behind, 2 splits cannot be read, 1 gap in what was collected",
            ),
        );
        check(
            r#"{"complete":true,"limited_by":"bytes"}"#,
            Some("the answer is not complete: stopped at the limit of bytes"),
        );
    }
}
