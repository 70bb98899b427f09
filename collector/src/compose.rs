//! The text of a record -> what is handed over of it.
//!
//! ```text
//!   bytes ── text ──> message ── redact ──> message ── meaning ──> Composed: severity, ids, attributes
//! ```
//! Invariants:
//! - a record's text is looked at once, here; nothing here fails or drops a line;
//! - it is redacted whole and first, so that whatever is read out of it is clean.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::tz::TimeZone;
use nilometer_model::{Severity, Timestamp};
use nilometer_parse::{Attributes, Clues, Counts, Flags, Redactor, line_time, meaning, message};

use crate::metrics;

/// Makes records of texts.
#[derive(Debug)]
pub(crate) struct Composer {
    /// Longest message, bytes.
    line_bytes_max: usize,
    /// Of times that name none.
    timezone: TimeZone,
    /// Of the record that is being made.
    attributes: Attributes,
    /// None: texts are kept as written.
    redactor: Option<Arc<Redactor>>,
    /// What was redacted of the record that is being made.
    counts: Counts,
}

/// What a text says.
#[derive(Debug)]
pub(crate) struct Composed<'a> {
    pub(crate) message: Cow<'a, str>,
    /// A JSON object, or empty.
    pub(crate) attributes: &'a str,
    pub(crate) severity: Severity,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
}

impl Composer {
    pub(crate) fn new(
        line_bytes_max: usize,
        timezone: TimeZone,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        let (attributes, counts) = (Attributes::default(), Counts::default());
        Self { line_bytes_max, timezone, attributes, redactor, counts }
    }

    /// Longest message, bytes.
    pub(crate) fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// The time that a line of a file says itself.
    pub(crate) fn line_time(&self, line: &[u8], now: Timestamp) -> Option<Timestamp> {
        line_time(line, &self.timezone, now)
    }

    /// `clues` tell what the text may hold. `source` is what is known of whoever wrote it: what the text says of
    /// the same name counts.
    pub(crate) fn compose<'a>(
        &'a mut self,
        (text, clues): (&'a [u8], Clues),
        flags: Flags,
        source: &Attributes,
    ) -> Composed<'a> {
        self.attributes.clear();
        let message = message(text, flags, self.line_bytes_max, &mut self.attributes);
        let (message, clues) = self.redacted(message, clues);
        let meaning = meaning(&message, clues, &mut self.attributes);
        self.attributes.merge(source);
        Composed {
            severity: meaning.severity,
            trace_id: meaning.ids.map(|ids| ids.trace),
            span_id: meaning.ids.and_then(|ids| ids.span),
            message,
            attributes: self.attributes.as_str(),
        }
    }

    /// The message without its secrets. Marks may be longer than what they stand for.
    fn redacted<'a>(&mut self, message: Cow<'a, str>, clues: Clues) -> (Cow<'a, str>, Clues) {
        let Some(redactor) = &self.redactor else { return (message, clues) };
        let redacted = redactor.redact_by_clues(&message, clues, &mut self.counts);
        let Cow::Owned(mut redacted) = redacted else { return (message, clues) };
        metrics::redacted(redactor.counted(&self.counts));
        self.counts.clear();
        if redacted.len() > self.line_bytes_max {
            redacted.truncate(redacted.floor_char_boundary(self.line_bytes_max));
            self.attributes.flag("truncated");
        }
        (Cow::Owned(redacted), clues.rewritten())
    }
}

#[cfg(test)]
mod tests {
    use nilometer_parse::RedactConfig;

    use super::*;

    #[track_caller]
    fn check(text: &str, line_bytes_max: usize, expect: (&str, &str)) {
        let redactor = Redactor::new(RedactConfig::default(), b"a key");
        let redactor = Some(Arc::new(redactor));
        let mut composer = Composer::new(line_bytes_max, TimeZone::UTC, redactor);
        let text = (text.as_bytes(), Clues::UNSEARCHED);
        let composed = composer.compose(text, Flags::default(), &Attributes::default());
        assert_eq!((&*composed.message, composed.attributes), expect);
    }

    #[test]
    fn a_secret_is_gone_before_anything_is_read_out_of_the_text() {
        check("password=a", 100, ("password=REDACTED-password-4ab0ac9480c6", ""));
        check("nothing", 100, ("nothing", ""));
    }

    #[test]
    fn a_message_that_its_marks_make_too_long_is_cut_and_says_so() {
        check("password=a", 39, ("password=REDACTED-password-4ab0ac9480c6", ""));
        check(
            "password=a",
            38,
            ("password=REDACTED-password-4ab0ac9480c", r#"{"truncated":true}"#),
        );
    }
}
