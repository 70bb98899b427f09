//! The text of a record -> what is handed over of it.
//!
//! ```text
//!   bytes ── text ──> message ── severity, ids ──> Composed
//! ```
//! Invariants: a record's text is looked at once, here; nothing here fails or drops a line.

use std::borrow::Cow;

use nilometer_model::Severity;
use nilometer_parse::{Attributes, Flags, message, severity, trace_ids};

/// Makes records of texts.
#[derive(Debug)]
pub(crate) struct Composer {
    /// Longest message, bytes.
    line_bytes_max: usize,
    /// Of the record that is being made.
    attributes: Attributes,
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
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self { line_bytes_max, attributes: Attributes::default() }
    }

    /// Longest message, bytes.
    pub(crate) fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// `source` is what is known of whoever wrote it: what the text says of the same name counts.
    pub(crate) fn compose<'a>(
        &'a mut self,
        text: &'a [u8],
        flags: Flags,
        source: &Attributes,
    ) -> Composed<'a> {
        self.attributes.clear();
        let message = message(text, flags, self.line_bytes_max, &mut self.attributes);
        let ids = trace_ids(&message);
        self.attributes.merge(source);
        Composed {
            severity: severity(&message),
            trace_id: ids.map(|ids| ids.trace),
            span_id: ids.and_then(|ids| ids.span),
            message,
            attributes: self.attributes.as_str(),
        }
    }
}
