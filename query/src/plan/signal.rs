//! What the language, plans and scans know of a signal: rows of columns, their fields, and where they lie.
//!
//! ```text
//!   text ─> tree ─> Filter<S>, Plan<S> ─> scan of S ─> table        S: records, spans, samples
//! ```
//! Invariants:
//! - a signal is the rows themselves, so that no plan of one can be run on another;
//! - what a signal's index cannot rule out is read: [`Signal::prune`] has no false negative.

mod records;
pub(super) mod samples;
pub(super) mod spans;
pub(super) mod stored;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::{BlockError, Columns, SpanColumns};
use nilometer_model::{Order, Origin, Tenant, TextColumn, TimeRange};
use nilometer_store::records::RowSet;
use nilometer_store::{Chunk, Snapshot, SplitError, SplitKind, SplitMeta};

use self::stored::Asked;
use super::known::Known;
use super::value::Value;
use super::{Filter, Step};

/// Rows of one signal.
pub(crate) trait Signal: Default + Clone + fmt::Debug + Send + Sync + 'static {
    type Field: SignalField<Rows = Self>;
    type Columns: ColumnSet;
    /// What a split is asked.
    type Prune: Clone + fmt::Debug + Send + Sync;
    type Decoder: Default + Send + 'static;
    type Split: Send + Sync + 'static;
    /// What says which of a split's blocks to read.
    type Index: Send + Sync + 'static;
    type Asked: Asked<Self>;

    /// What splits of it hold.
    const KIND: SplitKind;
    /// The column that a bare word is looked for in.
    const SEARCHED: Self::Columns;
    /// The times that a range means.
    const TIME: Self::Columns;
    /// The times that decide their order.
    const ORDER_TIME: Self::Columns;
    /// All that their order is made of.
    const ORDER: Self::Columns;
    /// What takes little to inflate.
    const CHEAP: Self::Columns;

    fn len(&self) -> usize;
    fn memory_bytes(&self) -> usize;
    fn push_from(&mut self, other: &Self, row: usize);
    fn origins(&self) -> &[Arc<Origin>];
    /// Per row: which of the origins.
    fn origin(&self) -> &[u32];
    /// How many numbers [`SignalField::class`] can give.
    fn classes(&self) -> usize;
    fn times(&self) -> &[i64];
    /// When each was received; 0 where nobody says.
    fn received(&self) -> &[i64];
    fn order_times(&self) -> &[i64];
    fn order(&self, row: usize) -> Order;
    fn searched(&self) -> Searched<'_>;
    /// Per row: a JSON object, or empty.
    fn attributes(&self) -> &TextColumn;

    /// What of a tenant's filter can be asked of a split.
    fn prune(tenant: &Tenant, root: &Step<Self>) -> Self::Prune;
    fn splits(snapshot: &Snapshot) -> &[Arc<Self::Split>];
    fn buffer(snapshot: &Snapshot) -> &[Chunk<Self>];
    fn meta(split: &Self::Split) -> &SplitMeta;
    /// Fetched on first use.
    fn index(
        split: &Arc<Self::Split>,
    ) -> impl Future<Output = Result<Self::Index, SplitError>> + Send;
    fn ask(
        index: &Self::Index,
        filter: &Arc<Filter<Self>>,
        range: TimeRange,
    ) -> Result<Self::Asked, SplitError>;
    fn read_blocks(
        split: &Self::Split,
        blocks: &[u32],
    ) -> impl Future<Output = Result<Vec<Bytes>, SplitError>> + Send;
}

/// A signal whose blocks are decoded before they are asked.
pub(crate) trait DecodedSignal: Signal {
    fn decode(
        decoder: &mut Self::Decoder,
        bytes: &[u8],
        columns: Self::Columns,
    ) -> Result<Self, BlockError>;
}

