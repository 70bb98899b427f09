//! A pod as the Kubernetes API writes it -> who its containers are.
//!
//! ```text
//!   metadata ── labels, annotations, owner ──┐
//!   spec.containers[].image ─────────────────┼─> per container: Speaker
//!   status.containerStatuses[].imageID ──────┘
//! ```
//! Invariant: of the object only that is kept; unknown fields, absent ones and nulls are no error.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::image::Image;
use super::speaker::Speaker;
use crate::identity::names;
use crate::limits::POD_CONTAINERS_MAX;
use nilometer_parse::Format;

/// Labels by which a component is called, the better first.
const COMPONENT_LABELS: [&str; 2] = ["app.kubernetes.io/name", "app"];
/// What a pod's log directory calls it that the kubelet read from a file: not the uid of its mirror.
const STATIC_UID: &str = "kubernetes.io/config.hash";
/// The part of a replica set's name that its deployment does not have.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// The least digits of a cron job's minute.
const CRON_MINUTE_DIGITS: usize = 8;

/// A pod, as far as we need it.
#[derive(Debug, Deserialize)]
pub(super) struct RawPod {
    pub(super) metadata: Metadata,
    spec: Option<Spec>,
    status: Option<Status>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) uid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    pub(super) resource_version: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<Owner>>,
}

#[derive(Debug, Deserialize)]
struct Owner {
    kind: String,
    name: String,
    #[serde(default)]
    controller: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Option<Vec<Container>>,
    init_containers: Option<Vec<Container>>,
    ephemeral_containers: Option<Vec<Container>>,
}

#[derive(Debug, Deserialize)]
struct Container {
    name: String,
    #[serde(default)]
    image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    container_statuses: Option<Vec<ContainerStatus>>,
    init_container_statuses: Option<Vec<ContainerStatus>>,
    ephemeral_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    #[serde(default, rename = "imageID")]
    image_id: String,
}

/// Labels and annotations that become attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    pub(super) labels: Vec<String>,
    pub(super) annotations: Vec<String>,
}

/// What is known of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    /// What its log directory calls it.
    pub(super) uid: String,
    /// By name; `true`: nothing of it is still to come.
    pub(super) containers: BTreeMap<String, (Arc<Speaker>, bool)>,
}

impl Pod {
    pub(super) fn new(raw: &RawPod, chosen: &Chosen) -> Self {
        let annotation = |name: &str| raw.metadata.annotations.as_ref()?.get(name);
        let uid = annotation(STATIC_UID).unwrap_or(&raw.metadata.uid).clone();
        let spec = raw.spec.iter();
        let listed = spec
            .flat_map(|spec| [&spec.containers, &spec.init_containers, &spec.ephemeral_containers]);
        let listed = listed.flatten().flatten().take(POD_CONTAINERS_MAX);
        let containers = listed.map(|container| {
            let digest = raw.image_id(&container.name).map_or("", |id| Image::parse(id).digest);
            let image = Image::parse(&container.image);
            let version = if image.version().is_empty() { digest } else { image.version() };
            let speaker = raw.speaker(container, (image.repository, version), chosen);
            (container.name.clone(), (Arc::new(speaker), !version.is_empty()))
        });
        Self { uid, containers: containers.collect() }
    }
}

impl RawPod {
    fn label(&self, name: &str) -> Option<&str> {
        self.metadata.labels.as_ref()?.get(name).map(String::as_str)
    }

    fn image_id(&self, container: &str) -> Option<&str> {
        let statuses = self.status.iter().flat_map(|status| {
            [
                &status.container_statuses,
                &status.init_container_statuses,
                &status.ephemeral_container_statuses,
            ]
        });
        let mut statuses = statuses.flatten().flatten();
        statuses.find(|status| status.name == container).map(|status| status.image_id.as_str())
    }

    fn speaker(
        &self,
        container: &Container,
        (repository, version): (&str, &str),
        chosen: &Chosen,
    ) -> Speaker {
        let Metadata { name, namespace, .. } = &self.metadata;
        let label = COMPONENT_LABELS.iter().find_map(|label| self.label(label));
        let component = label.filter(|label| !label.is_empty()).map_or_else(
            || names(Format::Cri, &format!("/{namespace}_{name}_/{}", container.name)).0,
            str::to_owned,
        );
        let mut speaker =
            Speaker { version: version.to_owned(), ..Speaker::new(component, name.clone()) };
        speaker.know("k8s.namespace.name", namespace);
        speaker.know("k8s.container.name", &container.name);
        self.owner(&mut speaker);
        speaker.know("container.image.name", repository);
        for name in &chosen.labels {
            speaker.know(&format!("k8s.pod.label.{name}"), self.label(name).unwrap_or_default());
        }
        for name in &chosen.annotations {
            let value = self.metadata.annotations.as_ref().and_then(|all| all.get(name));
            speaker.know(&format!("k8s.pod.annotation.{name}"), value.map_or("", |value| value));
        }
        speaker
    }

    /// The workload that the pod is of.
    fn owner(&self, speaker: &mut Speaker) {
        let owners = self.metadata.owner_references.iter().flatten();
        let Some(Owner { kind, name, .. }) =
            owners.into_iter().find(|owner| owner.controller == Some(true))
        else {
            return;
        };
        match kind.as_str() {
            "ReplicaSet" => {
                let hash = self.label(TEMPLATE_HASH).unwrap_or_default();
                let deployment = name.strip_suffix(hash).and_then(|name| name.strip_suffix('-'));
                match deployment.filter(|deployment| !hash.is_empty() && !deployment.is_empty()) {
                    Some(deployment) => speaker.know("k8s.deployment.name", deployment),
                    None => speaker.know("k8s.replicaset.name", name),
                }
            }
            "StatefulSet" => speaker.know("k8s.statefulset.name", name),
            "DaemonSet" => speaker.know("k8s.daemonset.name", name),
            "Job" => {
                let cron = name.rsplit_once('-').filter(|(cron, minute)| {
                    let digits = minute.bytes().all(|b| b.is_ascii_digit());
                    !cron.is_empty() && digits && minute.len() >= CRON_MINUTE_DIGITS
                });
                if let Some((cron, _)) = cron {
                    speaker.know("k8s.cronjob.name", cron);
                }
                speaker.know("k8s.job.name", name);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
