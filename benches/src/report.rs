//! One line per figure, in the form in which benches/README.md keeps it.

use std::io::Write;

/// Any error ends a measurement.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Prints a figure beside its goal.
pub(crate) fn figure(what: &str, value: f64, unit: &str, goal: &str) {
    line(&format!("| {what} | {value:.2} {unit} | {goal} |"));
}

/// Prints a line on standard output; a closed pipe ends nothing.
pub(crate) fn line(text: &str) {
    let _closed_pipe = writeln!(std::io::stdout(), "{text}");
}

/// The value below which the share `q` of the sorted values lies (nearest rank).
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
