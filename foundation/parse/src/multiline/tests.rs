//! Traces of each language, alone and among other lines; and what is none.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::words::Words;

/// Joins lines as whoever follows a stream does, with nothing but the verdicts.
fn records(lines: &[&str]) -> Vec<String> {
    fn close(done: &mut Vec<String>, open: &mut Vec<String>, sure: &mut usize) -> Vec<String> {
        let rest = open.split_off((*sure).min(open.len()));
        if !open.is_empty() {
            done.push(std::mem::take(open).join("\n"));
        }
        *sure = 0;
        rest
    }
    let stack_words = Words::new(&STACK_WORDS);
    let (mut done, mut open, mut sure) = (Vec::new(), Vec::<String>::new(), 0);
    let mut trace: Option<Trace> = None;
    let mut coming: Vec<String> = lines.iter().rev().map(|line| (*line).to_owned()).collect();
    while let Some(line) = coming.pop() {
        let goes_on = trace.as_mut().map(|trace| trace.goes_on(line.as_bytes()));
        match goes_on {
            Some(GoesOn::Yes) => {
                open.push(line);
                sure = open.len();
            }
            Some(GoesOn::Perhaps) => open.push(line),
            Some(GoesOn::No) => {
                coming.push(line);
                let rest = close(&mut done, &mut open, &mut sure);
                coming.extend(rest.into_iter().rev());
                trace = None;
            }
            None => {
                trace = Trace::begins(line.as_bytes());
                if trace.is_some() {
                    assert!(
                        stack_words.find(line.as_bytes(), 0).is_some(),
                        "not suspected: {line}"
                    );
                    open.push(line);
                    sure = 1;
                } else {
                    done.push(line);
                }
            }
        }
        if coming.is_empty() && trace.take().is_some() {
            coming = close(&mut done, &mut open, &mut sure).into_iter().rev().collect();
        }
    }
    done
}

/// Own samples: one trace each.
const TRACES: [&str; 24] = [
    "java.lang.IllegalStateException: no price for 17\n\tat com.acme.shop.Cart.total(Cart.java:52)\n\tat java.base/java.lang.Thread.run(Thread.java:833)",
    "2026-01-02 03:04:05,678 ERROR [worker-1] c.a.s.Cart - failed java.lang.RuntimeException: x\n    at com.acme.A.b(A.java:1)\n    Suppressed: java.io.IOException: closing\n        at com.acme.A.close(A.java:2)\n        ... 3 more\nCaused by: java.sql.SQLException: gone\n    at com.acme.Db.get(Db.java:3)\n    ... 12 common frames omitted",
    "Exception in thread \"main\" java.lang.NullPointerException\n\tat Main.main(Main.java:5)",
    "javax.mail.MessagingException: cannot send;\n  nested exception is:\n\tjava.net.ConnectException: refused\n\tat com.acme.Mail.send(Mail.java:9)",
    "org.postgresql.util.PSQLException: ERROR: syntax error\n  Position: 15\n\tat org.postgresql.core.A.b(A.java:2)",
    "System.InvalidOperationException: outer\n ---> System.ArgumentException: inner\n   at Shop.Cart.Add(Item item) in /src/Cart.cs:line 12\n   --- End of inner exception stack trace ---\n   at Shop.Program.Main(String[] args) in /src/Program.cs:line 3",
    "Unhandled exception. System.Exception: async\n   at Shop.A.B() in /src/A.cs:line 1\n--- End of stack trace from previous location where exception was thrown ---\n   at Shop.C.D() in /src/C.cs:line 2",
    "TypeError: Cannot read properties of undefined (reading 'id')\n    at getCart (/srv/app/cart.js:10:15)\n    at async /srv/app/server.js:22:3\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "Error: connect ECONNREFUSED 127.0.0.1:6379\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1278:16) {\n  errno: -111,\n  code: 'ECONNREFUSED'\n}\n\nNode.js v20.11.0",
    "Traceback (most recent call last):\n  File \"/srv/cart.py\", line 8, in total\n    return sum(p)\n           ^^^^^^\nTypeError: unsupported operand",
    "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    d['k']\nKeyError: 'k'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in g\n    raise app.errors.Gone('x')\napp.errors.Gone: x\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"a.py\", line 9, in <module>\nKeyboardInterrupt",
    "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in <module>\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +---------------- 2 ----------------\n    | TypeError: b\n    +------------------------------------",
    "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:8 +0x1d\nexit status 2",
    "panic: first [recovered]\n\tpanic: second\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47]\n\ngoroutine 7 [running]:\ntesting.tRunner.func1.2({0x4f, 0x5})\n\t/usr/local/go/src/testing/testing.go:1526 +0x24e\ncreated by testing.(*T).Run in goroutine 1\n\t/usr/local/go/src/testing/testing.go:1648 +0x3ad\n\ngoroutine 1 [chan receive, 2 minutes]:\nmain.main()\n\t/tmp/x.go:12 +0x5",
    "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n\t/tmp/x.go:3 +0x1b",
    "/srv/app/cart.rb:6:in `total': divided by 0 (ZeroDivisionError)\n\tfrom /srv/app/cart.rb:12:in `block in <main>'\n\tfrom /srv/app/main.rb:1:in `<main>'",
    "ActionView::Template::Error (undefined method `name' for nil:NilClass):\n    1: <h1>\n  \napp/views/cart/show.html.erb:3:in `_app_views'\napp/controllers/cart_controller.rb:9:in `show'",
    "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 5\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/1/library/std/src/panicking.rs:645:5\n   1: shop::main\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
    "thread 'worker' panicked at 'no price', src/cart.rs:52:9\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    "thread 'main' panicked at src/a.rs:1:5:\nassertion `left == right` failed: sums\n  left: 1\n right: 2",
    "Error: cannot read the price list\n\nCaused by:\n    0: cannot open /srv/prices\n    1: No such file or directory (os error 2)",
    "Unhandled exception:\nFormatException: Unexpected character (at character 1)\nx\n^\n\n#0      _ChunkedJsonParser.fail (dart:convert-patch/convert_patch.dart:1405:5)\n#1      main (file:///srv/a.dart:3:3)\n<asynchronous suspension>",
    "PHP Fatal error:  Uncaught Exception: no price in /srv/cart.php:5\nStack trace:\n#0 /srv/cart.php(9): total()\n#1 {main}\n  thrown in /srv/cart.php on line 5",
    "[2026-01-02 03:04:05] production.ERROR: no price {\"exception\":\"[object] (Exception(code: 0): no price at /srv/cart.php:5)\n[stacktrace]\n#0 /srv/cart.php(9): total()\n#1 {main}\n\"}",
];

