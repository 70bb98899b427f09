//! Dictionaries: there and back, grown, at their limits, and in the wrong hands.

use super::*;
use crate::frame::tests::{header, items};
use crate::{decode, encode};

/// A batch of a service that says many things, each seldom.
fn frame(number: u32) -> Vec<u8> {
    let noun = |n: u32| ["order", "cart", "stock", "user"][n as usize % 4];
    let line = |line: u32| {
        let say = (number * 7 + line * 13) % 60;
        format!("{} {say} was changed by {} in {}", noun(say), noun(say / 4), noun(say / 16))
    };
    encode(&header(2), &items(&(0..12).map(line).collect::<Vec<_>>())).unwrap()
}

fn frames(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(frame).collect()
}

#[track_caller]
fn check(dictionary: &Dictionary, frame: &[u8]) -> usize {
    let body = dictionary.compress(frame).unwrap();
    assert_eq!(dictionary_of(&body).unwrap().0, dictionary.hash());
    assert_eq!(decode(&dictionary.inflate(&body).unwrap()), decode(frame));
    body.len()
}

#[test]
fn a_batch_comes_back_and_is_far_shorter_the_more_is_known() {
    let frame = frame(99);
    let empty = Dictionary::default();
    let taught = empty.taught(&frames(20)).unwrap();
    let (unknown, known) = (check(&empty, &frame), check(&taught, &frame));
    assert!(unknown < frame.len() && known * 3 < unknown, "{known}, {unknown}, {}", frame.len());
}

#[test]
fn whoever_is_sent_a_dictionary_or_what_was_added_knows_it_by_the_same_name() {
    let empty = Dictionary::default();
    let first = empty.taught(&frames(3)).unwrap();
    let second = first.taught(&frames(9)[3..]).unwrap();
    let frame = frame(50);
    let (name, added) = {
        let offer = second.offer();
        let (name, added) = dictionary_of(&offer).unwrap();
        (name, added.to_vec())
    };
    assert_eq!((name, second.bytes().ends_with(&added)), (first.hash(), true));
    assert!(added.len() < second.bytes().len());
    let whole = second.offer_whole();
    let (name, bytes) = dictionary_of(&whole).unwrap();
    assert_eq!((name, bytes), (empty.hash(), second.bytes()));
    for sent in [first.extended(&added).unwrap(), empty.extended(bytes).unwrap()] {
        assert_eq!(sent.hash(), second.hash());
        assert_eq!(sent.inflate(&second.compress(&frame).unwrap()), {
            second.inflate(&second.compress(&frame).unwrap())
        });
    }
    assert_eq!(dictionary_of(&empty.offer()).unwrap(), (empty.hash(), &[][..]));
}

#[test]
fn what_needs_another_dictionary_or_is_damaged_is_refused() {
    let dictionary = Dictionary::default().taught(&frames(3)).unwrap();
    let other = Dictionary::default();
    let body = dictionary.compress(&frame(5)).unwrap();
    assert!(matches!(other.inflate(&body), Err(InflateError::Damaged(_))));
    for at in 0..body.len() {
        assert!(dictionary.inflate(&body[..at]).is_err(), "{at}");
        let mut changed = body.clone();
        changed[at] ^= 0x55;
        // A bit of how it is compressed may mean nothing.
        let says = dictionary.inflate(&changed).map(|frame| decode(&frame));
        assert!(says.is_err() || says == Ok(decode(&frame(5))), "{at}");
    }
    assert_eq!(dictionary_of(b"NLBT"), None);
    assert!(other.extended(&dictionary.bytes()[1..]).is_err());
    assert_eq!(other.compress(b"NLBT"), None);
}

#[test]
fn dictionaries_and_what_they_tell_have_limits() {
    let empty = Dictionary::default();
    let too_large =
        |made: Result<Dictionary, InflateError>| matches!(made, Err(InflateError::TooLarge { .. }));
    assert!(too_large(empty.extended(&vec![0; DICTIONARY_BYTES_MAX + 1])));
    assert!(!too_large(empty.extended(&vec![0; DICTIONARY_BYTES_MAX])));
    let most = empty.taught(&frames(u32::try_from(DICTIONARY_BATCHES_MAX).unwrap())).unwrap();
    assert_eq!(most.batches, DICTIONARY_BATCHES_MAX);
    assert!(most.taught(&[frame(1)]).is_none());
    let more = [most.bytes(), empty.taught(&[frame(1)]).unwrap().bytes()].concat();
    assert!(empty.extended(&more).is_err());
    // A text of letters that are each a line's own.
    let text = |bytes: usize| {
        let letters = (0..bytes / 4).map(|at| format!("{:03}\n", at % 999));
        encode(&header(1), &items(&[letters.collect()])).unwrap()
    };
    assert!(empty.compress(&text(DICTIONARY_INFLATED_BYTES_MAX / 8)).is_some());
    assert!(empty.compress(&text(DICTIONARY_INFLATED_BYTES_MAX * 2)).is_none());
}
