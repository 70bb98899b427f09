//! Traces whose every line is the message of a JSON object.

use std::borrow::Cow;

use serde::Deserialize;

/// The fields that hold a message, as loggers name them; the first that is there counts.
#[derive(Deserialize)]
struct Messages<'a> {
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    msg: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    log: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    stack: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    exception: Option<Cow<'a, str>>,
}

/// Whether the line looks like an object.
pub(super) fn is_object(line: &[u8]) -> bool {
    line.starts_with(b"{\"") || line.starts_with(b"{ \"")
}

/// Its message, if that is one line.
pub(super) fn message(line: &[u8]) -> Option<Vec<u8>> {
    let found: Messages<'_> = serde_json::from_slice(line).ok()?;
    let Messages { message, msg, log, text, stack, exception } = found;
    let message = message.or(msg).or(log).or(text).or(stack).or(exception)?;
    let message = message.strip_suffix('\n').unwrap_or(&message);
    (!message.contains('\n')).then(|| message.as_bytes().to_vec())
}
