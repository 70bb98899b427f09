//! A directory of one test; kept, named, and its logs shown, when the test fails.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How much of each log is shown; the directory keeps the rest.
const SHOWN_LINES: usize = 200;

/// A temporary directory.
#[derive(Debug)]
pub struct Scratch(Option<tempfile::TempDir>);

impl Scratch {
    /// A new, empty one.
    #[expect(clippy::new_without_default, reason = "making a directory is no default")]
    pub fn new() -> Self {
        Self(Some(tempfile::Builder::new().prefix("nilometer-").tempdir().unwrap()))
    }

    /// A path below it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.as_ref().unwrap().path().join(name)
    }

    /// Writes a file below it, with the directories on the way.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The same, for its owner's eyes only.
    pub fn secret(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(dir) = self.0.take()
        {
            let dir = dir.keep();
            show_logs(&dir);
            eprintln!("kept for a look: {}", dir.display());
        }
    }
}

/// The end of each `*.log`. What cannot be read is passed over: the test has failed already.
fn show_logs(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut logs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.sort();
    for log in logs {
        let text = fs::read(&log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let skipped = text.lines().count().saturating_sub(SHOWN_LINES);
        eprintln!("---- {} (without its first {skipped} lines)", log.display());
        text.lines().skip(skipped).for_each(|line| eprintln!("{line}"));
    }
}
