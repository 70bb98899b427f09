//! Every limit of the collector, with its unit.

/// Stretches of files that damage to the spool took and that may be read again; more are declared lost.
pub(crate) const REREAD_RANGES_MAX: usize = 4_096;
/// Batches that one batch stands for (about 30 bytes each in its header); more go into further batches.
pub(crate) const REPLACES_MAX: usize = 50_000;
/// Bytes read of one file per visit; also the size of the one read buffer.
pub(crate) const READ_BYTES: usize = 256 << 10;
/// A read that takes longer than this does not hold up other files, ms.
pub(crate) const COLD_READ_MS: u64 = 100;
/// Threads that wait for one device.
pub(crate) const COLD_READS_MAX: usize = 2;
/// Threads that wait for any device.
pub(crate) const COLD_THREADS_MAX: usize = 16;
/// Bytes of a generation's first line by which it is known.
pub(crate) const FINGERPRINT_BYTES: usize = 1_024;
/// Bytes looked at for the end of a Docker file's first line, where its time stands.
pub(crate) const FIRST_LINE_BYTES_MAX: usize = 256 << 10;
/// Bytes in front of a plain file's position that must still be there.
pub(crate) const OVERLAP_BYTES: usize = 256;
/// A stretch of a plain file by which its content is recognised, bytes.
pub(crate) const LANDMARK_BYTES: usize = 256;
/// Such stretches of one file: the last lies at 4 GiB.
pub(crate) const LANDMARKS_MAX: usize = 36;
/// How much longer than a record a Docker line may be, times: `\u001b` stands for one byte.
pub(crate) const DOCKER_ESCAPE_FACTOR: usize = 6;
/// Bytes of framing (time, stream, tags) that a line may have around its text.
pub(crate) const FRAMING_BYTES_MAX: usize = 4 << 10;
/// Files held open, if the process may open twice as many.
pub(crate) const OPEN_FILES_MAX: usize = 4_096;
/// Files held open, however few the process may open.
pub(crate) const OPEN_FILES_MIN: usize = 16;
/// After this long a line without its end is sent as it is, s.
pub(crate) const UNTERMINATED_LINE_S: u64 = 5;
/// A generation that was read to its end has ended after this long without a further byte, s.
pub(crate) const LATE_WRITE_S: u64 = 5;
/// A file that is nowhere to be found is called lost after this long, s.
pub(crate) const ABSENT_S: u64 = 1;
/// A file that begins like a known one but is shorter is a copy being made until it is still this long, s.
pub(crate) const COPY_IDLE_S: u64 = 3;
/// Below this position the bytes before it may be a banner that every file has, bytes.
pub(crate) const BANNER_BYTES_MAX: usize = 4 << 10;
/// Of two files of which one may be a copy of the other so much is compared, bytes.
pub(crate) const COPY_COMPARED_BYTES: usize = 256 << 10;
/// A compressed file that cannot be read to its end is given up after this long, s.
pub(crate) const DAMAGED_GZIP_S: u64 = 60;
/// Ended generations whose files are gone are remembered this long, s.
pub(crate) const FORGET_S: u64 = 600;
/// How often all directories are looked through, ms: the net below the events.
pub(crate) const SCAN_MS: u64 = 1_000;
/// How much the scan is spread out per log directory, ms, while events arrive.
pub(crate) const SCAN_MS_PER_LOG: u64 = 2;
/// A look that was asked for early waits this many times as long as the last one took.
pub(crate) const SCAN_PAUSE_FACTOR: u32 = 4;
/// How often logs that wait for time to pass are visited, ms.
pub(crate) const TICK_MS: u64 = 1_000;
/// How often a waiting reader looks for events, ms; writes in between are one visit.
pub(crate) const EVENTS_MS: u64 = 25;
/// So many logs are looked at or visited until events are taken again: a round of 10,000 takes seconds.
pub(crate) const GLANCE_TURNS: usize = 64;
/// Bytes for events taken from the kernel at once.
pub(crate) const EVENT_BYTES: usize = 64 << 10;
/// Bytes of a Docker container's config.v2.json.
pub(crate) const DOCKER_CONFIG_BYTES_MAX: u64 = 1 << 20;
/// Files matched by all `--file` globs.
pub(crate) const PLAIN_FILES_MAX: usize = 20_000;
/// Directories below one another that a pattern's `**` goes down.
pub(crate) const PATTERN_DEPTH_MAX: usize = 32;
/// Warnings kept for the next heartbeat.
pub(crate) const WARNINGS_MAX: usize = 16;

