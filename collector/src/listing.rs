//! Which file holds which generation: a look at a log's directory.
//!
//! Invariants:
//! - a file is matched by content; its inode only saves opening it again in this process's life;
//! - a file that might still become a copy of a known generation is left alone until it can be told, and
//!   so is a copy of a part of one, which holds nothing new;
//! - a file stays open from the look that found it on, also while it is empty: it may be deleted before
//!   the next;
//! - of several files that begin as a generation does and then differ, the oldest holds it;
//! - what lies under the live name is the youngest, whatever a runtime's clock says; of others their names
//!   decide, then their first lines' times;
//! - a copy, or the gzip of what is still open, is one more home of its generation, never a new one.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io};

use nilometer_model::{Count, LineageId, SourceId, Stream};

use crate::content::{Content, Inode, Stat, is_exhaustion};
use crate::directory::{Directory, shown};
use crate::discover::{LogFile, Rank, files};
use crate::enrich::Speaker;
use crate::generation::{Generation, Home, Saved, StreamState, begin_alike};
use crate::head::{Head, Match};
use crate::identity::{lineage_id, source_id};
use crate::limits::{BANNER_BYTES_MAX, COPY_IDLE_S, FINGERPRINT_BYTES};
use crate::lineages::Lineages;
use crate::reading::{CentreSource, SourceInfo};
use nilometer_parse::Format;

/// What a look needs besides the log.
pub(crate) struct Site<'a> {
    pub(crate) node: &'a str,
    /// What the centre has of sources that this collector does not remember.
    pub(crate) adopted: &'a mut HashMap<SourceId, CentreSource>,
    pub(crate) now: Instant,
    pub(crate) warnings: &'a mut Vec<String>,
    /// Whether what is found may stay open: it may be deleted before its turn comes.
    pub(crate) may_hold: bool,
    /// A file could not be opened because too many are open.
    pub(crate) exhausted: &'a mut bool,
}

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
    pub(crate) fn orphan(content: Content, home: Home, now: Instant) -> Self {
        let file = LogFile { path: home.path, gzip: home.gzip, restart: 0, rank: home.rank };
        // Of no size that is known: it is nobody's copy.
        Self { size: 0, since: now, part_of: None, file, held: Some(content) }
    }

    /// Whether it will be told what it holds when it has not grown for a while.
    pub(crate) fn waits_for_time(&self) -> bool {
        self.size > 0 && self.part_of.is_none()
    }
}

/// A file that holds nothing known.
struct Fresh {
    file: LogFile,
    /// None: no name leads to it any more.
    homes: Vec<Home>,
    stat: Stat,
    head: Head,
    content: Option<Content>,
}

impl Fresh {
    fn is_live(&self) -> bool {
        !self.homes.is_empty() && self.file.rank == Rank::Live
    }
}

/// What is known of a file.
enum Known {
    Generation(usize),
    Fresh(Box<Fresh>),
    /// It cannot be told yet.
    Unclear,
}

/// What a file's content says.
enum Found {
    Generation(usize),
    /// It cannot be told; it is a copy of a part of that generation (its number), or may become one.
    Unclear(Option<u64>),
    Nothing,
}

/// A file as it is seen now, and what older files of this look hold.
struct Sighting<'a> {
    file: &'a LogFile,
    stat: Stat,
    homes: &'a [Vec<Home>],
}

