//! What differs between two sets of traces, beyond what chance would do.
//!
//! Invariants:
//! - a score is the distance between the parts of both sets that say something, from 0 to 1;
//! - what chance alone would bring about more than once in a thousand (a G test) is no difference, nor is one of
//!   less than a twentieth: two alike sets differ in nothing, and an empty set in nothing from any.

use crate::limits::DIFFERENCES_MAX;

/// The G statistic that chance reaches once in a thousand, one degree of freedom.
const SIGNIFICANT: f64 = 10.83;
/// Smallest distance that counts.
const SCORE_MIN: f64 = 0.05;

/// Something that one set says more often than the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The part of the first set's traces that say it.
    pub(crate) in_a: f64,
    pub(crate) in_b: f64,
    pub(crate) score: f64,
}

/// How many traces say something, in both sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) a: u32,
    pub(crate) b: u32,
}

/// What differs, most first, of sets of so many traces.
pub(crate) fn differences(
    sets: Counts,
    said: impl IntoIterator<Item = (String, String, Counts)>,
) -> Vec<Difference> {
    let mut found: Vec<Difference> = said
        .into_iter()
        .filter(|(.., counts)| is_significant(sets, *counts))
        .map(|(name, value, counts)| {
            let in_a = f64::from(counts.a) / f64::from(sets.a);
            let in_b = f64::from(counts.b) / f64::from(sets.b);
            Difference { name, value, in_a, in_b, score: (in_a - in_b).abs() }
        })
        .filter(|difference| difference.score >= SCORE_MIN)
        .collect();
    found.sort_by(|a, b| {
        let names = || (&a.name, &a.value).cmp(&(&b.name, &b.value));
        b.score.total_cmp(&a.score).then_with(names)
    });
    found.truncate(DIFFERENCES_MAX);
    found
}

fn is_significant(sets: Counts, said: Counts) -> bool {
    if sets.a == 0 || sets.b == 0 {
        return false;
    }
    let (a, b) = (f64::from(sets.a), f64::from(sets.b));
    let saying = f64::from(said.a) + f64::from(said.b);
    let silent = a + b - saying;
    let cell = |seen: f64, row: f64, column: f64| {
        let expected = row * column / (a + b);
        if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 }
    };
    let statistic = cell(f64::from(said.a), saying, a)
        + cell(f64::from(said.b), saying, b)
        + cell(a - f64::from(said.a), silent, a)
        + cell(b - f64::from(said.b), silent, b);
    2.0 * statistic > SIGNIFICANT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sets: (u32, u32), said: &[(&str, u32, u32)], expected: &[(&str, f64)]) {
        let said = said.iter().map(|(value, a, b)| {
            ("version".to_owned(), (*value).to_owned(), Counts { a: *a, b: *b })
        });
        let found = differences(Counts { a: sets.0, b: sets.1 }, said);
        let found: Vec<(&str, f64)> =
            found.iter().map(|found| (found.value.as_str(), found.score)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_one_set_says_and_the_other_does_not_comes_first() {
        let said = [("old", 50, 100), ("new", 50, 0), ("both", 100, 100)];
        check((100, 100), &said, &[("new", 0.5), ("old", 0.5)]);
        check((5, 5), &[("new", 5, 0)], &[("new", 1.0)]);
    }

    #[test]
    fn alike_sets_differ_in_nothing() {
        check((100, 100), &[("x", 50, 50), ("y", 50, 55), ("once", 1, 0)], &[]);
        check((0, 100), &[("x", 0, 100)], &[]);
        check((10, 0), &[("x", 10, 0)], &[]);
        check((3, 3), &[("x", 3, 0)], &[]);
    }

    #[test]
    fn a_small_distance_is_none_however_sure() {
        check((100_000, 100_000), &[("x", 54_000, 50_000)], &[]);
        check((100_000, 100_000), &[("x", 56_250, 50_000)], &[("x", 0.0625)]);
    }

    #[test]
    fn so_many_differences_are_named_and_no_more() {
        let names: Vec<String> = (0..=DIFFERENCES_MAX).map(|at| at.to_string()).collect();
        let said = names.iter().map(|name| (name.clone(), String::new(), Counts { a: 9, b: 0 }));
        let sets = Counts { a: 9, b: 9 };
        assert_eq!(differences(sets, said.clone().take(DIFFERENCES_MAX)).len(), DIFFERENCES_MAX);
        assert_eq!(differences(sets, said).len(), DIFFERENCES_MAX);
    }
}
