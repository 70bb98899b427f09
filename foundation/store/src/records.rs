//! Splits of records: rows in blocks of templates and variables, and an index over templates and blocks.
//!
//! ```text
//!   message ── cut ──> template (once per split, with its severity) + variables, column by column
//!   attributes ──> form (once per split) + values, column by column
//!
//!   block* | meta | streams | directory | templates | forms | buckets | terms | rollups | tail
//!   block   six frames that are read one by one                                  frames.rs, groups.rs
//!   sections, tail                                                                object.rs
//! ```
//! A word, a phrase or a part of a text is first looked for in the templates, of which there are some thousands;
//! what this leaves open is asked of the slots that may hold it (`place.rs`), in the blocks that may. Invariants:
//! - rows come back as they went in, byte by byte; a seal proves it before a block counts as written;
//! - an answer is exact: whatever only rules out is verified in the rows;
//! - what cannot be read exactly as it was written is an error that names split and part, never a wrong row.

mod attribute;
mod block;
pub(crate) mod buckets;
mod build;
mod classes;
mod column;
mod counts;
pub(crate) mod cut;
mod directory;
mod encode;
mod expression;
pub(crate) mod fields;
pub(crate) mod forms;
mod frames;
mod groups;
mod index;
mod literal;
mod merge;
mod object;
mod place;
mod places;
mod plan;
mod question;
mod rewrite;
mod rollups;
mod row_set;
mod scope;
mod skeletons;
mod split;
mod step;
mod tally;
mod templates;
mod terms;
mod token;
mod values;

pub use block::Block;
pub use build::Builder;
pub use directory::BlockPlace;
pub use expression::Expression;
pub use index::RecordIndex;
pub use literal::{Edge, Literal};
pub use plan::Plan;
pub use question::{AttributeTest, Question, RowTest, SkeletonTest};
pub use rewrite::Rewritten;
pub(crate) use rewrite::adds_up;
pub use row_set::RowSet;
pub use split::RecordSplit;
pub(crate) use split::footer;
pub use tally::{Tallies, Told};
pub(crate) use token::is_variable;

#[cfg(test)]
mod tests;
