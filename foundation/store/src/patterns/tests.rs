//! What joins what, and what is kept of it.

use super::*;
use crate::limits::PATTERN_WORD_BYTES_MAX;

/// When every message was written.
const WRITTEN: Timestamp = Timestamp(7);

/// The templates of the patterns that these messages make, each message's.
fn grouped(patterns: &mut Patterns, messages: &[&str]) -> Vec<String> {
    let skeletons: Vec<_> = messages.iter().map(|message| Skeleton::of(message)).collect();
    skeletons.iter().for_each(|skeleton| drop(patterns.add(skeleton, WRITTEN)));
    skeletons.iter().map(|skeleton| patterns.template(skeleton.id()).unwrap()).collect()
}

#[track_caller]
fn check(messages: &[&str], expect: &[&str]) {
    assert_eq!(grouped(&mut Patterns::default(), messages), expect);
}

#[test]
fn what_differs_in_few_words_is_one_pattern() {
    check(&["took 1 ms", "took 22 ms"], &["took <*> ms"; 2]);
    let users = ["failed login for bob from 1.2.3.4", "failed login for eve from 5.6.7.8"];
    check(&users, &["failed login for <*> from <*>"; 2]);
    check(&["uid=1 gid=2", "uid=3 gid=4"], &["uid=<*> gid=<*>"; 2]);
    check(&["1 2", "3 4", ""], &["<*> <*>", "<*> <*>", ""]);
}

#[test]
fn what_begins_otherwise_or_differs_in_many_words_is_not() {
    for pair in [
        ["session opened for root now", "session closed for root now"],
        ["a b c d e f", "a b c x y z"],
        ["a b c", "a b c d"],
        ["a b c d e f g h i j", "a b c d e f w x y z"],
    ] {
        check(&pair, &pair);
    }
    let seven = ["a b c d e f g h i j", "a b c d e f g x y z"];
    check(&seven, &["a b c d e f g <*> <*> <*>"; 2]);
}

#[test]
fn a_pattern_answers_to_the_ids_of_all_its_skeletons() {
    let mut patterns = Patterns::default();
    let names = ["bob", "eve", "ann"].map(|name| format!("failed login for {name} from here"));
    let ids = names.each_ref().map(|name| Skeleton::of(name).id());
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(patterns.pattern(id), None);
        assert!(patterns.add(&Skeleton::of(name), WRITTEN).is_some());
        assert!(patterns.add(&Skeleton::of(name), WRITTEN).is_none(), "it is known");
        assert_eq!(patterns.pattern(id), Some(ids[0]));
    }
    assert_eq!((patterns.len(), ids[0].to_string().parse()), (1, Ok(ids[0])));
    for text in ["", "0", "00000000000000000", "000000000000000G", "+00000000000000f"] {
        assert_eq!(text.parse::<PatternId>(), Err(()), "{text}");
    }
}

#[test]
fn what_was_decided_comes_back_as_it_was_from_json() {
    let words = ["alpha", "beta", "gamma", "7", "delta"];
    let messages = (0..600_usize).map(|n| {
        let word = |place: usize| words[n / 5_usize.pow(place.try_into().unwrap()) % 5];
        format!("load {} of {} by {} at {}", word(0), word(1), word(2), word(3))
    });
    let (mut patterns, mut again) = (Patterns::default(), Patterns::default());
    let skeletons: Vec<_> = messages.map(|message| Skeleton::of(&message)).collect();
    for entry in skeletons.iter().filter_map(|skeleton| patterns.add(skeleton, WRITTEN)) {
        let json = serde_json::to_string(&entry).unwrap();
        again.replay(&serde_json::from_str(&json).unwrap());
        again.replay(&entry);
    }
    assert_eq!(patterns.len(), again.len());
    for id in skeletons.iter().map(Skeleton::id) {
        assert_eq!(patterns.pattern(id), again.pattern(id));
        assert_eq!(patterns.template(id), again.template(id));
    }
    // One that names what nobody knows, or what is of another length.
    for of in ["0000000000000000".to_owned(), skeletons[0].id().to_string()] {
        let skeleton = format!("lost {of}");
        again.replay(&PatternEntry {
            skeleton: skeleton.clone(),
            id: None,
            of: Some(of),
            since: None,
        });
        assert_eq!(again.template(PatternId(xxh3_64(skeleton.as_bytes()))), Some(skeleton));
    }
}

