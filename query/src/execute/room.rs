//! What all queries of the process use together: turns on the processor, and memory.
//!
//! ```text
//!   a query: ── a place to read a piece ── read ── a turn ── visit ──> its next piece: behind those that wait
//! ```
//! Invariants:
//! - who waits comes in the order of arrival, so that between two pieces of a long query each short one has its own;
//! - there is a thread per turn, and one core is left to what takes data in, where there is more than one: what few
//!   threads allocate is soon used again, what hundreds do piles up in an arena of each;
//! - a turn ends with its work, not with the caller who went away meanwhile; work that nobody waits for any more is
//!   not begun;
//! - what queries hold together is never more than there is for all of them: the one that would take more is told to
//!   come again, and the others go on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::{self, available_parallelism};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::QueryError;
use crate::limits::{PIECES_HELD_MAX, QUERIES_MEMORY_BYTES};

/// That of this process: it has one processor, and one memory.
static ROOM: LazyLock<Room> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Room::new(cores.saturating_sub(1).max(1), PIECES_HELD_MAX, QUERIES_MEMORY_BYTES)
});

/// Of a query, which has no other before it is done.
type Work = Box<dyn FnOnce() + Send>;

/// See the file's head.
#[derive(Debug)]
struct Room {
    turns: Sender<Work>,
    pieces: Arc<Semaphore>,
    memory: Arc<Memory>,
}

/// What is held of what there is, bytes.
#[derive(Debug)]
struct Memory {
    held: AtomicUsize,
    most: usize,
}

/// What one query may hold, and holds of what there is for all. It is given back with this.
#[derive(Debug)]
pub(crate) struct Budget {
    limit_bytes: usize,
    memory: Arc<Memory>,
    bytes: usize,
}

/// The right to hold a piece of what was read.
#[derive(Debug)]
pub(super) struct PiecePlace {
    _held: OwnedSemaphorePermit,
}

/// Does the work on a thread that may take a while, when it is its turn.
///
/// # Errors
/// [`QueryError::Stopped`] when it did not come to its end.
pub(crate) async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, QueryError> {
    ROOM.in_turn(work).await
}

/// A place for a piece, when there is one.
pub(super) async fn piece_place() -> Result<PiecePlace, QueryError> {
    ROOM.piece_place().await
}

/// A place for a piece, if there is one and nobody waits for it.
pub(super) fn spare_piece_place() -> Option<PiecePlace> {
    ROOM.spare_piece_place()
}

/// For a query that may hold so many bytes.
pub(super) fn budget(limit_bytes: usize) -> Budget {
    ROOM.budget(limit_bytes)
}

impl Room {
    fn new(turns: usize, pieces: usize, bytes: usize) -> Self {
        let memory = Arc::new(Memory { held: AtomicUsize::new(0), most: bytes });
        let (sender, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..turns {
            let waiting = Arc::clone(&waiting);
            let begun =
                thread::Builder::new().name("query".to_owned()).spawn(move || take(&waiting));
            if let Err(error) = begun {
                tracing::error!(%error, "a thread for queries could not be started");
            }
        }
        Self { turns: sender, pieces: Arc::new(Semaphore::new(pieces)), memory }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        let (done, result) = oneshot::channel();
        let work = move || {
            if !done.is_closed() {
                // An error is the caller's, who went away.
                let _left = done.send(work());
            }
        };
        self.turns.send(Box::new(work)).map_err(|_| QueryError::Stopped)?;
        result.await.map_err(|_| QueryError::Stopped)
    }

    async fn piece_place(&self) -> Result<PiecePlace, QueryError> {
        let place = Arc::clone(&self.pieces).acquire_owned().await;
        place.map(PiecePlace::of).map_err(|_| QueryError::Stopped)
    }

    fn spare_piece_place(&self) -> Option<PiecePlace> {
        Arc::clone(&self.pieces).try_acquire_owned().ok().map(PiecePlace::of)
    }

    fn budget(&self, limit_bytes: usize) -> Budget {
        Budget { limit_bytes, memory: Arc::clone(&self.memory), bytes: 0 }
    }
}

/// Takes turn after turn, as long as there is a room.
fn take(waiting: &Mutex<Receiver<Work>>) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("the work of a query panicked; its caller is told that it was stopped");
        }
    }
}

