//! A batch that nobody takes as it is, replaced in the spool.

use nilometer_model::limits::BATCH_TEXT_BYTES_MAX;
use nilometer_model::{BatchId, Items, Reason, Timestamp};
use nilometer_wire::{Batch, BatchHeader, FrameError, Freezer};

use crate::batch::text_bytes;
use crate::life::Life;
use crate::split;
use crate::spool::{Frame, Place, Spool, SpoolError};

/// A batch cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CutError {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("batch {batch} holds nothing that could be left out")]
    Nothing { batch: BatchId },
    #[error("batch {batch}: {source}")]
    Frame { batch: BatchId, source: FrameError },
}

/// Replaces the batch by two halves, or, down to one record, by one that declares it as dropped.
pub(super) fn cut(
    spool: &mut Spool,
    place: Place,
    reason: Reason,
    (life, now): (&Life, Timestamp),
) -> Result<(), CutError> {
    let frame = spool.frame(place)?;
    let old =
        nilometer_wire::decode_header(&frame).map(|header| header.batch).unwrap_or(life.last());
    let failed = |source| CutError::Frame { batch: old, source };
    let batch = nilometer_wire::decode(&frame).map_err(failed)?;
    let parts = match split::in_two(&batch) {
        Some(halves) => halves.to_vec(),
        None if batch.items.is_empty() => return Err(CutError::Nothing { batch: old }),
        None => {
            tracing::error!(batch = %old, %reason, "a record is dropped: no intake takes it");
            vec![split::without_record(&batch, reason, now)]
        }
    };
    let mut frames = Vec::with_capacity(parts.len());
    for mut part in parts {
        part.header.replaces.push(old);
        frames.extend(pack(part, life).map_err(failed)?);
    }
    Ok(replace(spool, life, old, frames)?)
}

/// Keeps `frames` in the place of a batch, or remembers that their names were not used.
pub(crate) fn replace(
    spool: &mut Spool,
    life: &Life,
    old: BatchId,
    frames: Vec<Frame>,
) -> Result<(), SpoolError> {
    let headers: Vec<_> = frames.iter().map(|frame| frame.header.clone()).collect();
    let replaced = spool.replace(old, frames);
    settle_names(spool, life, &headers, replaced.is_ok());
    replaced
}

/// Takes note of what became of batches that were to be in the spool.
pub(crate) fn settle_names(spool: &Spool, life: &Life, headers: &[BatchHeader], written: bool) {
    let names = headers.iter().map(|header| header.batch);
    if written {
        life.stood_for(headers.iter().flat_map(|header| &header.replaces));
    } else if spool.is_poisoned() {
        life.in_doubt(names);
    } else {
        life.never_used(names);
    }
}

/// Names a batch and freezes it; as several when it is too large for one. A record that does not fit
/// even alone is declared as dropped. Sequences that were drawn and never used are stood for by the
/// first of them.
pub(crate) fn pack(batch: Batch, life: &Life) -> Result<Vec<Frame>, FrameError> {
    pack_and_return(batch, life, &mut Freezer::to_travel()).map(|(frames, _)| frames)
}

/// The same with a freezer that is kept; also gives back what was packed last, for its memory.
pub(crate) fn pack_and_return(
    batch: Batch,
    life: &Life,
    freezer: &mut Freezer,
) -> Result<(Vec<Frame>, Items), FrameError> {
    let (mut frames, mut open, mut packed) = (Vec::new(), vec![batch], Items::default());
    let mut unused = None;
    while let Some(mut batch) = open.pop() {
        let id = unused.take().unwrap_or_else(|| life.next());
        batch.header.batch = id;
        if frames.is_empty() {
            let mut unused = life.unused();
            unused.retain(|name| !batch.header.replaces.contains(name));
            batch.header.replaces.extend(unused);
        }
        match freeze(&batch, freezer) {
            Ok(bytes) => {
                frames.push(Frame { header: batch.header, bytes });
                packed = batch.items;
            }
            Err(error) => {
                unused = Some(id);
                let parts = smaller(&batch, &error);
                if parts.is_empty() {
                    life.never_used([id]);
                    life.never_used(frames.iter().map(|frame: &Frame| frame.header.batch));
                    return Err(error);
                }
                open.extend(parts.into_iter().rev());
            }
        }
    }
    Ok((frames, packed))
}

fn freeze(batch: &Batch, freezer: &mut Freezer) -> Result<Vec<u8>, FrameError> {
    let (size, limit) = (text_bytes(&batch.items), BATCH_TEXT_BYTES_MAX);
    if size > limit {
        return Err(FrameError::TooLarge { what: "text bytes", size, limit });
    }
    freezer.freeze(&batch.header, &batch.items)
}

