//! The local Log: its contract, its restarts, and when its id changes.

use super::*;

use std::fs;

fn open(dir: &Path) -> (LocalLog, Recovery) {
    LocalLog::open(dir).unwrap()
}

async fn filled(dir: &Path) -> LogId {
    let (log, _) = open(dir);
    for text in ["one", "two", "three"] {
        log.append(0, vec![Bytes::from(text)]).await.unwrap();
    }
    log.id()
}

fn segment(dir: &Path) -> PathBuf {
    dir.join("00000000000000000001.seg")
}

async fn positions(log: &LocalLog) -> Vec<u64> {
    let entries = log.read(0, LogPosition(0), 1_000).await.unwrap();
    entries.into_iter().map(|(position, _)| position.0).collect()
}

#[tokio::test]
async fn the_local_log_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    crate::contract::check(&open(dir.path()).0).await;
}

#[tokio::test]
async fn a_log_has_one_shard() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = open(dir.path());
    assert!(matches!(log.append(1, vec![]).await, Err(LogError::NoShard(1))));
}

#[tokio::test]
async fn a_restart_keeps_id_and_entries() {
    let dir = tempfile::tempdir().unwrap();
    let id = filled(dir.path()).await;
    let (log, recovery) = open(dir.path());
    assert!(recovery.is_clean());
    assert_eq!(log.id(), id);
    assert_eq!(positions(&log).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_torn_or_cut_log_is_another_log_and_stays_that_one() {
    let changes: [fn(&mut Vec<u8>); 2] =
        [|bytes| bytes.extend([0; 99]), |bytes| bytes.truncate(20)];
    for change in changes {
        let dir = tempfile::tempdir().unwrap();
        let id = filled(dir.path()).await;
        let mut bytes = fs::read(segment(dir.path())).unwrap();
        change(&mut bytes);
        fs::write(segment(dir.path()), bytes).unwrap();
        let (log, recovery) = open(dir.path());
        assert!(!recovery.is_clean());
        let new = log.id();
        assert_ne!(new, id);
        log.append(0, vec![Bytes::from("more")]).await.unwrap();
        drop(log);
        assert_eq!(open(dir.path()).0.id(), new);
    }
}

#[tokio::test]
async fn damage_found_while_reading_draws_a_new_id_once() {
    let dir = tempfile::tempdir().unwrap();
    let id = filled(dir.path()).await;
    let mut bytes = fs::read(segment(dir.path())).unwrap();
    bytes[17] ^= 1;
    fs::write(segment(dir.path()), bytes).unwrap();
    let (log, recovery) = open(dir.path());
    assert!(recovery.is_clean(), "closed in order, so not looked at before it is read");
    assert_eq!(log.id(), id);
    assert_eq!(positions(&log).await, [2, 3]);
    let new = log.id();
    assert_ne!(new, id);
    assert_eq!(positions(&log).await, [2, 3]);
    assert_eq!(log.id(), new);
    drop(log);
    assert_eq!(open(dir.path()).0.id(), new);
}
