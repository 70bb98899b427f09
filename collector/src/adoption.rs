//! What the centre has of a log's files, found by a reader that does not remember them.
//!
//! Invariants:
//! - a container's sources have their ids from their files; a plain file is known by its beginning, by what it
//!   must hold, and by whether it may still be written to;
//! - what is found before the centre has said anything goes on from there once it has, unless it was read.

use std::collections::BTreeSet;

use nilometer_model::{SourceId, Stream};

use crate::content::Content;
use crate::discover::Rank;
use crate::generation::{Home, StreamState};
use crate::head::Head;
use crate::limits::FINGERPRINT_BYTES;
use crate::lineages::Lineages;
use crate::reading::CentreSource;
use crate::reread::Safe;
use nilometer_parse::Format;

/// How well a plain file fits what the centre has of a source that begins like it, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The source has ended, and the file is longer: the last of it never came to the centre.
    Longer,
    /// The source goes on.
    Open,
    /// It has ended where the file ends.
    Whole,
}

impl Fit {
    /// `None`: it is another one. Under the live name lies nothing that has ended, and what is shorter than
    /// its source was written anew.
    fn of(centre: &CentreSource, is_live: bool, content: Option<&mut Content>) -> Option<Self> {
        // A file that cannot be opened now, and a disk that does not answer yet, say nothing against it.
        let Some(content) = content else { return (!centre.ended).then_some(Self::Open) };
        let mut reaches = |end: u64| content.read_at(end, &mut [0]).map(|n| n == 1);
        let end = centre.end();
        if !centre.ended {
            let holds = end == 0 || reaches(end - 1).unwrap_or(true);
            return holds.then_some(Self::Open);
        }
        let is_told_from_others = centre.fingerprint.bytes as usize == FINGERPRINT_BYTES;
        match end > 0 && !is_live && reaches(end - 1).ok()? {
            true if !reaches(end).ok()? => Some(Self::Whole),
            true if is_told_from_others => Some(Self::Longer),
            _ => None,
        }
    }
}

impl Lineages {
    /// What the centre has of a plain file that begins like this.
    pub(crate) fn known<'a>(
        &self,
        (head, is_live, mut content): (&Head, bool, Option<&mut Content>),
        node: &str,
        known: impl Iterator<Item = &'a CentreSource>,
    ) -> Option<&'a CentreSource> {
        let lineage = self.lineage(node, Stream::File);
        let alike =
            known.filter(|centre| centre.lineage == lineage && head.begins_as(centre.fingerprint));
        let fit = alike
            .filter_map(|centre| Some((Fit::of(centre, is_live, content.as_deref_mut())?, centre)));
        fit.max_by_key(|(fit, centre)| (*fit, centre.source)).map(|(_, centre)| centre)
    }

    /// Has what was found before the centre said what it has, and not read since, go on from there. The
    /// sources that do.
    pub(crate) fn recognise(&mut self, safe: &Safe, node: &str) -> BTreeSet<SourceId> {
        let mut recognised = BTreeSet::new();
        for index in 0..self.generations.len() {
            if self.generations[index].saved.is_begun() {
                continue;
            }
            let sources = match self.place.format {
                Format::Plain => {
                    let new = safe.values().filter(|known| !recognised.contains(&known.source));
                    let mut held = self.generations[index].content.take();
                    let known = self.recognise_file((index, held.as_mut()), node, new);
                    self.generations[index].content = held;
                    [known, None]
                }
                Format::Cri | Format::Docker => {
                    let streams = &self.generations[index].saved.streams;
                    [&streams[0], &streams[1]].map(|stream| safe.get(&stream.source))
                }
            };
            let saved = &mut self.generations[index].saved;
            for (stream, known) in saved.streams.iter_mut().zip(sources) {
                let Some(known) = known else { continue };
                *stream = StreamState::adopt(known);
                recognised.insert(known.source);
                self.changed = true;
            }
            let infos = self.infos(&self.generations[index].saved, node, &self.speaker);
            self.generations[index].infos = infos;
        }
        recognised
    }

    /// What the centre has of a plain generation, by the file that holds it. While that cannot be told (a file
    /// was truncated since, its copy not seen yet), by how it began.
    fn recognise_file<'a>(
        &self,
        (index, held): (usize, Option<&mut Content>),
        node: &str,
        mut known: impl Iterator<Item = &'a CentreSource>,
    ) -> Option<&'a CentreSource> {
        let began = self.generations[index].saved.fingerprint;
        let home = self.generations[index].homes.first();
        let is_live = home.is_some_and(|home| home.rank == Rank::Live);
        let open = |home: &Home| Content::open(&home.path, home.gzip).ok();
        let mut opened = if held.is_none() { home.and_then(open) } else { None };
        let mut content = held.or(opened.as_mut().map(|(content, _)| content));
        let head = content.as_mut().and_then(|content| Head::read(Format::Plain, content).ok()?);
        if let Some(head) = head.filter(|head| head.begins_as(began)) {
            return self.known((&head, is_live, content), node, known);
        }
        let lineage = self.lineage(node, Stream::File);
        let is_long = began.bytes as usize == FINGERPRINT_BYTES;
        known.find(|centre| is_long && (centre.lineage, centre.fingerprint) == (lineage, began))
    }
}