impl Lineages {
    /// Matches the files of that directory to generations. Whether there may be something to read.
    pub(crate) fn relist(&mut self, directory: &mut Directory, site: &mut Site<'_>) -> bool {
        let mut homes: Vec<Vec<Home>> = vec![Vec::new(); self.generations.len()];
        let mut fresh = Vec::new();
        let mut grown = false;
        let mut listed = HashSet::new();
        self.generations.iter_mut().for_each(|generation| generation.echoed = false);
        for file in files(&self.place, directory) {
            let Ok(metadata) = fs::symlink_metadata(&file.path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            let stat = Stat::of(&metadata);
            listed.insert(stat.inode);
            match self.know(&Sighting { file: &file, stat, homes: &homes }, site) {
                Known::Generation(index) => {
                    let home = Home::of(&file, &stat);
                    grown |= self.has_grown(index, &home, &stat);
                    homes[index].push(home);
                }
                Known::Fresh(found) => fresh.push(*found),
                Known::Unclear => {}
            }
        }
        self.settle_homes(homes, site.now);
        if !fresh.is_empty() {
            self.disown_replaced(site.now);
        }
        self.take_vanished(&listed, &mut fresh);
        grown | self.add_fresh(fresh, site)
    }

    fn know(&mut self, seen: &Sighting<'_>, site: &mut Site<'_>) -> Known {
        let (file, stat) = (seen.file, &seen.stat);
        if let Some(index) = self.held_in(stat.inode) {
            let shrunk = !file.gzip && stat.size < self.generations[index].at;
            if !shrunk && self.agrees_with_older(index, seen) {
                return self.refresh(index, file, stat);
            }
            // A copy that the original has outgrown is a part of it from now on.
            let copy = file.rank != Rank::Live && self.generations[index].saved.inode != stat.inode;
            if !(shrunk && copy) {
                self.generations[index].lose_home(stat.inode, site.now);
            }
        }
        if self.is_still_unclear(stat) {
            return Known::Unclear;
        }
        match self.open(seen, site) {
            Ok(known) => known,
            Err(error) => {
                // A name that has gone meanwhile, or a gzip being written, is no news.
                if error.kind() == io::ErrorKind::PermissionDenied {
                    site.warnings.push(format!("{}: {error}", file.path.display()));
                }
                *site.exhausted |= is_exhaustion(&error);
                Known::Unclear
            }
        }
    }

    /// Opens a file that is not known by its inode.
    fn open(&mut self, seen: &Sighting<'_>, site: &mut Site<'_>) -> io::Result<Known> {
        let (file, known) = (seen.file, &seen.stat);
        let (mut content, stat) = Content::open(&file.path, file.gzip)?;
        if stat.inode != known.inode {
            return Ok(Known::Unclear);
        }
        let head = Head::read(self.place.format, &mut content)?;
        let found = match &head {
            Some(head) => self.identify(head, seen, &mut content, site.now),
            None => Found::Unclear(None),
        };
        let content = Some(content).filter(|_| site.may_hold && !file.gzip);
        Ok(match (found, head) {
            (Found::Generation(index), _) => {
                self.unclear.remove(&stat.inode);
                let generation = &mut self.generations[index];
                if generation.content.is_none() && generation.saved.inode == stat.inode {
                    generation.content = content;
                }
                Known::Generation(index)
            }
            (Found::Nothing, Some(head)) => {
                self.unclear.remove(&stat.inode);
                let (file, homes) = (file.clone(), vec![Home::of(file, &stat)]);
                Known::Fresh(Box::new(Fresh { file, homes, stat, head, content }))
            }
            (found, _) => {
                let part_of = match found {
                    Found::Unclear(part_of) => part_of,
                    _ => None,
                };
                self.wait_for(seen, part_of, content, site.now);
                Known::Unclear
            }
        })
    }

    fn held_in(&self, inode: Inode) -> Option<usize> {
        self.generations.iter().position(|g| g.homes.iter().any(|home| home.inode == inode))
    }

    /// Whether a file that could not be told before need not be opened again.
    fn is_still_unclear(&mut self, stat: &Stat) -> bool {
        let Some(unclear) = self.unclear.get(&stat.inode).filter(|u| u.size == stat.size) else {
            return false;
        };
        if let Some(number) = unclear.part_of {
            let whole = self.generations.iter_mut().find(|g| g.saved.number == number);
            return whole.map(|generation| generation.echoed = true).is_some();
        }
        stat.size == 0
    }

    fn wait_for(
        &mut self,
        seen: &Sighting<'_>,
        part_of: Option<u64>,
        held: Option<Content>,
        now: Instant,
    ) {
        let (size, file) = (seen.stat.size, seen.file.clone());
        let since = match self.unclear.get(&seen.stat.inode) {
            Some(before) if before.size == size => before.since,
            _ => now,
        };
        self.unclear.insert(seen.stat.inode, Unclear { size, since, part_of, file, held });
    }

    /// What was written into a truncated file that was then deleted comes before what has its name now.
    fn disown_replaced(&mut self, now: Instant) {
        for index in 0..self.generations.len() {
            if self.generations[index].was_replaced_and_deleted(self.place.format) {
                self.disown(index, now);
            }
        }
    }

    /// Files that vanished before it could be told what they hold: now, or never.
    fn take_vanished(&mut self, listed: &HashSet<Inode>, fresh: &mut Vec<Fresh>) {
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
            if stat.deleted {
                let (homes, content) = (Vec::new(), Some(content));
                fresh.push(Fresh { file, homes, stat, head, content });
            }
        }
    }

