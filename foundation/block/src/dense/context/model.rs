//! What is known of earlier blocks, and the coder that asks it.
//!
//! Invariant: a model is changed by what goes through a coder and by nothing else, so that whoever read the same
//! has the same.

use super::phrases::{Phrases, Shelf};
use super::range::{EVEN, Odds, Reading, Way, Writing};
use crate::limits::CONTEXT_PHRASE_BYTES_MAX;

/// Odds that are kept; contexts that fall on the same share them.
const ODDS: usize = 1 << 16;
/// Slots that are told apart by what stands before them.
const ALIKE: usize = 1 << 12;
/// Bits of a number below its first one whose odds are kept.
const NUMBER_BITS_KEPT: u32 = 3;
/// Bits of a length of a number: 0 to 64.
const WIDTH_BITS: u32 = 7;
/// Bits of a phrase's number: of a shelf, no more are known.
const PHRASE_BITS: u32 = 16;

/// See the module.
#[derive(Debug, Clone)]
pub struct Model {
    odds: Vec<Odds>,
    phrases: [Phrases; Shelf::COUNT],
    pub(super) habits: Habits,
}

/// What mostly follows what.
#[derive(Debug, Clone, Default)]
pub(super) struct Habits {
    /// Per template the one that its source had next, plus one.
    pub(super) next: Vec<u32>,
    /// Per template the form that its last record had, plus one.
    pub(super) form: Vec<u32>,
    /// Per template, and per form, where its slots begin in `lasts`, plus one.
    pub(super) slots: [Vec<u32>; 2],
    /// What stood last in each slot.
    pub(super) lasts: Vec<Slot>,
    /// What stood last in any slot that has the same before it, of whichever template; by [`place_of`].
    pub(super) alike: Vec<Last>,
    /// The first time of the last block.
    pub(super) time: i64,
}

/// A value that stood in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Last {
    /// 0: none, or one that is too long to be kept.
    pub(super) packed: u8,
    /// As written, bytes, where that differs.
    pub(super) len: u8,
    pub(super) bytes: [u8; Last::BYTES_MAX],
}

/// A slot of a template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) last: Last,
    /// Something was expected of it before.
    pub(super) is_tried: bool,
    /// Its place in [`Habits::alike`].
    pub(super) alike: usize,
}

/// The place of slots that have a text before them that hashes to this.
pub(super) fn place_of(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() & (ALIKE - 1)
}

impl Last {
    /// Longer ones are seldom said twice.
    pub(super) const BYTES_MAX: usize = 22;

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.packed)]
    }

    pub(super) fn set(&mut self, len: u8, bytes: &[u8]) {
        self.packed = 0;
        if let Some(place) = self.bytes.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            // A place has less than 256 bytes.
            (self.packed, self.len) = (u8::try_from(bytes.len()).unwrap_or_default(), len);
        }
    }
}

/// What is asked of a model: a context, mixed from what makes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context(u32);

/// What a step is about, for its context.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Hint,
    Known,
    Number,
    Fresh,
    Count,
    Origin,
    Time,
    Ahead,
    Received,
    Framing,
    Step,
    Same,
    Recent,
    Length,
    Digit,
    Address,
    Clock,
    Id,
    Plain,
}

impl Context {
    pub(super) fn of(kind: Kind, about: [u32; 2]) -> Self {
        let mixed = [kind as u32 + 1, about[0], about[1]].into_iter().fold(0, mix);
        Self(mixed)
    }

    fn place(self, node: u32) -> usize {
        (mix(self.0, node) >> 16) as usize & (ODDS - 1)
    }
}

