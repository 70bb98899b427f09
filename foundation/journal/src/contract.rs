//! What every [`Log`] keeps, as one suite that runs on each implementation. It panics where one does not.

use bytes::Bytes;
use nilometer_model::LogPosition;

use crate::limits::LOG_ENTRY_BYTES_MAX;
use crate::log::{Log, LogError};

/// Checks a Log that is empty and new.
///
/// # Panics
/// Where the Log breaks the contract.
pub async fn check(log: &dyn Log) {
    let id = log.id();
    positions_rise_by_one_and_entries_come_back(log).await;
    reads_keep_to_their_bytes(log).await;
    an_append_wakes_who_waits(log).await;
    concurrent_appends_get_positions_of_their_own(log).await;
    limits_are_exact(log).await;
    a_trimmed_log_goes_on(log).await;
    nothing_is_left_of_what_was_parted_and_trimmed(log).await;
    assert_eq!(log.id(), id, "the id changes only when something acknowledged is gone");
}

async fn append(log: &dyn Log, entries: &[&'static str]) -> Vec<u64> {
    let entries = entries.iter().map(|entry| Bytes::from_static(entry.as_bytes())).collect();
    let appended = log.append(0, entries).await.expect("the Log appends");
    appended.into_iter().map(|(position, _)| position.0).collect()
}

async fn read(log: &dyn Log, after: u64, bytes_max: usize) -> Vec<(u64, Bytes)> {
    let entries = log.read(0, LogPosition(after), bytes_max).await.expect("the Log reads");
    entries.into_iter().map(|(position, entry)| (position.0, entry)).collect()
}

async fn positions_rise_by_one_and_entries_come_back(log: &dyn Log) {
    assert_eq!(read(log, 0, 100).await, vec![]);
    assert_eq!(log.last(0).await.expect("the Log is there"), LogPosition(0));
    assert_eq!(append(log, &[]).await, [0; 0]);
    assert_eq!(append(log, &["one", ""]).await, [1, 2]);
    assert_eq!(append(log, &["three"]).await, [3]);
    assert_eq!(log.last(0).await.expect("the Log is there"), LogPosition(3));
    let expect = [(1, "one"), (2, ""), (3, "three")];
    assert_eq!(read(log, 0, 100).await, expect.map(|(number, text)| (number, Bytes::from(text))));
}

async fn reads_keep_to_their_bytes(log: &dyn Log) {
    for (after, bytes_max, expect) in [(0, 0, 1), (0, 3, 2), (0, 7, 2), (0, 8, 3), (3, 99, 0)] {
        assert_eq!(read(log, after, bytes_max).await.len(), expect, "{after}, {bytes_max} bytes");
    }
}

async fn an_append_wakes_who_waits(log: &dyn Log) {
    log.grown(0, LogPosition(2)).await.expect("an entry behind 2 is there");
    let (grown, appended) =
        futures::future::join(log.grown(0, LogPosition(3)), append(log, &["four"])).await;
    grown.expect("an entry behind 3 has come");
    assert_eq!(appended, [4]);
}

async fn concurrent_appends_get_positions_of_their_own(log: &dyn Log) {
    let appends = (0..32).map(|_| append(log, &["a", "b"]));
    let mut positions: Vec<u64> =
        futures::future::join_all(appends).await.into_iter().flatten().collect();
    positions.sort_unstable();
    assert_eq!(positions, (5..69).collect::<Vec<_>>());
    assert_eq!(read(log, 4, usize::MAX).await.len(), 64);
}

async fn limits_are_exact(log: &dyn Log) {
    let entry = Bytes::from(vec![7; LOG_ENTRY_BYTES_MAX + 1]);
    assert!(log.append(0, vec![entry.slice(1..)]).await.is_ok());
    let refused = log.append(0, vec![entry]).await;
    assert!(matches!(refused, Err(LogError::TooLarge { .. })));
}

async fn a_trimmed_log_goes_on(log: &dyn Log) {
    log.trim(0, LogPosition(69)).await.expect("the Log trims");
    assert_eq!(read(log, 69, 100).await, vec![]);
    assert_eq!(append(log, &["next"]).await, [70]);
    assert_eq!(read(log, 69, 100).await, [(70, Bytes::from("next"))]);
    assert_eq!(read(log, 0, 100).await.last().map(|(number, _)| *number), Some(70));
}

async fn nothing_is_left_of_what_was_parted_and_trimmed(log: &dyn Log) {
    assert_eq!(append(log, &["goes"]).await, [71]);
    assert_eq!(log.part(0).await.expect("the Log parts"), LogPosition(71));
    assert_eq!(append(log, &["stays"]).await, [72]);
    log.trim(0, LogPosition(71)).await.expect("the Log trims");
    assert_eq!(read(log, 0, usize::MAX).await, [(72, Bytes::from("stays"))]);
    assert_eq!(log.part(0).await.expect("the Log parts"), LogPosition(72));
    assert_eq!(log.part(0).await.expect("the Log parts again"), LogPosition(72));
}
