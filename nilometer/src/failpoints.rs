//! Fail points: the places where tests make the process crash or an fsync fail.
//!
//! Invariants:
//! - without the variable `FAILPOINTS` nothing is armed, and a fail point is one look into an empty table;
//! - an armed process says so on standard error, before anything else.
//!
//! `FAILPOINTS="index::after_put=2*off->return"` aborts the process the third time that a split was put.
//! What cannot be read ends the process at once: a test whose fail point is misspelt must not pass.

use std::io::Write;

use fail::FailScenario;

const VARIABLE: &str = "FAILPOINTS";

/// Arms what the environment names; it stays armed for as long as the value that is returned lives.
pub(crate) fn arm() -> Option<FailScenario<'static>> {
    let written = std::env::var_os(VARIABLE)?;
    // There is nowhere else to say it.
    let _said = writeln!(
        std::io::stderr().lock(),
        "nilometer: fail points are armed: {VARIABLE}={written:?}"
    );
    Some(FailScenario::setup())
}
