//! What a query says: text -> tree and pipes, with the place of every part.
//!
//! ```text
//!   text ──lexer──> tokens ──parser──> Tree ──────────(crate::plan)──> Filter
//!     └─ behind the first `|` ─pipes─> Query{Tree, Pipe..} ──────────> Plan
//!
//!   query  = [ or ] { "|" pipe }            an empty query, and `*`, match all; see pipes.rs
//!   or     = and { "OR" and }
//!   and    = not { ["AND"] not }
//!   not    = { "-" | "NOT" } atom
//!   atom   = "(" or ")" | field ":" value | text | "~" string
//!   value  = op literal | "in(" literal {"," literal} ")" | "cidr(" bare ")" | literal | /regex/ | "*"
//! ```
//!
//! Invariants:
//! - parsing is pure, linear but for nesting, and nesting is limited;
//! - every error names a 1-based column in characters, what was expected there, and where it can, what to write;
//! - a slash begins a regular expression only where a closing slash ends the word: `/api/cart` is text.

mod error;
mod lexer;
mod names;
mod parser;
mod pipe;
mod pipes;
mod tree;

pub(crate) use error::{Problem, SyntaxError};
pub(crate) use names::{FUNCTIONS, PIPES};
pub(crate) use parser::{parse, parse_query};
pub(crate) use pipe::{BinStep, Call, Function, Key, Name, Pipe, SortBy};
pub(crate) use tree::{Comparison, Node, Tree, Value};
