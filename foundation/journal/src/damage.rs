//! What is damaged is named, set aside and counted, once; then life goes on.
//!
//! A damaged stretch of `X.seg` that begins at byte N is copied to `X.seg.corrupt-N-CRC`. That file is also
//! the memory that the stretch is known, so that it is not reported again at each start.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Dir, Disk};
use crate::limits::CORRUPT_BYTES_MAX;

const MARK: &str = ".corrupt-";

/// A stretch of a file that holds no good record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where the stretch begins, bytes.
    pub offset: u64,
    /// How long it is, bytes; 0 when bytes are missing there.
    pub bytes: u64,
    /// Where a copy is; it is empty once the directory's copies have reached their limit.
    pub moved_to: PathBuf,
}

/// How many damaged stretches the directory remembers.
pub(crate) fn count(dir: &Dir) -> io::Result<usize> {
    Ok(corrupt_files(&*dir.disk, &dir.path)?.len())
}

/// Sets the stretch `from..to` of `path` aside; none when that was done before.
pub(crate) fn set_aside(
    disk: &dyn Disk,
    path: &Path,
    from: u64,
    to: u64,
) -> io::Result<Option<Damage>> {
    let mut stretch = vec![0; usize::try_from(to - from).map_err(io::Error::other)?];
    disk.open(path)?.read_exact_at(&mut stretch, from)?;
    let mut moved_to = path.as_os_str().to_owned();
    moved_to.push(format!("{MARK}{from}-{:08x}", crc32c::crc32c(&stretch)));
    let moved_to = PathBuf::from(moved_to);
    if disk.exists(&moved_to) {
        return Ok(None);
    }
    if let Err(error) = keep(disk, &moved_to, &stretch) {
        tracing::warn!(%error, to = %moved_to.display(), "damaged bytes could not be copied");
    }
    let damage = Damage { file: path.to_owned(), offset: from, bytes: to - from, moved_to };
    tracing::warn!(
        file = %damage.file.display(), offset = damage.offset, bytes = damage.bytes,
        "damaged bytes skipped"
    );
    metrics::counter!("nilometer_journal_damaged_stretches_total").increment(1);
    metrics::counter!("nilometer_journal_damaged_bytes_total").increment(damage.bytes);
    Ok(Some(damage))
}

fn keep(disk: &dyn Disk, moved_to: &Path, stretch: &[u8]) -> io::Result<()> {
    let dir = moved_to.parent().unwrap_or(Path::new("."));
    let kept: u64 = corrupt_files(disk, dir)?.iter().sum();
    let fits = kept.saturating_add(stretch.len() as u64) <= CORRUPT_BYTES_MAX;
    disk.open_or_create(moved_to)?.write_all_at(if fits { stretch } else { &[] }, 0)
}

/// How long the copies in a directory are, bytes.
fn corrupt_files(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<u64>> {
    let names = disk.list(dir)?.into_iter();
    Ok(names.filter(|(name, _)| name.contains(MARK)).map(|(_, bytes)| bytes).collect())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::disk::LocalDisk;

    #[test]
    fn a_stretch_is_set_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("00000000000000000001.seg");
        fs::write(&path, b"0123456789").unwrap();
        let damage = set_aside(&LocalDisk, &path, 2, 5).unwrap().unwrap();
        assert_eq!(fs::read(&damage.moved_to).unwrap(), b"234");
        assert_eq!(set_aside(&LocalDisk, &path, 2, 5).unwrap(), None);
        assert_eq!(count(&Dir::from(dir.path())).unwrap(), 1);
        fs::write(&path, b"0123x56789").unwrap();
        assert!(set_aside(&LocalDisk, &path, 2, 5).unwrap().is_some(), "damaged again, otherwise");
        assert_eq!(count(&Dir::from(dir.path())).unwrap(), 2);
    }

    #[test]
    fn copies_stop_at_their_limit_and_the_place_is_still_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("00000000000000000001.seg");
        let file = File::create(&path).unwrap();
        file.set_len(CORRUPT_BYTES_MAX + 1).unwrap();
        let within = set_aside(&LocalDisk, &path, 0, CORRUPT_BYTES_MAX).unwrap().unwrap();
        let beyond = set_aside(&LocalDisk, &path, CORRUPT_BYTES_MAX, CORRUPT_BYTES_MAX + 1)
            .unwrap()
            .unwrap();
        assert_eq!(fs::metadata(&within.moved_to).unwrap().len(), CORRUPT_BYTES_MAX);
        assert_eq!(fs::metadata(&beyond.moved_to).unwrap().len(), 0);
    }
}
