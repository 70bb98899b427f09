//! Where logs lie, and which files belong to one log.
//!
//! ```text
//!   <rootfs>/var/log/pods/<ns>_<pod>_<uid>/<container>/<n>.log[.YYYYMMDD-HHMMSS][.gz]
//!   <rootfs>/var/lib/docker/containers/<id>/<id>-json.log[.N][.gz]     and config.v2.json
//!   a --file glob's match, and beside it  NAME.N  NAME-DATE  NAME.N.gz  NAME-DATE.gz
//! ```
//! Invariants:
//! - a log is one directory (a plain file: one name) with all its files; its key is that path below
//!   `--rootfs`, so that it does not depend on where the tree is mounted;
//! - links in the runtimes' trees are never followed: what they lead to is found at its own place
//!   (that is why `/var/log/containers` need not be looked at); a glob may match a link that leads to
//!   a file below the glob's fixed part, which is then read under the target's name, once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::limits::PLAIN_FILES_MAX;
use nilometer_parse::Format;

/// One log: where its files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) format: Format,
    pub(crate) dir: PathBuf,
    /// A plain log's live file name; empty for containers.
    pub(crate) base: String,
}

/// One file of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFile {
    pub(crate) path: PathBuf,
    pub(crate) gzip: bool,
    /// CRI: which run of the container.
    pub(crate) restart: u32,
    pub(crate) rank: Rank,
}

/// The age that a file's name speaks of, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Rotated at that date (text that sorts).
    Dated(String),
    /// Rotated that many times; the larger the older.
    Numbered(std::cmp::Reverse<u32>),
    /// Being written.
    Live,
}

/// What a look through all places found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// By key.
    pub(crate) logs: BTreeMap<String, Place>,
    /// Directories in which new logs may appear, to be watched.
    pub(crate) parents: Vec<PathBuf>,
    pub(crate) warnings: Vec<String>,
}

/// Finds logs below a root, and by globs.
#[derive(Debug)]
pub(crate) struct Discovery {
    rootfs: PathBuf,
    globs: Vec<String>,
}

impl Discovery {
    pub(crate) fn new(rootfs: PathBuf, globs: Vec<String>) -> Self {
        Self { rootfs, globs }
    }

    /// Looks through all places.
    pub(crate) fn look(&self) -> Found {
        let mut found = Found::default();
        self.pods(&mut found);
        self.docker(&mut found);
        for glob in &self.globs {
            self.plain(glob, &mut found);
        }
        found
    }

    fn pods(&self, found: &mut Found) {
        let root = self.rootfs.join("var/log/pods");
        let Some(pods) = directories(&root) else { return };
        for pod in pods {
            for container in directories(&pod).unwrap_or_default() {
                let key = self.key(&container);
                let place = Place { format: Format::Cri, dir: container, base: String::new() };
                found.logs.insert(key, place);
            }
            found.parents.push(pod);
        }
        found.parents.push(root);
    }

    fn docker(&self, found: &mut Found) {
        let root = self.rootfs.join("var/lib/docker/containers");
        let Some(containers) = directories(&root) else { return };
        for dir in containers {
            let place = Place { format: Format::Docker, dir, base: String::new() };
            found.logs.insert(self.key(&place.dir), place);
        }
        found.parents.push(root);
    }

    fn plain(&self, pattern: &str, found: &mut Found) {
        let paths = match glob::glob(pattern) {
            Ok(paths) => paths,
            Err(error) => return found.warnings.push(format!("file pattern {pattern}: {error}")),
        };
        for path in paths.flatten().take(PLAIN_FILES_MAX) {
            match inside(&path, &fixed_part(pattern)) {
                Some(path) => self.plain_file(&path, found),
                None => found.warnings.push(format!(
                    "{}: leads out of the directory that {pattern} names, not read",
                    path.display()
                )),
            }
        }
    }

    fn plain_file(&self, path: &Path, found: &mut Found) {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
        else {
            return;
        };
        if name.ends_with(".tmp") || !fs::symlink_metadata(path).is_ok_and(|m| m.is_file()) {
            return;
        }
        let base = plain_name(name).0.to_owned();
        let place = Place { format: Format::Plain, dir: dir.to_owned(), base };
        found.logs.insert(self.key(&dir.join(&place.base)), place);
    }

