//! Splits of records in process: from decoded records to bytes, without HTTP and Log.
//!
//! Figures are CPU time: nothing here waits. Records come as a collector would send them: batch by batch with one
//! time of receipt, each source with positions as a container's log file has them. Every split is verified.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use nilometer_model::{Origin, RowRef, Rows, SourceId, Timestamp};
use nilometer_store::limits::BUFFER_BYTES_SEAL;
use nilometer_store::records::Builder;
use nilometer_store::{RecordSplit, SplitId, SplitOrigin, object_path};
use nilometer_wire::{NdjsonLine, parse_line};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use rustix::time::{ClockId, clock_gettime};

use crate::report::{Outcome, figure, line};

/// Records of one batch.
const BATCH_RECORDS: usize = 4_000;
/// What a container's log file has before and behind each message: time, stream, flag, line end.
const FRAME_BYTES: usize = 41;

/// What was read of the corpus so far.
#[derive(Default)]
struct Reading {
    /// By instance and stream.
    sources: HashMap<String, (Arc<Origin>, u64)>,
    chunk: Rows,
}

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let text = std::fs::read(file)?;
    let gb = text.len() as f64 / 1e9;
    let mut builder = Builder::new()?;
    let (mut cpu_s, mut disk, mut splits) = (0.0, 0, Vec::new());
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    for chunks in Seals::of(&text) {
        let chunks = chunks?;
        let cpu_before = cpu_now();
        let id = SplitId(uuid::Uuid::from_u128(splits.len() as u128));
        let (meta, bytes) = builder.build(id, &chunks, SplitOrigin::default())?;
        cpu_s += cpu_now() - cpu_before;
        disk += bytes.len();
        objects.put(&object_path(id), bytes.into()).await?;
        let split = RecordSplit::open(Arc::clone(&objects), meta).await?;
        split.verify().await?;
        splits.push(split);
    }
    figure("records: CPU per GB of NDJSON", cpu_s / gb, "s", "<= 3.2");
    figure("records: per core", text.len() as f64 / 1e6 / cpu_s, "MB/s", ">= 280");
    figure("records: splits of raw", 100.0 * disk as f64 / text.len() as f64, "%", "<= 5.5");
    parts(&splits, text.len()).await
}

/// What each seal would take of the corpus: batches, as many as fill the buffer.
pub(crate) struct Seals<'a> {
    rest: &'a [u8],
    reading: Reading,
}

impl<'a> Seals<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { rest: text, reading: Reading::default() }
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        (!line.is_empty()).then_some(line)
    }

    fn seal(&mut self) -> Outcome<Vec<Arc<Rows>>> {
        let (mut chunks, mut buffered) = (Vec::new(), 0);
        while let Some(line) = self.line() {
            self.reading.push(&parse_line(line, Timestamp(0))?);
            if self.reading.chunk.len() == BATCH_RECORDS || self.rest.is_empty() {
                let mut chunk = std::mem::take(&mut self.reading.chunk);
                let received = chunk.time.last().copied().unwrap_or_default() + 150_000_000;
                chunk.received.fill(received);
                buffered += chunk.memory_bytes();
                chunks.push(Arc::new(chunk));
            }
            if buffered >= BUFFER_BYTES_SEAL {
                break;
            }
        }
        Ok(chunks)
    }
}

impl Iterator for Seals<'_> {
    type Item = Outcome<Vec<Arc<Rows>>>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunks = self.seal();
        (!chunks.as_ref().is_ok_and(Vec::is_empty)).then_some(chunks)
    }
}

impl Reading {
    fn push(&mut self, record: &NdjsonLine<'_>) {
        let name = format!("{}/{}", record.instance, record.stream);
        let known = u64::try_from(self.sources.len()).unwrap_or_default();
        let (origin, position) = self.sources.entry(name).or_insert_with(|| {
            let origin = Origin {
                tenant: "default".to_owned(),
                component: record.component.clone().into_owned(),
                instance: record.instance.clone().into_owned(),
                node: record.node.clone().into_owned(),
                stream: record.stream,
                source: SourceId(known.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                ..Origin::default()
            };
            (Arc::new(origin), 0)
        });
        let bytes = record.message.len() + FRAME_BYTES;
        *position += bytes as u64;
        self.chunk.push(RowRef {
            origin,
            time: record.time,
            order_time: record.time,
            position: *position,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            received: Timestamp(0),
            severity: record.severity,
            message: &record.message,
            attributes: &record.attributes,
            trace_id: record.trace_id,
            span_id: record.span_id,
        });
    }
}

/// Bytes of each part of all splits, in % of raw.
async fn parts(splits: &[RecordSplit], raw: usize) -> Outcome<()> {
    let mut all: Vec<(&str, u64)> = Vec::new();
    for split in splits {
        for (name, bytes) in split.index().await?.parts() {
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known += bytes,
                None => all.push((name, bytes)),
            }
        }
    }
    for (name, bytes) in all {
        line(&format!("|   {name} | {:.3} % |", 100.0 * bytes as f64 / raw as f64));
    }
    Ok(())
}

/// CPU seconds of this thread, which is the only one.
fn cpu_now() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
