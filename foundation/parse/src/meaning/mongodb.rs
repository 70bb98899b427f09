//! MongoDB before 4.4, behind its time: ` I NETWORK  [conn7] text`. Later ones write JSON.

use nilometer_model::Severity;

use super::scan::{enclosed, past_blanks, word};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LEAD_BYTES_MAX;

/// Severity, component and context.
pub(super) fn read(rest: &str, attributes: &mut Attributes) -> Option<Found> {
    let (level, rest) = word(rest.strip_prefix(' ')?)?;
    let severity = match level {
        "F" => Severity::Fatal,
        "E" => Severity::Error,
        "W" => Severity::Warn,
        "I" => Severity::Info,
        "D" | "D1" | "D2" | "D3" | "D4" | "D5" => Severity::Debug,
        _ => return None,
    };
    let (component, rest) = word(past_blanks(rest))?;
    let (context, _) = enclosed(past_blanks(rest), b'[', b']', LEAD_BYTES_MAX)?;
    if component != "-" && !component.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        return None;
    }
    attributes.text("mongodb.component", component);
    attributes.text("mongodb.context", context);
    Some(Found::new(Form::MongoDb, Some(severity)))
}
