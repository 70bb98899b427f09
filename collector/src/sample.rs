//! Samplers: every 10 s, what the node and its containers take, from `/proc` and control groups.
//!
//! ```text
//!   tick ── Sampler::round (blocking): host -> proc, cgroup ──> Samples ──> door ──> journal of samplers
//! ```
//! Invariants:
//! - a file that is not there leaves its samples out, silently; nothing is guessed;
//! - all samples of a round have one time; a rate needs the round before it, so the first has none;
//! - a round is bounded in containers and in series; what the spool does not take is counted, and gone.

mod cgroup;
mod container;
mod host;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod proc;
mod round;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{Clock, Origin, Samples, Stream};
use tokio_util::sync::CancellationToken;

use self::container::{Groups, Known, Name, Usage, began, network};
use self::host::Host;
use self::proc::{Cpu, Traffic};
use self::round::Round;
use crate::enrich::{Roster, Speaker};
use crate::{DoorEnd, metrics};

/// Measures a node, round by round.
pub(crate) struct Sampler {
    host: Host,
    node: String,
    clock: Arc<dyn Clock>,
    roster: Arc<Roster>,
    /// What the cores had done at the round before.
    cpu: Option<Cpu>,
    /// What each container's group had used, ns, and when that was.
    used: HashMap<String, (u64, Instant)>,
}

impl Sampler {
    pub(crate) fn new(
        rootfs: PathBuf,
        node: String,
        (clock, roster): (Arc<dyn Clock>, Arc<Roster>),
    ) -> Self {
        Self { host: Host::new(rootfs), node, clock, roster, cpu: None, used: HashMap::new() }
    }

    /// Measures every so often until told to stop.
    pub(crate) async fn run(mut self, every: Duration, door: DoorEnd, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let measured = tokio::task::spawn_blocking(move || {
                let samples = self.round(Instant::now());
                (self, samples)
            });
            let samples;
            (self, samples) = match measured.await {
                Ok(measured) => measured,
                Err(error) => return tracing::error!(%error, "samplers broke"),
            };
            let count = samples.len();
            if let Err(error) = door.measured(samples.into()).await {
                tracing::debug!(%error, count, "samples were not taken");
                metrics::samples_missed(count);
            }
        }
    }

    /// Measures once.
    fn round(&mut self, at: Instant) -> Samples {
        let mut round = Round::new(self.clock.now());
        let node = Arc::new(self.origin(&Speaker::default()));
        let stat = self.host.text("proc/stat");
        self.node(&mut round, &node, stat.as_deref());
        let booted = stat.as_deref().and_then(proc::booted);
        self.containers(&mut round, booted, at);
        round.end()
    }

    fn origin(&self, speaker: &Speaker) -> Origin {
        Origin {
            component: speaker.component.clone(),
            instance: speaker.instance.clone(),
            version: speaker.version.clone(),
            stream: Stream::Sampler,
            node: self.node.clone(),
            ..Origin::default()
        }
    }

    fn node(&mut self, round: &mut Round, node: &Arc<Origin>, stat: Option<&str>) {
        let host = &self.host;
        if let Some(cpu) = stat.and_then(proc::cpu) {
            round.gauge(node, ("node.cpu.cores", "cores"), f64::from(cpu.cores));
            let before = self.cpu.replace(cpu);
            let used = before.and_then(|before| proc::cores_used(before, cpu));
            round.gauge(node, ("node.cpu.used", "cores"), used);
        }
        if let Some((total, used)) = host.text("proc/meminfo").and_then(|text| proc::memory(&text))
        {
            round.gauge(node, ("node.memory.total", "bytes"), total as f64);
            round.gauge(node, ("node.memory.used", "bytes"), used as f64);
        }
        let load = host.text("proc/loadavg").and_then(|text| proc::load(&text));
        round.gauge(node, ("node.load.1m", ""), load);
        let mounts = host.text("proc/1/mounts").or_else(|| host.text("proc/mounts"));
        for mount in proc::mounts(&mounts.unwrap_or_default()) {
            let Some((total, used)) = host.disk(&mount) else { continue };
            round.label("mount", &mount);
            round.gauge(node, ("node.disk.total", "bytes"), total as f64);
            round.gauge(node, ("node.disk.used", "bytes"), used as f64);
        }
        let disks = host.text("proc/diskstats").map(|text| proc::disks(&text));
        traffic(round, node, ["node.disk.read", "node.disk.written"], disks);
        let devices = host.text("proc/1/net/dev").or_else(|| host.text("proc/net/dev"));
        let devices = devices.map(|text| proc::node_network(&text));
        traffic(round, node, ["node.network.received", "node.network.sent"], devices);
    }

    fn containers(&mut self, round: &mut Round, booted: Option<u64>, at: Instant) {
        let groups = Groups::look(&self.host);
        let found = self.host.groups(&groups.root());
        if found.is_empty() {
            return self.used.clear();
        }
        let known = Known::look(&self.host);
        let mut used = HashMap::new();
        // What several containers of a pod share counts once.
        let (mut networks, mut pods) = (HashSet::new(), HashSet::new());
        for (path, group) in found {
            let Some(name) = known.name(&self.host, &group, &self.roster) else { continue };
            let origin = Arc::new(self.origin(&name.speaker));
            let mut usage = groups.usage(&self.host, &path);
            if let Some(pod) = &group.pod
                && let Some(kills) = groups.pod_oom_kills(&self.host, &path)
            {
                usage.oom_kills = None;
                if pods.insert(pod.clone()) {
                    round.label("", "");
                    round.counter(&origin, ("container.oom_kills", ""), kills);
                }
            }
            let cores = usage.cpu_ns.and_then(|now| {
                let before = self.used.get(&group.id).copied();
                used.insert(group.id, (now, at));
                cores_used(before?, (now, at))
            });
            round.label("container", name.container.as_deref().unwrap_or_default());
            of_container(round, &origin, (&name, &usage, cores));
            let Some(process) = groups.process(&self.host, &path) else { continue };
            let started = began(&self.host, booted, process);
            round.gauge(&origin, ("container.started", "s"), started);
            let shared = network(&self.host, process).filter(|net| networks.insert(net.clone()));
            let devices = shared.and_then(|_| self.host.text(&format!("proc/{process}/net/dev")));
            if let Some((received, sent)) = devices.map(|text| proc::container_network(&text)) {
                round.counter(&origin, ("container.network.received", "bytes"), received);
                round.counter(&origin, ("container.network.sent", "bytes"), sent);
            }
        }
        self.used = used;
    }
}

