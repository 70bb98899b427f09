//! Every limit of what is read out of a line, with its unit.

/// Bytes of a message in which a level is looked for as a field.
pub(crate) const SEVERITY_FIELD_BYTES: usize = 1_024;
/// Bytes of a message in which a level is looked for as a word.
pub(crate) const SEVERITY_WORD_BYTES: usize = 100;
/// Bytes of a message in which the names of a trace and a span are looked for: behind most stack traces.
pub(crate) const TRACE_NAMES_BYTES: usize = 64 << 10;
