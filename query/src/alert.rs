//! Rules at work: their queries asked step by step, live, in a test, and of what is stored.
//!
//! ```text
//!   rules ─> Questions (checked once) ─┐
//!   snapshot, a step ──────────────────┴─> answer ─> nilometer_alert::evaluate ─> Meta ─> history, outbox
//! ```
//! Invariants:
//! - a rule's query runs by the same plans and scans as any other query;
//! - a step is answered and evaluated by the same code for `driver`, `trial` and `replay`, and sees what had been
//!   received by then, whenever it is taken;
//! - what somebody is told is committed before he is.

mod answer;
mod bins;
mod book;
mod desk;
mod driver;
mod given;
mod health;
mod late;
mod memory;
mod new_errors;
mod outbox;
mod pauses;
mod question;
mod receipts;
mod replay;
mod rulebook;
mod silences;
mod trial;

pub use self::desk::{Alerts, writable};
pub(crate) use self::desk::{DeskError, ShownRule};
pub use self::driver::run;
pub use self::outbox::Delivery;
pub use self::question::check_rule;
pub(crate) use self::replay::ReplayError;
pub(crate) use self::rulebook::Place;
pub(crate) use self::silences::read_every;
pub use self::trial::{Outcome, TestReport, test_rules};
