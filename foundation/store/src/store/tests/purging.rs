//! What is purged is masked, refused and gone, whatever is crashed or damaged in between; the books stay as they are.

mod kinds;

use std::collections::BTreeSet;

use nilometer_block::{SpanColumns, decode_samples, decode_spans};
use nilometer_model::{Items, ManualClock, Samples, Spans};
use object_store::{ObjectStoreExt, PutPayload};

use super::*;
use crate::limits::{
    ON_THE_WAY_MAX, PURGE_QUERY_BYTES_MAX, PURGE_REASON_BYTES_MAX, PURGES_KEPT_MAX, PURGES_OPEN_MAX,
};
use crate::purge::{Mask, Purge, PurgeId, PurgeStage, Suspect, Takes, Untidy};
use crate::records::RowSet;
use crate::split::{Split, SplitKind, object_path};
use crate::store::{PurgeAsked, PurgeError, PurgeStep};

/// A language in which a query is a part of a message, an operation or a name.
struct Parts;

struct Part {
    text: String,
    mask: Mask,
}

#[async_trait::async_trait]
impl PurgeLanguage for Parts {
    fn understand(&self, _: &Tenant, mask: &Mask) -> Option<Arc<dyn Takes>> {
        let text = mask.query.as_ref()?.to_string();
        Some(Arc::new(Part { text, mask: mask.clone() }))
    }

    async fn tidy(&self, _: &Store, _: &Tenant, _: Timestamp) -> Result<(), Untidy> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl Takes for Part {
    fn rows(&self, rows: &Rows) -> RowSet {
        let fits = |row: usize| self.fits(rows.message.get(row), rows.time[row]);
        RowSet::of(rows.len(), |row| self.is_of(SplitKind::Logs) && fits(row))
    }

    fn spans(&self, spans: &Spans) -> RowSet {
        let fits = |row: usize| self.fits(spans.row(row).operation, spans.start[row]);
        RowSet::of(spans.len(), |row| self.is_of(SplitKind::Spans) && fits(row))
    }

    fn samples(&self, samples: &Samples) -> RowSet {
        let fits = |row: usize| self.fits(samples.row(row).name, samples.time[row]);
        RowSet::of(samples.len(), |row| self.is_of(SplitKind::Samples) && fits(row))
    }

    async fn count(&self, split: &Suspect) -> Option<u64> {
        match split {
            Suspect::Records(split) => self.count_records(split).await,
            Suspect::Other(split) => self.count_others(split).await,
        }
    }
}

impl Part {
    fn is_of(&self, kind: SplitKind) -> bool {
        self.mask.kinds.contains(&kind)
    }

    fn fits(&self, text: &str, time: i64) -> bool {
        text.contains(&self.text) && self.mask.range.contains(Timestamp(time))
    }

    async fn count_others(&self, split: &Split) -> Option<u64> {
        let blocks: Vec<u32> = (0..split.meta().blocks).collect();
        let mut count = 0;
        for bytes in split.read_blocks(&blocks).await.ok()? {
            let mut items = Items::default();
            match split.meta().kind {
                SplitKind::Spans => items.spans = decode_spans(&bytes, SpanColumns::ALL).ok()?,
                _ => items.samples = decode_samples(&bytes).ok()?,
            }
            count += self.items(&items).count() as u64;
        }
        Some(count)
    }

