//! Splits of records from outside: what goes in comes out, whatever it is made of, and damage never passes for
//! data.

mod drawn;
mod hostile;
mod merges;
mod questions;
mod rows;
