//! `nilometer search`: the newest records that match, the newest last; with pipes, a table.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::coverage::Coverage;
use super::http::{Params, Server};
use super::printer::{self, Printer};
use super::{ClientError, Outcome, note, table};
use crate::cli::RangeOptions;
use crate::config::AskConfig;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
    #[serde(default)]
    coverage: Coverage,
}

/// Asks, prints, and says when the answer is not the whole truth.
pub(crate) async fn search(
    config: AskConfig,
    query: &str,
    range: &RangeOptions,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    if nilometer_query::has_pipes(query) {
        return table::ask(&server, config.output, query, range).await;
    }
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
