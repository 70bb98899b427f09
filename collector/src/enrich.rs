//! Who spoke: which component, instance and version a container is, and where it belongs.
//!
//! ```text
//!   Kubernetes API ── list, watch ──> PodWatch ──┐
//!   Docker socket ── list, events ──> DockerWatch ┴─> Roster <── looked at ── reader, samplers
//!                                                       else: the path, config.v2.json
//! ```
//! Invariants:
//! - what a source's first record was given stays for that source's life, over restarts too;
//! - who asks never waits: the roster is memory behind a lock that nobody holds across an await;
//! - whatever an API says is bounded: a page, a line, the pods that are known, what is said of each;
//! - without any API every name comes from the path, or from Docker's own file.

mod account;
mod container;
mod cri_path;
mod docker_watch;
mod given;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod image;
mod lines;
mod naming;
mod pod;
mod pod_watch;
mod roster;
mod speaker;

pub use account::KubernetesConfig;
pub(crate) use container::docker_speaker;
pub(crate) use docker_watch::DockerWatch;
pub(crate) use given::Given;
pub(crate) use pod_watch::PodWatch;
pub(crate) use roster::{Found, Roster};
pub(crate) use speaker::Speaker;
