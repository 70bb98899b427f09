//! What is found, in which surroundings, and what is not.

use std::borrow::Cow;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

mod kinds;
mod logs;
mod surroundings;

fn redactor() -> &'static Redactor {
    static USUAL: LazyLock<Redactor> =
        LazyLock::new(|| Redactor::new(RedactConfig::default(), b"a key"));
    &USUAL
}

/// What becomes of the text, and how many of each kind were in it.
fn redacted(text: &str) -> (String, Vec<(String, u64)>) {
    let (redactor, mut counts) = (redactor(), Counts::default());
    let redacted = redactor.redact(text, &mut counts).into_owned();
    let counted = redactor.counted(&counts).map(|(kind, count)| (kind.to_owned(), count)).collect();
    (redacted, counted)
}

/// The text without the hashes of its marks.
fn without_hashes(text: &str) -> String {
    let hash = regex::Regex::new("(REDACTED-[a-z0-9_]+)-[0-9a-f]{12}").unwrap();
    hash.replace_all(text, "$1").into_owned()
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(without_hashes(&redacted(text).0), expect, "{text}");
}

#[track_caller]
fn untouched(text: &str) {
    let (redactor, mut counts) = (redactor(), Counts::default());
    let redacted = redactor.redact(text, &mut counts);
    assert!(matches!(redacted, Cow::Borrowed(_)), "{text}\n{redacted}");
    assert!(counts.is_empty());
}

#[test]
fn equal_secrets_have_equal_marks_under_one_key_and_others_under_another() {
    let of = |key: &[u8], text: &str| {
        let redactor = Redactor::new(RedactConfig::default(), key);
        redactor.redact(text, &mut Counts::default()).into_owned()
    };
    let mark = |text: &str| text.split_once("REDACTED").unwrap().1[..22].to_owned();
    let (json, pair) = (r#"{"password":"hunter2"}"#, "password=hunter2");
    assert_eq!(mark(&of(b"a", json)), mark(&of(b"a", pair)));
    assert_ne!(of(b"a", pair), of(b"b", pair));
    assert_ne!(of(b"a", pair), of(b"a", "password=hunter3"));
    let card = |text: &str| of(b"a", text).trim_start_matches("card ").to_owned();
    assert_eq!(card("card 4111111111111111"), card("card 4111 1111 1111 1111"));
}

#[test]
fn counts_are_by_kind() {
    let text = "password=a password=b token=abcdef1 4111111111111111";
    let expect = [("card", 1), ("password", 2), ("secret", 1)];
    assert_eq!(redacted(text).1, expect.map(|(kind, count)| (kind.to_owned(), count)));
}

#[test]
fn of_overlapping_finds_the_whole_is_replaced_and_the_most_telling_kind_named() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    check(&format!("token={token}"), "token=REDACTED-github");
    check(&format!("token=x.{token}.y"), "token=REDACTED-github");
    check(&format!("https://me:{token}@h/"), "https://me:REDACTED-github@h/");
}

#[test]
fn a_kind_that_is_off_is_left() {
    let kinds = vec![Kind::Card];
    let redactor = Redactor::new(RedactConfig { kinds, patterns: Vec::new() }, b"k");
    let redacted = redactor.redact("password=hunter2 4111111111111111", &mut Counts::default());
    assert_eq!(without_hashes(&redacted), "password=hunter2 REDACTED-card");
}

#[test]
fn e_mails_and_phone_numbers_are_left_until_somebody_asks() {
    let text = "mail ada@example.org or +1 415-555-0132, (415) 555-0132";
    untouched(text);
    let kinds = vec![Kind::Email, Kind::Phone];
    let redactor = Redactor::new(RedactConfig { kinds, patterns: Vec::new() }, b"k");
    let redacted = redactor.redact(text, &mut Counts::default());
    let expect = "mail REDACTED-email or REDACTED-phone, REDACTED-phone";
    assert_eq!(without_hashes(&redacted), expect);
    let left = "at 2026-01-02 10:20:30.123456 10.20.30.40 v1.2.3 4bf92f3577b34da6 415-55-1234 +5";
    assert_eq!(redactor.redact(left, &mut Counts::default()), left);
}

