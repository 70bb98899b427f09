//! `nilometer tail`: records as they come in, until the person or the server ends it.

use reqwest::Method;
use serde::Deserialize;

use super::http::Server;
use super::printer::{self, Printer};
use super::sse::{Event, Events};
use super::{ClientError, Outcome, note};
use crate::config::AskConfig;

#[derive(Deserialize)]
struct Skipped {
    count: u64,
}

/// Prints records as they come; ends after `limit` of them.
pub(crate) async fn tail(
    config: AskConfig,
    query: &str,
    limit: Option<u64>,
) -> Result<Outcome, ClientError> {
    let server = Server::new(&config)?;
    let params = vec![("q", query.to_owned())];
    let mut response = server.open(Method::GET, "/logs/tail", &params, "text/event-stream").await?;
    let mut printer = Printer::new(config.output);
    let mut events = Events::default();
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(piece) = response.chunk().await.map_err(|source| server.broken(source))? else {
            return Err(server.unexpected("the server ended the tail".to_owned()));
        };
        let whole = events
            .push(&piece)
            .map_err(|_| server.unexpected("an event that is longer than any record".to_owned()))?;
        for event in whole {
            if left > 0 && show(&server, &mut printer, &event)? {
                left -= 1;
            }
        }
        printer.flush()?;
    }
    Ok(Outcome::Done)
}

/// Whether the event was a record.
fn show(server: &Server, printer: &mut Printer, event: &Event) -> Result<bool, ClientError> {
    let unexpected = |error: serde_json::Error| server.unexpected(error.to_string());
    match event.name.as_str() {
        "record" => {
            let record = printer::parse(&event.data).map_err(unexpected)?;
            printer.record(&event.data, &record)?;
            Ok(true)
        }
        "skipped" => {
            let skipped: Skipped = serde_json::from_str(&event.data).map_err(unexpected)?;
            note(&format!(
                "{} records were skipped: they came faster than this reads",
                skipped.count
            ));
            Ok(false)
        }
        "ready" => {
            note(&format!("tailing {}", server.url()));
            Ok(false)
        }
        _ => Ok(false),
    }
}
