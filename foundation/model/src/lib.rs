//! The words of Nilometer, as types: records, ids, positions, time. Pure: no I/O, no async, no clock but [`Clock`].
//!
//! Invariants:
//! - `(source, position)` names a record for ever;
//! - a [`TimeRange`] is never empty or reversed;
//! - a [`Coverage`] never counts a position twice, whatever order its ranges arrive in.

#![warn(missing_docs)]

mod clock;
mod coverage;
mod id;
mod items;
pub mod limits;
mod names;
mod origin;
mod origins;
mod rows;
mod samples;
mod severity;
mod spans;
mod tally;
mod tenant;
mod time;

pub use clock::{Clock, ManualClock, SystemClock};
pub use coverage::{Coverage, Merge, Piece, TooManyRanges};
pub use id::{
    BatchId, CollectorId, Epoch, LineageId, LogId, LogPosition, PipelineId, Revision, Sequence,
    SourceId,
};
pub use items::{Entry, Items};
pub use names::Names;
pub use origin::{Origin, Stream};
pub use origins::Origins;
pub use rows::{Order, RowRef, Rows, TextColumn};
pub use samples::{SampleKind, SampleRef, Samples};
pub use severity::Severity;
pub use spans::{SpanKind, SpanRef, SpanStatus, Spans};
pub use tally::{Count, Gap, GapKind, Reason, Tally};
pub use tenant::{Tenant, TenantError};
pub use time::{TimeError, TimeRange, Timestamp, parse_time};
