//! A batch in two: every record and every range is in exactly one of them.

use nilometer_model::{BatchId, CollectorId, Epoch, Sequence};
use proptest::prelude::*;

use super::*;
use crate::spool::tests::{frame_of, messages};

fn batch(rows: usize) -> Batch {
    let id = BatchId { collector: CollectorId::default(), epoch: Epoch(1), sequence: Sequence(1) };
    nilometer_wire::decode(&frame_of(id, 10, &vec!["m"; rows]).bytes).unwrap()
}

#[test]
fn a_single_record_of_a_single_source_cannot_be_cut() {
    assert!(in_two(&batch(1)).is_none());
    assert!(in_two(&batch(0)).is_none());
}

proptest! {
    #[test]
    fn halves_cover_what_the_whole_covered(rows in 2_usize..40) {
        let whole = batch(rows);
        let [first, second] = in_two(&whole).unwrap();
        let (early, late) = (&first.header.sources[0], &second.header.sources[0]);
        let range = &whole.header.sources[0];
        prop_assert_eq!((early.from, late.to), (range.from, range.to));
        prop_assert_eq!(early.to, late.from);
        prop_assert_eq!(late.running, range.running);
        prop_assert_eq!(early.running.records, early.to);
        prop_assert_eq!(
            [messages(&first.items.rows), messages(&second.items.rows)].concat(),
            messages(&whole.items.rows)
        );
    }
}
