//! Bad input is a sentence that names what is wrong and where, an exit code, and no damage.

use std::os::unix::fs::PermissionsExt;

use nilometer_tests::{Ended, Process, Scratch, run};

#[track_caller]
fn check(ended: &Ended, code: i32, said: &[&str]) {
    assert_eq!(ended.code, code, "{}", ended.err);
    for part in said {
        assert!(ended.err.contains(part), "no '{part}' in: {}", ended.err);
    }
    assert_eq!(ended.out, "", "messages belong on standard error");
}

#[test]
fn a_wrong_config_file_ends_with_2_and_names_file_line_and_key() {
    let scratch = Scratch::new();
    for (text, line, key) in [
        ("\nlsten = 'x'\n", 2, "lsten"),
        ("data = 'd'\n\nlisten = 'x'\n", 3, "listen"),
        ("node = 5\n", 1, "node"),
        ("line_bytes_max = 1\n", 1, "line_bytes_max"),
        ("= 5\n", 1, ""),
    ] {
        let path = scratch.write("n.toml", text).display().to_string();
        let place = format!("{path}:{line}:");
        for arguments in [["config", "check", &path], ["up", "--config", &path]] {
            check(&run(&arguments), 2, &[&place, key, "allowed:"]);
        }
    }
}

#[test]
fn a_wrong_flag_ends_with_2_and_names_the_flag() {
    check(&run(&["up", "--listen", "nowhere"]), 2, &["--listen", "nowhere", "allowed:"]);
    check(&run(&["up", "--wat"]), 2, &["--wat"]);
    check(&run(&["collect"]), 2, &["--to"]);
    check(&run(&["serve", "--roles", "intake,index"]), 2, &["--roles", "Log"]);
    check(&run(&["up", "--config", "/nowhere/n.toml"]), 2, &["/nowhere/n.toml"]);
    check(&run(&["search", "x", "--output", "xml"]), 2, &["--output", "ndjson"]);
}

#[test]
fn a_taken_port_ends_with_1_and_names_the_port_and_the_option() {
    let scratch = Scratch::new();
    let (_first, api) = Process::serve(&scratch, &[]);
    let other = scratch.join("other").display().to_string();
    let address = api.address();
    check(&run(&["serve", "--data", &other, "--listen", &address]), 1, &[&address, "--listen"]);
}

#[test]
fn a_second_process_on_the_same_data_ends_with_1_and_the_first_goes_on() {
    let scratch = Scratch::new();
    let (mut first, api) = Process::serve(&scratch, &[]);
    let data = scratch.join("data").display().to_string();
    let second = run(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    check(&second, 1, &[&data, "--data"]);
    assert!(first.running());
    assert_eq!(api.get("/readyz").unwrap().status, 200);
}

#[test]
fn a_data_directory_that_cannot_be_written_ends_with_1_and_is_named() {
    let scratch = Scratch::new();
    let file = scratch.write("file", "").display().to_string();
    check(&run(&["serve", "--data", &file, "--listen", "127.0.0.1:0"]), 1, &[&file, "--data"]);
    let sealed = scratch.join("sealed");
    std::fs::create_dir(&sealed).unwrap();
    std::fs::set_permissions(&sealed, PermissionsExt::from_mode(0o500)).unwrap();
    if std::fs::File::create(sealed.join("probe")).is_ok() {
        return; // root may write anywhere
    }
    let below = sealed.join("data").display().to_string();
    check(&run(&["serve", "--data", &below, "--listen", "127.0.0.1:0"]), 1, &[&below, "--data"]);
}

#[test]
fn a_wrong_query_is_pointed_at_and_ends_with_1() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let ended = run(&["search", "a AND (b", "--server", &api.url()]);
    check(&ended, 1, &["a AND (b", "^"]);
}

#[test]
fn absurd_requests_get_4xx_with_a_hint_and_take_nothing_down() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    for path in [
        "/api/v1/logs?limit=10001",
        "/api/v1/logs?limit=-1",
        "/api/v1/logs?from=now&to=-1h",
        "/api/v1/logs?from=yesterday",
        "/api/v1/logs?nonsense=1",
        "/api/v1/logs?cursor=x",
        "/api/v1/logs?q=a%20%7C%20stats%20count()",
        "/api/v1/logs/histogram?buckets=1001",
    ] {
        let answer = api.get(path).unwrap();
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        let error = answer.json()["error"].clone();
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{path}: {error}");
    }
    assert_eq!(api.get("/readyz").unwrap().status, 200);
}
