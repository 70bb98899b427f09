//! Splits of samples from outside: series stand together, and what prunes.

use nilometer_block::decode_samples;
use nilometer_model::limits::BLOCK_SAMPLES_MAX;
use nilometer_model::{SampleKind, SampleRef, Samples};

use super::*;

fn push(samples: &mut Samples, (node, component): (&str, &str), name: &str, time: i64) {
    let origin = Origin {
        tenant: nobody_else().name().to_owned(),
        component: component.to_owned(),
        node: node.to_owned(),
        source: SourceId(4),
        ..Origin::default()
    };
    samples.push(SampleRef {
        origin: &Arc::new(origin),
        name,
        unit: "By",
        time: Timestamp(time),
        value: time as f64,
        kind: SampleKind::Gauge,
        attributes: if time % 2 == 0 { "{\"cpu\":\"0\"}" } else { "{\"cpu\":\"1\"}" },
        position: time.cast_unsigned() + 1,
        received: Timestamp(time),
    });
}

async fn open(chunks: &[Arc<Samples>]) -> Split {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (meta, bytes) = build_samples(ID, chunks, origin_of_split()).unwrap();
    put(&*objects, bytes).await;
    Split::open(objects, meta).await.unwrap()
}

async fn blocks_of(split: &Split) -> Vec<Samples> {
    let blocks: Vec<u32> = (0..split.meta().blocks).collect();
    let bytes = split.read_blocks(&blocks).await.unwrap();
    bytes.iter().map(|bytes| decode_samples(bytes).unwrap()).collect()
}

#[tokio::test]
async fn samples_stand_series_by_series_each_in_the_order_of_time() {
    let mut chunks = vec![Samples::default(); 3];
    for time in (0..60).rev() {
        for (node, component) in [("n2", ""), ("n1", ""), ("n1", "shop")] {
            for name in ["memory", "cpu"] {
                push(&mut chunks[(time % 3) as usize], (node, component), name, time);
            }
        }
    }
    let chunks: Vec<_> = chunks.into_iter().map(Arc::new).collect();
    let split = open(&chunks).await;
    let blocks = blocks_of(&split).await;
    let read: Vec<_> = blocks.iter().flat_map(Samples::iter).collect();
    let key = |sample: &SampleRef<'_>| {
        let origin = sample.origin;
        let series = (origin.component.clone(), origin.node.clone(), sample.name.to_owned());
        (series, sample.attributes.to_owned(), sample.time)
    };
    assert!(read.is_sorted_by_key(key));
    let mut expect: Vec<_> = chunks.iter().flat_map(|chunk| chunk.iter()).collect();
    expect.sort_by_key(key);
    assert_eq!(read, expect);
    assert_eq!((split.meta().rows, split.meta().kind), (360, SplitKind::Samples));
}

#[tokio::test]
async fn a_block_holds_its_limit_and_one_more_begins_another_and_prunes_rule_out_rightly() {
    let most = BLOCK_SAMPLES_MAX as i64;
    let mut samples = Samples::default();
    (0..most).for_each(|time| push(&mut samples, ("n1", "pay"), "cpu", time));
    let full = open(&[Arc::new(samples.clone())]).await;
    assert_eq!(full.meta().blocks, 1);
    push(&mut samples, ("n2", "shop"), "memory", 5);
    let split = open(&[Arc::new(samples)]).await;
    assert_eq!(split.meta().blocks, 2);
    let check = |prune: SamplePrune, expect: &[u32]| {
        let blocks = split.sample_blocks(&nobody_else(), TimeRange::ALL, &prune);
        assert_eq!(blocks, expect, "{prune:?}");
    };
    let some = |name: &str| Some(name.to_owned());
    let all = SamplePrune::default;
    check(all(), &[0, 1]);
    check(SamplePrune { names: Some(vec!["memory".to_owned()]), ..all() }, &[1]);
    check(
        SamplePrune { names: Some(vec!["memory".to_owned(), "cpu".to_owned()]), ..all() },
        &[0, 1],
    );
    check(SamplePrune { component: some("pay"), ..all() }, &[0]);
    check(SamplePrune { node: some("n2"), ..all() }, &[1]);
    check(SamplePrune { node: some("n3"), ..all() }, &[]);
    check(SamplePrune { component: some("pay"), node: some("n2"), ..all() }, &[]);
    let stranger = Tenant::parse("other").unwrap();
    assert!(split.sample_blocks(&stranger, TimeRange::ALL, &all()).is_empty());
}
