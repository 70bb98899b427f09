//! The redactor of this process, and the key of its marks.
//!
//! ```text
//!   DATA/redact.key     drawn once, 64 hex digits, 0600; or the file that `redact_key_file` names
//! ```
//! Invariant: a key is on disk before anything is marked with it, so marks stay equal over restarts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_parse::Redactor;

use crate::config::Config;
use crate::limits::{REDACT_KEY_BYTES_MAX, REDACT_KEY_BYTES_MIN};

const KEY_FILE: &str = "redact.key";
const DRAWN_BYTES: usize = 32;

/// The key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedactionError {
    #[error("the key of redaction {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "the key of redaction {}: {bytes} bytes; allowed: {REDACT_KEY_BYTES_MIN} to {REDACT_KEY_BYTES_MAX}",
        path.display()
    )]
    Length { path: PathBuf, bytes: usize },
}

/// What takes secrets out, if somebody has not turned it off.
pub(crate) fn redactor(config: &Config) -> Result<Option<Arc<Redactor>>, RedactionError> {
    let Some(redact) = &config.redact else { return Ok(None) };
    let key = match &config.redact_key_file {
        Some(path) => read(path)?,
        None => own(&config.data.join(KEY_FILE))?,
    };
    Ok(Some(Arc::new(Redactor::new(redact.clone(), &key))))
}

fn own(path: &Path) -> Result<Vec<u8>, RedactionError> {
    if !path.exists() {
        draw(path).map_err(|source| RedactionError::Io { path: path.to_owned(), source })?;
    }
    read(path)
}

/// Written beside its place first: half a key is never found there.
fn draw(path: &Path) -> io::Result<()> {
    let drawn: [u8; DRAWN_BYTES] = rand::random();
    let text: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let beside = path.with_extension("key.tmp");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(dir)?.sync_all()
}

fn read(path: &Path) -> Result<Vec<u8>, RedactionError> {
    let io = |source| RedactionError::Io { path: path.to_owned(), source };
    let mut text = Vec::new();
    let most = REDACT_KEY_BYTES_MAX as u64 + 2;
    File::open(path).map_err(io)?.take(most).read_to_end(&mut text).map_err(io)?;
    let key = text.trim_ascii_end();
    if !(REDACT_KEY_BYTES_MIN..=REDACT_KEY_BYTES_MAX).contains(&key.len()) {
        return Err(RedactionError::Length { path: path.to_owned(), bytes: key.len() });
    }
    Ok(key.to_vec())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_own_key_is_drawn_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new").join(KEY_FILE);
        let drawn = own(&path).unwrap();
        assert_eq!((drawn.len(), own(&path).unwrap()), (2 * DRAWN_BYTES, drawn));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_is_limited_in_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for (bytes, fits) in [
            (REDACT_KEY_BYTES_MIN - 1, false),
            (REDACT_KEY_BYTES_MIN, true),
            (REDACT_KEY_BYTES_MAX, true),
            (REDACT_KEY_BYTES_MAX + 1, false),
        ] {
            fs::write(&path, format!("{}\n", "k".repeat(bytes))).unwrap();
            assert_eq!(read(&path).is_ok(), fits, "{bytes}");
        }
        assert!(matches!(read(&dir.path().join("none")), Err(RedactionError::Io { .. })));
    }
}
