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
