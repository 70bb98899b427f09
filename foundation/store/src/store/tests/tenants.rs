//! Two tenants in one store, on a node of the same name: what either is told is his own, and what either
//! brings under the other's names is turned away, now and when the Log is read again.

use super::*;

/// One tenant: his collector reads one source.
#[derive(Clone)]
struct Side {
    tenant: Tenant,
    collector: CollectorId,
    source: u64,
}

fn sides() -> [Side; 2] {
    [("acme", 5), ("globex", 6)].map(|(name, source)| Side {
        tenant: Tenant::parse(name).unwrap(),
        collector: CollectorId(uuid::Uuid::from_u128(source.into())),
        source,
    })
}

impl Side {
    /// His collector's batch of his source.
    fn batch(&self, sequence: u64, from: u64, to: u64) -> Batch {
        let mut batch = batch(sequence, self.source, from, to);
        batch.header.batch.collector = self.collector;
        batch.header.sources[0].component = self.tenant.name().to_owned();
        batch
    }

    async fn arrive(
        &self,
        store: &Store,
        position: u64,
        batch: Batch,
    ) -> Result<Entered, NotOwned> {
        self.arrive_refusing(store, position, batch, Vec::new()).await
    }

    async fn arrive_refusing(
        &self,
        store: &Store,
        position: u64,
        batch: Batch,
        refused: Vec<Refusal>,
    ) -> Result<Entered, NotOwned> {
        let (tenant, received) = (self.tenant.clone(), Timestamp(7));
        let position = LogPosition(position);
        store.arrive(Arrival { position, received, tenant, batch, refused }).await
    }

    /// His collector's sign of life: so much is read of each of the sources.
    fn beat(&self, now: Timestamp, sources: &[u64], records: u64) -> Heartbeat {
        let said = CaughtUp::Complete { at: now, sequence: Sequence(1) };
        let read = Count { bytes: records * RECORD_BYTES, records };
        let sources = sources.iter().map(|id| SourceRead { source: SourceId(*id), read });
        let sources = sources.collect();
        Heartbeat { collector: self.collector, sources, ..heartbeat(now, said) }
    }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000_000)
}

fn until(to: Timestamp) -> TimeRange {
    TimeRange::new(Timestamp(0), to).unwrap()
}

fn lost(at: Timestamp) -> Gap {
    Gap {
        kind: GapKind::Lost,
        from: 40,
        to: None,
        reason: Reason::DeletedBeforeRead,
        count: None,
        time: at,
    }
}

/// Both have brought 3 records each, of which one is turned away and behind which some are lost.
async fn both(ground: &Ground) -> Store {
    let store = ground.open().await;
    for (side, position) in sides().iter().zip(1..) {
        let mut batch = side.batch(1, 0, 3);
        batch.header.sources[0].gaps.push(lost(seconds(1)));
        let source = SourceId(side.source);
        let refused = Refusal {
            index: 1,
            source,
            position: 2 * RECORD_BYTES,
            reason: Reason::MessageTooLong,
        };
        side.arrive_refusing(&store, position, batch, vec![refused]).await.unwrap();
        store.hear(&side.tenant, &side.beat(seconds(2), &[side.source], 3), seconds(2)).unwrap();
    }
    store
}

/// Everything that the store says to `own` is his, and there is as much of it as he brought.
fn check_views(store: &Store, own: &Side) {
    let (tenant, now) = (&own.tenant, seconds(3));
    let source = SourceId(own.source);
    let ledger = store.ledger(tenant, now);
    assert_eq!(ledger.iter().map(|row| row.source).collect::<Vec<_>>(), [source]);
    assert_eq!((ledger[0].component.as_str(), ledger[0].read.records), (tenant.name(), 3));
    for node in [None, Some("node")] {
        let sources = store.sources(tenant, node);
        assert_eq!(sources.iter().map(|view| view.source).collect::<Vec<_>>(), [source]);
    }
    let collectors = store.collectors(tenant, now);
    assert_eq!(collectors.iter().map(|c| c.collector).collect::<Vec<_>>(), [own.collector]);
    let letters = store.dead_letters(tenant);
    assert_eq!(letters.iter().map(|letter| letter.source).collect::<Vec<_>>(), [source]);
    let gaps = store.completeness(tenant, until(now), now).gaps;
    assert_eq!(gaps.len(), 1);
    let (component, node) = (gaps[0].component.as_deref(), gaps[0].node.as_deref());
    assert_eq!((gaps[0].source, component, node), (source, Some(tenant.name()), Some("node")));
}

