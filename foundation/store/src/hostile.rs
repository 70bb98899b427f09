//! What must hold whatever happened to what a centre keeps. Each check panics where something does not;
//! `tests/mutate` and `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - no content stops Meta's opening; what it gives back are commits that were made, under their own
//!   revisions, and it takes new ones;
//! - a split's object that is not as it was written is refused with an error, never read as another;
//! - sections under right checksums that nobody wrote are refused, or answer within the split's blocks.

pub use crate::meta::hostile::meta;
pub use crate::split::hostile::split;

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    #[test]
    fn meta_survives_whatever_happens_to_its_files() {
        let damages = (0..7).flat_map(|what| (0..5).map(move |file| vec![file, what, 0, 90, 3]));
        let sample = |damage: Vec<u8>| [&[7, 0, 1, 0, 0, 1, 1, 0, 1][..], &damage].concat();
        let samples: Vec<Vec<u8>> = damages.map(sample).collect();
        // Each writes and reads a dozen files: fewer, to stay within some seconds.
        hold("meta", &samples, MUTATIONS / 4, super::meta);
    }

    #[test]
    fn a_split_is_what_was_written_or_an_error() {
        let places = (0..8).map(|place| [place, 40]);
        let samples: Vec<Vec<u8>> = places
            .flat_map(|at| (0..6).flat_map(move |which| (0..5).map(move |what| (which, what, at))))
            .map(|(which, what, at)| vec![which % 3, which / 3, what, at[0], at[1], 3, 9])
            .collect();
        hold("split", &samples, MUTATIONS, super::split);
    }
}
