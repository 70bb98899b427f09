//! Questions and their answers: the language, what it means, how it is answered, and the HTTP interface.

pub mod api;
pub mod execute;
pub mod language;
pub mod limits;
mod metrics;
pub mod plan;
