//! A speaker: the names that all records of a source carry, and what else is known of it.
//!
//! Invariant: what is known has no name twice and no empty value, and at most
//! [`SPEAKER_KNOWN_BYTES_MAX`] in all; what does not fit is left out whole, and counted.

use nilometer_parse::Attributes;
use serde::{Deserialize, Serialize};

use crate::limits::{SPEAKER_KNOWN_BYTES_MAX, SPEAKER_VALUE_BYTES_MAX};
use crate::metrics;

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Speaker {
    /// The logical service.
    pub(crate) component: String,
    /// The pod or container.
    pub(crate) instance: String,
    /// The image's tag or digest; empty when not known.
    pub(crate) version: String,
    /// What becomes attributes: names and values.
    pub(super) known: Vec<(String, String)>,
}

impl Speaker {
    pub(crate) fn new(component: String, instance: String) -> Self {
        Self { component, instance, ..Self::default() }
    }

    /// Notes what is known, unless that is nothing or was noted before.
    pub(super) fn know(&mut self, name: &str, value: &str) {
        if value.is_empty() || self.known.iter().any(|(there, _)| there == name) {
            return;
        }
        let value = &value[..value.floor_char_boundary(SPEAKER_VALUE_BYTES_MAX)];
        let held: usize = self.known.iter().map(|(name, value)| name.len() + value.len()).sum();
        if held + name.len() + value.len() > SPEAKER_KNOWN_BYTES_MAX {
            return metrics::attribute_left_out();
        }
        self.known.push((name.to_owned(), value.to_owned()));
    }

    /// What is known, as the attributes of every record.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::default();
        self.known.iter().for_each(|(name, value)| attributes.text(name, value));
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_no_name_twice_and_no_empty_value() {
        let mut speaker = Speaker::default();
        assert_eq!(speaker.attributes().as_str(), "");
        for (name, value) in [("a", "1"), ("b", ""), ("a", "2"), ("c \"x\"", "y\n")] {
            speaker.know(name, value);
        }
        assert_eq!(speaker.attributes().as_str(), r#"{"a":"1","c \"x\"":"y\n"}"#);
    }

    #[test]
    fn a_value_is_cut_at_its_limit() {
        for (bytes, kept) in [
            (SPEAKER_VALUE_BYTES_MAX, SPEAKER_VALUE_BYTES_MAX),
            (SPEAKER_VALUE_BYTES_MAX + 1, SPEAKER_VALUE_BYTES_MAX),
        ] {
            let mut speaker = Speaker::default();
            speaker.know("k", &"v".repeat(bytes));
            assert_eq!(speaker.known[0].1.len(), kept);
        }
    }

    #[test]
    fn what_makes_too_much_is_left_out_whole() {
        let values = SPEAKER_KNOWN_BYTES_MAX / SPEAKER_VALUE_BYTES_MAX;
        for (last, there) in [(SPEAKER_VALUE_BYTES_MAX - 1, true), (SPEAKER_VALUE_BYTES_MAX, false)]
        {
            let mut speaker = Speaker::default();
            // With a name of one byte each fills its part of the whole.
            for name in ('a'..).take(values - 1) {
                speaker.know(&name.to_string(), &"v".repeat(SPEAKER_VALUE_BYTES_MAX - 1));
            }
            speaker.know("z", &"v".repeat(last));
            assert_eq!(speaker.known.len(), values - usize::from(!there));
        }
    }
}
