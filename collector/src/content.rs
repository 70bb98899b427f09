//! The bytes of one file, decompressed if need be, by offset.
//!
//! Invariants: only regular files are opened, never a FIFO, a device or a link; a gzip's concatenated
//! members are read as one; at most [`READ_BYTES`] of decompressed bytes are held; a disk that does not
//! answer is an error of kind `TimedOut`, after which the same may be asked again ([`crate::cold`]).

use std::fs::{Metadata, OpenOptions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use flate2::bufread::MultiGzDecoder;
use nilometer_model::Timestamp;
use rustix::fs::OFlags;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::cold::{ColdFile, Sequential};
use crate::limits::READ_BYTES;

/// Which file on this machine, as long as it is not deleted. A hint, never an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub(crate) struct Inode {
    dev: u64,
    ino: u64,
    pub(crate) born_ns: i64,
}

/// What the file system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) inode: Inode,
    /// As stored; compressed bytes for a gzip.
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    /// No name leads to it any more.
    pub(crate) deleted: bool,
}

impl Stat {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let ns = |time: io::Result<std::time::SystemTime>| {
            let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
        };
        let inode =
            Inode { dev: metadata.dev(), ino: metadata.ino(), born_ns: ns(metadata.created()) };
        let modified = Timestamp(ns(metadata.modified()));
        Self { inode, size: metadata.len(), modified, deleted: metadata.nlink() == 0 }
    }
}

/// Whether an error says that the process, or the machine, has too many files open.
pub(crate) fn is_exhaustion(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// An open file.
#[derive(Debug)]
pub(crate) enum Content {
    /// As it is.
    Plain(ColdFile),
    /// Read through gzip.
    Gzip(Box<Gzip>),
}

impl Content {
    /// Opens a regular file.
    pub(crate) fn open(path: &Path, gzip: bool) -> io::Result<(Self, Stat)> {
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = ColdFile::new(file)?;
        let content = if gzip { Self::Gzip(Box::new(Gzip::new(file))) } else { Self::Plain(file) };
        Ok((content, Stat::of(&metadata)))
    }

    /// What the file system says of it now.
    pub(crate) fn stat(&self) -> io::Result<Stat> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Gzip(gzip) => &gzip.file,
        };
        Ok(Stat::of(&file.file.metadata()?))
    }

    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }

    /// Fills `buffer` from `offset` of the decompressed bytes; less than its length only at the end.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read_at(offset, buffer),
            Self::Gzip(gzip) => gzip.read_at(offset, buffer),
        }
    }
}

/// A gzip, and a window of what was inflated last:
/// ```text
///   0 ....... start [ window ] decoder stands here ....
/// ```
#[derive(Debug)]
pub(crate) struct Gzip {
    file: ColdFile,
    decoder: MultiGzDecoder<BufReader<Sequential>>,
    window: Vec<u8>,
    start: u64,
    /// Told once what came before it has been handed out.
    failed: Option<io::ErrorKind>,
}

impl Gzip {
    fn new(file: ColdFile) -> Self {
        let decoder = decoder(&file);
        Self { file, decoder, window: Vec::new(), start: 0, failed: None }
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset < self.start {
            self.decoder = decoder(&self.file);
            self.window.clear();
            self.start = 0;
            self.failed = None;
        }
        let wanted = buffer.len().min(READ_BYTES);
        loop {
            self.drop_before(offset);
            if self.start == offset && self.window.len() >= wanted {
                break;
            }
            if self.inflate(READ_BYTES)? == 0 {
                break;
            }
        }
        let n = if self.start < offset { 0 } else { self.window.len().min(wanted) };
        if let (0, Some(kind)) = (n, self.failed) {
            return Err(kind.into());
        }
        buffer[..n].copy_from_slice(&self.window[..n]);
        Ok(n)
    }

    fn drop_before(&mut self, offset: u64) {
        let gone =
            usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.window.len());
        self.window.drain(..gone);
        self.start += gone as u64;
    }

    /// Inflates until the window holds `bytes` or the gzip ends; what came before a failure stays.
    fn inflate(&mut self, bytes: usize) -> io::Result<usize> {
        let held = self.window.len();
        let missing = bytes.saturating_sub(held) as u64;
        if self.failed.is_none() {
            let result = (&mut self.decoder).take(missing).read_to_end(&mut self.window);
            match result.err().map(|error| error.kind()) {
                Some(late @ io::ErrorKind::TimedOut) => return Err(late.into()),
                failed => self.failed = failed,
            }
        }
        Ok(self.window.len() - held)
    }
}

fn decoder(file: &ColdFile) -> MultiGzDecoder<BufReader<Sequential>> {
    MultiGzDecoder::new(BufReader::with_capacity(32 << 10, Sequential::new(file)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn all_members_of_a_gzip_are_read_from_any_offset() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gz");
        let text: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
        let (one, two) = text.split_at(300_001);
        std::fs::write(&path, [gzip(one), gzip(two)].concat()).unwrap();
        let (mut content, _) = Content::open(&path, true).unwrap();
        let mut buffer = vec![0; 1_000];
        for offset in [0, 299_900, 599_500, 300_000, 600_000, 5] {
            let n = content.read_at(offset as u64, &mut buffer).unwrap();
            assert_eq!(&buffer[..n], &text[offset..(offset + 1_000).min(text.len())], "{offset}");
        }
    }

    #[test]
    fn a_gzip_that_is_cut_is_an_error_not_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gz");
        let whole = gzip(&[b'x'; 100_000]);
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let (mut content, _) = Content::open(&path, true).unwrap();
        let mut buffer = vec![0; READ_BYTES];
        let read = content.read_at(0, &mut buffer).unwrap_or(0);
        assert!(read < 100_000 && buffer[..read].iter().all(|byte| *byte == b'x'));
        assert!(content.read_at(read as u64, &mut buffer).is_err());
    }

    #[test]
    fn only_regular_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from(0o600),
            0,
        )
        .unwrap();
        let link = dir.path().join("link");
        std::fs::write(dir.path().join("file"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("file"), &link).unwrap();
        for path in [&*fifo, &*link, dir.path()] {
            assert!(Content::open(path, false).is_err(), "{}", path.display());
        }
    }
}
