//! `nilometer search`: the newest records that match, the newest last.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::{Params, Server};
use super::printer::{self, Printer};
use super::{ClientError, Outcome, note, screen};
use crate::cli::RangeOptions;
use crate::config::AskConfig;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
    #[serde(default)]
    coverage: Coverage,
}

/// How much of what was asked for the answer covers.
#[derive(Default, Deserialize)]
struct Coverage {
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

/// Asks, prints, and says when the answer is not the whole truth.
pub(crate) async fn search(
    config: AskConfig,
    query: &str,
    range: &RangeOptions,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let body: Box<RawValue> = server.get("/logs", &params(query, range)).await?;
    let answer: Answer<'_> =
        serde_json::from_str(body.get()).map_err(|error| server.unexpected(error.to_string()))?;
    let mut printer = Printer::new(config.output);
    for json in answer.records.iter().rev() {
        let record =
            printer::parse(json.get()).map_err(|error| server.unexpected(error.to_string()))?;
        printer.record(json.get(), &record)?;
    }
    printer.flush()?;
    if let Some(warning) = answer.coverage.warning() {
        note(&warning);
    }
    Ok(Outcome::Done)
}

/// What search and export ask with.
pub(super) fn params<'a>(query: &str, range: &RangeOptions) -> Params<'a> {
    let mut params = vec![("q", query.to_owned())];
    let texts = [("from", &range.from), ("to", &range.to)];
    params.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
    params.extend(range.limit.map(|limit| ("limit", limit.to_string())));
    params
}

impl Coverage {
    fn warning(&self) -> Option<String> {
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
            reasons.push(format!("{} splits cannot be read", self.missing_splits));
        }
        if !self.gaps.is_empty() {
            reasons.push(format!("{} gaps in what was collected", self.gaps.len()));
        }
        Some(format!("the answer is not complete: {}", reasons.join(", ")))
    }
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
                "the answer is not complete: n1 lags behind, 2 splits cannot be read, 1 gaps in what was collected",
            ),
        );
        check(
            r#"{"complete":true,"limited_by":"bytes"}"#,
            Some("the answer is not complete: stopped at the limit of bytes"),
        );
    }
}
