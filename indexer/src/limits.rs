//! The centre's limits, with their units.

use std::time::Duration;

/// Log entries that may wait for the index; more, and intakes answer 429.
pub const LOG_BACKLOG_ENTRIES_MAX: u64 = 20_000;
/// An index that is further behind the Log is not ready, ms.
pub const INDEX_LAG_MS_MAX: i64 = 60_000;
/// Batches that are on their way to the index as they were taken in, bytes; what is more is read from the Log.
pub const HANDOVER_BYTES_MAX: usize = 8 << 20;
/// Freezers of own batches that lie ready for the next.
pub const FREEZERS_SPARE_MAX: usize = 2;
/// What a sender of a turned-back batch waits, s.
pub const BUSY_RETRY_AFTER_S: u32 = 1;
/// Batches that are decoded at once on one intake.
pub const DECODING_MAX: usize = 4;
/// How long collectors may gather records before they freeze a batch, ms.
pub const LINGER_MS: u32 = 200;
/// What the index loop reads of the Log at once, bytes.
pub const LOG_READ_BYTES: usize = 2 << 20;
/// How often the index loop looks at its clock when nothing comes, ms.
pub const INDEX_TICK_MS: u64 = 250;
/// How long the loop waits after a failed seal, ms.
pub const SEAL_RETRY_MS: i64 = 2_000;
/// How often it is looked for books of what is long gone, ms.
pub const BOOKS_EVERY_MS: i64 = 60_000;
/// How often it is asked whether splits are to go, or to be merged, ms.
pub const UPKEEP_EVERY_MS: u64 = 2_000;
/// How long a merge rests, in percent of the time that it has worked: 100 is half a core.
pub const MERGE_REST_PERCENT: u32 = 100;
/// How often objects that no commit names are looked for, ms.
pub const ORPHANS_EVERY_MS: i64 = 3_600_000;
/// Marks are kept for so much longer than data and spools.
pub const BOOKS_KEPT_BEYOND: Duration = Duration::from_hours(24);
/// A lane that nobody used for so long goes on as another journal: far sooner than its books could be closed, ns.
pub const LANE_IDLE_NS: i64 = 24 * 3_600 * 1_000_000_000;
/// No clock that somebody has set says an earlier time, ns since 1970 (2020-01-01).
pub const CLOCK_SET_MIN_NS: i64 = 1_577_836_800 * 1_000_000_000;
/// Lanes that one tenant's `/ingest` requests are journaled in side by side.
pub const INGEST_LANES: usize = 4;
/// Tenants that have lanes at a time.
pub const INGEST_TENANTS_MAX: usize = 1_024;
/// Text of one batch made from `/ingest` lines, bytes.
pub const INGEST_BATCH_TEXT_BYTES: usize = 2 << 20;
/// Records of one batch made from `/ingest` lines.
pub const INGEST_BATCH_RECORDS: usize = 32_768;
/// Refused lines that one answer of `/ingest` lists; the rest are counted in the last one.
pub const INGEST_REFUSED_LISTED_MAX: usize = 1_000;
/// How long an `/ingest` answer waits for its lines to be visible, ms.
pub const INGEST_VISIBLE_WAIT_MS: u64 = 1_000;
/// Free space below which the centre takes nothing in: the smaller of this share (1/n) ...
pub const DISK_LOW_SHARE: u64 = 20;
/// ... and this, bytes.
pub const DISK_LOW_BYTES: u64 = 1 << 30;
/// How long an answer about the disk is good for, ms.
pub const DISK_LOOK_EVERY_MS: i64 = 1_000;
