//! A node's daemon: finds log files, reads them to the byte, spools what it read and ships it.
//!
//! ```text
//!   discover -> reader (generations, follow, parse) -> Sink: batcher -> spool -> ship
//! ```

mod reading;
