//! What the books say to people: the ledger, the sources, the collectors, and how complete an answer is.
//!
//! Invariant: a view is one tenant's; nothing of it is derived from another's books, collectors or reads.

use std::collections::BTreeMap;

use nilometer_model::{
    CollectorId, Count, Coverage, Gap, LineageId, Reason, SourceId, Stream, Tally, Tenant,
    TimeRange, Timestamp,
};
use nilometer_wire::Fingerprint;

use crate::account::Account;
use crate::commit::{Read, State};
use crate::limits::{COLLECTOR_SILENT_MS, GAPS_LISTED_MAX, SETTLED_MS};
use crate::live::{Collector, Live};
use crate::removal::Removal;

/// One source's line of the ledger: `read = committed + refused + shed + in_flight`, and beside it `lost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The source.
    pub source: SourceId,
    /// The logical service that speaks.
    pub component: String,
    /// The host.
    pub node: String,
    /// stdout, stderr ...
    pub stream: Stream,
    /// What its collector says it read.
    pub read: Count,
    /// What splits hold of it, up to the mark.
    pub committed: Count,
    /// Records of `committed` that are no longer kept, by reason.
    pub removed: BTreeMap<Removal, u64>,
    /// Records turned away, by reason.
    pub refused: BTreeMap<Reason, u64>,
    /// Records dropped on purpose, by reason.
    pub shed: BTreeMap<Reason, u64>,
    /// What was read beyond the mark.
    pub in_flight: Count,
    /// What was never read.
    pub lost: Vec<Gap>,
    /// When `read` was heard.
    pub as_of: Timestamp,
    /// Its collector is silent: `read` may be old.
    pub stale: bool,
    /// The equation holds.
    pub balanced: bool,
}

/// One source, as a collector that lost its memory needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// The source.
    pub source: SourceId,
    /// Its lineage.
    pub lineage: LineageId,
    /// The logical service that speaks.
    pub component: String,
    /// The pod or container.
    pub instance: String,
    /// The host.
    pub node: String,
    /// stdout, stderr ...
    pub stream: Stream,
    /// Where the file was when last heard of.
    pub path: String,
    /// How the generation begins.
    pub fingerprint: Fingerprint,
    /// Everything up to here is accounted for.
    pub mark: u64,
    /// And these ranges beyond it.
    pub covered: Vec<(u64, u64)>,
    /// The running count of records at the mark.
    pub records: u64,
    /// The running count of bytes at the mark.
    pub bytes: u64,
    /// The generation is over.
    pub ended: bool,
}

/// One collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorView {
    /// Who.
    pub collector: CollectorId,
    /// The host that it reads.
    pub node: String,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Centre's clock minus the collector's, ms.
    pub clock_offset_ms: i64,
    /// How far what is visible lags behind now, ms.
    pub lag_ms: i64,
    /// What an operator should know.
    pub warnings: Vec<String>,
    /// The configuration that it runs by.
    pub config_version: String,
    /// It said that it was going to stop.
    pub goodbye: bool,
}

/// A collector that holds completeness back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lagging {
    /// The host.
    pub node: String,
    /// How far what is visible lags behind now, ms.
    pub behind_ms: i64,
    /// When it was last heard.
    pub last_seen: Timestamp,
}

/// A declared loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapView {
    /// The source.
    pub source: SourceId,
    /// The logical service that speaks, if known.
    pub component: Option<String>,
    /// The host, if known.
    pub node: Option<String>,
    /// Position before the loss.
    pub from: u64,
    /// Last position of the loss, if known.
    pub to: Option<u64>,
    /// When it was noticed.
    pub time: Timestamp,
    /// How many records, if known.
    pub records: Option<u64>,
    /// Why.
    pub reason: Reason,
}

/// How complete an answer over a range is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// No gap or missing split touches the range and nobody lags.
    pub complete: bool,
    /// Up to here everything is visible, by the centre's clock; none when no collector is live, or
    /// nothing of one is in yet.
    pub complete_to: Option<Timestamp>,
    /// Who lags.
    pub lagging: Vec<Lagging>,
    /// Declared losses in the range.
    pub gaps: Vec<GapView>,
}

