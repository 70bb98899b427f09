//! What the centre has of this node: asked by a collector without a memory, and by one whose pipeline went
//! back to an older state.

use nilometer_model::{LineageId, SourceId, Stream};
use nilometer_wire::Fingerprint;
use serde::Deserialize;

use crate::intakes::{Intakes, NoReply};
use crate::limits::SOURCES_BYTES_MAX;
use crate::reading::CentreSource;

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

/// Asks once.
pub(crate) async fn sources(intakes: &Intakes, node: &str) -> Result<Vec<CentreSource>, NoReply> {
    let reply = intakes.get("/api/v1/sources", &[("node", node)], SOURCES_BYTES_MAX).await?;
    let failed = |cause: String| NoReply { cause, lost: false };
    if reply.status != 200 {
        return Err(failed(format!("status {} to /api/v1/sources", reply.status)));
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
