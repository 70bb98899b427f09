//! Reads what states are told from: the only place here that waits.
//!
//! ```text
//!   split ─ once ─> part: tracks, readings ─┐
//!   split in the window ─> bytes of blocks ─┼─> (one blocking thread) ─> tracks, window, readings
//!   buffer ─────────────────────────────────┘
//! ```
//! Invariants:
//! - a split is folded once as far back as it was asked for: it never changes. What is kept has a limit, and
//!   the oldest go first;
//! - what cannot be read is left out and counted; reading has a time limit, after which the rest is left out
//!   too, and said: what was folded by then is kept, so the next answer gets further;
//! - blocks of the window are held together, so many bytes of them: of more the oldest are left out, and said;
//! - decoding and folding happen on a blocking thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use nilometer_block::{BlockError, Columns, SpanColumns, decode_samples, decode_spans};
use nilometer_model::{Samples, Spans, Tenant, TimeRange, Timestamp};
use nilometer_store::records::{Plan, RowSet};
use nilometer_store::{
    Mask, RecordSplit, SamplePrune, Snapshot, SourceView, SpanPrune, Split, SplitError, SplitId,
    SplitKind, SplitMeta,
};

use super::evidence::{Run, Times};
use super::readings::Readings;
use super::track::Tracks;
use super::window::Window;
use crate::execute::{LimitedBy, in_turn};
use crate::limits::{HEALTH_BLOCKS_AT_ONCE, HEALTH_PARTS_MAX, HEALTH_WINDOW_BYTES, QUERY_TIME};
use crate::plan::{Filter, Sight, seen_in_buffer};

/// What was read of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) tracks: Tracks,
    pub(crate) window: Window,
    pub(crate) readings: Readings,
    /// Splits that are not, or not wholly, in it.
    pub(crate) missing_splits: u32,
    /// Reading took too long, or the window holds too much; the oldest is left out.
    pub(crate) limited_by: Option<LimitedBy>,
}

/// The blocks that hold spans of the window, as they are stored.
#[derive(Debug, Default)]
struct Recent {
    blocks: Vec<Bytes>,
    bytes: usize,
}

/// One split, folded.
#[derive(Debug, Clone, Default)]
struct Part {
    /// What is older is not in it.
    from: Timestamp,
    tracks: Tracks,
    readings: Readings,
}

/// Parts of splits, per tenant. The lock is held for a look or a note only.
#[derive(Debug, Default)]
pub(crate) struct Parts(Mutex<BTreeMap<(SplitId, String), Arc<Part>>>);

/// Why a split cannot be folded.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error("a block does not decode: {0}")]
    Block(#[from] BlockError),
    #[error("the thread that folds it ended early")]
    Stopped,
}

impl Parts {
    /// Reads what the tenant's states are told from.
    #[tracing::instrument(name = "gather", skip_all)]
    pub(crate) async fn gather(
        &self,
        snapshot: &Snapshot,
        tenant: &Tenant,
        times: &Times,
    ) -> Gathered {
        let started = Instant::now();
        let history = times.history();
        let mut gathered =
            Gathered { missing_splits: snapshot.missing_splits, ..Gathered::default() };
        let (mut parts, mut recent) = (Vec::new(), Recent::default());
        for split in newest_first(snapshot, history) {
            if started.elapsed() >= QUERY_TIME {
                gathered.limited_by = Some(LimitedBy::Time);
                break;
            }
            let read = async {
                if let Stored::Items(split) = split
                    && !recent.add(split, tenant, times.window()).await?
                {
                    gathered.limited_by = Some(LimitedBy::Bytes);
                }
                self.part(&split, (tenant, &snapshot.masks), history).await
            };
            match read.await {
                Ok(part) => parts.push(part),
                Err(error) => {
                    let id = split.meta().id.0;
                    tracing::error!(%error, split = %id, "it is left out of what health is told from");
                    gathered.missing_splits += 1;
                }
            }
        }
        let (buffered, tenant, times) = (snapshot.clone(), tenant.clone(), *times);
        let fold =
            move || fold_all(gathered, (&parts, &recent.blocks), &buffered, (&tenant, &times));
        in_turn(fold).await.unwrap_or_default()
    }

