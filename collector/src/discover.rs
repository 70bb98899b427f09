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

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use crate::directory::{Directory, Name, shown};
use crate::limits::PLAIN_FILES_MAX;
use crate::pattern::{FilePattern, Matches};
use nilometer_parse::Format;

/// Where kubelet keeps containers' logs, below `--rootfs`.
const PODS: &str = "var/log/pods";
/// Where Docker does.
const DOCKER: &str = "var/lib/docker/containers";
/// Links behind one another that are followed to a moved tree.
const LINKS_MAX: usize = 8;

/// One log: where its files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) format: Format,
    pub(crate) dir: PathBuf,
    /// A plain log's live file name; empty for containers.
    pub(crate) base: String,
}

impl Place {
    /// A plain log's file under its live name.
    pub(crate) fn live(&self) -> LogFile {
        LogFile { path: self.dir.join(&self.base), gzip: false, restart: 0, rank: Rank::Live }
    }
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

/// Finds logs below a root, and by patterns.
#[derive(Debug)]
pub(crate) struct Discovery {
    rootfs: PathBuf,
    /// Where the runtimes' trees lie: at their places, or where a link there leads.
    pods_at: PathBuf,
    docker_at: PathBuf,
    patterns: Vec<FilePattern>,
    /// What is wrong with the patterns that are none.
    wrong: Vec<String>,
    /// Live names of plain files that are looked for though nothing has that name now.
    expected: Vec<PathBuf>,
}

impl Discovery {
    pub(crate) fn new(rootfs: PathBuf, globs: Vec<String>) -> Self {
        let (mut patterns, mut wrong) = (Vec::new(), Vec::new());
        for glob in globs {
            match FilePattern::new(&glob) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => wrong.push(format!("file pattern {glob}: {error}")),
            }
        }
        let (pods_at, docker_at) = (rootfs.join(PODS), rootfs.join(DOCKER));
        Self { rootfs, pods_at, docker_at, patterns, wrong, expected: Vec::new() }
    }

