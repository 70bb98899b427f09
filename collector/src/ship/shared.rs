//! What small batches have in common, learnt once per life, so that they travel without it.
//!
//! ```text
//!   Learning ── enough samples ──> Making ──>   Offered ── the intake has it ──> Used
//!      a node that writes little                   └── it cannot be had, or helps little ──> None
//! ```
//! Invariants:
//! - only what travels changes: the spool keeps each batch as it was frozen, and the intake gets exactly
//!   that batch back, or says that it does not know the dictionary;
//! - a batch that is large enough to refer to itself travels as it is;
//! - whatever goes wrong here, the batch can go as it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nilometer_wire::Dictionary;
use nilometer_wire::limits::DICTIONARY_INFLATED_BYTES_MAX;

use crate::limits::{DICTIONARY_SAMPLES_BYTES, DICTIONARY_SAMPLES_MIN, SMALL_BATCH_BYTES};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<State>);

#[derive(Debug)]
enum State {
    Learning { samples: Vec<Vec<u8>>, bytes: usize },
    Making,
    Offered(Arc<Dictionary>),
    Used(Arc<Dictionary>),
    None,
}

impl Default for State {
    fn default() -> Self {
        Self::Learning { samples: Vec::new(), bytes: 0 }
    }
}

/// A batch, ready to travel.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) body: Bytes,
    /// What it was compressed with; else it is the frame itself.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
}

impl Shared {
    /// Makes a frame ready to travel. Takes CPU: for a thread that may block.
    pub(crate) fn load(&self, frame: Bytes) -> Load {
        let as_it_is = Load { body: frame.clone(), dictionary: None };
        if frame.len() > SMALL_BATCH_BYTES {
            return as_it_is;
        }
        let used = match &*self.state() {
            State::Learning { .. } => None,
            State::Used(dictionary) => Some(Arc::clone(dictionary)),
            State::Making | State::Offered(_) | State::None => return as_it_is,
        };
        let plain = match nilometer_wire::uncompressed(&frame) {
            Ok(plain) if plain.len() <= DICTIONARY_INFLATED_BYTES_MAX => plain,
            _ => return as_it_is,
        };
        let Some(dictionary) = used else {
            self.learn(plain);
            return as_it_is;
        };
        match dictionary.compress(&plain) {
            Ok(body) if body.len() < frame.len() => {
                Load { body: body.into(), dictionary: Some(dictionary) }
            }
            _ => as_it_is,
        }
    }

    /// Takes in a sample, and makes the dictionary once there are enough.
    fn learn(&self, plain: Vec<u8>) {
        let mut state = self.state();
        let State::Learning { samples, bytes } = &mut *state else { return };
        *bytes += plain.len();
        samples.push(plain);
        if *bytes < DICTIONARY_SAMPLES_BYTES || samples.len() < DICTIONARY_SAMPLES_MIN {
            return;
        }
        let samples = std::mem::take(samples);
        *state = State::Making;
        drop(state);
        let made = Dictionary::of_samples(&samples).map(Arc::new);
        *self.state() = made.map_or(State::None, State::Offered);
    }

    /// The dictionary that no intake was told of yet.
    pub(crate) fn offered(&self) -> Option<Arc<Dictionary>> {
        match &*self.state() {
            State::Offered(dictionary) => Some(Arc::clone(dictionary)),
            _ => None,
        }
    }

    /// An intake has it now, or does not want it.
    pub(crate) fn answered(&self, dictionary: &Arc<Dictionary>, taken: bool) {
        let mut state = self.state();
        if matches!(&*state, State::Offered(_) | State::Used(_)) {
            *state = if taken { State::Used(Arc::clone(dictionary)) } else { State::None };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::Life;
    use crate::spool::tests::frame_of;

    fn frame(life: &Life, number: u64) -> Bytes {
        let say = |n: u64| format!("order {} was moved to warehouse {}", n % 97, n % 13);
        let messages: Vec<String> = (0..60).map(|line| say(number * 31 + line)).collect();
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        frame_of(life.next(), number, &messages).bytes.into()
    }

    #[test]
    fn small_batches_travel_by_the_dictionary_once_an_intake_has_it_and_come_back_the_same() {
        let data = tempfile::tempdir().unwrap();
        let life = Life::begin(data.path()).unwrap();
        let shared = Shared::default();
        let mut number = 0;
        while shared.offered().is_none() {
            number += 1;
            let frame = frame(&life, number);
            assert_eq!(shared.load(frame.clone()).body, frame, "learning");
        }
        let offered = shared.offered().unwrap();
        let before = frame(&life, number + 1);
        assert!(shared.load(before).dictionary.is_none(), "nobody has it yet");
        shared.answered(&offered, true);
        let frame = frame(&life, number + 2);
        let load = shared.load(frame.clone());
        assert!(load.body.len() < frame.len());
        let plain = load.dictionary.unwrap().inflate(&load.body).unwrap();
        let (sent, came) = (nilometer_wire::decode(&frame), nilometer_wire::decode(&plain));
        assert_eq!(sent.unwrap(), came.unwrap());
        shared.answered(&offered, false);
        assert_eq!(shared.load(frame.clone()).body, frame, "given up");
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
        for (bytes, learns) in [(2 * SMALL_BATCH_BYTES, false), (SMALL_BATCH_BYTES / 2, true)] {
            let frame = Bytes::from(frame_of(life.next(), 0, &[&noise(bytes)]).bytes);
            assert_eq!(frame.len() <= SMALL_BATCH_BYTES, learns);
            assert_eq!(shared.load(frame.clone()).body, frame);
            let State::Learning { samples, .. } = &*shared.state() else { panic!() };
            assert_eq!(!samples.is_empty(), learns);
        }
    }
}
