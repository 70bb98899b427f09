//! Dictionaries: there and back, at their limits, and in the wrong hands.

use super::*;

/// Small batches of a service that says many things, each seldom.
fn samples() -> Vec<Vec<u8>> {
    let noun = |n: u32| format!("{}{}", ["order", "cart", "stock", "user"][n as usize % 4], n / 4);
    let sample = |number: u32| {
        let lines = (0..12).map(|line| {
            let say = (number * 7 + line * 13) % 60;
            format!("{} was changed by {} in its warehouse\n", noun(say), noun(say * 31 % 59))
        });
        lines.collect::<String>().into_bytes()
    };
    (0..400).map(sample).collect()
}

#[test]
fn a_body_comes_back_and_is_far_shorter_than_without_the_dictionary() {
    let samples = samples();
    let dictionary = Dictionary::of_samples(&samples).unwrap();
    let plain = &samples[7];
    let body = dictionary.compress(plain).unwrap();
    assert_eq!(dictionary_of(&body), Some(dictionary.hash()));
    assert_eq!(&dictionary.inflate(&body).unwrap(), plain);
    let alone = zstd::bulk::compress(plain, ZSTD_LEVEL).unwrap();
    assert!(body.len() * 3 < alone.len() * 2, "{} of {}", body.len(), alone.len());
}

#[test]
fn whoever_is_sent_a_dictionary_knows_it_by_the_same_hash() {
    let made = Dictionary::of_samples(&samples()).unwrap();
    let packed = made.packed().unwrap();
    assert!(packed.len() * 2 < made.bytes().len());
    let sent = crate::inflate(packed.into(), crate::Compression::Zstd).unwrap();
    let sent = Dictionary::new(sent.to_vec()).unwrap();
    assert_eq!(sent.hash(), made.hash());
    let body = made.compress(b"was changed by").unwrap();
    assert_eq!(sent.inflate(&body).unwrap(), b"was changed by");
    let empty = Dictionary::new(Vec::new()).unwrap();
    let empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty.hash().to_string(), empty_hash);
}

#[test]
fn what_needs_another_dictionary_or_is_damaged_is_refused() {
    let dictionary = Dictionary::of_samples(&samples()).unwrap();
    let other = Dictionary::new(b"another".to_vec()).unwrap();
    let body = dictionary.compress(b"order1 was changed by").unwrap();
    assert!(matches!(other.inflate(&body), Err(InflateError::Damaged(_))));
    for end in 0..body.len() {
        assert!(dictionary.inflate(&body[..end]).is_err(), "{end}");
    }
    assert_eq!(dictionary_of(b"NLBT"), None);
}

#[test]
fn dictionaries_and_bodies_have_limits() {
    assert!(Dictionary::new(vec![0; DICTIONARY_BYTES_MAX]).is_some());
    assert!(Dictionary::new(vec![0; DICTIONARY_BYTES_MAX + 1]).is_none());
    let dictionary = Dictionary::new(Vec::new()).unwrap();
    let body = |bytes| dictionary.compress(&vec![b'x'; bytes]).unwrap();
    let most = dictionary.inflate(&body(DICTIONARY_INFLATED_BYTES_MAX)).unwrap();
    assert_eq!(most.len(), DICTIONARY_INFLATED_BYTES_MAX);
    let more = dictionary.inflate(&body(DICTIONARY_INFLATED_BYTES_MAX + 1));
    assert!(matches!(more, Err(InflateError::TooLarge { .. })));
    assert!(Dictionary::of_samples(&[]).is_none());
    let samples = [vec![b'x'; DICTIONARY_BYTES_MAX - 1], b"yz".to_vec()];
    let last = Dictionary::of_samples(&samples).unwrap();
    assert_eq!((last.bytes().len(), last.bytes().ends_with(b"xyz")), (DICTIONARY_BYTES_MAX, true));
}
