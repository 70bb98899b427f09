//! Secrets in what SDKs send -> marks, before it goes through the door.
//!
//! Invariants: what people and programs write freely is looked at (bodies, attributes, status messages,
//! events), names are not (services, operations, metrics); a column without a secret is left as it is.

use std::borrow::Cow;

use nilometer_model::limits::MESSAGE_BYTES_MAX;
use nilometer_model::{Items, TextColumn};
use nilometer_parse::{Counts, Redactor};

use crate::metrics;

/// Takes the secrets out of the items.
pub(crate) fn redact(items: &mut Items, redactor: &Redactor) {
    let mut counts = Counts::default();
    let Items { rows, spans, samples: _ } = items;
    for texts in [
        &mut rows.message,
        &mut rows.attributes,
        &mut spans.attributes,
        &mut spans.status_message,
        &mut spans.events,
    ] {
        column(texts, redactor, &mut counts);
    }
    metrics::redacted(redactor.counted(&counts));
}

fn column(texts: &mut TextColumn, redactor: &Redactor, counts: &mut Counts) {
    let mut redacted: Option<TextColumn> = None;
    for row in 0..texts.len() {
        let text = redactor.redact(texts.get(row), counts);
        match (&mut redacted, text) {
            (None, Cow::Borrowed(_)) => {}
            (Some(redacted), text) => redacted.push(within_limit(&text)),
            (None, Cow::Owned(text)) => {
                let mut column = TextColumn::default();
                (0..row).for_each(|before| column.push(texts.get(before)));
                column.push(within_limit(&text));
                redacted = Some(column);
            }
        }
    }
    if let Some(redacted) = redacted {
        *texts = redacted;
    }
}

/// Marks may be longer than what they stand for.
fn within_limit(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_BYTES_MAX)]
}
