//! Whether all that was read is safe, and what is to be read again because it is not.
//!
//! ```text
//!   safe in a Log ── another Log, a centre that went back, damage ──> in doubt <──────────┐
//!        ^                                                               │ asked          │ no answer
//!        └── what neither the centre nor the spool has is read again <── answer ──────────┘
//! ```
//! Invariants:
//! - while it is safe in a Log, every position that the reader has behind it is at the centre that has that
//!   Log, or waits in the spool; the spool remembers in which, so a restart asks again where it must;
//! - between the question and the end of going back nothing leaves the spool;
//! - what they have beyond the first hole is passed over; what no file holds any more is declared lost, once.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use nilometer_model::{Count, Gap, GapKind, LogId, Reason, SourceId, Stream, Timestamp};
use nilometer_wire::SourceRange;
use serde::{Deserialize, Serialize};

use crate::batch::Book;
use crate::reading::{CentreSource, StateChange};
use crate::spool::Spool;

/// Where the spool keeps it; no log's key begins like this.
const KEY: &str = "\0safe";

/// Whether all that was read is at the centre or in the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Safety {
    /// It is, at the centre that has this Log.
    In(LogId),
    /// The centre has less than it had, or may have.
    WentBack,
    /// Damage to the spool took something; these stretches, as far as it shows which.
    Damaged(Vec<SourceRange>),
}

impl Safety {
    /// What a spool remembers of it.
    pub(crate) fn of(spool: &Spool) -> Option<Self> {
        spool.state().get(KEY).and_then(|bytes| postcard::from_bytes(bytes).ok())
    }

    /// What the spool is to remember.
    pub(crate) fn change(&self) -> StateChange {
        (KEY.to_owned(), postcard::to_stdvec(self).ok())
    }

    /// Why what is not found again is lost.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Damaged(_) => Reason::SpoolDamaged,
            Self::In(_) | Self::WentBack => Reason::PipelineWentBack,
        }
    }
}

/// Whether the key of the durable memory is this file's.
pub(crate) fn is_key(key: &str) -> bool {
    key == KEY
}

/// Whether a stream's records stand in files. A journal's do not; the centre's own are nobody's to read.
pub(crate) fn is_file(stream: Stream) -> bool {
    match stream {
        Stream::Stdout | Stream::Stderr | Stream::File => true,
        Stream::Otlp | Stream::Ingest | Stream::Sampler => false,
    }
}

/// What a centre said it has, and in which Log.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) log: LogId,
    pub(crate) sources: Vec<CentreSource>,
}

/// How far it has come.
#[derive(Debug)]
pub(crate) struct Reread {
    /// Nothing is known before the centre is first heard.
    safety: Option<Safety>,
    answer: Option<Answer>,
    /// Nothing is to leave the spool.
    holds: bool,
}

impl Reread {
    pub(crate) fn of(spool: &Spool) -> Self {
        Self { safety: Safety::of(spool), answer: None, holds: false }
    }

    pub(crate) fn safety(&self) -> Option<&Safety> {
        self.safety.as_ref()
    }

    /// Whether the centre is to be asked.
    pub(crate) fn in_doubt(&self) -> bool {
        matches!(self.safety, Some(Safety::WentBack | Safety::Damaged(_))) && !self.holds
    }

    /// Whether nothing is to leave the spool.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Something else is to be feared, too. An answer that came before says nothing about it.
    pub(crate) fn doubt(&mut self, feared: Safety) -> &Safety {
        let known = match (self.safety.take(), feared) {
            (Some(Safety::Damaged(mut known)), Safety::Damaged(more)) => {
                let more = more.into_iter().filter(|range| !known.contains(range));
                known.extend(more.collect::<Vec<_>>());
                Safety::Damaged(known)
            }
            (Some(damaged @ Safety::Damaged(_)), _) => damaged,
            (_, feared) => feared,
        };
        (self.answer, self.holds) = (None, false);
        self.safety.insert(known)
    }

    /// The centre speaks, with this Log; what is new to be remembered of that, if anything is.
    pub(crate) fn hear(&mut self, log: LogId) -> Option<StateChange> {
        match &self.safety {
            None => Some(self.safety.insert(Safety::In(log)).change()),
            Some(Safety::In(known)) if *known != log => {
                // The spool remembers the Log before: a restart comes here again.
                self.doubt(Safety::WentBack);
                None
            }
            Some(_) => None,
        }
    }

    /// What was heard could not be remembered: it is to be heard again.
    pub(crate) fn unheard(&mut self) {
        self.safety = None;
    }

    /// The centre is being asked.
    pub(crate) fn ask(&mut self) {
        (self.answer, self.holds) = (None, true);
    }

    /// What it said, unless something came between.
    pub(crate) fn answered(&mut self, answer: Option<Answer>) {
        if self.holds {
            self.holds = answer.is_some();
            self.answer = answer;
        }
    }

    /// What it said, to be acted on now.
    pub(crate) fn take_answer(&mut self) -> Option<Answer> {
        self.answer.take()
    }

