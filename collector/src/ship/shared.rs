//! What small batches have in common, learnt as they come, so that they travel without it.
//!
//! ```text
//!   offered: nothing ── the intake knows how ──> used ── 4 batches, 12, 36 ... ──> offered: what is new in them
//!        └── it does not ──> given up              ^──────── the intake has it ─────────┘
//! ```
//! The first batches are taught whole, so that it is known what is usual; later ones only by records that say
//! what is new.
//!
//! Invariants:
//! - only what travels changes: the spool keeps each batch as it was frozen, and the intake gets what says the
//!   same, or says that it does not know the dictionary;
//! - a batch that is large enough to refer to itself travels as it is;
//! - whatever goes wrong here, the batch can go as it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nilometer_wire::{Dictionary, Lesson};

use crate::limits::{DICTIONARY_GROWTH, DICTIONARY_TAUGHT_WHOLE, SMALL_BATCH_BYTES};

/// See the module.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Which the intake has.
    used: Option<Arc<Dictionary>>,
    /// Which no intake was told of yet.
    offered: Option<Arc<Dictionary>>,
    /// What the next one is to be taught; `None` when there is to be none.
    lessons: Option<Lessons>,
}

#[derive(Debug)]
struct Lessons {
    /// Batches that were told, and at how many of them the next dictionary is made.
    batches: u64,
    due: u64,
    whole: Vec<Bytes>,
    lesson: Lesson,
}

impl Default for Shared {
    fn default() -> Self {
        let (due, whole, lesson) = (DICTIONARY_TAUGHT_WHOLE, Vec::new(), Lesson::default());
        let lessons = Some(Lessons { batches: 0, due, whole, lesson });
        Self(Mutex::new(State { used: None, offered: Some(Arc::default()), lessons }))
    }
}

/// A batch, ready to travel.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) body: Bytes,
    /// What it was told by; else it is the frame itself.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
}

impl Shared {
    /// Makes a frame ready to travel. Takes CPU: for a thread that may block.
    pub(crate) fn load(&self, frame: Bytes) -> Load {
        let used = self.state().used.clone();
        let told = used.filter(|_| frame.len() <= SMALL_BATCH_BYTES).and_then(|dictionary| {
            let body = dictionary.compress(&frame).filter(|body| body.len() < frame.len())?;
            Some((body.into(), dictionary))
        });
        let Some((body, dictionary)) = told else { return Load { body: frame, dictionary: None } };
        self.learn(frame, &dictionary);
        Load { body, dictionary: Some(dictionary) }
    }

    /// Takes in what was told, and makes the next dictionary once that is due.
    fn learn(&self, frame: Bytes, used: &Arc<Dictionary>) {
        // Taken out, so that nobody waits for the work; what goes meanwhile teaches nothing.
        let Some(mut lessons) = self.state().lessons.take() else { return };
        let due = lessons.hear(frame, used);
        let next = (!due.is_empty()).then(|| used.taught(&due));
        let mut state = self.state();
        if let Some(next) = next {
            // What has no room now will never have any.
            let Some(next) = next else { return };
            state.offered = Some(Arc::new(next));
        }
        state.lessons = Some(lessons);
    }

    /// The dictionary that no intake was told of yet.
    pub(crate) fn offered(&self) -> Option<Arc<Dictionary>> {
        self.state().offered.clone()
    }

