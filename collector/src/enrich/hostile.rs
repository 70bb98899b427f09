//! What runtimes and clusters say of containers, and the paths that name them.

use std::sync::Arc;
use std::time::Instant;

use nilometer_parse::Format;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::cri_path::CriPath;
use super::docker_watch;
use super::given::Given;
use super::image::Image;
use super::lines::{Lines, TooLong};
use super::pod::{Chosen, Pod, RawPod};
use super::pod_watch::{Page, PodWatch};
use super::speaker::Speaker;
use super::{KubernetesConfig, Roster, docker_speaker};
use crate::limits::{POD_CONTAINERS_MAX, SPEAKER_KNOWN_BYTES_MAX};

/// A longer line ends a stream, bytes.
const LINE_BYTES_MAX: usize = 512;

/// Docker's config.v2.json, a pod, a stream of events, a path, an image's name, and what is remembered.
pub fn enrich(bytes: &[u8]) {
    if let Some(speaker) = docker_speaker(bytes) {
        check_speaker(&speaker);
    }
    if let Ok(raw) = serde_json::from_slice::<RawPod>(bytes) {
        check_pod(&Pod::new(&raw, &chosen()));
    }
    let text = String::from_utf8_lossy(bytes);
    for format in [Format::Cri, Format::Docker, Format::Plain] {
        check_speaker(&Speaker::by_path(format, &text));
    }
    if let Some(path) = CriPath::parse(&text) {
        assert!(!path.container.contains('/') && !path.pod.contains('_'));
    }
    let image = Image::parse(&text);
    assert!(image.repository.len() + image.tag.len() + image.digest.len() <= text.len());
    if let Some(given) = Given::read(bytes) {
        assert_eq!(Given::read(&given.write()), Some(given));
    }
    check_lines(bytes);
}

/// What a watch says, line by line: the cluster's of its pods, Docker's of its containers.
pub fn events(bytes: &[u8]) {
    let roster = Arc::new(Roster::default());
    let Chosen { labels, annotations } = chosen();
    let config = KubernetesConfig { labels, annotations, ..KubernetesConfig::default() };
    let mut watch = PodWatch::new(config, "n1", Arc::clone(&roster));
    for line in bytes.split(|byte| *byte == b'\n') {
        let before = watch.version.clone();
        let taken = watch.event(line).is_ok();
        let kept = watch.version == before;
        assert!(
            kept || watch.version.as_ref().map_or(!taken, |version| taken && !version.is_empty())
        );
        match serde_json::from_slice(line) {
            Ok(Told { r#type: "ADDED" | "MODIFIED", object }) if taken => {
                check_known(&roster, &Pod::new(&object, &chosen()));
            }
            _ => {}
        }
        if let Ok(page) = Page::read(line, &chosen()) {
            page.pods.iter().for_each(check_pod);
        }
        if let Ok(docker_watch::Event { action, actor }) = serde_json::from_slice(line) {
            match action.as_str() {
                "destroy" => roster.container_gone(&actor.id, Instant::now()),
                _ => roster.container(&actor.id, Speaker::default()),
            }
        }
    }
}

/// An event of a pod.
#[derive(Deserialize)]
struct Told<'a> {
    r#type: &'a str,
    object: RawPod,
}

fn chosen() -> Chosen {
    let names = vec!["app".to_owned(), "team".to_owned()];
    Chosen { labels: names.clone(), annotations: names }
}

/// What the roster was told it says, to whoever can ask for it.
fn check_known(roster: &Roster, pod: &Pod) {
    check_pod(pod);
    for (name, (speaker, _)) in &pod.containers {
        let key = format!("/var/log/pods/shop_cart_{}/{name}", pod.uid);
        let path = CriPath::parse(&key);
        if path.is_some_and(|path| path.uid == pod.uid && path.container == name) {
            assert_eq!(roster.look(Format::Cri, &key).speaker.as_ref(), Some(speaker));
        }
    }
}

fn check_pod(pod: &Pod) {
    assert!(pod.containers.len() <= POD_CONTAINERS_MAX);
    pod.containers.values().for_each(|(speaker, _)| check_speaker(speaker));
}

fn check_speaker(speaker: &Speaker) {
    let attributes = speaker.attributes();
    // Escaped, a byte takes up to six.
    assert!(attributes.as_str().len() <= 8 * SPEAKER_KNOWN_BYTES_MAX);
    if !attributes.is_empty() {
        serde_json::from_str::<Map<String, Value>>(attributes.as_str())
            .unwrap_or_else(|error| panic!("{error}: {}", attributes.as_str()));
    }
}

/// A stream's lines are the same in whatever pieces they come.
fn check_lines(bytes: &[u8]) {
    let whole = cut(&[bytes]);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let halves = cut(&[first, second]);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(whole, halves);
    assert_eq!(whole, cut(&single));
}

fn cut(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let (mut lines, mut cut) = (Lines::new(LINE_BYTES_MAX), Vec::new());
    let ended = pieces.iter().try_for_each(|piece| {
        lines.take(piece, |line| {
            cut.push(line.to_vec());
            Ok::<(), TooLong>(())
        })
    });
    (cut, ended.is_err())
}
