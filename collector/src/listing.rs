//! Which file holds which generation: a look at a log's directory.
//!
//! Invariants:
//! - a file is matched by content; its inode only saves opening it again in this process's life;
//! - a file that might still become a copy of a known generation is left alone until it can be told;
//! - a copy, or the gzip of what is still open, is one more home of its generation, never a new one.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{Count, LineageId, SourceId, Stream};

use crate::content::{Content, Inode, Stat};
use crate::discover::{LogFile, Rank, files};
use crate::generation::{Generation, Home, Saved, StreamState};
use crate::head::{Head, Match};
use crate::identity::{docker_names, lineage_id, source_id};
use crate::limits::{COPY_IDLE_S, DOCKER_CONFIG_BYTES_MAX, FINGERPRINT_BYTES};
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
}

/// A file that holds nothing known.
struct Fresh {
    file: LogFile,
    home: Home,
    head: Head,
}

/// What is known of a file.
enum Known {
    Generation(usize),
    Fresh(Head),
    /// It cannot be told yet.
    Unclear,
}

impl Lineages {
    /// Matches the files of that names to generations. Whether there may be something to read.
    pub(crate) fn relist(&mut self, names: &[String], site: &mut Site<'_>) -> bool {
        let mut homes: Vec<Vec<Home>> = vec![Vec::new(); self.generations.len()];
        let mut fresh = Vec::new();
        let mut grown = false;
        for file in files(&self.place, names) {
            let Ok(metadata) = fs::symlink_metadata(&file.path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            let stat = Stat::of(&metadata);
            let home = Home { inode: stat.inode, path: file.path.clone(), gzip: file.gzip };
            match self.know(&file, &home, &stat, site) {
                Known::Generation(index) => {
                    grown |= self.has_grown(index, &home, &stat);
                    homes[index].push(home);
                }
                Known::Fresh(head) => fresh.push(Fresh { file, home, head }),
                Known::Unclear => {}
            }
        }
        self.settle_homes(homes, site.now);
        self.unclear.retain(|_, (_, since)| {
            site.now.saturating_duration_since(*since) < Duration::from_secs(10 * COPY_IDLE_S)
        });
        grown | self.add_fresh(fresh, site)
    }

    fn know(&mut self, file: &LogFile, home: &Home, stat: &Stat, site: &mut Site<'_>) -> Known {
        if let Some(index) = self.held_in(home.inode) {
            let generation = &mut self.generations[index];
            let shrunk = !home.gzip && stat.size < generation.at;
            if !shrunk {
                return self.refresh(index, home, stat);
            }
            generation.lose_home(home.inode, site.now);
        }
        if stat.size == 0 {
            return Known::Unclear;
        }
        let opened = Content::open(&home.path, home.gzip).and_then(|(mut content, stat)| {
            if stat.inode != home.inode {
                return Ok(None);
            }
            Ok(Head::read(self.place.format, &mut content)?.map(|head| (head, content)))
        });
        match opened {
            Ok(Some((head, mut content))) => {
                self.identify(head, (file, stat), &mut content, site.now)
            }
            Ok(None) => Known::Unclear,
            Err(error) => {
                // A name that has gone meanwhile, or a gzip being written, is no news.
                if error.kind() == std::io::ErrorKind::PermissionDenied {
                    site.warnings.push(format!("{}: {error}", home.path.display()));
                }
                Known::Unclear
            }
        }
    }

    fn held_in(&self, inode: Inode) -> Option<usize> {
        self.generations.iter().position(|g| g.homes.iter().any(|home| home.inode == inode))
    }

    /// A plain file that began short is known by more of its bytes as it grows.
    fn refresh(&mut self, index: usize, home: &Home, stat: &Stat) -> Known {
        let format = self.place.format;
        let saved = &mut self.generations[index].saved;
        let known = u64::from(saved.fingerprint.bytes);
        if format == Format::Plain && known < FINGERPRINT_BYTES as u64 && stat.size > known {
            let head = Content::open(&home.path, home.gzip)
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

    /// The generation that a file holds: of several that it might, the one last seen in that inode.
    fn identify(
        &mut self,
        head: Head,
        (file, stat): (&LogFile, &Stat),
        content: &mut Content,
        now: Instant,
    ) -> Known {
        let mut found: Option<usize> = None;
        let mut short = false;
        let inode = stat.inode;
        for (index, generation) in self.generations.iter_mut().enumerate() {
            if generation.not_in == Some(inode) {
                continue;
            }
            match head.matches(self.place.format, &generation.saved, content) {
                Match::Yes if generation.saved.inode == inode => found = Some(index),
                // Nor is what is new under the live name what is known to lie elsewhere.
                Match::Yes if file.rank == Rank::Live && generation.lies_elsewhere() => {}
                Match::Yes if found.is_none() && generation.begins_like(content) => {
                    found = Some(index);
                }
                // Copies are never made under the live name.
                Match::TooShort if !generation.saved.ended => short |= file.rank != Rank::Live,
                _ => {}
            }
        }
        match found {
            Some(index) => Known::Generation(index),
            None if short && self.may_grow(stat, now) => Known::Unclear,
            None => Known::Fresh(head),
        }
    }

    /// Whether a file that may become a copy has grown lately.
    fn may_grow(&mut self, stat: &Stat, now: Instant) -> bool {
        let (size, since) = self.unclear.entry(stat.inode).or_insert((stat.size, now));
        if *size != stat.size {
            (*size, *since) = (stat.size, now);
        }
        now.saturating_duration_since(*since) < Duration::from_secs(COPY_IDLE_S)
    }

    /// Whether the file holds something that was not read; a generation that ended and grew goes on.
    fn has_grown(&mut self, index: usize, home: &Home, stat: &Stat) -> bool {
        let generation = &mut self.generations[index];
        let grown = !home.gzip && stat.size > generation.at;
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
            let key = |f: &Fresh| (f.file.restart, f.head.time, f.file.rank.clone(), f.home.gzip);
            key(a).cmp(&key(b))
        });
        let mut last: Option<(Rank, Head)> = None;
        for Fresh { file, home, head } in fresh {
            let twin = last.as_ref().is_some_and(|(rank, before)| {
                *before == head && (self.place.format != Format::Plain || *rank == file.rank)
            });
            if twin {
                // The gzip of the file before it, or its copy.
                if let Some(generation) = self.generations.last_mut() {
                    generation.homes.push(home);
                }
                continue;
            }
            last = Some((file.rank.clone(), head.clone()));
            self.begin(&file, home, &head, site);
        }
        self.generations.sort_by_key(Generation::age);
        any
    }

    fn begin(&mut self, file: &LogFile, home: Home, head: &Head, site: &mut Site<'_>) {
        self.learn_names();
        let sources = self.sources(head, site);
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
            inode: home.inode,
            path: self.below(&home),
            streams,
            ..Saved::default()
        };
        self.next_number += 1;
        let infos = self.infos(&saved, site.node);
        let mut generation = Generation::new(saved, infos, site.now);
        generation.homes.push(home);
        // Sorted by the caller; until then the youngest stands last, where its twin looks for it.
        self.generations.push(generation);
        self.changed = true;
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
    pub(crate) fn infos(&self, saved: &Saved, node: &str) -> [Arc<SourceInfo>; 2] {
        let streams = match self.place.format {
            Format::Plain => [Stream::File, Stream::File],
            Format::Cri | Format::Docker => [Stream::Stdout, Stream::Stderr],
        };
        let info = |index: usize| {
            Arc::new(SourceInfo {
                source: saved.streams[index].source,
                lineage: self.lineage(node, streams[index]),
                component: self.component.clone(),
                instance: self.instance.clone(),
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

    fn below(&self, home: &Home) -> String {
        let dir = match self.place.format {
            Format::Plain => self.key.rsplit_once('/').map_or("", |(dir, _)| dir),
            Format::Cri | Format::Docker => &self.key,
        };
        let name = home.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        format!("{dir}/{name}")
    }

    /// Docker keeps a container's names beside its log. What was given once stays.
    fn learn_names(&mut self) {
        if self.place.format != Format::Docker || !self.generations.is_empty() {
            return;
        }
        let path = self.place.dir.join("config.v2.json");
        let small =
            fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= DOCKER_CONFIG_BYTES_MAX);
        let config = small.then(|| fs::read(&path).ok()).flatten();
        if let Some((component, instance)) = config.and_then(|config| docker_names(&config)) {
            self.component = component;
            self.instance = instance;
        }
    }
}
