//! The spool's age limit: batches that waited for longer are dropped, and said to be.
//!
//! ```text
//!   frozen ── waits ── spool_age_max ──> the same ranges without their records, shed (spool_too_old)
//! ```
//! Invariants:
//! - off until set: a spool keeps what it has until the centre has it;
//! - what is dropped is replaced in the spool, in one record, by a batch that says so; what the centre has
//!   of it already stays: it cuts a declaration to what is missing;
//! - a batch that is under way, or durable in the centre's Log, is never dropped.

use std::time::Duration;

use nilometer_model::{LogId, Reason, Timestamp};
use nilometer_wire::{Batch, BatchHeader, FrameError};

use crate::life::Life;
use crate::limits::EXPIRED_AT_ONCE_MAX;
use crate::spool::{Place, Spool, SpoolError};
use crate::{metrics, ship, split};

/// A batch that is too old cannot be dropped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpireError {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Drops batches that were frozen more than `age_max` ago, a few at once; says how many records.
pub(crate) fn expire(
    spool: &mut Spool,
    (age_max, now): (Duration, Timestamp),
    (life, log): (&Life, Option<LogId>),
) -> Result<u64, ExpireError> {
    let age_ns = i64::try_from(age_max.as_nanos()).unwrap_or(i64::MAX);
    let oldest = Timestamp(now.0.saturating_sub(age_ns));
    let mut dropped = 0;
    for (place, _) in spool.older_than(oldest, EXPIRED_AT_ONCE_MAX, log) {
        dropped += drop_records(spool, place, (life, now))?;
    }
    Ok(dropped)
}

fn drop_records(
    spool: &mut Spool,
    place: Place,
    (life, now): (&Life, Timestamp),
) -> Result<u64, ExpireError> {
    let batch = nilometer_wire::decode(&spool.frame(place)?)?;
    let records = batch.items.len() as u64;
    if records == 0 {
        spool.never_too_old(place);
        return Ok(0);
    }
    let old = batch.header.batch;
    let Batch { header, items } = split::without_records(&batch, Reason::SpoolTooOld, now);
    let mut replaces = header.replaces.clone();
    replaces.push(old);
    let header = BatchHeader { frozen_at: now, replaces, ..header };
    let frames = ship::pack(Batch { header, items }, life)?;
    ship::replace(spool, life, old, frames)?;
    metrics::shed(Reason::SpoolTooOld, records);
    Ok(records)
}

#[cfg(test)]
mod tests {
    use nilometer_model::{BatchId, Count, GapKind};

    use super::*;
    use crate::spool::tests::frame_of;

    const SECOND_NS: i64 = 1_000_000_000;

    /// A spool of three batches, frozen at 0 s; the second is durable in a Log.
    fn spool(dir: &std::path::Path, life: &Life) -> (Spool, Vec<BatchId>, LogId) {
        let log = LogId(uuid::Uuid::from_u128(1));
        let (mut spool, _) = Spool::open(dir, 1 << 30).unwrap();
        let names: Vec<_> = (0..3).map(|_| life.next()).collect();
        for (at, name) in names.iter().enumerate() {
            spool.freeze(vec![frame_of(*name, 2 * at as u64, &["a", "b"])], Vec::new()).unwrap();
        }
        let picked = spool.pick(3, None);
        for (at, picked) in picked.iter().enumerate() {
            let sent =
                if at == 1 { crate::spool::Sent::Durable(log) } else { crate::spool::Sent::No };
            spool.mark(picked.place, sent);
        }
        (spool, names, log)
    }

    #[test]
    fn what_waited_for_longer_than_the_limit_is_declared_and_what_is_durable_stays() {
        let dir = tempfile::tempdir().unwrap();
        let life = Life::begin(dir.path()).unwrap();
        let (mut spool, names, log) = spool(&dir.path().join("spool"), &life);
        let age_max = Duration::from_secs(60);
        let drop_at = |spool: &mut Spool, s: i64| {
            let now = (age_max, Timestamp(s * SECOND_NS));
            expire(spool, now, (&life, Some(log))).unwrap()
        };
        assert_eq!(drop_at(&mut spool, 60), 0, "not yet");
        assert_eq!(drop_at(&mut spool, 61), 4);
        assert!(spool.holds(names[1]) && !spool.holds(names[0]) && !spool.holds(names[2]));
        let picked = spool.pick(9, Some(log));
        let batches: Vec<_> =
            picked.iter().map(|picked| nilometer_wire::decode(&picked.frame).unwrap()).collect();
        let ranges = batches.iter().flat_map(|batch| &batch.header.sources);
        let said: Vec<_> = ranges
            .map(|range| {
                let gap = &range.gaps[0];
                (range.from, range.to, range.running.records, gap.kind, gap.reason, gap.count)
            })
            .collect();
        let (kind, reason) = (GapKind::Shed, Reason::SpoolTooOld);
        let count = Some(Count { records: 2, bytes: 2 });
        assert_eq!(said, [(0, 2, 2, kind, reason, count), (4, 6, 6, kind, reason, count)]);
        assert_eq!(batches[0].header.replaces, [names[0]]);
        picked.iter().for_each(|picked| spool.mark(picked.place, crate::spool::Sent::No));
        assert_eq!(drop_at(&mut spool, 1_000), 0, "a declaration is never dropped");
    }
}