    /// A plain file that began short is known by more of its bytes as it grows.
    fn refresh(&mut self, index: usize, file: &LogFile, stat: &Stat) -> Known {
        let format = self.place.format;
        let saved = &mut self.generations[index].saved;
        let known = u64::from(saved.fingerprint.bytes);
        if format == Format::Plain && known < FINGERPRINT_BYTES as u64 && stat.size > known {
            let head = Content::open(&file.path, file.gzip)
                .and_then(|(mut content, _)| Head::read(format, &mut content));
            if let Ok(Some(head)) = head
                && head.begins_as(saved.fingerprint)
            {
                saved.fingerprint = head.fingerprint;
                self.changed = true;
            }
        }
        Known::Generation(index)
    }

    /// Whether a file that holds a young generation agrees with an older one that was found to hold it:
    /// of files with the same banner, the oldest is what was begun.
    fn agrees_with_older(&self, index: usize, seen: &Sighting<'_>) -> bool {
        let generation = &self.generations[index];
        let older = seen.homes[index].first().filter(|older| older.inode != seen.stat.inode);
        let (true, Some(older)) = (generation.is_young(), older) else { return true };
        let opened = [(&older.path, older.gzip), (&seen.file.path, seen.file.gzip)]
            .map(|(path, gzip)| Content::open(path, gzip));
        match opened {
            [Ok((mut one, _)), Ok((mut other, _))] => begin_alike(&mut one, &mut other),
            _ => true,
        }
    }

    /// The generation that a file holds: of several that it might, the one last seen in that inode.
    fn identify(
        &mut self,
        head: &Head,
        seen: &Sighting<'_>,
        content: &mut Content,
        now: Instant,
    ) -> Found {
        let mut found: Option<usize> = None;
        let (mut short, mut part_of) = (false, None);
        let (inode, live) = (seen.stat.inode, seen.file.rank == Rank::Live);
        for index in 0..self.generations.len() {
            let rival = !self.agrees_with_older(index, seen);
            let generation = &mut self.generations[index];
            if generation.not_in == Some(inode) || rival {
                continue;
            }
            match head.matches(self.place.format, &generation.saved, content) {
                Match::Yes if generation.saved.inode == inode => {
                    let same = seen.file.gzip || generation.note_size(&seen.stat);
                    found = if same { Some(index) } else { found };
                }
                // Nor is what is new under the live name what is known to lie elsewhere.
                Match::Yes if live && generation.lies_elsewhere() => {}
                Match::Yes if found.is_some() => {}
                Match::Yes if generation.begins_like(content) => found = Some(index),
                // It is the copy of what was truncated under the live name and began the same again.
                Match::Yes if !live && generation.lies_live() => {
                    generation.content = None;
                    found = Some(index);
                }
                // Copies are never made under the live name.
                Match::TooShort if !generation.saved.ended => short |= !live,
                Match::Part if !live => {
                    generation.echoed = true;
                    part_of = Some(generation.saved.number);
                }
                // Too short to tell from a banner by itself; but copies are made of what is live, or was.
                Match::Beginning if !live && generation.is_original_of(inode) => {
                    generation.echoed = true;
                    part_of = Some(generation.saved.number);
                }
                Match::Beginning if !generation.saved.ended => short |= !live,
                _ => {}
            }
        }
        match found {
            Some(index) => Found::Generation(index),
            None if part_of.is_some() => Found::Unclear(part_of),
            None if short && self.may_grow(&seen.stat, now) => Found::Unclear(None),
            None => Found::Nothing,
        }
    }

    /// Whether a file that may become a copy has grown lately.
    fn may_grow(&self, stat: &Stat, now: Instant) -> bool {
        let waiting = self.unclear.get(&stat.inode).filter(|unclear| unclear.size == stat.size);
        waiting.is_none_or(|unclear| {
            now.saturating_duration_since(unclear.since) < Duration::from_secs(COPY_IDLE_S)
        })
    }

    /// Whether the file holds something that was not read; a generation that ended and grew goes on.
    fn has_grown(&mut self, index: usize, home: &Home, stat: &Stat) -> bool {
        let format = self.place.format;
        let generation = &mut self.generations[index];
        let grown = !home.gzip && stat.size > generation.at;
        // Also while the sink is full and nothing is read. That it shrank or holds something else, the next
        // visit finds.
        if !home.gzip && generation.begins_as_known(format).unwrap_or(false) {
            let _not_shrunk = generation.note_size(stat);
        }
        if grown {
            generation.saved.ended = false;
        }
        grown || home.gzip && !generation.is_over() && !generation.saved.ended
    }

