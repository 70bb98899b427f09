//! What samples say that bears on health: how full a node is, and how often containers were restarted.
//!
//! Invariants:
//! - of a gauge of a node the latest reading counts, per series;
//! - counters of containers are kept reading by reading, for only their steps mean something.

use std::collections::BTreeMap;

use nilometer_model::{Samples, TimeRange, Timestamp};

use crate::limits::HEALTH_READINGS_MAX;

const NODE_CPU_CORES: &str = "node.cpu.cores";
const NODE_CPU_USED: &str = "node.cpu.used";
const NODE_MEMORY_TOTAL: &str = "node.memory.total";
const NODE_MEMORY_USED: &str = "node.memory.used";
const NODE_DISK_TOTAL: &str = "node.disk.total";
const NODE_DISK_USED: &str = "node.disk.used";
const CONTAINER_RESTARTS: &str = "container.restarts";
const CONTAINER_STARTED: &str = "container.started";
const CONTAINER_OOM_KILLS: &str = "container.oom_kills";

const OF_NODES: [&str; 6] = [
    NODE_CPU_CORES,
    NODE_CPU_USED,
    NODE_MEMORY_TOTAL,
    NODE_MEMORY_USED,
    NODE_DISK_TOTAL,
    NODE_DISK_USED,
];
const OF_CONTAINERS: [&str; 3] = [CONTAINER_RESTARTS, CONTAINER_STARTED, CONTAINER_OOM_KILLS];

/// One series of a node: its name and its attributes.
type NodeSeries = (&'static str, String);

/// One series of a container: its component, and what tells series of one component apart.
type ContainerSeries = (String, &'static str, String);

/// See the file's head.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Readings {
    /// Node -> series -> the latest reading.
    nodes: BTreeMap<String, BTreeMap<NodeSeries, (Timestamp, f64)>>,
    /// Readings by time.
    containers: BTreeMap<ContainerSeries, BTreeMap<Timestamp, f64>>,
    kept: usize,
}

/// How full a node is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct NodeLoad {
    pub(crate) cpu_cores: Option<f64>,
    pub(crate) cpu_used: Option<f64>,
    pub(crate) memory_total: Option<f64>,
    pub(crate) memory_used: Option<f64>,
    /// Of its fullest disk.
    pub(crate) disk_total: Option<f64>,
    pub(crate) disk_used: Option<f64>,
}

impl Readings {
    pub(crate) fn take(&mut self, samples: &Samples, tenant: &str, range: TimeRange) {
        let named = |name: &str| {
            OF_NODES.iter().chain(&OF_CONTAINERS).copied().find(|known| *known == name)
        };
        let names: Vec<Option<&'static str>> = (0_u32..)
            .take(samples.names.len())
            .map(|code| named(samples.names.get(code)))
            .collect();
        for row in 0..samples.len() {
            let Some(name) = names[samples.name[row] as usize] else { continue };
            let sample = samples.row(row);
            if sample.origin.tenant != tenant || !range.contains(sample.time) {
                continue;
            }
            if OF_NODES.contains(&name) {
                let key = (name, sample.attributes.to_owned());
                let series = self.nodes.entry(sample.origin.node.clone()).or_default();
                let latest = series.entry(key).or_insert((sample.time, sample.value));
                if latest.0 <= sample.time {
                    *latest = (sample.time, sample.value);
                }
            } else if self.kept < HEALTH_READINGS_MAX {
                let which = format!("{}\n{}", sample.origin.instance, sample.attributes);
                let series = self.containers.entry((sample.origin.component.clone(), name, which));
                self.kept += 1;
                series.or_default().insert(sample.time, sample.value);
            }
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (node, theirs) in &other.nodes {
            let series = self.nodes.entry(node.clone()).or_default();
            for (key, reading) in theirs {
                let latest = series.entry(key.clone()).or_insert(*reading);
                if latest.0 <= reading.0 {
                    *latest = *reading;
                }
            }
        }
        for (key, readings) in &other.containers {
            let room = HEALTH_READINGS_MAX.saturating_sub(self.kept);
            let series = self.containers.entry(key.clone()).or_default();
            series.extend(readings.iter().take(room).map(|(time, value)| (*time, *value)));
            self.kept += readings.len().min(room);
        }
    }

    /// Nodes of which something was read.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    pub(crate) fn load(&self, node: &str) -> NodeLoad {
        let Some(series) = self.nodes.get(node) else { return NodeLoad::default() };
        let one = |name: &str| {
            series.iter().find(|((known, _), _)| *known == name).map(|(_, (_, value))| *value)
        };
        let total = |attributes: &str| {
            let key = (NODE_DISK_TOTAL, attributes.to_owned());
            series.get(&key).map(|(_, value)| *value).filter(|total| *total > 0.0)
        };
        let disks = series.iter().filter(|((name, _), _)| *name == NODE_DISK_USED);
        let disks = disks.filter_map(|((_, mount), (_, used))| Some((*used, total(mount)?)));
        let fullest = disks.max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        NodeLoad {
            cpu_cores: one(NODE_CPU_CORES),
            cpu_used: one(NODE_CPU_USED),
            memory_total: one(NODE_MEMORY_TOTAL),
            memory_used: one(NODE_MEMORY_USED),
            disk_total: fullest.map(|(_, total)| total),
            disk_used: fullest.map(|(used, _)| used),
        }
    }

