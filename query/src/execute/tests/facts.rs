//! Records as the tests know them, and a snapshot that holds them: two splits and a buffer of two chunks.
//!
//! Invariant: a fact is never read back from what is under test; its attributes are a tree of the tests' own.

use std::sync::Arc;

use nilometer_model::{
    LogId, LogPosition, Order, Origin, Revision, RowRef, Rows, Severity, SourceId, Stream, Tenant,
    Timestamp,
};
use nilometer_store::records::Builder;
use nilometer_store::{
    Mask, PurgeLanguage, RecordSplit, Snapshot, SplitError, SplitId, SplitMeta, SplitOrigin,
    Suspect, object_path,
};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::plan::seen_in_buffer;
use crate::purge::Language;

/// A value of JSON, as the tests write it.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    /// A number or a boolean, as it stands in the text.
    Plain(String),
    Text(String),
    Null,
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The JSON text. Every `n` of a text is written as an escape, so that texts are not always borrowed.
    pub(crate) fn written(&self) -> String {
        let quoted = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
            format!("\"{}\"", text.replace('n', "\\u006e"))
        };
        match self {
            Self::Plain(text) => text.clone(),
            Self::Text(text) => quoted(text),
            Self::Null => "null".to_owned(),
            Self::Object(fields) => {
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, value)| format!("{}: {}", quoted(name), value.written()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A record.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) component: &'static str,
    pub(crate) instance: &'static str,
    pub(crate) stream: Stream,
    pub(crate) time: i64,
    /// How much later than its time it stands in the order.
    pub(crate) late: i64,
    pub(crate) received: i64,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// An object, or null for none at all.
    pub(crate) attributes: Json,
    pub(crate) trace: u8,
}

impl Fact {
    /// One that says nothing, at that time.
    pub(crate) fn at(time: i64) -> Self {
        Self {
            component: "shop",
            instance: "",
            stream: Stream::Stdout,
            time,
            late: 0,
            received: 1,
            severity: Severity::Info,
            message: "m".to_owned(),
            attributes: Json::Null,
            trace: 0,
        }
    }

    /// Who speaks: a source is a component, so that positions decide among its records.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            tenant: "default".to_owned(),
            component: self.component.to_owned(),
            instance: self.instance.to_owned(),
            stream: self.stream,
            node: format!("node-{}", self.component.len()),
            source: SourceId(self.component.len() as u64),
            ..Origin::default()
        }
    }

    /// Its place in the order; its number is its position.
    pub(crate) fn order(&self, number: u64) -> Order {
        let order_time = Timestamp(self.time + self.late);
        Order { order_time, source: self.origin().source, position: number }
    }

    fn push(&self, number: u64, rows: &mut Rows) {
        let attributes = match &self.attributes {
            Json::Null => String::new(),
            object => object.written(),
        };
        rows.push(RowRef {
            origin: &Arc::new(self.origin()),
            time: Timestamp(self.time),
            order_time: self.order(number).order_time,
            position: number,
            bytes: 1,
            received: Timestamp(self.received),
            severity: self.severity,
            message: &self.message,
            attributes: &attributes,
            trace_id: (self.trace > 0).then_some([self.trace; 16]),
            span_id: None,
        });
    }
}

/// Facts, numbered from 1.
pub(crate) fn rows(facts: &[Fact], first: u64) -> Rows {
    let mut rows = Rows::default();
    facts.iter().zip(first..).for_each(|(fact, number)| fact.push(number, &mut rows));
    rows
}

/// A place for splits, and what is in it.
pub(crate) struct World {
    pub(crate) objects: Arc<InMemory>,
    pub(crate) snapshot: Snapshot,
}

impl World {
    /// The facts in order: each a third in two splits, the rest in two chunks of the buffer.
    pub(crate) async fn of(facts: &[Fact]) -> Self {
        let mut world = Self { objects: Arc::new(InMemory::new()), snapshot: Snapshot::default() };
        let mut first = 1;
        for (part, part_of) in facts.chunks(facts.len().div_ceil(6).max(1)).enumerate() {
            let rows = Arc::new(rows(part_of, first));
            first += part_of.len() as u64;
            match part {
                0 | 2 => world.split(&[rows]).await,
                _ => world.snapshot.buffer.push(rows.into()),
            }
        }
        world
    }

