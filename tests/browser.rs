//! The pages in a real browser, on real products: a file of `tests/browser` for each subject does the looking,
//! and starts what it looks at. Each is a test of its own, so that two of them run side by side.

use std::path::Path;
use std::process::{Command, Stdio};

use nilometer_tests::{binary, repository};

/// Names of the browser on the systems we know.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
];

/// Runs a file of tests in the browser; it fails with all that was said.
#[track_caller]
fn look(file: &str) {
    let browser = BROWSERS.into_iter().find(|path| Path::new(path).exists());
    let browser = browser.expect("no chromium: tests/run installs it");
    let output = Command::new("node")
        .args(["--test", "--test-reporter=spec", file])
        .current_dir(repository().join("tests/browser"))
        .env("NILOMETER_BINARY", binary())
        .env("CHROMIUM", browser)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    assert!(output.status.success(), "{out}\n{err}");
}

#[test]
fn a_query_is_coloured_completed_refused_and_remembered() {
    look("query.test.mjs");
}

#[test]
fn the_chart_and_the_range_lead_to_each_time() {
    look("chart.test.mjs");
}

#[test]
fn fields_beside_the_list_include_and_exclude() {
    look("facets.test.mjs");
}

#[test]
fn a_list_of_thirty_thousand_lines_shows_each_at_its_place() {
    look("list.test.mjs");
}

#[test]
fn a_line_opens_whole_with_its_neighbours_and_its_address() {
    look("detail.test.mjs");
}

#[test]
fn a_piped_query_is_a_table() {
    look("table.test.mjs");
}

#[test]
fn a_tail_has_every_line_once() {
    look("tail.test.mjs");
}

#[test]
fn an_exported_file_is_what_the_api_gives() {
    look("export.test.mjs");
}

#[test]
fn what_is_missing_or_late_is_said_in_its_place() {
    look("gaps.test.mjs");
}

#[test]
fn every_state_of_the_page_says_what_to_do_next() {
    look("states.test.mjs");
}

#[test]
fn nothing_is_shown_without_a_token() {
    look("login.test.mjs");
}

#[test]
fn the_keyboard_reaches_everything_and_the_address_is_the_state() {
    look("keyboard.test.mjs");
}

#[test]
fn traces_are_found_by_what_they_are_and_how_long_they_took() {
    look("traces.test.mjs");
}

#[test]
fn a_trace_says_where_it_failed_or_where_its_time_went() {
    look("trace.test.mjs");
}

#[test]
fn who_fails_is_said_first_with_the_evidence() {
    look("health.test.mjs");
}

#[test]
fn ways_of_traces_are_told_by_how_they_differ() {
    look("paths.test.mjs");
}

#[test]
fn what_fires_is_named_silenced_and_found_and_a_rule_is_replayed_before_it_is_saved() {
    look("alerts.test.mjs");
}

#[test]
fn hostile_text_stays_text() {
    look("hostile.test.mjs");
}

#[test]
fn every_file_of_browser_tests_is_run() {
    let here = include_str!("browser.rs");
    let files = std::fs::read_dir(repository().join("tests/browser")).unwrap();
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        let runs = here.contains(&format!("look(\"{name}\")"));
        assert!(runs || !name.ends_with(".test.mjs"), "{name} is run by nobody");
    }
}