    /// When containers of the component were started again, rising: by the counter, or by the moments at which
    /// they say they were started, whichever tells of more.
    pub(crate) fn restarts(&self, component: &str) -> Vec<Timestamp> {
        let counted = self.steps(component, CONTAINER_RESTARTS, |before, after| {
            let step = after - before;
            if step >= 1.0 { step } else { 0.0 }
        });
        let begun = self.steps(component, CONTAINER_STARTED, |before, after| {
            f64::from(u8::from(before < after))
        });
        if begun.len() > counted.len() { begun } else { counted }
    }

    /// When containers of the component were last killed for want of memory.
    pub(crate) fn last_oom(&self, component: &str) -> Option<Timestamp> {
        self.steps(component, CONTAINER_OOM_KILLS, |before, after| after - before).last().copied()
    }

    /// The readings of a component's series of a name.
    fn of(&self, component: &str, name: &str) -> impl Iterator<Item = &BTreeMap<Timestamp, f64>> {
        let first = (component.to_owned(), "", String::new());
        let all = self.containers.range(first..);
        let own = all.take_while(move |((of, ..), _)| of == component);
        own.filter(move |((_, known, _), _)| *known == name).map(|(_, readings)| readings)
    }

    /// When the readings of a series took a step, as often as the step counts, rising.
    fn steps(&self, component: &str, name: &str, step: impl Fn(f64, f64) -> f64) -> Vec<Timestamp> {
        /// One step counts so many times at the most.
        const STEP_MAX: usize = 100;
        let mut steps = Vec::new();
        for readings in self.of(component, name) {
            let after = readings.iter().skip(1);
            for ((_, before), (time, value)) in readings.iter().zip(after) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "rounded, and kept between 0 and the most"
                )]
                let times = step(*before, *value).round().clamp(0.0, 1e3) as usize;
                steps.extend(std::iter::repeat_n(*time, times.min(STEP_MAX)));
            }
        }
        steps.sort_unstable();
        steps
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SampleKind, SampleRef};

    use super::*;

    fn samples(of: &[(i64, &str, &str, f64)]) -> Samples {
        let origin = Arc::new(Origin {
            tenant: "default".to_owned(),
            component: "pay".to_owned(),
            instance: "pay-1".to_owned(),
            node: "n1".to_owned(),
            ..Origin::default()
        });
        let mut samples = Samples::default();
        for (time, name, attributes, value) in of {
            samples.push(SampleRef {
                origin: &origin,
                name,
                unit: "",
                time: Timestamp(*time),
                value: *value,
                kind: SampleKind::Gauge,
                attributes,
                position: 1,
                received: Timestamp(1),
            });
        }
        samples
    }

    fn read(of: &[(i64, &str, &str, f64)]) -> Readings {
        let mut readings = Readings::default();
        readings.take(&samples(of), "default", TimeRange::ALL);
        readings
    }

    #[test]
    fn a_node_is_as_full_as_its_latest_readings_say_and_its_disk_as_the_fullest() {
        let readings = read(&[
            (2, NODE_CPU_USED, "", 1.5),
            (1, NODE_CPU_USED, "", 9.0),
            (2, NODE_CPU_CORES, "", 4.0),
            (2, NODE_DISK_TOTAL, r#"{"mount":"/"}"#, 100.0),
            (2, NODE_DISK_USED, r#"{"mount":"/"}"#, 20.0),
            (2, NODE_DISK_TOTAL, r#"{"mount":"/d"}"#, 10.0),
            (2, NODE_DISK_USED, r#"{"mount":"/d"}"#, 9.0),
            (2, "other", "", 1.0),
        ]);
        let load = readings.load("n1");
        assert_eq!((load.cpu_used, load.cpu_cores), (Some(1.5), Some(4.0)));
        assert_eq!((load.disk_used, load.disk_total), (Some(9.0), Some(10.0)));
        assert_eq!(load.memory_used, None);
        assert_eq!(readings.load("n2"), NodeLoad::default());
    }

    #[test]
    fn restarts_are_the_steps_of_the_counter_or_the_new_starts_whichever_are_more() {
        let counter = [
            (1, CONTAINER_RESTARTS, "", 3.0),
            (2, CONTAINER_RESTARTS, "", 3.0),
            (3, CONTAINER_RESTARTS, "", 5.0),
        ];
        assert_eq!(read(&counter).restarts("pay"), [Timestamp(3), Timestamp(3)]);
        let begun: Vec<_> =
            (1..=4).map(|n| (n, CONTAINER_STARTED, "", f64::from(n as i32))).collect();
        assert_eq!(read(&begun).restarts("pay").len(), 3);
        assert!(read(&counter[..1]).restarts("pay").is_empty());
        assert!(read(&counter).restarts("shop").is_empty());
    }

    #[test]
    fn of_containers_so_many_readings_are_kept_and_not_one_more() {
        let all: Vec<_> = (0..HEALTH_READINGS_MAX as i64)
            .map(|time| (time, CONTAINER_RESTARTS, "", 0.0))
            .collect();
        let mut readings = read(&all);
        let last = Timestamp(HEALTH_READINGS_MAX as i64);
        let one_more = read(&[(last.0, CONTAINER_RESTARTS, "", 1.0)]);
        assert_eq!(one_more.kept, 1);
        assert_eq!(readings.kept, HEALTH_READINGS_MAX);
        readings.add_all(&one_more);
        readings.take(
            &samples(&[(last.0, CONTAINER_RESTARTS, "", 1.0)]),
            "default",
            TimeRange::ALL,
        );
        assert_eq!((readings.kept, readings.restarts("pay").len()), (HEALTH_READINGS_MAX, 0));
        let mut room_for_one = read(&all[1..]);
        room_for_one.add_all(&one_more);
        assert_eq!(room_for_one.restarts("pay"), [last]);
    }

    #[test]
    fn a_kill_for_want_of_memory_is_remembered_and_parts_add_up_to_the_whole() {
        let all = [
            (1, CONTAINER_OOM_KILLS, "", 0.0),
            (2, CONTAINER_OOM_KILLS, "", 1.0),
            (2, NODE_CPU_USED, "", 1.0),
        ];
        let (mut first, second) = (read(&all[..1]), read(&all[1..]));
        first.add_all(&second);
        assert_eq!(first, read(&all));
        assert_eq!(first.last_oom("pay"), Some(Timestamp(2)));
    }
}
