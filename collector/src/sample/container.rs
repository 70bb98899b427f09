//! Who a control group's container is, by the names that its log lines have, and what it takes.
//!
//! ```text
//!   what their lines were given, else an API's word, else:
//!   group: id, pod ──> /var/log/pods/<ns>_<pod>_<uid>/<container>     component, instance
//!                  ├─> /var/log/containers/..-<id>.log                 which container of the pod
//!                  └─> /var/lib/docker/containers/<id>/config.v2.json  component, instance
//! ```
//! Invariant: a container without a name in the logs is left out, so that no number stands alone.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::discover::cri_name;
use crate::enrich::{Roster, Speaker, docker_speaker};
use crate::sample::cgroup::{self, Group};
use crate::sample::host::Host;
use crate::sample::proc;
use nilometer_parse::Format;

const PODS: &str = "var/log/pods";
const CONTAINERS: &str = "var/log/containers";
const DOCKER: &str = "var/lib/docker/containers";

/// The names of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As its lines have it.
    pub(super) speaker: Arc<Speaker>,
    /// Which one of its pod's.
    pub(super) container: Option<String>,
    /// How often the runtime began it anew.
    pub(super) restarts: Option<u64>,
}

/// What the log directories know.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// A pod's directory, by its uid.
    pods: BTreeMap<String, String>,
    /// A container's name, by its id.
    containers: BTreeMap<String, String>,
    /// Pods of which some container is known by its id.
    named: HashSet<String>,
}

impl Known {
    pub(super) fn look(host: &Host) -> Self {
        let pods = host.names(PODS).into_iter();
        let pods: BTreeMap<String, String> =
            pods.filter_map(|dir| Some((dir.splitn(3, '_').nth(2)?.to_owned(), dir))).collect();
        let mut known = Self { pods, ..Self::default() };
        for file in host.names(CONTAINERS) {
            // <pod>_<ns>_<container>-<id>.log
            let Some((name, id)) = file.strip_suffix(".log").and_then(|f| f.rsplit_once('-'))
            else {
                continue;
            };
            let mut parts = name.splitn(3, '_');
            if let (Some(pod), Some(ns), Some(container)) =
                (parts.next(), parts.next(), parts.next())
            {
                known.containers.insert(id.to_owned(), container.to_owned());
                known.named.insert(format!("{ns}_{pod}_"));
            }
        }
        known
    }

    /// The container's names; `None` when no log line has one.
    pub(super) fn name(&self, host: &Host, group: &Group, roster: &Roster) -> Option<Name> {
        match &group.pod {
            Some(uid) => self.in_pod(host, (self.pods.get(uid)?, &group.id), roster),
            None => docker(host, &group.id, roster),
        }
    }

    fn in_pod(&self, host: &Host, (dir, id): (&str, &str), roster: &Roster) -> Option<Name> {
        let container = self.containers.get(id);
        // The one that holds a pod's network has a group and no log.
        if container.is_none() && self.named.iter().any(|pod| dir.starts_with(pod)) {
            return None;
        }
        let restarts = container.and_then(|container| {
            let log = format!("{PODS}/{dir}/{container}");
            let names = host.names(&log);
            names.iter().filter_map(|name| cri_name(name)).map(|(run, _)| u64::from(run)).max()
        });
        let short = || id.get(..12).unwrap_or(id).to_owned();
        let container = container.cloned().unwrap_or_else(short);
        let key = format!("/{PODS}/{dir}/{container}");
        let known = roster.name(Format::Cri, &key);
        let speaker = known.unwrap_or_else(|| Arc::new(Speaker::by_path(Format::Cri, &key)));
        Some(Name { speaker, container: Some(container), restarts })
    }
}

fn docker(host: &Host, id: &str, roster: &Roster) -> Option<Name> {
    let config = host.text(&format!("{DOCKER}/{id}/config.v2.json"))?;
    let key = format!("/{DOCKER}/{id}");
    let known = roster.name(Format::Docker, &key);
    let known = known.or_else(|| docker_speaker(config.as_bytes()).map(Arc::new));
    let speaker = known.unwrap_or_else(|| Arc::new(Speaker::by_path(Format::Docker, &key)));
    let config: serde_json::Value = serde_json::from_str(&config).unwrap_or_default();
    let restarts = config["RestartCount"].as_u64();
    Some(Name { speaker, container: None, restarts })
}

