//! One generation of a log: one file's content from its first byte, wherever it is carried.
//!
//! ```text
//!   0 ######## checkpoint ##### at ...... end of file
//!     handed over        |      read, an open partial begins at the checkpoint
//! ```
//! Invariants:
//! - `at` is the beginning of a line; everything before it was understood;
//! - `checkpoint` is the beginning of the oldest line that is held (an open partial, a group that may go
//!   on), else `at`: from there reading goes on after a restart, and what a stream has handed over (up
//!   to its `position`) is passed over;
//! - a stream's `position` and `read` move together, with each record, before the sink has it.

use std::fs::symlink_metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use nilometer_model::{Count, Reason, SourceId, Timestamp};
use nilometer_wire::Fingerprint;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::content::{Content, Inode, Stat};
use crate::discover::{LogFile, Rank};
use crate::head::Head;
use crate::join::{Group, Waiting};
use crate::landmarks::Landmarks;
use crate::limits::{BANNER_BYTES_MAX, COPY_COMPARED_BYTES, OVERLAP_BYTES};
use crate::reading::{CentreSource, SourceInfo};
use nilometer_parse::{Clues, Format};

/// What is remembered of one stream of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) source: SourceId,
    /// The end of the last record that was handed over.
    pub(crate) position: u64,
    /// All records that were read, and their framed bytes.
    pub(crate) read: Count,
    /// The time of that record.
    pub(crate) last: Timestamp,
    /// Ranges `(from, to]` behind `position` that the centre already had when this collector was new.
    pub(crate) covered: Vec<(u64, u64)>,
}

impl StreamState {
    /// Goes on from what the centre has.
    pub(crate) fn adopt(centre: &CentreSource) -> Self {
        Self {
            source: centre.source,
            position: centre.mark,
            read: centre.count(),
            last: Timestamp::default(),
            covered: centre.covered.clone(),
        }
    }

    /// Whether any of its records is known, here or at the centre.
    pub(crate) fn is_known(&self) -> bool {
        self.position > 0 || !self.covered.is_empty()
    }

    /// Whether the record that ends at `position` need not be handed over.
    pub(crate) fn is_covered(&self, position: u64) -> bool {
        self.covered.iter().any(|(from, to)| *from < position && position <= *to)
    }

    /// Whether something that is in already, here or at the centre, begins or ends in `from..to`.
    pub(crate) fn ends_between(&self, from: u64, to: u64) -> bool {
        let between = |edge: u64| from <= edge && edge < to;
        between(self.position) || self.covered.iter().any(|(a, b)| between(*a) || between(*b))
    }
}

/// What is remembered of a generation over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// CRI: which run of the container.
    pub(crate) restart: u32,
    pub(crate) first_time: Timestamp,
    pub(crate) number: u64,
    pub(crate) fingerprint: Fingerprint,
    /// A hint where to look first.
    pub(crate) inode: Inode,
    pub(crate) path: String,
    pub(crate) checkpoint: u64,
    /// The largest size at which it was seen (decompressed; 0 = not known), and in which file.
    pub(crate) size_seen: u64,
    pub(crate) seen_in: Inode,
    /// The last bytes that were read, and where they end (plain files): whoever has them is this
    /// generation.
    pub(crate) overlap: Fingerprint,
    pub(crate) overlap_to: u64,
    /// Plain files: by what a part of it is recognised.
    pub(crate) landmarks: Landmarks,
    /// The line at the checkpoint was sent in part already.
    pub(crate) mid_line: bool,
    /// Read to its end, while a younger one existed.
    pub(crate) drained: bool,
    /// Over; the sink was told.
    pub(crate) ended: bool,
    pub(crate) streams: [StreamState; 2],
    /// It is read again.
    pub(crate) again: Option<Again>,
}

impl Saved {
    /// Whether anything was read, or told, of it.
    pub(crate) fn is_begun(&self) -> bool {
        let handed = self.streams.iter().any(|stream| stream.position > 0);
        handed || self.checkpoint > 0 || self.drained || self.ended || self.again.is_some()
    }
}

/// How far a generation had been handed over that is read again, for neither the centre nor the spool has
/// all of that any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Again {
    /// Why what is not found again is lost.
    pub(crate) reason: Reason,
    /// It was over.
    pub(crate) ended: bool,
    /// Per stream: the end of the last record, and what was read up to there.
    pub(crate) streams: [(u64, Count); 2],
}

