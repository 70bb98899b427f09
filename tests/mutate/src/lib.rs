//! Holds a check against bytes that nobody means well with: a target's corpus, and mutations of it.
//!
//! ```text
//!   tests/fuzz/corpus/TARGET/*  ──┐
//!   samples made by the test ─────┼─> each as it is, then MUTATIONS of them ──> check(bytes)
//!   tests/fuzz/dict/TARGET.dict ──┘   (flip, splice, insert a token, cut, repeat)
//! ```
//! Invariants:
//! - the same seed and corpus give the same bytes, in the same order;
//! - a check that fails is told with the seed, the mutation's number and the bytes, ready to be a test.
//!
//! The corpora and dictionaries are those of the coverage-guided targets in `tests/fuzz`, which call the same
//! checks.

mod corpus;
mod damage;
mod dictionary;
mod mutator;

pub use damage::{Tape, damage, damage_bytes, is_bare};
pub use mutator::Mutator;

/// What every corpus is mutated, unless its check is so slow that it would take more than some seconds.
pub const MUTATIONS: usize = 20_000;
/// Where checks that need files have them: the disk is not what is checked.
pub const MEMORY: &str = "/dev/shm";
/// Of the mutations; with another one other bytes are tried.
const SEED: u64 = 0x6e69_6c6f_6d65_7465;

/// Holds `check` against the corpus of `target`, `samples`, and so many mutations of them.
///
/// # Panics
/// When the check does, and when there is nothing to mutate.
pub fn hold(target: &str, samples: &[Vec<u8>], mutations: usize, check: impl Fn(&[u8])) {
    let mut corpus = corpus::of(target);
    corpus.extend_from_slice(samples);
    assert!(!corpus.is_empty(), "tests/fuzz/corpus/{target} is empty");
    eprintln!("{target}: {} samples, {mutations} mutations, seed {SEED:#x}", corpus.len());
    for (number, bytes) in corpus.iter().enumerate() {
        let _told = Told { target, what: "sample", number, bytes };
        check(bytes);
    }
    let mut mutator = Mutator::new(SEED, corpus, dictionary::of(target));
    for number in 0..mutations {
        let bytes = mutator.mutation();
        let _told = Told { target, what: "mutation", number, bytes: &bytes };
        check(&bytes);
    }
}

/// Tells what was being checked when that panicked.
struct Told<'a> {
    target: &'a str,
    what: &'static str,
    number: usize,
    bytes: &'a [u8],
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { target, what, number, bytes } = self;
            eprintln!("{target}: {what} {number}, seed {SEED:#x}: b\"{}\"", bytes.escape_ascii());
        }
    }
}
