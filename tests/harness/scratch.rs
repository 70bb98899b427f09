//! A directory of one test; kept, and named, when the test fails.

use std::path::{Path, PathBuf};

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
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(dir) = self.0.take()
        {
            eprintln!("kept for a look: {}", dir.keep().display());
        }
    }
}
