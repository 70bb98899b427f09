//! A Meta, and what happens to its files between two lives.

use std::path::Path;
use std::sync::PoisonError;

use nilometer_model::{LogId, LogPosition, Revision, Timestamp};
use nilometer_mutate::{MEMORY, Tape, damage};
use uuid::Uuid;

use super::{Inner, LocalMeta};
use crate::commit::{Checkpoint, Commit, State};
use crate::split::{SplitId, SplitMeta};

const COMMITS_MAX: u8 = 12;

/// How many commits, behind which of them a snapshot is made, and then what happens to the files.
pub fn meta(bytes: &[u8]) {
    let dir = tempfile::tempdir_in(MEMORY).expect("memory has room for a directory");
    let mut tape = Tape::new(bytes);
    write(dir.path(), &mut tape);
    damage(dir.path(), &mut tape);
    let before = with(dir.path(), |inner| {
        let replayed = inner.replay(Revision(0)).expect("no content stops a read");
        let mut state = replayed.snapshot.map(|(_, state)| state).unwrap_or_default();
        replayed.commits.iter().for_each(|(revision, commit)| state.fold(*revision, commit));
        assert_eq!(state, inner.state);
        check(&inner.state);
        // The numbers of commits that are gone are not used again.
        let next = Revision(inner.journal.last() + 1);
        assert!(next > inner.revision);
        assert_eq!(inner.commit(inner.revision, &commit(next)).ok(), Some(next));
        inner.state.clone()
    });
    let after = with(dir.path(), |inner| inner.state.clone());
    assert_eq!(after, before, "a second open finds something else");
}

fn with<T>(dir: &Path, act: impl FnOnce(&mut Inner) -> T) -> T {
    let meta = LocalMeta::open(dir).expect("no content stops an open");
    let mut inner = meta.inner.lock().unwrap_or_else(PoisonError::into_inner);
    act(&mut inner)
}

fn write(dir: &Path, tape: &mut Tape<'_>) {
    with(dir, |inner| {
        for revision in (1..=u64::from(1 + tape.number() % COMMITS_MAX)).map(Revision) {
            let made = inner.commit(Revision(revision.0 - 1), &commit(revision));
            assert_eq!(made.ok(), Some(revision));
            if tape.number() % 4 == 1 {
                inner.save().expect("a whole disk takes a snapshot");
            }
        }
    });
}

/// Says its revision wherever it says anything: a split and a document of that name, a checkpoint there.
fn commit(revision: Revision) -> Commit {
    let id = SplitId(Uuid::from_u128(revision.0.into()));
    let position = LogPosition(revision.0);
    Commit {
        time: Timestamp(revision.0.cast_signed()),
        checkpoint: Some(Checkpoint { log: LogId::default(), position }),
        add: vec![SplitMeta { id, revision, ..SplitMeta::default() }],
        documents: [(id.0.to_string(), Some(revision.0.to_string()))].into(),
        ..Commit::default()
    }
}

/// Whether it is what some of the commits make, the last of them at its revision or before.
fn check(state: &State) {
    let mut expect = State::default();
    for split in state.splits.values() {
        expect.fold(split.revision, &commit(split.revision));
    }
    assert!(expect.revision <= state.revision);
    assert_eq!(State { revision: state.revision, ..expect }, *state);
}
