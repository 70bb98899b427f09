//! What goes over the wire between our own parts, and NDJSON from others. Pure: bytes in, values out.
//!
//! Invariants:
//! - a frozen batch is a byte string: whoever resends it sends the same bytes;
//! - no decoder allocates more than its limit says, whatever the bytes claim.

#![warn(missing_docs)]

mod answer;
mod compression;
mod dictionary;
mod door;
mod frame;
mod header;
mod heartbeat;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod intake;
mod lesson;
pub mod limits;
mod ndjson;
mod spares;
mod told;

pub use answer::{BatchAnswer, CommittedTo, Refusal};
pub use compression::{Compression, InflateError, inflate};
pub use dictionary::{DICTIONARY_CODING, Dictionary, DictionaryHash, dictionary_of};
pub use door::Door;
pub use frame::{Batch, FrameError, Freezer, decode, decode_header, encode, uncompressed};
pub use header::{BATCH_VERSION, BatchHeader, Fingerprint, SourceRange};
pub use heartbeat::{CaughtUp, Heartbeat, HeartbeatAnswer, SourceRead};
pub use intake::{IngestAnswer, IngestRequest, Intake, IntakeError, RefusedLine};
pub use lesson::Lesson;
pub use ndjson::{LineError, NdjsonLine, parse_line};
pub use spares::Spares;
