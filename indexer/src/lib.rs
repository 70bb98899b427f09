//! The centre's writing side: intake, admission, the index loop that turns the Log into splits, retention.
//!
//! Invariants:
//! - an intake answers a batch only after the Log has fsynced it;
//! - admission is pure: run again on the same bytes it refuses the same records;
//! - the index loop reads from the checkpoint in Meta, never from a position of its own.

mod admit;
mod disk;
mod index;
mod ingest;
mod intake;
pub mod limits;
mod metrics;

pub use index::{IndexConfig, run};
pub use intake::{CentreIntake, IntakeParts};
