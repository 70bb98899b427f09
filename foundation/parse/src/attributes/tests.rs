//! The text of attributes: no name twice, escapes, limits at n and n + 1.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[track_caller]
fn check(build: impl FnOnce(&mut Attributes), expect: &str) {
    let mut attributes = Attributes::default();
    build(&mut attributes);
    assert_eq!(attributes.as_str(), expect);
    if !expect.is_empty() {
        assert!(serde_json::from_str::<Value>(expect).unwrap().is_object());
    }
}

#[test]
fn members_are_written_in_their_order() {
    check(|_| {}, "");
    check(
        |a| {
            a.flag("truncated");
            a.number("status", 200);
            a.text("path", "/a");
            a.json("user", &raw(r#"{"id":[1,2]}"#));
        },
        r#"{"truncated":true,"status":200,"path":"/a","user":{"id":[1,2]}}"#,
    );
    check(|a| a.text("", ""), r#"{"":""}"#);
}

#[test]
fn what_json_demands_is_escaped() {
    check(
        |a| a.text("a\"b\\", "c\"\\\n\r\t\0\u{1b}ü/"),
        r#"{"a\"b\\":"c\"\\\n\r\t\u0000\u001bü/"}"#,
    );
    check(|a| a.json("a", &raw("{\"b\":\r\n[1,\n2]}")), r#"{"a":{"b":  [1, 2]}}"#);
}

#[test]
fn the_first_of_one_name_counts() {
    check(
        |a| {
            a.text("a", "1");
            a.text("b", "2");
            a.text("a", "3");
            a.text("a\"", "4");
            a.text("a\"", "5");
        },
        r#"{"a":"1","b":"2","a\"":"4"}"#,
    );
}

#[test]
fn a_word_is_a_number_where_every_reader_reads_the_same() {
    for (word, expect) in [
        ("0", "0"),
        ("-7", "-7"),
        ("0.050", "0.050"),
        ("999999999999999", "999999999999999"),
        ("9999999999999999", r#""9999999999999999""#),
        ("007", r#""007""#),
        ("1e5", r#""1e5""#),
        (".5", r#"".5""#),
        ("5.", r#""5.""#),
        ("1.2.3", r#""1.2.3""#),
        ("-", r#""-""#),
        ("--1", r#""--1""#),
        ("", r#""""#),
        ("true", r#""true""#),
        ("0x1f", r#""0x1f""#),
    ] {
        check(|a| a.word("w", word), &format!(r#"{{"w":{expect}}}"#));
    }
}

#[test]
fn of_two_sets_the_first_one_s_members_win() {
    let mut source = Attributes::default();
    source.text("app", "shop");
    source.text("user\n", "theirs");
    source.leave_out();
    check(
        |a| {
            a.text("user\n", "ours");
            a.merge(&source);
            a.merge(&Attributes::default());
        },
        r#"{"user\n":"ours","app":"shop","_truncated":1}"#,
    );
    check(|a| a.merge(&source), source.as_str());
}

#[test]
fn a_member_that_came_with_others_is_known_as_any_other() {
    let mut source = Attributes::default();
    source.text("app", "shop");
    source.number("restarts", 3);
    for (first, expect) in [
        (None, r#"{"app":"shop","restarts":3,"last":true}"#),
        (Some("user"), r#"{"user":"ours","app":"shop","restarts":3,"last":true}"#),
        (Some("app"), r#"{"app":"ours","restarts":3,"last":true}"#),
    ] {
        check(
            |a| {
                first.into_iter().for_each(|name| a.text(name, "ours"));
                a.merge(&source);
                a.merge(&source);
                a.text("restarts", "again");
                a.flag("last");
            },
            expect,
        );
    }
}

#[test]
fn after_clear_nothing_is_left() {
    check(
        |a| {
            a.text("a", "1");
            a.leave_out();
            a.clear();
            assert!(a.is_empty());
            a.text("a", "2");
        },
        r#"{"a":"2"}"#,
    );
}

#[test]
fn one_thousand_members_fit_and_the_next_are_counted() {
    let mut attributes = Attributes::default();
    for n in 0..ATTRIBUTES_PER_RECORD_MAX {
        attributes.number(&format!("n{n}"), 1);
    }
    assert!(!attributes.as_str().contains(TRUNCATED));
    attributes.flag("n0");
    assert!(!attributes.as_str().contains(TRUNCATED));
    attributes.flag("one");
    attributes.flag("two");
    assert!(attributes.as_str().ends_with(r#","n999":1,"_truncated":2}"#));
    let text: BTreeMap<String, Value> = serde_json::from_str(attributes.as_str()).unwrap();
    assert_eq!(text.len(), ATTRIBUTES_PER_RECORD_MAX + 1);
}

#[test]
fn an_attribute_of_64_kib_fits_and_a_longer_one_is_counted() {
    let fits = "x".repeat(ATTRIBUTE_VALUE_BYTES_MAX);
    check(|a| a.text("a", &fits), &format!(r#"{{"a":"{fits}"}}"#));
    check(|a| a.text("a", &(fits.clone() + "x")), r#"{"_truncated":1}"#);
    let json = format!("\"{}\"", &fits[2..]);
    check(|a| a.json("a", &raw(&json)), &format!(r#"{{"a":{json}}}"#));
    let json = format!("\"{}\"", &fits[1..]);
    check(|a| a.json("a", &raw(&json)), r#"{"_truncated":1}"#);
}

#[test]
fn sixty_four_levels_fit_and_one_more_is_counted() {
    let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let fits = nested(ATTRIBUTE_DEPTH_MAX);
    check(|a| a.json("a", &raw(&fits)), &format!(r#"{{"a":{fits}}}"#));
    let deeper = nested(ATTRIBUTE_DEPTH_MAX + 1);
    check(|a| a.json("a", &raw(&deeper)), r#"{"_truncated":1}"#);
    check(|a| a.json("a", &raw(r#"["[[\"[","]"]"#)), r#"{"a":["[[\"[","]"]}"#);
    assert_eq!(depth(r#"["[[\"[","]"]"#), 1);
}

#[test]
fn a_name_of_a_kib_fits_and_a_longer_one_is_counted() {
    let fits = "n".repeat(NAME_BYTES_MAX);
    check(|a| a.flag(&fits), &format!(r#"{{"{fits}":true}}"#));
    check(|a| a.flag(&(fits.clone() + "n")), r#"{"_truncated":1}"#);
    check(|a| a.number(TRUNCATED, 0), r#"{"_truncated":1}"#);
}

#[test]
fn all_the_text_fits_its_limit_to_the_byte() {
    let mut attributes = Attributes::default();
    let value = "x".repeat(60 << 10);
    for name in ["a", "b", "c", "d"] {
        attributes.text(name, &value);
    }
    let written = attributes.as_str().len() - 1;
    let room = ATTRIBUTES_BYTES_MAX - TRUNCATED_MEMBER_BYTES - written - r#","e":"""#.len();
    attributes.text("e", &"x".repeat(room + 1));
    assert!(attributes.as_str().ends_with(r#","_truncated":1}"#));
    attributes.text("e", &"x".repeat(room));
    attributes.flag("f");
    assert!(attributes.as_str().ends_with(r#"x","_truncated":2}"#));
    assert!(attributes.as_str().len() <= ATTRIBUTES_BYTES_MAX);
}

proptest! {
    #[test]
    fn whatever_is_added_reads_back(members in prop::collection::vec((".{0,8}", ".{0,20}"), 0..20)) {
        let mut attributes = Attributes::default();
        let mut expect = BTreeMap::new();
        for (name, value) in &members {
            attributes.text(name, value);
            expect.entry(name.as_str()).or_insert(value.as_str());
        }
        let text = if attributes.is_empty() { "{}" } else { attributes.as_str() };
        prop_assert_eq!(serde_json::from_str::<Value>(text).unwrap(), json!(expect));
        prop_assert!(!text.contains(|character| character < ' '));
    }
}
