//! Streams of a small block as fewer bytes still: what a model of earlier blocks expects costs next to nothing.
//!
//! ```text
//!   streams ── parse ──> what they say ── each step through the coder ──> bits, by their odds    (range coder)
//!              parsed.rs                  records.rs, slots.rs            texts never seen before (zstd, by the caller)
//!                                             │
//!                        Model: odds by context, phrases by number, what stood last in a slot
//! ```
//! Small blocks are mostly what was said before: a template that is known, followed by the one that mostly
//! follows, with the same numbers but two. A general compressor pays three bytes to point at each; here each is
//! a bit or two.
//!
//! Invariants:
//! - reading and writing are one walk ([`ContextCoder`] over a [`Way`]), so that they cannot differ in what they
//!   ask of the model;
//! - both begin with the same model, and whoever reads ends with the one that whoever wrote ended with;
//! - no bytes make a reader panic: what it reads is held against limits, and the block it makes is decoded as any.

mod model;
mod novel;
mod parsed;
mod phrases;
mod range;
mod records;
mod slots;
mod values;

pub use self::model::{ContextCoder, Model};
pub use self::novel::Novel;
pub use self::parsed::DenseStreams;
pub use self::phrases::Shelf;
pub use self::range::{Reading, Way, Writing};
pub use self::records::code_records;

#[cfg(test)]
mod tests;