impl PiecePlace {
    fn of(held: OwnedSemaphorePermit) -> Self {
        Self { _held: held }
    }
}

impl Budget {
    pub(super) fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// From now on so many bytes are held.
    ///
    /// # Errors
    /// [`QueryError::OverLimit`] when that is more than the query may hold, [`QueryError::Crowded`] when others hold
    /// what it would take; as many are held then as before.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), QueryError> {
        if bytes > self.limit_bytes {
            return Err(QueryError::OverLimit { limit_bytes: self.limit_bytes });
        }
        let Memory { held, most } = &*self.memory;
        let own = self.bytes;
        let fits = |all: usize| Some(all - own + bytes).filter(|all| all <= most || bytes <= own);
        let held = held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        held.map_err(|_| QueryError::Crowded)?;
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.memory.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;

    use super::*;

    #[test]
    fn what_is_held_together_is_never_more_than_there_is() {
        let room = Room::new(1, 1, 100);
        let (mut one, mut other) = (room.budget(90), room.budget(90));
        one.hold(60).unwrap();
        other.hold(40).unwrap();
        assert!(matches!(other.hold(41), Err(QueryError::Crowded)));
        one.hold(59).unwrap();
        other.hold(41).unwrap();
        assert!(matches!(one.hold(60), Err(QueryError::Crowded)));
        drop(other);
        one.hold(90).unwrap();
        assert!(matches!(one.hold(91), Err(QueryError::OverLimit { limit_bytes: 90 })));
        drop(one);
        assert_eq!(room.memory.held.load(Ordering::Relaxed), 0);
    }

    /// Work that waits until it is let on, and has begun.
    async fn held(room: &Arc<Room>) -> (tokio::task::JoinHandle<()>, Sender<()>) {
        let (let_on, go_on) = channel::<()>();
        let (begun, begins) = oneshot::channel();
        let work = move || {
            begun.send(()).unwrap();
            // An error would be the end of the test.
            let _ended = go_on.recv();
        };
        let room = Arc::clone(room);
        let caller = tokio::spawn(async move { room.in_turn(work).await.unwrap() });
        begins.await.unwrap();
        (caller, let_on)
    }

    #[tokio::test]
    async fn a_long_query_comes_back_behind_those_that_wait() {
        let room = Arc::new(Room::new(1, 1, 0));
        let (said, says) = channel();
        let piece = |name: &'static str| {
            let said = said.clone();
            move || said.send(name).unwrap()
        };
        let (long, let_on) = held(&room).await;
        let mut short = pin!(room.in_turn(piece("short")));
        assert!(poll!(&mut short).is_pending(), "it waits for the long one's piece to end");
        let_on.send(()).unwrap();
        long.await.unwrap();
        room.in_turn(piece("long again")).await.unwrap();
        short.await.unwrap();
        assert_eq!(says.try_iter().collect::<Vec<_>>(), ["short", "long again"]);
    }

    #[tokio::test]
    async fn a_turn_ends_with_its_work_and_what_nobody_waits_for_is_not_begun() {
        let room = Arc::new(Room::new(1, 1, 0));
        let (caller, let_on) = held(&room).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        let (said, says) = channel();
        {
            let said = said.clone();
            let mut gone = pin!(room.in_turn(move || said.send("gone").unwrap()));
            assert!(poll!(&mut gone).is_pending());
        }
        let mut next = pin!(room.in_turn(move || said.send("next").unwrap()));
        assert!(poll!(&mut next).is_pending(), "the work goes on whose caller went away");
        let_on.send(()).unwrap();
        next.await.unwrap();
        assert_eq!(says.try_iter().collect::<Vec<_>>(), ["next"]);
    }

    #[tokio::test]
    async fn a_panic_is_its_callers_alone() {
        let room = Room::new(1, 1, 0);
        let stopped = room.in_turn(|| panic!("as a test")).await;
        assert!(matches!(stopped, Err(QueryError::Stopped)));
        assert_eq!(room.in_turn(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn as_many_pieces_are_held_as_there_are_places() {
        let room = Room::new(1, 2, 0);
        let (one, other) = (room.piece_place().await.unwrap(), room.spare_piece_place());
        assert!(other.is_some() && room.spare_piece_place().is_none());
        drop(one);
        assert!(room.spare_piece_place().is_some());
    }
}
