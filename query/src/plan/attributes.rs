//! One attribute out of a record's JSON text, borrowed, without building a tree.
//!
//! Invariants:
//! - `a.b` is the attribute of that name, else `b` inside the object `a`;
//! - objects are opened as deep as an attribute may be nested, and no deeper: the recursion has an end, whatever
//!   a batch holds;
//! - of two attributes of one name the last counts, as it does in a split's index and in a browser.

use std::borrow::Cow;
use std::fmt;

use nilometer_model::limits::ATTRIBUTE_DEPTH_MAX;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The value of the attribute, if the record has it: a string's text, or the JSON text of anything else.
pub(crate) fn attribute<'a>(json: &'a str, path: &str) -> Option<Cow<'a, str>> {
    let raw = lookup(json, path)?;
    if raw == "null" {
        return None;
    }
    if !raw.starts_with('"') {
        return Some(Cow::Borrowed(raw));
    }
    match serde_json::from_str::<&str>(raw) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => serde_json::from_str::<String>(raw).ok().map(Cow::Owned),
    }
}

/// The JSON text of the attribute, if the record has it.
pub(super) fn lookup<'a>(json: &'a str, path: &str) -> Option<&'a str> {
    within(json, path, ATTRIBUTE_DEPTH_MAX)
}

/// The same, in an object inside which so many more levels are opened.
fn within<'a>(json: &'a str, path: &str, levels: usize) -> Option<&'a str> {
    if !json.starts_with('{') {
        return None;
    }
    let mut found = Found { path, levels, whole: None, inside: None };
    serde_json::Deserializer::from_str(json).deserialize_map(&mut found).ok()?;
    found.whole.or(found.inside)
}

/// Every attribute by the name that it has in the object itself, with its JSON text, in their order.
pub(crate) fn each<'a>(json: &'a str, see: impl FnMut(&str, &'a str)) {
    if json.starts_with('{') {
        // What does not parse was seen up to there.
        let _ = serde_json::Deserializer::from_str(json).deserialize_map(Each { see });
    }
}

struct Each<F> {
    see: F,
}

impl<'a, F: FnMut(&str, &'a str)> Visitor<'a> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'a>>()? {
            (self.see)(&key.0, map.next_value::<&'a RawValue>()?.get());
        }
        Ok(())
    }
}

struct Found<'p, 'a> {
    path: &'p str,
    levels: usize,
    whole: Option<&'a str>,
    inside: Option<&'a str>,
}

impl<'a> Visitor<'a> for &mut Found<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'a>>()? {
            let value = map.next_value::<&'a RawValue>()?.get();
            match self.path.strip_prefix(key.0.as_ref()) {
                Some("") => self.whole = Some(value),
                Some(rest) if self.inside.is_none() && self.levels > 0 => {
                    let rest = rest.strip_prefix('.');
                    self.inside = rest.and_then(|rest| within(value, rest, self.levels - 1));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
