//! The logs of a node, written by the seed into real files, and what stands in them.
//!
//! Invariants:
//! - each line's text is its own: container, stream and number;
//! - a line that somebody deleted, perhaps before it was read, is `lossy`; all others must arrive;
//! - runtimes rotate between two lines, never within one; a record of two lines may so begin in one file and
//!   end in the next.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use nilometer_model::{Clock, Timestamp};

use super::chance::{Chance, Trace};
use super::world::SimClock;

/// One record that somebody wrote.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Container and stream.
    pub(super) lineage: (usize, &'static str),
    /// Which content of that container, over all names that it had.
    pub(super) generation: usize,
    pub(super) text: String,
    /// Where it ends in its generation, bytes.
    pub(super) end: u64,
    /// Its own lines, framing and all, bytes.
    pub(super) bytes: u64,
    pub(super) lossy: bool,
    /// What is left of it once the file in which it began is gone.
    pub(super) rest: Option<Rest>,
}

/// The second line of a record.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    /// Which content the first line is in.
    began: usize,
    pub(super) text: String,
    pub(super) bytes: u64,
    /// That is deleted.
    pub(super) is_all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cri,
    Docker,
    Plain,
}

#[derive(Debug)]
struct Container {
    kind: Kind,
    number: usize,
    live: PathBuf,
    /// Rotated files, the oldest first, with their generations.
    rotated: Vec<(PathBuf, usize)>,
    generation: usize,
    /// Length of the present generation, bytes.
    bytes: u64,
    lines: u64,
    /// The rest of a line that was written in part.
    torn: Vec<u8>,
    /// The record of which only the first line is written, and its second.
    open: Option<(usize, Vec<u8>)>,
    rotations: u64,
}

pub(super) struct Logs {
    pub(super) lines: Vec<Line>,
    containers: Vec<Container>,
    chance: Chance,
    clock: SimClock,
    trace: Trace,
    /// Plain files are emptied under the reader, too.
    wild: bool,
}

const WORDS: [&str; 6] = ["water", "rises", "at the", "nilometer:", "cubits,", "again"];
/// Rotated files that are kept.
const ROTATED_MAX: usize = 4;

impl Logs {
    pub(super) fn new(
        root: &Path,
        (chance, clock): (Chance, SimClock),
        (trace, wild): (Trace, bool),
    ) -> Self {
        let kinds = [Kind::Cri, Kind::Docker, Kind::Plain, Kind::Cri, Kind::Plain];
        let container = |(number, kind): (usize, &Kind)| {
            let live = root.join(match kind {
                Kind::Cri => format!("var/log/pods/shop_web{number}-x2x4z_uid{number}/main/0.log"),
                Kind::Docker => {
                    format!("var/lib/docker/containers/abc{number}/abc{number}-json.log")
                }
                Kind::Plain => format!("app/plain{number}.log"),
            });
            fs::create_dir_all(live.parent().expect("a file is in a directory")).unwrap();
            let (generation, torn, rotated) = (0, Vec::new(), Vec::new());
            let (bytes, lines, rotations) = (0, 0, 0);
            let kind = *kind;
            let open = None;
            Container {
                kind,
                number,
                live,
                rotated,
                generation,
                bytes,
                lines,
                torn,
                open,
                rotations,
            }
        };
        let count = chance.between(1, kinds.len() as u64 + 1) as usize;
        let containers = kinds.iter().take(count).enumerate().map(container).collect();
        Self { lines: Vec::new(), containers, chance, clock, trace, wild }
    }

    /// Something happens to one of the containers' logs.
    pub(super) fn step(&mut self) {
        let at = self.chance.between(0, self.containers.len() as u64) as usize;
        match self.chance.between(0, 20) {
            0 | 1 => self.rotate(at),
            2 => self.compress(at),
            3 if self.wild && self.containers[at].kind == Kind::Plain => self.copytruncate(at),
            4 => self.write(at, true),
            _ => self.write(at, false),
        }
    }

    /// Ends the lines that were written in part.
    pub(super) fn complete(&mut self) {
        for at in 0..self.containers.len() {
            let mut rest = std::mem::take(&mut self.containers[at].torn);
            rest.extend(self.end_open(at));
            append(&self.containers[at].live, &rest, &self.clock);
        }
    }