    fn settle_homes(&mut self, homes: Vec<Vec<Home>>, now: Instant) {
        for (generation, mut homes) in self.generations.iter_mut().zip(homes) {
            let known = generation.saved.inode;
            homes.sort_by_key(|home| (home.gzip, home.inode != known));
            match homes.first() {
                Some(first) => {
                    generation.absent = None;
                    if generation.saved.inode != first.inode {
                        generation.saved.inode = first.inode;
                        self.changed = true;
                    }
                }
                None => {
                    generation.absent.get_or_insert(now);
                }
            }
            generation.homes = homes;
        }
    }

    fn add_fresh(&mut self, mut fresh: Vec<Fresh>, site: &mut Site<'_>) -> bool {
        let any = !fresh.is_empty();
        fresh.sort_by(|a, b| {
            let (rank, gzip) = (|f: &Fresh| f.file.rank.clone(), |f: &Fresh| f.file.gzip);
            let key = |f: &Fresh| (f.file.restart, f.is_live(), rank(f), f.head.time, gzip(f));
            key(a).cmp(&key(b))
        });
        let copy = self.take_copy(&mut fresh);
        let mut last: Option<(Rank, Head, usize)> = None;
        for found in fresh {
            let twin = last.as_ref().filter(|(rank, before, _)| {
                *before == found.head
                    && (self.place.format != Format::Plain || *rank == found.file.rank)
            });
            if let Some((_, _, index)) = twin {
                // The gzip of the file before it, or its copy.
                self.generations[*index].homes.extend(found.homes);
                continue;
            }
            let (rank, head) = (found.file.rank.clone(), found.head.clone());
            last = Some((rank, head, self.begin(found, site)));
        }
        if let (Some(copy), Some((_, _, index))) = (copy, last) {
            let generation = &mut self.generations[index];
            generation.echoed = true;
            let part_of = Some(generation.saved.number);
            let Fresh { file, stat, content: held, .. } = copy;
            let unclear = Unclear { size: stat.size, since: site.now, part_of, file, held };
            self.unclear.insert(stat.inode, unclear);
        }
        any
    }

    /// Plain files: of what is new under the live name a copy may have been made just now, which is about to
    /// be truncated; sorted before it. A whole copy is one more home of it; one in the making is given back.
    fn take_copy(&self, fresh: &mut Vec<Fresh>) -> Option<Fresh> {
        let [.., copy, live] = fresh.as_mut_slice() else { return None };
        let is_plain = self.place.format == Format::Plain;
        if !is_plain || !live.is_live() || copy.is_live() || copy.head != live.head {
            return None;
        }
        let open = |fresh: &Fresh| Content::open(&fresh.file.path, fresh.file.gzip).ok();
        let ((mut one, one_stat), (mut other, other_stat)) = (open(copy)?, open(live)?);
        let common = one_stat.size.min(other_stat.size);
        if common < BANNER_BYTES_MAX as u64 || !begin_alike(&mut one, &mut other) {
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
    fn begin(&mut self, found: Fresh, site: &mut Site<'_>) -> usize {
        let index = self.place_of(&found);
        let Fresh { file, homes, stat, head, content } = found;
        let sources = self.sources(&head, site);
        let mut streams: [StreamState; 2] = Default::default();
        for (state, source) in streams.iter_mut().zip(sources) {
            state.source = source;
            if let Some(centre) = site.adopted.remove(&source) {
                state.position = centre.mark;
                state.read = Count { bytes: centre.bytes, records: centre.records };
                state.covered = centre.covered;
            }
        }
        let saved = Saved {
            restart: file.restart,
            first_time: head.time,
            number: self.next_number,
            fingerprint: head.fingerprint,
            inode: stat.inode,
            path: self.below(&file.path),
            streams,
            ..Saved::default()
        };
        self.next_number += 1;
        let infos = self.infos(&saved, site.node, &self.speaker);
        let mut generation = Generation::new(saved, infos, site.now);
        generation.homes = homes;
        generation.content = content;
        self.generations.insert(index, generation);
        self.changed = true;
        index
    }

    /// The ids of a new generation's sources; a plain file's is drawn, unless the centre knows it.
    fn sources(&self, head: &Head, site: &Site<'_>) -> [SourceId; 2] {
        if self.place.format != Format::Plain {
            let first = (head.time, head.fingerprint.hash);
            return [Stream::Stdout, Stream::Stderr]
                .map(|stream| source_id(site.node, self.id_key(), stream.name(), first));
        }
        let lineage = self.lineage(site.node, Stream::File);
        let known = site.adopted.values().find(|centre| {
            centre.lineage == lineage && head.begins_as(centre.fingerprint) && !centre.ended
        });
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

    fn lineage(&self, node: &str, stream: Stream) -> LineageId {
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
