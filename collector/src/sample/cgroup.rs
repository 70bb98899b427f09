//! What control groups say of containers, as numbers. Pure: text in, numbers out; what is too large to be
//! counted stays at the most that there is.
//!
//! ```text
//!   v2  system.slice/docker-<id>.scope        kubepods.slice/..-pod<uid>.slice/cri-containerd-<id>.scope
//!   v1  <controller>/docker/<id>              <controller>/kubepods/burstable/pod<uid>/<id>
//! ```
//! Both drivers name groups in both ways, so a path is understood whatever the version.

/// The group of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The container's id.
    pub(super) id: String,
    /// The pod it is in, if it is in one.
    pub(super) pod: Option<String>,
}

/// What runtimes put in front of a container's id.
const PREFIXES: [&str; 4] = ["docker-", "cri-containerd-", "crio-", "libpod-"];
/// A container's id, hex digits.
const ID_DIGITS: usize = 64;
/// From here on a limit in v1 is none, bytes: it is the largest number of whole pages.
const NO_LIMIT_BYTES: u64 = 1 << 62;

/// The container whose group is at that path below the controller's root.
pub(super) fn group(path: &str) -> Option<Group> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let id = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    if id.len() != ID_DIGITS || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(Group { id: id.to_owned(), pod: above.rsplit('/').find_map(pod) })
}

/// `kubepods-burstable-pod1_2.slice`, `pod1-2`
fn pod(name: &str) -> Option<String> {
    let uid = match name.strip_suffix(".slice") {
        Some(slice) => {
            slice.rsplit_once("-pod").filter(|(kube, _)| kube.starts_with("kubepods"))?.1
        }
        None => name.strip_prefix("pod")?,
    };
    Some(uid.replace('_', "-"))
}

/// The number behind a key: `usage_usec 5`.
pub(super) fn keyed(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// A file that holds one number.
pub(super) fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// `memory.max`, `memory.limit_in_bytes`: `None` when there is no limit.
pub(super) fn limit(text: &str) -> Option<u64> {
    number(text).filter(|bytes| *bytes < NO_LIMIT_BYTES)
}

/// `io.stat`: what was read and written, over all devices.
pub(super) fn io_v2(text: &str) -> (u64, u64) {
    let of = |key: &str| {
        let words = text.split_whitespace();
        sum(words.filter_map(|word| word.strip_prefix(key)?.parse().ok()))
    };
    (of("rbytes="), of("wbytes="))
}

/// `blkio.throttle.io_service_bytes`: what was read and written, over all devices.
pub(super) fn io_v1(text: &str) -> (u64, u64) {
    let of = |operation: &str| {
        let bytes = |line: &str| {
            let mut words = line.split_whitespace().skip(1);
            (words.next()? == operation).then(|| words.next()?.parse().ok())?
        };
        sum(text.lines().filter_map(bytes))
    };
    (of("Read"), of("Write"))
}

fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests;