/// A field of a signal's rows, by the name that users see.
pub(crate) trait SignalField:
    Clone + PartialEq + fmt::Debug + Send + Sync + 'static
{
    type Rows: Signal<Field = Self>;
    /// The fields that are times, for a hint.
    const TIMES: &'static str;

    /// The rows' own fields by name, in the order in which they are shown.
    fn own() -> Vec<(&'static str, Self)>;
    fn attribute(name: &str) -> Self;
    /// Another name of an own field.
    fn alias(_: &str) -> Option<Self> {
        None
    }
    /// The columns that [`SignalField::value`] looks at, besides who speaks.
    fn columns(&self) -> <Self::Rows as Signal>::Columns;
    /// The same of rows that are looked at as they were read, and not copied before.
    fn columns_in_place(&self) -> <Self::Rows as Signal>::Columns {
        self.columns()
    }
    fn meaning(&self) -> Meaning;
    /// What the row says; `None` when it does not.
    fn value<'a>(&self, rows: &'a Self::Rows, row: usize) -> Option<Cow<'a, str>>;
    /// The same, as the value that it is; as text it is the same but for numbers, which are written one way.
    fn typed<'a>(&self, rows: &'a Self::Rows, row: usize) -> Value<'a>;
    /// A small number: rows that have the same one say the same. None when only the value itself tells.
    fn class(&self, rows: &Self::Rows, row: usize) -> Option<usize>;
    /// The number that the row says, where it is kept as one; a duration in ms.
    fn number(&self, _: &Self::Rows, _: usize) -> Option<f64> {
        None
    }

    /// Whether what it says depends on which patterns are known.
    fn is_pattern(&self) -> bool {
        false
    }

    /// The same, which knows these patterns.
    #[must_use]
    fn knowing(&self, _: &Known) -> Self {
        self.clone()
    }

    /// The pattern, the time, the severity and whose they are, of rows that have patterns.
    fn of_patterns() -> Option<[Self; 4]> {
        None
    }

    /// The field of that name; every name is one.
    #[must_use]
    fn named(name: &str) -> Self {
        if let Some(attribute) = name.strip_prefix("attributes.") {
            return Self::attribute(attribute);
        }
        let own = Self::own().into_iter().find(|(known, _)| *known == name).map(|(_, field)| field);
        own.or_else(|| Self::alias(name)).unwrap_or_else(|| Self::attribute(name))
    }

    /// The name of the attribute at that path, such that [`SignalField::named`] finds it.
    fn name_of_attribute(path: &str) -> String {
        let plain = Self::named(path) == Self::attribute(path) && !path.is_empty();
        if plain { path.to_owned() } else { format!("attributes.{path}") }
    }

    /// Whether it is the time that a range means.
    fn is_when(&self) -> bool {
        self.is_time() && self.columns() == <Self::Rows as Signal>::TIME
    }

    /// Whether the value is a time.
    fn is_time(&self) -> bool {
        self.meaning() == Meaning::Time
    }
}

/// How what a query asks of a field is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Plain,
    Time,
    Severity,
    /// One of a few words, in lower case.
    Word,
}

/// What bare words are looked for in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Searched<'a> {
    /// A text per row.
    Texts(&'a TextColumn),
    /// A few names, and per row the number of its name.
    Names(&'a TextColumn, &'a [u32]),
}

impl Searched<'_> {
    /// The rows of `among` whose text is one that `find` finds in a column.
    pub(super) fn select(
        self,
        among: &RowSet,
        find: impl Fn(&TextColumn, &RowSet) -> RowSet,
    ) -> RowSet {
        match self {
            Self::Texts(column) => find(column, among),
            Self::Names(names, numbers) => {
                let found = find(names, &RowSet::all(names.len()));
                among.keep(|row| found.contains(numbers[row] as usize))
            }
        }
    }
}

/// A set of a block's columns.
pub(crate) trait ColumnSet:
    Copy + PartialEq + Default + fmt::Debug + Send + Sync + 'static
{
    const ALL: Self;
    fn with(self, others: Self) -> Self;
    /// Those of these that are among `others`.
    fn among(self, others: Self) -> Self;
    /// Whether all of `others` are among these.
    fn has(self, others: Self) -> bool;
}

impl ColumnSet for Columns {
    const ALL: Self = Self::ALL;

    fn with(self, others: Self) -> Self {
        Self::with(self, others)
    }

    fn among(self, others: Self) -> Self {
        Self::among(self, others)
    }

    fn has(self, others: Self) -> bool {
        Self::has(self, others)
    }
}

impl ColumnSet for SpanColumns {
    const ALL: Self = Self::ALL;

    fn with(self, others: Self) -> Self {
        Self::with(self, others)
    }

    fn among(self, others: Self) -> Self {
        Self::among(self, others)
    }

    fn has(self, others: Self) -> bool {
        Self::has(self, others)
    }
}

/// Samples are decoded whole.
impl ColumnSet for () {
    const ALL: Self = ();

    fn with(self, (): Self) -> Self {}

    fn among(self, (): Self) -> Self {}

    fn has(self, (): Self) -> bool {
        true
    }
}
