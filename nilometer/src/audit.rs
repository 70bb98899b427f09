//! DATA/audit.ndjson: who changed what, one JSON line each; see [`nilometer_query::api::AuditEntry`].
//!
//! Invariants:
//! - lines are only ever added; at its limit the file becomes `audit.ndjson.1`, in place of an older one;
//! - nobody but the owner can read it;
//! - a line that could not be written is reported and counted, and the next one opens the file anew.

use std::fs::{File, OpenOptions, rename};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use nilometer_query::api::{AuditEntry, WriteAudit};

use crate::limits::AUDIT_FILE_BYTES_MAX;
use crate::metrics;

/// The file, open once something was written.
struct AuditFile {
    path: PathBuf,
    bytes_max: u64,
    open: Option<(File, u64)>,
}

/// Writes entries to that file.
pub(crate) fn writer(path: PathBuf) -> WriteAudit {
    let file = Mutex::new(AuditFile { path, bytes_max: AUDIT_FILE_BYTES_MAX, open: None });
    Arc::new(move |entry: &AuditEntry| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.append(entry) {
            metrics::audit_failed();
            let path = file.path.display();
            tracing::error!(%error, %path, ?entry, "an audit entry was not written");
        }
    })
}

impl AuditFile {
    fn append<T: serde::Serialize>(&mut self, entry: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let (mut file, mut bytes) = match self.open.take() {
            Some(open) => open,
            None => self.open()?,
        };
        if bytes > 0 && bytes + line.len() as u64 > self.bytes_max {
            let mut older = self.path.clone().into_os_string();
            older.push(".1");
            rename(&self.path, older)?;
            (file, bytes) = self.open()?;
        }
        file.write_all(&line)?;
        self.open = Some((file, bytes + line.len() as u64));
        Ok(())
    }

    fn open(&self) -> io::Result<(File, u64)> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        let bytes = file.metadata()?.len();
        let mut last = [b'\n'];
        file.read_at(&mut last, bytes.saturating_sub(1))?;
        if last != [b'\n'] {
            // A full disk cut the last line off.
            file.write_all(b"\n")?;
        }
        Ok((file, bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn lines_are_added_and_at_the_limit_the_older_file_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let (path, older) = (dir.path().join("audit.ndjson"), dir.path().join("audit.ndjson.1"));
        let open = || AuditFile { path: path.clone(), bytes_max: 8, open: None };
        let mut file = open();
        file.append(&1).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        file = open();
        file.append(&22).unwrap();
        file.append(&33).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n22\n33\n", "it fits exactly");
        file.append(&4).unwrap();
        assert_eq!(fs::read_to_string(&older).unwrap(), "1\n22\n33\n");
        file.append(&123_456_789).unwrap();
        assert_eq!(fs::read_to_string(&older).unwrap(), "4\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "123456789\n", "never cut");
    }

    #[test]
    fn after_a_failure_the_file_is_opened_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gone/audit.ndjson");
        let mut file = AuditFile { path: path.clone(), bytes_max: 8, open: None };
        file.append(&1).unwrap_err();
        fs::create_dir(dir.path().join("gone")).unwrap();
        fs::write(&path, "1").unwrap();
        file.append(&2).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n", "a cut line stands alone");
    }
}
