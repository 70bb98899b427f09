//! How many rows there are of which service and which template in which minute.
//!
//! ```text
//!   section := kept u8 | v n | { v service - the one before }^n | { v template }^n | { v zz minute delta }^n | { v rows }^n
//! ```
//! A service is a (tenant, component, version), numbered in the order of the streams ([`services`]); severity
//! is the template's. Invariants:
//! - entries rise by service, template, minute, each once;
//! - either every row is counted or, beyond [`ROLLUP_ENTRIES_MAX`] entries, none is and the section says so.

use std::collections::HashMap;
use std::sync::Arc;

use nilometer_block::cursor::{Cursor, put_varint};
use nilometer_block::plane;
use nilometer_model::{Origin, Rows};

use super::encode::Whose;
use super::groups::Grouping;
use crate::limits::ROLLUP_ENTRIES_MAX;

pub(super) const MINUTE_NS: i64 = 60_000_000_000;

/// So many rows of a template in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rollup {
    pub(super) service: u32,
    pub(super) template: u32,
    /// Since 1970.
    pub(super) minute: i32,
    pub(super) rows: u32,
}

/// Per stream, the number of its service.
pub(super) fn services(streams: &[Arc<Origin>]) -> Vec<u32> {
    let mut known = HashMap::new();
    let mut number = |origin: &Arc<Origin>| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        let service = (origin.tenant.clone(), origin.component.clone(), origin.version.clone());
        *known.entry(service).or_insert(next)
    };
    streams.iter().map(&mut number).collect()
}

/// Who speaks as one service.
pub(super) struct Service {
    /// Numbers of its streams, rising.
    pub(super) streams: Vec<u32>,
    pub(super) origins: Arc<[Arc<Origin>]>,
}

/// The services of the streams, by their number.
pub(super) fn by_service(streams: &[Arc<Origin>]) -> Vec<Service> {
    let mut of_service: Vec<Vec<u32>> = Vec::new();
    for (stream, service) in (0_u32..).zip(services(streams)) {
        // Services are numbered as they come.
        if service as usize == of_service.len() {
            of_service.push(Vec::new());
        }
        of_service[service as usize].push(stream);
    }
    let service = |numbers: Vec<u32>| {
        let origins = numbers.iter().map(|stream| Arc::clone(&streams[*stream as usize]));
        Service { origins: origins.collect(), streams: numbers }
    };
    of_service.into_iter().map(service).collect()
}

/// Counts the rows of block after block.
#[derive(Debug, Default)]
pub(super) struct RollupWriter {
    entries: Vec<Rollup>,
    /// Per place of a template in the block at hand: its rows in the minute at hand.
    counts: Vec<u32>,
    /// The places that have some.
    touched: Vec<usize>,
}

impl RollupWriter {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn block(&mut self, rows: &Rows, whose: &Whose<'_>, grouping: &Grouping) {
        let (mut service, mut minute) = (u32::MAX, i32::MIN);
        self.counts.resize(rows.len().max(self.counts.len()), 0);
        for (row, place) in grouping.places().iter().enumerate() {
            let of = (whose.services[whose.streams[row] as usize], number_of(rows.time[row]));
            if of != (service, minute) {
                self.flush(service, minute, grouping);
                (service, minute) = of;
            }
            let place = usize::try_from(*place).unwrap_or_default();
            if self.counts[place] == 0 {
                self.touched.push(place);
            }
            self.counts[place] += 1;
        }
        self.flush(service, minute, grouping);
    }

    fn flush(&mut self, service: u32, minute: i32, grouping: &Grouping) {
        for place in self.touched.drain(..) {
            let rows = std::mem::take(&mut self.counts[place]);
            self.entries.push(Rollup { service, template: grouping.template(place), minute, rows });
        }
    }

    /// The section.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.entries.sort_unstable();
        self.entries.dedup_by(|later, kept| {
            let same = (later.service, later.template, later.minute)
                == (kept.service, kept.template, kept.minute);
            if same {
                kept.rows += later.rows;
            }
            same
        });
        if self.entries.len() > ROLLUP_ENTRIES_MAX {
            return vec![0];
        }
        let mut out = vec![1];
        put_varint(&mut out, u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        let mut service = 0;
        for entry in &self.entries {
            put_varint(&mut out, entry.service - service);
            service = entry.service;
        }
        self.entries.iter().for_each(|entry| put_varint(&mut out, entry.template));
        let mut before = 0;
        for entry in &self.entries {
            let delta = plane::zigzag(i64::from(entry.minute) - i64::from(before));
            put_varint(&mut out, u32::try_from(delta).unwrap_or(u32::MAX));
            before = entry.minute;
        }
        self.entries.iter().for_each(|entry| put_varint(&mut out, entry.rows));
        out
    }
}

/// The number of a minute; minutes of all times that there are fit.
pub(super) fn number_of(time: i64) -> i32 {
    i32::try_from(time.div_euclid(MINUTE_NS)).unwrap_or_default()
}

/// The entries; inside `None` when none were kept, outside when the section is damaged.
#[expect(
    clippy::option_option,
    reason = "outside: whether it can be read; inside: whether it is there"
)]
pub(super) fn read(section: &[u8]) -> Option<Option<Vec<Rollup>>> {
    let mut cursor = Cursor::new(section);
    if cursor.byte()? == 0 {
        return Some(None);
    }
    let count = cursor.varint()? as usize;
    if count > ROLLUP_ENTRIES_MAX {
        return None;
    }
    let mut entries = vec![Rollup { service: 0, template: 0, minute: 0, rows: 0 }; count];
    let mut service = 0_u32;
    for entry in &mut entries {
        service = service.checked_add(cursor.varint()?)?;
        entry.service = service;
    }
    for entry in &mut entries {
        entry.template = cursor.varint()?;
    }
    let mut minute = 0;
    for entry in &mut entries {
        minute += plane::unzigzag(u64::from(cursor.varint()?));
        entry.minute = i32::try_from(minute).ok()?;
    }
    for entry in &mut entries {
        entry.rows = cursor.varint()?;
    }
    cursor.is_empty().then_some(Some(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(entries: usize) -> Vec<u8> {
        let rollup = |minute| Rollup { service: 1, template: 2, minute, rows: 3 };
        let entries = (0..i32::try_from(entries).unwrap()).rev().map(rollup).collect();
        RollupWriter { entries, ..RollupWriter::default() }.finish()
    }

    #[test]
    fn entries_come_back_rising_and_those_of_one_minute_together() {
        let entry = |service, minute, rows| Rollup { service, template: 7, minute, rows };
        let entries = vec![entry(1, -5, 1), entry(0, 9, 2), entry(1, -5, 40), entry(0, -9, 3)];
        let section = RollupWriter { entries, ..RollupWriter::default() }.finish();
        let expect = vec![entry(0, -9, 3), entry(0, 9, 2), entry(1, -5, 41)];
        assert_eq!(read(&section), Some(Some(expect)));
        assert_eq!(read(&section[..section.len() - 1]), None);
    }

    #[test]
    fn so_many_entries_are_kept_and_of_one_more_none() {
        let kept = read(&written(ROLLUP_ENTRIES_MAX)).unwrap().unwrap();
        assert_eq!(kept.len(), ROLLUP_ENTRIES_MAX);
        assert_eq!(read(&written(ROLLUP_ENTRIES_MAX + 1)), Some(None));
    }
}
