//! The buffer's chunks: joined, cut, released, each tenant's apart.

use nilometer_model::{Origin, RowRef, Severity, Timestamp};

use super::*;
use crate::limits::CHUNKS_JOINED;

fn own() -> Tenant {
    Tenant::default()
}

fn chunk(position: u64) -> Items {
    let origin = Arc::new(Origin::default());
    let mut rows = Rows::default();
    rows.push(RowRef {
        origin: &origin,
        time: Timestamp(1),
        order_time: Timestamp(1),
        position,
        bytes: 1,
        received: Timestamp(1),
        severity: Severity::Info,
        message: "m",
        attributes: "",
        trace_id: None,
        span_id: None,
    });
    rows.into()
}

fn positions(chunks: &[Chunk<Rows>]) -> Vec<u64> {
    chunks.iter().flat_map(|rows| rows.position.clone()).collect()
}

#[test]
fn small_chunks_are_joined_at_the_limit_and_keep_their_order() {
    let mut buffer = Buffer::default();
    for position in 1..CHUNKS_JOINED as u64 {
        buffer.push(&own(), chunk(position));
    }
    assert_eq!(buffer.of(&own()).rows.len(), CHUNKS_JOINED - 1);
    buffer.push(&own(), chunk(CHUNKS_JOINED as u64));
    assert_eq!(buffer.of(&own()).rows.len(), 1);
    assert_eq!(positions(&buffer.of(&own()).rows), (1..=CHUNKS_JOINED as u64).collect::<Vec<_>>());
    assert_eq!(buffer.bytes(), buffer.of(&own()).rows[0].memory_bytes());
}

#[test]
fn what_a_seal_took_stays_visible_until_it_is_released_and_is_never_joined_with_later_chunks() {
    let mut buffer = Buffer::default();
    buffer.push(&own(), chunk(1));
    assert_eq!(positions(&buffer.cut().rows), [1]);
    for position in 2..=40 {
        buffer.push(&own(), chunk(position));
    }
    assert_eq!(positions(&buffer.of(&own()).rows), (1..=40).collect::<Vec<_>>());
    buffer.release();
    assert_eq!(positions(&buffer.of(&own()).rows), (2..=40).collect::<Vec<_>>());
    assert_eq!(buffer.bytes(), buffer.unsealed_bytes());
}

#[test]
fn tenants_chunks_are_never_joined_and_a_seal_takes_them_all() {
    let other = Tenant::parse("other").unwrap();
    let mut buffer = Buffer::default();
    for position in 1..=40 {
        let tenant = if position % 2 == 0 { other.clone() } else { own() };
        buffer.push(&tenant, chunk(position));
    }
    let odd: Vec<u64> = (1..=40).step_by(2).collect();
    assert_eq!(positions(&buffer.of(&own()).rows), odd);
    assert_eq!(positions(&buffer.cut().rows).len(), 40);
    buffer.push(&other, chunk(41));
    buffer.release();
    assert_eq!(positions(&buffer.of(&other).rows), [41]);
    assert!(buffer.of(&own()).rows.is_empty());
}
