//! What must hold whatever a disk, a runtime or a cluster gives. Each check panics where something does not;
//! `tests/mutate` and `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - no content stops a spool's opening; what it gives back are frozen bytes, and a loss is told;
//! - what runtimes and clusters say is a speaker within its limits, or nothing;
//! - of a file that was read every byte is in exactly one record or declared gap;
//! - whatever a kernel says of itself, what is measured are finite numbers, none below zero.

pub use crate::enrich::hostile::{enrich, events};
pub use crate::reader::hostile::lines;
pub use crate::sample::hostile::proc;
pub use crate::spool::hostile::spool;

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    #[test]
    fn a_spool_survives_whatever_happens_to_its_files() {
        let damages = (0..7).flat_map(|what| (0..4).map(move |file| vec![file, what, 0, 90, 3]));
        let sample = |damage: Vec<u8>| [&[9, 0, 0, 0, 1, 0, 2, 3, 0, 1, 0][..], &damage].concat();
        let samples: Vec<Vec<u8>> = damages.map(sample).collect();
        // Each writes and reads a dozen files: fewer, to stay within some seconds.
        hold("spool", &samples, MUTATIONS / 4, super::spool);
    }

    #[test]
    fn what_runtimes_and_clusters_say() {
        hold("enrich", &[], MUTATIONS, super::enrich);
    }

    #[test]
    fn what_watches_of_containers_and_pods_say() {
        hold("events", &[], MUTATIONS, super::events);
    }

    #[test]
    fn what_a_kernel_says_of_itself() {
        // Each writes and reads two dozen files: fewer, to stay within some seconds.
        hold("proc", &[], MUTATIONS / 4, super::proc);
    }

    #[test]
    fn every_byte_of_a_file_is_in_one_record() {
        // Each has a reader of its own, with its watches: fewer, to stay within some seconds.
        hold("lines", &[], MUTATIONS / 20, super::lines);
    }
}
