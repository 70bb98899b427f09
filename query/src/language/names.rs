//! The names that a query knows: one list, used by the parser, by its suggestions and by completion.
//!
//! Invariant: every name in a list is understood by the parser, and the parser understands no other.

use crate::limits::SUGGESTED_CHARS_MAX;

/// The pipes, and what each does.
pub(crate) const PIPES: &[(&str, &str)] = &[
    ("stats", "numbers over all records, or over the groups that keys make"),
    ("top", "the commonest values of a field"),
    ("sort", "in the order of columns"),
    ("limit", "only so many rows"),
    ("fields", "only these columns"),
    ("histogram", "how many records in each bin of time"),
    ("patterns", "what the messages say, those that differ in variables as one"),
];

/// The functions of `stats`, and what each says.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    ("count", "records, or those that have a field"),
    ("count_distinct", "different values"),
    ("sum", "the sum of the numbers"),
    ("min", "the least number or time"),
    ("max", "the greatest number or time"),
    ("avg", "the mean of the numbers"),
    ("p50", "the median of the numbers"),
    ("p90", "90 % of the numbers are not above it"),
    ("p95", "95 % of the numbers are not above it"),
    ("p99", "99 % of the numbers are not above it"),
    ("quantile", "quantile(q,f): the part q of the numbers is not above it"),
];

/// The known name that was probably meant: the nearest, at most two mistakes away and sharing more than it lacks.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let is_short = |name: &str| name.chars().count() <= SUGGESTED_CHARS_MAX;
    if !is_short(word) {
        return None;
    }
    let away = |name: &&str| (mistakes(word, name), name.len());
    let near = names.filter(|name| is_short(name) && mistakes(word, name) <= 2);
    let best = near.min_by_key(away)?;
    (mistakes(word, best) < best.chars().count().min(word.chars().count())).then_some(best)
}

/// How many characters must be added, dropped or changed to make one word of the other, in any case.
fn mistakes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, one) in a.chars().enumerate() {
        let mut corner = above[0];
        above[0] = row + 1;
        for (column, other) in b.iter().enumerate() {
            let changed = corner + usize::from(!one.eq_ignore_ascii_case(other));
            corner = above[column + 1];
            above[column + 1] = changed.min(above[column] + 1).min(corner + 1);
        }
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_the_name_and_another_word_finds_none() {
        let pipes = || PIPES.iter().map(|(name, _)| *name);
        for (word, expect) in [
            ("stat", Some("stats")),
            ("STATS", Some("stats")),
            ("limt", Some("limit")),
            ("tpo", Some("top")),
            ("field", Some("fields")),
            ("where", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, pipes()), expect, "{word}");
        }
        assert_eq!(mistakes("kitten", "sitting"), 3);
    }

    #[test]
    fn names_are_compared_up_to_a_length() {
        let longest = "x".repeat(SUGGESTED_CHARS_MAX);
        let longer = format!("{longest}x");
        let names = || [longest.as_str(), longer.as_str()].into_iter();
        assert_eq!(nearest(&longest, names()), Some(longest.as_str()));
        assert_eq!(nearest(&longer, names()), None);
        assert_eq!(nearest(&longest, std::iter::once(longer.as_str())), None);
    }
}
