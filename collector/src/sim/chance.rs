//! The seed's dice and the trace of what happened, which two runs of one seed must share.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Instant;
use xxhash_rust::xxh3::Xxh3;

/// May be cloned: the clones are the same dice.
#[derive(Debug, Clone)]
pub(super) struct Chance(Arc<Mutex<StdRng>>);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// From `from` to below `to`.
    pub(super) fn between(&self, from: u64, to: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random_range(from..to)
    }

    /// True once in `n` times.
    pub(super) fn one_in(&self, n: u64) -> bool {
        self.between(0, n) == 0
    }
}

/// A hash of all that happened, in its order.
#[derive(Clone)]
pub(super) struct Trace {
    hash: Arc<Mutex<Xxh3>>,
    began: Instant,
    /// Also printed.
    printed: bool,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.hash())
    }
}

impl Trace {
    pub(super) fn new(printed: bool) -> Self {
        Self { hash: Arc::default(), began: Instant::now(), printed }
    }

    pub(super) fn note(&self, what: &str) {
        if self.printed {
            eprintln!("{:9.3} s  {what}", self.began.elapsed().as_secs_f64());
        }
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        hash.update(what.as_bytes());
        hash.update(b"\n");
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash.lock().unwrap_or_else(PoisonError::into_inner).digest()
    }
}
