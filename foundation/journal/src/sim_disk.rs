//! A disk in memory that keeps exactly what [`crate::Disk`] promises, and of everything else what a seed says.
//!
//! ```text
//!   write, set_len ──> seen by whoever reads, open until synced ── sync ──────────> durable
//!   create, rename, remove ──> seen, open until the directory is synced ─ sync_dir ─> durable
//!                                    │ power cut: a prefix of what is open survives, its last write torn
//!                                    └ a failed sync: never durable, whatever later syncs say
//! ```
//! Invariants:
//! - the same seed and the same calls give the same disk;
//! - from its stop on every call fails, also through files that were opened before, until it starts again;
//! - changes of one directory's names become durable in their order; a rename is one change.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};

/// What is lost when a [`SimDisk`] starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// The process died: all that was written is there.
    Process,
    /// The machine lost its power: of what was not synced there is what the seed leaves.
    Power,
}

/// See the module. May be cloned: the clones are one disk.
#[derive(Debug, Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dice: u64,
    /// Which file a name leads to.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Changes of names that are not durable, in their order.
    open_names: Vec<NameChange>,
    files: Vec<Content>,
    /// Starts; a file that was opened before the last one is of no use.
    life: u64,
    /// Calls so far.
    calls: u64,
    stop_at: Option<u64>,
    stopped: bool,
    full: bool,
    fail_next_sync: bool,
}

#[derive(Debug, Clone)]
enum NameChange {
    Set(PathBuf, usize),
    Renamed { from: PathBuf, to: PathBuf },
    Removed(PathBuf),
}

#[derive(Debug, Default)]
struct Content {
    /// As everybody sees it.
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// What lies between the two.
    open: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    number: usize,
    life: u64,
}

impl SimDisk {
    /// An empty one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            dice: seed,
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            open_names: Vec::new(),
            files: Vec::new(),
            life: 0,
            calls: 0,
            stop_at: None,
            stopped: false,
            full: false,
            fail_next_sync: false,
        })))
    }

    /// It stops within so many more calls: 1 is the next.
    pub fn stop_after(&self, calls: u64) {
        let mut state = self.state();
        state.stop_at = Some(state.calls + calls.max(1));
    }

    /// Whether it has stopped.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Stops it, if it has not, and starts it again.
    pub fn restart(&self, crash: Crash) {
        let mut state = self.state();
        (state.stopped, state.stop_at, state.fail_next_sync) = (false, None, false);
        state.life += 1;
        if crash == Crash::Power {
            state.lose_power();
        }
    }

    /// Whether files may grow.
    pub fn set_full(&self, full: bool) {
        self.state().full = full;
    }

    /// The next sync of a file fails.
    pub fn fail_next_sync(&self) {
        self.state().fail_next_sync = true;
    }

    /// Calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call, done to the end, half or not at all when the disk stops with it.
    fn call<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        if state.stopped {
            return Err(stopped());
        }
        state.calls += 1;
        if state.stop_at.is_some_and(|at| state.calls >= at) {
            state.stopped = true;
            if state.roll(2) == 0 {
                drop(act(&mut state));
            }
            return Err(stopped());
        }
        act(&mut state)
    }
}