/// Words without digits, each another one.
fn letters(number: usize) -> String {
    format!("{number:06}").bytes().map(|digit| char::from(digit + b'a' - b'0')).collect()
}

#[test]
fn there_are_so_many_patterns_and_what_joins_one_still_does() {
    let mut patterns = Patterns::default();
    let text = |number| format!("{} is one two three four", letters(number));
    for number in 0..PATTERNS_MAX {
        assert!(patterns.add(&Skeleton::of(&text(number)), WRITTEN).is_some());
    }
    assert_eq!(patterns.add(&Skeleton::of(&text(PATTERNS_MAX)), WRITTEN), None);
    assert_eq!(patterns.pattern(Skeleton::of(&text(PATTERNS_MAX)).id()), None);
    assert!(patterns.add(&Skeleton::of(&text(0).replace("four", "five")), WRITTEN).is_some());
    assert_eq!(patterns.len(), PATTERNS_MAX);
}

#[test]
fn of_a_kind_there_are_so_many_patterns_and_what_is_like_none_joins_the_first_of_the_likest() {
    let mut patterns = Patterns::default();
    let text = |number| ["one", "of", &letters(number), &letters(number + 500)].join(" ");
    for number in 0..=PATTERNS_ALIKE_MAX {
        assert!(patterns.add(&Skeleton::of(&text(number)), WRITTEN).is_some());
    }
    assert_eq!(patterns.len(), PATTERNS_ALIKE_MAX);
    let template = patterns.template(Skeleton::of(&text(PATTERNS_ALIKE_MAX)).id());
    assert_eq!(template, Some("one of <*> <*>".to_owned()));
}

#[test]
fn there_are_so_many_skeletons() {
    let mut patterns = Patterns::default();
    let text = |number| format!("all of us are in one of {}", letters(number));
    for number in 0..SKELETONS_MAX {
        assert!(patterns.add(&Skeleton::of(&text(number)), WRITTEN).is_some());
    }
    assert_eq!((patterns.len(), patterns.add(&Skeleton::of("one more"), WRITTEN)), (1, None));
}

#[test]
fn skeletons_have_so_many_bytes_together() {
    let mut patterns = Patterns::default();
    let words = vec!["x".repeat(PATTERN_WORD_BYTES_MAX); 16].join(" ");
    let text = |number| format!("{} {words}", letters(number));
    let bytes = text(0).len();
    for number in 0..SKELETONS_BYTES_MAX / bytes {
        assert!(patterns.add(&Skeleton::of(&text(number)), WRITTEN).is_some(), "{number}");
    }
    assert!(patterns.add(&Skeleton::of(&text(999_999)), WRITTEN).is_none());
}

#[test]
fn what_is_not_seen_any_more_is_forgotten_and_its_name_stays_with_what_is_left() {
    let texts = ["the user alice logs in today", "the user bob logs in today", "carol was here"];
    let mut patterns = Patterns::default();
    let skeletons = texts.map(Skeleton::of);
    let entries: Vec<PatternEntry> =
        skeletons.iter().filter_map(|new| patterns.add(new, WRITTEN)).collect();
    let pattern = patterns.pattern(skeletons[1].id()).unwrap();
    assert_eq!(pattern, skeletons[0].id(), "they are alike");
    assert_eq!(patterns.first(pattern), Some(texts[0]));
    let left = without_unseen(&entries, &[skeletons[1].id()].into());
    let json = serde_json::to_string(&left).unwrap();
    assert!(!json.contains("alice") && !json.contains("carol") && json.contains("bob"), "{json}");
    let mut replayed = Patterns::default();
    left.iter().for_each(|entry| replayed.replay(entry));
    assert_eq!(replayed.pattern(skeletons[1].id()), Some(pattern));
    assert_eq!(replayed.template(pattern).unwrap(), "the user bob logs in today");
    assert_eq!((replayed.len(), replayed.pattern(skeletons[2].id())), (1, None));
    assert_eq!(without_unseen(&entries, &skeletons.iter().map(Skeleton::id).collect()), entries);
    assert!(without_unseen(&entries, &HashSet::new()).is_empty());
}