/// A record whose last piece has not come.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    pub(crate) open: bool,
    /// Where its first line begins; in a younger generation, where reading of that began.
    pub(crate) start: u64,
    pub(crate) time: Timestamp,
    /// At most one byte more than a record may have.
    pub(crate) text: Vec<u8>,
    /// Framed bytes so far.
    pub(crate) bytes: u64,
    /// It began in the generation before.
    pub(crate) carried: bool,
    /// What its pieces may hold.
    pub(crate) clues: Clues,
}

/// A line that does not fit into the read buffer.
#[derive(Debug, Default)]
pub(crate) struct LongLine {
    pub(crate) text: Vec<u8>,
    /// All its bytes so far, those that were not kept too.
    pub(crate) bytes: u64,
}

/// A generation, being followed.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) saved: Saved,
    pub(crate) infos: [Arc<SourceInfo>; 2],
    /// Who speaks has been settled, for good.
    pub(crate) named: bool,
    /// Files on disk that hold it; those that are not compressed first.
    pub(crate) homes: Vec<Home>,
    pub(crate) content: Option<Content>,
    /// The open file's time of last change: the time of plain lines.
    pub(crate) modified: Timestamp,
    /// The last time that a line of a plain file said itself.
    pub(crate) said: Option<Said>,
    pub(crate) at: u64,
    pub(crate) long: Option<LongLine>,
    pub(crate) partials: [Partial; 2],
    /// Lines that may become one record, per stream.
    pub(crate) groups: [Option<Group>; 2],
    /// Records that the sink had no room for.
    pub(crate) waiting: Waiting,
    /// The younger generation has taken what was open: the checkpoint waits until that is complete.
    pub(crate) lent: bool,
    /// How often its end was seen while a younger one existed.
    pub(crate) ends_seen: u8,
    /// The last bytes before `overlap_to`: they must still be there when reading goes on.
    pub(crate) overlap: Vec<u8>,
    pub(crate) overlap_to: u64,
    /// Since when nothing has come, and at which size.
    pub(crate) quiet: (u64, Instant),
    /// Since when no file on disk holds it.
    pub(crate) absent: Option<Instant>,
    /// A file that held it and holds something else now.
    pub(crate) not_in: Option<Inode>,
    /// A copy of a part of it is on disk, which would be taken for new were this forgotten.
    pub(crate) echoed: bool,
    /// Since when it could not be read to its end.
    pub(crate) damaged: Option<Instant>,
}

/// A file that holds a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) inode: Inode,
    pub(crate) rank: Rank,
    pub(crate) path: PathBuf,
    pub(crate) gzip: bool,
}

impl Home {
    pub(crate) fn of(file: &LogFile, stat: &Stat) -> Self {
        let (path, rank) = (file.path.clone(), file.rank.clone());
        Self { inode: stat.inode, rank, path, gzip: file.gzip }
    }
}

/// A time that a line said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) time: Timestamp,
    pub(crate) lines_ago: u32,
}

impl Generation {
    pub(crate) fn new(saved: Saved, infos: [Arc<SourceInfo>; 2], now: Instant) -> Self {
        Self {
            at: saved.checkpoint,
            saved,
            infos,
            named: false,
            homes: Vec::new(),
            content: None,
            modified: Timestamp::default(),
            said: None,
            long: None,
            partials: Default::default(),
            groups: Default::default(),
            waiting: Waiting::new(),
            lent: false,
            ends_seen: 0,
            overlap: Vec::new(),
            overlap_to: 0,
            quiet: (0, now),
            absent: None,
            not_in: None,
            echoed: false,
            damaged: None,
        }
    }

    /// Whether the open file holds more than was read, as far as can be told.
    pub(crate) fn has_more(&self) -> bool {
        let stat = self.content.as_ref().map(Content::stat);
        !stat.is_some_and(|stat| stat.is_ok_and(|stat| stat.size <= self.at))
    }

    /// Read to its end, and a younger one goes on.
    pub(crate) fn is_over(&self) -> bool {
        self.saved.drained || self.lent
    }

    /// Whether it is still so young that what was read of it may be a banner that every file has.
    pub(crate) fn is_young(&self) -> bool {
        self.saved.checkpoint.max(self.saved.overlap_to) < BANNER_BYTES_MAX as u64
    }