    async fn count_records(&self, split: &RecordSplit) -> Option<u64> {
        let blocks: Vec<u32> = (0..split.meta().blocks).collect();
        let (index, read) = (split.index().await.ok()?, split.read_blocks(&blocks).await.ok()?);
        let mut count = 0;
        for (number, bytes) in blocks.iter().zip(read) {
            let block = index.block(*number, &bytes).ok()?;
            let rows =
                block.take(&RowSet::all(block.rows()), nilometer_block::Columns::ALL).ok()?;
            let fits = self.rows(&rows).keep(|row| rows.received[row] <= self.mask.at.0);
            count += fits.count() as u64;
        }
        Some(count)
    }
}

const ASKED_AT: Timestamp = Timestamp(100);

async fn open(ground: &Ground) -> Store {
    ground.open().await.with_language(Arc::new(Parts))
}

/// Records of source 5, of which each third is by Bob; frozen at that time.
fn said(sequence: u64, (from, to): (u64, u64), frozen_at: i64) -> Batch {
    let mut batch = batch(sequence, 5, from, to);
    batch.header.frozen_at = Timestamp(frozen_at);
    batch.items.rows.message.clear();
    for number in from + 1..=to {
        let who = if number % 3 == 0 { "Bob" } else { "somebody" };
        batch.items.rows.message.push(&format!("{who} did thing {number}"));
    }
    batch.items.rows.time.fill(frozen_at);
    batch
}

async fn come(store: &Store, position: u64, batch: Batch, received: i64) -> Entered {
    let (position, received) = (LogPosition(position), Timestamp(received));
    let (tenant, refused) = (Tenant::default(), Vec::new());
    store.arrive(Arrival { position, received, tenant, batch, refused }).await.unwrap()
}

fn records() -> BTreeSet<SplitKind> {
    [SplitKind::Logs].into()
}

async fn begin(store: &Store, query: &str) -> Result<Purge, PurgeError> {
    begin_of(store, query, records()).await
}

async fn begin_of(
    store: &Store,
    query: &str,
    kinds: BTreeSet<SplitKind>,
) -> Result<Purge, PurgeError> {
    let (query, reason) = (query.to_owned(), "ticket 12".to_owned());
    let (tenant, range) = (Tenant::default(), TimeRange::ALL);
    let asked = PurgeAsked { tenant, kinds, query, range, reason };
    store.begin_purge(asked, &ManualClock::at(ASKED_AT)).await
}

/// Frees the Log, as the indexer does.
async fn clear_log(store: &Store) {
    let stain = store.log_stain().expect("the Log may hold something");
    if !store.seal_to(store.arrived()) {
        assert!(store.wants_seal());
        seal(store).await.unwrap();
    }
    assert!(store.seal_to(store.arrived()) && !store.wants_seal());
    store.log_is_clear(stain);
}

async fn step(store: &Store) -> Result<PurgeStep, StoreError> {
    store.purge_step(Timestamp(101), || true).await
}

/// Until there is nothing to do; fails as the first step that does.
async fn all_steps(store: &Store) -> Result<Vec<PurgeStep>, StoreError> {
    let mut steps = Vec::new();
    loop {
        store.delete_retired().await;
        match step(store).await? {
            PurgeStep::Rests => return Ok(steps),
            step => steps.push(step),
        }
    }
}

fn without_bob(records: u64) -> Vec<(u64, u64)> {
    all(5, records).into_iter().filter(|(_, number)| number % 3 != 0).collect()
}

async fn queries(ground: &Ground) -> usize {
    ground.objects.list_with_delimiter(Some(&"purges".into())).await.unwrap().objects.len()
}

/// 300 records in two splits and the buffer, 100 of them Bob's.
async fn filled(store: &Store) {
    come(store, 1, said(1, (0, 100), 1), 7).await;
    seal(store).await.unwrap();
    come(store, 2, said(2, (100, 200), 1), 8).await;
    seal(store).await.unwrap();
    come(store, 3, said(3, (200, 300), 1), 9).await;
}

#[tokio::test]
async fn what_is_purged_is_masked_then_gone_and_refused_when_it_comes_again_until_the_end() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    let purge = begin(&store, "Bob").await.unwrap();
    assert_eq!((purge.at, purge.stage), (ASKED_AT, PurgeStage::Removing));
    assert_eq!(store.snapshot(&Tenant::default()).masks.len(), 1);
    assert!(store.snapshot(&Tenant::parse("other").unwrap()).masks.is_empty());
    assert_eq!(step(&store).await.unwrap(), PurgeStep::Rests, "the Log holds some of it");
    clear_log(&store).await;
    let steps = all_steps(&store).await.unwrap();
    let counts = [33, 33, 34].map(PurgeStep::Split);
    assert_eq!(steps, [&counts[..], &[PurgeStep::Done(purge.id)]].concat());
    assert_eq!(seen(&store).await, without_bob(300));
    assert!(store.snapshot(&Tenant::default()).masks.is_empty());
    assert_eq!(ground.objects().await, 3);

    let again = come(&store, 4, said(4, (150, 303), 1), 200).await;
    assert_eq!((again.rows, again.duplicates), (2, 100), "of three that are new one is Bob's");
    let later = come(&store, 5, said(5, (303, 306), 150), 200).await;
    assert_eq!(later.rows, 3, "he goes on after the purge");
    seal(&store).await.unwrap();
    let ledger = store.ledger(&Tenant::default(), Timestamp(300)).remove(0);
    assert_eq!((ledger.committed.records, ledger.refused[&Reason::Purged]), (305, 1));
    assert!(store.dead_letters(&Tenant::default()).is_empty());
    assert!(store.log_stain().is_some(), "what was refused lies in the Log");

