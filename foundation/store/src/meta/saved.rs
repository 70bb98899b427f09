//! The snapshot's file: a line with the CRC-32C of what follows, in hex, then JSON.
//!
//! Invariants:
//! - a snapshot with any damage reads as none, and is renamed to `.corrupt-1`, never deleted;
//! - while the new one is written, the previous one stays.

use std::fs;
use std::io;
use std::path::Path;

use nilometer_journal::write_file_durably;
use nilometer_model::Revision;
use serde::{Deserialize, Serialize};

use super::MetaError;
use crate::commit::State;

const CURRENT: &str = "snapshot.json";
const PREVIOUS: &str = "snapshot.previous.json";

/// Everything up to a revision.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) revision: Revision,
    pub(super) state: State,
}

/// Reads the newest good snapshot; with the revision of the previous one, when that is known.
pub(super) fn load(dir: &Path) -> Result<(Saved, Revision), MetaError> {
    let current = read(&dir.join(CURRENT))?;
    let previous = read(&dir.join(PREVIOUS))?;
    let oldest = previous.as_ref().map(|saved| saved.revision).unwrap_or_default();
    Ok((current.or(previous).unwrap_or_default(), oldest))
}

/// Makes `saved` the current snapshot, and the current one the previous.
pub(super) fn store(dir: &Path, saved: &Saved) -> Result<(), MetaError> {
    let json = serde_json::to_vec(saved).map_err(MetaError::Encode)?;
    let mut bytes = format!("{:08x}\n", crc32c::crc32c(&json)).into_bytes();
    bytes.extend(json);
    let (current, previous) = (dir.join(CURRENT), dir.join(PREVIOUS));
    match fs::rename(&current, &previous) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(MetaError::Io { path: current, source });
        }
        _ => {}
    }
    write_file_durably(&current, &bytes).map_err(|source| MetaError::Io { path: current, source })
}

fn read(path: &Path) -> Result<Option<Saved>, MetaError> {
    let failed = |source| MetaError::Io { path: path.to_owned(), source };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if let Some(saved) = decode(&bytes) {
        return Ok(Some(saved));
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(".corrupt-1");
    fs::rename(path, &aside).map_err(failed)?;
    tracing::warn!(file = %path.display(), "damaged snapshot of Meta set aside");
    Ok(None)
}

fn decode(bytes: &[u8]) -> Option<Saved> {
    let (crc, json) = bytes.split_at_checked(9)?;
    let crc = std::str::from_utf8(crc.strip_suffix(b"\n")?).ok()?;
    let good = u32::from_str_radix(crc, 16).ok()? == crc32c::crc32c(json);
    good.then(|| serde_json::from_slice(json).ok()).flatten()
}