/// Lines of one record; the next line begins another.
pub(crate) const MULTILINE_LINES_MAX: usize = 1_000;
/// Lines held behind a trace that only a line which surely goes on makes part of it.
pub(crate) const MULTILINE_PERHAPS_LINES_MAX: usize = 8;
/// A trace that nothing follows is handed over after this long, ms.
pub(crate) const MULTILINE_HOLD_MS: u64 = 500;
/// The same where a pattern for first lines is configured: any line may have another behind it, ms.
pub(crate) const MULTILINE_START_HOLD_MS: u64 = 1_000;

// Spooling and shipping.

/// Estimated packed bytes at which a batch is frozen.
pub(crate) const FREEZE_PACKED_BYTES: usize = 512 << 10;
/// The spool takes nothing more above this, bytes; the files themselves wait then.
pub(crate) const SPOOL_BYTES_MAX: u64 = 1 << 30;
/// A segment of the spool, bytes; disk is given back by whole segments.
pub(crate) const SPOOL_SEGMENT_BYTES: u64 = 16 << 20;
/// Segments that a full spool has at least: a small one has small segments, lest one batch hold all of it.
pub(crate) const SPOOL_SEGMENTS_MIN: u64 = 8;
/// A record of the spool, bytes: two frames, or what is known of all sources.
pub(crate) const SPOOL_RECORD_BYTES_MAX: usize = 64 << 20;
/// Bytes read of the spool at once when it is replayed.
pub(crate) const SPOOL_READ_BYTES: usize = 4 << 20;
/// Ended sources whose counts are kept, in case a slow writer still adds to one.
pub(crate) const ENDED_SOURCES_KEPT: usize = 10_000;
/// After its first record a batch waits this long for more, ms, unless the centre asks otherwise.
pub(crate) const LINGER_MS: u32 = 200;
/// The longest wait that a centre may ask for, ms.
pub(crate) const LINGER_MS_MAX: u32 = 10_000;
/// A connection that takes longer is given up, s.
pub(crate) const CONNECT_S: u64 = 5;
/// A request that takes longer is given up, s.
pub(crate) const REQUEST_S: u64 = 30;
/// Where another intake would take it, an answer is waited for this long, s.
pub(crate) const PATIENCE_S: u64 = 10;
/// An answer of which nothing more comes for this long is given up, s.
pub(crate) const IDLE_READ_S: u64 = 10;
/// A connection is used for this long, s; the next one looks the name up again.
pub(crate) const CONNECTION_AGE_S: u64 = 300;
/// A connection that nothing was sent over for this long is closed, s.
pub(crate) const CONNECTION_IDLE_S: u64 = 60;
/// A silent connection is tried by the kernel after this long, s.
pub(crate) const KEEPALIVE_S: u64 = 15;
/// The longest pause between two attempts, ms.
pub(crate) const BACKOFF_MS_MAX: u64 = 30_000;
/// The pause after the first failure is at most this, ms; it doubles.
pub(crate) const BACKOFF_MS_FIRST: u64 = 200;
/// An answer of a centre, bytes; one of `/sources` excepted.
pub(crate) const ANSWER_BYTES_MAX: usize = 4 << 20;
/// The answer of `/sources`, bytes.
pub(crate) const SOURCES_BYTES_MAX: usize = 64 << 20;
/// Between two heartbeats, ms.
pub(crate) const HEARTBEAT_MS: u64 = 5_000;
/// Not ready after nothing was acknowledged for this long while batches waited, s.
pub(crate) const UNACKNOWLEDGED_S: u64 = 60;
/// An ordered shutdown ships for this long, ms.
pub(crate) const SHUTDOWN_SHIP_MS: u64 = 3_000;
/// An ordered shutdown waits this long for an answer to its goodbye, ms.
pub(crate) const GOODBYE_MS: u64 = 1_000;
/// The spool is opened again this long after it could not be written, ms.
pub(crate) const SPOOL_RETRY_MS: u64 = 1_000;
/// The reader is asked again at the latest after this, ms.
pub(crate) const IDLE_MS: u64 = 25;
/// A collector without a memory asks the centre what it has at least this often, ms.
pub(crate) const ADOPT_PAUSE_MS_MAX: u64 = 5_000;
/// Meanwhile logs are looked at this often, ms.
pub(crate) const VIGIL_MS: u64 = 50;

// The door of receivers and samplers.

/// What waits at the door to be spooled, bytes of memory.
pub(crate) const DOOR_BYTES_MAX: usize = 8 << 20;
/// One request, bytes of memory: taken when nothing else waits, and fits into one record of the spool.
pub(crate) const DOOR_REQUEST_BYTES_MAX: usize = 32 << 20;
/// Whoever hands something over waits this long for others to share its fsync, ms.
pub(crate) const DOOR_GATHER_MS: u64 = 5;
/// When whoever was turned away may try again, s.
pub(crate) const DOOR_RETRY_S: u32 = 1;
/// Ended journals whose counts are kept, for a centre that has not heard them yet.
pub(crate) const JOURNALS_KEPT: usize = 256;
/// Lines of a plain file that go by the time that one before them said; behind so many it is not theirs.
pub(crate) const LINE_TIME_LINES_MAX: u32 = 1_000;

