//! A JSON object: pino, bunyan, ECS, zap, logrus, Serilog, MongoDB and everyone's own.
//!
//! ```text
//!   {"level":"error","time":1700000000000,"msg":"failed","user":{"id":7}}  ->  error  {"user":{"id":7}}
//! ```
//! Invariants: nested values stay nested, as written (a query's `user.id` finds them); a line that breaks
//! off gives the members before the break.

use std::borrow::Cow;
use std::fmt;

use nilometer_model::Severity;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::names::{Role, level, role};
use super::request_id::REQUEST_ID;
use super::{Form, Found};
use crate::Attributes;
use crate::stamp::stamp;

/// The object's members.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    let mut members = Members { attributes, severity: None, count: 0 };
    // What does not parse was seen up to there.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(&mut members);
    (members.count > 0).then(|| Found::new(Form::Json, members.severity))
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Members<'m> {
    attributes: &'m mut Attributes,
    severity: Option<Severity>,
    count: usize,
}

impl<'a> Visitor<'a> for &mut Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value = map.next_value::<&'a RawValue>()?;
            self.count += 1;
            self.member(&key, value);
        }
        Ok(())
    }
}

impl Members<'_> {
    fn member(&mut self, key: &str, value: &RawValue) {
        let json = value.get();
        let inner = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
        match role(key) {
            Role::Sentence if inner.is_some() => {}
            Role::Time if is_a_time(json) => {}
            Role::Severity if level(inner.unwrap_or(json)).is_some() => {
                self.severity = self.severity.or_else(|| level(inner.unwrap_or(json)));
            }
            Role::Ids => {
                // Those that are none of ours say something else.
                if inner.is_none_or(|id| id.len() < 16) {
                    self.attributes.json(key, value);
                }
            }
            Role::RequestId => self.attributes.json(REQUEST_ID, value),
            _ if key == "s" && self.severity.is_none() && inner.is_some_and(is_mongodb_level) => {
                self.severity = inner.and_then(level_of_mongodb);
            }
            _ => {
                if key == "log" && json.starts_with('{') {
                    self.severity = self.severity.or_else(|| ecs_level(json));
                }
                self.attributes.json(key, value);
            }
        }
    }
}

/// ECS has `log.level` as a member of an object, too.
fn ecs_level(log: &str) -> Option<Severity> {
    #[derive(Deserialize)]
    struct Log<'a> {
        #[serde(borrow)]
        level: Option<Cow<'a, str>>,
    }
    level(&serde_json::from_str::<Log<'_>>(log).ok()?.level?)
}

fn is_mongodb_level(value: &str) -> bool {
    level_of_mongodb(value).is_some()
}

/// `I`, `W`, `D1` …
fn level_of_mongodb(value: &str) -> Option<Severity> {
    match value.as_bytes() {
        [b'D', b'1'..=b'5'] => Some(Severity::Debug),
        [b'D' | b'I' | b'W' | b'E' | b'F'] => Severity::parse(value),
        _ => None,
    }
}

/// A stamp, seconds since 1970 or finer, or MongoDB's `{"$date":…}`; `"time":12` is a duration.
fn is_a_time(json: &str) -> bool {
    match json.as_bytes() {
        [b'"', ..] => stamp(json.trim_matches('"')).is_some(),
        [b'{', ..] => json.starts_with("{\"$date\""),
        _ => json.bytes().take_while(u8::is_ascii_digit).count() >= 10,
    }
}
