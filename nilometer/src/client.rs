//! The commands that answer a person: each is one file, and each prints what the API answered, or what a file says.
//!
//! Invariants:
//! - standard output holds answers only, messages go to standard error;
//! - `text` never lets a control character of a log through to the terminal, `csv` never a formula to a
//!   spreadsheet, and `ndjson` is what the server sent, byte for byte.

mod coverage;
mod csv;
mod dead_letter;
mod demo;
mod error;
mod export;
mod http;
mod pin;
mod printer;
mod prove;
mod purge;
mod replay;
mod rules;
mod screen;
mod search;
mod sources;
mod sse;
mod table;
mod tail;
mod trace;
mod verify;

pub(crate) use self::dead_letter::{DeadLetterAction, dead_letter};
pub(crate) use self::demo::{DemoSwitch, demo};
pub(crate) use self::error::{ClientError, deepest};
pub(crate) use self::export::export;
pub(crate) use self::pin::{PinAction, pin};
pub(crate) use self::prove::prove;
pub(crate) use self::purge::{PurgeAction, PurgeWanted, purge};
pub(crate) use self::replay::replay;
pub(crate) use self::rules::test_rules;
pub(crate) use self::search::search;
pub(crate) use self::sources::sources;
pub(crate) use self::tail::tail;
pub(crate) use self::trace::trace;
pub(crate) use self::verify::verify;

/// How a command that was answered ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// The ledger does not balance.
    Unbalanced,
    /// Something that is stored is not what was written.
    Damaged,
    /// A test of rules fails.
    TestFailed,
}

/// A message to the person, beside the answers; it may repeat what a log or a file name says.
pub(crate) fn note(message: &str) {
    use std::io::Write;
    // There is nowhere else to complain to.
    let _written = writeln!(std::io::stderr().lock(), "{}", screen::lines(message));
}