    /// Also looks for what is left of these files, of which only renamed ones may be there. They are named as
    /// sources are; those that no pattern matches are not looked for.
    pub(crate) fn expect<'a>(&mut self, files: impl Iterator<Item = &'a str>) {
        let is_ours = |live: &PathBuf| self.patterns.iter().any(|pattern| pattern.covers(live));
        let live = files.flat_map(|file| {
            let file = Path::new(file);
            let base = plain_name(&shown(file.file_name().unwrap_or_default())).0.to_owned();
            let below = file.strip_prefix("/").map(|below| self.rootfs.join(below));
            let places = below.ok().into_iter().chain([file.to_owned()]);
            places.map(move |place| place.with_file_name(&base)).find(is_ours)
        });
        let live: BTreeSet<PathBuf> = live.collect();
        self.expected = live.into_iter().collect();
    }

    /// Looks through all places.
    pub(crate) fn look(&mut self) -> Found {
        self.pods_at = self.moved(PODS);
        self.docker_at = self.moved(DOCKER);
        let mut found = Found { warnings: self.wrong.clone(), ..Found::default() };
        self.pods(&mut found);
        for pod in found.parents.clone().iter().skip(1) {
            self.pod(pod, &mut found);
        }
        self.docker(&mut found);
        let mut matches = Matches::default();
        for pattern in &self.patterns {
            pattern.matches(&mut matches);
        }
        for path in matches.files.iter().take(PLAIN_FILES_MAX) {
            self.plain_file(path, &mut found);
        }
        self.look_for_expected(&mut found);
        found.parents.append(&mut matches.dirs);
        found.warnings.append(&mut matches.warnings);
        found
    }

    /// Looks at one directory in which a name has turned up. `None` when that cannot be told from its
    /// place, and everything must be looked through.
    pub(crate) fn look_in(&self, dir: &Path) -> Option<Found> {
        let mut found = Found::default();
        if dir == self.pods_at {
            self.pods(&mut found);
        } else if dir.parent() == Some(&self.pods_at) {
            self.pod(dir, &mut found);
        } else if dir == self.docker_at {
            self.docker(&mut found);
        } else {
            return None;
        }
        Some(found)
    }

    /// Where a tree of a runtime lies. A link there is meant as the node sees it: below `--rootfs`.
    fn moved(&self, tree: &str) -> PathBuf {
        let mut path = self.rootfs.join(tree);
        for _ in 0..LINKS_MAX {
            let Ok(target) = fs::read_link(&path) else { break };
            path = match target.strip_prefix("/") {
                Ok(below) => self.rootfs.join(below),
                Err(_) => path.with_file_name("").join(target),
            };
        }
        path
    }

    fn pods(&self, found: &mut Found) {
        let Some(pods) = directories(&self.pods_at) else { return };
        found.parents.push(self.pods_at.clone());
        found.parents.extend(pods);
    }

    fn pod(&self, pod: &Path, found: &mut Found) {
        for container in directories(pod).unwrap_or_default() {
            let key = self.key(&container);
            let place = Place { format: Format::Cri, dir: container, base: String::new() };
            found.logs.insert(key, place);
        }
    }

    fn docker(&self, found: &mut Found) {
        let Some(containers) = directories(&self.docker_at) else { return };
        for dir in containers {
            let place = Place { format: Format::Docker, dir, base: String::new() };
            found.logs.insert(self.key(&place.dir), place);
        }
        found.parents.push(self.docker_at.clone());
    }

    fn plain_file(&self, path: &Path, found: &mut Found) {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name().map(shown)) else { return };
        if name.ends_with(".tmp") {
            return;
        }
        let base = plain_name(&name).0.to_owned();
        let place = Place { format: Format::Plain, dir: dir.to_owned(), base };
        found.logs.insert(self.key(&dir.join(&place.base)), place);
    }

    fn look_for_expected(&self, found: &mut Found) {
        let mut directories: HashMap<&Path, Directory> = HashMap::new();
        for live in &self.expected {
            let (Some(dir), Some(base)) = (live.parent(), live.file_name()) else { continue };
            let directory = directories.entry(dir).or_insert_with(|| Directory::read(dir));
            if directory.of_base(&shown(base)).next().is_some() {
                self.plain_file(live, found);
            }
        }
    }

    /// A path below `--rootfs`, beginning with `/`; as it is when it lies elsewhere.
    pub(crate) fn key(&self, path: &Path) -> String {
        for (tree, at) in [(PODS, &self.pods_at), (DOCKER, &self.docker_at)] {
            if let Ok(below) = path.strip_prefix(at) {
                return format!("/{}", shown(Path::new(tree).join(below).as_os_str()));
            }
        }
        let below = path.strip_prefix(&self.rootfs).ok().filter(|_| path.is_absolute());
        below.map_or_else(
            || shown(path.as_os_str()),
            |below| format!("/{}", shown(below.as_os_str())),
        )
    }
}

/// The files of a log, out of those in its directory; older names first.
pub(crate) fn files(place: &Place, directory: &mut Directory) -> Vec<LogFile> {
    let file = |name: &Name, restart: u32, rank: Rank| LogFile {
        path: name.below(&place.dir),
        gzip: name.shown.ends_with(".gz"),
        restart,
        rank,
    };
    let mut files: Vec<LogFile> = match place.format {
        Format::Plain => {
            let names = directory.of_base(&place.base).filter(|n| !n.shown.ends_with(".tmp"));
            names.map(|name| file(name, 0, plain_name(&name.shown).1)).collect()
        }
        Format::Cri | Format::Docker => {
            let names = directory.names.iter().filter(|name| !name.shown.ends_with(".tmp"));
            let speak = |name: &Name| match place.format {
                Format::Cri => cri_name(&name.shown),
                Format::Docker | Format::Plain => docker_name(&name.shown),
            };
            let of = |name| speak(name).map(|(restart, rank)| file(name, restart, rank));
            names.filter_map(of).collect()
        }
    };
    files.sort_by(|a, b| (a.restart, &a.rank, a.gzip).cmp(&(b.restart, &b.rank, b.gzip)));
    files
}

fn directories(dir: &Path) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).ok()?;
    let below = entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
    Some(below.map(|entry| entry.path()).collect())
}

/// `0.log`, `0.log.20261121-040600`, `0.log.20261121-040600.gz`
pub(crate) fn cri_name(name: &str) -> Option<(u32, Rank)> {
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

#[cfg(test)]
mod tests;
