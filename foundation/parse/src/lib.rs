//! What a line says: its frame, its text, what of it is secret, how bad it is and where it belongs. Pure; nothing here fails.
//!
//! ```text
//!   a line of a file ── frame ──> a piece of a record ── text ──> message ── redact ── meaning ──> severity,
//!                    └─ line time, where the runtime gives none                       trace ids, attributes
//! ```

#![warn(missing_docs)]

mod attributes;
mod clues;
mod frame;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod limits;
mod line_time;
mod meaning;
mod multiline;
mod redact;
mod severity;
mod stamp;
mod text;
mod trace_ids;
mod words;

pub use attributes::{Attributes, TRUNCATED};
pub use clues::{ClueSearch, Clues, Looks};
pub use frame::{Format, Framed, STDERR, STDOUT, frame};
pub use line_time::line_time;
pub use meaning::{Form, Meaning, meaning};
pub use multiline::{GoesOn, Trace};
pub use redact::{Counts, Kind, Pattern, PatternError, RedactConfig, Redactor};
pub use severity::severity;
pub use text::{Flags, message};
pub use trace_ids::{TraceIds, trace_ids};
