//! Rows as few bytes: how records travel and wait in the Log. Splits have another block, of which columns can be
//! read alone.
//!
//! ```text
//!   message ── cut ──> template (once per block) + what is its own, by template, slot and kind
//!   attributes ──> form (once per block): text, marks, and places where the message says the same
//!                  + the tail that its origin's attributes share
//!
//!   origins     table of origins, per origin its tail { len v, text }, then runs { origin v, rows v }
//!   times       time: first i64, planes of zz(delta)   order_time: planes of zz(order_time - time)
//!               received: first i64, planes of zz(delta)
//!   numbers     bytes: planes of zz(bytes - message bytes)
//!               position: planes of zz(position - (the origin's position before + bytes))
//!   templates   of messages                                                   see templates.rs
//!   forms       of attributes, each behind { severity u8, trace u8, span u8 }  see choice.rs, ids.rs
//!   choices     templates v, forms v, template: planes, form: planes           see choice.rs
//!   lengths ┐
//!   digits  │
//!   addresses ├ what is each text's own: messages', then attributes'          see variables.rs
//!   clocks  │
//!   hex     ┘
//!   ids         16 and 8 bytes of those that their message does not say
//! ```
//! The head is drawn in `dense/streams.rs`; v = LEB128, zz = zigzag, planes = see `plane.rs`.
//!
//! Invariants:
//! - the same rows and level give the same bytes, and the bytes give the same rows back, whatever texts say:
//!   what is not understood is told as it is;
//! - no bytes make the decoder panic or allocate beyond [`limits`](crate::limits).

mod attributes;
mod choice;
mod clock;
mod column;
mod context;
mod cut;
mod decode;
mod digits;
mod encode;
mod group;
mod guess;
mod ids;
mod mark;
mod place;
mod streams;
mod table;
mod tails;
mod templates;
mod texts;
mod variables;

pub use self::context::{
    ContextCoder, DenseStreams, Model, Novel, Reading, Shelf, Way, Writing, code_records,
};
pub use self::decode::decode_dense;
pub(crate) use self::decode::uncompressed;
pub use self::digits::digit_or_low;
pub use self::encode::{DenseEncoder, encode_dense};

#[cfg(test)]
mod tests;
