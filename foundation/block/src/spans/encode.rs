//! Spans to bytes; the layout is drawn in `spans.rs`. One pass per column, buffers kept from block to block.

use std::collections::HashMap;
use std::io;

use nilometer_model::Spans;

use super::{FORMAT, PARENT_ELSEWHERE, STATUS_SHIFT};
use crate::cursor::{put_text, put_varint};
use crate::frames::{Packer, Squeezer};
use crate::texts::lengths;
use crate::{origins, plane};

/// Encodes blocks of spans one after the other with the same buffers.
pub struct SpanEncoder {
    squeezer: Squeezer,
    /// The frame being made.
    raw: Vec<u8>,
    /// The column being made.
    values: Vec<u64>,
    /// The spans of the run being looked at, by their id.
    run: Vec<([u8; 8], u32)>,
    /// Parents that are not in their child's run.
    elsewhere: Vec<[u8; 8]>,
}

/// `spans`, in their order, as a block compressed at zstd's `level`.
///
/// # Panics
/// When memory is exhausted.
#[must_use]
pub fn encode_spans(spans: &Spans, level: i32) -> Vec<u8> {
    SpanEncoder::new(level).and_then(|mut encoder| encoder.encode(spans)).expect("zstd has memory")
}

impl SpanEncoder {
    /// An encoder that compresses at zstd's `level`.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new(level: i32) -> io::Result<Self> {
        let (raw, values, run, elsewhere) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { squeezer: Squeezer::new(level)?, raw, values, run, elsewhere })
    }

    /// `spans`, in their order, as a block.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn encode(&mut self, spans: &Spans) -> io::Result<Vec<u8>> {
        /// What a span without texts mostly takes.
        const SPAN_BYTES: usize = 16;
        let texts = [&spans.status_message, &spans.attributes, &spans.events, &spans.links];
        let mut block = Packer::new(&FORMAT, spans.len(), SPAN_BYTES * spans.len());
        let runs: Vec<usize> =
            spans.trace_id.chunk_by(|a, b| a == b).map(<[[u8; 16]]>::len).collect();
        let columns: [&dyn Fn(&mut Self); 2] =
            [&|encoder| encoder.who(spans), &|encoder| encoder.traces(spans, &runs)];
        for column in columns {
            self.frame(&mut block, column)?;
        }
        block.frame_raw(spans.span_id.as_flattened());
        let columns: [&dyn Fn(&mut Self); 5] = [
            &|encoder| encoder.shape(spans, &runs),
            &|encoder| encoder.starts(&spans.start, &runs),
            &|encoder| encoder.column(spans.duration.iter().copied()),
            &|encoder| encoder.arrivals(spans),
            &|encoder| texts.iter().for_each(|texts| encoder.column(lengths(texts))),
        ];
        for column in columns {
            self.frame(&mut block, column)?;
        }
        for column in texts {
            block.frame(&mut self.squeezer, column.text().as_bytes())?;
        }
        Ok(block.finish())
    }

    fn frame<const N: usize>(
        &mut self,
        block: &mut Packer<N>,
        write: &dyn Fn(&mut Self),
    ) -> io::Result<()> {
        self.raw.clear();
        write(self);
        block.frame(&mut self.squeezer, &self.raw)
    }

    fn who(&mut self, spans: &Spans) {
        origins::put(&mut self.raw, &spans.origins);
        let names = spans.operations.texts();
        put_varint(&mut self.raw, count(names.len()));
        (0..names.len()).for_each(|name| put_text(&mut self.raw, names.get(name)));
        let mut codes = HashMap::new();
        let mut pairs = Vec::new();
        self.values.clear();
        for pair in spans.origin.iter().zip(&spans.operation) {
            let code = *codes.entry(pair).or_insert_with(|| {
                pairs.push(pair);
                pairs.len() as u64 - 1
            });
            self.values.push(code);
        }
        put_varint(&mut self.raw, count(pairs.len()));
        for (origin, operation) in pairs {
            put_varint(&mut self.raw, *origin);
            put_varint(&mut self.raw, *operation);
        }
        plane::put(&mut self.raw, &self.values);
    }

    fn traces(&mut self, spans: &Spans, runs: &[usize]) {
        let mut row = 0;
        for run in runs {
            self.raw.extend_from_slice(&spans.trace_id[row]);
            row += run;
        }
    }

    fn shape(&mut self, spans: &Spans, runs: &[usize]) {
        self.raw.extend_from_slice(&count(runs.len()).to_le_bytes());
        self.column(runs.iter().map(|run| *run as u64));
        self.values.clear();
        self.elsewhere.clear();
        let mut first = 0;
        for run in runs {
            self.parents(spans, first..first + run);
            first += run;
        }
        plane::put(&mut self.raw, &self.values);
        self.raw.extend_from_slice(self.elsewhere.as_flattened());
        let codes = spans.kind.iter().zip(&spans.status);
        self.raw.extend(codes.map(|(kind, status)| *kind as u8 | (*status as u8) << STATUS_SHIFT));
    }

    /// The parents of one run's spans, as distances where they can be.
    fn parents(&mut self, spans: &Spans, rows: std::ops::Range<usize>) {
        self.run.clear();
        self.run.extend(rows.clone().map(|row| (spans.span_id[row], count(row))));
        self.run.sort_unstable();
        for row in rows {
            let parent = spans.parent_id[row];
            if parent == [0; 8] {
                self.values.push(0);
                continue;
            }
            let at = self.run.partition_point(|(id, _)| *id < parent);
            let found =
                self.run.get(at).filter(|(id, found)| *id == parent && *found as usize != row);
            self.values.push(match found {
                Some((_, found)) => {
                    let back = row as i64 - i64::from(*found);
                    PARENT_ELSEWHERE + plane::zigzag(back)
                }
                None => {
                    self.elsewhere.push(parent);
                    PARENT_ELSEWHERE
                }
            });
        }
    }

    fn starts(&mut self, starts: &[i64], runs: &[usize]) {
        let first = starts.first().copied().unwrap_or_default();
        self.raw.extend_from_slice(&first.to_le_bytes());
        let (mut row, mut before) = (0, first);
        self.column(runs.iter().map(|run| {
            let delta = starts[row].wrapping_sub(before);
            before = starts[row];
            row += run;
            plane::zigzag(delta)
        }));
        self.values.clear();
        let mut rest = starts;
        for run in runs {
            let (inside, behind) = rest.split_at(*run);
            let deltas = inside.windows(2).map(|two| plane::zigzag(two[1].wrapping_sub(two[0])));
            self.values.push(0);
            self.values.extend(deltas);
            rest = behind;
        }
        plane::put(&mut self.raw, &self.values);
    }

    fn arrivals(&mut self, spans: &Spans) {
        self.deltas(spans.position.iter().map(|position| position.cast_signed()));
        self.deltas(spans.received.iter().copied());
    }

    fn deltas(&mut self, mut numbers: impl Iterator<Item = i64> + Clone) {
        let first = numbers.clone().next().unwrap_or_default();
        self.raw.extend_from_slice(&first.to_le_bytes());
        let mut before = first;
        self.column(std::iter::from_fn(|| {
            let number = numbers.next()?;
            Some(plane::zigzag(number.wrapping_sub(std::mem::replace(&mut before, number))))
        }));
    }

    fn column(&mut self, values: impl Iterator<Item = u64>) {
        self.values.clear();
        self.values.extend(values);
        plane::put(&mut self.raw, &self.values);
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
