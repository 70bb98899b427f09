//! A node's daemon: finds log files, reads them to the byte, spools what it read and ships it.
//!
//! ```text
//!   discover -> reader (generations, follow, parse) -> Sink: batcher -> spool -> ship
//! ```

mod content;
mod discover;
mod follow;
mod generation;
mod head;
mod identity;
mod limits;
mod lineages;
mod listing;
mod message;
mod parse;
mod read_state;
mod reader;
mod reading;
mod severity;
mod watch;
