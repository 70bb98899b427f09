//! The ledger: what is lost is named, and a loss does not unbalance.

use std::time::Duration;

use nilometer_tests::{Process, Scratch, run, until};

const DEADLINE: Duration = Duration::from_secs(30);
const LOG: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";

#[test]
fn a_file_that_was_deleted_before_it_was_read_to_its_end_is_named() {
    let scratch = Scratch::new();
    let (up, api) = Process::up(&scratch, &[]);
    let line = |n: u32| format!("2026-01-01T00:00:{n:02}Z stdout F line {n}\n");
    let log = scratch.write(LOG, &line(1));
    let url = api.url();
    until("the first line", DEADLINE, || {
        (run(&["export", "--server", &url]).out.lines().count() == 1).then_some(())
    });
    up.stop().0.success().then_some(()).unwrap();
    // While nobody looks the file grows, and is gone.
    std::fs::write(&log, line(1) + &line(2)).unwrap();
    std::fs::remove_file(&log).unwrap();
    let (_up, api) = Process::up(&scratch, &[]);
    let proof = until("the loss", DEADLINE, || {
        let proof = run(&["prove", "--server", &api.url()]);
        proof.out.contains("deleted_before_read").then_some(proof)
    });
    assert_eq!(proof.code, 0, "a declared loss balances: {}", proof.out);
    let lost = proof.out.lines().find(|line| line.contains("deleted_before_read")).unwrap();
    assert!(lost.contains("node0") && lost.contains("cart"), "{lost}");
}

#[test]
fn a_ledger_of_nothing_balances() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let proof = run(&["prove", "--server", &api.url()]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
}
