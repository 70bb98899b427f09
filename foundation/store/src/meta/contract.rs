//! What every [`Meta`] keeps, as one suite that runs on each implementation. It panics where one does not.

use nilometer_model::{Revision, Timestamp};

use super::{Meta, MetaError};
use crate::commit::{Commit, State};

/// Checks a Meta that is empty and new.
///
/// # Panics
/// Where Meta breaks the contract.
pub async fn check(meta: &dyn Meta) {
    let pipeline = meta.pipeline();
    assert_eq!(state(meta).await, State::default());
    let mut expect = State::default();
    for number in 1..=3 {
        let revision = meta.commit(0, expect.revision, &commit(number)).await;
        let revision = revision.expect("a commit that expects the current revision is made");
        assert!(revision > expect.revision, "revisions rise");
        expect.fold(revision, &commit(number));
    }
    for wrong in [Revision(0), Revision(expect.revision.0 + 1)] {
        let refused = meta.commit(0, wrong, &commit(9)).await;
        assert!(matches!(refused, Err(MetaError::Conflict { is }) if is == expect.revision));
    }
    assert_eq!(state(meta).await, expect);
    let replay = meta.replay(0, expect.revision).await.expect("Meta can be read");
    assert_eq!((replay.snapshot, replay.commits.len()), (None, 0));
    meta.condense(0).await.expect("Meta is condensed");
    assert_eq!(state(meta).await, expect);
    let revision = meta.commit(0, expect.revision, &commit(4)).await;
    expect.fold(revision.expect("Meta goes on behind it"), &commit(4));
    assert_eq!(state(meta).await, expect);
    assert!(matches!(meta.replay(1, Revision(0)).await, Err(MetaError::NoShard(1))));
    assert_eq!(meta.pipeline(), pipeline);
}

/// A commit that can be told from others.
pub(super) fn commit(number: i64) -> Commit {
    let documents = [(format!("state.{}", number % 7), Some(number.to_string()))].into();
    Commit { time: Timestamp(number), documents, ..Commit::default() }
}

/// Everything, as a reader that begins now folds it.
pub(super) async fn state(meta: &dyn Meta) -> State {
    let replay = meta.replay(0, Revision(0)).await.expect("Meta can be read");
    let mut state = replay.snapshot.map(|(_, state)| state).unwrap_or_default();
    for (revision, commit) in &replay.commits {
        state.fold(*revision, commit);
    }
    state
}