/// Lines that are records of their own, whatever stands beside them.
const ALONE: [&str; 13] = [
    "ERROR payment failed: Connection refused",
    "2026-01-02T03:04:05Z INFO handled 3 requests at 10 per second",
    "GET /errors/Error HTTP/1.1 404",
    "level=error msg=\"no such host\" err=\"lookup db: Error\"",
    "{\"level\":\"error\",\"msg\":\"Error: no such user\",\"user\":7}",
    "{\"level\":\"info\",\"msg\":\"started\"}",
    "Exception: none of our business",
    "panic: do not",
    "",
    "    indented text of a table",
    "#1 in the list",
    "I0102 03:04:05.678901       1 server.go:12] http: panic serving 10.0.0.1:1: Error:",
    "thread pool is at 80 percent",
];

#[test]
fn a_trace_of_each_language_is_one_record() {
    for trace in TRACES {
        let lines: Vec<&str> = trace.split('\n').collect();
        assert_eq!(records(&lines), [trace]);
    }
}

#[test]
fn a_trace_is_one_record_before_and_behind_any_line_and_any_other_trace() {
    for trace in TRACES {
        for other in ALONE.iter().chain(&TRACES) {
            let text = format!("{other}\n{trace}\n{other}");
            let lines: Vec<&str> = text.split('\n').collect();
            // An error that goes on with a blank line is not told from one that a blank line follows.
            let records = records(&lines);
            let found = records.iter().filter(|record| *record == trace).count();
            let expected = if *other == trace { 3 } else { 1 };
            assert_eq!(found, expected, "{records:#?}");
        }
    }
}

#[test]
fn what_only_looks_like_a_beginning_stands_alone() {
    for first in ALONE {
        for second in ALONE {
            assert_eq!(records(&[first, second, second, first]), [first, second, second, first]);
        }
    }
}

#[test]
fn a_trace_cut_at_a_frame_goes_on_as_one_record() {
    for trace in [TRACES[0], TRACES[1], TRACES[7], TRACES[9]] {
        let lines: Vec<&str> = trace.split('\n').collect();
        assert_eq!(records(&lines[1..]), [lines[1..].join("\n")]);
    }
}

#[test]
fn a_carriage_return_at_the_end_changes_nothing() {
    for trace in TRACES {
        let with = trace.replace('\n', "\r\n");
        let lines: Vec<&str> = with.split('\n').collect();
        assert_eq!(records(&lines).join("\n---\n"), with);
    }
}

