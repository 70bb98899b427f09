//! A silence as it is written, in Meta and by the API.

use nilometer_alert::{FieldError, Length, RawMatcher, Silence};
use nilometer_model::Timestamp;
use serde::Deserialize;

/// See the file's head.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    matchers: Vec<RawMatcher>,
    from: Timestamp,
    to: Timestamp,
    every: Option<String>,
    #[serde(default)]
    comment: String,
}

impl Written {
    /// The silence that is meant.
    pub(crate) fn check(self, id: String) -> Result<Silence, FieldError> {
        let every = read_every(self.every.as_deref())?;
        Silence::new(id, self.matchers, (self.from, self.to, every), self.comment)
    }
}

/// How often it comes again, as it is written.
pub(crate) fn read_every(text: Option<&str>) -> Result<Option<Length>, FieldError> {
    let read = |text: &str| {
        Length::parse(text).ok_or_else(|| {
            FieldError::new("every", format!("'{text}' is no length of time"), "such as 1d or 7d")
        })
    };
    text.map(read).transpose()
}
