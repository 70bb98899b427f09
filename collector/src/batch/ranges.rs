//! How far each source was handed over: the ranges of the batch that is being gathered.
//!
//! ```text
//!   book of a source ── its first step ──> open range ── further steps ──> closed with all others
//!        ^────────────────────── how far it came ──────────────────────────────┘
//! ```
//! Invariants:
//! - a range begins where its source's last one ended;
//! - what is passed over lies between two ranges: of a source that is gathered, nothing more is taken until its
//!   range is closed;
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
    /// Books that moved without a range, and whose source has none since.
    passed: Books,
    /// Of a source that is open something was passed over.
    left: bool,
}

/// A source of the batch that is being gathered.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) range: SourceRange,
    /// Rows of a source share it.
    pub(super) origin: Arc<Origin>,
    /// What was passed over behind it.
    beyond: Option<(u64, Count)>,
}

impl Ranges {
    pub(super) fn new(node: String, books: Books) -> Self {
        let (open, passed) = (BTreeMap::new(), Books::new());
        Self { node, books, open, passed, left: false }
    }

    /// Counts `count` as read of the source up to `to`.
    pub(super) fn advance(&mut self, source: &SourceInfo, to: u64, count: Count) -> &mut Open {
        let open = self.open.entry(source.source).or_insert_with(|| {
            let book = self.books.get(&source.source).copied().unwrap_or_default();
            let origin = origin(source, &self.node);
            Open { range: range(source, book), origin, beyond: None }
        });
        open.range.to = open.range.to.max(to);
        open.range.running += count;
        open
    }

    /// Counts `count` as read of the source up to `to`, which the centre has already.
    pub(super) fn pass(&mut self, source: SourceId, to: u64, count: Count) {
        if let Some(open) = self.open.get_mut(&source) {
            let (at, running) = open.beyond.get_or_insert((open.range.to, open.range.running));
            *at = to.max(*at);
            *running += count;
            self.left = true;
            return;
        }
        let book = self.books.entry(source).or_default();
        book.to = to.max(book.to);
        book.running += count;
        self.passed.insert(source, *book);
    }

    /// Whether a range is to be closed before anything more is taken.
    pub(super) fn are_left(&self) -> bool {
        self.left
    }

    /// The books that moved without a range since this was last asked; none is open.
    pub(super) fn passed(&mut self) -> Books {
        std::mem::take(&mut self.passed)
    }

    /// How far the source was handed over.
    pub(super) fn to(&self, source: SourceId) -> u64 {
        match self.open.get(&source) {
            Some(open) => open.range.to,
            None => self.books.get(&source).map_or(0, |book| book.to),
        }
    }

    /// Goes back with these sources, none of which is open.
    pub(super) fn rewind(&mut self, books: &Books) {
        debug_assert!(self.open.is_empty(), "what is gathered lies behind");
        self.books.extend(books);
        self.passed.clear();
    }

    /// The open ranges.
    pub(super) fn open(&self) -> impl ExactSizeIterator<Item = &SourceRange> {
        self.open.values().map(|open| &open.range)
    }

    /// Takes the open ranges out, in their sources' order.
    pub(super) fn close(&mut self) -> Vec<SourceRange> {
        self.left = false;
        let mut ranges = Vec::with_capacity(self.open.len());
        for (source, Open { range, beyond, .. }) in std::mem::take(&mut self.open) {
            let book = self.books.entry(source).or_default();
            let ended = book.ended || range.ended;
            *book = Book { to: range.to, running: range.running, ended };
            match beyond {
                Some((to, running)) => {
                    (book.to, book.running) = (to, running);
                    self.passed.insert(source, *book);
                }
                // The range lies behind what was passed over before it.
                None => drop(self.passed.remove(&source)),
            }
            ranges.push(range);
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
