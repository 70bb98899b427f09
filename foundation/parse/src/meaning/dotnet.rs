//! .NET's console: `fail: Shop.Orders[42]`, the text on the lines behind it.

use nilometer_model::Severity;

use super::scan::{digits, past_blanks, until};
use super::{Form, Found};
use crate::Attributes;

/// Severity, category and event.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let severity = match text.as_bytes() {
        [b't', b'r', b'c', b'e', b':', ..] => Severity::Trace,
        [b'd', b'b', b'u', b'g', b':', ..] => Severity::Debug,
        [b'i', b'n', b'f', b'o', b':', ..] => Severity::Info,
        [b'w', b'a', b'r', b'n', b':', ..] => Severity::Warn,
        [b'f', b'a', b'i', b'l', b':', ..] => Severity::Error,
        [b'c', b'r', b'i', b't', b':', ..] => Severity::Fatal,
        _ => return None,
    };
    let first = text[5..].lines().next()?;
    let (category, event) = until(past_blanks(first), b'[')?;
    let (event, behind) = digits(event)?;
    if category.contains(' ') || !behind.starts_with(']') {
        return None;
    }
    attributes.text("logger", category);
    attributes.word("event.id", event);
    Some(Found::new(Form::DotNet, Some(severity)))
}