    /// Whether only its place tells it from a file with the same banner, and that place is known.
    pub(crate) fn lies_elsewhere(&self) -> bool {
        self.is_young() && (self.content.is_some() || !self.homes.is_empty())
    }

    /// Whether the file that is read has a live name, still.
    pub(crate) fn lies_live(&self) -> bool {
        let live = self.homes.iter().filter(|home| home.rank == Rank::Live);
        live.filter_map(|home| symlink_metadata(&home.path).ok().map(|m| (home, m)))
            .any(|(home, metadata)| Stat::of(&metadata).inode == home.inode)
    }

    /// Whether a shorter file that begins like it is a copy: this one still lies under the live name, or what
    /// did was truncated, and that file is younger. Of what was renamed whole no copies are made.
    pub(crate) fn is_original_of(&self, copy: Inode) -> bool {
        let older = self.saved.inode.born_ns <= copy.born_ns;
        older && (self.homes.is_empty() || self.lies_live())
    }

    /// The file that holds it, opened for a look unless it is open.
    fn opened(&self) -> Option<Content> {
        let home = self.homes.first().filter(|_| self.content.is_none())?;
        Content::open(&home.path, home.gzip).ok().map(|(content, _)| content)
    }

    /// Whether a file without a name, which begins with that head, is what only its gzip holds by now.
    pub(crate) fn lies_compressed(
        &self,
        (head, open): (&Head, &mut Content),
        format: Format,
    ) -> bool {
        let Saved { first_time, fingerprint, .. } = self.saved;
        let is_it = (first_time, fingerprint) == (head.time, head.fingerprint);
        let gzip = self.homes.first().filter(|home| is_it && home.gzip);
        gzip.is_some_and(|home| is_gzip_of(&home.path, open, format))
    }

    /// Whether the file that holds it is a copy of `original`, as far as both go, or the other way round.
    pub(crate) fn is_copied_from(&mut self, original: &mut Content) -> bool {
        let mut opened = self.opened();
        let copy = self.content.as_mut().or(opened.as_mut());
        copy.is_some_and(|copy| are_copies(copy, original))
    }

    /// Goes on in that file, which holds it too.
    pub(crate) fn move_to(&mut self, stat: &Stat) {
        self.content = None;
        self.saved.inode = stat.inode;
        (self.saved.size_seen, self.saved.seen_in) = (stat.size, stat.inode);
    }

    /// Whether `other`, which has the bytes before the position, also begins like the file that holds
    /// this generation, as far as a banner may reach. Nothing to compare with counts as yes.
    pub(crate) fn begins_like(&mut self, other: &mut Content) -> bool {
        if !self.is_young() {
            return true;
        }
        let mut reopened = self.opened();
        let Some(content) = self.content.as_mut().or(reopened.as_mut()) else { return true };
        // What was truncated and has grown again is no witness.
        let mut overlap = vec![0; self.saved.overlap.bytes as usize];
        let from = self.saved.overlap_to.saturating_sub(overlap.len() as u64);
        let held = content.read_at(from, &mut overlap).is_ok_and(|n| n == overlap.len());
        if !held || !overlap.is_empty() && xxh3_64(&overlap) != self.saved.overlap.hash {
            return true;
        }
        begin_alike(content, other)
    }

    /// Whether the file that is read agrees with the copies of it. A truncated one may agree with what
    /// was read, as far as a banner goes, and not with them.
    pub(crate) fn agrees_with_copies(&mut self) -> bool {
        let (Some(content), true) = (self.content.as_mut(), self.homes.len() > 1) else {
            return true;
        };
        let Ok(stat) = content.stat() else { return true };
        let copies = self.homes.iter().filter(|home| home.inode != stat.inode);
        copies
            .filter_map(|home| Content::open(&home.path, home.gzip).ok())
            .all(|(mut copy, _)| begin_alike(content, &mut copy))
    }

    /// Whether the file that holds it is smaller than it was: it was truncated, even if everything up to the
    /// position is there again.
    pub(crate) fn has_shrunk(&self, stat: &Stat) -> bool {
        stat.inode == self.saved.seen_in && stat.size < self.saved.size_seen
    }

    /// Notes the size of the file that holds it and still begins as it did. `false` when it has shrunk.
    pub(crate) fn note_size(&mut self, stat: &Stat) -> bool {
        if self.has_shrunk(stat) {
            return false;
        }
        let saved = &mut self.saved;
        if stat.size > saved.size_seen || saved.seen_in == Inode::default() {
            (saved.size_seen, saved.seen_in) = (stat.size, stat.inode);
        }
        true
    }

