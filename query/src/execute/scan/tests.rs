//! What a scan does besides finding: it stops when nobody waits.

use std::sync::mpsc as threads;

use nilometer_model::Tenant;
use nilometer_store::Chunk;
use tokio::sync::mpsc;

use super::super::tests::facts::{Fact, rows};
use super::*;

/// Says when it was given rows, and then waits to be let on.
struct Held {
    taken: mpsc::Sender<()>,
    go_on: threads::Receiver<()>,
}

impl Fold for Held {
    fn wants(&self, _: &Unit) -> bool {
        true
    }

    fn columns(&self) -> nilometer_block::Columns {
        nilometer_block::Columns::NONE
    }

    fn take(&mut self, _: &Rows, _: &RowSet) {
        self.taken.blocking_send(()).unwrap();
        // An error would be the end of the test.
        let _ended = self.go_on.recv();
    }

    fn memory_bytes(&self) -> usize {
        0
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_stops_the_work_before_the_next_block() {
    let chunk = Chunk::from(Arc::new(rows(&[Fact::at(1)], 1)));
    let buffer = vec![chunk.clone(), chunk.clone(), chunk];
    let snapshot = Snapshot { buffer, ..Snapshot::default() };
    let question = Question {
        filter: Arc::new(Filter::parse(&Tenant::default(), "").unwrap()),
        range: TimeRange::ALL,
        newest_first: true,
        limits: Limits::default(),
    };
    let (taken, mut takes) = mpsc::channel(1);
    let (let_on, go_on) = threads::channel();
    let scan = async move { scan(&snapshot, &question, Held { taken, go_on }).await.map(|_| ()) };
    let caller = tokio::spawn(scan);
    assert_eq!(takes.recv().await, Some(()));
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    let_on.send(()).unwrap();
    // The channel closes with the fold, and the fold goes with the work.
    assert_eq!(takes.recv().await, None);
}

#[test]
fn pieces_grow_while_they_are_quick_and_shrink_when_they_are_not() {
    let slow = PIECE_TIME + Duration::from_nanos(1);
    for (size, took, expect) in [
        (PIECE_BLOCKS_MIN, PIECE_TIME, 2 * PIECE_BLOCKS_MIN),
        (PIECE_BLOCKS_MAX, PIECE_TIME, PIECE_BLOCKS_MAX),
        (PIECE_BLOCKS_MAX, slow, PIECE_BLOCKS_MAX / 2),
        (1, slow, 1),
    ] {
        assert_eq!(next_size(size, took), expect, "{size} {took:?}");
    }
}