impl Collector {
    fn is_silent(&self, now: Timestamp) -> bool {
        now.ms_since(self.heard.last_seen) >= COLLECTOR_SILENT_MS
    }

    /// How far what is visible of it lags behind now, ms; before anything is, since it was first heard.
    fn behind_ms(&self, now: Timestamp) -> i64 {
        now.ms_since(self.heard.visible_to.unwrap_or(self.heard.first_seen)).max(0)
    }

    fn view(&self, id: CollectorId, now: Timestamp) -> CollectorView {
        CollectorView {
            collector: id,
            node: self.heard.node.clone(),
            last_seen: self.heard.last_seen,
            clock_offset_ms: self.heard.clock_offset_ns / 1_000_000,
            lag_ms: self.behind_ms(now),
            warnings: self.heard.warnings.clone(),
            config_version: self.heard.config_version.clone(),
            goodbye: self.heard.goodbye,
        }
    }
}

/// The tenant's part of the live books.
pub(crate) struct Own<'a> {
    tenant: &'a Tenant,
    live: &'a Live,
}

impl<'a> Own<'a> {
    pub(crate) fn of(tenant: &'a Tenant, live: &'a Live) -> Self {
        Self { tenant, live }
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = &'a Account> {
        let tenant = self.tenant;
        self.live.accounts.values().filter(move |account| account.tenant == *tenant)
    }

    pub(crate) fn collectors(&self) -> impl Iterator<Item = (CollectorId, &'a Collector)> {
        let tenant = self.tenant;
        let own =
            move |(_, collector): &(CollectorId, &Collector)| collector.heard.tenant == *tenant;
        self.live.collectors.iter().map(|(id, collector)| (*id, collector)).filter(own)
    }

    fn collector(&self, id: CollectorId) -> Option<&'a Collector> {
        self.live.collectors.get(&id).filter(|collector| collector.heard.tenant == *self.tenant)
    }

    /// What was read of a source, as the tenant's own collectors say.
    fn read(&self, source: SourceId) -> Option<&'a Read> {
        self.live.reads.get(&source).filter(|read| read.tenant == *self.tenant)
    }
}

pub(crate) fn collectors(own: &Own<'_>, now: Timestamp) -> Vec<CollectorView> {
    own.collectors().map(|(id, collector)| collector.view(id, now)).collect()
}

pub(crate) fn completeness(
    own: &Own<'_>,
    range: TimeRange,
    now: Timestamp,
    missing_splits: u32,
) -> Completeness {
    let needed = range.to().min(now.plus_ns(-COLLECTOR_SILENT_MS * 1_000_000));
    let collectors = || own.collectors().map(|(_, collector)| collector);
    let present = || collectors().filter(|collector| !collector.heard.goodbye);
    let complete_to = present()
        .filter(|collector| !collector.is_silent(now))
        .map(|collector| collector.heard.visible_to)
        .min()
        .flatten();
    let lagging: Vec<Lagging> = present()
        .filter(|collector| collector.heard.visible_to < Some(needed))
        .map(|collector| Lagging {
            node: collector.heard.node.clone(),
            behind_ms: collector.behind_ms(now),
            last_seen: collector.heard.last_seen,
        })
        .collect();
    let gaps = gaps(own, range);
    let complete = lagging.is_empty() && gaps.is_empty() && missing_splits == 0;
    Completeness { complete, complete_to, lagging, gaps }
}

fn gaps(own: &Own<'_>, range: TimeRange) -> Vec<GapView> {
    let of_account = |account: &Account| {
        let source = account.source;
        let known = |name: &String| (!name.is_empty()).then(|| name.clone());
        let (component, node) = (known(&account.component), known(&account.node));
        let gaps = account.lost.iter().filter(|gap| range.contains(gap.time));
        let view = |gap: &Gap| GapView {
            source,
            component: component.clone(),
            node: node.clone(),
            from: gap.from,
            to: gap.to,
            time: gap.time,
            records: gap.count.map(|count| count.records),
            reason: gap.reason,
        };
        gaps.map(view).collect::<Vec<_>>()
    };
    own.accounts().flat_map(of_account).take(GAPS_LISTED_MAX).collect()
}