    let store = open(&ground).await;
    assert_eq!(
        (queries(&ground).await, &*store.purges(&Tenant::default())[0].query.clone().unwrap()),
        (1, "Bob")
    );
    assert!(matches!(
        store.end_purge(&Tenant::parse("other").unwrap(), purge.id, ASKED_AT).await,
        Err(PurgeError::Unknown)
    ));
    for _ in 0..2 {
        let ended = store.end_purge(&Tenant::default(), purge.id, ASKED_AT).await.unwrap();
        assert_eq!((ended.stage, ended.removed.records), (PurgeStage::Ended, 100));
    }
    assert_eq!(
        (queries(&ground).await, store.purges(&Tenant::default())[0].query.clone()),
        (0, None)
    );
    assert_eq!(come(&store, 6, said(6, (306, 309), 1), 200).await.rows, 3);
}

#[tokio::test]
async fn what_fails_or_crashes_at_any_commit_is_done_by_the_next_process() {
    for fails in 0..8 {
        let ground = Ground::new();
        let store = open(&ground).await;
        filled(&store).await;
        let purge = begin(&store, "Bob").await.unwrap();
        assert!(matches!(
            store.end_purge(&Tenant::default(), purge.id, ASKED_AT).await,
            Err(PurgeError::NotDone)
        ));
        clear_log(&store).await;
        for _ in 0..fails {
            step(&store).await.unwrap();
        }
        ground.meta.fail_next_commit();
        let _may_fail = all_steps(&store).await;
        drop(store);
        let store = open(&ground).await;
        if store.purges(&Tenant::default())[0].purge.stage == PurgeStage::Removing {
            clear_log(&store).await;
            all_steps(&store).await.unwrap();
        }
        let view = store.purges(&Tenant::default()).remove(0);
        assert_eq!((view.purge.stage, view.purge.removed.records), (PurgeStage::Done, 100));
        assert_eq!((seen(&store).await, ground.objects().await), (without_bob(300), 3), "{fails}");
    }
}

#[tokio::test]
async fn a_beginning_that_was_broken_off_is_dated_by_the_next_process() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    let purge = begin(&store, "Bob").await.unwrap();
    let undated = Purge { at: Timestamp(i64::MAX), ..purge };
    let commit = Commit { purges: [(undated.id, Some(undated))].into(), ..Commit::default() };
    let revision = store.snapshot(&Tenant::default()).revision;
    ground.meta.commit(SHARD, revision, &commit).await.unwrap();
    drop(store);
    let store = open(&ground).await;
    come(&store, 3, said(3, (200, 300), 1), 9).await;
    assert_eq!(step(&store).await.unwrap(), PurgeStep::Split(0));
    assert_eq!(store.purges(&Tenant::default())[0].purge.at, Timestamp(101));
    clear_log(&store).await;
    all_steps(&store).await.unwrap();
    assert_eq!(seen(&store).await, without_bob(300));
}

#[tokio::test]
async fn a_split_that_cannot_be_read_keeps_a_purge_from_being_done_and_its_mask_in_place() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    let bad = store.snapshot(&Tenant::default()).splits[0].meta().id;
    let whole = ground.objects.get(&object_path(bad)).await.unwrap().bytes().await.unwrap();
    let mut bytes = whole.to_vec();
    bytes[20] ^= 1;
    ground.objects.put(&object_path(bad), PutPayload::from(bytes)).await.unwrap();
    begin(&store, "Bob").await.unwrap();
    clear_log(&store).await;
    assert!(all_steps(&store).await.is_err());
    assert_eq!(all_steps(&store).await.unwrap().len(), 2);
    let view = store.purges(&Tenant::default()).remove(0);
    assert_eq!((view.splits_left, view.splits_unreadable), (0, 1));
    assert_eq!(store.snapshot(&Tenant::default()).masks.len(), 1);
    ground.objects.put(&object_path(bad), whole.into()).await.unwrap();
    let store = open(&ground).await;
    clear_log(&store).await;
    all_steps(&store).await.unwrap();
    assert_eq!(seen(&store).await, without_bob(300));
}

#[tokio::test]
async fn it_is_not_done_while_somebody_reads_what_is_gone_or_an_orphan_may_hold_it() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    let reader = store.snapshot(&Tenant::default());
    ground.objects.put(&"splits/torn".into(), PutPayload::from("Bob")).await.unwrap();
    begin(&store, "Bob").await.unwrap();
    clear_log(&store).await;
    assert_eq!(all_steps(&store).await.unwrap().len(), 3);
    assert_eq!(store.purges(&Tenant::default())[0].objects_left, 2);
    for split in &reader.splits {
        split.verify().await.unwrap();
    }
    drop(reader);
    assert!(matches!(all_steps(&store).await.unwrap()[..], [PurgeStep::Done(_)]));
    assert_eq!(ground.objects().await, 3);
}