/// What to try in the place of a batch that does not encode, in order; nothing when it is as small as
/// can be.
fn smaller(batch: &Batch, error: &FrameError) -> Vec<Batch> {
    let header = &batch.header;
    if let Some(halves) = split::in_two(batch) {
        return halves.into();
    }
    let reason = match error {
        FrameError::TooLarge { .. } => Reason::MessageTooLong,
        _ => Reason::Malformed,
    };
    if !batch.items.is_empty() {
        tracing::error!(%error, %reason, "a record is dropped: it fits into no batch");
        return vec![split::without_record(batch, reason, header.frozen_at)];
    }
    if header.sources.iter().any(|range| range.gaps.len() > 1) {
        tracing::error!(%error, %reason, "a range is declared lost: it fits into no batch");
        return vec![split::all_lost(batch, reason)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Count, GapKind, Stream};
    use nilometer_wire::BatchHeader;

    use super::*;
    use crate::batch::Books;
    use crate::journal::Journals;
    use crate::journal::tests::{rows, samples, spans, whole};
    use crate::spool::tests::{frame_of, messages};

    #[test]
    fn names_that_were_not_used_are_stood_for_until_a_batch_that_does_is_in_the_spool() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let (spool, _) = Spool::open(&data.path().join("spool"), 1 << 30).unwrap();
        let frame = frame_of(life.last(), 0, &["a"]);
        let next = || {
            let batch = nilometer_wire::decode(&frame.bytes).unwrap();
            pack(batch, &life).unwrap().remove(0).header
        };
        let names: Vec<_> = (0..2).map(|_| life.next()).collect();
        life.never_used(names.clone());
        let failed = next();
        assert_eq!(failed.replaces, names);
        settle_names(&spool, &life, std::slice::from_ref(&failed), false);
        let written = next();
        assert_eq!(written.replaces, [names[0], names[1], failed.batch]);
        settle_names(&spool, &life, &[written], true);
        assert_eq!(next().replaces, []);
    }

    #[test]
    fn a_batch_that_may_be_in_the_journal_is_stood_for_only_once_it_is_known_not_to_be() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let names: Vec<_> = (0..2).map(|_| life.next()).collect();
        life.in_doubt(names.clone());
        assert_eq!(life.unused(), []);
        life.find_out(|name| name == names[0]);
        assert_eq!(life.unused(), [names[1]]);
    }

    #[test]
    fn a_record_that_fits_into_no_batch_is_declared_and_all_others_are_kept() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let mut dice = 1_u64;
        let noise: String = std::iter::repeat_with(|| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + ((dice >> 40) % 90) as u8)
        })
        .take(6 << 20)
        .collect();
        let small = frame_of(life.last(), 0, &["a", "b", "c"]);
        let batch = nilometer_wire::decode(&small.bytes).unwrap();
        let mut rows = nilometer_model::Rows::default();
        for (at, row) in batch.items.rows.iter().enumerate() {
            let message = if at == 1 { noise.as_str() } else { row.message };
            rows.push(nilometer_model::RowRef { message, ..row });
        }
        let frames = pack(Batch { items: rows.into(), ..batch }, &life).unwrap();
        let batches: Vec<_> =
            frames.iter().map(|frame| nilometer_wire::decode(&frame.bytes).unwrap()).collect();
        let kept: Vec<_> = batches.iter().flat_map(|batch| messages(&batch.items.rows)).collect();
        assert_eq!(kept, ["a", "c"]);
        let ranges = batches.iter().flat_map(|batch| &batch.header.sources);
        let gaps: Vec<_> = ranges.flat_map(|range| range.gaps.clone()).collect();
        let [gap] = &gaps[..] else { panic!("{gaps:?}") };
        assert_eq!((gap.kind, gap.reason), (GapKind::Shed, Reason::MessageTooLong));
        assert_eq!((gap.from, gap.to, gap.count), (1, Some(2), Some(Count::one(1))));
    }

    #[test]
    fn the_texts_of_a_batch_are_limited_whatever_kind_they_belong_to() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let header = nilometer_wire::decode_header(&frame_of(life.last(), 0, &[]).bytes).unwrap();
        let (journals, _) = Journals::begin(&life, std::iter::empty(), &Books::new());
        let of_attributes = |bytes: usize| {
            let mut items = rows(1);
            items.append(&spans(1, &"a".repeat(bytes)));
            items.append(&samples(1));
            items
        };
        let others = text_bytes(&of_attributes(0));
        for (surplus, frames_are) in [(0, 1), (1, 2)] {
            let items = of_attributes(BATCH_TEXT_BYTES_MAX - others + surplus);
            let drawn = journals.draw(whole(vec![(Stream::Otlp, items)]), false);
            let header = BatchHeader { sources: drawn.sources, ..header.clone() };
            let frames = pack(Batch { header, items: drawn.items }, &life).unwrap();
            let batches = frames.iter().map(|frame| nilometer_wire::decode(&frame.bytes).unwrap());
            let kept: usize = batches.map(|batch| batch.items.len()).sum();
            assert_eq!((frames.len(), kept), (frames_are, 3));
        }
    }
}
