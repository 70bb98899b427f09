//! A crash at each step between the Log and the commit: nothing is lost, nothing is there twice.
//!
//! Each step is a fail point of the product, set through `FAILPOINTS`; `panic` there must end the process
//! (a part that breaks is not carried on without), and the next start goes on from what is durable.

use std::time::Duration;

use nilometer_tests::{Process, Scratch, until};

const DEADLINE: Duration = Duration::from_secs(30);
const LINES: usize = 500;

/// The fail points, in the order in which a batch meets them. Filled in by whoever wires them.
const POINTS: [&str; 0] = [];

#[test]
fn a_crash_at_any_step_loses_nothing_and_repeats_nothing() {
    for point in POINTS {
        println!("fail point {point}");
        crash_at(point);
    }
}

fn crash_at(point: &str) {
    let scratch = Scratch::new();
    let failpoints = format!("{point}=1*exit");
    let arguments = ["--node", "node0"];
    let variables = [("FAILPOINTS", failpoints.as_str()), ("NILOMETER_SEAL_AFTER", "1s")];
    let (mut serve, api) = Process::role("serve", &scratch, &arguments, &variables);
    let body: String = (0..LINES).map(|n| format!("{{\"message\":\"line {n}\"}}\n")).collect();
    let send = |api: &nilometer_tests::Api| {
        let headers = [("Idempotency-Key", "the batch")];
        api.send("POST", "/api/v1/ingest", &headers, body.as_bytes()).ok()
    };
    // The answer may be lost with the process, or come before it.
    let _answer = send(&api);
    until("the crash", DEADLINE, || (!serve.running()).then_some(()));
    let (_serve, api) = Process::serve(&scratch, &[]);
    assert_eq!(send(&api).unwrap().status, 200);
    until("every line once", DEADLINE, || {
        let text = api.get("/api/v1/export").ok()?.text();
        assert!(text.lines().count() <= LINES, "{point}: lines are there twice");
        (text.lines().count() == LINES).then_some(())
    });
}