    fn write(&mut self, at: usize, torn: bool) {
        let count = self.chance.between(1, 30);
        let mut bytes = std::mem::take(&mut self.containers[at].torn);
        bytes.extend(self.end_open(at));
        for _ in 0..count {
            let line = self.line(at);
            bytes.extend(line);
        }
        if self.containers[at].kind == Kind::Cri && self.chance.one_in(3) {
            bytes.extend(self.begin_open(at));
        }
        let keep = if torn { self.chance.between(1, 40) as usize } else { 0 };
        let rest = bytes.split_off(bytes.len() - keep.min(bytes.len()));
        self.trace.note(&format!("write {at} {} {}", bytes.len(), rest.len()));
        let container = &mut self.containers[at];
        container.torn = rest;
        append(&container.live, &bytes, &self.clock);
    }

    /// Frames the next record.
    fn line(&mut self, at: usize) -> Vec<u8> {
        let length = match self.chance.between(0, 200) {
            0 => self.chance.between(2_000, 9_000),
            _ => self.chance.between(0, 20),
        };
        let (stderr, pieces) = (self.chance.one_in(4), self.chance.one_in(8));
        let container = &mut self.containers[at];
        container.lines += 1;
        let filler: Vec<&str> =
            (0..length).map(|n| WORDS[(n * 7 + container.lines) as usize % WORDS.len()]).collect();
        let text = format!("k{} n{} {}", container.number, container.lines, filler.join(" "));
        let text = text.trim_end().to_owned();
        let stream = match container.kind {
            Kind::Plain => "file",
            _ if stderr => "stderr",
            _ => "stdout",
        };
        let now = self.clock.now().plus_ns(container.lines as i64);
        let framed = frame(container.kind, (now, stream), &text, pieces);
        container.bytes += framed.len() as u64;
        self.lines.push(Line {
            lineage: (container.number, stream),
            generation: container.generation,
            text,
            end: container.bytes,
            bytes: framed.len() as u64,
            lossy: false,
            rest: None,
        });
        framed
    }

    /// The first line of a record of two.
    fn begin_open(&mut self, at: usize) -> Vec<u8> {
        let container = &mut self.containers[at];
        container.lines += 1;
        let (number, lines) = (container.number, container.lines);
        let [first, rest] = ["begins ", "ends"].map(|part| format!("k{number} n{lines} {part}"));
        let time = self.clock.now().plus_ns(lines as i64);
        let framed = format!("{time} stdout P {first}\n");
        let end = format!("{time} stdout F {rest}\n").into_bytes();
        container.bytes += framed.len() as u64;
        container.open = Some((self.lines.len(), end));
        self.lines.push(Line {
            lineage: (number, "stdout"),
            generation: container.generation,
            text: format!("{first}{rest}"),
            end: 0,
            bytes: framed.len() as u64,
            lossy: false,
            rest: Some(Rest { began: container.generation, text: rest, bytes: 0, is_all: false }),
        });
        framed.into_bytes()
    }

    /// Its second, in whichever file is live by now.
    fn end_open(&mut self, at: usize) -> Vec<u8> {
        let container = &mut self.containers[at];
        let Some((line, framed)) = container.open.take() else { return Vec::new() };
        let line = &mut self.lines[line];
        let bytes = framed.len() as u64;
        container.bytes += bytes;
        (line.generation, line.end) = (container.generation, container.bytes);
        line.bytes += bytes;
        line.rest.iter_mut().for_each(|rest| rest.bytes = bytes);
        framed
    }

    /// The live file gets another name; the next write makes a new one.
    fn rotate(&mut self, at: usize) {
        let container = &mut self.containers[at];
        if !container.torn.is_empty() || container.bytes == 0 {
            return;
        }
        self.trace.note(&format!("rotate {at}"));
        let name = self.shift(at);
        let container = &mut self.containers[at];
        fs::rename(&container.live, &name).unwrap();
        container.rotated.push((name, container.generation));
        (container.generation, container.bytes) = (container.generation + 1, 0);
        self.delete_oldest(at);
    }

