//! A spool that fills up: what matters least is dropped, and counted.

use super::*;

/// Lines that do not pack, so that a batch of them needs room.
fn lines(round: u64) -> Vec<String> {
    let mut dice = round + 1;
    let draw = || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{round} {:016x}", dice ^ dice >> 29)
    };
    std::iter::repeat_with(draw).take(3_000).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_that_fills_up_sheds_what_matters_least_and_every_record_is_counted() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let flow = crate::FlowConfig { on_full: crate::OnFull::Shed, ..Default::default() };
    let spool_bytes_max = 4 << 20;
    let config = node.config(&[&centre.url]);
    let settings = Settings { spool_bytes_max, ..config.settings.borrow().clone() };
    let config = CollectorConfig { flow, settings: watch::channel(settings).1, ..config };
    let spool_dir = config.data.join("spool");
    let collector = node.start(config.clone());
    centre.until(|told| !told.heartbeats.is_empty()).await;
    centre.told().away = Some(503);
    let text: String = (0..200)
        .flat_map(lines)
        .enumerate()
        .map(|(n, line)| format!("{} {line}\n", if n % 100 == 0 { "ERROR" } else { "DEBUG" }))
        .collect();
    let all = text.lines().count() as u64;
    fs::write(node.root.path().join("app.log"), text).unwrap();
    // What is frozen behind 80 % was gathered while debug was shed; errors make it a batch at once.
    let at = grown(&spool_dir, spool_bytes_max * 4 / 5).await;
    grown(&spool_dir, grown(&spool_dir, at).await).await;
    collector.stop().await;
    centre.told().away = None;
    let collector = node.start(config);
    centre.until(|told| told.running.values().any(|count| count.records == all)).await;
    collector.stop().await;
    let told = centre.told();
    let ranges = told.frames.iter().flat_map(|batch| &batch.header.sources);
    let gaps = ranges.flat_map(|range| &range.gaps);
    let shed: u64 = gaps.map(|gap| gap.count.unwrap().records).sum();
    let messages = told.messages();
    assert_eq!(messages.len() as u64 + shed, all, "read = committed + shed");
    assert!(shed > 0, "nothing was shed");
    let errors = messages.iter().filter(|line| line.starts_with("ERROR")).count() as u64;
    assert_eq!(errors, all / 100, "no error is shed");
}
