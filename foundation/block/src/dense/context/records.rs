//! The walk through what a block says: who speaks, row by row when, where and by which template and form. What
//! is each text's own follows (`slots.rs`).
//!
//! Invariant: whoever reads holds each claim against a limit before memory is taken for it.

use nilometer_model::SourceId;

use super::super::mark::{END, Mark};
use super::super::templates::Templates;
use super::model::{Context, ContextCoder, Kind};
use super::parsed::{DenseStreams, Parsed, Side};
use super::phrases::Shelf;
use super::range::Way;
use super::values::Value;
use crate::cursor::Cursor;
use crate::limits::{CONTEXT_STREAMS_BYTES_MAX, ROWS_MAX};
use crate::{origins, plane};

/// The sides of a block, by their place.
const MESSAGES: usize = 0;
const ATTRIBUTES: usize = 1;
/// The column of framings, by its place.
const FRAMING: usize = 3;

/// Takes the streams of a block through a coder: writes those given, or reads them. `from` says where a source
/// stood before; both sides know that. `None` when the model cannot tell them, or they cannot be read.
pub fn code_records<W: Way>(
    coder: &mut ContextCoder<W>,
    streams: DenseStreams,
    from: &dyn Fn(SourceId) -> u64,
) -> Option<DenseStreams> {
    let mut parsed = Parsed::default();
    if !W::READS {
        parsed = Parsed::of(&streams)?;
        let is_told = parsed.streams().as_ref() == Some(&streams)
            && streams.bytes() <= CONTEXT_STREAMS_BYTES_MAX;
        is_told.then_some(())?;
    }
    let mut walk = Walk {
        coder,
        parsed,
        bytes_left: CONTEXT_STREAMS_BYTES_MAX,
        from: Vec::new(),
        used: Default::default(),
        recent: Vec::new(),
    };
    let rows = walk.count(streams.rows).filter(|rows| *rows <= ROWS_MAX)?;
    walk.origins(from)?;
    walk.rows(rows)?;
    (0..walk.parsed.sides.len()).try_for_each(|side| walk.values(side))?;
    walk.parsed.ids = walk.coder.fresh(&std::mem::take(&mut walk.parsed.ids))?;
    if !W::READS {
        return Some(streams);
    }
    walk.parsed.streams().filter(|streams| streams.bytes() <= CONTEXT_STREAMS_BYTES_MAX)
}

/// A walk, and how far it has come.
pub(super) struct Walk<'c, W> {
    pub(super) coder: &'c mut ContextCoder<W>,
    pub(super) parsed: Parsed,
    /// What may yet be read.
    bytes_left: usize,
    /// Per origin where its source stood before.
    from: Vec<u64>,
    pub(super) used: [Used; 2],
    /// Hexadecimal numbers, UUIDs and addresses of this block, the last ones last.
    pub(super) recent: Vec<(Mark, Value)>,
}

/// The templates or forms of a block, by the number that the block gives them.
#[derive(Default)]
pub(super) struct Used {
    /// Per number its phrase.
    pub(super) phrases: Vec<u32>,
    /// Per phrase its number plus one.
    numbers: Vec<u32>,
    /// As in a stream.
    texts: Vec<u8>,
}

/// The entry of a table that grows with what is asked of it.
pub(super) fn entry(table: &mut Vec<u32>, at: u32) -> &mut u32 {
    if table.len() <= at as usize {
        table.resize(at as usize + 1, 0);
    }
    &mut table[at as usize]
}

