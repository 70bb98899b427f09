//! Where indexer and query meet: the books, the buffer, the splits, and the one commit that makes things true.
//!
//! Invariants:
//! - a [`Snapshot`] is exactly the splits of one revision and the items above its checkpoint;
//! - the buffer is filled from the Log only, and could be thrown away and rebuilt from it;
//! - nothing outside Meta's commits decides what is data.

#![warn(missing_docs)]

mod account;
mod arrival;
mod buffer;
mod closing;
mod commit;
mod eviction;
mod feeds;
mod forecast;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod late;
pub mod limits;
mod live;
mod merge_plan;
pub mod meta;
pub mod patterns;
mod pins;
mod purge;
pub mod records;
mod removal;
mod retention;
mod rivals;
mod sift;
mod snapshot;
mod split;
mod store;
mod views;

pub use account::Account;
pub use arrival::{Arrival, Entered};
pub use buffer::Chunk;
pub use commit::{Checkpoint, Commit, DeadLetter, Heard, Read, State};
pub use forecast::Outlook;
pub use late::Late;
pub use live::{NotOwned, TurnedBack};
pub use meta::{LocalMeta, Meta, MetaError, Replay, SimMeta};
pub use pins::{Pin, PinError};
pub use purge::{Mask, Purge, PurgeId, PurgeLanguage, PurgeStage, Removed, Suspect, Takes, Untidy};
pub use records::RecordSplit;
pub use removal::{Gone, Removal, Removals};
pub use retention::{KeepFor, Level, Retention, SplitClass};
pub use snapshot::Snapshot;
pub use split::{
    BlockEntry, SamplePrune, SpanPrune, Split, SplitError, SplitId, SplitKind, SplitMeta,
    SplitOrigin, build_samples, build_spans, object_path,
};
pub use store::{
    Cut, Documents, DocumentsError, Merged, PurgeAsked, PurgeError, PurgeStep, PurgeView, Store,
    StoreError, Verified,
};
pub use views::{CollectorView, Completeness, GapView, Lagging, LedgerRow, SourceView};