    /// The same facts twice: as they were sealed, and after their splits were merged.
    pub(crate) async fn sealed_and_merged(facts: &[Fact]) -> [Self; 2] {
        let mut merged = Self::of(facts).await;
        merged.merge().await;
        [Self::of(facts).await, merged]
    }

    /// The same facts twice without what the mask leaves out: hidden by it, and after it was removed.
    pub(crate) async fn masked_and_rewritten(facts: &[Fact], mask: &Mask) -> [Self; 2] {
        let mut masked = Self::of(facts).await;
        masked.snapshot.masks = Arc::new([mask.clone()]);
        let mut rewritten = Self::of(facts).await;
        rewritten.rewrite(mask).await;
        [masked, rewritten]
    }

    /// Writes all splits anew, and the buffer.
    async fn rewrite(&mut self, mask: &Mask) {
        let tenant = Tenant::default();
        let takes = Language::default().understand(&tenant, mask).unwrap();
        for split in std::mem::take(&mut self.snapshot.splits) {
            let numbers: Vec<u32> = (0..split.meta().blocks).collect();
            let blocks = split.read_blocks(&numbers).await.unwrap();
            let index = Arc::clone(split.index().await.unwrap());
            let goes = |rows: &Rows| takes.rows(rows).keep(|row| rows.received[row] <= mask.at.0);
            let mut fetch = |block: u32| Ok::<_, SplitError>(blocks[block as usize].clone());
            let id = SplitId(uuid::Uuid::from_u128(200 + split.meta().id.0.as_u128()));
            let mut builder = Builder::merging().unwrap();
            let made = builder.rewrite((id, Revision(0)), &index, &goes, &mut fetch).unwrap();
            assert_eq!(takes.count(&Suspect::Records(split)).await, Some(made.rows_gone));
            if let Some((meta, bytes)) = made.split {
                self.open(meta, bytes).await;
            }
        }
        self.snapshot.masks = Arc::new([mask.clone()]);
        let seen = seen_in_buffer(&self.snapshot, &tenant);
        self.snapshot.buffer = seen.into_iter().map(Into::into).collect();
        self.snapshot.masks = Arc::default();
    }

    /// Makes one split of all.
    async fn merge(&mut self) {
        let (mut indexes, mut blocks) = (Vec::new(), Vec::new());
        for split in std::mem::take(&mut self.snapshot.splits) {
            let numbers: Vec<u32> = (0..split.meta().blocks).collect();
            blocks.push(split.read_blocks(&numbers).await.unwrap());
            indexes.push(Arc::clone(split.index().await.unwrap()));
        }
        let mut fetch =
            |split: usize, block: u32| Ok::<_, SplitError>(blocks[split][block as usize].clone());
        let id = SplitId(uuid::Uuid::from_u128(100));
        let mut builder = Builder::merging().unwrap();
        let (meta, bytes) = builder.merge(id, &indexes, Revision(0), &mut fetch).unwrap();
        self.open(meta, bytes).await;
    }

    /// Puts the rows into a split of their own.
    pub(crate) async fn split(&mut self, chunks: &[Arc<Rows>]) {
        let id = SplitId(uuid::Uuid::from_u128(1 + self.snapshot.splits.len() as u128));
        let origin = SplitOrigin {
            log: LogId::default(),
            log_from: LogPosition(0),
            log_to: LogPosition(1),
            revision: Revision(0),
            replaces: Vec::new(),
        };
        let (meta, bytes) = Builder::new().unwrap().build(id, chunks, origin).unwrap();
        self.open(meta, bytes).await;
    }

    async fn open(&mut self, meta: SplitMeta, bytes: bytes::Bytes) {
        self.put(&meta, bytes).await;
        let objects: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(&self.objects);
        let split = RecordSplit::open(objects, meta).await.unwrap();
        self.snapshot.splits.push(Arc::new(split));
    }

    pub(crate) async fn put(&self, meta: &SplitMeta, bytes: bytes::Bytes) {
        self.objects.put(&object_path(meta.id), bytes.into()).await.unwrap();
    }
}
