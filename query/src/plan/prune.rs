//! What a split's index can say about a filter, so that blocks without a match stay closed.
//!
//! Invariant: no false negative. Whatever the index cannot decide is [`Prune::All`]: numbers in words,
//! prefixes (a word with a digit is not indexed), expressions, negations.

use nilometer_block::words;
use nilometer_model::Severity;
use nilometer_store::Prune;

use super::field::Field;
use super::test::Test;
use super::text::{Text, TextKind};
use crate::limits::INDEXED_WORD_BYTES_MAX;

/// The blocks that may hold the text.
pub(crate) fn text(text: &Text) -> Prune {
    let found: Vec<&str> = words(&text.text).collect();
    let whole = match text.kind {
        TextKind::Phrase => &found[..],
        TextKind::Prefix => found.split_last().map_or(&[][..], |(_, whole)| whole),
        TextKind::Substring => found.get(1..found.len().saturating_sub(1)).unwrap_or_default(),
    };
    let parts: Vec<Prune> = whole.iter().filter_map(|word| indexed(word)).collect();
    if parts.is_empty() { Prune::All } else { Prune::And(parts) }
}

fn indexed(word: &str) -> Option<Prune> {
    let plain = word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_digit());
    let short = word.len() <= INDEXED_WORD_BYTES_MAX;
    (plain && short).then(|| Prune::Word(word.to_ascii_lowercase()))
}

/// The blocks that may hold a fitting value.
pub(crate) fn field(field: &Field, test: &Test) -> Prune {
    let Some(name) = field.indexed() else { return Prune::All };
    let attribute = matches!(field, Field::Attribute(_));
    let equals = |value: &String| Prune::Equals { field: name.to_owned(), value: value.clone() };
    let exists = |name: &str| Prune::Exists { field: name.to_owned() };
    let unset = |values: &[String]| values.iter().any(|value| value == Severity::Unset.name());
    let own = match test {
        Test::In(values) if !(*field == Field::Severity && unset(values)) => {
            values.iter().map(equals).collect()
        }
        _ if attribute => vec![exists(name)],
        _ => return Prune::All,
    };
    let outer = name.match_indices('.').filter(|_| attribute).map(|(dot, _)| exists(&name[..dot]));
    Prune::Or(own.into_iter().chain(outer).collect())
}
