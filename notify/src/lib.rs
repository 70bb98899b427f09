//! Telling people: notices from the outbox to webhooks, chats, mailboxes and Alertmanagers.
//!
//! ```text
//!   outbox (Meta) ─> a queue per destination, in order ─> payload ─> send ─┬─ taken ─────> delivery, out of the outbox
//!                                                                         ├─ not now ───> again, later and later
//!                                                                         └─ never ─────> dead letter, with its reason
//! ```
//! Invariants:
//! - a notice leaves the outbox in the commit that notes what became of it: a crash repeats it, under the same id;
//! - of a destination one notice is under way at a time, in the order of steps: nothing is resolved before it fired;
//! - one destination that hangs delays no other;
//! - nothing is ever sent to a link-local address, where clouds hand out credentials, and no redirect is followed.

mod body;
mod destination;
mod guard;
mod limits;
mod metrics;
mod payload;
mod post;
mod send;

pub use destination::{Destination, DestinationError, Kind, RawDestination};
pub use post::run;
pub use send::{SendError, Sender};
