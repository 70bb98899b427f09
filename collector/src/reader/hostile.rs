//! A file of whatever bytes, read to its end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use nilometer_model::{Gap, ManualClock, SourceId, Timestamp};
use nilometer_mutate::MEMORY;
use nilometer_parse::Format;

use super::{Reader, ReaderConfig};
use crate::reading::{Record, Sink, SourceInfo};

/// So short that it is met, bytes.
const LINE_BYTES_MAX: usize = 256;
/// Longer than anything is held.
const HELD_S: u64 = 30;
const TURNS_MAX: usize = 1_000;

/// What was handed over.
#[derive(Default)]
struct Kept {
    bytes: u64,
    /// Per source, where its last record ends.
    ends: BTreeMap<SourceId, u64>,
    messages: Vec<String>,
}

impl Sink for Kept {
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>) {
        let end = self.ends.entry(source.source).or_default();
        assert!(record.position > *end, "it goes back");
        assert!(record.message.len() <= LINE_BYTES_MAX);
        *end = record.position;
        self.bytes += u64::from(record.bytes);
        self.messages.push(record.message.to_owned());
    }
    fn covered(&mut self, _: &Arc<SourceInfo>, _: u64, bytes: u32) {
        self.bytes += u64::from(bytes);
    }
    fn gap(&mut self, _: &Arc<SourceInfo>, gap: Gap) {
        panic!("nothing was lost: {gap:?}");
    }
    fn ended(&mut self, _: &Arc<SourceInfo>, _: u64) {}
    fn full(&self) -> bool {
        false
    }
}

/// The format by the first byte, then the file's content.
pub fn lines(bytes: &[u8]) {
    let Some((format, content)) = bytes.split_first() else { return };
    let (format, path) = match format % 3 {
        0 => (Format::Cri, "var/log/pods/shop_web-x2x4z_uid/main/0.log"),
        1 => (Format::Docker, "var/lib/docker/containers/abc/abc-json.log"),
        _ => (Format::Plain, "app/a.log"),
    };
    let content = [content, b"\n"].concat();
    let root = tempfile::tempdir_in(MEMORY).expect("memory has room for a directory");
    let file = root.path().join(path);
    fs::create_dir_all(file.parent().unwrap_or(&file)).expect("memory has room");
    fs::write(&file, &content).expect("memory has room");
    let config = ReaderConfig {
        rootfs: root.path().to_owned(),
        node: "node0".to_owned(),
        files: vec![root.path().join("app/*.log").display().to_string()],
        first_lines: Vec::new(),
        line_bytes_max: LINE_BYTES_MAX,
        timezone: TimeZone::UTC,
        redactor: None,
        clock: Arc::new(ManualClock::at(Timestamp(0))),
        roster: Arc::default(),
    };
    let kept = read(Reader::new(config, Vec::new()), &file);
    assert_eq!(kept.bytes, content.len() as u64, "every byte is in one record");
    if format == Format::Plain {
        check_plain(&content, &kept.messages);
    }
}

/// Reads until nothing more comes, also of what is held for a while, or until the file is gone.
fn read(mut reader: Reader, file: &Path) -> Kept {
    let (mut kept, mut now) = (Kept::default(), Instant::now());
    for turn in 0..6 {
        if turn == 2 {
            fs::remove_file(file).expect("it was written");
        }
        now += Duration::from_secs(HELD_S);
        let settled = (0..TURNS_MAX).any(|_| {
            let polled = reader.poll_at(now, &mut kept);
            polled.caught_up || !polled.progressed
        });
        assert!(settled, "the reader does not come to an end");
    }
    kept
}

/// Text that nothing had to be done to is handed over as written.
fn check_plain(content: &[u8], messages: &[String]) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    let is_short = text.lines().map(str::len).sum::<usize>() < LINE_BYTES_MAX;
    if is_short && !text.contains('\r') {
        assert_eq!(messages.join("\n") + "\n", text);
    }
}