#[test]
fn own_patterns_have_their_names_and_may_show_what_of_a_match_is_secret() {
    let patterns = vec![
        Pattern::new("order", r"ORD-[0-9]{4}").unwrap(),
        Pattern::new("badge", r"badge (?<secret>\w+)").unwrap(),
    ];
    let config = RedactConfig { patterns, ..RedactConfig::default() };
    let redactor = Redactor::new(config, b"k");
    let mut counts = Counts::default();
    let redacted = redactor.redact("ORD-1234 by badge 007", &mut counts).into_owned();
    assert_eq!(without_hashes(&redacted), "REDACTED-order by badge REDACTED-badge");
    let counted: Vec<_> = redactor.counted(&counts).collect();
    assert_eq!(counted, [("order", 1), ("badge", 1)]);
    assert_eq!(redactor.redact(&redacted, &mut counts), redacted);
}

#[test]
fn own_patterns_are_limited_in_name_length_and_size() {
    use crate::limits::{PATTERN_BYTES_MAX, PATTERN_NAME_BYTES_MAX};
    Pattern::new(&"a".repeat(PATTERN_NAME_BYTES_MAX), "x").unwrap();
    for name in ["", "A", "a-b", "jwt", &"a".repeat(PATTERN_NAME_BYTES_MAX + 1)] {
        assert_eq!(Pattern::new(name, "x").unwrap_err(), PatternError::Name, "{name}");
    }
    Pattern::new("a", &"x".repeat(PATTERN_BYTES_MAX)).unwrap();
    for regex in ["(", "(?:a{1000}){1000}", &"x".repeat(PATTERN_BYTES_MAX + 1)] {
        assert!(matches!(Pattern::new("a", regex), Err(PatternError::Regex(_))), "{regex}");
    }
}

#[test]
fn the_patterns_of_kinds_can_be_compiled() {
    for regex in Kind::ALL.into_iter().filter_map(Kind::pattern) {
        Pattern::new("a", regex).unwrap();
    }
}

#[test]
fn kinds_are_numbered_in_their_order_and_found_by_their_names() {
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        assert_eq!((kind as usize, Kind::parse(kind.name())), (number, Some(kind)));
    }
}

/// Pieces of what rules look for, so that random texts come near them.
const PIECES: [&str; 44] = [
    "password",
    "token",
    "secret",
    "api_key",
    "Authorization",
    "Bearer ",
    "Basic ",
    "=",
    ":",
    ": ",
    " = ",
    "\"",
    "\\\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    " ",
    "\n",
    "\\n",
    "&",
    "?",
    "://",
    "@",
    "user:",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiIxIn0",
    ".",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "4111111111111111",
    "4111 1111 ",
    "ghp_",
    "sk-",
    "AKIA",
    "xoxb-",
    "REDACTED-jwt-0123456789ab",
    "8999123456789012",
    "ü",
    "<password>",
    "--token ",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => "[a-zA-Z0-9]{1,40}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

static ALL_KINDS: LazyLock<Redactor> = LazyLock::new(|| {
    Redactor::new(RedactConfig { kinds: Kind::ALL.to_vec(), patterns: Vec::new() }, b"k")
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn redacting_twice_is_as_redacting_once(text in texts()) {
        let (redactor, mut counts) = (redactor(), Counts::default());
        let once = redactor.redact(&text, &mut counts).into_owned();
        let twice = redactor.redact(&once, &mut counts).into_owned();
        prop_assert_eq!(twice, once, "{}", text);
    }

    #[test]
    fn no_text_breaks_it(text in texts(), cut in 0_usize..200) {
        let cut = text.floor_char_boundary(cut.min(text.len()));
        let _ = ALL_KINDS.redact(&text[cut..], &mut Counts::default());
        let _ = ALL_KINDS.redact(&text[..cut], &mut Counts::default());
    }
}
