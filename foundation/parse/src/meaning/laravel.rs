//! Monolog, as Laravel and Symfony have it: `[2026-11-21 04:06:00] production.ERROR: text`.

use nilometer_model::Severity;

use super::scan::{enclosed, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::STAMP_BYTES_MAX;
use crate::stamp::stamp;

/// Severity and channel.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let (time, rest) = enclosed(text, b'[', b']', STAMP_BYTES_MAX)?;
    let (channel, level) = word(rest.strip_prefix(' ')?)?.0.strip_suffix(':')?.rsplit_once('.')?;
    stamp(time)?;
    let is_upper = level.bytes().all(|byte| byte.is_ascii_uppercase());
    let severity = is_upper.then(|| Severity::parse(level))??;
    attributes.text("logger", channel);
    Some(Found::new(Form::Laravel, Some(severity)))
}
