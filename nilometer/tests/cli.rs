//! The binary answers for itself. It also makes cargo build the binary for the tests in `tests/`, which
//! start it: cargo builds a package's binaries for its own integration tests only.

use std::process::{Command, Output};

fn nilometer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nilometer")).args(arguments).output().unwrap()
}

#[test]
fn help_is_an_answer_and_a_wrong_command_is_a_message_with_exit_code_2() {
    let help = nilometer(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(!help.stdout.is_empty() && help.stderr.is_empty());
    let wrong = nilometer(&["nonsense"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(wrong.stdout.is_empty() && !wrong.stderr.is_empty());
}

#[test]
fn the_configuration_that_is_shown_passes_its_own_check() {
    let shown = nilometer(&["config", "show"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &shown.stdout).unwrap();
    let checked = nilometer(&["config", "check", file.path().to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stderr));
}
