//! The language once more, as simply as can be: what a query asks, how it is written, and whether a fact fits.
//!
//! Invariant: nothing of `language`, `plan` or `block` is used, so that no error of theirs is shared; which pattern a
//! message is of only the store's patterns can say.

use regex::Regex;

use super::facts::{Fact, Json};
use super::known;

/// A query.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    All,
    Phrase(String),
    Wildcard(Vec<String>),
    Substring(String),
    Matches(&'static str),
    Field(&'static str, Value),
    And(Vec<Ask>),
    Or(Vec<Ask>),
    Not(Box<Ask>),
}

/// What is asked of a field.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Exists,
    In(Vec<String>),
    Wildcard(Vec<String>),
    Matches(&'static str),
    /// An operator and a number.
    Number(&'static str, f64),
    Milliseconds(&'static str, f64),
    /// An operator and a severity's place in the order.
    Severity(&'static str, usize),
    Network(&'static str, &'static str),
}

const SEVERITIES: [&str; 7] = ["unset", "trace", "debug", "info", "warn", "error", "fatal"];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn starred(pieces: &[String]) -> String {
    let escaped = |piece: &String| piece.chars().flat_map(|c| ['\\', c]).collect::<String>();
    pieces.iter().map(escaped).collect::<Vec<_>>().join("*")
}

impl Ask {
    /// Whether patterns are asked for, which a purge cannot.
    pub(super) fn asks_patterns(&self) -> bool {
        match self {
            Self::Field(name, _) => *name == "pattern",
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::asks_patterns),
            Self::Not(part) => part.asks_patterns(),
            _ => false,
        }
    }

    pub(super) fn written(&self) -> String {
        let all = |parts: &[Self], sign: &str| {
            parts.iter().map(|part| format!("({})", part.written())).collect::<Vec<_>>().join(sign)
        };
        match self {
            Self::All => "*".to_owned(),
            Self::Phrase(text) => quoted(text),
            Self::Wildcard(pieces) => starred(pieces),
            Self::Substring(text) => format!("~{}", quoted(text)),
            Self::Matches(regex) => format!("/{regex}/"),
            Self::Field(name, value) => format!("{name}:{}", value.written()),
            Self::And(parts) if parts.len() % 2 == 0 => all(parts, " "),
            Self::And(parts) => all(parts, " AND "),
            Self::Or(parts) => all(parts, " OR "),
            Self::Not(part) => format!("-({})", part.written()),
        }
    }

    pub(super) fn fits(&self, fact: &Fact, number: u64) -> bool {
        match self {
            Self::All => true,
            Self::Phrase(text) => stands(&fact.message, std::slice::from_ref(text)),
            Self::Wildcard(pieces) => stands(&fact.message, pieces),
            Self::Substring(text) => fact.message.contains(text.as_str()),
            Self::Matches(regex) => Regex::new(regex).unwrap().is_match(&fact.message),
            Self::Field("pattern", Value::In(ids)) => {
                let is = known::pattern(&fact.message);
                is.is_some_and(|is| ids.iter().any(|id| known::now(id) == is))
            }
            Self::Field(name, value) => {
                field(fact, number, name).is_some_and(|text| value.fits(&text))
            }
            Self::And(parts) => parts.iter().all(|part| part.fits(fact, number)),
            Self::Or(parts) => parts.iter().any(|part| part.fits(fact, number)),
            Self::Not(part) => !part.fits(fact, number),
        }
    }
}

impl Value {
    fn written(&self) -> String {
        match self {
            Self::Exists => "*".to_owned(),
            Self::In(texts) if texts.len() == 1 => quoted(&texts[0]),
            Self::In(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("in({})", texts.join(","))
            }
            Self::Wildcard(pieces) => starred(pieces),
            Self::Matches(regex) => format!("/{regex}/"),
            Self::Number(sign, number) => format!("{sign}{number}"),
            Self::Milliseconds(sign, ms) => format!("{sign}{ms}ms"),
            Self::Severity(sign, place) => format!("{sign}{}", SEVERITIES[*place]),
            Self::Network(network, _) => format!("cidr({network})"),
        }
    }

    fn fits(&self, text: &str) -> bool {
        let plain = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        match self {
            Self::Exists => true,
            Self::In(texts) => texts.iter().any(|wanted| wanted == text),
            Self::Wildcard(pieces) => whole(text, pieces),
            Self::Matches(regex) => Regex::new(regex).unwrap().is_match(text),
            Self::Number(sign, than) => plain(text).is_some_and(|is| holds(sign, is, *than)),
            Self::Milliseconds(sign, than) => {
                let with_unit = text.strip_suffix("ms").and_then(plain);
                let seconds = || text.strip_suffix('s').and_then(plain).map(|s| s * 1_000.0);
                let ms = with_unit.or_else(seconds).or_else(|| plain(text));
                ms.is_some_and(|ms| holds(sign, ms, *than))
            }
            Self::Severity(sign, place) => {
                let is = SEVERITIES.iter().position(|name| *name == text).unwrap();
                is > 0 && holds(sign, is as f64, *place as f64)
            }
            Self::Network(_, begins) => {
                text.parse::<std::net::Ipv4Addr>().is_ok() && text.starts_with(begins)
            }
        }
    }
}

fn holds(sign: &str, is: f64, than: f64) -> bool {
    match sign {
        "<" => is < than,
        "<=" => is <= than,
        ">" => is > than,
        ">=" => is >= than,
        "!=" => is != than,
        _ => panic!("no operator: {sign}"),
    }
}

pub(super) fn field(fact: &Fact, number: u64, name: &str) -> Option<String> {
    let origin = fact.origin();
    let text = match name {
        "component" => origin.component,
        "instance" => origin.instance,
        "node" => origin.node,
        "version" => origin.version,
        "stream" => format!("{:?}", origin.stream).to_lowercase(),
        "severity" => format!("{:?}", fact.severity).to_lowercase(),
        "message" => fact.message.clone(),
        "pattern" => return known::pattern(&fact.message),
        "source" => format!("{:016x}", origin.source.0),
        "position" => number.to_string(),
        "trace_id" if fact.trace > 0 => format!("{:02x}", fact.trace).repeat(16),
        "trace_id" => String::new(),
        _ => {
            let path = name.strip_prefix("attributes.").unwrap_or(name);
            return match inside(&fact.attributes, path)? {
                Json::Null => None,
                Json::Text(text) => Some(text.clone()),
                other => Some(other.written()),
            };
        }
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The attribute of that very name, the last one if there are several; else one inside an object.
pub(super) fn inside<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    let Json::Object(fields) = json else { return None };
    let own = fields.iter().rev().find(|(name, _)| name == path).map(|(_, value)| value);
    own.or_else(|| {
        fields.iter().find_map(|(name, value)| {
            inside(value, path.strip_prefix(name.as_str())?.strip_prefix('.')?)
        })
    })
}

/// Whether the value is the pieces, with anything in between.
fn whole(text: &str, pieces: &[String]) -> bool {
    let [first, rest @ ..] = pieces else { return false };
    let Some(after) = text.strip_prefix(first.as_str()) else { return false };
    if rest.is_empty() {
        return after.is_empty();
    }
    after.char_indices().map(|(at, _)| at).chain([after.len()]).any(|at| whole(&after[at..], rest))
}

/// Whether the pieces stand in the text, with characters of one word in between, and begin and end where a
/// word of the text does.
fn stands(text: &str, pieces: &[String]) -> bool {
    let text: Vec<char> = text.chars().collect();
    (0..=text.len()).any(|at| {
        let begins = pieces[0].is_empty() || !goes_on(&text, at);
        begins && ends_well(&text, at, pieces)
    })
}

fn ends_well(text: &[char], at: usize, pieces: &[String]) -> bool {
    let piece: Vec<char> = pieces[0].chars().collect();
    let end = at + piece.len();
    let is = end <= text.len()
        && text[at..end].iter().zip(&piece).all(|(a, b)| a.eq_ignore_ascii_case(b));
    if !is {
        return false;
    }
    let Some(rest) = pieces.get(1..).filter(|rest| !rest.is_empty()) else {
        return piece.is_empty() || !goes_on(text, end);
    };
    let run = text[end..].iter().take_while(|c| in_run(**c)).count();
    (end..=end + run).any(|at| ends_well(text, at, rest))
}

/// Whether the characters before and behind `at` belong to one word.
fn goes_on(text: &[char], at: usize) -> bool {
    at > 0 && at < text.len() && in_run(text[at - 1]) && in_run(text[at])
}

/// A character that can stand in a word of several; the tests write no other East Asian ones.
fn in_run(c: char) -> bool {
    (c.is_alphanumeric() || c == '_') && !"日志エラ한국".contains(c)
}
