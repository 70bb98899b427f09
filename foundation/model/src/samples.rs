//! Numbers about one node, container or component at one time, column by column.
//!
//! Invariants:
//! - every column has one entry per sample ([`Samples::push`] and [`Samples::check`] keep that);
//! - `origin[row]` is an index into `origins`, `name[row]` and `unit[row]` are numbers of `names`;
//! - attributes are the JSON text of an object, or empty: they tell series of one name apart.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Names, Origin, Origins, TextColumn, Timestamp};

/// How a sample's value is to be read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SampleKind {
    /// What there is at that time; may go up and down.
    #[default]
    Gauge,
    /// What has come together since a start; only a restart makes it smaller.
    Counter,
    /// What has come together since the sample before.
    Delta,
}

impl SampleKind {
    /// All kinds, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::Gauge, Self::Counter, Self::Delta];

    /// The name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Delta => "delta",
        }
    }

    /// The kind of that code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for SampleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Samples, column by column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// What the numbers are about; samples refer to it by index.
    pub origins: Origins,
    /// Per sample: index into `origins`.
    pub origin: Vec<u32>,
    /// What is measured, and in which units; samples refer to it by number.
    pub names: Names,
    /// Per sample: number of its name.
    pub name: Vec<u32>,
    /// Per sample: number of its unit, whose name is empty when the sample does not say.
    pub unit: Vec<u32>,
    /// Per sample: its time, ns.
    pub time: Vec<i64>,
    /// Per sample: the number.
    pub value: Vec<f64>,
    /// Per sample: how the number is to be read.
    pub kind: Vec<SampleKind>,
    /// Per sample: a JSON object, or empty.
    pub attributes: TextColumn,
    /// Per sample: its place in its source, a counter.
    pub position: Vec<u64>,
    /// Per sample: when the intake had it, ns; 0 before that.
    pub received: Vec<i64>,
}

/// One sample, by reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRef<'a> {
    /// What the number is about.
    pub origin: &'a Arc<Origin>,
    /// What is measured.
    pub name: &'a str,
    /// In which unit, or empty.
    pub unit: &'a str,
    /// When.
    pub time: Timestamp,
    /// The number.
    pub value: f64,
    /// How the number is to be read.
    pub kind: SampleKind,
    /// A JSON object, or empty.
    pub attributes: &'a str,
    /// Its place in its source.
    pub position: u64,
    /// When the intake had it.
    pub received: Timestamp,
}

impl Samples {
    /// How many samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The sample at `row`.
    ///
    /// # Panics
    /// When there is no such sample.
    #[must_use]
    pub fn row(&self, row: usize) -> SampleRef<'_> {
        SampleRef {
            origin: &self.origins[self.origin[row] as usize],
            name: self.names.get(self.name[row]),
            unit: self.names.get(self.unit[row]),
            time: Timestamp(self.time[row]),
            value: self.value[row],
            kind: self.kind[row],
            attributes: self.attributes.get(row),
            position: self.position[row],
            received: Timestamp(self.received[row]),
        }
    }

    /// All samples.
    pub fn iter(&self) -> impl Iterator<Item = SampleRef<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// Appends a sample.
    pub fn push(&mut self, sample: SampleRef<'_>) {
        let origin = match self.origin.last() {
            Some(&last) if Arc::ptr_eq(&self.origins[last as usize], sample.origin) => last,
            _ => self.origins.index(sample.origin),
        };
        self.origin.push(origin);
        self.name.push(self.names.code(sample.name));
        self.unit.push(self.names.code(sample.unit));
        self.time.push(sample.time.0);
        self.value.push(sample.value);
        self.kind.push(sample.kind);
        self.attributes.push(sample.attributes);
        self.position.push(sample.position);
        self.received.push(sample.received.0);
    }

    /// No more are to come: gives back the memory that was meant for them.
    pub fn settle(&mut self) {
        self.origins.settle();
        self.origin.shrink_to_fit();
        self.names.settle();
        self.name.shrink_to_fit();
        self.unit.shrink_to_fit();
        self.time.shrink_to_fit();
        self.value.shrink_to_fit();
        self.kind.shrink_to_fit();
        self.attributes.shrink_to_fit();
        self.position.shrink_to_fit();
        self.received.shrink_to_fit();
    }

    /// Appends all samples of `other`.
    pub fn append(&mut self, other: &Self) {
        other.iter().for_each(|sample| self.push(sample));
    }

    /// Whether the columns agree with each other; asked of everything that was decoded.
    #[must_use]
    pub fn check(&self) -> bool {
        let rows = self.len();
        let (origins, names) = (self.origins.len(), self.names.len());
        [
            self.origin.len(),
            self.name.len(),
            self.unit.len(),
            self.value.len(),
            self.kind.len(),
            self.attributes.len(),
            self.position.len(),
            self.received.len(),
        ]
        .iter()
        .all(|len| *len == rows)
            && self.origin.iter().all(|origin| (*origin as usize) < origins)
            && self.name.iter().chain(&self.unit).all(|code| (*code as usize) < names)
    }

    /// Memory that the samples take, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// Fixed-size columns of one sample, and where its attributes end.
        const SAMPLE_BYTES: usize = 4 + 4 + 4 + 8 + 8 + 1 + 4 + 8 + 8;
        self.attributes.text().len()
            + self.names.texts().text().len()
            + self.len() * SAMPLE_BYTES
            + self.origins.len() * 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>(origin: &'a Arc<Origin>, name: &'a str, value: f64) -> SampleRef<'a> {
        SampleRef {
            origin,
            name,
            unit: "By",
            time: Timestamp(5),
            value,
            kind: SampleKind::Counter,
            attributes: r#"{"cpu":"0"}"#,
            position: 2,
            received: Timestamp(6),
        }
    }

    #[test]
    fn samples_come_back_as_they_were_pushed_or_appended() {
        let (a, b) = (
            Arc::new(Origin::default()),
            Arc::new(Origin { node: "n1".to_owned(), ..Origin::default() }),
        );
        let pushed = [sample(&a, "memory", f64::INFINITY), sample(&b, "By", -0.0)];
        let (mut samples, mut other) = (Samples::default(), Samples::default());
        samples.push(pushed[0]);
        other.push(pushed[1]);
        samples.append(&other);
        assert!(samples.check());
        assert_eq!(samples.iter().collect::<Vec<_>>(), pushed);
        assert_eq!((samples.origins.len(), samples.names.len()), (2, 2));
    }

    #[test]
    fn columns_that_disagree_are_noticed() {
        let origin = Arc::new(Origin::default());
        let spoils: [fn(&mut Samples); 4] = [
            |samples| samples.origin[0] = 1,
            |samples| samples.name[0] = 2,
            |samples| samples.unit[0] = 2,
            |samples| samples.value.clear(),
        ];
        for spoil in spoils {
            let mut samples = Samples::default();
            samples.push(sample(&origin, "cpu", 0.5));
            assert!(samples.check());
            spoil(&mut samples);
            assert!(!samples.check());
        }
    }

    #[test]
    fn codes_are_places_and_names_are_lower_case() {
        for (code, kind) in (0..).zip(SampleKind::ALL) {
            assert_eq!(SampleKind::from_code(code), Some(kind));
            assert_eq!(kind.name(), format!("{kind:?}").to_lowercase());
        }
        assert_eq!(SampleKind::from_code(3), None);
    }
}
