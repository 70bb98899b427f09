//! The faults that go on beside requests: a panic soon after the start, a flood of lines, and errors that are new.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::identity::Service;
use super::lines::Level;
use crate::fault::Fault;
use crate::limits::{CRASH_AFTER_MS, FLOOD_EVERY, FLOOD_LINES, SURPRISE_EVERY};

/// What a surprise is made of: who did what to which thing. Two that share two words are one pattern: one in 80 is no
/// news.
const SURPRISES: [[&str; 16]; 3] = [
    [
        "ledger",
        "scheduler",
        "allocator",
        "watchdog",
        "resolver",
        "planner",
        "replica",
        "janitor",
        "balancer",
        "compactor",
        "courier",
        "keeper",
        "indexer",
        "mirror",
        "sampler",
        "broker",
    ],
    [
        "lost",
        "refused",
        "doubled",
        "forgot",
        "misread",
        "dropped",
        "reversed",
        "leaked",
        "froze",
        "overran",
        "skipped",
        "shadowed",
        "orphaned",
        "corrupted",
        "starved",
        "outlived",
    ],
    [
        "lease", "voucher", "quota", "snapshot", "cursor", "mandate", "barrier", "checksum",
        "tariff", "manifest", "ticket", "token", "socket", "window", "ballot", "journal",
    ],
];

/// Panics soon after `crash` is on; never returns otherwise.
pub(super) async fn crash(mut faults: watch::Receiver<BTreeSet<Fault>>) {
    loop {
        until(&mut faults, Fault::Crash).await;
        sleep(Duration::from_millis(rand::rng().random_range(CRASH_AFTER_MS))).await;
        let still = faults.borrow().contains(&Fault::Crash);
        assert!(
            !still,
            "price list is not sorted: index out of bounds: the len is 120 but the index is 120"
        );
    }
}

/// Writes thousands of lines a second while `flood` is on; never returns.
pub(super) async fn flood(mut faults: watch::Receiver<BTreeSet<Fault>>, service: Arc<Service>) {
    let mut turns = interval(FLOOD_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut attempt: u64 = 0;
    loop {
        until(&mut faults, Fault::Flood).await;
        service.may_speak().await;
        turns.tick().await;
        for _ in 0..FLOOD_LINES {
            attempt += 1;
            let fields = [("attempt", attempt.to_string()), ("shard", (attempt % 16).to_string())];
            service.lines.write(Level::Debug, "retrying: session table is locked", &fields);
        }
    }
}

/// Writes an error that was never written before, over and over while `surprise` is on; never returns.
pub(super) async fn surprise(mut faults: watch::Receiver<BTreeSet<Fault>>, service: Arc<Service>) {
    loop {
        until(&mut faults, Fault::Surprise).await;
        let [who, did, what] =
            SURPRISES.map(|words| words[rand::rng().random_range(0..words.len())]);
        let text = format!("{who} {did} {what}");
        while faults.borrow().contains(&Fault::Surprise) {
            service.may_speak().await;
            service.lines.write(Level::Error, &text, &[]);
            sleep(SURPRISE_EVERY).await;
        }
    }
}

async fn until(faults: &mut watch::Receiver<BTreeSet<Fault>>, fault: Fault) {
    if faults.wait_for(|faults| faults.contains(&fault)).await.is_err() {
        // Standard input has ended and so does the process, in order.
        std::future::pending().await
    }
}
