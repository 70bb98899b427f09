//! Where chance comes from: names that nobody else draws, and pauses that spread.
//!
//! It is the machine's, unless a simulation has seeded this thread.

use rand::distr::{Distribution, StandardUniform};

#[cfg(not(test))]
pub(crate) fn roll<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    rand::random()
}

#[cfg(test)]
pub(crate) use self::seeded::{roll, seed};

#[cfg(test)]
mod seeded {
    use std::cell::RefCell;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::{Distribution, StandardUniform};

    thread_local! {
        static SEEDED: RefCell<Option<StdRng>> = const { RefCell::new(None) };
    }

    /// From here on this thread's dice are those of a seed.
    pub(crate) fn seed(seed: u64) {
        SEEDED.set(Some(StdRng::seed_from_u64(seed)));
    }

    pub(crate) fn roll<T>() -> T
    where
        StandardUniform: Distribution<T>,
    {
        SEEDED.with_borrow_mut(|dice| dice.as_mut().map_or_else(rand::random, Rng::random))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeded_dice_fall_the_same_way_again() {
        let rolls = || {
            super::seed(7);
            [super::roll::<u64>(), super::roll()]
        };
        assert_eq!(rolls(), rolls());
    }
}
