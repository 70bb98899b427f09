//! The samples of a target, as they lie in the repository.

use std::fs;
use std::path::PathBuf;

/// In the order of their names, so that a seed means the same everywhere.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(fuzz().join("corpus").join(target)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().map(read).collect()
}

/// A file of ours.
pub(crate) fn read(path: &PathBuf) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where the targets are.
pub(crate) fn fuzz() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}
