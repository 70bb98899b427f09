//! Which fields the records have that fit: name, type and how many of them, the commonest first.
//!
//! Invariants:
//! - a field that is named here can be asked for by that name, and then as many records have it;
//! - the counts are exact: more fields than may be counted are refused, unless a sample will do;
//! - texts of messages are not read: whether there is one stands elsewhere in a block.

mod leaves;

use std::cmp::Reverse;
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, TimeRange};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use self::leaves::Leaves;
use super::scan::{Fold, Question, Unit, scan};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::plan::{Field, Filter, OWN_FIELDS, SignalField, Type};

/// Whose fields are counted.
#[derive(Debug, Clone)]
pub(crate) struct FieldsRequest {
    pub filter: Arc<Filter>,
    pub range: TimeRange,
    /// Different attributes that are counted.
    pub most: usize,
    /// Look at about so many of the newest records only, and leave out what is too many, instead of refusing.
    pub sample: Option<u64>,
    pub limits: Limits,
}

/// A field that some records have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldCount {
    pub name: String,
    pub of: Type,
    pub count: u64,
    /// A record's own field, not an attribute.
    pub own: bool,
}

/// The commonest first; of those as common the record's own, then by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub fields: Vec<FieldCount>,
    /// Splits that are not, or not wholly, counted.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
}

/// Counts the fields.
///
/// # Errors
/// [`QueryError`] when there are too many, or they need too much memory.
pub(crate) async fn fields(
    snapshot: &Snapshot,
    request: &FieldsRequest,
) -> Result<Fields, QueryError> {
    let question = Question::of(&request.filter, request.range, request.limits);
    let FieldsRequest { most, sample, .. } = *request;
    let seen =
        Seen { own: [0; OWN_FIELDS.len()], attributes: Leaves::new(most), most, sample, rows: 0 };
    let scanned = scan(snapshot, &question, seen).await?;
    Ok(Fields {
        fields: scanned.fold.commonest(),
        missing_splits: snapshot.missing_splits + scanned.missing_splits,
        stats: scanned.stats,
        limited_by: scanned.limited.map(|(by, _)| by),
    })
}

struct Seen {
    /// Per field of the records' own.
    own: [u64; OWN_FIELDS.len()],
    attributes: Leaves,
    most: usize,
    sample: Option<u64>,
    rows: u64,
}

impl Seen {
    fn commonest(self) -> Vec<FieldCount> {
        let own = OWN_FIELDS.iter().zip(self.own).map(|((name, field), count)| {
            let of = match field {
                Field::Time | Field::Received => Type::Time,
                Field::Position => Type::Int,
                _ => Type::String,
            };
            FieldCount { name: (*name).to_owned(), of, count, own: true }
        });
        let attributes = self.attributes.into_counts().map(|(path, of, count)| {
            let name = Field::name_of_attribute(&path);
            FieldCount { name, of, count, own: false }
        });
        let mut fields: Vec<_> = own.chain(attributes).filter(|field| field.count > 0).collect();
        fields.sort_by(|a, b| {
            (Reverse(a.count), !a.own, &a.name).cmp(&(Reverse(b.count), !b.own, &b.name))
        });
        fields
    }
}

impl Fold for Seen {
    fn wants(&self, _: &Unit) -> bool {
        self.sample.is_none_or(|rows| self.rows < rows)
    }

    fn columns(&self) -> Columns {
        Columns::RECEIVED.with(Columns::HAS_MESSAGE).with(Columns::ATTRIBUTES).with(Columns::IDS)
    }

    fn take(&mut self, rows: &Rows, fits: &RowSet) {
        self.rows += fits.count() as u64;
        let speakers = Speakers::of(rows, fits);
        for ((_, field), count) in OWN_FIELDS.iter().zip(&mut self.own) {
            *count += match field {
                Field::Time | Field::Severity | Field::Position => fits.count() as u64,
                Field::Received => having(fits, |row| rows.received[row] != 0),
                Field::Message => having(fits, |row| !rows.message.get(row).is_empty()),
                Field::TraceId if rows.trace_id.is_empty() => 0,
                Field::TraceId => having(fits, |row| rows.row(row).trace_id.is_some()),
                Field::SpanId if rows.span_id.is_empty() => 0,
                Field::SpanId => having(fits, |row| rows.row(row).span_id.is_some()),
                _ => speakers.having(rows, field),
            };
        }
        if !rows.attributes.text().is_empty() {
            fits.iter().for_each(|row| self.attributes.see(rows, row));
        }
    }

    fn memory_bytes(&self) -> usize {
        self.attributes.memory_bytes()
    }

    fn refusal(&self) -> Option<QueryError> {
        let refused = self.attributes.is_over() && self.sample.is_none();
        refused.then_some(QueryError::TooMany { what: "different attributes", limit: self.most })
    }
}

fn having(fits: &RowSet, has: impl Fn(usize) -> bool) -> u64 {
    fits.iter().filter(|row| has(*row)).count() as u64
}

/// Per origin that speaks in rows that fit: one such row, and how many there are.
struct Speakers(Vec<(usize, u64)>);

impl Speakers {
    fn of(rows: &Rows, fits: &RowSet) -> Self {
        let mut by_origin: Vec<Option<(usize, u64)>> = vec![None; rows.origins.len()];
        for row in fits.iter() {
            by_origin[rows.origin[row] as usize].get_or_insert((row, 0)).1 += 1;
        }
        Self(by_origin.into_iter().flatten().collect())
    }

    fn having(&self, rows: &Rows, field: &Field) -> u64 {
        let speaking = self.0.iter().filter(|(row, _)| field.value(rows, *row).is_some());
        speaking.map(|(_, count)| count).sum()
    }
}
