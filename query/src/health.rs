//! How components and nodes are, told from what is there already: spans, records, samples, heartbeats.
//!
//! ```text
//!   spans, records ─> tracks    per component and node, 10 s slots   ─┐
//!   spans          ─> window    exact numbers, who fails by whom      ├─> evidence ─> board: states, reasons
//!   samples        ─> readings  of nodes, restarts of containers      │   (pure)
//!   books          ─> runs, ends of files, heartbeats                ─┘
//! ```
//! Invariants:
//! - the same evidence gives the same board: no clock is read here, nothing is remembered between two boards.
//!   A state's `since` is found by walking the slots again, so a restart forgets nothing that the data holds;
//! - silence is three things: an application that stopped (its collector lives), a collector that stopped (its
//!   node shows another sign), a node that stopped. Behind the last two a component is unknown, never silent;
//! - what the data does not say is absent: no calls is no share of failing calls.

mod board;
mod component;
mod evidence;
mod failing;
mod node;
mod readings;
mod restarts;
mod silence;
mod sketch;
mod track;
mod window;
mod words;

pub(crate) mod gather;

pub(crate) use board::{Board, Change, board};
pub(crate) use component::{Basis, ComponentHealth, Numbers, Series};
pub(crate) use evidence::{Evidence, Known, Sign, Times};
pub(crate) use node::NodeHealth;