#[test]
fn a_pattern_is_known_since_its_first_message_and_an_undated_one_always_was() {
    let mut patterns = Patterns::default();
    let skeletons = ["the disk sda is full", "the disk sdb is full", "the disk sdc is full"];
    let [late, later, early] = skeletons.map(Skeleton::of);
    let mut entries = vec![patterns.add(&late, Timestamp(50)).unwrap()];
    assert_eq!(patterns.since(late.id()), Some(Timestamp(50)));
    entries.extend(patterns.add(&later, Timestamp(60)));
    assert_eq!(patterns.since(later.id()), Some(Timestamp(50)), "it is of the same pattern");
    entries.extend(patterns.add(&early, Timestamp(40)));
    assert_eq!(patterns.since(late.id()), Some(Timestamp(40)));
    assert!(patterns.are_dated());
    let mut again = Patterns::default();
    entries.iter().for_each(|entry| again.replay(entry));
    assert_eq!(again.since(late.id()), Some(Timestamp(40)));
    let mut old = Patterns::default();
    let undated = r#"{"skeleton": "the disk sda is full"}"#;
    old.replay(&serde_json::from_str(undated).unwrap());
    assert_eq!((old.since(late.id()), old.are_dated()), (Some(ALWAYS), false));
    assert_eq!(old.since(Skeleton::of("nobody knows it").id()), None);
}

#[test]
fn of_two_that_were_merged_all_ids_name_one_and_both_go_on_growing() {
    let texts = ["user alice logged in", "user bob has logged in by key", "nothing of that"];
    let mut patterns = Patterns::default();
    let [short, long, other] = texts.map(|text| {
        patterns.add(&Skeleton::of(text), Timestamp(5));
        Skeleton::of(text).id()
    });
    let entry = patterns.merge(long, short).unwrap();
    assert_eq!(patterns.merge(short, long), None, "they are one");
    assert_eq!(patterns.merge(long, PatternId(7)), None);
    assert_eq!((patterns.pattern(long), patterns.len()), (Some(short), 2));
    assert_eq!(patterns.template(long).as_deref(), Some(texts[0]));
    let more = ["user bob has logged in by token", "user alice logged out"].map(Skeleton::of);
    let entries: Vec<_> = more.iter().filter_map(|new| patterns.add(new, Timestamp(4))).collect();
    let joined = more.iter().map(|skeleton| patterns.pattern(skeleton.id()));
    assert_eq!(joined.collect::<Vec<_>>(), [Some(short); 2]);
    assert_eq!(patterns.template(long).as_deref(), Some("user alice logged <*>"));
    let also = patterns.merge(short, other).unwrap();
    let mut again = Patterns::default();
    texts.iter().for_each(|text| drop(again.add(&Skeleton::of(text), Timestamp(5))));
    [&[entry][..], &entries, &[also]].concat().iter().for_each(|entry| {
        let json = serde_json::to_string(entry).unwrap();
        again.replay(&serde_json::from_str(&json).unwrap());
    });
    let ids = [short, long, more[0].id(), more[1].id()];
    assert_eq!(ids.map(|id| again.pattern(id)), [Some(other); 4]);
    assert_eq!((again.len(), again.template(short)), (1, patterns.template(short)));
    assert_eq!([short, other].map(|id| again.since(id)), [Some(Timestamp(4)); 2]);
}

#[test]
fn what_was_merged_with_what_is_seen_keeps_its_names_and_no_words() {
    let texts = ["secret of alice", "a word of bob here"].map(Skeleton::of);
    let ids = texts.each_ref().map(Skeleton::id);
    let mut patterns = Patterns::default();
    let mut entries: Vec<_> =
        texts.iter().filter_map(|new| patterns.add(new, Timestamp(4))).collect();
    entries.extend(patterns.merge(ids[1], ids[0]));
    let left = without_unseen(&entries, &[ids[1]].into());
    assert!(!serde_json::to_string(&left).unwrap().contains("alice"));
    let mut replayed = Patterns::default();
    left.iter().for_each(|entry| replayed.replay(entry));
    assert_eq!(ids.map(|id| replayed.pattern(id)), [Some(ids[0]); 2]);
    assert_eq!(replayed.template(ids[1]).as_deref(), Some("<*> <*> <*>"));
    assert_eq!(without_unseen(&entries, &ids.into()), entries);
    assert!(without_unseen(&entries, &HashSet::new()).is_empty());
}