/// What a container takes, as far as it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    /// Since the container began, ns.
    pub(super) cpu_ns: Option<u64>,
    /// Without what the kernel could take back at once, bytes.
    pub(super) memory: Option<u64>,
    pub(super) memory_limit: Option<u64>,
    /// Read and written, bytes.
    pub(super) disk: Option<(u64, u64)>,
    pub(super) oom_kills: Option<u64>,
}

/// Where control groups are, and in which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Groups {
    V1,
    V2,
}

const CGROUP: &str = "sys/fs/cgroup";

impl Groups {
    pub(super) fn look(host: &Host) -> Self {
        match host.exists(&format!("{CGROUP}/cgroup.controllers")) {
            true => Self::V2,
            false => Self::V1,
        }
    }

    /// A controller's root under which every container has a group.
    pub(super) fn root(self) -> String {
        match self {
            Self::V1 => format!("{CGROUP}/memory"),
            Self::V2 => CGROUP.to_owned(),
        }
    }

    pub(super) fn usage(self, host: &Host, path: &str) -> Usage {
        match self {
            Self::V1 => usage_v1(host, path),
            Self::V2 => usage_v2(host, path),
        }
    }

    /// How often a process of the pod was killed, in containers that are gone too: the group of one that
    /// was killed itself goes before anybody looks. Only v2 adds up over a pod.
    pub(super) fn pod_oom_kills(self, host: &Host, path: &str) -> Option<u64> {
        let pod = path.rsplit_once('/').filter(|_| self == Self::V2)?.0;
        cgroup::keyed(&host.text(&format!("{CGROUP}/{pod}/memory.events"))?, "oom_kill")
    }

    /// A process of the container.
    pub(super) fn process(self, host: &Host, path: &str) -> Option<u64> {
        let processes = host.text(&format!("{}/{path}/cgroup.procs", self.root()))?;
        // 0 is one of another namespace of processes.
        processes.lines().filter_map(cgroup::number).find(|process| *process > 0)
    }
}

fn usage_v2(host: &Host, path: &str) -> Usage {
    let text = |file: &str| host.text(&format!("{CGROUP}/{path}/{file}"));
    let reclaimable =
        text("memory.stat").and_then(|stat| cgroup::keyed(&stat, "inactive_file")).unwrap_or(0);
    let all = text("memory.current").and_then(|text| cgroup::number(&text));
    let kills = |events: String| cgroup::keyed(&events, "oom_kill");
    Usage {
        cpu_ns: text("cpu.stat")
            .and_then(|stat| Some(cgroup::keyed(&stat, "usage_usec")?.saturating_mul(1_000))),
        memory: all.map(|all| all.saturating_sub(reclaimable)),
        memory_limit: text("memory.max").and_then(|text| cgroup::limit(&text)),
        disk: text("io.stat").map(|text| cgroup::io_v2(&text)),
        oom_kills: text("memory.events").and_then(kills),
    }
}

fn usage_v1(host: &Host, path: &str) -> Usage {
    let of = |controllers: &[&str], file: &str| {
        let mut paths = controllers.iter().map(|name| format!("{CGROUP}/{name}/{path}/{file}"));
        paths.find_map(|path| host.text(&path))
    };
    let memory = |file: &str| of(&["memory"], file);
    let reclaimable =
        memory("memory.stat").and_then(|stat| cgroup::keyed(&stat, "total_inactive_file"));
    let all = memory("memory.usage_in_bytes").and_then(|text| cgroup::number(&text));
    let kills = |control: String| cgroup::keyed(&control, "oom_kill");
    Usage {
        cpu_ns: of(&["cpuacct", "cpu,cpuacct"], "cpuacct.usage")
            .and_then(|text| cgroup::number(&text)),
        memory: all.map(|all| all.saturating_sub(reclaimable.unwrap_or(0))),
        memory_limit: memory("memory.limit_in_bytes").and_then(|text| cgroup::limit(&text)),
        disk: of(&["blkio"], "blkio.throttle.io_service_bytes").map(|text| cgroup::io_v1(&text)),
        oom_kills: memory("memory.oom_control").and_then(kills),
    }
}

/// When a process began, unix s.
pub(super) fn began(host: &Host, booted: Option<u64>, process: u64) -> Option<f64> {
    let stat = host.text(&format!("proc/{process}/stat"))?;
    Some(booted? as f64 + proc::process_began(&stat)?)
}

/// The network that a process is in, unless it is the node's own.
pub(super) fn network(host: &Host, process: u64) -> Option<PathBuf> {
    let of = |process: u64| host.link(&format!("proc/{process}/ns/net"));
    let (its, nodes) = (of(process)?, of(1)?);
    (its != nodes).then_some(its)
}