    /// The reader went back to what a centre has before it was heard: in which Log that is, is not known, so
    /// that it is asked once more. What the spool is to remember, if anything was in doubt.
    pub(crate) fn went_back(&mut self) -> Option<StateChange> {
        let safety = self.safety.as_mut()?;
        if let Safety::Damaged(_) = safety {
            *safety = Safety::WentBack;
        }
        Some(safety.change())
    }

    /// The reader went back: all is safe in that Log again, unless something came between.
    pub(crate) fn done(&mut self, log: LogId) {
        if self.holds {
            *self = Self { safety: Some(Safety::In(log)), answer: None, holds: false };
        }
    }
}

/// What the centre has of each source, and will have once all that waits in the spool is there.
pub(crate) type Safe = BTreeMap<SourceId, CentreSource>;

/// What the centre said, and with it what waits here.
pub(crate) fn safe(spool: &Spool, sources: Vec<CentreSource>) -> Safe {
    let mut safe: Safe = sources.into_iter().map(|source| (source.source, source)).collect();
    let mut waiting: BTreeMap<SourceId, Vec<(u64, Book)>> = BTreeMap::new();
    for (source, from, book) in spool.covers() {
        waiting.entry(source).or_default().push((from, book));
    }
    for (source, mut stretches) in waiting {
        stretches.sort_unstable_by_key(|(from, book)| (*from, book.to));
        let known = safe.remove(&source);
        let known = known.or_else(|| spool.name(source).map(unknown_there));
        if let Some(mut known) = known {
            known.extend(stretches);
            safe.insert(source, known);
        }
    }
    safe
}

/// A source of which the centre has nothing.
fn unknown_there(name: &SourceRange) -> CentreSource {
    CentreSource {
        source: name.source,
        lineage: name.lineage,
        component: name.component.clone(),
        instance: name.instance.clone(),
        stream: name.stream,
        path: name.path.clone(),
        fingerprint: name.fingerprint,
        mark: 0,
        covered: Vec::new(),
        records: 0,
        bytes: 0,
        ended: false,
    }
}

impl CentreSource {
    /// What was read up to the mark.
    pub(crate) fn count(&self) -> Count {
        Count { records: self.records, bytes: self.bytes }
    }

    /// Up to where nothing is missing.
    pub(crate) fn reach(&self) -> u64 {
        let joined = |reach: u64, (from, to): &(u64, u64)| {
            if *from <= reach { reach.max(*to) } else { reach }
        };
        self.covered.iter().fold(self.mark, joined)
    }

    /// Behind that nothing is there.
    pub(crate) fn end(&self) -> u64 {
        self.covered.iter().fold(self.mark, |end, (_, to)| end.max(*to))
    }

    /// Nothing is there of it.
    pub(crate) fn forget(&mut self) {
        (self.mark, self.records, self.bytes, self.ended) = (0, 0, 0, false);
        self.covered.clear();
    }

    /// Takes in stretches, in their order: from where, and how far.
    fn extend(&mut self, stretches: Vec<(u64, Book)>) {
        for (from, book) in stretches {
            self.ended |= book.ended;
            if from > self.mark {
                self.covered.push((from, book.to));
            } else if book.to > self.mark {
                self.mark = book.to;
                (self.records, self.bytes) = (book.running.records, book.running.bytes);
            }
        }
        let mut pieces = take(&mut self.covered);
        pieces.retain(|(from, to)| from < to && *to > self.mark);
        pieces.sort_unstable();
        for (from, to) in pieces {
            match self.covered.last_mut().filter(|(_, last)| from <= *last) {
                Some((_, last)) => *last = to.max(*last),
                None => self.covered.push((from, to)),
            }
        }
    }
}

/// What is lost of the sources that the reader does not remember: what damage took (`feared`), and what was
/// let go of and is not `safe`.
pub(crate) fn lost(
    spool: &Spool,
    (safe, remembered): (&Safe, &BTreeSet<SourceId>),
    (safety, now): (Option<&Safety>, Timestamp),
) -> Vec<SourceRange> {
    let feared = match safety {
        Some(Safety::Damaged(feared)) => feared.clone(),
        _ => Vec::new(),
    };
    let feared = feared
        .into_iter()
        .filter(|range| safe.get(&range.source).is_none_or(|known| known.reach() < range.to));
    let released = spool.released_to().iter();
    let released = released.filter_map(|(source, book)| {
        released_and_lost(spool, (*source, *book), safe.get(source), now)
    });
    feared.chain(released).filter(|range| !remembered.contains(&range.source)).collect()
}

fn released_and_lost(
    spool: &Spool,
    (source, book): (SourceId, Book),
    known: Option<&CentreSource>,
    now: Timestamp,
) -> Option<SourceRange> {
    let reach = known.map_or(0, CentreSource::reach);
    let name = spool.name(source).filter(|_| reach < book.to)?;
    let (mark, before) = known.map(|known| (known.mark, known.count())).unwrap_or_default();
    let gap = Gap {
        kind: GapKind::Lost,
        from: mark,
        to: Some(book.to),
        reason: Reason::PipelineWentBack,
        count: Some(book.running - before),
        time: now,
    };
    Some(SourceRange {
        from: mark,
        to: book.to,
        running: book.running,
        gaps: vec![gap],
        ended: book.ended,
        ..name.clone()
    })
}