/// The ledger: what is committed stands against what was read; losses count from when they are known.
pub(crate) fn ledger(state: &State, own: &Own<'_>, now: Timestamp) -> Vec<LedgerRow> {
    let row = |account: &Account| {
        let committed = state.accounts.get(&account.source).map(|known| known.coverage.tally());
        let silent = |read: &Read| {
            own.collector(read.collector).is_some_and(|collector| collector.is_silent(now))
        };
        let read = own.read(account.source);
        let none = Tally::default();
        let row = ledger_row(account, committed.unwrap_or(&none), read, read.is_none_or(silent));
        let settled = read.is_some_and(|read| is_settled(state, own, read, now));
        let removed = state.removed.get(&account.source).into_iter().flatten();
        let removed = removed.map(|(why, count)| (*why, count.records)).collect();
        LedgerRow {
            removed,
            balanced: row.balanced && !(settled && row.in_flight.records > 0),
            ..row
        }
    };
    own.accounts().map(row).collect()
}

/// Whether everything that was read must be in by now: it was read a while ago, its collector lives and
/// has said that all it had read is in batches which are committed. What is still in flight then never
/// became a batch.
fn is_settled(state: &State, own: &Own<'_>, read: &Read, now: Timestamp) -> bool {
    let Some(collector) = own.collector(read.collector) else { return false };
    let epochs = state.sequences.get(&read.collector);
    let mark = epochs.and_then(|epochs| epochs.get(&collector.epoch)).map_or(0, Coverage::mark);
    !collector.is_silent(now)
        && now.ms_since(read.as_of) > SETTLED_MS
        && collector.complete.is_some_and(|sequence| sequence.0 <= mark)
}

fn ledger_row(account: &Account, tally: &Tally, read: Option<&Read>, stale: bool) -> LedgerRow {
    let running = tally.running;
    // A heartbeat is up to 5 s older than the mark: what is accounted for was certainly read.
    let heard = read.map_or(running, |read| read.count);
    let read_count = if heard.records < running.records { running } else { heard };
    let records = |terms: &BTreeMap<Reason, Count>| {
        terms.iter().map(|(reason, count)| (*reason, count.records)).collect()
    };
    LedgerRow {
        source: account.source,
        component: account.component.clone(),
        node: account.node.clone(),
        stream: account.stream,
        read: read_count,
        committed: tally.committed,
        removed: BTreeMap::new(),
        refused: records(&tally.refused),
        shed: records(&tally.shed),
        in_flight: read_count - running,
        lost: account.lost.clone(),
        as_of: read.map_or(account.changed, |read| read.as_of),
        stale,
        balanced: tally.accounted() == running,
    }
}

pub(crate) fn sources(state: &State, own: &Own<'_>, node: Option<&str>) -> Vec<SourceView> {
    let accounts = own.accounts();
    let view = |account: &Account| {
        let committed = state.accounts.get(&account.source);
        let tally = committed.map(|known| known.coverage.tally().running).unwrap_or_default();
        let beyond = committed.map(|known| known.coverage.beyond()).unwrap_or_default();
        SourceView {
            source: account.source,
            lineage: account.lineage,
            component: account.component.clone(),
            instance: account.instance.clone(),
            node: account.node.clone(),
            stream: account.stream,
            path: account.path.clone(),
            fingerprint: account.fingerprint,
            mark: committed.map_or(0, |known| known.coverage.mark()),
            covered: beyond.iter().map(|piece| (piece.from, piece.to)).collect(),
            records: tally.records,
            bytes: tally.bytes,
            ended: account.ended,
        }
    };
    accounts.filter(|account| node.is_none_or(|node| account.node == node)).map(view).collect()
}
