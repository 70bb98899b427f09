//! What a look finds for the first time: its place among what is known, and the generation that begins.
//!
//! Invariants:
//! - what lies under the live name is the youngest, whatever a runtime's clock says; of others their names
//!   decide, then their first lines' times;
//! - a copy, or the gzip of what begins here too, is one more home of it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use nilometer_model::{LineageId, SourceId, Stream, Timestamp};

use crate::content::{Content, Inode, Stat};
use crate::directory::shown;
use crate::discover::{LogFile, Place, Rank};
use crate::enrich::Speaker;
use crate::generation::{Generation, Home, Saved, StreamState, are_copies, is_gzip_of};
use crate::head::Head;
use crate::identity::{lineage_id, source_id};
use crate::lineages::Lineages;
use crate::listing::Site;
use crate::reading::SourceInfo;
use nilometer_parse::Format;

/// A file that holds nothing known.
pub(crate) struct Fresh {
    pub(crate) file: LogFile,
    /// None: no name leads to it any more.
    pub(crate) homes: Vec<Home>,
    pub(crate) stat: Stat,
    pub(crate) head: Head,
    pub(crate) content: Option<Content>,
}

impl Fresh {
    /// What nobody saw.
    pub(crate) fn unseen(place: &Place, inode: Inode) -> Self {
        let stat = Stat { inode, size: 0, modified: Timestamp::default(), deleted: true };
        Self { file: place.live(), homes: Vec::new(), stat, head: Head::unseen(), content: None }
    }

    /// Whether it is what became of an open file that has no name any more.
    pub(crate) fn is_gzip_of(&self, (head, open): (&Head, &mut Content), format: Format) -> bool {
        let is_it = self.file.gzip && self.content.is_none() && self.head == *head;
        is_it && is_gzip_of(&self.file.path, open, format)
    }

    fn is_live(&self) -> bool {
        !self.homes.is_empty() && self.file.rank == Rank::Live
    }
}

impl Lineages {
    /// Plain files: the file that was read last under the live name, when it is gone and only a copy of what
    /// was read of it is there. What was written into it behind the copy, while nobody looked, is lost, and
    /// nobody knows how much it was.
    pub(crate) fn gone_behind_its_copy(
        &self,
        listed: &HashSet<Inode>,
        homes: &[Vec<Home>],
    ) -> Option<Inode> {
        let (last, homes) = (self.generations.last()?, homes.last()?);
        let inode = last.saved.inode;
        let is_copy = |home: &Home| home.rank != Rank::Live && !home.gzip;
        let unseen = self.place.format == Format::Plain
            && inode != Inode::default()
            && !listed.contains(&inode)
            && !self.unclear.contains_key(&inode)
            && last.content.is_none()
            && !last.is_over()
            && !last.saved.ended;
        (unseen && !homes.is_empty() && homes.iter().all(is_copy)).then_some(inode)
    }

    /// Begins a generation for each that is no copy of another. Whether there was any.
    pub(crate) fn add_fresh(&mut self, mut fresh: Vec<Fresh>, site: &mut Site<'_>) -> bool {
        let any = !fresh.is_empty();
        fresh.sort_by(|a, b| {
            let (rank, gzip) = (|f: &Fresh| f.file.rank.clone(), |f: &Fresh| f.file.gzip);
            let key = |f: &Fresh| (f.file.restart, f.is_live(), rank(f), f.head.time, gzip(f));
            key(a).cmp(&key(b))
        });
        let copy = self.take_copy(&mut fresh);
        let mut last: Option<(Rank, Head, usize)> = None;
        for found in fresh {
            let is_orphan = found.homes.is_empty();
            let twin = last.as_ref().filter(|(rank, before, _)| {
                *before == found.head
                    && !is_orphan
                    && (self.place.format != Format::Plain || *rank == found.file.rank)
            });
            if let Some((_, _, index)) = twin {
                // The gzip of the file before it, or its copy.
                self.generations[*index].homes.extend(found.homes);
                continue;
            }
            let (rank, head) = (found.file.rank.clone(), found.head.clone());
            let index = self.begin(found, site);
            last = Some((rank, head, index)).filter(|_| !is_orphan);
        }
        if let (Some(copy), Some((_, _, index))) = (copy, last) {
            let generation = &mut self.generations[index];
            generation.echoed = true;
            let part_of = Some(generation.saved.number);
            let Fresh { file, stat, content: held, .. } = copy;
            self.wait_for((&file, &stat), part_of, held, site.now);
        }
        any
    }

    /// Plain files: of what is new under the live name a copy may have been made just now, which is about to
    /// be truncated; sorted before it. A whole copy is one more home of it; one in the making is given back.
    fn take_copy(&self, fresh: &mut Vec<Fresh>) -> Option<Fresh> {
        let [.., copy, live] = fresh.as_mut_slice() else { return None };
        let is_plain = self.place.format == Format::Plain;
        let is_orphan = copy.homes.is_empty();
        if !is_plain || !live.is_live() || is_orphan || copy.head != live.head {
            return None;
        }
        let open = |fresh: &Fresh| {
            Content::open(&fresh.file.path, fresh.file.gzip).ok().map(|(content, _)| content)
        };
        // What is shorter than its copy was truncated since: see `agrees_with_older`.
        if copy.stat.size > live.stat.size && !copy.file.gzip {
            return None;
        }
        let (mut one, mut other) = (open(copy)?, open(live)?);
        if !are_copies(&mut one, &mut other) {
            return None;
        }
        let copy = fresh.remove(fresh.len() - 2);
        let live = fresh.last_mut()?;
        if copy.stat.size < live.stat.size {
            return Some(copy);
        }
        live.homes.extend(copy.homes);
        None
    }

