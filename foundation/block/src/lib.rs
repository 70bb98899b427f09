//! Rows, spans and samples as bytes: the columnar blocks that splits are made of, and the dense ones in which
//! records travel. Pure: no I/O, no async.
//!
//! Invariants:
//! - the same rows and level give the same bytes, and the bytes give the same rows back;
//! - no bytes, however wrong, make a decoder panic or allocate beyond [`limits`];
//! - every byte of a block is under a checksum, or compared with what it must be.

#![warn(missing_docs)]

mod columns;
pub mod cursor;
mod decode;
mod dense;
mod encode;
mod frames;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod layout;
pub mod limits;
mod numbers;
pub mod origins;
mod plain;
pub mod plane;
mod samples;
mod spans;
mod texts;
mod words;

pub use columns::Columns;
pub use decode::{BlockError, Decoder, decode};
pub use dense::{
    ContextCoder, DenseEncoder, DenseStreams, Model, Novel, Reading, Shelf, Way, Writing,
    code_records, decode_dense, digit_or_low, encode_dense,
};
pub use encode::{Encoder, encode};
pub use frames::Squeezer;
pub use plain::uncompressed;
pub use samples::{decode_samples, encode_samples};
pub use spans::{SpanColumns, SpanDecoder, SpanEncoder, decode_spans, encode_spans};
pub use words::{joined, words};

#[cfg(test)]
mod tests;
