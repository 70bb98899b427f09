//! A batch that nobody takes as it is, replaced in the spool.

use nilometer_model::{BatchId, Reason, Timestamp};
use nilometer_wire::{Batch, FrameError};

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
        None if batch.rows.is_empty() => return Err(CutError::Nothing { batch: old }),
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
    let names: Vec<_> = frames.iter().map(|frame| frame.header.batch).collect();
    if let Err(e) = spool.replace(old, frames) {
        names.into_iter().for_each(|name| life.never_used(name));
        return Err(e.into());
    }
    Ok(())
}

/// Names a batch and freezes it; as several when it is too large for one. Sequences that were drawn
/// and never used are stood for by the first of them.
pub(crate) fn pack(batch: Batch, life: &Life) -> Result<Vec<Frame>, FrameError> {
    let (mut frames, mut open) = (Vec::new(), vec![batch]);
    let mut unused = None;
    while let Some(mut batch) = open.pop() {
        let id = unused.take().unwrap_or_else(|| life.next());
        batch.header.batch = id;
        if frames.is_empty() {
            batch.header.replaces.extend(life.take_unused());
        }
        match nilometer_wire::encode(&batch.header, &batch.rows) {
            Ok(bytes) => frames.push(Frame { header: batch.header, bytes }),
            Err(error) => {
                unused = Some(id);
                let Some([first, second]) = split::in_two(&batch) else {
                    life.never_used(id);
                    frames.iter().for_each(|frame| life.never_used(frame.header.batch));
                    return Err(error);
                };
                open.extend([second, first]);
            }
        }
    }
    Ok(frames)
}
