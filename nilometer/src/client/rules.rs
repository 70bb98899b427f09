//! `nilometer rules test`: the tests of a file, run against its rules, without a server.
//!
//! Invariant: a file in which a rule or a test cannot be read fails as a configuration does (exit 2), after everything
//! that can be run was.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use nilometer_query::alert::{TestReport, test_rules as run};

use super::{ClientError, Outcome, screen};

/// Runs them, and prints what came of each.
pub(crate) async fn test_rules(path: &Path) -> Result<Outcome, ClientError> {
    let unreadable = |error| ClientError::File { path: path.to_owned(), error };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let report = run(&text).await;
    let mut out = std::io::stdout().lock();
    out.write_all(screen::lines(&told(&report)).as_bytes()).map_err(ClientError::Output)?;
    if !report.errors.is_empty() {
        let place = path.display();
        let errors: Vec<String> =
            report.errors.iter().map(|error| format!("{place}:{error}")).collect();
        return Err(ClientError::BadRules(errors.join("\n")));
    }
    Ok(if report.passed() { Outcome::Done } else { Outcome::TestFailed })
}

fn told(report: &TestReport) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        let verdict = if outcome.differences.is_empty() { "ok" } else { "FAILED" };
        let _written = writeln!(text, "{verdict}: {}", outcome.name);
        for difference in &outcome.differences {
            let _written = writeln!(text, "    {difference}");
        }
    }
    let failed = report.outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
    let (rules, tests) = (report.rules, report.outcomes.len());
    let _written = writeln!(text, "{rules} rules, {tests} tests, {failed} failed");
    text
}
