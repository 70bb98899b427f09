//! What an intake's answer means. An answer without our pipeline is no verdict about any record; that we
//! are not let in is about us.

use std::time::Duration;

use nilometer_model::{BatchId, PipelineId};
use nilometer_wire::BatchAnswer;
use serde::Deserialize;

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is durable there.
    Durable(Box<BatchAnswer>),
    /// Too large for this intake: cut it.
    TooLarge,
    /// Not for us: a person must act.
    Rejected(String),
    /// Nobody said anything about the batch: wait, send it again.
    None {
        /// What went wrong.
        cause: String,
        /// How long the other side wants to be left alone.
        retry_after: Option<Duration>,
        /// The connection was lost while the batch was under way.
        lost: bool,
    },
}

/// An answer that is an error.
#[derive(Debug, Default, Deserialize)]
struct Refused {
    pipeline: Option<PipelineId>,
    error: Option<Said>,
}

#[derive(Debug, Deserialize)]
struct Said {
    message: String,
}

/// Judges an answer to `batch`; `ours` is the pipeline that we belong to, once known.
pub(super) fn judge(
    batch: BatchId,
    ours: Option<PipelineId>,
    (status, retry_after): (u16, Option<Duration>),
    body: &[u8],
) -> Verdict {
    let none = |cause: String| Verdict::None { cause, retry_after, lost: false };
    if status == 200 {
        return match serde_json::from_slice::<BatchAnswer>(body) {
            Ok(answer) if ours.is_some_and(|ours| ours != answer.pipeline) => {
                Verdict::Rejected(foreign(answer.pipeline, ours))
            }
            Ok(answer) if answer.batch == batch && answer.durable => {
                Verdict::Durable(Box::new(answer))
            }
            Ok(_) => none("the answer is about another batch".to_owned()),
            Err(_) => none("an answer that is none of ours".to_owned()),
        };
    }
    let refused: Refused = serde_json::from_slice(body).unwrap_or_default();
    let said = refused.error.map(|error| error.message).unwrap_or_default();
    match (status, refused.pipeline) {
        (401 | 403, _) if !said.is_empty() => Verdict::Rejected(said),
        (409, Some(_)) => Verdict::Rejected(said),
        (_, Some(theirs)) if ours.is_some_and(|ours| ours != theirs) => {
            Verdict::Rejected(foreign(theirs, ours))
        }
        (413, Some(_)) => Verdict::TooLarge,
        _ => none(format!("status {status} {said}").trim_end().to_owned()),
    }
}

/// The sentence about an intake of another pipeline.
pub(crate) fn foreign(theirs: PipelineId, ours: Option<PipelineId>) -> String {
    let ours = ours.unwrap_or_default();
    format!(
        "the intake belongs to pipeline {theirs}, this collector's spool to {ours}: \
         point --to at the right one, or delete the file `pipeline` in the data directory"
    )
}

#[cfg(test)]
mod tests {
    use nilometer_model::{CollectorId, Epoch, LogId, Sequence};

    use super::*;

    const OURS: PipelineId = PipelineId(uuid::Uuid::from_u128(1));
    const THEIRS: PipelineId = PipelineId(uuid::Uuid::from_u128(2));
    const BATCH: BatchId = BatchId {
        collector: CollectorId(uuid::Uuid::from_u128(3)),
        epoch: Epoch(4),
        sequence: Sequence(5),
    };

    fn answer(pipeline: PipelineId, batch: BatchId) -> String {
        let answer = BatchAnswer {
            pipeline,
            log: LogId(uuid::Uuid::from_u128(6)),
            batch,
            durable: true,
            committed_to: [(Epoch(4), Sequence(2))].into(),
            refused: Vec::new(),
            linger_ms: 100,
        };
        serde_json::to_string(&answer).unwrap()
    }

    #[track_caller]
    fn check(status: u16, body: &str, expect: &str) {
        let verdict = judge(BATCH, Some(OURS), (status, None), body.as_bytes());
        let name = match verdict {
            Verdict::Durable(_) => "durable",
            Verdict::TooLarge => "too large",
            Verdict::Rejected(_) => "rejected",
            Verdict::None { .. } => "none",
        };
        assert_eq!(name, expect, "{status} {body}");
    }

    #[test]
    fn only_what_names_our_pipeline_is_a_verdict() {
        let ours = format!(r#"{{"error":{{"message":"m"}},"pipeline":"{OURS}"}}"#);
        let theirs = format!(r#"{{"error":{{"message":"m"}},"pipeline":"{THEIRS}"}}"#);
        check(200, &answer(OURS, BATCH), "durable");
        check(200, &answer(THEIRS, BATCH), "rejected");
        check(200, &answer(OURS, BatchId { sequence: Sequence(6), ..BATCH }), "none");
        check(200, "<html>", "none");
        check(403, r#"{"error":{"message":"m"}}"#, "rejected");
        check(401, &ours, "rejected");
        check(403, "<html>forbidden</html>", "none");
        check(413, &ours, "too large");
        check(413, "<html>too large</html>", "none");
        check(413, &theirs, "rejected");
        check(409, &theirs, "rejected");
        check(409, "{}", "none");
        check(400, &ours, "none");
        check(400, "", "none");
        check(404, "not here", "none");
        check(429, &ours, "none");
        check(503, &ours, "none");
    }

    #[test]
    fn the_first_answer_tells_us_our_pipeline() {
        let verdict = judge(BATCH, None, (200, None), answer(THEIRS, BATCH).as_bytes());
        assert!(matches!(verdict, Verdict::Durable(_)), "{verdict:?}");
    }
}