    /// A path below `--rootfs`, beginning with `/`; as it is when it lies elsewhere.
    pub(crate) fn key(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.rootfs).ok().filter(|_| path.is_absolute());
        below.map_or_else(|| path.display().to_string(), |below| format!("/{}", below.display()))
    }
}

/// The files of a log, out of the names in its directory.
pub(crate) fn files(place: &Place, names: &[String]) -> Vec<LogFile> {
    let of = |name: &String| {
        let (restart, rank) = match place.format {
            Format::Cri => cri_name(name)?,
            Format::Docker => docker_name(name)?,
            Format::Plain => {
                let (base, rank) = plain_name(name);
                (base == place.base).then_some((0, rank))?
            }
        };
        Some(LogFile { path: place.dir.join(name), gzip: name.ends_with(".gz"), restart, rank })
    };
    names.iter().filter(|name| !name.ends_with(".tmp")).filter_map(of).collect()
}

/// The names of regular files in a directory; `None` when it cannot be read.
pub(crate) fn names(dir: &Path) -> Option<Vec<String>> {
    let entries = fs::read_dir(dir).ok()?;
    let regular = entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_file()));
    Some(regular.filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

fn directories(dir: &Path) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).ok()?;
    let below = entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
    Some(below.map(|entry| entry.path()).collect())
}

/// `0.log`, `0.log.20261121-040600`, `0.log.20261121-040600.gz`
fn cri_name(name: &str) -> Option<(u32, Rank)> {
    let (restart, rest) = name.split_once(".log")?;
    let restart = restart.parse().ok()?;
    let rest = rest.strip_suffix(".gz").unwrap_or(rest);
    match rest.strip_prefix('.') {
        None => rest.is_empty().then_some((restart, Rank::Live)),
        Some(date) => is_date(date).then(|| (restart, Rank::Dated(date.to_owned()))),
    }
}

/// `<id>-json.log`, `<id>-json.log.1`, `<id>-json.log.1.gz`
fn docker_name(name: &str) -> Option<(u32, Rank)> {
    let (_, rest) = name.split_once("-json.log")?;
    let rest = rest.strip_suffix(".gz").unwrap_or(rest);
    match rest.strip_prefix('.') {
        None => rest.is_empty().then_some((0, Rank::Live)),
        Some(n) => Some((0, Rank::Numbered(std::cmp::Reverse(n.parse().ok()?)))),
    }
}

/// A plain file's live name, and the age that its own name speaks of.
pub(crate) fn plain_name(name: &str) -> (&str, Rank) {
    let bare = name.strip_suffix(".gz").unwrap_or(name);
    if let Some((base, suffix)) = bare.rsplit_once('.').filter(|(base, _)| !base.is_empty()) {
        if let Ok(n) = suffix.parse::<u32>()
            && suffix.len() < 5
        {
            return (base, Rank::Numbered(std::cmp::Reverse(n)));
        }
        if is_date(suffix) {
            return (base, Rank::Dated(suffix.to_owned()));
        }
    }
    // NAME-20261121, NAME-20261121-1763700000, NAME-2026-11-21
    let date = bare.match_indices('-').find(|(at, _)| *at > 0 && is_date(&bare[at + 1..]));
    match date {
        Some((at, _)) => (&bare[..at], Rank::Dated(bare[at + 1..].to_owned())),
        None => (bare, Rank::Live),
    }
}

fn is_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 8 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !text.starts_with('-')
}

/// The directory of a pattern that holds no wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let wild = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let end = pattern[..wild].rfind('/').unwrap_or(0);
    PathBuf::from(if end == 0 { "/" } else { &pattern[..end] })
}

/// The path, or where it leads when it is a link, if that lies below `root`.
fn inside(path: &Path, root: &Path) -> Option<PathBuf> {
    if !path.is_symlink() {
        return Some(path.to_owned());
    }
    let target = path.canonicalize().ok()?;
    target.starts_with(root.canonicalize().ok()?).then_some(target)
}

#[cfg(test)]
mod tests;