    /// Moves the checkpoint to where reading would have to go on. Whether it moved.
    pub(crate) fn settle_checkpoint(&mut self) -> bool {
        if self.lent {
            return false;
        }
        let open = self.partials.iter().filter(|partial| partial.open).map(|partial| partial.start);
        let checkpoint = open.chain(self.held_from()).min().unwrap_or(self.at);
        let moved = checkpoint != self.saved.checkpoint;
        self.saved.checkpoint = checkpoint;
        moved
    }

    /// Remembers `consumed`, the bytes up to `at`, as far as they are needed to find the place again.
    pub(crate) fn remember(&mut self, consumed: &[u8], format: Format) {
        let from = self.at - consumed.len() as u64;
        if from != self.overlap_to {
            self.overlap.clear();
        }
        if format == Format::Plain {
            self.saved.landmarks.pass(&self.overlap, from, consumed);
        }
        let kept = &consumed[consumed.len().saturating_sub(OVERLAP_BYTES)..];
        let excess = (self.overlap.len() + kept.len()).saturating_sub(OVERLAP_BYTES);
        self.overlap.drain(..excess.min(self.overlap.len()));
        self.overlap.extend_from_slice(kept);
        self.overlap_to = self.at;
        // What is read again tells less than what is known already.
        if format == Format::Plain && self.at >= self.saved.overlap_to {
            let bytes = u32::try_from(self.overlap.len()).unwrap_or(0);
            self.saved.overlap = Fingerprint { bytes, hash: xxh3_64(&self.overlap) };
            self.saved.overlap_to = self.at;
        }
    }

    /// Whether it is read again and has not come as far as it was.
    pub(crate) fn is_behind(&self) -> bool {
        let was = self.saved.again.iter().flat_map(|again| again.streams);
        self.saved.streams.iter().zip(was).any(|(stream, (to, _))| stream.position < to)
    }

    /// Forgets the open file and where it was: it holds something else now.
    pub(crate) fn lose_home(&mut self, inode: Inode, now: Instant) {
        self.content = None;
        self.long = None;
        self.homes.retain(|home| home.inode != inode);
        self.not_in = Some(inode);
        if self.saved.inode == inode {
            self.saved.inode = Inode::default();
        }
        if self.homes.is_empty() {
            self.absent.get_or_insert(now);
        }
    }
}

/// Whether two files are the same as far as both go, and that is further than a banner reaches.
pub(crate) fn are_copies(one: &mut Content, other: &mut Content) -> bool {
    compare(one, other, |ours, theirs| {
        let common = ours.len().min(theirs.len());
        common >= BANNER_BYTES_MAX && ours[..common] == theirs[..common]
    })
}

/// Whether that gzip, which begins as the file does, is that file's, as far as is compared.
pub(crate) fn is_gzip_of(gzip: &Path, file: &mut Content, format: Format) -> bool {
    // A container's first line is no other's; a banner may be.
    format != Format::Plain
        || Content::open(gzip, true)
            .is_ok_and(|(mut gzip, _)| compare(&mut gzip, file, |ours, theirs| ours == theirs))
}

/// What is found of the beginnings of two files; `false` when one cannot be read.
fn compare(
    one: &mut Content,
    other: &mut Content,
    found: impl FnOnce(&[u8], &[u8]) -> bool,
) -> bool {
    let (mut ours, mut theirs) = (vec![0; COPY_COMPARED_BYTES], vec![0; COPY_COMPARED_BYTES]);
    let (Ok(ours_len), Ok(theirs_len)) = (one.read_at(0, &mut ours), other.read_at(0, &mut theirs))
    else {
        return false;
    };
    found(&ours[..ours_len], &theirs[..theirs_len])
}

/// Whether two files begin with the same bytes, as far as a banner may reach and both go.
pub(crate) fn begin_alike(one: &mut Content, other: &mut Content) -> bool {
    let (mut ours, mut theirs) = (vec![0; 2 * BANNER_BYTES_MAX], vec![0; 2 * BANNER_BYTES_MAX]);
    let (Ok(ours_len), Ok(theirs_len)) = (one.read_at(0, &mut ours), other.read_at(0, &mut theirs))
    else {
        return true;
    };
    let common = ours_len.min(theirs_len);
    ours[..common] == theirs[..common]
}
