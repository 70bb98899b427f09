//! The disk below every journal and small state file: a trait, this machine's, and a directory on one.
//!
//! What each method promises about a loss of power is what the code above builds on, and no more than
//! that. [`crate::SimDisk`] keeps exactly these promises and breaks everything beyond them.
//! - bytes written survive once a [`DiskFile::sync`] that began later has returned;
//! - a name that came, went or changed survives once a [`Disk::sync_dir`] of its directory has returned;
//! - a sync that failed says that anything not synced before may be gone, also when the next one succeeds.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::durable;
use crate::limits::SET_ASIDE_MAX;

/// A file that is open; several may be open on the same one.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Fills `bytes` from byte `at`.
    ///
    /// # Errors
    /// Also when the file ends before that.
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;

    /// Writes all of `bytes` from byte `at`; not durable before [`DiskFile::sync`].
    ///
    /// # Errors
    /// Some of the bytes may have been written then.
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Its length, bytes.
    ///
    /// # Errors
    /// When the file system cannot say.
    fn bytes(&self) -> io::Result<u64>;

    /// Cuts it to a length; not durable before [`DiskFile::sync`].
    ///
    /// # Errors
    /// When the file system refuses.
    fn set_len(&self, bytes: u64) -> io::Result<()>;

    /// Makes durable what was written and how long the file is; its name is the directory's.
    ///
    /// # Errors
    /// Once it failed, what was not durable before may be gone for good.
    fn sync(&self) -> io::Result<()>;
}

/// Where files are. See the module for what is durable when.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// `NotFound` when there is none of that name.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file for reading and writing; an empty one when there is none. Its name is durable after
    /// [`Disk::sync_dir`].
    ///
    /// # Errors
    /// When the file system refuses.
    fn open_or_create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, in place of the file that has that name; one of the two is there at any
    /// time, which of them is durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// When the file system refuses; nothing has changed then.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file; it may come back until [`Disk::sync_dir`]. Needs no space.
    ///
    /// # Errors
    /// `NotFound` when there is none of that name.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory and the lengths of what they name, bytes; in no order.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>>;

    /// Whether something has that name.
    fn exists(&self, path: &Path) -> bool;

    /// Makes a directory with its parents, durably; none is made where it is there.
    ///
    /// # Errors
    /// When the file system refuses.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes durable which names a directory has.
    ///
    /// # Errors
    /// As [`DiskFile::sync`].
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Whether a call may take long, so that no async task may make it on its own thread.
    fn may_wait(&self) -> bool {
        true
    }
}

/// This machine's.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl DiskFile for File {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, bytes, at)
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, at)
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        Self::set_len(self, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for LocalDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn open_or_create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Box::new(options.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        let entries = fs::read_dir(dir)?.map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len()))
        });
        entries.collect()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        durable::create_dir_durably(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        durable::sync_dir(dir)
    }
}

/// A directory on a disk. A path alone means this machine's disk.
#[derive(Debug, Clone)]
pub struct Dir {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) path: PathBuf,
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Dir {
    fn from(path: &P) -> Self {
        Self::new(Arc::new(LocalDisk), path.as_ref())
    }
}

impl Dir {
    /// The directory of that path on a disk.
    pub fn new(disk: Arc<dyn Disk>, path: &Path) -> Self {
        Self { disk, path: path.to_owned() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of that name in this one.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self { disk: Arc::clone(&self.disk), path: self.path.join(name) }
    }

    /// See [`Disk::may_wait`].
    #[must_use]
    pub fn may_wait(&self) -> bool {
        self.disk.may_wait()
    }

    /// What the file of that name holds.
    ///
    /// # Errors
    /// What the disk says; `NotFound` when there is none.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        read(&*self.disk, &self.path.join(name))
    }

    /// See [`crate::write_file_durably`].
    ///
    /// # Errors
    /// What the disk says; the old content is then still there, unless only the last step failed.
    pub fn write_durably(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        durable::replace(&*self.disk, &self.path.join(name), bytes)
    }

    /// Renames the file `name` to `NAME.corrupt-N`, or removes it when there are too many of them.
    ///
    /// # Errors
    /// What the disk says.
    pub fn set_aside(&self, name: &str) -> io::Result<()> {
        let path = self.path.join(name);
        let free = (1..SET_ASIDE_MAX)
            .map(|n| path.with_extension(format!("corrupt-{n}")))
            .find(|aside| !self.disk.exists(aside));
        let Some(aside) = free else { return self.disk.remove(&path) };
        tracing::warn!(path = %path.display(), aside = %aside.display(), "damaged, set aside");
        self.disk.rename(&path, &aside)
    }
}

/// All of a file.
pub(crate) fn read(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let mut bytes = vec![0; usize::try_from(file.bytes()?).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
