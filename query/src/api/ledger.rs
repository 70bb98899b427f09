//! The ledger as JSON: what was read stands against what became of it, source by source.
//!
//! Invariants:
//! - totals and `balanced` speak of every source of the caller's tenant that the filters let through,
//!   whatever page is shown;
//! - a row whose collector is silent (`stale`) does not decide `balanced`, and neither does a loss.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use nilometer_model::{Count, Gap, Reason, SourceId, Timestamp};
use nilometer_store::{LedgerRow, Removal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::{LIMIT_DEFAULT, LIMIT_MAX};
use super::params::{Params, count};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerParams {
    /// Only sources of this node.
    node: Option<String>,
    /// Only sources of this component.
    component: Option<String>,
    /// Only this source.
    source: Option<String>,
    /// Sources of one answer; 1 to 10,000, default 100.
    limit: Option<String>,
    /// Go on behind the answer that gave this.
    cursor: Option<String>,
}

/// Records, and the bytes of their framed lines in the file.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[schema(as = Count)]
pub(crate) struct CountJson {
    bytes: u64,
    records: u64,
}

impl From<Count> for CountJson {
    fn from(count: Count) -> Self {
        Self { bytes: count.bytes, records: count.records }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lost)]
pub(crate) struct LostJson {
    from: u64,
    /// Null when the end of what was lost is not known.
    to: Option<u64>,
    #[schema(value_type = String)]
    reason: Reason,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
}

impl From<&Gap> for LostJson {
    fn from(gap: &Gap) -> Self {
        let records = gap.count.map(|count| count.records);
        Self { from: gap.from, to: gap.to, reason: gap.reason, time: gap.time, records }
    }
}

/// One source: `read = committed + refused + shed + in_flight`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerRow)]
pub(crate) struct LedgerRowJson {
    #[schema(value_type = String)]
    source: SourceId,
    component: String,
    node: String,
    stream: &'static str,
    read: CountJson,
    committed: CountJson,
    /// Records of `committed` that are no longer kept, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    removed: BTreeMap<Removal, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    refused: BTreeMap<Reason, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    shed: BTreeMap<Reason, u64>,
    in_flight: CountJson,
    lost: Vec<LostJson>,
    /// When `read` was heard.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// The collector is silent, so `read` may be old.
    stale: bool,
    balanced: bool,
}

impl From<LedgerRow> for LedgerRowJson {
    fn from(row: LedgerRow) -> Self {
        Self {
            source: row.source,
            component: row.component,
            node: row.node,
            stream: row.stream.name(),
            read: row.read.into(),
            committed: row.committed.into(),
            removed: row.removed,
            refused: row.refused,
            shed: row.shed,
            in_flight: row.in_flight.into(),
            lost: row.lost.iter().map(LostJson::from).collect(),
            as_of: row.as_of,
            stale: row.stale,
            balanced: row.balanced,
        }
    }
}

/// Sums over all sources asked for.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Totals {
    /// How many sources.
    sources: usize,
    read: CountJson,
    committed: CountJson,
    /// Records of `committed` that are no longer kept, by reason.
    #[schema(value_type = BTreeMap<String, u64>)]
    removed: BTreeMap<Removal, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    refused: BTreeMap<Reason, u64>,
    #[schema(value_type = BTreeMap<String, u64>)]
    shed: BTreeMap<Reason, u64>,
    in_flight: CountJson,
    /// How many stretches were declared lost.
    lost: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerAnswer {
    totals: Totals,
    sources: Vec<LedgerRowJson>,
    /// The equation holds for every source that is not stale.
    balanced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// What was read, and what became of it.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "pipeline", params(LedgerParams),
    responses((status = 200, body = LedgerAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn ledger(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<LedgerParams>,
) -> Result<Json<LedgerAnswer>, ApiError> {
    let limit = count("limit", params.limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let source = params.source.as_deref().map(|text| id("source", text)).transpose()?;
    let after = params.cursor.as_deref().map(|text| id("cursor", text)).transpose()?;
    let rows = api.store.ledger(&caller.tenant, api.clock.now());
    let asked = |row: &LedgerRow| {
        params.node.as_ref().is_none_or(|node| *node == row.node)
            && params.component.as_ref().is_none_or(|component| *component == row.component)
            && source.is_none_or(|source| source == row.source)
    };
    let rows: Vec<LedgerRow> = rows.into_iter().filter(asked).collect();
    Ok(Json(answer(rows, after, limit)))
}

fn id(field: &str, text: &str) -> Result<SourceId, ApiError> {
    text.parse().map_err(|_| {
        let hint = "16 hex digits, as answers of this route write them";
        ApiError::bad_request(field, format!("{field} is '{text}', which is no source"), hint)
    })
}

fn answer(mut rows: Vec<LedgerRow>, after: Option<SourceId>, limit: usize) -> LedgerAnswer {
    rows.sort_by_key(|row| row.source);
    let totals = totals(&rows);
    let balanced = rows.iter().all(|row| row.stale || row.balanced);
    let start = after.map_or(0, |after| rows.partition_point(|row| row.source <= after));
    let more = rows.len() - start > limit;
    let sources: Vec<LedgerRowJson> =
        rows.into_iter().skip(start).take(limit).map(LedgerRowJson::from).collect();
    let cursor = sources.last().filter(|_| more).map(|row| row.source.to_string());
    LedgerAnswer { totals, sources, balanced, cursor }
}

fn totals(rows: &[LedgerRow]) -> Totals {
    let (mut read, mut committed, mut in_flight) = <(Count, Count, Count)>::default();
    let mut totals = Totals { sources: rows.len(), ..Totals::default() };
    for row in rows {
        read += row.read;
        committed += row.committed;
        in_flight += row.in_flight;
        totals.lost += row.lost.len();
        add(&mut totals.removed, &row.removed);
        add(&mut totals.refused, &row.refused);
        add(&mut totals.shed, &row.shed);
    }
    Totals { read: read.into(), committed: committed.into(), in_flight: in_flight.into(), ..totals }
}

fn add<R: Ord + Copy>(sums: &mut BTreeMap<R, u64>, terms: &BTreeMap<R, u64>) {
    for (reason, records) in terms {
        *sums.entry(*reason).or_default() += records;
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::Stream;

    use super::*;

    fn row(source: u64, stale: bool, balanced: bool) -> LedgerRow {
        LedgerRow {
            source: SourceId(source),
            component: "shop".to_owned(),
            node: "n1".to_owned(),
            stream: Stream::Stdout,
            read: Count { bytes: 30, records: 3 },
            committed: Count { bytes: 10, records: 1 },
            removed: BTreeMap::from([(Removal::Retention, 1)]),
            refused: BTreeMap::from([(Reason::MessageTooLong, 1)]),
            shed: BTreeMap::new(),
            in_flight: Count { bytes: 10, records: 1 },
            lost: Vec::new(),
            as_of: Timestamp(0),
            stale,
            balanced,
        }
    }

    #[track_caller]
    fn check_page(answer: &LedgerAnswer, sources: &[u64], cursor: Option<&str>) {
        let shown: Vec<u64> = answer.sources.iter().map(|row| row.source.0).collect();
        assert_eq!((shown.as_slice(), answer.cursor.as_deref()), (sources, cursor));
        assert_eq!((answer.totals.sources, answer.totals.read.records), (3, 9));
        assert_eq!(answer.totals.refused[&Reason::MessageTooLong], 3);
        assert_eq!(answer.totals.removed[&Removal::Retention], 3);
    }

    #[test]
    fn pages_follow_each_other_and_totals_speak_of_all() {
        let rows = || vec![row(3, false, true), row(1, false, true), row(2, false, true)];
        check_page(&answer(rows(), None, 2), &[1, 2], Some("0000000000000002"));
        check_page(&answer(rows(), Some(SourceId(2)), 2), &[3], None);
        check_page(&answer(rows(), None, 3), &[1, 2, 3], None);
    }

    #[test]
    fn only_a_row_that_is_heard_of_unbalances() {
        assert!(answer(vec![row(1, false, true), row(2, true, false)], None, 9).balanced);
        assert!(!answer(vec![row(1, false, false)], None, 9).balanced);
        assert!(answer(Vec::new(), None, 9).balanced);
    }
}