#[tokio::test]
async fn every_view_is_of_its_tenant_only_before_and_behind_a_seal_and_a_restart() {
    let ground = Ground::new();
    let store = both(&ground).await;
    sides().iter().for_each(|side| check_views(&store, side));
    seal(&store).await.unwrap();
    sides().iter().for_each(|side| check_views(&store, side));
    let again = ground.open().await;
    sides().iter().for_each(|side| check_views(&again, side));
    let nobody = Tenant::parse("nobody").unwrap();
    let now = seconds(3);
    assert!(again.ledger(&nobody, now).is_empty() && again.sources(&nobody, None).is_empty());
    assert!(again.collectors(&nobody, now).is_empty() && again.dead_letters(&nobody).is_empty());
    let known = again.completeness(&nobody, until(now), now);
    assert_eq!((known.complete, known.complete_to), (true, None));
}

#[tokio::test]
async fn who_is_silent_lags_for_his_own_tenant_only() {
    let [acme, globex] = sides();
    let store = both(&Ground::new()).await;
    let now = seconds(60);
    store.hear(&acme.tenant, &acme.beat(now, &[], 0), now).unwrap();
    let of = |side: &Side| store.completeness(&side.tenant, until(now), now);
    assert_eq!((of(&acme).lagging.len(), of(&acme).complete_to), (0, Some(now)));
    assert_eq!((of(&globex).lagging.len(), of(&globex).complete_to), (1, None));
}

#[tokio::test]
async fn what_a_spool_may_let_go_is_said_to_its_owner_only() {
    let [acme, globex] = sides();
    let store = both(&Ground::new()).await;
    seal(&store).await.unwrap();
    assert_eq!(store.committed_to(&acme.tenant, acme.collector)[&Epoch(1)], Sequence(1));
    assert!(store.committed_to(&globex.tenant, acme.collector).is_empty());
}

#[tokio::test]
async fn a_node_is_forgotten_for_one_tenant_and_stays_for_another() {
    let [acme, globex] = sides();
    let store = both(&Ground::new()).await;
    assert!(store.forget_node(&acme.tenant, "node", seconds(3)).await.unwrap());
    assert!(!store.forget_node(&acme.tenant, "node", seconds(3)).await.unwrap());
    assert!(store.collectors(&acme.tenant, seconds(3)).is_empty());
    assert_eq!(store.collectors(&globex.tenant, seconds(3)).len(), 1);
}

#[tokio::test]
async fn a_tail_is_fed_with_its_own_tenants_records_only() {
    let [acme, globex] = sides();
    let store = both(&Ground::new()).await;
    let mut feed = store.subscribe(&acme.tenant);
    globex.arrive(&store, 3, globex.batch(2, 3, 5)).await.unwrap();
    assert!(feed.is_empty());
    acme.arrive(&store, 4, acme.batch(2, 3, 5)).await.unwrap();
    let rows = feed.try_recv().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.origin.tenant == acme.tenant.name()));
}

#[tokio::test]
async fn a_batch_is_whose_token_brought_it_whatever_it_says_itself() {
    let [acme, globex] = sides();
    let store = Ground::new().open().await;
    let mut batch = globex.batch(1, 0, 3);
    globex.tenant.name().clone_into(&mut batch.header.tenant);
    let theirs = |origin: &Arc<Origin>| {
        Arc::new(Origin { tenant: globex.tenant.name().to_owned(), ..Origin::clone(origin) })
    };
    batch.items.rows.origins.replace_each(theirs);
    acme.arrive(&store, 1, batch).await.unwrap();
    let rows = &store.snapshot(&acme.tenant).buffer[0];
    assert!(rows.iter().all(|row| row.origin.tenant == acme.tenant.name()));
    assert_eq!(store.ledger(&acme.tenant, seconds(3)).len(), 1);
    assert!(store.ledger(&globex.tenant, seconds(3)).is_empty());
}

