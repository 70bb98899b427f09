//! Tree -> steps: values are read, expressions compiled, names resolved.
//!
//! Invariant: an error points at the value that is wrong.

use nilometer_model::{Severity, Timestamp};

use super::signal::{Meaning, Signal, SignalField};
use super::test::{Test, duration_ms, network, number};
use super::text::{Text, TextKind};
use super::{Step, pattern};
use crate::language::{Comparison, Node, Problem, SyntaxError, Tree, Value};
use crate::limits::{QUERY_REGEXES_MAX, QUERY_TERMS_MAX};

/// What the tree means; `text` is the query.
pub(super) fn filter<S: Signal>(text: &str, tree: &Tree) -> Result<Step<S>, SyntaxError> {
    check_size(text, tree, &mut Left { terms: QUERY_TERMS_MAX, regexes: QUERY_REGEXES_MAX })?;
    step(text, tree)
}

/// What a query may still ask for.
struct Left {
    terms: usize,
    regexes: usize,
}

/// Terms take far longer to look for, and expressions more memory, than the text that asks for them.
fn check_size(text: &str, tree: &Tree, left: &mut Left) -> Result<(), SyntaxError> {
    let too_large =
        |limit, hint: &str| SyntaxError::at(text, tree.span.from, Problem::TooLarge(limit), hint);
    match &tree.node {
        Node::And(parts) | Node::Or(parts) => {
            return parts.iter().try_for_each(|part| check_size(text, part, left));
        }
        Node::Not(part) => return check_size(text, part, left),
        Node::Regex(_)
        | Node::Wildcard(_)
        | Node::Field { value: Value::Regex(_) | Value::Wildcard(_), .. } => {
            let hint = "join them, as in /a|b/, or ask in several queries";
            let fewer = left.regexes.checked_sub(1);
            left.regexes = fewer
                .ok_or_else(|| too_large("at most 64 regular expressions and wildcards", hint))?;
        }
        _ => {}
    }
    let hint = "join them, as in f:in(a,b) or /a|b/, or ask in several queries";
    left.terms = left.terms.checked_sub(1).ok_or_else(|| too_large("at most 256 terms", hint))?;
    Ok(())
}

fn step<S: Signal>(text: &str, tree: &Tree) -> Result<Step<S>, SyntaxError> {
    let all = |parts: &[Tree]| -> Result<Vec<Step<S>>, SyntaxError> {
        parts.iter().map(|part| step(text, part)).collect()
    };
    let bad = |error: regex::Error| bad_regex(text, tree.span.from, &error);
    Ok(match &tree.node {
        Node::All => Step::All,
        Node::Text(words) => Step::Text(Text::new(words, TextKind::Phrase).map_err(bad)?),
        Node::Substring(sub) => Step::Text(Text::new(sub, TextKind::Substring).map_err(bad)?),
        Node::Wildcard(pieces) => wildcard(pieces).map_err(bad)?,
        Node::Regex(regex) => Step::Pattern(pattern::regex(regex).map_err(bad)?),
        Node::Field { name, value, value_span } => {
            let field = S::Field::named(name);
            let test = test(text, value_span.from, &field, value)?;
            Step::Field(field, test)
        }
        Node::And(parts) => Step::And(all(parts)?),
        Node::Or(parts) => Step::Or(all(parts)?),
        Node::Not(part) => Step::Not(Box::new(step(text, part)?)),
    })
}

fn wildcard<S: Signal>(pieces: &[String]) -> Result<Step<S>, regex::Error> {
    match pieces {
        [prefix, rest] if rest.is_empty() && prefix.ends_with(char::is_alphanumeric) => {
            Text::new(prefix, TextKind::Prefix).map(Step::Text)
        }
        _ => pattern::in_words(pieces).map(Step::Pattern),
    }
}

fn test(
    text: &str,
    at: usize,
    field: &impl SignalField,
    value: &Value,
) -> Result<Test, SyntaxError> {
    let bad = |error: regex::Error| bad_regex(text, at, &error);
    Ok(match value {
        Value::Is(value) => Test::In(vec![as_stored(field, value)]),
        Value::In(values) => Test::In(values.iter().map(|value| as_stored(field, value)).collect()),
        Value::Exists => Test::Exists,
        Value::Regex(regex) => Test::Fits(pattern::regex(regex).map_err(bad)?),
        Value::Substring(part) => Test::Fits(pattern::regex(&regex::escape(part)).map_err(bad)?),
        Value::Wildcard(pieces) => {
            let pieces: Vec<String> = pieces.iter().map(|piece| as_stored(field, piece)).collect();
            Test::Fits(pattern::whole_value(&pieces).map_err(bad)?)
        }
        Value::Cidr(value) => {
            let (address, bits) = network(value).ok_or_else(|| {
                bad_value(text, at, value, ("a network", "write one like cidr(10.0.0.0/8)"))
            })?;
            Test::Network(address, bits)
        }
        Value::Compare(comparison, value) => compare(field, *comparison, value)
            .map_err(|wanted| bad_value(text, at, value, wanted))?,
    })
}

/// Severities and other fixed words are stored in lower case, whatever the query writes.
fn as_stored(field: &impl SignalField, value: &str) -> String {
    match field.meaning() {
        Meaning::Severity | Meaning::Word => value.to_ascii_lowercase(),
        Meaning::Plain | Meaning::Time => value.to_owned(),
    }
}

fn compare(
    field: &impl SignalField,
    comparison: Comparison,
    value: &str,
) -> Result<Test, (&'static str, &'static str)> {
    if field.meaning() == Meaning::Severity {
        let wanted = ("a severity", "use trace, debug, info, warn, error or fatal");
        return Severity::parse(value).map(|s| Test::Severity(comparison, s)).ok_or(wanted);
    }
    if field.is_time() {
        let wanted = ("a time", "write it like 2026-11-21T04:06:00Z");
        let time = Timestamp::parse(value.as_bytes());
        return time.map(|time| Test::Time(comparison, time)).map_err(|_| wanted);
    }
    if let Some(number) = number(value) {
        return Ok(Test::Number(comparison, number));
    }
    if let Some(ms) = duration_ms(value) {
        return Ok(Test::Duration(comparison, ms));
    }
    match comparison {
        Comparison::NotEqual => Ok(Test::Differs(value.to_owned())),
        _ => Err(("a number or a duration", "write one like 500 or 500ms")),
    }
}

fn bad_value(text: &str, at: usize, value: &str, wanted: (&'static str, &str)) -> SyntaxError {
    let problem = Problem::BadValue { wanted: wanted.0, value: value.to_owned() };
    SyntaxError::at(text, at, problem, wanted.1)
}

fn bad_regex(text: &str, at: usize, error: &regex::Error) -> SyntaxError {
    let reason = match error {
        regex::Error::CompiledTooBig(_) => "it needs more than 1 MiB".to_owned(),
        other => other.to_string().lines().last().unwrap_or_default().to_owned(),
    };
    SyntaxError::at(text, at, Problem::BadRegex(reason), "check it, or put the text in quotes")
}
