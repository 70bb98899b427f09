//! Who is behind a container, from what was told of pods; and a roster for the tests of others.

use std::collections::BTreeMap;

use super::*;

impl Roster {
    /// As if an API told of pods.
    pub(crate) fn tells(&self) {
        self.expect_pods();
    }

    /// As if an API told of a pod's container `main`.
    pub(crate) fn told(&self, uid: &str, component: &str) {
        let mut speaker = Speaker::new(component.to_owned(), format!("{component}-0"));
        speaker.version = "1.4".to_owned();
        speaker.know("k8s.deployment.name", component);
        let containers = BTreeMap::from([("main".to_owned(), (Arc::new(speaker), true))]);
        self.pod(Pod { uid: uid.to_owned(), containers });
    }
}

fn speaker(component: &str) -> Arc<Speaker> {
    Arc::new(Speaker { component: component.to_owned(), ..Speaker::default() })
}

fn pod(uid: &str, complete: bool) -> Pod {
    let containers = BTreeMap::from([("main".to_owned(), (speaker(uid), complete))]);
    Pod { uid: uid.to_owned(), containers }
}

fn log(uid: &str) -> String {
    format!("/var/log/pods/ns_pod_{uid}/main")
}

/// The component that a log's look finds, and whether to wait for more.
fn look(roster: &Roster, uid: &str) -> (Option<String>, bool) {
    let found = roster.look(Format::Cri, &log(uid));
    (found.speaker.map(|speaker| speaker.component.clone()), found.waits)
}

#[test]
fn only_who_is_not_wholly_known_is_waited_for_and_only_when_somebody_will_tell() {
    let roster = Roster::default();
    assert_eq!(look(&roster, "a"), (None, false));
    roster.expect_pods();
    assert_eq!(look(&roster, "a"), (None, true));
    roster.pod(pod("a", false));
    assert_eq!(look(&roster, "a"), (Some("a".to_owned()), true));
    roster.pod(pod("a", true));
    assert_eq!(look(&roster, "a"), (Some("a".to_owned()), false));
    assert!(!roster.look(Format::Plain, "/var/log/x.log").waits);
    assert!(!roster.look(Format::Docker, "/var/lib/docker/containers/0a").waits);
}

#[test]
fn a_pod_that_is_gone_is_remembered_for_late_files_and_then_forgotten() {
    let (roster, now) = (Roster::default(), Instant::now());
    roster.pod(pod("a", true));
    roster.pod_gone("a", now);
    assert_eq!(look(&roster, "a").0.as_deref(), Some("a"));
    for (after, known) in [(GONE_S - 1, true), (GONE_S, false)] {
        roster.pod_gone("b", now + Duration::from_secs(after));
        assert_eq!(look(&roster, "a").0.is_some(), known, "after {after} s");
    }
}

#[test]
fn a_pod_that_comes_back_is_there_again() {
    let (roster, now) = (Roster::default(), Instant::now());
    roster.pod(pod("a", true));
    roster.pods(&[], now);
    roster.pods(&["a".to_owned()], now);
    roster.pods(&["a".to_owned()], now + Duration::from_secs(GONE_S));
    assert_eq!(look(&roster, "a").0.as_deref(), Some("a"));
}

#[test]
fn of_those_that_are_gone_so_many_are_remembered_and_not_one_more() {
    let (roster, now) = (Roster::default(), Instant::now());
    for n in 0..=GONE_MAX {
        roster.pod(pod(&n.to_string(), true));
    }
    for n in 0..GONE_MAX {
        roster.pod_gone(&n.to_string(), now);
    }
    assert!(look(&roster, "0").0.is_some());
    roster.pod_gone(&GONE_MAX.to_string(), now);
    assert!(look(&roster, "0").0.is_none());
    assert!(look(&roster, "1").0.is_some());
}

#[test]
fn so_many_pods_are_known_and_not_one_more() {
    let roster = Roster::default();
    for n in 0..=PODS_MAX {
        roster.pod(pod(&n.to_string(), true));
    }
    assert!(look(&roster, &(PODS_MAX - 1).to_string()).0.is_some());
    assert!(look(&roster, &PODS_MAX.to_string()).0.is_none());
    roster.pod_gone("0", Instant::now());
    roster.pod(pod("late", true));
    assert!(look(&roster, "late").0.is_some());
}

#[test]
fn numbers_of_a_container_have_the_names_of_its_lines_whatever_was_learnt_since() {
    let roster = Roster::default();
    roster.pod(pod("a", true));
    let name = |roster: &Roster| roster.name(Format::Cri, &log("a")).map(|s| s.component.clone());
    assert_eq!(name(&roster).as_deref(), Some("a"));
    roster.gave(&log("a"), &speaker("by-path"));
    assert_eq!(name(&roster).as_deref(), Some("by-path"));
    roster.forget(&log("a"));
    assert_eq!(name(&roster).as_deref(), Some("a"));
}

#[test]
fn a_failure_is_new_once_and_is_shown_until_it_is_over() {
    let roster = Roster::default();
    let cause = || Some("403".to_owned());
    assert_eq!(
        [cause(), cause(), None].map(|cause| roster.failed(Api::Kubernetes, cause)),
        [true, false, true]
    );
    roster.failed(Api::Docker, cause());
    assert_eq!(roster.warnings(), ["403"]);
}
