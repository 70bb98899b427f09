//! What health says at a moment, as records that a rule can ask: one for each component, node and declared loss.
//!
//! ```text
//!   what=component  component  state  reason  error_ratio  p95_ms  p95_rise  restarts   (node, where it has one only)
//!   what=oom        component                                       each time that a container ran out of memory
//!   what=node       node  state  reason  lag_ms  clock_offset_ms  disk_share  memory_share
//!   what=rule       rule  reason                                    each rule that cannot be evaluated
//!   what=gap        component  node  reason                         each declared loss, at its time
//!   what=pattern    component  pattern  template  state  count      each error that nobody has seen before
//! ```
//! Invariant: what is told by health's own board is not told otherwise here; only its numbers are divided.

use std::sync::Arc;

use nilometer_model::{Rows, Tenant, TimeRange, Timestamp};
use nilometer_store::{Snapshot, Store};
use serde_json::{Map, Value as Json, json};

use super::desk::Alerts;
use super::given::push_line;
use super::new_errors::NewErrors;
use crate::api::HealthTold;
use crate::health::{ComponentHealth, NodeHealth, Times};
use crate::limits::{
    HEALTH_RISE_POINTS_LEFT_OUT, HEALTH_RISE_POINTS_MIN, HEALTH_WINDOW_DEFAULT_S,
    RULE_HEALTH_SHOWN_NS,
};

/// The records, as a snapshot that holds nothing else.
pub(super) async fn snapshot(alerts: &Alerts, tenant: &Tenant, at: Timestamp) -> Snapshot {
    let shown = TimeRange::new(at.plus_ns(-RULE_HEALTH_SHOWN_NS), at).unwrap_or(TimeRange::ALL);
    let times = Times { shown, window_s: HEALTH_WINDOW_DEFAULT_S };
    let now = alerts.clock.now();
    let Some(told) = alerts.sources.tell(&alerts.store, tenant, (times, now)).await else {
        return Snapshot { missing_splits: 1, ..Snapshot::default() };
    };
    let own = alerts.store.snapshot(tenant);
    let news = alerts.new_errors((tenant, &own), &told.first_heard, at).await;
    let news = news.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "new errors are not known");
        NewErrors::default()
    });
    let missing_splits = told.missing_splits + u32::from(!news.complete);
    let mut rows = Rows::default();
    let news = news.records.into_iter().map(|record| (at.plus_ns(-1), record));
    let failing = alerts.failing(tenant).into_iter().map(|(rule, reason)| {
        (at.plus_ns(-1), json!({"what": "rule", "rule": rule, "reason": reason}))
    });
    let all =
        records(&alerts.store, tenant, &told, (at, now)).into_iter().chain(failing).chain(news);
    for (number, (time, record)) in (1..).zip(all) {
        let Json::Object(record) = record else { continue };
        let pushed = push_line(&mut rows, tenant, &without_nothing(record), (time, number));
        if let Err(error) = pushed {
            tracing::error!(%error, "a state of health is not seen by rules");
        }
    }
    Snapshot { buffer: vec![Arc::new(rows).into()], missing_splits, ..Snapshot::default() }
}

fn records(
    store: &Store,
    tenant: &Tenant,
    told: &HealthTold,
    (at, now): (Timestamp, Timestamp),
) -> Vec<(Timestamp, Json)> {
    let just_before = at.plus_ns(-1);
    let components = told.board.components.iter().map(|health| (just_before, component(health)));
    let nodes = told.board.nodes.iter().map(|health| (just_before, node(health)));
    let oom = |(component, time): &(String, Timestamp)| {
        (*time, json!({"what": "oom", "component": component}))
    };
    let ledger = store.ledger(tenant, now);
    let gaps = ledger.iter().flat_map(|row| {
        row.lost.iter().map(move |gap| {
            let reason = gap.reason.to_string();
            (gap.time, json!({"what": "gap", "component": row.component, "node": row.node, "reason": reason}))
        })
    });
    components.chain(nodes).chain(told.ooms.iter().map(oom)).chain(gaps).collect()
}

fn component(health: &ComponentHealth) -> Json {
    // The last whole minute: what is slow is seen soon, and so is its end.
    let p95_ms = health.series.p95_ms.last().copied().flatten();
    // A component that runs on one node falls with it.
    let node = health.nodes.iter().next().filter(|_| health.nodes.len() == 1);
    json!({
        "what": "component", "component": health.component, "node": node,
        "state": health.state.name(), "reason": health.reason,
        "error_ratio": health.numbers.counts.share(), "p95_ms": p95_ms,
        "p95_rise": p95_ms.and_then(|now| rise(now, &health.series.p95_ms)),
        "restarts": health.restarts,
    })
}

/// How many times what is usual: what nine of ten minutes before the last ones stayed below.
fn rise(now: f64, points: &[Option<f64>]) -> Option<f64> {
    let before = &points[..points.len().saturating_sub(HEALTH_RISE_POINTS_LEFT_OUT)];
    let mut known: Vec<f64> = before.iter().copied().flatten().collect();
    if known.len() < HEALTH_RISE_POINTS_MIN {
        return None;
    }
    known.sort_by(f64::total_cmp);
    let usual = known[known.len() * 9 / 10];
    (usual > 0.0).then(|| now / usual)
}

fn node(health: &NodeHealth) -> Json {
    let load = &health.load;
    let share = |used: Option<f64>, total: Option<f64>| {
        total.filter(|total| *total > 0.0).and_then(|total| used.map(|used| used / total))
    };
    json!({
        "what": "node", "node": health.node, "state": health.state.name(), "reason": health.reason,
        "lag_ms": health.lag_ms, "clock_offset_ms": health.clock_offset_ms,
        "disk_share": share(load.disk_used, load.disk_total),
        "memory_share": share(load.memory_used, load.memory_total),
    })
}

/// A record says only what it knows.
fn without_nothing(record: Map<String, Json>) -> Map<String, Json> {
    record.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of a p95, the last one among those that say nothing about what is usual.
    #[track_caller]
    fn check(points: &[f64], expect: Option<f64>) {
        let points: Vec<Option<f64>> = points.iter().copied().map(Some).collect();
        assert_eq!(rise(90.0, &points), expect);
    }

    #[test]
    fn a_rise_is_over_what_nine_of_ten_minutes_stayed_below() {
        let known = [10.0; HEALTH_RISE_POINTS_MIN];
        let last = [90.0; HEALTH_RISE_POINTS_LEFT_OUT];
        check(&[&known[..], &last].concat(), Some(9.0));
        check(&[&known[1..], &last].concat(), None);
        // A quiet night does not make a busy hour's usual minute slow.
        check(&[&[10.0; 40][..], &[45.0; 5], &last].concat(), Some(2.0));
        check(&[&[10.0; 40][..], &[45.0; 4], &last].concat(), Some(9.0));
    }
}