    /// A copy is made and the live file emptied.
    fn copytruncate(&mut self, at: usize) {
        let container = &mut self.containers[at];
        if !container.torn.is_empty() || container.bytes == 0 {
            return;
        }
        self.trace.note(&format!("copytruncate {at}"));
        let name = self.shift(at);
        let container = &mut self.containers[at];
        fs::copy(&container.live, &name).unwrap();
        touch(&name, &self.clock);
        OpenOptions::new().write(true).open(&container.live).unwrap().set_len(0).unwrap();
        touch(&container.live, &self.clock);
        container.rotated.push((name, container.generation));
        (container.generation, container.bytes) = (container.generation + 1, 0);
        self.delete_oldest(at);
    }

    /// Makes room for a name to rotate to.
    fn shift(&mut self, at: usize) -> PathBuf {
        let container = &mut self.containers[at];
        container.rotations += 1;
        let live = container.live.display().to_string();
        if container.kind == Kind::Cri {
            let n = container.rotations;
            return PathBuf::from(format!(
                "{live}.20260101-{:02}{:02}{:02}",
                n / 3600,
                n / 60 % 60,
                n % 60
            ));
        }
        let count = container.rotated.len();
        for (place, (path, _)) in container.rotated.iter_mut().enumerate() {
            let gz = if path.extension().is_some_and(|end| end == "gz") { ".gz" } else { "" };
            let to = PathBuf::from(format!("{live}.{}{gz}", count - place + 1));
            fs::rename(&*path, &to).unwrap();
            *path = to;
        }
        PathBuf::from(format!("{live}.1"))
    }

    fn delete_oldest(&mut self, at: usize) {
        let container = &mut self.containers[at];
        if container.rotated.len() <= ROTATED_MAX {
            return;
        }
        let (path, generation) = container.rotated.remove(0);
        self.trace.note(&format!("delete {at} {generation}"));
        fs::remove_file(path).unwrap();
        let number = container.number;
        let gone = |line: &&mut Line| line.lineage.0 == number && line.generation == generation;
        self.lines.iter_mut().filter(gone).for_each(|line| line.lossy = true);
        for line in self.lines.iter_mut().filter(|line| line.lineage.0 == number) {
            let rest = line.rest.iter_mut();
            rest.filter(|rest| rest.began == generation).for_each(|rest| rest.is_all = true);
        }
    }

    /// The oldest rotated file that is not compressed is, but never the youngest.
    fn compress(&mut self, at: usize) {
        let container = &mut self.containers[at];
        let older = container.rotated.len().saturating_sub(1);
        let plain = |path: &Path| path.extension().is_none_or(|end| end != "gz");
        let Some((path, _)) = container.rotated[..older].iter_mut().find(|(path, _)| plain(path))
        else {
            return;
        };
        self.trace.note(&format!("compress {at}"));
        let named = |end: &str| PathBuf::from(format!("{}{end}", path.display()));
        let mut encoder = GzEncoder::new(File::create(named(".tmp")).unwrap(), Compression::fast());
        encoder.write_all(&fs::read(&*path).unwrap()).unwrap();
        encoder.finish().unwrap();
        touch(&named(".tmp"), &self.clock);
        fs::rename(named(".tmp"), named(".gz")).unwrap();
        fs::remove_file(&*path).unwrap();
        *path = named(".gz");
    }
}

/// The bytes of one record, as its runtime writes it; CRI in pieces, if asked.
fn frame(kind: Kind, (now, stream): (Timestamp, &str), text: &str, pieces: bool) -> Vec<u8> {
    match kind {
        Kind::Plain => format!("{text}\n"),
        Kind::Docker => {
            let log = serde_json::to_string(&format!("{text}\n")).unwrap();
            format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"{now}\"}}\n")
        }
        Kind::Cri if pieces => {
            let (first, rest) = text.split_at(text.len() / 2);
            format!("{now} {stream} P {first}\n{now} {stream} F {rest}\n")
        }
        Kind::Cri => format!("{now} {stream} F {text}\n"),
    }
    .into_bytes()
}

fn append(path: &Path, bytes: &[u8], clock: &SimClock) {
    if bytes.is_empty() {
        return;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    drop(file);
    touch(path, clock);
}

/// Files change when the simulated clock says.
fn touch(path: &Path, clock: &SimClock) {
    let since = Duration::from_nanos(u64::try_from(clock.now().0).unwrap());
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + since).unwrap();
}