    async fn part(
        &self,
        split: &Stored<'_>,
        (tenant, masks): (&Tenant, &[Mask]),
        history: TimeRange,
    ) -> Result<Arc<Part>, Unreadable> {
        let key = (split.meta().id, whose(tenant, masks));
        let known = self.lock().get(&key).map(Arc::clone);
        if let Some(known) = known.filter(|known| known.from <= history.from()) {
            return Ok(known);
        }
        let range = TimeRange::new(history.from(), Timestamp(i64::MAX)).unwrap_or(TimeRange::ALL);
        let part = Arc::new(match split {
            Stored::Records(split) => fold_records(split, (tenant, masks), range).await?,
            Stored::Items(split) => fold_items(split, (tenant, masks), range).await?,
        });
        self.keep(key, Arc::clone(&part));
        Ok(part)
    }

    fn keep(&self, key: (SplitId, String), part: Arc<Part>) {
        let mut parts = self.lock();
        parts.insert(key, part);
        while parts.len() > HEALTH_PARTS_MAX {
            parts.pop_first();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(SplitId, String), Arc<Part>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A split of one kind or the other.
#[derive(Clone, Copy)]
enum Stored<'a> {
    Records(&'a RecordSplit),
    /// Spans, or samples.
    Items(&'a Split),
}

impl Stored<'_> {
    fn meta(&self) -> &SplitMeta {
        match self {
            Self::Records(split) => split.meta(),
            Self::Items(split) => split.meta(),
        }
    }
}

/// The splits that touch the range; the newest first, for time may run out.
fn newest_first(snapshot: &Snapshot, range: TimeRange) -> Vec<Stored<'_>> {
    let items = snapshot.span_splits.iter().chain(&snapshot.sample_splits);
    let items = items.map(|split| Stored::Items(split));
    let all = items.chain(snapshot.splits.iter().map(|split| Stored::Records(split)));
    let touches = |split: &Stored<'_>| {
        let meta = split.meta();
        range.touches(meta.time_first, meta.time_last)
    };
    let mut touching: Vec<_> = all.filter(touches).collect();
    touching.sort_by_key(|split| std::cmp::Reverse(split.meta().time_last));
    touching
}

impl Recent {
    /// Adds the split's blocks of the window; `false` when there is no room for them.
    async fn add(
        &mut self,
        split: &Split,
        tenant: &Tenant,
        window: TimeRange,
    ) -> Result<bool, SplitError> {
        let blocks = split.span_blocks(tenant, window, &SpanPrune::default());
        if blocks.is_empty() {
            return Ok(true);
        }
        if self.is_full() {
            return Ok(false);
        }
        self.hold(split.read_blocks(&blocks).await?);
        Ok(true)
    }

    fn hold(&mut self, blocks: Vec<Bytes>) {
        self.bytes += blocks.iter().map(Bytes::len).sum::<usize>();
        self.blocks.extend(blocks);
    }