fn as_json(line: &str, field: &str) -> String {
    let line = serde_json::to_string(line).unwrap();
    format!(
        r#"{{"time":"2026-01-02T03:04:05Z",{}:{line},"level":"error"}}"#,
        format_args!("\"{field}\"")
    )
}

#[test]
fn lines_whose_message_field_is_one_line_of_a_trace_are_joined_as_written() {
    for trace in TRACES {
        for field in ["message", "msg", "log", "text", "stack", "exception"] {
            let lines: Vec<String> = trace.split('\n').map(|line| as_json(line, field)).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(records(&lines), [lines.join("\n")]);
        }
    }
}

#[test]
fn a_whole_trace_in_one_field_is_a_record_by_itself() {
    let whole = as_json(TRACES[0], "message");
    assert_eq!(records(&[&whole, &whole]), [whole.clone(), whole.clone()]);
}

#[test]
fn an_object_and_a_bare_line_are_never_joined() {
    let (head, frame) = ("java.io.IOException: x", "\tat com.acme.A.b(A.java:1)");
    let (json_head, json_frame) = (as_json(head, "msg"), as_json(frame, "msg"));
    for lines in [[head, &json_frame], [&json_head, frame]] {
        assert_eq!(records(&lines), lines);
    }
}

#[test]
fn every_line_is_in_exactly_one_record_whatever_the_lines_are() {
    let pieces: Vec<String> = TRACES
        .iter()
        .flat_map(|trace| trace.split('\n'))
        .chain(ALONE)
        .flat_map(|line| [line.to_owned(), as_json(line, "log"), line[line.len() / 2..].to_owned()])
        .collect();
    let line = prop_oneof![
        8 => prop::sample::select(pieces),
        1 => "[ \t#{}:()a-z0-9.]{0,20}",
    ];
    let config = Config { cases: 20_000, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(line, 0..12), |lines| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let records = records(&lines);
        prop_assert_eq!(records.join("\n"), lines.join("\n"));
        let known = records.iter().all(|record| record.split('\n').count() <= lines.len());
        prop_assert!(known);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_bytes_are_a_line() {
    let config = Config { cases: 20_000, failure_persistence: None, ..Config::default() };
    let heads = prop::sample::select(TRACES.to_vec());
    let outcome = TestRunner::new(config).run(
        &(heads, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)),
        |(trace, changes)| {
            let mut bytes = trace.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let mut open: Option<Trace> = None;
            for line in bytes.split(|byte| *byte == b'\n') {
                let goes_on = open.as_mut().map(|open| open.goes_on(line));
                if !matches!(goes_on, Some(GoesOn::Yes | GoesOn::Perhaps)) {
                    open = Trace::begins(line);
                }
            }
            Ok(())
        },
    );
    outcome.unwrap();
}

/// Other people's traces: the directory of `NILOMETER_DATA`, which only some machines have.
fn fixtures() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find data that is not ours to copy")]
    let data = std::env::var("NILOMETER_DATA").ok();
    if data.is_none() {
        eprintln!("skipped: NILOMETER_DATA is not set");
    }
    data.map(|data| PathBuf::from(data).join("fixtures/multiline"))
}

#[test]
fn each_file_of_one_event_is_one_record_plain_and_in_json() {
    let Some(dir) = fixtures() else { return };
    let mut wrong = String::new();
    for entry in fs::read_dir(dir.join("one_event")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        // The one that says of itself that it holds no exception.
        let expected = if path.ends_with("arbitrary_text.log") { lines.len() } else { 1 };
        let json: Vec<String> = lines.iter().map(|line| as_json(line, "message")).collect();
        let json: Vec<&str> = json.iter().map(String::as_str).collect();
        for lines in [&lines, &json] {
            let records = records(lines);
            if records.len() != expected {
                writeln!(wrong, "{}: {records:#?}", path.display()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn fluent_bits_cases_of_traces_give_its_records() {
    let Some(dir) = fixtures() else { return };
    for name in ["elastic", "java", "ruby"] {
        let text = fs::read_to_string(dir.join(format!("fluentbit/{name}.json"))).unwrap();
        let case: serde_json::Value = serde_json::from_str(&text).unwrap();
        let texts = |field: &str| -> Vec<String> {
            let texts = case[field].as_array().unwrap().iter();
            texts.map(|text| text.as_str().unwrap().trim_end_matches('\n').to_owned()).collect()
        };
        let lines = texts("input_lines");
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(records(&lines), texts("expected_records"), "{name}");
    }
}
