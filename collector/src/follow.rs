//! Reading on in one generation: bytes -> lines -> records.
//!
//! Invariants:
//! - one visit reads at most [`READ_BYTES`], into one buffer that all files share; nothing of it is kept
//!   but a line too long for it, and that up to a limit: an incomplete line is read again next time;
//! - a visit stops between two lines when the sink is full;
//! - memory per record is bounded by the longest line allowed, whatever the file holds.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use memchr::memchr;
use nilometer_model::Timestamp;
use nilometer_parse::{ClueSearch, Clues, Flags, Format, Framed, STDOUT, frame};
use regex::bytes::Regex;
use xxhash_rust::xxh3::xxh3_64;

use crate::compose::Composer;
use crate::content::{Content, Inode, is_exhaustion};
use crate::enrich::Roster;
use crate::generation::{Generation, LongLine, Partial, Said};
use crate::join::Line;
use crate::limits::{
    DOCKER_ESCAPE_FACTOR, FRAMING_BYTES_MAX, LINE_TIME_LINES_MAX, OVERLAP_BYTES, READ_BYTES,
    UNTERMINATED_LINE_S,
};
use crate::metrics;
use crate::reading::Sink;

/// What a visit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// There is more to read.
    More,
    /// The end of what is there.
    End,
    /// The sink is full.
    Full,
    /// The file no longer holds what was read of it.
    Replaced,
    /// Its disk has not answered yet.
    Stalled,
    /// It could not be read, now.
    Unreadable,
}

/// The one set of buffers.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    read: Vec<u8>,
    unescaped: Vec<u8>,
}

/// What reading a generation needs besides it.
pub(crate) struct Reading<'a> {
    pub(crate) format: Format,
    pub(crate) composer: &'a mut Composer,
    /// Per stream: the largest time so far in the lineage.
    pub(crate) order_time: &'a mut [Timestamp; 2],
    pub(crate) buffers: &'a mut Buffers,
    pub(crate) now: Instant,
    /// The time of day.
    pub(crate) clock: Timestamp,
    pub(crate) sink: &'a mut dyn Sink,
    /// A file could not be opened because too many are open.
    pub(crate) exhausted: &'a mut bool,
    pub(crate) roster: &'a Roster,
    /// Finds what lines may hold.
    pub(crate) clues: &'a ClueSearch,
    /// What the first line of a record looks like in this log, if that is configured.
    pub(crate) start: Option<&'a Regex>,
    /// The generations before the one that is read.
    pub(crate) older: &'a mut [Generation],
}

impl Reading<'_> {
    /// The same, for a generation that has those before it.
    pub(crate) fn behind<'b>(&'b mut self, older: &'b mut [Generation]) -> Reading<'b> {
        Reading {
            format: self.format,
            composer: self.composer,
            order_time: self.order_time,
            buffers: self.buffers,
            now: self.now,
            clock: self.clock,
            sink: self.sink,
            exhausted: self.exhausted,
            roster: self.roster,
            clues: self.clues,
            start: self.start,
            older,
        }
    }

    /// The most bytes of a line that are kept: enough for the longest record with its framing.
    fn line_kept_max(&self) -> usize {
        match self.format {
            Format::Plain => self.composer.line_bytes_max() + 1,
            Format::Cri => self.composer.line_bytes_max() + FRAMING_BYTES_MAX,
            Format::Docker => {
                self.composer.line_bytes_max() * DOCKER_ESCAPE_FACTOR + FRAMING_BYTES_MAX
            }
        }
    }
}

impl Generation {
    /// Reads on, once.
    pub(crate) fn visit(&mut self, reading: &mut Reading<'_>) -> Visit {
        match self.open() {
            Ok(()) => {}
            Err(error) => {
                *reading.exhausted |= is_exhaustion(&error);
                return Visit::Unreadable;
            }
        }
        let mut buffer = std::mem::take(&mut reading.buffers.read);
        buffer.resize(READ_BYTES, 0);
        let visit = self.read_on(reading, &mut buffer);
        reading.buffers.read = buffer;
        self.settle_checkpoint();
        match visit {
            Ok(visit) => visit,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Visit::Stalled,
            Err(_) => {
                self.content = None;
                Visit::Unreadable
            }
        }
    }

