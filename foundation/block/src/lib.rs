//! Rows as bytes: the columnar block that batches carry and splits are made of. Pure: no I/O, no async.
//!
//! Invariants:
//! - the same rows and level give the same bytes, and the bytes give the same rows back;
//! - no bytes, however wrong, make [`decode`] panic or allocate beyond [`limits`];
//! - every byte of a block is under a checksum, or compared with what it must be.

#![warn(missing_docs)]

mod columns;
mod cursor;
mod decode;
mod encode;
mod frames;
mod layout;
pub mod limits;
mod origins;
mod plane;
mod words;

pub use columns::Columns;
pub use decode::{BlockError, Decoder, decode};
pub use encode::{Encoder, encode};
pub use words::words;

#[cfg(test)]
mod tests;
