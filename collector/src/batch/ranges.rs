//! How far each source was handed over: the ranges of the batch that is being gathered.
//!
//! ```text
//!   book of a source ── its first step ──> open range ── further steps ──> closed with all others
//!        ^────────────────────── how far it came ──────────────────────────────┘
//! ```
//! Invariants:
//! - a range begins where its source's last one ended;
//! - one look-up for a record: while a range is open it says how far its source is, then its book does.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Count, Origin, SourceId};
use nilometer_wire::SourceRange;

use super::{Book, Books};
use crate::reading::SourceInfo;

/// See the module.
#[derive(Debug)]
pub(super) struct Ranges {
    node: String,
    books: Books,
    open: BTreeMap<SourceId, Open>,
}

/// A source of the batch that is being gathered.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) range: SourceRange,
    /// Rows of a source share it.
    pub(super) origin: Arc<Origin>,
}

impl Ranges {
    pub(super) fn new(node: String, books: Books) -> Self {
        Self { node, books, open: BTreeMap::new() }
    }

    /// Counts `count` as read of the source up to `to`.
    pub(super) fn advance(&mut self, source: &SourceInfo, to: u64, count: Count) -> &mut Open {
        let open = self.open.entry(source.source).or_insert_with(|| {
            let book = self.books.get(&source.source).copied().unwrap_or_default();
            Open { range: range(source, book), origin: origin(source, &self.node) }
        });
        open.range.to = open.range.to.max(to);
        open.range.running += count;
        open
    }

    /// How far the source was handed over.
    pub(super) fn to(&self, source: SourceId) -> u64 {
        match self.open.get(&source) {
            Some(open) => open.range.to,
            None => self.books.get(&source).map_or(0, |book| book.to),
        }
    }

    /// The open ranges.
    pub(super) fn open(&self) -> impl ExactSizeIterator<Item = &SourceRange> {
        self.open.values().map(|open| &open.range)
    }

    /// Takes the open ranges out, in their sources' order.
    pub(super) fn close(&mut self) -> Vec<SourceRange> {
        let open = std::mem::take(&mut self.open).into_values();
        let ranges: Vec<_> = open.map(|open| open.range).collect();
        for range in &ranges {
            let book = self.books.entry(range.source).or_default();
            let ended = book.ended || range.ended;
            *book = Book { to: range.to, running: range.running, ended };
        }
        ranges
    }
}

fn origin(source: &SourceInfo, node: &str) -> Arc<Origin> {
    Arc::new(Origin {
        tenant: "default".to_owned(),
        component: source.speaker.component.clone(),
        instance: source.speaker.instance.clone(),
        stream: source.stream,
        node: node.to_owned(),
        version: source.speaker.version.clone(),
        zone: String::new(),
        source: source.source,
    })
}

fn range(source: &SourceInfo, book: Book) -> SourceRange {
    SourceRange {
        source: source.source,
        lineage: source.lineage,
        component: source.speaker.component.clone(),
        instance: source.speaker.instance.clone(),
        stream: source.stream,
        path: source.path.clone(),
        fingerprint: source.fingerprint,
        from: book.to,
        to: book.to,
        running: book.running,
        gaps: Vec::new(),
        ended: false,
    }
}