    /// Opens the file, so that it stays even if its name goes.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        if self.content.is_some() {
            return Ok(());
        }
        let home = self.homes.first().ok_or(io::ErrorKind::NotFound)?;
        let (content, stat) = Content::open(&home.path, home.gzip)?;
        if stat.inode != home.inode {
            // Renamed between the look at the directory and now: look again.
            return Err(io::ErrorKind::NotFound.into());
        }
        self.content = Some(content);
        Ok(())
    }

    fn read_on(&mut self, reading: &mut Reading<'_>, buffer: &mut [u8]) -> io::Result<Visit> {
        let Some(content) = &mut self.content else { return Ok(Visit::Unreadable) };
        let gzip = content.is_gzip();
        let offset = self.at + self.long.as_ref().map_or(0, |long| long.bytes);
        let known = !gzip && self.long.is_none() && self.overlap_to == offset;
        let checked = if known { self.overlap.len() } else { 0 };
        if !gzip {
            let stat = content.stat()?;
            self.modified = stat.modified;
            let known = offset.max(u64::from(self.saved.fingerprint.bytes));
            if stat.size < known || self.has_shrunk(&stat) {
                return Ok(Visit::Replaced);
            }
            if stat.size == offset && checked == 0 {
                return Ok(self.at_end(reading, &[], offset));
            }
        } else if self.modified == Timestamp::default() {
            self.modified = content.stat()?.modified;
        }
        let Some(content) = &mut self.content else { return Ok(Visit::Unreadable) };
        let n = content.read_at(offset - checked as u64, buffer)?;
        let Some(fresh) = buffer[..n].strip_prefix(&self.overlap[..checked]) else {
            return Ok(Visit::Replaced);
        };
        if !gzip && !self.is_still(offset, checked, fresh.len(), reading.format)? {
            return Ok(Visit::Replaced);
        }
        Ok(self.take_in(reading, fresh, n == buffer.len()))
    }

    /// After a read: whether the file was not truncated meanwhile, and what was read is still its.
    fn is_still(
        &mut self,
        offset: u64,
        checked: usize,
        fresh: usize,
        format: Format,
    ) -> io::Result<bool> {
        let Some(content) = &mut self.content else { return Ok(false) };
        let stat = content.stat()?;
        if stat.size < offset + fresh as u64 {
            return Ok(false);
        }
        let mut overlap = [0; OVERLAP_BYTES];
        let overlap = &mut overlap[..checked];
        if content.read_at(offset - checked as u64, overlap)? < checked
            || *overlap != self.overlap[..checked]
        {
            return Ok(false);
        }
        if checked == 0 && !self.begins_as_known(format)? {
            return Ok(false);
        }
        let still = format != Format::Plain || !self.is_young() || self.agrees_with_copies();
        Ok(still && self.note_size(&stat))
    }

    /// Whether the file that is read still holds what was known of it when it was found: between that look
    /// and the first read of this process it may have been truncated, and have grown again.
    pub(crate) fn begins_as_known(&mut self, format: Format) -> io::Result<bool> {
        let Some(content) = self.content.as_mut().filter(|_| format == Format::Plain) else {
            return Ok(true);
        };
        let overlap = (self.saved.overlap, self.saved.overlap_to);
        let known = [(self.saved.fingerprint, u64::from(self.saved.fingerprint.bytes)), overlap];
        for (known, to) in known.into_iter().filter(|(known, _)| known.bytes > 0) {
            let mut bytes = vec![0; known.bytes as usize];
            let from = to.saturating_sub(bytes.len() as u64);
            if content.read_at(from, &mut bytes)? < bytes.len() || xxh3_64(&bytes) != known.hash {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The open file, if it no longer has a name and was truncated before, even if it has grown again.
    pub(crate) fn replaced_and_deleted(&mut self, format: Format) -> Option<Inode> {
        let content = self.content.as_ref().filter(|content| !content.is_gzip())?;
        let stat = content.stat().ok().filter(|stat| stat.deleted)?;
        let replaced = stat.size < self.at
            || self.has_shrunk(&stat)
            || !self.begins_as_known(format).unwrap_or(true)
            || self.is_young() && !self.agrees_with_copies();
        replaced.then_some(stat.inode)
    }

    /// Takes in what was read; `filled`: the file may hold more.
    fn take_in(&mut self, reading: &mut Reading<'_>, fresh: &[u8], filled: bool) -> Visit {
        let before = self.at;
        let (used, full) = self.lines(reading, fresh);
        if self.at > before {
            self.remember(&fresh[..used], reading.format);
            self.ends_seen = 0;
            self.quiet = (self.at, reading.now);
        }
        if full {
            return Visit::Full;
        }
        let rest = &fresh[used..];
        if filled && (used == 0 || self.long.is_some()) {
            self.lengthen(rest, reading.line_kept_max());
            return Visit::More;
        }
        let held = self.long.as_ref().map_or(0, |long| long.bytes);
        let size = self.at + held + rest.len() as u64;
        if filled { Visit::More } else { self.at_end(reading, rest, size) }
    }

    /// All complete lines of `fresh`: (bytes used, stopped because the sink is full).
    fn lines(&mut self, reading: &mut Reading<'_>, fresh: &[u8]) -> (usize, bool) {
        let (mut used, mut looks) = (0, reading.clues.over(fresh));
        while let Some(length) = memchr(b'\n', &fresh[used..]) {
            if reading.sink.full() {
                return (used, true);
            }
            let (line, clues) = (&fresh[used..used + length], looks.of(used..used + length));
            used += length + 1;
            match self.long.take() {
                Some(mut long) => {
                    let end = self.at + long.bytes + length as u64 + 1;
                    long.append(line, reading.line_kept_max());
                    let clues = reading.clues.of(&long.text);
                    self.line(reading, (&long.text, clues), end, false);
                }
                None => {
                    self.line(reading, (line, clues), self.at + length as u64 + 1, false);
                }
            }
        }
        (used, false)
    }

    fn lengthen(&mut self, rest: &[u8], kept_max: usize) {
        self.long.get_or_insert_default().append(rest, kept_max);
    }

    /// At the end of what is there, perhaps behind a line that is not complete (`rest`, or a long one).
    fn at_end(&mut self, reading: &mut Reading<'_>, rest: &[u8], size: u64) -> Visit {
        if size != self.quiet.0 {
            self.quiet = (size, reading.now);
        }
        // The file's own time too, lest frequent restarts keep it waiting.
        let idle = reading.now.saturating_duration_since(self.quiet.1).as_secs();
        let idle_ms = reading.clock.ms_since(self.modified);
        let idle = idle.max(u64::try_from(idle_ms / 1_000).unwrap_or(0));
        if reading.format == Format::Plain && idle >= UNTERMINATED_LINE_S && self.still(size) {
            self.send_unterminated(reading, rest);
        }
        Visit::End
    }

    /// Whether the file still ends at `size`: what came while it was read is younger than its time says.
    fn still(&self, size: u64) -> bool {
        let Some(content) = self.content.as_ref().filter(|content| !content.is_gzip()) else {
            return true;
        };
        content.stat().is_ok_and(|stat| stat.size == size)
    }

    /// Sends the incomplete line at the end as it is.
    fn send_unterminated(&mut self, reading: &mut Reading<'_>, rest: &[u8]) {
        let long = self.long.take();
        let before = long.as_ref().map_or(0, |long| long.bytes);
        let end = self.at + before + rest.len() as u64;
        if end == self.at || reading.sink.full() {
            self.long = long;
            return;
        }
        match long {
            Some(mut long) => {
                long.append(rest, reading.line_kept_max());
                self.line(reading, (&long.text, Clues::UNSEARCHED), end, true);
            }
            None => self.line(reading, (rest, Clues::UNSEARCHED), end, true),
        }
        self.remember(rest, reading.format);
    }

    /// One line without its newline, up to `end`. `cut`: that has not come.
    fn line(
        &mut self,
        reading: &mut Reading<'_>,
        (line, clues): (&[u8], Clues),
        end: u64,
        cut: bool,
    ) {
        let start = std::mem::replace(&mut self.at, end);
        let continued = std::mem::replace(&mut self.saved.mid_line, cut);
        if continued && line.is_empty() {
            // The newline of a line that was sent without it.
            return;
        }
        let flags = Flags { partial: cut || continued, truncated: false };
        let bytes = end - start;
        let mut unescaped = std::mem::take(&mut reading.buffers.unescaped);
        match frame(reading.format, line, &mut unescaped) {
            Framed::Piece { stream, time, last, text } => {
                let time = time.unwrap_or_else(|| self.own_time(reading, text));
                let unescapes = reading.format == Format::Docker;
                let clues = if unescapes { clues.rewritten() } else { clues };
                let piece = Piece { stream, time, last, text, start, bytes, flags, clues };
                self.piece(reading, piece);
            }
            Framed::Malformed => {
                metrics::malformed_line();
                let before = reading.order_time[STDOUT];
                let time = if before > Timestamp::default() { before } else { self.modified };
                let (stream, last, text) = (STDOUT, true, line);
                self.close_partial(reading, stream, start);
                let piece = Piece { stream, time, last, text, start, bytes, flags, clues };
                self.stand_alone(reading, &self.whole(reading, &piece));
            }
        }
        reading.buffers.unescaped = unescaped;
    }

    /// When a line was written whose runtime does not say: as it says itself, else as those just before
    /// it said, else when the file was written.
    fn own_time(&mut self, reading: &Reading<'_>, line: &[u8]) -> Timestamp {
        if let Some(time) = reading.composer.line_time(line, reading.clock) {
            self.said = Some(Said { time, lines_ago: 0 });
            return time;
        }
        match &mut self.said {
            Some(said) if said.lines_ago < LINE_TIME_LINES_MAX => {
                said.lines_ago += 1;
                said.time
            }
            _ => self.modified,
        }
    }

    /// Joins the piece to those before it, and hands over what is complete.
    fn piece(&mut self, reading: &mut Reading<'_>, piece: Piece<'_>) {
        let partial = &mut self.partials[piece.stream];
        if piece.last && !partial.open {
            let line = self.whole(reading, &piece);
            return self.join(reading, &line);
        }
        partial.append(&piece, reading.composer.line_bytes_max());
        if piece.last {
            self.hand_over_partial(reading, piece.stream, piece.flags);
        }
    }

    /// A piece that is a whole line and ends where reading stands.
    fn whole<'a>(&self, reading: &Reading<'_>, piece: &Piece<'a>) -> Line<'a> {
        let Piece { stream, time, text, start, bytes, flags, clues, .. } = *piece;
        let (owner, end, read) = (self.saved.number, self.at, reading.now);
        Line { owner, stream, time, text, start, end, bytes, flags, clues, read }
    }

    /// Hands over a partial before what stands at `end` and belongs to nothing: behind that it would have no
    /// position of its own.
    fn close_partial(&mut self, reading: &mut Reading<'_>, stream: usize, end: u64) {
        if self.partials[stream].open {
            let at = std::mem::replace(&mut self.at, end);
            let flags = Flags { partial: true, truncated: false };
            self.hand_over_partial(reading, stream, flags);
            self.at = at;
        }
    }

    /// Hands over an open partial as it stands.
    pub(crate) fn hand_over_partial(
        &mut self,
        reading: &mut Reading<'_>,
        stream: usize,
        flags: Flags,
    ) {
        let partial = std::mem::take(&mut self.partials[stream]);
        let Partial { start, time, bytes, clues, ref text, .. } = partial;
        let clues = clues.rewritten();
        let piece = Piece { stream, time, last: true, text, start, bytes, flags, clues };
        let line = self.whole(reading, &piece);
        self.join(reading, &line);
    }

    /// Sends all that is still held: nothing more will come. `false` when the sink is full.
    pub(crate) fn flush(&mut self, reading: &mut Reading<'_>) -> bool {
        self.flush_unterminated(reading);
        self.flush_partials(reading);
        self.close_all(reading);
        self.settle_checkpoint();
        !reading.sink.full()
    }

    /// Sends records whose last piece has not come. `false` when the sink is full.
    pub(crate) fn flush_partials(&mut self, reading: &mut Reading<'_>) -> bool {
        for stream in 0..self.partials.len() {
            if self.partials[stream].open && !reading.sink.full() {
                let flags = Flags { partial: true, truncated: false };
                self.hand_over_partial(reading, stream, flags);
            }
        }
        self.settle_checkpoint();
        !reading.sink.full()
    }

    /// Sends the line at the end of the file whose newline has not come.
    pub(crate) fn flush_unterminated(&mut self, reading: &mut Reading<'_>) {
        if let Some(mut content) = self.content.take() {
            let mut buffer = std::mem::take(&mut reading.buffers.read);
            buffer.resize(READ_BYTES, 0);
            let offset = self.at + self.long.as_ref().map_or(0, |long| long.bytes);
            let n = content.read_at(offset, &mut buffer).unwrap_or(0);
            self.send_unterminated(reading, &buffer[..n]);
            reading.buffers.read = buffer;
            self.content = Some(content);
        }
    }

    /// Tells the sink that the sources end here.
    pub(crate) fn end(&mut self, sink: &mut dyn Sink) {
        for (state, info) in self.saved.streams.iter().zip(&self.infos) {
            if state.is_known() {
                sink.ended(&Arc::clone(info), self.at.max(state.position));
            }
        }
        self.saved.ended = true;
        self.saved.again = None;
        self.content = None;
    }
}

/// A line's text and where it stands.
struct Piece<'a> {
    stream: usize,
    time: Timestamp,
    last: bool,
    text: &'a [u8],
    start: u64,
    bytes: u64,
    flags: Flags,
    clues: Clues,
}

impl Partial {
    fn append(&mut self, piece: &Piece<'_>, text_max: usize) {
        if !self.open {
            self.open = true;
            self.start = piece.start;
            self.time = piece.time;
        }
        self.bytes += piece.bytes;
        self.clues = self.clues.and(piece.clues);
        let room = (text_max + 1).saturating_sub(self.text.len());
        self.text.extend_from_slice(&piece.text[..piece.text.len().min(room)]);
    }
}

impl LongLine {
    fn append(&mut self, bytes: &[u8], kept_max: usize) {
        self.bytes += bytes.len() as u64;
        let room = kept_max.saturating_sub(self.text.len());
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}
