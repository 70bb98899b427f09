//! The one place where samplers read: files below `--rootfs`, each bounded. What is not there is `None`.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::limits::{CGROUP_DEPTH_MAX, CGROUPS_MAX, CONTAINERS_MAX, SAMPLE_FILE_BYTES_MAX};
use crate::sample::cgroup::{self, Group};

/// A node's files.
#[derive(Debug)]
pub(super) struct Host {
    rootfs: PathBuf,
}

impl Host {
    pub(super) fn new(rootfs: PathBuf) -> Self {
        Self { rootfs }
    }

    /// The text of a file below the root.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let file = File::open(self.path(path)).ok()?;
        let mut bytes = Vec::new();
        file.take(SAMPLE_FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Where a link leads.
    pub(super) fn link(&self, path: &str) -> Option<PathBuf> {
        fs::read_link(self.path(path)).ok()
    }

    /// The names in a directory.
    pub(super) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// All bytes of the file system that is mounted there, and those in use.
    pub(super) fn disk(&self, mount: &str) -> Option<(u64, u64)> {
        let stat = rustix::fs::statvfs(self.path(mount)).ok()?;
        let used = stat.f_blocks.saturating_sub(stat.f_bfree);
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Some((bytes(stat.f_blocks), bytes(used)))
    }

    /// The containers' groups below a controller's root, by their paths below it.
    pub(super) fn groups(&self, root: &str) -> Vec<(String, Group)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), 0)];
        let mut visited = 0;
        while let Some((below, depth)) = open.pop() {
            visited += 1;
            if visited > CGROUPS_MAX || found.len() >= CONTAINERS_MAX {
                break;
            }
            for name in self.directories(&format!("{root}/{below}")) {
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                match cgroup::group(&path) {
                    Some(group) => found.push((path, group)),
                    None if depth < CGROUP_DEPTH_MAX => open.push((path, depth + 1)),
                    None => {}
                }
            }
        }
        found.truncate(CONTAINERS_MAX);
        found
    }

    fn directories(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut names: Vec<_> =
            below.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn path(&self, path: &str) -> PathBuf {
        self.rootfs.join(Path::new(path.trim_start_matches('/')))
    }
}

#[cfg(test)]
mod tests;
