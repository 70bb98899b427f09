//! A regular expression that is looked for in messages.
//!
//! Invariant: a message that the expression matches has all of [`Expression::literals`].

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

use super::literal::Literal;
use crate::limits::EXPRESSION_LITERAL_BYTES_MIN;

/// See the module.
#[derive(Debug, Clone)]
pub struct Expression {
    regex: Regex,
    literals: Vec<Literal>,
}

impl Expression {
    /// The expression that `regex` is.
    #[must_use]
    pub fn new(regex: Regex) -> Self {
        let mut found = Vec::new();
        if let Ok(hir) = regex_syntax::parse(regex.as_str()) {
            collect(&hir, &mut found);
        }
        let literals = found.iter().map(|text| Literal::substring(text)).collect();
        Self { regex, literals }
    }

    /// Whether a message has a match.
    #[must_use]
    pub fn stands_in(&self, message: &str) -> bool {
        self.regex.is_match(message)
    }

    /// What every match has. Shorter parts find too much to be worth the look.
    pub(super) fn literals(&self) -> &[Literal] {
        &self.literals
    }
}

/// Appends the texts that every match of the expression has.
fn collect(hir: &Hir, found: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            if let Ok(text) = std::str::from_utf8(&literal.0)
                && text.len() >= EXPRESSION_LITERAL_BYTES_MIN
            {
                found.push(text.to_owned());
            }
        }
        HirKind::Capture(capture) => collect(&capture.sub, found),
        HirKind::Repetition(repetition) if repetition.min > 0 => collect(&repetition.sub, found),
        HirKind::Concat(parts) => parts.iter().for_each(|part| collect(part, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expect: &[&str]) {
        let expression = Expression::new(Regex::new(pattern).unwrap());
        let texts: Vec<_> = expression.literals().iter().map(Literal::text).collect();
        assert_eq!(texts, expect, "{pattern}");
    }

    #[test]
    fn what_every_match_has_is_found_and_nothing_else() {
        check("port [0-9]{3,5} ssh2", &["port ", " ssh2"]);
        check("(failed )+from", &["failed ", "from"]);
        check("(failed )*from", &["from"]);
        check("alpha|beta", &[]);
        check("(?i)alpha", &[]);
        check("ab-[0-9]", &["ab-"]);
        check("a-[0-9]", &[]);
        check("^größe$", &["größe"]);
    }
}
