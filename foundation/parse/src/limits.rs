//! Every limit of what is read out of a line, with its unit.

/// Bytes of a message in which a level is looked for as a field.
pub(crate) const SEVERITY_FIELD_BYTES: usize = 1_024;
/// Bytes of a message in which a level is looked for as a word.
pub(crate) const SEVERITY_WORD_BYTES: usize = 100;
/// Bytes of a message in which the names of a trace and a span are looked for: behind most stack traces.
pub(crate) const TRACE_NAMES_BYTES: usize = 64 << 10;
/// Digits (and dot) of a number in a line that is kept as a number: a double holds 15 exactly.
pub(crate) const NUMBER_DIGITS_MAX: usize = 15;
/// Bytes kept free for the member that counts what was left out, and the object's end.
pub(crate) const TRUNCATED_MEMBER_BYTES: usize = ",\"_truncated\":18446744073709551615}".len();
/// A line's own time may be ahead of now by so much, nanoseconds: clocks and zones are wrong by less.
pub(crate) const FUTURE_NS_MAX: i64 = 86_400 * 1_000_000_000;
/// Longest time in brackets, bytes.
pub(crate) const STAMP_BYTES_MAX: usize = 64;
/// Longest part of what stands before a sentence (a thread, a logger, a host), bytes.
pub(crate) const LEAD_BYTES_MAX: usize = 256;
/// Parts that are looked at before a sentence.
pub(crate) const LEAD_PARTS_MAX: usize = 10;
/// Longest key of a pair, bytes.
pub(crate) const LOGFMT_KEY_BYTES_MAX: usize = 64;
/// Bytes of a message in which a request's id is looked for.
pub(crate) const REQUEST_ID_BYTES: usize = 4 << 10;
/// Longest id of a request, bytes.
pub(crate) const REQUEST_ID_VALUE_BYTES: usize = 128;
/// Bytes of a line in which its own time is looked for.
pub(crate) const LINE_TIME_BYTES: usize = 64 << 10;

// Redaction.

/// How often a text is looked through that had a secret; the second time finds nothing, as a rule.
pub(crate) const REDACT_PASSES_MAX: usize = 8;
/// A token that is known by its shape, bytes: more of its characters in a row are something else.
pub(crate) const TOKEN_BYTES_MAX: usize = 1_024;
/// The first part of a JSON web token, bytes of base64.
pub(crate) const JWT_HEADER_BYTES_MAX: usize = 4 << 10;
/// What a PEM's first line says it is, bytes.
pub(crate) const PEM_LABEL_BYTES_MAX: usize = 64;
/// What stands between a URL's `://` and its path, bytes.
pub(crate) const URL_AUTHORITY_BYTES_MAX: usize = 1_024;
/// The part of a secret's name on either side of what it is known by, bytes.
pub(crate) const SECRET_NAME_BYTES_MAX: usize = 64;
/// An own pattern as written, bytes.
pub(crate) const PATTERN_BYTES_MAX: usize = 1_024;
/// The name of an own pattern, bytes.
pub(crate) const PATTERN_NAME_BYTES_MAX: usize = 32;
/// An own pattern once compiled, bytes.
pub(crate) const PATTERN_PROGRAM_BYTES_MAX: usize = 1 << 20;
