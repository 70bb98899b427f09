//! What all queries of the process use together: turns on the processor, and memory.
//!
//! ```text
//!   a query: ── a place to read a piece ── read ── a turn ── visit ──> its next piece: behind those that wait
//! ```
//! Invariants:
//! - who waits comes in the order of arrival, so that between two pieces of a long query each short one has its own;
//! - one core is left to what takes data in, where there is more than one;
//! - a turn ends with its work, not with the caller who went away meanwhile;
//! - what queries hold together is never more than there is for all of them: the one that would take more is told to
//!   come again, and the others go on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::QueryError;
use crate::limits::{PIECES_HELD_MAX, QUERIES_MEMORY_BYTES};

/// That of this process: it has one processor, and one memory.
static ROOM: LazyLock<Room> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Room::new(cores.saturating_sub(1).max(1), PIECES_HELD_MAX, QUERIES_MEMORY_BYTES)
});

/// See the file's head.
#[derive(Debug)]
struct Room {
    turns: Arc<Semaphore>,
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
        let (turns, pieces) = (Semaphore::new(turns), Semaphore::new(pieces));
        Self { turns: Arc::new(turns), pieces: Arc::new(pieces), memory }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| QueryError::Stopped)?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Stopped)
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
    use std::sync::mpsc as threads;

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

    #[tokio::test]
    async fn a_long_query_comes_back_behind_those_that_wait() {
        let room = Arc::new(Room::new(1, 1, 0));
        let (said, says) = threads::channel();
        let (let_on, go_on) = threads::channel::<()>();
        let piece = |name: &'static str| {
            let said = said.clone();
            move || said.send(name).unwrap()
        };
        let first = piece("long");
        let long = {
            let (room, next) = (Arc::clone(&room), piece("long again"));
            tokio::spawn(async move {
                let held = move || {
                    first();
                    go_on.recv().unwrap();
                };
                room.in_turn(held).await.unwrap();
                room.in_turn(next).await.unwrap();
            })
        };
        while room.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let mut short = pin!(room.in_turn(piece("short")));
        assert!(poll!(&mut short).is_pending(), "it waits for the long one's piece to end");
        let_on.send(()).unwrap();
        short.await.unwrap();
        long.await.unwrap();
        assert_eq!(says.try_iter().collect::<Vec<_>>(), ["long", "short", "long again"]);
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_does_not_end_the_turn_of_its_work() {
        let room = Arc::new(Room::new(1, 1, 0));
        let (let_on, go_on) = threads::channel::<()>();
        let caller = {
            let room = Arc::clone(&room);
            tokio::spawn(async move { room.in_turn(move || go_on.recv().is_ok()).await })
        };
        while room.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(room.turns.available_permits(), 0);
        let_on.send(()).unwrap();
        room.in_turn(|| ()).await.unwrap();
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
