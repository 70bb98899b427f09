//! A batch as a context model is told it: what its header says, the streams of its records, and blocks of spans
//! and samples as they are.
//!
//! ```text
//!   header    as text: all but numbers | sequence, frozen at | per source, as text: all but numbers
//!                                      |   from, to - from, records, to - bytes
//!   records   0, or 1 and their streams
//!   others    block of spans, block of samples
//! ```
//! Invariant: writing and reading are one walk; whoever reads passes what is empty.

use nilometer_block::{ContextCoder, DenseStreams, Shelf, Way, code_records};
use nilometer_model::limits::BATCH_SOURCES_MAX;
use nilometer_model::{Count, Sequence, SourceId, Timestamp};

use crate::frame::{SECTIONS, header, parts, put_together, stored};
use crate::{BatchHeader, FrameError, SourceRange};

/// Numbers that the model tells apart.
#[derive(Clone, Copy)]
enum About {
    Sequence,
    FrozenAt,
    Sources,
    From,
    To,
    Records,
    Bytes,
    HasRecords,
}

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    header: BatchHeader,
    records: Option<DenseStreams>,
    /// Spans and samples.
    others: [Vec<u8>; 2],
}

impl Told {
    /// What a frame says; `None` when its records are not dense, or it cannot be read.
    pub(crate) fn of(frame: &[u8]) -> Option<Self> {
        let [packed, records, spans, samples] = parts(frame).ok()?;
        let plain = |block: &[u8]| match block.is_empty() {
            true => Some(Vec::new()),
            false => nilometer_block::uncompressed(block).ok(),
        };
        let dense = (!records.is_empty()).then(|| DenseStreams::of(records).ok());
        let records = match dense {
            Some(dense) => Some(dense?),
            None => None,
        };
        Some(Self {
            header: header(packed).ok()?,
            records,
            others: [plain(spans)?, plain(samples)?],
        })
    }

    /// A frame that says it, with nothing compressed.
    pub(crate) fn frame(&self) -> Result<Vec<u8>, FrameError> {
        let damaged = |_| FrameError::Damaged("one of its blocks cannot be made");
        let plain = postcard::to_stdvec(&self.header)
            .map_err(|_| FrameError::Damaged("header does not encode"))?;
        let records = self.records.as_ref().map(DenseStreams::block).transpose();
        let [spans, samples] = self.others.clone();
        let sections: [Vec<u8>; SECTIONS] =
            [stored(&plain), records.map_err(damaged)?.unwrap_or_default(), spans, samples];
        Ok(put_together(&sections))
    }

    /// Takes a batch through a coder: `told` is what is written, or `None`. `None` when it cannot be told or read.
    pub(crate) fn code<W: Way>(coder: &mut ContextCoder<W>, told: Option<Self>) -> Option<Self> {
        let (told, records, others) = match told {
            Some(Self { header, records, others }) => (Some(header), records, others),
            None => (None, None, Default::default()),
        };
        let header = code_header(coder, told)?;
        let has_records = coder.number(About::HasRecords as u32, records.is_some().into()) > 0;
        let from = |source: SourceId| {
            let at = header.sources.binary_search_by_key(&source, |range| range.source);
            at.map_or(0, |at| header.sources[at].from)
        };
        let records = match has_records {
            true => Some(code_records(coder, records.unwrap_or_default(), &from)?),
            false => None,
        };
        let [spans, samples] = others;
        let others = [coder.fresh(&spans)?, coder.fresh(&samples)?];
        Some(Self { header, records, others })
    }
}

fn code_header<W: Way>(
    coder: &mut ContextCoder<W>,
    told: Option<BatchHeader>,
) -> Option<BatchHeader> {
    let sources = told.as_ref().map_or(&[][..], |header| &header.sources);
    let bare = told.as_ref().map(|header| {
        let mut bare =
            BatchHeader { frozen_at: Timestamp(0), sources: Vec::new(), ..header.clone() };
        bare.batch.sequence = Sequence(0);
        bare
    });
    let mut header: BatchHeader = code_text(coder, Some(0), bare)?.1;
    let number = |header: &BatchHeader| (header.batch.sequence.0, header.frozen_at.0);
    let (sequence, frozen_at) = told.as_ref().map(number).unwrap_or_default();
    header.batch.sequence = Sequence(coder.number(About::Sequence as u32, sequence));
    let frozen_at = coder.number(About::FrozenAt as u32, frozen_at.cast_unsigned());
    header.frozen_at = Timestamp(frozen_at.cast_signed());
    let count = coder.number(About::Sources as u32, sources.len() as u64);
    let count = usize::try_from(count).ok().filter(|count| *count <= BATCH_SOURCES_MAX)?;
    let mut hint = Some(0);
    for at in 0..count {
        let (phrase, range) = code_source(coder, hint, sources.get(at))?;
        hint = phrase.checked_add(1);
        header.sources.push(range);
    }
    Some(header)
}

fn code_source<W: Way>(
    coder: &mut ContextCoder<W>,
    hint: Option<u32>,
    told: Option<&SourceRange>,
) -> Option<(u32, SourceRange)> {
    let bare = told.map(|range| SourceRange {
        from: 0,
        to: 0,
        running: Count::default(),
        ..range.clone()
    });
    let (phrase, mut range) = code_text(coder, hint, bare)?;
    let numbers = |range: &SourceRange| {
        let SourceRange { from, to, running, .. } = range;
        [*from, to.wrapping_sub(*from), running.records, to.wrapping_sub(running.bytes)]
    };
    let told = told.map(numbers).unwrap_or_default();
    let about = [About::From, About::To, About::Records, About::Bytes];
    let mut read =
        about.into_iter().zip(told).map(|(about, told)| coder.number(about as u32, told));
    let mut next = || read.next().unwrap_or_default();
    range.from = next();
    range.to = range.from.wrapping_add(next());
    range.running.records = next();
    range.running.bytes = range.to.wrapping_sub(next());
    Some((phrase, range))
}

/// A value as text; gives its number, too.
fn code_text<W: Way, T: serde::Serialize + serde::de::DeserializeOwned>(
    coder: &mut ContextCoder<W>,
    hint: Option<u32>,
    told: Option<T>,
) -> Option<(u32, T)> {
    let text = told.map(|told| postcard::to_stdvec(&told)).transpose().ok()?;
    let phrase = coder.text(Shelf::Headers, hint, text.as_deref().unwrap_or_default())?;
    Some((phrase, postcard::from_bytes(coder.phrase(Shelf::Headers, phrase)).ok()?))
}
