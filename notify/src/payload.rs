//! What is sent, made of a notice: pure.
//!
//! Invariants:
//! - the webhook's body is Alertmanager's, version 4; labels are the alert's and `severity`;
//! - text of an alert stays text: what a chat would read as markup is escaped.

use std::collections::BTreeMap;
use std::fmt::Write;

use nilometer_alert::{Alert, AlertState, Notice};
use nilometer_model::Timestamp;
use serde::Serialize;

use crate::limits::{ALERTS_IN_TEXT_MAX, FIRING_LASTS_NS};

type Labels = BTreeMap<String, String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Webhook<'a> {
    version: &'static str,
    group_key: String,
    truncated_alerts: u32,
    status: &'static str,
    receiver: &'a str,
    group_labels: Labels,
    common_labels: Labels,
    common_annotations: Labels,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    alerts: Vec<WebhookAlert>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookAlert {
    status: &'static str,
    labels: Labels,
    annotations: Labels,
    starts_at: Timestamp,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// An alert as Alertmanager's API takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    labels: Labels,
    annotations: Labels,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

/// How Alertmanager writes that something has not ended.
const NO_END: &str = "0001-01-01T00:00:00Z";

fn is_over(alert: &Alert) -> bool {
    alert.state == AlertState::Resolved
}

fn status(is_firing: bool) -> &'static str {
    if is_firing { "firing" } else { "resolved" }
}

fn labels(alert: &Alert) -> Labels {
    let mut labels = alert.labels.clone();
    labels.entry("severity".to_owned()).or_insert_with(|| alert.severity.name().to_owned());
    labels
}

fn annotations(alert: &Alert) -> Labels {
    let mut annotations = alert.annotations.clone();
    annotations.entry("reason".to_owned()).or_insert_with(|| alert.reason.clone());
    if !alert.complete {
        let incomplete = "not everything that is known of could be looked at";
        annotations.entry("incomplete".to_owned()).or_insert_with(|| incomplete.to_owned());
    }
    annotations
}

/// What all of them say alike.
fn common(all: impl Iterator<Item = Labels>) -> Labels {
    all.reduce(|mut common, other| {
        common.retain(|name, value| other.get(name) == Some(value));
        common
    })
    .unwrap_or_default()
}

/// The body of a webhook.
pub(crate) fn webhook(notice: &Notice, external_url: &str) -> Vec<u8> {
    serde_json::to_vec(&told(notice, external_url)).unwrap_or_default()
}

/// What a webhook's own body can name: the members of the usual one, its subject and its text.
pub(crate) fn places(notice: &Notice, external_url: &str) -> serde_json::Value {
    let mut places = serde_json::to_value(told(notice, external_url)).unwrap_or_default();
    places["subject"] = subject(notice).into();
    places["text"] = text(notice, external_url).into();
    places
}

fn told<'a>(notice: &'a Notice, external_url: &'a str) -> Webhook<'a> {
    let alert = |alert: &Alert| WebhookAlert {
        status: status(!is_over(alert)),
        labels: labels(alert),
        annotations: annotations(alert),
        starts_at: alert.since,
        ends_at: alert.until.map_or_else(|| NO_END.to_owned(), |until| until.to_string()),
        generator_url: format!("{external_url}{}", alert.link),
        fingerprint: alert.id.0.split('-').next().unwrap_or_default().to_owned(),
    };
    Webhook {
        version: "4",
        group_key: format!("{{rule=\"{}\"}}", notice.rule),
        truncated_alerts: 0,
        status: status(!notice.alerts.iter().all(is_over)),
        receiver: &notice.destination,
        group_labels: [("rule".to_owned(), notice.rule.to_string())].into(),
        common_labels: common(notice.alerts.iter().map(labels)),
        common_annotations: common(notice.alerts.iter().map(annotations)),
        external_url,
        alerts: notice.alerts.iter().map(alert).collect(),
    }
}

/// The body for an Alertmanager; what fires lasts a while beyond `now`, unless it is told again.
pub(crate) fn alertmanager(alerts: &[Alert], external_url: &str, now: Timestamp) -> Vec<u8> {
    let posted = |alert: &Alert| Posted {
        labels: labels(alert),
        annotations: annotations(alert),
        starts_at: alert.since,
        ends_at: alert.until.unwrap_or_else(|| now.plus_ns(FIRING_LASTS_NS)),
        generator_url: format!("{external_url}{}", alert.link),
    };
    serde_json::to_vec(&alerts.iter().map(posted).collect::<Vec<_>>()).unwrap_or_default()
}

/// The body for Slack and what speaks like it.
pub(crate) fn slack(notice: &Notice, external_url: &str) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = escaped(&format!("{}\n{}", subject(notice), text(notice, external_url)));
    serde_json::to_vec(&serde_json::json!({ "text": text })).unwrap_or_default()
}

/// One line: what it is about, and how many.
pub(crate) fn subject(notice: &Notice) -> String {
    let name = notice.alerts.first().and_then(|alert| alert.labels.get("alertname"));
    let name = name.map_or(notice.rule.as_str(), String::as_str);
    let firing = notice.alerts.iter().filter(|alert| !is_over(alert)).count();
    let state = match (firing, notice.alerts.len() - firing) {
        (firing, 0) => format!("FIRING {firing}"),
        (0, over) => format!("RESOLVED {over}"),
        (firing, over) => format!("FIRING {firing}, RESOLVED {over}"),
    };
    let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("[{state}] {line}")
}

/// A paragraph for each alert.
pub(crate) fn text(notice: &Notice, external_url: &str) -> String {
    let mut text = String::new();
    for alert in notice.alerts.iter().take(ALERTS_IN_TEXT_MAX) {
        let group = alert.labels.iter().filter(|(name, _)| *name != "alertname");
        let group: Vec<String> = group.map(|(name, value)| format!("{name}={value}")).collect();
        let state = status(!is_over(alert));
        let severity = alert.severity.name();
        let _written =
            writeln!(text, "\n{state} ({severity}) since {}: {}", alert.since, group.join(", "));
        for (name, annotation) in annotations(alert) {
            let _written = writeln!(text, "{name}: {annotation}");
        }
        let _written = writeln!(text, "{external_url}{}", alert.link);
    }
    if let Some(more) = notice.alerts.len().checked_sub(ALERTS_IN_TEXT_MAX).filter(|more| *more > 0)
    {
        let _written = writeln!(text, "\nand {more} more");
    }
    text
}
