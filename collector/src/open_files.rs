//! How many log files may be held open.
//!
//! Invariants: at most [`OPEN_FILES_MAX`], and never more than half of what the process may open: the rest
//! is for the spool, for sockets, and for a centre that lives in the same process; when opening fails all
//! the same, fewer are held, and the number comes back as time passes without a failure.

use rustix::process::{Resource, getrlimit};

use crate::limits::{OPEN_FILES_MAX, OPEN_FILES_MIN};
use crate::metrics;

/// The books of open files.
#[derive(Debug)]
pub(crate) struct OpenFiles {
    open: usize,
    max: usize,
    /// What the process's limit allows.
    ceiling: usize,
    /// That files cannot be opened was said, and still holds.
    said: bool,
}

impl OpenFiles {
    /// For this process.
    pub(crate) fn new() -> Self {
        let ceiling = ceiling(getrlimit(Resource::Nofile).current);
        Self { open: 0, max: ceiling, ceiling, said: false }
    }

    /// A log held `before` files open, and now holds `after`.
    pub(crate) fn change(&mut self, before: usize, after: usize) {
        self.open = (self.open + after).saturating_sub(before);
    }

    /// Whether one more may be held.
    pub(crate) fn has_room(&self) -> bool {
        self.open < self.max
    }

    /// How many must be closed now: a quarter of them, so that it need not be asked again at once.
    pub(crate) fn excess(&self) -> usize {
        if self.open > self.max { self.open - self.max / 4 * 3 } else { 0 }
    }

    /// A file could not be opened because too many are. A warning, the first time.
    pub(crate) fn failed(&mut self) -> Option<String> {
        metrics::open_failure();
        self.max = (self.open / 4 * 3).clamp(OPEN_FILES_MIN, self.ceiling);
        let said = std::mem::replace(&mut self.said, true);
        let max = self.max;
        (!said).then(|| {
            format!("too many open files (see ulimit -n): at most {max} log files are held open")
        })
    }

    /// After a look everywhere: `failed` if a file could not be opened in it.
    pub(crate) fn looked(&mut self, failed: bool) {
        metrics::open_files(self.open);
        if !failed {
            self.max = (self.max + self.max / 8 + 1).min(self.ceiling);
            self.said &= self.max < self.ceiling;
        }
    }
}

/// Files that may be held open where the process may open so many.
fn ceiling(limit: Option<u64>) -> usize {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    (limit / 2).clamp(OPEN_FILES_MIN, OPEN_FILES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_the_process_may_open_is_for_logs() {
        for (limit, expect) in [
            (Some(256), 128),
            (Some(16), OPEN_FILES_MIN),
            (Some(8_191), 4_095),
            (Some(8_192), OPEN_FILES_MAX),
            (Some(8_194), OPEN_FILES_MAX),
            (None, OPEN_FILES_MAX),
        ] {
            assert_eq!(ceiling(limit), expect, "{limit:?}");
        }
    }

    #[test]
    fn fewer_are_held_after_a_failure_which_is_said_once_until_all_may_be_again() {
        let mut files = OpenFiles { open: 100, max: 128, ceiling: 128, said: false };
        assert!(files.failed().is_some() && files.failed().is_none());
        assert_eq!((files.max, files.excess()), (75, 100 - 54));
        for _ in 0..10 {
            files.looked(false);
        }
        assert_eq!(files.max, 128);
        assert!(files.failed().is_some());
    }
}