impl<W: Way> Walk<'_, W> {
    fn count(&mut self, count: usize) -> Option<usize> {
        let count = self.coder.number_in(Context::of(Kind::Count, [0, 0]), count as u64);
        usize::try_from(count).ok()
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        self.coder.go_on()
    }

    fn origins(&mut self, from: &dyn Fn(SourceId) -> u64) -> Option<()> {
        let count = self.count(self.parsed.origins.len())?;
        let mut hint = Some(0);
        for number in 0..count {
            let told = self.parsed.origins.get(number).map_or(&[][..], Vec::as_slice);
            let phrase = self.coder.text(Shelf::Origins, hint, told)?;
            hint = phrase.checked_add(1);
            let bytes = self.coder.phrase(Shelf::Origins, phrase).to_vec();
            self.spend(bytes.len())?;
            let known = origins::get(&mut Cursor::new(&bytes))?;
            self.from.push(from(known.first()?.source));
            if W::READS {
                self.parsed.origins.push(bytes);
            }
        }
        Some(())
    }

    fn rows(&mut self, rows: usize) -> Option<()> {
        let habit_time = self.coder.model.habits.time;
        let ahead = plane::zigzag(self.parsed.firsts[0].wrapping_sub(habit_time));
        let ahead = self.coder.number_in(Context::of(Kind::Time, [2, 0]), ahead);
        let first = habit_time.wrapping_add(plane::unzigzag(ahead));
        self.coder.model.habits.time = first;
        let received = self.parsed.firsts[1].cast_unsigned();
        let received = self.coder.number_in(Context::of(Kind::Received, [1, 0]), received);
        self.parsed.firsts = [first, received.cast_signed()];
        let mut last_templates = vec![None; self.from.len()];
        for row in 0..rows {
            self.spend(1)?;
            let is_same = self.origin(row)?;
            self.numbers(row, is_same);
            let origin = self.parsed.origin[row] as usize;
            let template = self.template(row, last_templates.get(origin).copied().flatten())?;
            *last_templates.get_mut(origin)? = Some(template);
            self.form(row, template)?;
        }
        if W::READS {
            for side in 0..self.used.len() {
                let texts = std::mem::take(&mut self.used[side].texts);
                let count = self.used[side].phrases.len();
                let templates = Templates::read(texts, count, Side::SAID_BYTES[side])?;
                self.parsed.sides[side].templates = templates;
            }
        }
        Some(())
    }

    /// Who speaks; gives whether it is who spoke before.
    fn origin(&mut self, row: usize) -> Option<bool> {
        let known = u32::try_from(self.parsed.origins.len()).ok()?;
        let last = row.checked_sub(1).and_then(|row| self.parsed.origin.get(row)).copied();
        let told = self.parsed.origin.get(row).copied().unwrap_or_default();
        let context = |kind| Context::of(Kind::Origin, [kind, 0]);
        let is_same = last.is_some() && self.coder.bit(context(0), last == Some(told));
        let origin = match last {
            Some(last) if is_same => last,
            _ => {
                let next = last.map_or(0, |last| last + 1);
                match self.coder.bit(context(1), told == next) {
                    true => next,
                    false => self.coder.bits(context(2), told, u16::BITS),
                }
            }
        };
        (origin < known).then_some(())?;
        if W::READS {
            self.parsed.origin.push(origin);
        }
        Some(is_same)
    }

    /// Times and places, as they are in their planes.
    fn numbers(&mut self, row: usize, is_same: bool) {
        let told = self.parsed.numbers.each_ref().map(|column| column.get(row).copied());
        let [time, ahead, received, framing, step] = told.map(Option::unwrap_or_default);
        let framed = row.checked_sub(1).map_or(0, |row| self.parsed.numbers[FRAMING][row]);
        let from = &mut self.from[self.parsed.origin[row] as usize];
        let at = plane::zigzag(std::mem::take(from).cast_signed());
        let of = |kind| Context::of(kind, [0, 0]);
        let read = [
            self.coder.number_in(Context::of(Kind::Time, [u32::from(is_same), 0]), time),
            self.coder.number_in(of(Kind::Ahead), ahead),
            self.coder.number_in(of(Kind::Received), received),
            self.expected(Kind::Framing, framed, framing),
            self.expected(Kind::Step, at, step),
        ];
        if W::READS {
            let columns = self.parsed.numbers.iter_mut().zip(read);
            columns.for_each(|(column, number)| column.push(number));
        }
    }

    /// A number that mostly is what was expected.
    fn expected(&mut self, kind: Kind, expected: u64, told: u64) -> u64 {
        let about = u32::from(expected > 0);
        match self.coder.bit(Context::of(kind, [about, 0]), told == expected) {
            true => expected,
            false => self.coder.number_in(Context::of(kind, [about, 1]), told),
        }
    }

    /// The template of a row's message, as a phrase; `last` is its source's last one.
    fn template(&mut self, row: usize, last: Option<u32>) -> Option<u32> {
        // The first phrase of all follows nothing.
        let after = last.map_or(0, |last| last + 1);
        let hint = entry(&mut self.coder.model.habits.next, after).checked_sub(1);
        let phrase = self.phrase((MESSAGES, Shelf::Templates), row, hint)?;
        *entry(&mut self.coder.model.habits.next, after) = phrase + 1;
        Some(phrase)
    }

    /// The form of its attributes; messages of a template mostly have one.
    fn form(&mut self, row: usize, template: u32) -> Option<()> {
        let hint = entry(&mut self.coder.model.habits.form, template).checked_sub(1);
        let phrase = self.phrase((ATTRIBUTES, Shelf::Forms), row, hint)?;
        *entry(&mut self.coder.model.habits.form, template) = phrase + 1;
        Some(())
    }

    fn phrase(
        &mut self,
        (at, shelf): (usize, Shelf),
        row: usize,
        hint: Option<u32>,
    ) -> Option<u32> {
        let (side, used) = (&mut self.parsed.sides[at], &mut self.used[at]);
        let told = side.numbers.get(row).map_or(0, |number| *number as usize);
        if !W::READS
            && let Some(phrase) = used.phrases.get(told)
        {
            // Its text was looked for before.
            self.coder.again(shelf, hint, *phrase);
            return Some(*phrase);
        }
        let text = if W::READS { &[][..] } else { side.templates.text(told) };
        let phrase = self.coder.text(shelf, hint, text)?;
        let known = *entry(&mut used.numbers, phrase);
        if known == 0 {
            used.phrases.push(phrase);
            *entry(&mut used.numbers, phrase) = u32::try_from(used.phrases.len()).ok()?;
        }
        if W::READS {
            side.numbers.push(entry(&mut used.numbers, phrase).checked_sub(1)?);
            if known == 0 {
                used.texts.extend_from_slice(self.coder.phrase(shelf, phrase));
                used.texts.push(END);
                let bytes = self.coder.phrase(shelf, phrase).len();
                self.spend(bytes)?;
            }
        }
        Some(phrase)
    }
}
