//! Rate limits: a time that moves when told, and who passes.

use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{LineageId, Stream};
use nilometer_wire::Fingerprint;

use super::*;
use crate::enrich::Speaker;

fn limit(component: &str, unit: RateUnit, per_s: u64, burst: u64) -> RateLimit {
    RateLimit { component: Pattern::new(component).unwrap(), unit, per_s, burst }
}

pub(crate) fn source(number: u64, component: &str, instance: &str) -> SourceInfo {
    SourceInfo {
        source: SourceId(number),
        lineage: LineageId(number),
        speaker: Arc::new(Speaker::new(component.to_owned(), instance.to_owned())),
        attributes: Arc::default(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
    }
}

/// How many of `records` of `bytes` each pass at each of the times.
#[track_caller]
fn check(limits: &[RateLimit], (records, bytes): (usize, u32), times_ms: &[u64], pass: &[usize]) {
    let (began, mut limiter) = (Instant::now(), Limiter::new(limits));
    let source = source(1, "web", "web-1");
    let passed = times_ms.iter().map(|ms| {
        let now = began + Duration::from_millis(*ms);
        (0..records).filter(|_| limiter.passes(&source, bytes, now)).count()
    });
    assert_eq!(passed.collect::<Vec<_>>(), pass, "{limits:?}");
}

#[test]
fn a_burst_passes_and_then_the_rate() {
    let lines = limit("web", RateUnit::Lines, 10, 30);
    check(
        std::slice::from_ref(&lines),
        (100, 50),
        &[0, 0, 100, 1_100, 60_000],
        &[30, 0, 1, 10, 30],
    );
    let bytes = limit("w*", RateUnit::Bytes, 1_000, 2_000);
    check(std::slice::from_ref(&bytes), (100, 100), &[0, 1_000, 2_000], &[20, 10, 10]);
    check(&[lines, bytes], (100, 100), &[0, 1_000], &[20, 10]);
}

#[test]
fn a_record_larger_than_a_bucket_passes_a_full_one_and_the_debt_is_paid_off() {
    let bytes = limit("web", RateUnit::Bytes, 1_000, 2_000);
    check(&[bytes], (2, 5_000), &[0, 2_000, 4_999, 5_000], &[1, 0, 0, 1]);
}

#[test]
fn no_other_component_is_limited_and_each_container_has_its_own_bucket() {
    let mut limiter = Limiter::new(&[limit("web", RateUnit::Lines, 1, 1)]);
    let now = Instant::now();
    let (one, same, two) =
        (source(1, "web", "web-1"), source(2, "web", "web-1"), source(3, "web", "web-2"));
    assert!(limiter.passes(&one, 1, now));
    assert!(!limiter.passes(&same, 1, now), "both streams of a container share its limit");
    assert!(limiter.passes(&two, 1, now));
    let other = source(4, "db", "db-1");
    assert!((0..100).all(|_| limiter.passes(&other, 1, now)));
}

#[test]
fn full_buckets_are_forgotten_once_there_are_many_and_empty_ones_never() {
    let mut limiter = Limiter::new(&[limit("*", RateUnit::Lines, 1, 2)]);
    let now = Instant::now();
    for number in 0..RATE_BUCKETS_MAX as u64 {
        assert!(limiter.passes(&source(number, "web", &number.to_string()), 1, now));
    }
    assert_eq!(limiter.buckets.len(), RATE_BUCKETS_MAX);
    let last = source(0, "web", "0");
    assert!(limiter.passes(&last, 1, now), "its second token");
    assert!(!limiter.passes(&last, 1, now), "not forgotten: it is not full");
    assert!(limiter.passes(&last, 1, now + Duration::from_secs(1)));
    assert_eq!(limiter.buckets.len(), 1, "all others are full again");
}
