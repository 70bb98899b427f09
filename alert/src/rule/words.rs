//! The word that was probably meant.
//!
//! Invariant: what is too far from every known word is near none, and nothing is near a word of two letters.

/// Changes of one character that still leave a word recognisable.
const CHANGES_MAX: usize = 2;

/// The known word nearest to `word`, if it is near enough.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let measured = known.map(|known| (changes(word, known), known));
    let near = |changes: usize, known: &str| {
        known.len() > 2 && changes <= CHANGES_MAX.min(known.len() / 2)
    };
    let near = measured.filter(|(changes, known)| near(*changes, known));
    near.min_by_key(|(changes, _)| *changes).map(|(_, known)| known)
}

/// How many characters must be put in, taken out or replaced to make `b` of `a`.
fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let known = ["query", "every", "condition", "for", "ok"];
        for (word, expect) in [
            ("qeury", Some("query")),
            ("querry", Some("query")),
            ("conditions", Some("condition")),
            ("banana", None),
            ("xy", None),
            ("on", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expect, "{word}");
        }
    }
}
