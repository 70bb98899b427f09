//! How many rows fit, where that is known without opening a block: of some origins, in some time, by severity, and
//! where it is asked by what their messages say.
//!
//! Invariant: who of the origins spoke, and when exactly, a tally does not say; every row was one of theirs, in
//! that time.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Origin, Severity, Timestamp};

use crate::patterns::PatternId;

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// How grave they are.
    Severity,
    /// That, and what their messages say without the variables.
    Skeleton,
}

/// Rows of one kind, by the severity's code.
type Kind = (u8, Option<PatternId>);

/// See the module.
#[derive(Debug, Clone)]
pub struct Tallies {
    /// Who may have spoken.
    pub origins: Arc<[Arc<Origin>]>,
    /// Nothing was earlier.
    pub time_first: Timestamp,
    /// Nothing was later.
    pub time_last: Timestamp,
    rows: Counts,
}

/// Rows by their kind.
#[derive(Debug, Clone, Default)]
struct Counts {
    /// By the severity's code, of rows that nothing more is told of.
    by_severity: [u64; Severity::ALL.len()],
    by_skeleton: BTreeMap<(u8, PatternId), u64>,
}

impl Counts {
    fn add(&mut self, (severity, skeleton): Kind, rows: u64) {
        match skeleton {
            None => self.by_severity[usize::from(severity)] += rows,
            Some(skeleton) => *self.by_skeleton.entry((severity, skeleton)).or_default() += rows,
        }
    }
}

impl Tallies {
    pub(super) fn of(origins: Arc<[Arc<Origin>]>, (first, last): (Timestamp, Timestamp)) -> Self {
        let rows = Counts::default();
        Self { origins, time_first: first, time_last: last, rows }
    }

    pub(super) fn by_minute(
        origins: Arc<[Arc<Origin>]>,
        bounds: (Timestamp, Timestamp),
    ) -> Minutes {
        Minutes { origins, bounds, rows: BTreeMap::new() }
    }

    /// Adds rows of a kind.
    pub(super) fn add(&mut self, kind: Kind, rows: u64) {
        self.rows.add(kind, rows);
    }

    /// How many rows of which severity, and where that was asked of which skeleton, where there are any.
    pub fn rows(&self) -> impl Iterator<Item = (Severity, Option<PatternId>, u64)> {
        let plain = Severity::ALL.into_iter().zip(self.rows.by_severity);
        let plain = plain.map(|(severity, rows)| (severity, None, rows));
        let told = self.rows.by_skeleton.iter().filter_map(|((code, skeleton), rows)| {
            Some((Severity::from_code(*code)?, Some(*skeleton), *rows))
        });
        plain.chain(told).filter(|(.., rows)| *rows > 0)
    }
}

/// Tallies of some origins, minute by minute.
pub(super) struct Minutes {
    origins: Arc<[Arc<Origin>]>,
    /// The least and the greatest time of all.
    bounds: (Timestamp, Timestamp),
    rows: BTreeMap<i32, Counts>,
}

impl Minutes {
    /// Adds rows of a minute and a kind.
    pub(super) fn add(&mut self, minute: i32, kind: Kind, rows: u64) {
        self.rows.entry(minute).or_default().add(kind, rows);
    }

    pub(super) fn into_tallies(self, minute_ns: i64) -> impl Iterator<Item = Tallies> {
        let Self { origins, bounds: (first, last), rows } = self;
        rows.into_iter().map(move |(minute, rows)| {
            let begins = i64::from(minute).saturating_mul(minute_ns);
            let ends = begins.saturating_add(minute_ns - 1);
            let time_first = Timestamp(begins).max(first);
            let time_last = Timestamp(ends).min(last);
            Tallies { origins: Arc::clone(&origins), time_first, time_last, rows }
        })
    }
}