#[tokio::test]
async fn dead_letters_that_say_it_are_hidden_at_once_and_removed() {
    let ground = Ground::new();
    let store = open(&ground).await;
    let batch = said(1, (0, 6), 1);
    let refused = [2_u32, 3].map(|index| Refusal {
        index,
        source: SourceId(5),
        position: (u64::from(index) + 1) * RECORD_BYTES,
        reason: Reason::MessageTooLong,
    });
    let (tenant, refused) = (Tenant::default(), refused.to_vec());
    let (position, received) = (LogPosition(1), Timestamp(7));
    store.arrive(Arrival { position, received, tenant, batch, refused }).await.unwrap();
    assert_eq!(store.dead_letters(&Tenant::default()).len(), 2);
    begin(&store, "Bob").await.unwrap();
    let left = store.dead_letters(&Tenant::default());
    assert_eq!((left.len(), left[0].message.as_str()), (1, "somebody did thing 4"));
    clear_log(&store).await;
    all_steps(&store).await.unwrap();
    let letters = open(&ground).await.inner().state.dead_letters.clone();
    assert_eq!((letters.len(), letters[0].message.as_str()), (1, "somebody did thing 4"));
    assert_eq!(store.purges(&Tenant::default())[0].purge.removed.dead_letters, 1);
}

#[tokio::test]
async fn what_a_purge_asks_and_why_have_limits() {
    let store = open(&Ground::new()).await;
    begin(&store, &"x".repeat(PURGE_QUERY_BYTES_MAX)).await.unwrap();
    let long = begin(&store, &"x".repeat(PURGE_QUERY_BYTES_MAX + 1)).await;
    assert!(matches!(long, Err(PurgeError::QueryTooLong)));
    let because = async |bytes: usize| {
        let (tenant, range) = (Tenant::default(), TimeRange::ALL);
        let (query, reason) = ("Bob".to_owned(), "y".repeat(bytes));
        let asked = PurgeAsked { tenant, kinds: records(), query, range, reason };
        store.begin_purge(asked, &ManualClock::at(ASKED_AT)).await
    };
    because(PURGE_REASON_BYTES_MAX).await.unwrap();
    assert!(matches!(because(PURGE_REASON_BYTES_MAX + 1).await, Err(PurgeError::ReasonTooLong)));
}

#[tokio::test]
async fn so_many_purges_are_open_and_so_many_are_remembered() {
    let ground = Ground::new();
    let store = open(&ground).await;
    let mut ids: Vec<PurgeId> = Vec::new();
    for _ in 0..PURGES_OPEN_MAX {
        ids.push(begin(&store, "Bob").await.unwrap().id);
    }
    assert!(matches!(begin(&store, "Bob").await, Err(PurgeError::TooMany)));
    assert_eq!(queries(&ground).await, PURGES_OPEN_MAX);
    clear_log(&store).await;
    all_steps(&store).await.unwrap();
    let kept = |store: &Store| store.purges(&Tenant::default()).len();
    while kept(&store) < PURGES_KEPT_MAX {
        let id = ids.pop().unwrap();
        store.end_purge(&Tenant::default(), id, ASKED_AT).await.unwrap();
        ids.push(begin(&store, "Bob").await.unwrap().id);
        clear_log(&store).await;
        all_steps(&store).await.unwrap();
    }
    let oldest = store.purges(&Tenant::default()).pop().unwrap().purge;
    store.end_purge(&Tenant::default(), ids.pop().unwrap(), ASKED_AT).await.unwrap();
    begin(&store, "Bob").await.unwrap();
    assert_eq!(kept(&store), PURGES_KEPT_MAX);
    let last = store.purges(&Tenant::default()).pop().unwrap().purge;
    assert_eq!(last.id == oldest.id, oldest.stage != PurgeStage::Ended);
}

#[tokio::test]
async fn of_objects_on_the_way_so_many_are_known_the_latest() {
    let store = open(&Ground::new()).await;
    let id = |n: usize| SplitId(uuid::Uuid::from_u128(n as u128));
    for (all, first) in [(ON_THE_WAY_MAX, 1), (ON_THE_WAY_MAX + 1, 2)] {
        (1..=all).for_each(|n| store.inner().is_on_the_way(id(n)));
        let known = store.inner().on_the_way.clone();
        assert_eq!((known.len(), known.first()), (ON_THE_WAY_MAX, Some(&id(first))));
    }
}