// Who spoke.

/// A new container's first lines wait this long for an API to say whose they are, ms.
pub(crate) const SPEAKER_WAIT_MS: u64 = 5_000;
/// What is known of a speaker, names and values, bytes.
pub(crate) const SPEAKER_KNOWN_BYTES_MAX: usize = 4 << 10;
/// One label's or annotation's value, bytes; what is longer is cut.
pub(crate) const SPEAKER_VALUE_BYTES_MAX: usize = 1 << 10;
/// Pods of this node that are known at once; a kubelet runs 110 unless told otherwise.
pub(crate) const PODS_MAX: usize = 5_000;
/// Containers of a pod that are known.
pub(crate) const POD_CONTAINERS_MAX: usize = 100;
/// Pods and containers that are gone and remembered for late files.
pub(crate) const GONE_MAX: usize = 1_000;
/// How long they are remembered, s.
pub(crate) const GONE_S: u64 = 600;
/// Pods asked for at once.
pub(crate) const POD_PAGE: usize = 100;
/// One answer of an API of a cluster or of Docker, bytes.
pub(crate) const API_ANSWER_BYTES_MAX: usize = 16 << 20;
/// One line of a watch, bytes: an object of a cluster has at most 1.5 MiB.
pub(crate) const API_LINE_BYTES_MAX: usize = 4 << 20;
/// A token or certificates for an API, bytes.
pub(crate) const API_FILE_BYTES_MAX: u64 = 1 << 20;
/// Docker's events are listened to for this long and then begun again, s.
pub(crate) const EVENTS_S: u64 = 86_400;
/// A watch is asked for this long and then begun again, s.
pub(crate) const WATCH_S: u64 = 300;

// Samplers.

/// Between two rounds, ms.
pub(crate) const SAMPLE_MS: u64 = 10_000;
/// One file of `/proc` or of a control group, bytes.
pub(crate) const SAMPLE_FILE_BYTES_MAX: u64 = 1 << 20;
/// Containers of a node that are measured.
pub(crate) const CONTAINERS_MAX: usize = 1_000;
/// Directories of control groups that are looked through for containers.
pub(crate) const CGROUPS_MAX: usize = 20_000;
/// How deep containers' groups lie at most.
pub(crate) const CGROUP_DEPTH_MAX: usize = 8;
/// Samples of one round.
pub(crate) const SERIES_MAX: usize = 20_000;

// Flow: what is turned away on purpose.

/// A spool this full, percent, sheds trace and debug, where it is set to shed.
pub(crate) const SHED_DEBUG_PERCENT: u64 = 80;
/// From here on info, too.
pub(crate) const SHED_INFO_PERCENT: u64 = 90;
/// From here on warn, too, and what does not say its severity.
pub(crate) const SHED_WARN_PERCENT: u64 = 95;
/// Stretches that one range of a batch's header names as shed; what is shed beyond is added to the last.
pub(crate) const SHED_GAPS_PER_RANGE_MAX: usize = 64;
/// A batch that only says what was shed waits this long for more, ms: it fills the spool, too.
pub(crate) const SHED_LINGER_MS: u64 = 5_000;
/// Containers' buckets of rate limits that are kept.
pub(crate) const RATE_BUCKETS_MAX: usize = 16_384;
/// How often the spool is looked through for batches that are too old, ms.
pub(crate) const EXPIRE_MS: u64 = 1_000;
/// Batches that are dropped for their age at once, between two reads.
pub(crate) const EXPIRED_AT_ONCE_MAX: usize = 16;
/// The longest pause for the cap on CPU time at once, ms.
pub(crate) const DUTY_PAUSE_MS_MAX: u64 = 100;
/// What the reading thread may use at once after it was idle, ms of its share.
pub(crate) const DUTY_CREDIT_MS: u64 = 100;
// What small batches have in common.

/// Batches up to this many bytes travel by the dictionary; larger ones refer to themselves.
pub(crate) const SMALL_BATCH_BYTES: usize = 32 << 10;
/// So many batches are taught whole, and make the first dictionary.
pub(crate) const DICTIONARY_TAUGHT_WHOLE: u64 = 4;
/// The next one is made once there were so many times as many batches: what is new becomes rare.
pub(crate) const DICTIONARY_GROWTH: u64 = 3;
