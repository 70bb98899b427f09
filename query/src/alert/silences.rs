//! A silence as it is written, in Meta and by the API.

use nilometer_alert::{FieldError, RawMatcher, Silence};
use nilometer_model::Timestamp;
use serde::Deserialize;

/// See the file's head.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    matchers: Vec<RawMatcher>,
    from: Timestamp,
    to: Timestamp,
    #[serde(default)]
    comment: String,
}

impl Written {
    /// The silence that is meant.
    pub(crate) fn check(self, id: String) -> Result<Silence, FieldError> {
        Silence::new(id, self.matchers, (self.from, self.to), self.comment)
    }
}
