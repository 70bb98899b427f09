//! The body of a webhook that wants another than Alertmanager's: JSON with places.
//!
//! ```text
//!   {"title": {{ subject }}, "on": {{ commonLabels.component }}, "all": {{ alerts }}}
//! ```
//! Invariants:
//! - a place is filled with a JSON value, a text with its quotes, so that no alert breaks out of the body;
//! - a body that names no such place, or is no JSON when it is filled, is refused when it is read.

use nilometer_alert::Notice;
use nilometer_model::Timestamp;
use serde_json::Value;

use crate::limits::BODY_BYTES_MAX;
use crate::payload;

/// A checked body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String);

impl Body {
    /// Checks it on a notice that could be.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: String) -> Result<Self, String> {
        if text.len() > BODY_BYTES_MAX {
            return Err(format!("it has {} bytes, at most {BODY_BYTES_MAX}", text.len()));
        }
        let body = Self(text);
        let example = payload::places(&Notice::test("receiver", Timestamp(0)), "http://localhost");
        let filled = body.filled(|place| value(&example, place).map(Value::to_string))?;
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&filled);
        is_json.map_err(|error| format!("filled, it is no JSON: {error}"))?;
        Ok(body)
    }

    /// The bytes that tell a notice.
    pub(crate) fn tell(&self, notice: &Notice, external_url: &str) -> Vec<u8> {
        let places = payload::places(notice, external_url);
        let filled = self.filled(|place| value(&places, place).map(Value::to_string));
        filled.unwrap_or_default().into_bytes()
    }

    fn filled(&self, fill: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let (mut out, mut rest) = (String::with_capacity(self.0.len()), self.0.as_str());
        while let Some((before, behind)) = rest.split_once("{{") {
            let (place, after) = behind.split_once("}}").ok_or("a {{ without its }}")?;
            let place = place.trim();
            let filled = fill(place).ok_or_else(|| format!("there is no place '{place}'"))?;
            out.extend([before, &filled]);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// What stands at a place; a label or annotation that the alerts do not share is null.
fn value<'a>(places: &'a Value, place: &str) -> Option<&'a Value> {
    let Some((of, name)) = place.split_once('.') else { return places.get(place) };
    let members = places.get(of)?.as_object()?;
    Some(members.get(name).unwrap_or(&Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expect: Result<&str, &str>) {
        let notice = Notice::test("chat", Timestamp(0));
        let body = Body::parse(body.to_owned());
        let told = body.map(|body| String::from_utf8(body.tell(&notice, "http://h")).unwrap());
        assert_eq!(told, expect.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn places_are_filled_with_json_and_what_cannot_be_is_refused() {
        check(r#"{"a": {{ receiver }}, "b": {{status}}}"#, Ok(r#"{"a": "chat", "b": "firing"}"#));
        check(r#"{"a": {{ commonLabels.nobody }}}"#, Ok(r#"{"a": null}"#));
        check(r#"{"a": {{ statsu }}}"#, Err("there is no place 'statsu'"));
        check(r#"{"a": {{ status }"#, Err("a {{ without its }}"));
        check(
            r#"{"a": "{{ status }}"}"#,
            Err("filled, it is no JSON: expected `,` or `}` at line 1 column 9"),
        );
    }

    #[test]
    fn a_body_has_a_limit() {
        let body = |bytes: usize| Body::parse(format!("\"{}\"", "x".repeat(bytes - 2)));
        assert!(body(BODY_BYTES_MAX).is_ok() && body(BODY_BYTES_MAX + 1).is_err());
    }
}
