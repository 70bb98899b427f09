//! What the centre has of this node: asked by a collector without a memory, and by one whose pipeline went
//! back to an older state.

use std::time::Duration;

use nilometer_model::{LineageId, SourceId, Stream};
use nilometer_wire::Fingerprint;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::http::NoReply;
use crate::intakes::Intakes;
use crate::limits::{ADOPT_PAUSE_MS_MAX, BACKOFF_MS_FIRST, SOURCES_BYTES_MAX};
use crate::reading::CentreSource;
use crate::{CollectorStatus, dice};

/// `GET /api/v1/sources`.
#[derive(Debug, Deserialize)]
struct Answer {
    sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Source {
    source: SourceId,
    #[serde(default)]
    lineage: LineageId,
    #[serde(default)]
    component: String,
    #[serde(default)]
    instance: String,
    #[serde(default)]
    stream: Stream,
    #[serde(default)]
    path: String,
    #[serde(default)]
    fingerprint: Fingerprint,
    mark: u64,
    #[serde(default)]
    covered: Vec<(u64, u64)>,
    #[serde(default)]
    records: u64,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    ended: bool,
}

/// Asks until it is answered; `None` once told to stop.
///
/// Reading before would name plain files anew and send what the centre has under another name; the
/// files themselves are the buffer meanwhile.
pub(crate) async fn ask(
    intakes: &Intakes,
    (node, status): (&str, &CollectorStatus),
    stop: &CancellationToken,
) -> Option<Vec<CentreSource>> {
    let mut pause_ms = BACKOFF_MS_FIRST;
    let mut said = String::new();
    status.adopting(Some("no answer yet"));
    loop {
        let intake = intakes.current();
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            answer = sources(intakes, node) => answer,
        };
        let none = match answer {
            Ok(sources) => {
                status.adopting(None);
                return Some(sources);
            }
            Err(none) => none,
        };
        if none.cause != said {
            tracing::warn!(cause = none.cause, "the centre does not say yet what it has");
        }
        status.adopting(Some(&none.cause));
        said = none.cause;
        intakes.turn_from(&intake);
        let pause = Duration::from_millis(pause_ms).mul_f64(dice::roll());
        pause_ms = (pause_ms * 2).min(ADOPT_PAUSE_MS_MAX);
        tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Asks once.
pub(crate) async fn sources(intakes: &Intakes, node: &str) -> Result<Vec<CentreSource>, NoReply> {
    let reply = intakes.get("/api/v1/sources", &[("node", node)], SOURCES_BYTES_MAX).await?;
    let failed = |cause: String| NoReply { cause, lost: false };
    if reply.status != 200 {
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let why = answer["error"]["message"].as_str().map(|why| format!(": {why}"));
        let why = why.unwrap_or_default();
        return Err(failed(format!("status {} to /api/v1/sources{why}", reply.status)));
    }
    let answer: Answer = serde_json::from_slice(&reply.body)
        .map_err(|e| failed(format!("the answer to /api/v1/sources: {e}")))?;
    Ok(answer.sources.into_iter().map(CentreSource::from).collect())
}

impl From<Source> for CentreSource {
    fn from(source: Source) -> Self {
        Self {
            source: source.source,
            lineage: source.lineage,
            component: source.component,
            instance: source.instance,
            stream: source.stream,
            path: source.path,
            fingerprint: source.fingerprint,
            mark: source.mark,
            covered: source.covered,
            records: source.records,
            bytes: source.bytes,
            ended: source.ended,
        }
    }
}