fn of_container(
    round: &mut Round,
    origin: &Arc<Origin>,
    (name, usage, cores): (&Name, &Usage, Option<f64>),
) {
    round.gauge(origin, ("container.cpu.used", "cores"), cores);
    round.gauge(origin, ("container.memory.used", "bytes"), usage.memory.map(|n| n as f64));
    round.gauge(origin, ("container.memory.limit", "bytes"), usage.memory_limit.map(|n| n as f64));
    if let Some((read, written)) = usage.disk {
        round.counter(origin, ("container.disk.read", "bytes"), read);
        round.counter(origin, ("container.disk.written", "bytes"), written);
    }
    round.counter(origin, ("container.oom_kills", ""), usage.oom_kills);
    round.counter(origin, ("container.restarts", ""), name.restarts);
}

fn traffic(
    round: &mut Round,
    origin: &Arc<Origin>,
    [inward, outward]: [&'static str; 2],
    devices: Option<Vec<Traffic>>,
) {
    for device in devices.unwrap_or_default() {
        round.label("device", &device.device);
        round.counter(origin, (inward, "bytes"), device.inward);
        round.counter(origin, (outward, "bytes"), device.outward);
    }
    round.label("", "");
}

/// Cores at work between two looks at a group, whose count a restart of its container sets back.
fn cores_used(before: (u64, Instant), now: (u64, Instant)) -> Option<f64> {
    let elapsed = now.1.saturating_duration_since(before.1);
    let used = now.0.checked_sub(before.0).filter(|_| !elapsed.is_zero())?;
    Some(used as f64 / elapsed.as_nanos() as f64)
}

#[cfg(test)]
mod tests;
