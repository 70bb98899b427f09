//! How many rows fit, where that is known without opening a block: of some origins, in some time, by severity.
//!
//! Invariant: who of the origins spoke, and when exactly, a tally does not say; every row was one of theirs, in
//! that time.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Origin, Severity, Timestamp};

/// See the module.
#[derive(Debug, Clone)]
pub struct Tallies {
    /// Who may have spoken.
    pub origins: Arc<[Arc<Origin>]>,
    /// Nothing was earlier.
    pub time_first: Timestamp,
    /// Nothing was later.
    pub time_last: Timestamp,
    /// Rows, by the severity's code.
    rows: [u64; Severity::ALL.len()],
}

impl Tallies {
    pub(super) fn of(origins: Vec<Arc<Origin>>, (first, last): (Timestamp, Timestamp)) -> Self {
        let rows = [0; Severity::ALL.len()];
        Self { origins: origins.into(), time_first: first, time_last: last, rows }
    }

    pub(super) fn by_minute(origins: Vec<Arc<Origin>>, bounds: (Timestamp, Timestamp)) -> Minutes {
        Minutes { origins: origins.into(), bounds, rows: BTreeMap::new() }
    }

    /// Adds rows of the severity with that code.
    pub(super) fn add(&mut self, severity: u8, rows: u64) {
        self.rows[usize::from(severity)] += rows;
    }

    /// How many rows of which severity, where there are any.
    pub fn rows(&self) -> impl Iterator<Item = (Severity, u64)> {
        Severity::ALL.into_iter().zip(self.rows).filter(|(_, rows)| *rows > 0)
    }
}

/// Tallies of some origins, minute by minute.
pub(super) struct Minutes {
    origins: Arc<[Arc<Origin>]>,
    /// The least and the greatest time of all.
    bounds: (Timestamp, Timestamp),
    rows: BTreeMap<i32, [u64; Severity::ALL.len()]>,
}

impl Minutes {
    /// Adds rows of a minute and of the severity with that code.
    pub(super) fn add(&mut self, minute: i32, severity: u8, rows: u64) {
        self.rows.entry(minute).or_default()[usize::from(severity)] += rows;
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