fn mix(mixed: u32, more: u32) -> u32 {
    let mixed = (mixed ^ more.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
    mixed ^ (mixed >> 15)
}

impl Default for Model {
    fn default() -> Self {
        Self {
            odds: vec![EVEN; ODDS],
            phrases: Default::default(),
            habits: Habits { alike: vec![Last::default(); ALIKE], ..Habits::default() },
        }
    }
}

impl Model {
    /// The number of a text, if it is known.
    pub(super) fn find(&self, shelf: Shelf, text: &[u8]) -> Option<u32> {
        self.phrases[shelf as usize].find(text)
    }
}

/// Takes each step of a walk: writes it, or reads it.
#[derive(Debug)]
pub struct ContextCoder<W> {
    pub(super) model: Model,
    way: W,
}

impl ContextCoder<Writing> {
    /// One that writes by what `model` expects.
    #[must_use]
    pub fn writing(model: Model) -> Self {
        Self { model, way: Writing::default() }
    }

    /// The bits' bytes, the texts that were not known, and what is known now.
    #[must_use]
    pub fn finish(self) -> (Vec<u8>, Vec<u8>, Model) {
        let (bits, fresh) = self.way.finish();
        (bits, fresh, self.model)
    }
}

impl<'a> ContextCoder<Reading<'a>> {
    /// One that reads what was written by the same model.
    #[must_use]
    pub fn reading(model: Model, bits: &'a [u8], fresh: &'a [u8]) -> Self {
        Self { model, way: Reading::new(bits, fresh) }
    }

    /// What is known now; `None` unless all was read, and no more.
    #[must_use]
    pub fn finish(self) -> Option<Model> {
        self.way.is_at_end().then_some(self.model)
    }
}

impl<W: Way> ContextCoder<W> {
    /// `None` when more was read than there is.
    pub(super) fn go_on(&self) -> Option<()> {
        (!self.way.is_over()).then_some(())
    }

    pub(super) fn bit(&mut self, context: Context, bit: bool) -> bool {
        self.way.bit(&mut self.model.odds[context.place(1)], bit)
    }

    /// A number of so many bits, the highest one first, each in the context of those above.
    pub(super) fn bits(&mut self, context: Context, value: u32, bits: u32) -> u32 {
        let mut node = 1;
        for bit in (0..bits).rev() {
            let odds = &mut self.model.odds[context.place(node)];
            node = node << 1 | u32::from(self.way.bit(odds, value >> bit & 1 != 0));
        }
        node & !(1 << bits)
    }

    /// A byte that nothing is expected of.
    pub(super) fn byte(&mut self, value: u8) -> u8 {
        let bits = (0..u8::BITS).rev();
        bits.fold(0, |byte, bit| byte << 1 | u8::from(self.even(value >> bit & 1 != 0)))
    }

    fn even(&mut self, bit: bool) -> bool {
        self.way.bit(&mut EVEN.clone(), bit)
    }

    pub(super) fn number_in(&mut self, context: Context, value: u64) -> u64 {
        let width = u64::BITS - value.leading_zeros();
        let width = self.bits(context, width, WIDTH_BITS).min(u64::BITS);
        if width == 0 {
            return 0;
        }
        let mut read = 1_u64;
        for bit in (0..width - 1).rev() {
            let told = value >> bit & 1 != 0;
            let told = if width - 1 - bit <= NUMBER_BITS_KEPT {
                // Widths are seven bits, what is read of it four.
                let node = 1 << 12 | width << 4 | u32::try_from(read & 0xf).unwrap_or_default();
                self.way.bit(&mut self.model.odds[context.place(node)], told)
            } else {
                self.even(told)
            };
            read = read << 1 | u64::from(told);
        }
        read
    }

    /// A number. `about` tells numbers apart that are of different sizes.
    pub fn number(&mut self, about: u32, value: u64) -> u64 {
        self.number_in(Context::of(Kind::Plain, [about, 0]), value)
    }

    /// Bytes that no model knows.
    pub fn fresh(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let len = self.number_in(Context::of(Kind::Fresh, [0, 0]), bytes.len() as u64);
        let len = usize::try_from(len).ok()?;
        self.go_on()?;
        self.way.fresh(bytes, len).map(<[u8]>::to_vec)
    }

    /// A text, by its number if it is known; `hint` is the number that is expected.
    pub fn text(&mut self, shelf: Shelf, hint: Option<u32>, text: &[u8]) -> Option<u32> {
        let of = |kind, more| Context::of(kind, [shelf as u32, more]);
        let number = if W::READS { None } else { self.model.find(shelf, text) };
        if let Some(number) = self.known(shelf, hint, number)? {
            return Some(number);
        }
        let len = self.number_in(of(Kind::Fresh, 1), text.len() as u64);
        let len = usize::try_from(len).ok().filter(|len| *len <= CONTEXT_PHRASE_BYTES_MAX)?;
        self.go_on()?;
        let text = self.way.fresh(text, len)?;
        let phrases = &mut self.model.phrases[shelf as usize];
        (phrases.len() < 1 << PHRASE_BITS).then(|| phrases.push(text))
    }

    /// A text whose number the writer has.
    pub(super) fn again(&mut self, shelf: Shelf, hint: Option<u32>, number: u32) {
        // A writer's numbers are known.
        self.known(shelf, hint, Some(number));
    }

    /// The number of a text, `Some(None)` when it is not known; `None` when it cannot be read.
    #[expect(
        clippy::option_option,
        reason = "outside: whether it can be read; inside: whether it is known"
    )]
    fn known(
        &mut self,
        shelf: Shelf,
        hint: Option<u32>,
        number: Option<u32>,
    ) -> Option<Option<u32>> {
        let of = |kind, more| Context::of(kind, [shelf as u32, more]);
        let count = self.model.phrases[shelf as usize].len();
        let hint = hint.filter(|hint| *hint < count);
        if hint.is_some() && self.bit(of(Kind::Hint, 0), number == hint) {
            return Some(hint);
        }
        if !self.bit(of(Kind::Known, u32::from(hint.is_some())), number.is_some()) {
            return Some(None);
        }
        let number = self.bits(of(Kind::Number, 0), number.unwrap_or_default(), PHRASE_BITS);
        (number < count).then_some(Some(number))
    }

    /// The text of a number that [`ContextCoder::text`] gave.
    #[must_use]
    pub fn phrase(&self, shelf: Shelf, number: u32) -> &[u8] {
        self.model.phrases[shelf as usize].get(number).unwrap_or_default()
    }
}
