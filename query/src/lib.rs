//! Questions and their answers: the language, what it means, how it is answered, and the HTTP interface.

pub mod alert;
pub mod api;
mod execute;
mod health;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod language;
mod limits;
mod metrics;
mod patterns;
mod plan;
pub mod purge;
mod traces;

/// Whether the query goes on behind a pipe, so that its answer is a table and not records.
#[must_use]
pub fn has_pipes(query: &str) -> bool {
    matches!(language::parse(query), Err(error) if error.problem == language::Problem::Pipe)
}
