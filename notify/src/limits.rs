//! Every limit of notifying, with its unit.

use std::time::Duration;

/// How long a destination may take to answer.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after the first failure; it doubles up to [`PAUSE_MAX`].
pub(crate) const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A notice that could not be sent for this long is a dead letter, ms.
pub(crate) const UNDELIVERED_MS_MAX: i64 = 3_600_000;
/// A webhook's own body before its places are filled, bytes.
pub(crate) const BODY_BYTES_MAX: usize = 16 << 10;
/// Notices that wait for one destination; beyond that the oldest is a dead letter.
pub(crate) const WAITING_MAX: usize = 10_000;
/// How often an Alertmanager is told again what fires: more often than it forgets.
pub(crate) const RESEND_EVERY: Duration = Duration::from_secs(60);
/// How long an Alertmanager is to believe that an alert fires without being told again, ns.
pub(crate) const FIRING_LASTS_NS: i64 = 300_000_000_000;
/// Of what a destination says when it refuses, so much is kept, bytes.
pub(crate) const REASON_BYTES_MAX: usize = 500;
/// Alerts that are named in a text for people; of more the number is told.
pub(crate) const ALERTS_IN_TEXT_MAX: usize = 20;
