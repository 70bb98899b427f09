//! The local Meta: its contract, its restarts, and damaged snapshots.

use super::super::contract::{check, commit, state};
use super::*;

/// A Meta with that many commits, and its state.
async fn filled(dir: &Path, count: u64) -> State {
    let meta = LocalMeta::open(dir).unwrap();
    for number in 0..count {
        let number_signed = i64::try_from(number).unwrap();
        meta.commit(0, Revision(number), &commit(number_signed)).await.unwrap();
    }
    state(&meta).await
}

async fn reopened(dir: &Path) -> State {
    state(&LocalMeta::open(dir).unwrap()).await
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn the_local_meta_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    check(&LocalMeta::open(dir.path()).unwrap()).await;
}

#[tokio::test]
async fn a_restart_keeps_state_and_pipeline() {
    let dir = tempfile::tempdir().unwrap();
    let before = filled(dir.path(), 5).await;
    let pipeline = LocalMeta::open(dir.path()).unwrap().pipeline();
    assert_eq!(reopened(dir.path()).await, before);
    assert_eq!(LocalMeta::open(dir.path()).unwrap().pipeline(), pipeline);
}

#[tokio::test]
async fn the_snapshot_comes_with_its_commit_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = dir.path().join("snapshot.json");
    filled(dir.path(), SNAPSHOT_COMMITS - 1).await;
    assert!(!snapshot.exists());
    let meta = LocalMeta::open(dir.path()).unwrap();
    meta.commit(0, Revision(SNAPSHOT_COMMITS - 1), &commit(1)).await.unwrap();
    assert!(snapshot.exists());
    let before = state(&meta).await;
    drop(meta);
    assert_eq!(reopened(dir.path()).await, before);
}

#[tokio::test]
async fn one_damaged_snapshot_loses_nothing() {
    for name in ["snapshot.json", "snapshot.previous.json"] {
        let dir = tempfile::tempdir().unwrap();
        let before = filled(dir.path(), 2 * SNAPSHOT_COMMITS + 1).await;
        flip(&dir.path().join(name), 40);
        assert_eq!(reopened(dir.path()).await, before, "{name}");
        assert!(dir.path().join(format!("{name}.corrupt-1")).exists());
    }
}

#[tokio::test]
async fn lost_commits_do_not_bring_back_used_revisions() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), SNAPSHOT_COMMITS).await;
    fs::remove_dir_all(dir.path().join("commits")).unwrap();
    let meta = LocalMeta::open(dir.path()).unwrap();
    let revision = meta.commit(0, Revision(SNAPSHOT_COMMITS), &commit(1)).await.unwrap();
    assert_eq!(revision, Revision(SNAPSHOT_COMMITS + 1));
    let before = state(&meta).await;
    drop(meta);
    assert_eq!(reopened(dir.path()).await, before);
}

#[tokio::test]
async fn what_was_condensed_is_in_no_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let meta = LocalMeta::open(dir.path()).unwrap();
    for (revision, text) in [Some("needle".to_owned()), None].into_iter().enumerate() {
        let documents = [("state.a".to_owned(), text)].into();
        let commit = Commit { documents, ..Commit::default() };
        meta.commit(0, Revision(revision as u64), &commit).await.unwrap();
    }
    let files = || {
        let all = [dir.path().to_owned(), dir.path().join("commits")];
        let entries = all.iter().flat_map(|dir| fs::read_dir(dir).unwrap());
        let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.map(|file| fs::read(file).unwrap()).collect::<Vec<_>>().concat()
    };
    let holds = |bytes: &[u8]| bytes.windows(6).any(|some| some == b"needle");
    assert!(holds(&files()));
    meta.condense(0).await.unwrap();
    assert!(!holds(&files()));
    let before = state(&meta).await;
    drop(meta);
    assert_eq!(reopened(dir.path()).await, before);
}
