//! The centre's writing side: intake, admission, the index loop that turns the Log into splits, and what becomes
//! of these.
//!
//! Invariants:
//! - an intake answers a batch only after the Log has fsynced it;
//! - whose a batch is, is stamped on it at the intake, by whose token it came with;
//! - admission is pure: run again on the same bytes it refuses the same records;
//! - the index loop reads from the checkpoint in Meta, never from a position of its own.

mod admit;
mod batch;
mod caught_up;
mod disk;
mod door;
mod entry;
mod handover;
mod index;
mod ingest;
mod intake;
mod lanes;
pub mod limits;
mod metrics;
mod purge;
mod upkeep;

pub use caught_up::caught_up;
pub use handover::Handover;
pub use index::{IndexConfig, IndexParts, run};
pub use intake::{CentreIntake, IntakeParts};
pub use upkeep::{UpkeepConfig, keep};
