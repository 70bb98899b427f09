//! Who spoke: settled before the first record of a source, and for good.

use nilometer_parse::Format;

use super::*;
use crate::limits::SPEAKER_WAIT_MS;

const API: &str = r#"{"k8s.deployment.name":"cart"}"#;
const PATH: &str = r#"{"k8s.namespace.name":"shop","k8s.container.name":"main"}"#;
const OTHER: &str = "var/log/pods/shop_other_o/main";

fn line(n: u64) -> String {
    cri(n, &format!("stdout F {n}"))
}

impl Node {
    /// A node that is told of its pods.
    fn told() -> Self {
        let node = Self::new();
        node.reader.roster().tells();
        node
    }

    /// A few visits, after so many more milliseconds.
    fn look(&mut self, after_ms: u64) {
        self.now += Duration::from_millis(after_ms);
        for _ in 0..4 {
            self.reader.poll_at(self.now, &mut self.kept);
            self.commit();
        }
    }

    /// What was handed over: its message and its attributes.
    fn seen(&self) -> Vec<(&str, &str)> {
        self.kept
            .seen
            .iter()
            .map(|seen| (seen.message.as_str(), seen.attributes.as_str()))
            .collect()
    }

    /// The component and version of each generation of the log.
    fn speakers(&self) -> Vec<(String, String)> {
        let log = &self.reader.logs[&format!("/{POD}")];
        let speakers = log.generations.iter().map(|generation| &generation.infos[1].speaker);
        speakers.map(|who| (who.component.clone(), who.version.clone())).collect()
    }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec()
}

#[test]
fn lines_of_a_container_that_is_not_known_yet_wait_and_those_of_others_do_not() {
    let mut node = Node::told();
    node.reader.roster().told("o", "other");
    node.append(&pod("0.log"), line(0));
    node.append(&format!("{OTHER}/0.log"), line(1));
    node.look(2_000);
    assert_eq!(node.messages(), ["1"]);
    node.append(&format!("{OTHER}/0.log"), line(2));
    node.look(1_000);
    assert_eq!(node.messages(), ["1", "2"]);
    node.reader.roster().told("uid", "cart");
    node.look(25);
    assert_eq!(node.seen()[2], ("0", API));
    assert_eq!(node.speakers(), pairs([("cart", "1.4")]));
}

#[test]
fn an_api_that_never_comes_holds_a_container_up_for_five_seconds_and_only_once() {
    let mut node = Node::told();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    node.look(SPEAKER_WAIT_MS - 1);
    assert_eq!(node.seen(), []);
    node.look(1);
    assert_eq!(node.seen(), [("0", PATH)]);
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.append(&pod("0.log"), line(1));
    node.look(1_000);
    assert_eq!(node.seen(), [("0", PATH), ("1", PATH)]);
}

#[test]
fn without_an_api_nothing_waits() {
    let mut node = Node::new();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    assert_eq!(node.seen(), [("0", PATH)]);
}

#[test]
fn what_a_source_was_given_stays_until_it_ends_and_over_restarts() {
    let mut node = Node::new();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    node.reader.roster().told("uid", "cart");
    node.append(&pod("0.log"), line(1));
    node.look(1_000);
    assert_eq!(node.seen(), [("0", PATH), ("1", PATH)]);
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.append(&pod("0.log"), line(2));
    node.look(1_000);
    assert_eq!(node.seen()[2], ("2", API));
    let expect = pairs([("web", ""), ("cart", "1.4")]);
    assert_eq!(node.speakers(), expect);
    node.restart();
    node.append(&pod("0.log"), line(3));
    node.look(1_000);
    assert_eq!(node.seen()[3], ("3", API));
    assert_eq!(node.speakers(), expect);
}

#[test]
fn a_restart_before_the_first_record_waits_again() {
    let mut node = Node::told();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    node.restart();
    node.reader.roster().tells();
    node.look(1_000);
    assert_eq!(node.seen(), []);
    node.reader.roster().told("uid", "cart");
    node.look(25);
    assert_eq!(node.seen(), [("0", API)]);
}

#[test]
fn a_file_that_goes_while_its_container_is_waited_for_is_read_all_the_same() {
    let mut node = Node::told();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    fs::remove_dir_all(node.path("var/log/pods/shop_web-x2x4z_uid")).unwrap();
    node.look(1_500);
    node.reader.roster().told("uid", "cart");
    node.look(1_000);
    assert_eq!(node.seen(), [("0", API)]);
    assert_eq!(node.kept.gaps, []);
}

#[test]
fn a_state_that_an_older_build_kept_holds_its_names() {
    let mut node = Node::new();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    node.memory.retain(|key, _| Given::log(key).is_none());
    node.restart();
    node.reader.roster().tells();
    node.reader.roster().told("uid", "cart");
    node.append(&pod("0.log"), line(1));
    node.look(1_000);
    assert_eq!(node.seen()[1], ("1", ""), "an older build gave no attributes");
    assert_eq!(node.speakers(), pairs([("web", "")]));
}

#[test]
fn what_a_forgotten_log_was_given_is_forgotten_with_it() {
    let mut node = Node::new();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    assert_eq!(node.memory.len(), 2);
    fs::remove_dir_all(node.path("var/log/pods/shop_web-x2x4z_uid")).unwrap();
    for _ in 0..4 {
        node.look(1_000 * crate::limits::FORGET_S);
    }
    assert_eq!(node.memory.len(), 0);
    assert_eq!(node.reader.roster().name(Format::Cri, &format!("/{POD}")), None);
}

#[test]
fn what_another_build_kept_is_not_read_but_asked_of_the_centre() {
    let mut node = Node::new();
    node.append(&pod("0.log"), line(0));
    node.look(1_000);
    let (key, kept) = node.memory.iter().find(|(key, _)| Given::log(key).is_none()).unwrap();
    let (key, mut kept) = (key.clone(), kept.clone());
    assert!(Reader::remembers(&key, &kept));
    kept[0] += 1;
    assert!(!Reader::remembers(&key, &kept));
    assert!(Lineages::restore(&key, (&kept, None), ("node0", node.now)).is_none());
}