fn stopped() -> io::Error {
    io::Error::other("the simulated machine has stopped")
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl State {
    /// From 0 to below `below`.
    fn roll(&mut self, below: usize) -> usize {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap_or(0)
    }

    /// How much of `len` open things survive: none, all, or some.
    fn prefix(&mut self, len: usize) -> usize {
        match self.roll(3) {
            0 => 0,
            1 => len,
            _ => self.roll(len + 1),
        }
    }

    fn lose_power(&mut self) {
        for number in 0..self.files.len() {
            let open = std::mem::take(&mut self.files[number].open);
            let whole = self.prefix(open.len());
            let torn = open.get(whole).and_then(|change| match change {
                Change::Write(at, bytes) => Some((*at, bytes.clone())),
                Change::SetLen(_) => None,
            });
            let torn = torn.map(|(at, mut bytes)| {
                bytes.truncate(self.roll(bytes.len() + 1));
                Change::Write(at, bytes)
            });
            let file = &mut self.files[number];
            for change in open.iter().take(whole).chain(&torn) {
                change.apply(&mut file.durable);
            }
            file.bytes.clone_from(&file.durable);
        }
        self.lose_names();
    }

    /// Of each directory's open changes a prefix survives.
    fn lose_names(&mut self) {
        let open = std::mem::take(&mut self.open_names);
        let mut dirs: Vec<PathBuf> = open.iter().map(NameChange::dir).collect();
        dirs.sort();
        dirs.dedup();
        for dir in dirs {
            let of_dir: Vec<_> = open.iter().filter(|change| change.dir() == dir).collect();
            let survive = self.prefix(of_dir.len());
            for change in of_dir.into_iter().take(survive) {
                change.apply(&mut self.durable_names);
            }
        }
        self.names.clone_from(&self.durable_names);
    }

    fn change_name(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.open_names.push(change);
    }

    fn grow(&self, number: usize, to: usize) -> io::Result<()> {
        let grows = to > self.files[number].bytes.len();
        if grows && self.full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl NameChange {
    fn dir(&self) -> PathBuf {
        let (Self::Set(path, _) | Self::Removed(path) | Self::Renamed { to: path, .. }) = self;
        path.parent().map(PathBuf::from).unwrap_or_default()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Set(path, number) => drop(names.insert(path.clone(), *number)),
            Self::Removed(path) => drop(names.remove(path)),
            Self::Renamed { from, to } => {
                if let Some(number) = names.remove(from) {
                    names.insert(to.clone(), number);
                }
            }
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::SetLen(len) => bytes.resize(*len, 0),
            Self::Write(at, written) => {
                let end = at + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*at..end].copy_from_slice(written);
            }
        }
    }
}

impl SimFile {
    fn call<T>(&self, act: impl FnOnce(&mut State, usize) -> io::Result<T>) -> io::Result<T> {
        if self.disk.state().life != self.life {
            return Err(stopped());
        }
        self.disk.call(|state| act(state, self.number))
    }

    fn change(&self, change: Change) -> io::Result<()> {
        self.call(|state, number| {
            let file = &mut state.files[number];
            change.apply(&mut file.bytes);
            file.open.push(change);
            Ok(())
        })
    }
}

fn place(at: u64) -> io::Result<usize> {
    usize::try_from(at).map_err(io::Error::other)
}

impl DiskFile for SimFile {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let at = place(at)?;
        self.call(|state, number| {
            let found = state.files[number].bytes.get(at..at + bytes.len());
            bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let at = place(at)?;
        self.call(|state, number| state.grow(number, at + bytes.len()))?;
        self.change(Change::Write(at, bytes.to_vec()))
    }

    fn bytes(&self) -> io::Result<u64> {
        self.call(|state, number| Ok(state.files[number].bytes.len() as u64))
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.change(Change::SetLen(place(bytes)?))
    }

    fn sync(&self) -> io::Result<()> {
        self.call(|state, number| {
            let open = std::mem::take(&mut state.files[number].open);
            if std::mem::take(&mut state.fail_next_sync) {
                return Err(io::Error::other("simulated failure of a sync"));
            }
            let file = &mut state.files[number];
            open.iter().for_each(|change| change.apply(&mut file.durable));
            Ok(())
        })
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let found = |state: &mut State| {
            Ok((state.names.get(path).copied().ok_or_else(not_found)?, state.life))
        };
        let (number, life) = self.call(found)?;
        Ok(Box::new(SimFile { disk: self.clone(), number, life }))
    }

    fn open_or_create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (number, life) = self.call(|state| {
            if let Some(number) = state.names.get(path) {
                return Ok((*number, state.life));
            }
            if state.full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            state.files.push(Content::default());
            let number = state.files.len() - 1;
            state.change_name(NameChange::Set(path.to_owned(), number));
            Ok((number, state.life))
        })?;
        Ok(Box::new(SimFile { disk: self.clone(), number, life }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|state| {
            state.names.get(from).ok_or_else(not_found)?;
            let (from, to) = (from.to_owned(), to.to_owned());
            state.change_name(NameChange::Renamed { from, to });
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call(|state| {
            state.names.get(path).ok_or_else(not_found)?;
            state.change_name(NameChange::Removed(path.to_owned()));
            Ok(())
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        self.call(|state| {
            let inside = state.names.iter().filter(|(path, _)| path.parent() == Some(dir));
            let named = inside.filter_map(|(path, number)| {
                let name = path.file_name()?.to_string_lossy().into_owned();
                Some((name, state.files[*number].bytes.len() as u64))
            });
            Ok(named.collect())
        })
    }

    fn exists(&self, path: &Path) -> bool {
        self.state().names.contains_key(path)
    }

    /// Directories are wherever a file has been named.
    fn create_dir(&self, _dir: &Path) -> io::Result<()> {
        self.call(|_| Ok(()))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.call(|state| {
            let open = std::mem::take(&mut state.open_names);
            for change in open {
                if change.dir() == dir {
                    change.apply(&mut state.durable_names);
                } else {
                    state.open_names.push(change);
                }
            }
            Ok(())
        })
    }

    fn may_wait(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
