//! Which file holds which generation: a look at a log's directory.
//!
//! Invariants:
//! - a file is matched by content; its inode only saves opening it again in this process's life;
//! - a file that might still become a copy of a known generation is left alone until it can be told, and
//!   so is a copy of a part of one, which holds nothing new;
//! - a file stays open from the look that found it on, also while it is empty: it may be deleted before
//!   the next;
//! - of several files that begin as a generation does and then differ, the oldest holds it;
//! - a copy, or the gzip of what is still open, is one more home of its generation, never a new one.

use std::collections::{HashMap, HashSet};
use std::time::Instant;
use std::{fs, io};

use nilometer_model::SourceId;

use crate::content::{Content, Inode, Stat, is_exhaustion};
use crate::directory::Directory;
use crate::discover::{LogFile, Rank, files};
use crate::fresh::Fresh;
use crate::generation::{Home, begin_alike};
use crate::head::{Head, Match};
use crate::limits::FINGERPRINT_BYTES;
use crate::lineages::Lineages;
use crate::reading::CentreSource;
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
        let unseen = self.gone_behind_its_copy(&listed, &homes);
        self.settle_homes(homes, site.now);
        if !fresh.is_empty() {
            self.disown_replaced(site.now);
        }
        self.take_vanished(&listed, &mut fresh);
        if let Some(inode) = unseen {
            self.begin(Fresh::unseen(&self.place, inode), site);
        }
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
                self.disown(index, stat.inode, site.now);
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
                self.wait_for((file, &stat), part_of, content, site.now);
                Known::Unclear
            }
        })
    }

    fn held_in(&self, inode: Inode) -> Option<usize> {
        self.generations.iter().position(|g| g.homes.iter().any(|home| home.inode == inode))
    }

    /// What was written into a truncated file that was then deleted comes before what has its name now.
    fn disown_replaced(&mut self, now: Instant) {
        for index in 0..self.generations.len() {
            let replaced = self.generations[index].replaced_and_deleted(self.place.format);
            if let Some(inode) = replaced {
                self.disown(index, inode, now);
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
    /// of files with the same banner, the oldest is what was begun. What is live and shorter than its copy was
    /// truncated since, though what it holds by now is the same as far as it goes.
    fn agrees_with_older(&self, index: usize, seen: &Sighting<'_>) -> bool {
        let generation = &self.generations[index];
        let older = seen.homes[index].first().filter(|older| older.inode != seen.stat.inode);
        let (true, Some(older)) = (generation.is_young(), older) else { return true };
        let opened = [(&older.path, older.gzip), (&seen.file.path, seen.file.gzip)]
            .map(|(path, gzip)| Content::open(path, gzip));
        match opened {
            [Ok((mut one, older_stat)), Ok((mut other, stat))] => {
                let is_copy = seen.file.rank == Rank::Live && !older.gzip && !seen.file.gzip;
                let was_truncated = is_copy && stat.size < older_stat.size;
                !was_truncated && begin_alike(&mut one, &mut other)
            }
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
                Match::Yes if found.is_some() => {}
                // What is new under the live name is not what is known to lie elsewhere, unless that is a copy
                // of it, made just now.
                Match::Yes if live && generation.lies_elsewhere() => {
                    found = generation.is_copied_from(content).then_some(index);
                    if found.is_some() {
                        generation.move_to(&seen.stat);
                    }
                }
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
}