    /// Where a new generation stands: behind all that are older.
    fn place_of(&self, found: &Fresh) -> usize {
        let is_plain = self.place.format == Format::Plain;
        let is_older = |known: &Generation| {
            // Of a truncated file the name says nothing, until it is read: what is found later is younger.
            if is_plain {
                return true;
            }
            if known.saved.restart != found.file.restart || found.is_live() {
                return known.saved.restart <= found.file.restart;
            }
            let rank = known.homes.first().map(|home| &home.rank);
            match rank.filter(|rank| **rank != found.file.rank) {
                Some(rank) => *rank < found.file.rank,
                None => known.saved.first_time <= found.head.time,
            }
        };
        self.generations.iter().rposition(is_older).map_or(0, |index| index + 1)
    }

    /// A generation begins; its index.
    pub(crate) fn begin(&mut self, found: Fresh, site: &mut Site<'_>) -> usize {
        let index = self.place_of(&found);
        let Fresh { file, homes, stat, head, mut content } = found;
        let sources = self.sources((&file, &head, content.as_mut()), site);
        let streams = sources.map(|source| match site.adopted.remove(&source) {
            Some(centre) => StreamState::adopt(&centre),
            None => StreamState { source, ..StreamState::default() },
        });
        let saved = Saved {
            restart: file.restart,
            first_time: head.time,
            number: self.next_number,
            fingerprint: head.fingerprint,
            inode: stat.inode,
            size_seen: if file.gzip { 0 } else { stat.size },
            seen_in: if file.gzip { Inode::default() } else { stat.inode },
            path: self.below(&file.path),
            streams,
            ..Saved::default()
        };
        self.next_number += 1;
        let infos = self.infos(&saved, site.node, &self.speaker);
        let mut generation = Generation::new(saved, infos, site.now);
        generation.homes = homes;
        generation.content = content;
        // Most logs have one: room for more than there are would take more than all else that is known of them.
        self.generations.reserve_exact(1);
        self.generations.insert(index, generation);
        self.changed = true;
        index
    }

    /// The ids of a new generation's sources; a plain file's is drawn, unless the centre knows it.
    fn sources(
        &self,
        (file, head, content): (&LogFile, &Head, Option<&mut Content>),
        site: &Site<'_>,
    ) -> [SourceId; 2] {
        if self.place.format != Format::Plain {
            let first = (head.time, head.fingerprint.hash);
            return [Stream::Stdout, Stream::Stderr]
                .map(|stream| source_id(site.node, self.id_key(), stream.name(), first));
        }
        let mut opened = match content {
            None if !site.adopted.is_empty() => Content::open(&file.path, file.gzip).ok(),
            _ => None,
        };
        let content = content.or(opened.as_mut().map(|(content, _)| content));
        let (is_live, known) = (file.rank == Rank::Live, site.adopted.values());
        let known = self.known((head, is_live, content), site.node, known);
        let source = known.map_or_else(|| SourceId(crate::dice::roll()), |centre| centre.source);
        [source, SourceId::default()]
    }

    /// What the records of a generation's sources share.
    pub(crate) fn infos(
        &self,
        saved: &Saved,
        node: &str,
        speaker: &Arc<Speaker>,
    ) -> [Arc<SourceInfo>; 2] {
        let attributes = Arc::new(speaker.attributes());
        let streams = match self.place.format {
            Format::Plain => [Stream::File, Stream::File],
            Format::Cri | Format::Docker => [Stream::Stdout, Stream::Stderr],
        };
        let info = |index: usize| {
            Arc::new(SourceInfo {
                source: saved.streams[index].source,
                lineage: self.lineage(node, streams[index]),
                speaker: Arc::clone(speaker),
                attributes: Arc::clone(&attributes),
                stream: streams[index],
                path: saved.path.clone(),
                fingerprint: saved.fingerprint,
            })
        };
        [info(0), info(1)]
    }

    pub(crate) fn lineage(&self, node: &str, stream: Stream) -> LineageId {
        lineage_id(node, self.id_key(), stream.name())
    }

    /// What ids are made of: the key; for Docker the container's id, wherever its directory is.
    fn id_key(&self) -> &str {
        match self.place.format {
            Format::Docker => self.key.rsplit('/').next().unwrap_or(&self.key),
            Format::Cri | Format::Plain => &self.key,
        }
    }

    fn below(&self, path: &Path) -> String {
        let dir = match self.place.format {
            Format::Plain => self.key.rsplit_once('/').map_or("", |(dir, _)| dir),
            Format::Cri | Format::Docker => &self.key,
        };
        let name = path.file_name().map(shown).unwrap_or_default();
        format!("{dir}/{name}")
    }
}
