//! What it means that something is on disk: the proof, and files that are whole or not there.
//!
//! Invariants:
//! - a [`Durable`] is made by an append that was fsynced, and by nothing else;
//! - [`write_file_durably`] leaves the old content or the new one, never a mixture, and when it returns
//!   the new one survives a loss of power.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::disk::{Disk, LocalDisk};

/// Proof that an append was fsynced. Whoever lets go of the original asks for it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what was appended for its durability should be let go of by whoever holds the original"]
pub struct Durable(());

impl Durable {
    /// To be called behind the fsync only.
    pub(crate) fn after_fsync() -> Self {
        Self(())
    }
}

/// Replaces the file at `path` by one with `bytes`: written beside it (`.tmp`), fsynced, renamed, and the
/// directory fsynced.
///
/// # Errors
/// What the file system says; the old content is then still there, unless only the last step failed.
pub fn write_file_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(&LocalDisk, path, bytes)
}

/// [`write_file_durably`] on any disk.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().map(OsString::from).ok_or(io::ErrorKind::InvalidInput)?;
    name.push(".tmp");
    let tmp = path.with_file_name(name);
    let file = disk.open_or_create(&tmp)?;
    file.set_len(0)?;
    file.write_all_at(bytes, 0)?;
    file.sync()?;
    drop(file);
    disk.rename(&tmp, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Makes durable which files a directory has.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

/// Makes a directory with its parents, durably.
pub(crate) fn create_dir_durably(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create_dir_durably(parent)?;
    }
    match fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_dir(parent.unwrap_or(Path::new("."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        write_file_durably(&path, b"a longer first content").unwrap();
        write_file_durably(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_there_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        create_dir_durably(&deep).unwrap();
        create_dir_durably(&deep).unwrap();
        assert!(deep.is_dir());
    }
}
