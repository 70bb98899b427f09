//! What must hold whatever a line holds. Each check panics where something does not.
//!
//! ```text
//!   tests/fuzz/corpus/TARGET ──┬─> 20,000 mutations ── the tests below ──┐
//!                              └─> coverage-guided ─── tests/fuzz ───────┴─> check(bytes)
//! ```
//! Invariants:
//! - nothing panics, whatever comes; the same bytes say the same again;
//! - a framed text is the line's own bytes; a message is the text as written;
//! - attributes are one JSON object on one line within their limits, no name twice;
//! - what a text has no clue of need not be looked for;
//! - a text that was redacted holds no secret, and stays what it was: JSON, and itself when redacted again.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use memchr::memmem;
use nilometer_model::Timestamp;
use nilometer_model::limits::{ATTRIBUTES_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::limits::FUTURE_NS_MAX;
use crate::{
    Attributes, ClueSearch, Clues, Counts, Flags, Format, Framed, GoesOn, Kind, Pattern,
    RedactConfig, Redactor, TRUNCATED, Trace,
};

/// Longest message of these checks, bytes: short, so that it is met.
const MESSAGE_BYTES_MAX: usize = 256;
const NOW: Timestamp = Timestamp(1_800_000_000_000_000_000);
static CLUES: LazyLock<ClueSearch> = LazyLock::new(|| ClueSearch::new(true));
/// Each on a line of its own: no text around it makes it less of a secret.
const SECRETS: [&str; 8] = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "glpat-Zx81mQ0aKd72LwPe93Rt",
    "AKIA2E0A8F3B244C9986",
    "xoxb-730191371696-1413868247813-IG7Z0gBWQhvxwwCFlGzqBwXa",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJubyBvbmUifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "4111 1111 1111 1111",
    "password=hunter2-and-more",
    "https://api:hunter2-and-more@db/",
];

/// A line of a container's file, in every format.
pub fn frame(line: &[u8]) {
    let mut scratch = Vec::new();
    for format in [Format::Cri, Format::Docker, Format::Plain] {
        let framed = crate::frame(format, line, &mut scratch);
        let Framed::Piece { last, text, .. } = framed else { continue };
        match format {
            Format::Plain => assert_eq!((text, last), (line, true)),
            Format::Cri => assert!(line.ends_with(text)),
            Format::Docker => {
                let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
                let log = value["log"].as_str().unwrap_or_default().as_bytes();
                let end: &[u8] = if last { b"\n" } else { b"" };
                assert_eq!([text, end].concat(), log, "not what serde reads");
            }
        }
    }
}

/// The text of a record: its message, and what that says.
pub fn meaning(text: &[u8]) {
    let time = crate::line_time(text, &TimeZone::UTC, NOW);
    assert!(time.is_none_or(|time| time <= NOW.plus_ns(FUTURE_NS_MAX)));
    let mut attributes = Attributes::default();
    for (bytes_max, partial) in [(MESSAGE_BYTES_MAX, false), (1 << 20, true), (1 << 20, false)] {
        attributes.clear();
        let flags = Flags { truncated: false, partial };
        let message = crate::message(text, flags, bytes_max, &mut attributes);
        assert!(message.len() <= bytes_max);
        check_message(text, &message, &attributes, partial);
        let meaning = crate::meaning(&message, Clues::UNSEARCHED, &mut attributes);
        check_attributes(attributes.as_str());
        assert!(meaning.ids.is_none_or(|ids| ids.trace != [0; 16] && ids.span != Some([0; 8])));
        let once = attributes.as_str().to_owned();
        attributes.clear();
        assert_eq!(crate::message(text, flags, bytes_max, &mut attributes), message);
        assert_eq!(crate::meaning(&message, CLUES.of(text), &mut attributes), meaning);
        assert_eq!(attributes.as_str(), once, "another reading says otherwise");
    }
}

/// A message is the text as written, or says what was done to it.
fn check_message(text: &[u8], message: &str, attributes: &Attributes, partial: bool) {
    let said = attributes.as_str();
    if !said.contains("truncated") && !said.contains("lossy_utf8") {
        let text = if partial { text } else { text.strip_suffix(b"\r").unwrap_or(text) };
        assert_eq!(message.as_bytes(), text);
    }
    assert_eq!(said.contains("partial"), partial);
}

