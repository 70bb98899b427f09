//! What turns up while the centre is asked what it has: held, remembered, and read or declared after the
//! answer.

use nilometer_model::GapKind;

use super::*;

/// A collector without a memory that asks a centre which does not answer yet.
async fn asking() -> (Node, Centre, CollectorConfig, Running) {
    let (node, centre) = (Node::new(), Centre::new().await);
    centre.told().away = Some(503);
    let config = node.config(&[&centre.url]);
    let collector = node.start(config.clone());
    centre.until(|told| told.asked_for_sources >= 1).await;
    (node, centre, config, collector)
}

/// Writes lines, and removes the file as soon as it is remembered.
async fn come_and_go(node: &Node, config: &CollectorConfig) {
    let spool = config.data.join("spool");
    let before = bytes(&spool);
    node.write(0..10);
    grown(&spool, before).await;
    fs::remove_file(node.root.path().join("app.log")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_and_goes_before_the_centre_answers_is_sent() {
    let (node, centre, config, collector) = asking().await;
    come_and_go(&node, &config).await;
    centre.told().away = None;
    centre.until(|told| told.messages().len() >= 10).await;
    collector.stop().await;
    assert_eq!(centre.told().messages(), numbers(0..10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_before_the_answer_a_file_that_went_is_declared_lost_under_its_name() {
    let (node, centre, config, collector) = asking().await;
    come_and_go(&node, &config).await;
    collector.stop().await;
    centre.told().away = None;
    let collector = node.start(config);
    let gaps = |told: &Told| {
        let sources = told.frames.iter().flat_map(|batch| &batch.header.sources);
        let gaps = sources
            .flat_map(|range| range.gaps.iter().map(|gap| (range.path.clone(), gap.clone())));
        gaps.collect::<Vec<_>>()
    };
    centre.until(|told| !gaps(told).is_empty()).await;
    collector.stop().await;
    let told = centre.told();
    let declared = gaps(&told);
    let [(path, gap)] = &declared[..] else { panic!("{declared:?}") };
    assert!(path.ends_with("/app.log"), "{path}");
    assert_eq!((gap.kind, gap.from, gap.to), (GapKind::Lost, 0, None));
    assert_eq!(gap.reason, Reason::DeletedBeforeRead);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_turned_up_before_the_answer_goes_on_under_the_name_that_the_centre_has_for_it() {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..10);
    let config = node.config(&[&centre.url]);
    let collector = node.start(config.clone());
    centre.until(|told| told.messages().len() >= 10).await;
    collector.stop().await;
    fs::remove_dir_all(&config.data).unwrap();

    let known = {
        let mut told = centre.told();
        told.away = Some(503);
        let known = told.frames[0].header.sources[0].clone();
        let source = serde_json::json!({
            "source": known.source, "lineage": known.lineage, "stream": known.stream, "path": known.path,
            "fingerprint": known.fingerprint, "mark": known.to,
            "records": known.running.records, "bytes": known.running.bytes,
        });
        told.sources = vec![source];
        known
    };
    for _ in 0..2 {
        let asked = centre.told().asked_for_sources;
        let collector = node.start(config.clone());
        grown(&config.data.join("spool"), 0).await;
        centre.until(|told| told.asked_for_sources > asked).await;
        collector.stop().await;
    }
    centre.told().away = None;
    let collector = node.start(config);
    node.write(10..20);
    centre.until(|told| told.messages().len() >= 20).await;
    collector.stop().await;
    let told = centre.told();
    assert_eq!(told.messages(), numbers(0..20));
    let sources = told.frames.iter().flat_map(|batch| &batch.header.sources);
    assert!(sources.clone().all(|range| range.source == known.source), "one name for one file");
    assert_eq!(told.read(), told.running);
}
