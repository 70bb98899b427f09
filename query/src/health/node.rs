//! How a node is: told from the heartbeats of its collectors, and from whatever else names the node.
//!
//! ```text
//!   a collector was heard within 15 s ──────────────────────────> healthy
//!   none was, but something else of the node came since ────────> collector_gone
//!   its last collector said goodbye ────────────────────────────> collector_gone, stopped in order
//!   none was, and nothing else came ────────────────────────────> node_gone
//!   it never had a collector: something came within a minute ───> healthy, else unknown
//! ```

use std::collections::{BTreeMap, BTreeSet};

use nilometer_model::Timestamp;

use super::evidence::{Evidence, Sign};
use super::readings::NodeLoad;
use super::words::length;
use crate::limits::{COLLECTOR_GONE_MS, SIGN_FRESH_MS, SIGN_LATER_MS};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeState {
    Healthy,
    CollectorGone,
    NodeGone,
    Unknown,
}

impl NodeState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::CollectorGone => "collector_gone",
            Self::NodeGone => "node_gone",
            Self::Unknown => "unknown",
        }
    }
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeHealth {
    pub(crate) node: String,
    pub(crate) state: NodeState,
    /// When the state began, if that is known.
    pub(crate) since: Option<Timestamp>,
    pub(crate) reason: String,
    pub(crate) load: NodeLoad,
    pub(crate) last_seen: Option<Timestamp>,
    pub(crate) clock_offset_ms: Option<i64>,
    pub(crate) lag_ms: Option<i64>,
}

/// Every node that has a collector, or that something names.
pub(crate) fn nodes(evidence: &Evidence) -> BTreeMap<String, NodeHealth> {
    let collected = evidence.signs.iter().map(|sign| sign.node.as_str());
    let named = evidence.tracks.signs.keys().map(String::as_str);
    let all: BTreeSet<&str> = collected.chain(named).chain(evidence.readings.nodes()).collect();
    all.into_iter().map(|node| (node.to_owned(), judge(evidence, node))).collect()
}

fn judge(evidence: &Evidence, node: &str) -> NodeHealth {
    let at = evidence.times.at();
    let sign = evidence.tracks.signs.get(node).copied();
    let latest = evidence.signs.iter().filter(|sign| sign.node == node);
    let latest = latest.max_by_key(|sign| (sign.last_seen, !sign.goodbye));
    let (state, since, reason) = match latest {
        Some(latest) => collected(latest, sign, at),
        None => uncollected(sign, at),
    };
    NodeHealth {
        node: node.to_owned(),
        state,
        since,
        reason,
        load: evidence.readings.load(node),
        last_seen: latest.map(|latest| latest.last_seen).max(sign),
        clock_offset_ms: latest.map(|latest| latest.clock_offset_ms),
        lag_ms: latest.map(|latest| latest.lag_ms),
    }
}

type Judged = (NodeState, Option<Timestamp>, String);

/// By its collector that was heard last, and when something that names it was last received.
fn collected(latest: &Sign, sign: Option<Timestamp>, at: Timestamp) -> Judged {
    let silent_ms = at.ms_since(latest.last_seen);
    let since = Some(latest.last_seen);
    if latest.goodbye && silent_ms >= 0 {
        return (NodeState::CollectorGone, since, "its collector was stopped in order".to_owned());
    }
    if silent_ms < COLLECTOR_GONE_MS {
        return (NodeState::Healthy, None, String::new());
    }
    let silent = length(silent_ms);
    let other = sign.filter(|sign| sign.ms_since(latest.last_seen) > SIGN_LATER_MS);
    if other.is_some_and(|other| at.ms_since(other) < SIGN_FRESH_MS) {
        let reason = format!("its collector has been silent for {silent}, the node still speaks");
        return (NodeState::CollectorGone, since, reason);
    }
    let since = since.max(other);
    (
        NodeState::NodeGone,
        since,
        format!("no sign of it for {}", length(at.ms_since(since.unwrap_or(at)))),
    )
}

fn uncollected(sign: Option<Timestamp>, at: Timestamp) -> Judged {
    match sign {
        Some(sign) if at.ms_since(sign) < SIGN_FRESH_MS => {
            (NodeState::Healthy, None, String::new())
        }
        Some(sign) => {
            let quiet = length(at.ms_since(sign));
            let reason = format!("nothing of it came for {quiet}, and no collector watches it");
            (NodeState::Unknown, Some(sign), reason)
        }
        None => (NodeState::Unknown, None, "no collector watches it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_000_000_000_000);

    fn ago(seconds: i64) -> Timestamp {
        AT.plus_ns(-seconds * 1_000_000_000)
    }

    fn sign(seconds_ago: i64, goodbye: bool) -> Sign {
        Sign {
            node: "n1".to_owned(),
            last_seen: ago(seconds_ago),
            goodbye,
            clock_offset_ms: 0,
            lag_ms: 0,
        }
    }

    #[track_caller]
    fn check(judged: Judged, state: NodeState, since_ago: Option<i64>, reason: &str) {
        assert_eq!(judged, (state, since_ago.map(ago), reason.to_owned()));
    }

    #[test]
    fn a_node_is_gone_only_when_nothing_of_it_is_heard() {
        check(collected(&sign(14, false), None, AT), NodeState::Healthy, None, "");
        check(
            collected(&sign(15, false), None, AT),
            NodeState::NodeGone,
            Some(15),
            "no sign of it for 15 s",
        );
        let on_its_way = Some(ago(35));
        check(
            collected(&sign(41, false), on_its_way, AT),
            NodeState::NodeGone,
            Some(41),
            "no sign of it for 41 s",
        );
    }

    #[test]
    fn a_collector_is_gone_when_its_node_still_speaks_or_when_it_said_goodbye() {
        let reason = "its collector has been silent for 41 s, the node still speaks";
        check(
            collected(&sign(41, false), Some(ago(2)), AT),
            NodeState::CollectorGone,
            Some(41),
            reason,
        );
        check(
            collected(&sign(3, true), None, AT),
            NodeState::CollectorGone,
            Some(3),
            "its collector was stopped in order",
        );
        // A moment before that is asked about.
        check(collected(&sign(-1, true), None, AT), NodeState::Healthy, None, "");
        check(
            collected(&sign(600, false), Some(ago(60)), AT),
            NodeState::NodeGone,
            Some(60),
            "no sign of it for 60 s",
        );
    }

    #[test]
    fn a_node_without_a_collector_is_healthy_while_it_speaks_and_unknown_after() {
        check(uncollected(Some(ago(59)), AT), NodeState::Healthy, None, "");
        let reason = "nothing of it came for 60 s, and no collector watches it";
        check(uncollected(Some(ago(60)), AT), NodeState::Unknown, Some(60), reason);
        check(uncollected(None, AT), NodeState::Unknown, None, "no collector watches it");
    }
}
