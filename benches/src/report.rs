//! One line per figure, in the form in which benches/README.md keeps it.

use std::io::Write;

/// Any error ends a measurement.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The table of what was recorded last.
const RECORDED: &str = include_str!("../README.md");

/// Prints a figure beside its goal and what was recorded last.
pub(crate) fn figure(what: &str, value: f64, unit: &str, goal: &str) {
    let last = recorded(what).unwrap_or("-");
    line(&format!("| {what} | {value:.2} {unit} | {goal} | {last} |"));
}

/// The figure in the row `| command | what | figure | goal |` of that name.
fn recorded(what: &str) -> Option<&'static str> {
    RECORDED.lines().find_map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(2);
        (cells.next() == Some(what)).then(|| cells.next()).flatten()
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_last_is_found_by_its_name() {
        assert!(recorded("collector: shipped").is_some_and(|figure| figure.ends_with("MB/s")));
        assert_eq!(recorded("collector"), None);
    }
}