    /// An intake has it now, or does not want it.
    pub(crate) fn answered(&self, dictionary: &Arc<Dictionary>, taken: bool) {
        let mut state = self.state();
        if !taken {
            *state = State { used: None, offered: None, lessons: None };
            return;
        }
        if state.offered.as_ref().is_some_and(|offered| offered.hash() == dictionary.hash()) {
            state.used = state.offered.take();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lessons {
    /// Takes in a frame; gives what is to be taught now, mostly nothing.
    fn hear(&mut self, frame: Bytes, used: &Dictionary) -> Vec<Bytes> {
        self.batches += 1;
        if self.due == DICTIONARY_TAUGHT_WHOLE {
            self.whole.push(frame);
        } else {
            self.lesson.hear(&frame, used);
        }
        if self.batches < self.due {
            return Vec::new();
        }
        self.due *= DICTIONARY_GROWTH;
        let lesson = self.lesson.take().map(Bytes::from);
        std::mem::take(&mut self.whole).into_iter().chain(lesson).collect()
    }
}

#[cfg(test)]
mod tests {
    use nilometer_wire::decode;

    use super::*;
    use crate::life::Life;
    use crate::spool::tests::frame_of;

    fn frame(life: &Life, number: u64) -> Bytes {
        let say = |n: u64| {
            let what = ["moved to", "counted in", "lost in", "found in", "sent from"];
            let what = what[n as usize / 31 % what.len()];
            format!(
                "order {} was {what} warehouse {} of {}",
                n % 97,
                n % 13,
                ["us", "eu"][n as usize / 700 % 2]
            )
        };
        let messages: Vec<String> = (0..60).map(|line| say(number * 31 + line)).collect();
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        frame_of(life.next(), number * 60, &messages).bytes.into()
    }

    fn check_told(load: &Load, frame: &Bytes) {
        let told = load.dictionary.as_ref().expect("it is told").inflate(&load.body).unwrap();
        assert_eq!(decode(&told), decode(frame));
        assert!(load.body.len() < frame.len());
    }

    #[test]
    fn small_batches_are_told_by_what_the_intake_has_and_what_is_new_in_them_is_offered() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let shared = Shared::default();
        let mut offers = Vec::new();
        for number in 1..=40 {
            let frame = frame(&life, number);
            if let Some(offered) = shared.offered() {
                let load = shared.load(frame.clone());
                let before = load.dictionary.map(|dictionary| dictionary.hash());
                assert_ne!(before, Some(offered.hash()), "nobody has it yet");
                shared.answered(&offered, true);
                offers.push((number, offered.bytes().len()));
            }
            check_told(&shared.load(frame.clone()), &frame);
        }
        let numbers: Vec<u64> = offers.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers.first(), Some(&1), "{offers:?}");
        assert!(numbers.len() >= 3 && offers.is_sorted_by_key(|(_, bytes)| *bytes), "{offers:?}");
    }

    #[test]
    fn an_intake_that_wants_no_dictionary_gets_batches_as_they_are() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let shared = Shared::default();
        let frame = frame(&life, 1);
        assert_eq!(shared.load(frame.clone()).body, frame, "nobody said that he can read it");
        shared.answered(&shared.offered().unwrap(), true);
        check_told(&shared.load(frame.clone()), &frame);
        shared.answered(&Arc::default(), false);
        assert_eq!((shared.load(frame.clone()).body, shared.offered().is_none()), (frame, true));
    }

    #[test]
    fn a_batch_above_the_limit_travels_as_it_is_and_teaches_nothing() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let mut dice = 1_u64;
        let mut noise = |bytes| {
            let letters = std::iter::repeat_with(|| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'!' + ((dice >> 40) % 90) as u8)
            });
            letters.take(bytes).collect::<String>()
        };
        let shared = Shared::default();
        shared.answered(&shared.offered().unwrap(), true);
        for (bytes, is_told) in [(2 * SMALL_BATCH_BYTES, false), (SMALL_BATCH_BYTES / 2, true)] {
            let frame = Bytes::from(frame_of(life.next(), 0, &[&noise(bytes)]).bytes);
            assert_eq!(frame.len() <= SMALL_BATCH_BYTES, is_told);
            assert_eq!(shared.load(frame).dictionary.is_some(), is_told);
            let heard = shared.state().lessons.as_ref().map(|lessons| lessons.batches);
            assert_eq!(heard, Some(u64::from(is_told)));
        }
    }
}
