//! What files of `/proc` say, as numbers. Pure: text in, numbers out; what is not there is `None` or left out,
//! and what is too large to be counted stays at the most that there is.

/// Processor time of a node since it started, in ticks, over all cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpu {
    pub(super) cores: u32,
    pub(super) busy: u64,
    pub(super) total: u64,
}

/// Bytes that came in at a device, and that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) device: String,
    pub(super) inward: u64,
    pub(super) outward: u64,
}

/// Ticks in a second, as `/proc` counts them on every architecture that Linux still has.
pub(super) const TICKS_PER_S: f64 = 100.0;
/// The unit of `/proc/diskstats`, whatever the disk's own sectors are, bytes.
const SECTOR_BYTES: u64 = 512;
/// File systems that are on disks of the node.
const DISK_FILE_SYSTEMS: [&str; 8] =
    ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay"];
/// Disks that others are made of, or that are none: what goes through them would count twice.
const NO_DISKS: [&str; 7] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd"];
/// The ends of containers' networks, and what joins them: what goes through them would count twice.
const NO_NETWORKS: [&str; 12] = [
    "lo", "veth", "cali", "cni", "docker", "br-", "flannel", "tunl", "virbr", "dummy", "ifb", "lxc",
];

/// `/proc/stat`: the first line, and how many cores stand below it.
pub(super) fn cpu(stat: &str) -> Option<Cpu> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    // user nice system idle iowait irq softirq steal; guest time is within user time already.
    let ticks: Vec<u64> = line.split_whitespace().take(8).filter_map(|n| n.parse().ok()).collect();
    let [_, _, _, idle, iowait, ..] = ticks[..] else { return None };
    let core =
        |line: &&str| line.strip_prefix("cpu").is_some_and(|n| n.starts_with(char::is_numeric));
    let cores = u32::try_from(stat.lines().filter(core).count()).ok()?;
    let total = ticks.iter().fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
    Some(Cpu { cores, busy: total.saturating_sub(idle.saturating_add(iowait)), total })
}

/// Cores at work between two looks.
pub(super) fn cores_used(before: Cpu, now: Cpu) -> Option<f64> {
    let total = now.total.checked_sub(before.total).filter(|total| *total > 0)?;
    let busy = now.busy.saturating_sub(before.busy);
    Some(busy as f64 / total as f64 * f64::from(now.cores))
}

/// `/proc/stat`: when the node started, unix s.
pub(super) fn booted(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// `/proc/meminfo`: all memory and what of it is not to be had, bytes.
pub(super) fn memory(meminfo: &str) -> Option<(u64, u64)> {
    let kib = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    let (total, available) = (kib("MemTotal")?, kib("MemAvailable")?);
    let bytes = |kib: u64| kib.saturating_mul(1 << 10);
    Some((bytes(total), bytes(total.saturating_sub(available))))
}

/// `/proc/loadavg`: the load over the last minute.
pub(super) fn load(loadavg: &str) -> Option<f64> {
    let load: f64 = loadavg.split_whitespace().next()?.parse().ok()?;
    Some(load).filter(|load| load.is_finite() && *load >= 0.0)
}

/// `/proc/diskstats`: what was read from and written to each whole disk.
pub(super) fn disks(diskstats: &str) -> Vec<Traffic> {
    let lines = || diskstats.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let names: Vec<&str> =
        diskstats.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let disk = |fields: Vec<&str>| {
        let name = *fields.get(2)?;
        let counts = !NO_DISKS.iter().any(|prefix| name.starts_with(prefix));
        if !counts || is_partition(name, &names) {
            return None;
        }
        let sectors = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let bytes = |at: usize| Some(sectors(at)?.saturating_mul(SECTOR_BYTES));
        let (inward, outward) = (bytes(5)?, bytes(9)?);
        Some(Traffic { device: name.to_owned(), inward, outward })
    };
    lines().filter_map(disk).collect()
}

/// `sda1` is one of `sda`, `nvme0n1p1` one of `nvme0n1`.
fn is_partition(name: &str, names: &[&str]) -> bool {
    let disk = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let of = |disk: &str| disk != name && names.contains(&disk);
    of(disk) || disk.strip_suffix('p').is_some_and(of)
}

/// `/proc/net/dev`: what each device of the node itself received and sent.
pub(super) fn node_network(dev: &str) -> Vec<Traffic> {
    let own = |traffic: &Traffic| !NO_NETWORKS.iter().any(|none| traffic.device.starts_with(none));
    network(dev).filter(own).collect()
}

/// `/proc/PID/net/dev` of a container: what it received and sent, over all devices but the loopback.
pub(super) fn container_network(dev: &str) -> (u64, u64) {
    let devices = network(dev).filter(|traffic| traffic.device != "lo");
    devices.fold((0, 0), |(inward, outward), device| {
        (inward.saturating_add(device.inward), outward.saturating_add(device.outward))
    })
}

fn network(dev: &str) -> impl Iterator<Item = Traffic> {
    dev.lines().filter_map(|line| {
        let (device, counts) = line.split_once(':')?;
        let counts: Vec<u64> = counts.split_whitespace().map_while(|n| n.parse().ok()).collect();
        let (inward, outward) = (*counts.first()?, *counts.get(8)?);
        Some(Traffic { device: device.trim().to_owned(), inward, outward })
    })
}

/// `/proc/mounts`: where each disk's file system is mounted, once.
pub(super) fn mounts(mounts: &str) -> Vec<String> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for line in mounts.lines() {
        let mut fields = line.split(' ');
        let (Some(device), Some(at), Some(kind)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let at = unescape(at);
        // A container's root is an overlay; below it overlays are other containers'.
        let counts = DISK_FILE_SYSTEMS.contains(&kind) && (kind != "overlay" || at == "/");
        if counts && !found.iter().any(|(known, _)| *known == device) {
            found.push((device, at));
        }
    }
    found.into_iter().map(|(_, at)| at).collect()
}

/// Blanks stand as `\040` in `/proc/mounts`.
fn unescape(path: &str) -> String {
    path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// `/proc/PID/stat`: when the process began, s after the node started.
pub(super) fn process_began(stat: &str) -> Option<f64> {
    // The name may hold blanks and parentheses; it ends with the last of these.
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_whitespace().nth(19)?.parse().ok()?;
    Some(ticks as f64 / TICKS_PER_S)
}

#[cfg(test)]
mod tests;
