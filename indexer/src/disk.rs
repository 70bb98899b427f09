//! Is the disk nearly full? Asked before every batch, looked up once a second.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use nilometer_model::Timestamp;

use crate::limits::{DISK_LOOK_EVERY_MS, DISK_LOW_BYTES, DISK_LOW_SHARE};

/// Knows whether the disk below a directory is at its low-water mark.
#[derive(Debug)]
pub(crate) struct DiskGauge {
    data: PathBuf,
    low: AtomicBool,
    looked_at: AtomicI64,
}

impl DiskGauge {
    /// A gauge that has not looked yet.
    #[must_use]
    pub(crate) fn new(data: PathBuf) -> Self {
        Self { data, low: AtomicBool::new(false), looked_at: AtomicI64::new(i64::MIN) }
    }

    /// Whether less is free than the smaller of a share of the disk and a fixed number of bytes. When
    /// that cannot be told it says no: the write will tell.
    pub(crate) async fn is_low(&self, now: Timestamp) -> bool {
        let due =
            self.looked_at.load(Ordering::Relaxed).saturating_add(DISK_LOOK_EVERY_MS * 1_000_000);
        if now.0 >= due {
            self.looked_at.store(now.0, Ordering::Relaxed);
            let data = self.data.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let disk = rustix::fs::statvfs(&data).ok()?;
                Some(below_mark(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
            });
            let low = looked.await.ok().flatten().unwrap_or(false);
            self.low.store(low, Ordering::Relaxed);
        }
        self.was_low()
    }

    /// What is free above the mark, if that can be told.
    pub(crate) async fn room_bytes(&self) -> Option<u64> {
        let data = self.data.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let disk = rustix::fs::statvfs(&data).ok()?;
            let (free, all) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
            Some(free.saturating_sub(mark_bytes(all)))
        });
        looked.await.ok().flatten()
    }

    /// What was seen at the last look.
    pub(crate) fn was_low(&self) -> bool {
        self.low.load(Ordering::Relaxed)
    }
}

fn below_mark(free_bytes: u64, all_bytes: u64) -> bool {
    free_bytes < mark_bytes(all_bytes)
}

fn mark_bytes(all_bytes: u64) -> u64 {
    (all_bytes / DISK_LOW_SHARE).min(DISK_LOW_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_a_twentieth_of_a_small_disk_and_a_gibibyte_of_a_large_one() {
        assert!(!below_mark(5, 100) && below_mark(4, 100));
        let large = 1 << 40;
        assert!(!below_mark(DISK_LOW_BYTES, large) && below_mark(DISK_LOW_BYTES - 1, large));
    }
}