    fn is_full(&self) -> bool {
        self.bytes >= HEALTH_WINDOW_BYTES
    }
}

/// Whose parts of splits: as long as a purge hides some of them, they are others.
fn whose(tenant: &Tenant, masks: &[Mask]) -> String {
    let hidden: String = masks.iter().map(|mask| format!(" {} {}", mask.purge, mask.at)).collect();
    format!("{tenant}{hidden}")
}

async fn fold_records(
    split: &RecordSplit,
    (tenant, masks): (&Tenant, &[Mask]),
    range: TimeRange,
) -> Result<Part, Unreadable> {
    let own: Filter = Filter::of(tenant, Vec::new()).without(masks);
    let is_masked = !masks.is_empty();
    let plan = Arc::new(Plan::new(split.index().await?, own.prune(), range)?);
    let mut part = Part { from: range.from(), ..Part::default() };
    for piece in plan.blocks()?.chunks(HEALTH_BLOCKS_AT_ONCE) {
        let read: Vec<_> = piece.iter().copied().zip(split.read_blocks(piece).await?).collect();
        let (plan, tenant) = (Arc::clone(&plan), tenant.clone());
        let columns = Columns::TIME.with(Columns::SEVERITY).with(Columns::RECEIVED);
        let fold = move || {
            for (number, bytes) in &read {
                let block = plan.index().block(*number, bytes)?;
                let all = || Ok(RowSet::all(block.rows()));
                let seen = if is_masked { plan.rows(&block) } else { all() }?;
                let rows = block.take(&seen, columns)?;
                part.tracks.take_rows(&rows, tenant.name(), range);
            }
            Ok::<Part, Unreadable>(part)
        };
        part = in_turn(fold).await.map_err(|_| Unreadable::Stopped)??;
    }
    Ok(part)
}

async fn fold_items(
    split: &Split,
    (tenant, masks): (&Tenant, &[Mask]),
    range: TimeRange,
) -> Result<Part, Unreadable> {
    let kind = split.meta().kind;
    let blocks = match kind {
        SplitKind::Samples => split.sample_blocks(tenant, range, &SamplePrune::default()),
        _ => split.span_blocks(tenant, range, &SpanPrune::default()),
    };
    let mut part = Part { from: range.from(), ..Part::default() };
    let seen = Seen::of(tenant, masks);
    for piece in blocks.chunks(HEALTH_BLOCKS_AT_ONCE) {
        let bytes = split.read_blocks(piece).await?;
        let seen = seen.clone();
        let fold = move || {
            bytes.iter().try_for_each(|block| seen.fold(&mut part, (kind, block), range))?;
            Ok::<Part, BlockError>(part)
        };
        part = in_turn(fold).await.map_err(|_| Unreadable::Stopped)??;
    }
    Ok(part)
}

/// What may be seen of a tenant's spans and samples.
#[derive(Debug, Clone)]
struct Seen {
    tenant: Tenant,
    spans: Sight<Spans>,
    samples: Sight<Samples>,
}

impl Seen {
    fn of(tenant: &Tenant, masks: &[Mask]) -> Self {
        let (spans, samples) = (Sight::of(tenant, masks), Sight::of(tenant, masks));
        Self { tenant: tenant.clone(), spans, samples }
    }

    fn spans(&self, block: &Bytes, columns: SpanColumns) -> Result<Spans, BlockError> {
        Ok(self.spans.pick(decode_spans(block, columns.with(self.spans.columns()))?))
    }

    fn fold(
        &self,
        part: &mut Part,
        (kind, block): (SplitKind, &Bytes),
        range: TimeRange,
    ) -> Result<(), BlockError> {
        let name = self.tenant.name();
        if kind == SplitKind::Samples {
            part.readings.take(&self.samples.pick(decode_samples(block)?), name, range);
        } else {
            let columns = SpanColumns::TREE.with(SpanColumns::ARRIVAL);
            part.tracks.take_spans(&self.spans(block, columns)?, name, range);
        }
        Ok(())
    }

