//! Files of which it cannot be told yet what they hold.
//!
//! Invariants:
//! - such a file is held open: it may be deleted before it can be told;
//! - one that does not grow is not opened again;
//! - one that vanished is not read beside its gzip.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::content::{Content, Inode, Stat};
use crate::discover::LogFile;
use crate::fresh::Fresh;
use crate::generation::Generation;
use crate::head::Head;
use crate::limits::COPY_IDLE_S;
use crate::lineages::Lineages;
use nilometer_parse::Format;

/// A file of which it cannot be told yet what it holds.
#[derive(Debug)]
pub(crate) struct Unclear {
    size: u64,
    /// Since when it has been of that size.
    pub(crate) since: Instant,
    /// It is a copy of a part of that generation (its number).
    part_of: Option<u64>,
    file: LogFile,
    /// Held open in case it vanishes.
    pub(crate) held: Option<Content>,
}

impl Unclear {
    /// What a file without a name holds that is not what was known of it.
    pub(crate) fn orphan(content: Content, file: LogFile, now: Instant) -> Self {
        // Of no size that is known: it is nobody's copy.
        Self { size: 0, since: now, part_of: None, file, held: Some(content) }
    }

    /// Whether it will be told what it holds when it has not grown for a while.
    pub(crate) fn waits_for_time(&self) -> bool {
        self.size > 0 && self.part_of.is_none()
    }
}

impl Lineages {
    /// Whether a file that could not be told before need not be opened again.
    pub(crate) fn is_still_unclear(&mut self, stat: &Stat) -> bool {
        let Some(unclear) = self.unclear.get(&stat.inode).filter(|u| u.size == stat.size) else {
            return false;
        };
        if let Some(number) = unclear.part_of {
            let whole = self.generations.iter_mut().find(|g| g.saved.number == number);
            return whole.map(|generation| generation.echoed = true).is_some();
        }
        stat.size == 0
    }

    pub(crate) fn wait_for(
        &mut self,
        (file, stat): (&LogFile, &Stat),
        part_of: Option<u64>,
        held: Option<Content>,
        now: Instant,
    ) {
        let (size, file) = (stat.size, file.clone());
        let since = match self.unclear.get(&stat.inode) {
            Some(before) if before.size == size => before.since,
            _ => now,
        };
        self.unclear.insert(stat.inode, Unclear { size, since, part_of, file, held });
    }

    /// Files that vanished before it could be told what they hold: now, or never.
    pub(crate) fn take_vanished(&mut self, listed: &HashSet<Inode>, fresh: &mut Vec<Fresh>) {
        let gone: Vec<Inode> =
            self.unclear.keys().filter(|inode| !listed.contains(inode)).copied().collect();
        for inode in gone {
            let Some(Unclear { file, held, size, .. }) = self.unclear.remove(&inode) else {
                continue;
            };
            // A copy that goes before it could be told from its original holds nothing new.
            let unknown = self.place.format != Format::Plain || size == 0;
            let Some(mut content) = held.filter(|_| unknown) else { continue };
            let (Ok(stat), Ok(Some(head))) =
                (content.stat(), Head::read(self.place.format, &mut content))
            else {
                continue;
            };
            // A name that came between, under which it is seen with the next look.
            if !stat.deleted {
                continue;
            }
            let format = self.place.format;
            let known = |generation: &&mut Generation| {
                generation.lies_compressed((&head, &mut content), format)
            };
            // What is known by its gzip goes on here, if there is more, and what is open goes on there.
            if let Some(generation) = self.generations.iter_mut().find(known) {
                if stat.size > generation.at {
                    generation.content = Some(content);
                    generation.saved.ended = false;
                }
                continue;
            }
            match fresh.iter_mut().find(|found| found.is_gzip_of((&head, &mut content), format)) {
                Some(gzip) => (gzip.stat, gzip.content) = (stat, Some(content)),
                None => {
                    let (homes, content) = (Vec::new(), Some(content));
                    fresh.push(Fresh { file, homes, stat, head, content });
                }
            }
        }
    }

    /// Whether a file that may become a copy has grown lately.
    pub(crate) fn may_grow(&self, stat: &Stat, now: Instant) -> bool {
        let waiting = self.unclear.get(&stat.inode).filter(|unclear| unclear.size == stat.size);
        waiting.is_none_or(|unclear| {
            now.saturating_duration_since(unclear.since) < Duration::from_secs(COPY_IDLE_S)
        })
    }
}
