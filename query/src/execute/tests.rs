//! Answers over a buffer and splits, as they come out of a real object store.

pub(super) mod facts;
mod naive;
mod random;