fn check_attributes(attributes: &str) {
    assert!(attributes.len() <= ATTRIBUTES_BYTES_MAX);
    if attributes.is_empty() {
        return;
    }
    assert!(!attributes.contains(['\n', '\r']), "more than one line: {attributes:?}");
    let mut json = serde_json::Deserializer::from_str(attributes);
    let names = json.deserialize_map(Names).unwrap_or_else(|error| panic!("{error}: {attributes}"));
    json.end().unwrap_or_else(|error| panic!("{error}: {attributes}"));
    assert!(names.len() <= ATTRIBUTES_PER_RECORD_MAX + 1);
    let once: BTreeSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "a name twice: {attributes}");
    let last = names.iter().position(|name| name == TRUNCATED);
    assert!(last.is_none_or(|at| at + 1 == names.len()));
}

/// The names of an object's members, as often as they stand there.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(names)
    }
}

/// Lines of a file, one of which may begin a trace.
pub fn multiline(text: &[u8]) {
    let (mut looks, mut open) = (CLUES.over(text), None::<Trace>);
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let clues = looks.of(at..at + line.len());
        assert_eq!(clues, CLUES.of(line), "what is beside it makes a difference");
        let goes_on = open.as_mut().map_or(GoesOn::No, |trace| trace.goes_on(line));
        if goes_on == GoesOn::No {
            open = Trace::begins(line);
            // Nobody escapes a letter; who does is not suspected.
            if open.is_some() && memmem::find(line, b"\\u").is_none() {
                assert!(clues.has(Clues::STACK), "begins a trace and is not suspected");
            }
        }
        at += line.len();
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        assert_eq!(Trace::begins(bare), Trace::begins(line), "its end makes a difference");
    }
}

/// A text that may hold secrets.
pub fn redact(bytes: &[u8]) {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
        let own = Pattern::new("order", "order (?<secret>[0-9]{4,8})").into_iter().collect();
        Redactor::new(RedactConfig { kinds: Kind::ALL.to_vec(), patterns: own }, b"a key")
    });
    let text = String::from_utf8_lossy(bytes);
    let mut counts = Counts::default();
    let redacted = REDACTOR.redact(&text, &mut counts);
    assert_eq!(counts.is_empty(), redacted == text, "what was counted is what was changed");
    let by_clues = REDACTOR.redact_by_clues(&text, CLUES.of(bytes), &mut Counts::default());
    assert_eq!(by_clues, redacted, "a secret without a clue");
    let mut again = Counts::default();
    assert_eq!(REDACTOR.redact(&redacted, &mut again), redacted, "redacted again");
    assert!(again.is_empty());
    if text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(&text).is_ok()
    {
        serde_json::from_str::<IgnoredAny>(&redacted)
            .unwrap_or_else(|error| panic!("no JSON any more: {error}: {redacted}"));
    }
    let secret = SECRETS[text.len() % SECRETS.len()];
    let cut = text.floor_char_boundary(text.len() / 2);
    let planted = format!("{}\n{secret}\n{}", &text[..cut], &text[cut..]);
    let redacted = REDACTOR.redact(&planted, &mut counts);
    let bare = secret.rsplit(['=', ':']).next().unwrap_or(secret);
    let bare = bare.strip_suffix("@db/").unwrap_or(bare);
    assert!(text.contains(bare) || !redacted.contains(bare), "{secret} is left: {redacted}");
}

/// An own pattern, as somebody configures it.
pub fn pattern(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let (name, regex) = text.split_once('\n').unwrap_or(("own", &text));
    let Ok(pattern) = Pattern::new(name, regex) else { return };
    let config = RedactConfig { kinds: Vec::new(), patterns: vec![pattern] };
    let redactor = Redactor::new(config, b"a key");
    let mut counts = Counts::default();
    let redacted = redactor.redact(&text, &mut counts);
    assert_eq!(counts.is_empty(), redacted == text);
}

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    #[test]
    fn frames() {
        hold("frame", &[], MUTATIONS, super::frame);
    }

    #[test]
    fn meanings() {
        hold("meaning", &[], MUTATIONS, super::meaning);
    }

    #[test]
    fn traces_of_several_lines() {
        hold("multiline", &[], MUTATIONS, super::multiline);
    }

    #[test]
    fn redaction() {
        hold("redact", &[], MUTATIONS, super::redact);
    }

    #[test]
    fn own_patterns() {
        hold("pattern", &[], MUTATIONS / 10, super::pattern);
    }
}