    /// Shows the spans of each block; returns how many blocks do not decode.
    fn each(&self, blocks: &[Bytes], mut take: impl FnMut(&Spans)) -> u32 {
        let mut damaged = 0;
        for block in blocks {
            match self.spans(block, SpanColumns::TREE) {
                Ok(spans) => take(&spans),
                Err(_) => damaged += 1,
            }
        }
        damaged
    }
}

fn fold_all(
    mut gathered: Gathered,
    (parts, recent): (&[Arc<Part>], &[Bytes]),
    buffered: &Snapshot,
    (tenant, times): (&Tenant, &Times),
) -> Gathered {
    let (name, history, window) = (tenant.name(), times.history(), times.window());
    for part in parts {
        gathered.tracks.add_all(&part.tracks, &times.slots());
        gathered.readings.add_all(&part.readings);
    }
    for rows in &seen_in_buffer(buffered, tenant) {
        gathered.tracks.take_rows(rows, name, history);
    }
    for samples in &seen_in_buffer(buffered, tenant) {
        gathered.readings.take(samples, name, history);
    }
    let (spans, seen) = (seen_in_buffer(buffered, tenant), Seen::of(tenant, &buffered.masks));
    for spans in &spans {
        gathered.tracks.take_spans(spans, name, history);
        gathered.window.take(spans, name, window);
    }
    let damaged = seen.each(recent, |spans| gathered.window.take(spans, name, window));
    if gathered.window.has_failures() {
        spans.iter().for_each(|spans| gathered.window.find_callers(spans, name));
        seen.each(recent, |spans| gathered.window.find_callers(spans, name));
    }
    gathered.missing_splits += damaged;
    gathered
}

/// What the books say of files: when containers were started again, and which components' files have all ended.
pub(crate) fn of_books(sources: &[SourceView], tracks: &Tracks) -> (Vec<Run>, BTreeSet<String>) {
    let files = || sources.iter().filter(|source| !source.path.is_empty());
    let run = |source: &SourceView| {
        let (container, attempt) = attempt(&source.path)?;
        let first = *tracks.begun.get(&source.source)?;
        let component = source.component.clone();
        Some(Run { component, container: container.to_owned(), attempt, first })
    };
    let mut ended: BTreeSet<String> = files().map(|source| source.component.clone()).collect();
    files().filter(|source| !source.ended).for_each(|source| {
        ended.remove(&source.component);
    });
    let mut runs: Vec<Run> = files().filter_map(run).collect();
    runs.sort_unstable();
    (runs, ended)
}

/// The container's directory and which of its starts wrote the file: kubelet names it `3.log`, and what it
/// rotates `3.log.20261121-040600`.
fn attempt(path: &str) -> Option<(&str, u64)> {
    let (directory, name) = path.rsplit_once('/')?;
    let (digits, rest) = name.split_once(".log")?;
    let rotated = rest.is_empty() || rest.starts_with('.');
    rotated.then(|| Some((directory, digits.parse().ok()?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_room_for_blocks_until_their_bytes_are_so_many() {
        let mut recent = Recent::default();
        recent.hold(vec![Bytes::from(vec![0; HEALTH_WINDOW_BYTES - 1])]);
        assert!(!recent.is_full());
        recent.hold(vec![Bytes::from_static(b"1")]);
        assert!(recent.is_full());
    }

    #[test]
    fn of_one_part_more_than_are_kept_the_oldest_goes() {
        let parts = Parts::default();
        let key = |n: usize| (SplitId(uuid::Uuid::from_u128(n as u128)), "t1".to_owned());
        for (n, oldest) in [(HEALTH_PARTS_MAX, 1), (HEALTH_PARTS_MAX + 1, 2)] {
            (1..=n).for_each(|n| parts.keep(key(n), Arc::default()));
            assert_eq!(parts.lock().len(), HEALTH_PARTS_MAX);
            assert_eq!(parts.lock().keys().next(), Some(&key(oldest)));
        }
    }

    #[test]
    fn kubelets_files_tell_which_start_wrote_them() {
        for (path, expect) in [
            ("/var/log/pods/d_pay-1_u/pay/0.log", Some(("/var/log/pods/d_pay-1_u/pay", 0))),
            (
                "/var/log/pods/d_pay-1_u/pay/12.log.20261121-040600.gz",
                Some(("/var/log/pods/d_pay-1_u/pay", 12)),
            ),
            ("/var/log/shop.log", None),
            ("/var/log/1.logs", None),
            ("0.log", None),
        ] {
            assert_eq!(attempt(path), expect, "{path}");
        }
    }
}
