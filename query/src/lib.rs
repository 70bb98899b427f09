//! Questions and their answers: the language, what it means, how it is answered, and the HTTP interface.

pub mod api;
mod execute;
mod language;
mod limits;
mod metrics;
mod plan;
