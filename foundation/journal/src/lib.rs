//! The durable ordered log: a [`Journal`] of numbered records in segment files, and the pipeline's Log on top.
//!
//! Invariants:
//! - acknowledged is fsynced: only an fsynced append makes a [`Durable`];
//! - no content of a file stops a start-up: what is damaged is set aside, counted and skipped;
//! - a journal never looks inside a record.

#![warn(missing_docs)]

pub mod contract;
mod damage;
mod disk;
mod durable;
mod end;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod journal;
pub mod limits;
mod local;
mod log;
mod reader;
mod record;
mod recover;
mod scan;
mod segment;
mod sim;
mod sim_disk;

pub use damage::Damage;
pub use disk::{Dir, Disk, DiskFile, LocalDisk};
pub use durable::{Durable, write_file_durably};
pub use journal::{Appended, Journal, JournalError, JournalLimits, Recovery};
pub use local::LocalLog;
pub use log::{Log, LogError};
pub use reader::JournalReader;
pub use sim::SimLog;
pub use sim_disk::{Crash, SimDisk};
