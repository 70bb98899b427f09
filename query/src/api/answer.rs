//! What every answer says of itself: how complete it is, and what it took.
//!
//! Invariant: `complete` is true only when nothing is known to be missing from the range.

use nilometer_model::{Reason, SourceId, Timestamp};
use nilometer_store::{Completeness, GapView, Lagging};
use serde::Serialize;
use utoipa::ToSchema;

/// How complete an answer is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Coverage)]
pub(crate) struct CoverageJson {
    /// No gap or missing split touches the range, and no node lags.
    complete: bool,
    /// Up to here everything is visible; null before a collector was heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    complete_to: Option<Timestamp>,
    lagging: Vec<LaggingJson>,
    /// Parts of the data that cannot be read.
    missing_splits: u32,
    gaps: Vec<GapJson>,
    /// The budget that ended the query early, or the rows, if one did: time, bytes or rows.
    limited_by: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Lagging)]
struct LaggingJson {
    node: String,
    behind_ms: i64,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Gap)]
struct GapJson {
    #[schema(value_type = String)]
    source: SourceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    from: u64,
    /// Null when the end of what was lost is not known.
    to: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    #[schema(value_type = String)]
    reason: Reason,
}

impl CoverageJson {
    pub(crate) fn new(
        known: Completeness,
        missing_splits: u32,
        limited_by: Option<&'static str>,
    ) -> Self {
        Self {
            complete: known.complete && missing_splits == 0,
            complete_to: known.complete_to,
            lagging: known.lagging.into_iter().map(LaggingJson::from).collect(),
            missing_splits,
            gaps: known.gaps.into_iter().map(GapJson::from).collect(),
            limited_by,
        }
    }
}

impl From<Lagging> for LaggingJson {
    fn from(lagging: Lagging) -> Self {
        Self { node: lagging.node, behind_ms: lagging.behind_ms, last_seen: lagging.last_seen }
    }
}

impl From<GapView> for GapJson {
    fn from(gap: GapView) -> Self {
        Self {
            source: gap.source,
            component: gap.component,
            node: gap.node,
            from: gap.from,
            to: gap.to,
            time: gap.time,
            records: gap.records,
            reason: gap.reason,
        }
    }
}

/// What an answer took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsJson {
    /// To the microsecond.
    pub(crate) elapsed_ms: f64,
    /// Splits that were opened.
    pub(crate) splits: u64,
    pub(crate) bytes_read: u64,
    pub(crate) rows_scanned: u64,
    pub(crate) rows_matched: u64,
}
