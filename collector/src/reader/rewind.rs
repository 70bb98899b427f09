//! Going back: of what is neither at the centre nor in the spool, files are read again.
//!
//! It is as after a restart without a memory: each file of such a log is read from its first byte, and what a
//! stream has handed over (up to its `position`) or the centre has (`covered`) is passed over. What the files
//! hold is still known, and open ones stay open: one may have no name left.

use std::collections::BTreeSet;
use std::time::Instant;

use nilometer_model::{Reason, SourceId, Timestamp};

use super::Reader;
use crate::batch::{Book, Books};
use crate::generation::{Again, Generation, Saved, StreamState};
use crate::lineages::Lineages;
use crate::monotonic;
use crate::reading::CentreSource;
use crate::reread::Safe;

impl Reader {
    /// Goes back in every log of which something is not safe; the books of the sources that did. `books`
    /// say how far all were handed over.
    pub(crate) fn rewind(&mut self, safe: &Safe, books: &Books, reason: Reason) -> Books {
        let now = monotonic::now();
        let mut back = Books::new();
        for (key, log) in &mut self.logs {
            let before = log.open_files();
            if !log.rewind(safe, (books, &mut back), (reason, now)) {
                continue;
            }
            self.open_files.change(before, log.open_files());
            self.read.extend(log.totals());
            self.changed.insert(key.clone());
            self.held.remove(key);
            self.blocked.remove(key);
            self.dirty.insert(key.clone(), true);
        }
        for adopted in self.adopted.values_mut() {
            match safe.get(&adopted.source) {
                Some(known) => adopted.clone_from(known),
                None => adopted.forget(),
            }
            self.adopted_changed = true;
        }
        back
    }

    /// Has what was only looked at so far go on from what is safe; the sources that do.
    pub(crate) fn recognise(&mut self, safe: &Safe) -> BTreeSet<SourceId> {
        let mut recognised = BTreeSet::new();
        for (key, log) in &mut self.logs {
            let found = log.recognise(safe, &self.config.node);
            if !found.is_empty() {
                self.changed.insert(key.clone());
                recognised.extend(found);
            }
        }
        recognised
    }

    /// The sources of which it is known how far they were read, or at least that they are to be.
    pub(crate) fn remembered(&self) -> BTreeSet<SourceId> {
        let generations = self.logs.values().flat_map(|log| &log.generations);
        let streams = generations.flat_map(|generation| &generation.saved.streams);
        streams.map(|stream| stream.source).chain(self.adopted.keys().copied()).collect()
    }
}

impl Lineages {
    /// Goes back in all generations as soon as one has to: what was open reaches from one into the next.
    fn rewind(
        &mut self,
        safe: &Safe,
        (books, back): (&Books, &mut Books),
        (reason, now): (Reason, Instant),
    ) -> bool {
        let generations = self.generations.iter();
        if !generations.clone().any(|generation| generation.saved.lacks(safe, books)) {
            let pass = |generation: &mut Generation| generation.saved.pass_over(safe, books);
            self.generations.iter_mut().for_each(pass);
            return false;
        }
        for generation in &mut self.generations {
            generation.saved.rewind(safe, (books, back), reason);
            generation.begin_again(now);
        }
        self.order_time = [Timestamp(i64::MIN); 2];
        self.changed = true;
        true
    }
}

impl Saved {
    /// Whether something that was handed over is not safe.
    fn lacks(&self, safe: &Safe, books: &Books) -> bool {
        self.streams.iter().any(|stream| {
            let known = safe.get(&stream.source);
            let is_open =
                self.ended && stream.position > 0 && known.is_none_or(|known| !known.ended);
            is_open || handed(stream, books) > known.map_or(0, CentreSource::reach)
        })
    }

    /// Takes note of what is safe beyond what was handed over.
    fn pass_over(&mut self, safe: &Safe, books: &Books) {
        for stream in &mut self.streams {
            let Some(known) = safe.get(&stream.source) else { continue };
            let handed = handed(stream, books);
            if known.reach() > handed {
                stream.covered.clone_from(&known.covered);
                stream.covered.extend(Some((handed, known.mark)).filter(|(from, to)| from < to));
            }
        }
    }

    /// Goes back to the first position that is not safe, in every stream.
    fn rewind(&mut self, safe: &Safe, (books, back): (&Books, &mut Books), reason: Reason) {
        self.pass_over(safe, books);
        let before = self.again.take();
        let mut again = Again { reason, ended: self.ended, streams: Default::default() };
        for (stream, was) in self.streams.iter_mut().zip(&mut again.streams) {
            *was = (stream.position, stream.read);
            let handed = handed(stream, books);
            let known = safe.get(&stream.source);
            if handed <= known.map_or(0, CentreSource::reach) {
                continue;
            }
            let book = known.map_or(Book::default(), |known| Book {
                to: known.mark,
                running: known.count(),
                ended: false,
            });
            (stream.position, stream.read) = (book.to, book.running);
            stream.covered = known.map(|known| known.covered.clone()).unwrap_or_default();
            stream.last = Timestamp::default();
            back.insert(stream.source, book);
        }
        self.again = Some(match before {
            Some(before) => before.and(again),
            None => again,
        });
    }
}

/// How far a stream was handed over, perhaps behind its last record.
fn handed(stream: &StreamState, books: &Books) -> u64 {
    books.get(&stream.source).map_or(0, |book| book.to).max(stream.position)
}

impl Again {
    /// Went back twice: what was read the first time is still to be found.
    fn and(self, later: Self) -> Self {
        let mut streams = self.streams;
        for (first, second) in streams.iter_mut().zip(later.streams) {
            *first = if second.0 > first.0 { second } else { *first };
        }
        Self { ended: self.ended || later.ended, streams, ..later }
    }
}

impl Generation {
    /// From the first byte, as if it had just been found; what was handed over is passed over.
    fn begin_again(&mut self, now: Instant) {
        let saved = &mut self.saved;
        (saved.checkpoint, saved.mid_line) = (0, false);
        (saved.drained, saved.ended) = (false, false);
        (self.at, self.lent, self.ends_seen) = (0, false, 0);
        (self.long, self.said, self.damaged) = (None, None, None);
        self.partials = Default::default();
        self.groups = Default::default();
        self.waiting.clear();
        self.overlap.clear();
        self.overlap_to = 0;
        self.quiet = (0, now);
    }
}