/// Batches of `globex` that name what is `acme`'s.
fn intrusions() -> Vec<(&'static str, Batch)> {
    let [acme, globex] = sides();
    let mut as_collector = globex.batch(9, 3, 5);
    as_collector.header.batch.collector = acme.collector;
    let mut of_source = acme.batch(9, 3, 5);
    of_source.header.batch.collector = globex.collector;
    let mut beside = globex.batch(9, 3, 5);
    beside.header.sources.push(range(acme.source, 3, 5));
    let mut instead = globex.batch(9, 3, 5);
    let next = BatchId { collector: acme.collector, ..id(2) };
    instead.header.replaces.push(next);
    let mut again = globex.batch(1, 0, 3);
    again.header.batch.collector = acme.collector;
    vec![
        ("as his collector", as_collector),
        ("of his source", of_source),
        ("of his source beside an own one", beside),
        ("in place of his batch", instead),
        ("under the name of a batch that is in", again),
    ]
}

#[tokio::test]
async fn what_names_anothers_is_turned_away_whole_and_again_when_the_log_is_read_again() {
    let [acme, globex] = sides();
    for (how, intrusion) in intrusions() {
        let ground = Ground::new();
        let store = both(&ground).await;
        seal(&store).await.unwrap();
        let turned_away: Result<(), NotOwned> = Err(NotOwned);
        assert_eq!(
            store.accepts(&globex.tenant, &intrusion.header),
            turned_away.map_err(Into::into),
            "{how}"
        );
        for store in [store, ground.open().await] {
            let before = seen(&store).await;
            assert_eq!(
                globex.arrive(&store, 3, intrusion.clone()).await,
                turned_away.map(|()| unreachable!())
            );
            assert_eq!(seen(&store).await, before, "{how}");
            assert!(store.snapshot(&globex.tenant).buffer.is_empty(), "{how}");
            sides().iter().for_each(|side| check_views(&store, side));
            assert_eq!(store.arrived(), LogPosition(3), "the Log is read on");
            let next = acme.arrive(&store, 4, acme.batch(2, 3, 5)).await.unwrap();
            assert_eq!(next.rows, 2, "{how}: and his own goes on");
        }
    }
}

#[tokio::test]
async fn a_sign_of_life_that_names_anothers_source_or_collector_is_not_heard() {
    let [acme, globex] = sides();
    let store = both(&Ground::new()).await;
    let now = seconds(3);
    let of_source = globex.beat(now, &[globex.source, acme.source], 99);
    assert_eq!(store.hear(&globex.tenant, &of_source, now), Err(NotOwned));
    let as_collector = acme.beat(now, &[], 0);
    assert_eq!(store.hear(&globex.tenant, &as_collector, now), Err(NotOwned));
    sides().iter().for_each(|side| check_views(&store, side));
}

/// A name that a sign of life took before any batch came is its owner's as soon as he brings one.
#[tokio::test]
async fn who_brings_a_batch_owns_its_names_whoever_was_heard_under_them_before() {
    let [acme, globex] = sides();
    let ground = Ground::new();
    let store = ground.open().await;
    let squatter = Side { collector: acme.collector, ..globex.clone() };
    store.hear(&globex.tenant, &squatter.beat(seconds(1), &[acme.source], 99), seconds(1)).unwrap();
    acme.arrive(&store, 1, acme.batch(1, 0, 3)).await.unwrap();
    let row = |store: &Store| store.ledger(&acme.tenant, seconds(2)).remove(0);
    assert_eq!(row(&store).read.records, 0, "what globex said he read is nothing to acme");
    seal(&store).await.unwrap();
    for store in [store, ground.open().await] {
        assert_eq!(row(&store).read.records, 3);
        store.hear(&acme.tenant, &acme.beat(seconds(2), &[acme.source], 4), seconds(2)).unwrap();
        assert_eq!(row(&store).read.records, 4);
        assert_eq!(store.collectors(&acme.tenant, seconds(2)).len(), 1);
        assert!(store.collectors(&globex.tenant, seconds(2)).is_empty());
        let late = squatter.beat(seconds(3), &[], 0);
        assert_eq!(store.hear(&globex.tenant, &late, seconds(3)), Err(NotOwned));
    }
}
