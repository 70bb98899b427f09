//! The shop's limits and paces, with their units.

use std::time::Duration;

/// A piece of a line in a CRI file, bytes; what is longer is written as several pieces, as containerd does.
pub(crate) const PIECE_BYTES_MAX: usize = 16 << 10;
/// A container's live file is rotated when it is this long, bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 8 << 20;
/// Rotated files of a container that are kept.
pub(crate) const ROTATED_FILES_MAX: usize = 4;
/// Runs of a container whose files are kept, the present one included.
pub(crate) const RUNS_KEPT: u32 = 2;

/// The pause before the first start again; it doubles with every further one.
pub(crate) const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Who lived this long has begun anew: his next pause is the first one.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_secs(30);
/// How long a process may take to end once its standard input has.
pub(crate) const END_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How long a service waits for another one.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a visitor waits for a page.
pub(crate) const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer or a request's body, bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 10;
/// A line from the supervisor, bytes.
pub(crate) const CONTROL_LINE_BYTES_MAX: u64 = 64 << 10;
/// Connections that wait to be accepted.
pub(crate) const BACKLOG: u32 = 128;
/// Carts that are remembered; then the shop forgets all of them.
pub(crate) const CARTS_MAX: usize = 10_000;

/// Spans gather so long before they are sent.
pub(crate) const SPANS_LINGER: Duration = Duration::from_secs(1);
/// Metrics are sent so often.
pub(crate) const METRICS_EVERY: Duration = Duration::from_secs(5);
/// How long one request of the SDK may take.
pub(crate) const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the last spans may take at the end.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_millis(700);

/// What `slow` adds to every request.
pub(crate) const SLOW_BY: Duration = Duration::from_millis(800);
/// How many of a hundred requests fail under `fail`.
pub(crate) const FAIL_PERCENT: u32 = 80;
/// How long a process lives under `crash`, ms.
pub(crate) const CRASH_AFTER_MS: std::ops::Range<u64> = 500..1_500;
/// How often `flood` writes, and how many lines: 4,000 a second.
pub(crate) const FLOOD_EVERY: Duration = Duration::from_millis(20);
pub(crate) const FLOOD_LINES: u32 = 80;
/// How often `surprise` writes.
pub(crate) const SURPRISE_EVERY: Duration = Duration::from_secs(1);

/// A "day" of the shop: its visitors come in a wave of this length.
pub(crate) const DAY: Duration = Duration::from_secs(360);
/// Visitors at once in the quietest and in the busiest moment of a day.
pub(crate) const VISITORS_MIN: usize = 8;
pub(crate) const VISITORS_MAX: usize = 24;
/// Who stands at the door when the shop opens, and goes straight to the checkout.
pub(crate) const VISITORS_FIRST: usize = 6;
/// How long a visitor looks at a page in the mean.
pub(crate) const THINK_MEAN: Duration = Duration::from_millis(2_500);
