//! What the batcher does with what the flow turns away: it stands in ranges, counts and gaps.

use nilometer_model::{LineageId, Severity, Stream};
use nilometer_wire::Fingerprint;

use super::*;
use crate::enrich::Speaker;
use crate::flow::{FlowConfig, OnFull, RateLimit, RateUnit};

fn source() -> Arc<SourceInfo> {
    Arc::new(SourceInfo {
        source: SourceId(7),
        lineage: LineageId(1),
        speaker: Arc::new(Speaker::new("web".to_owned(), "web-1".to_owned())),
        attributes: Arc::default(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
    })
}

/// Records of ten bytes each with these severities, one letter each, through a batcher of that flow.
fn gathered(config: &FlowConfig, full_percent: u64, severities: &str) -> Gathered {
    let flow = Flow::new(config);
    let mut batcher = Batcher::new("n1".to_owned(), Books::new()).with_flow(flow);
    batcher.block(false, full_percent);
    for (number, letter) in (1_u64..).zip(severities.chars()) {
        let severity = match letter {
            'd' => Severity::Debug,
            'i' => Severity::Info,
            'w' => Severity::Warn,
            'e' => Severity::Error,
            _ => Severity::Unset,
        };
        let record = Record {
            time: Timestamp(number as i64),
            order_time: Timestamp(number as i64),
            position: number * 10,
            bytes: 10,
            severity,
            trace_id: None,
            span_id: None,
            message: &letter.to_string(),
            attributes: "",
        };
        batcher.record(&source(), record);
    }
    batcher.freeze().unwrap()
}

/// What is kept, and the gaps as (from, to, records).
#[track_caller]
fn check(
    config: &FlowConfig,
    percent: u64,
    severities: &str,
    kept: &str,
    gaps: &[(u64, u64, u64)],
) {
    let Gathered { sources, items } = gathered(config, percent, severities);
    let messages: String = items.rows.iter().map(|row| row.message.to_owned()).collect();
    assert_eq!(messages, kept);
    let [range] = &sources[..] else { panic!("{sources:?}") };
    let all = severities.len() as u64;
    assert_eq!((range.from, range.to), (0, all * 10));
    assert_eq!(range.running, Count { records: all, bytes: all * 10 }, "shed counts as read");
    let named =
        range.gaps.iter().map(|gap| (gap.from, gap.to.unwrap(), gap.count.unwrap().records));
    assert_eq!(named.collect::<Vec<_>>(), gaps);
    assert!(range.gaps.iter().all(|gap| gap.kind == GapKind::Shed));
}

#[test]
fn what_is_shed_in_a_row_is_one_gap_and_the_counts_go_on() {
    let shed = FlowConfig { on_full: OnFull::Shed, ..FlowConfig::default() };
    check(&shed, 79, "dide", "dide", &[]);
    check(&shed, 80, "ddidw", "iw", &[(0, 20, 2), (30, 40, 1)]);
    check(&shed, 90, "ddidwe", "we", &[(0, 40, 4)]);
    check(&shed, 99, "diuwd", "", &[(0, 50, 5)]);
    let pause = FlowConfig::default();
    check(&pause, 99, "diuwe", "diuwe", &[]);
}

#[test]
fn a_header_names_so_many_gaps_and_what_is_shed_beyond_is_added_to_the_last() {
    let shed = FlowConfig { on_full: OnFull::Shed, ..FlowConfig::default() };
    for (pairs, last) in [(SHED_GAPS_PER_RANGE_MAX, 1), (SHED_GAPS_PER_RANGE_MAX + 1, 2)] {
        let Gathered { sources, items } = gathered(&shed, 80, &"de".repeat(pairs));
        let gaps = &sources[0].gaps;
        assert_eq!((items.len(), gaps.len()), (pairs, SHED_GAPS_PER_RANGE_MAX));
        let records: u64 = gaps.iter().map(|gap| gap.count.unwrap().records).sum();
        assert_eq!((records, gaps.last().unwrap().count.unwrap().records), (pairs as u64, last));
    }
}

#[test]
fn what_is_over_a_rate_limit_is_shed_with_that_reason() {
    let component = glob::Pattern::new("web").unwrap();
    let limit = RateLimit { component, unit: RateUnit::Lines, per_s: 1, burst: 3 };
    let config = FlowConfig { limits: vec![limit], ..FlowConfig::default() };
    check(&config, 0, "eeeee", "eee", &[(30, 50, 2)]);
    let Gathered { sources, .. } = gathered(&config, 0, "eeee");
    assert_eq!(sources[0].gaps[0].reason, Reason::RateLimited);
}

#[test]
fn a_batch_that_only_says_what_was_shed_waits_for_longer() {
    let linger = Duration::from_millis(100);
    let flow = Flow::new(&FlowConfig { on_full: OnFull::Shed, ..FlowConfig::default() });
    let mut batcher = Batcher::new("n1".to_owned(), Books::new()).with_flow(flow);
    batcher.block(false, 99);
    batcher.covered(&source(), 10, 10);
    assert!(batcher.due_in(linger).unwrap() > linger);
    batcher.ended(&source(), 10);
    assert!(batcher.due_in(linger).unwrap() <= linger, "an end is told at once");
}

#[test]
fn what_is_passed_over_moves_a_book_unless_a_range_lies_behind_it() {
    let (source, end) = (source(), |batcher: &mut Batcher| {
        let gathered = batcher.freeze().map(|gathered| gathered.sources);
        let ranges = gathered.into_iter().flatten().map(|range| (range.from, range.to));
        (ranges.collect::<Vec<_>>(), batcher.passed().values().map(|book| book.to).collect())
    });
    let mut batcher = Batcher::new("n1".to_owned(), Books::new());
    batcher.covered(&source, 10, 10);
    assert_eq!(end(&mut batcher), (vec![], vec![10]));
    batcher.covered(&source, 20, 10);
    batcher.ended(&source, 30);
    assert_eq!(end(&mut batcher), (vec![(20, 30)], vec![]), "the spool would begin again at 20");
    batcher.ended(&source, 40);
    batcher.covered(&source, 50, 10);
    assert_eq!(end(&mut batcher), (vec![(30, 40)], vec![50]));
}
