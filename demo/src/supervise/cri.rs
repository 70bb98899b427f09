//! A container's log directory, written as a container runtime and the kubelet write it.
//!
//! ```text
//!   <n>.log                      TIME STREAM F text     a line, or its last piece
//!                                TIME STREAM P text     a piece of a long line
//!   <n>.log.20261121-103000      set aside at FILE_BYTES_MAX
//! ```
//! Invariants:
//! - a piece is never longer than [`PIECE_BYTES_MAX`], and ends between bytes as containerd's does;
//! - times rise within a file;
//! - at most [`ROTATED_FILES_MAX`] rotated files of a run and [`RUNS_KEPT`] runs are kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_model::{Clock, Timestamp};

use crate::limits::{FILE_BYTES_MAX, PIECE_BYTES_MAX, ROTATED_FILES_MAX, RUNS_KEPT};

/// Which of a process's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Stdout,
    Stderr,
}

impl Output {
    fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// The number of the next run in a container's directory: one more than the highest there.
pub(super) fn next_run(dir: &Path) -> io::Result<u32> {
    Ok(runs(dir)?.last().map_or(0, |(run, _)| run + 1))
}

/// The log of one run of a container.
pub(super) struct RunLog {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
    last: Timestamp,
    clock: Arc<dyn Clock>,
}

impl RunLog {
    /// Begins the log of a run and lets the oldest runs go.
    pub(super) fn begin(dir: &Path, run: u32, clock: Arc<dyn Clock>) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        for (old, path) in runs(dir)? {
            if old + RUNS_KEPT <= run {
                fs::remove_file(path)?;
            }
        }
        let path = dir.join(format!("{run}.log"));
        let file = open(&path)?;
        let last = Timestamp(0);
        Ok(Self { path, file, bytes: 0, bytes_max: FILE_BYTES_MAX, last, clock })
    }

    /// Writes a line without its end, or the piece of one that is not ended yet.
    pub(super) fn write(&mut self, output: Output, text: &[u8], ends: bool) -> io::Result<()> {
        let mut pieces = text.chunks(PIECE_BYTES_MAX).peekable();
        if pieces.peek().is_none() {
            return self.piece(output, b"", ends);
        }
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            self.piece(output, piece, ends && last)?;
        }
        Ok(())
    }

    fn piece(&mut self, output: Output, text: &[u8], ends: bool) -> io::Result<()> {
        if self.bytes >= self.bytes_max {
            self.rotate()?;
        }
        let tag = if ends { "F" } else { "P" };
        self.last = self.clock.now().max(self.last.plus_ns(1));
        let mut line = format!("{} {} {tag} ", self.last, output.name()).into_bytes();
        line.extend_from_slice(text);
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Sets the file aside under the time. Two rotations within one second would have one name: the
    /// second waits, and the file grows a little longer.
    fn rotate(&mut self) -> io::Result<()> {
        let aside = PathBuf::from(format!("{}.{}", self.path.display(), stamp(self.clock.now())));
        if aside.exists() {
            return Ok(());
        }
        fs::rename(&self.path, aside)?;
        self.file = open(&self.path)?;
        self.bytes = 0;
        let mut rotated = rotated(&self.path)?;
        rotated.sort();
        for old in rotated.iter().rev().skip(ROTATED_FILES_MAX) {
            fs::remove_file(old)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// `20261121-103000`
fn stamp(time: Timestamp) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let text = time.to_string();
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    format!("{}-{}", digits(date), digits(clock).chars().take(6).collect::<String>())
}

/// The files of all runs, with the run's number, in the order of the numbers.
fn runs(dir: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut runs: Vec<(u32, PathBuf)> = files(dir)?
        .into_iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            Some((name.split_once(".log")?.0.parse().ok()?, path))
        })
        .collect();
    runs.sort();
    Ok(runs)
}

/// The files that a live one was set aside as.
fn rotated(live: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = format!("{}.", live.display());
    let mut files = files(live.parent().unwrap_or(live))?;
    files.retain(|path| path.display().to_string().starts_with(&prefix));
    Ok(files)
}

fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// Goes on by a second whenever it is looked at.
    struct Ticking(AtomicI64);

    impl Clock for Ticking {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.fetch_add(1_000_000_000, Ordering::Relaxed))
        }
    }

    fn log(dir: &Path, run: u32) -> RunLog {
        RunLog::begin(dir, run, Arc::new(Ticking(AtomicI64::new(1_000_000_000)))).unwrap()
    }

    #[test]
    fn a_line_is_one_piece_up_to_the_limit_and_two_above() {
        for (length, tags) in
            [(0, "F"), (5, "F"), (PIECE_BYTES_MAX, "F"), (PIECE_BYTES_MAX + 1, "PF")]
        {
            let dir = tempfile::tempdir().unwrap();
            let mut log = log(dir.path(), 0);
            log.write(Output::Stderr, "x".repeat(length).as_bytes(), true).unwrap();
            let text = fs::read_to_string(dir.path().join("0.log")).unwrap();
            assert!(text.starts_with("1970-01-01T00:00:01.000000000Z stderr "), "{length}");
            let written: String = text.lines().filter_map(|line| line.split(' ').nth(2)).collect();
            assert_eq!(written, tags, "{length}");
            let bytes: usize =
                text.lines().map(|line| line.rsplit(' ').next().unwrap().len()).sum();
            assert_eq!(bytes, length);
        }
    }

    #[test]
    fn a_line_without_an_end_is_a_piece() {
        let dir = tempfile::tempdir().unwrap();
        log(dir.path(), 0).write(Output::Stdout, b"half", false).unwrap();
        let text = fs::read_to_string(dir.path().join("0.log")).unwrap();
        assert_eq!(text, "1970-01-01T00:00:01.000000000Z stdout P half\n");
    }

    #[test]
    fn a_full_file_is_set_aside_and_only_so_many_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = log(dir.path(), 3);
        log.bytes_max = 1;
        for _ in 0..ROTATED_FILES_MAX + 3 {
            log.write(Output::Stdout, b"line", true).unwrap();
        }
        let rotated = rotated(&dir.path().join("3.log")).unwrap();
        assert_eq!(rotated.len(), ROTATED_FILES_MAX);
        assert!(
            rotated.iter().all(|path| path.display().to_string().contains("3.log.19700101-0000"))
        );
        assert!(dir.path().join("3.log").exists());
    }

    #[test]
    fn a_run_has_the_next_number_and_only_the_latest_runs_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        for run in 0..4 {
            assert_eq!(next_run(dir.path()).unwrap(), run);
            log(dir.path(), run).write(Output::Stdout, b"begins", true).unwrap();
        }
        let kept: Vec<u32> = runs(dir.path()).unwrap().into_iter().map(|(run, _)| run).collect();
        assert_eq!(kept, [2, 3]);
    }
}
