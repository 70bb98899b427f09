//! Comma-separated values as RFC 4180 has them, and safe to open in a spreadsheet.
//!
//! Invariant: no text begins with what makes a spreadsheet compute, nor with characters that it passes over
//! on its way there; an apostrophe stands before it, and nothing else is changed. Numbers are numbers.

/// What stands between two commas.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    /// Anything.
    Text(&'a str),
    /// The text of a number; its sign is no formula.
    Number(&'a str),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

/// Appends one row.
pub(super) fn push_row<'a, C: Into<Cell<'a>>>(
    out: &mut String,
    cells: impl IntoIterator<Item = C>,
) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        match cell.into() {
            Cell::Text(text) => push_text(out, text),
            Cell::Number(number) => out.push_str(number),
        }
    }
    out.push('\n');
}

fn push_text(out: &mut String, text: &str) {
    let formula = is_formula(text);
    let quoted = formula || text.contains([',', '"', '\n', '\r']);
    if !quoted {
        out.push_str(text);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

/// Whether a spreadsheet may take it for a formula: by its first character, or by the first that shows.
fn is_formula(text: &str) -> bool {
    let shown = text.trim_start_matches(|c: char| c.is_control() || is_invisible(c));
    text.starts_with(['\t', '\r', '\n'])
        || shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2069}' | '\u{202a}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cells: &[&str], expect: &str) {
        let mut out = String::new();
        push_row(&mut out, cells.iter().copied());
        assert_eq!(out, format!("{expect}\n"));
    }

    #[test]
    fn cells_are_quoted_only_when_they_must_be() {
        check(&["a", "", "b c"], "a,,b c");
        check(&["a,b", "say \"x\"", "two\nlines"], "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"");
    }

    #[test]
    fn what_a_spreadsheet_would_compute_gets_an_apostrophe() {
        let begins =
            ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\u{feff}=", "\0+"];
        for formula in begins.map(|begin| format!("{begin}1+1")) {
            check(&[&formula], &format!("\"'{formula}\""));
        }
        check(&["a=b", " =1", "\u{200b}x"], "a=b, =1,\u{200b}x");
    }

    #[test]
    fn a_number_keeps_its_sign() {
        let mut out = String::new();
        push_row(&mut out, [Cell::Number("-1.5"), Cell::Text("-1.5")]);
        assert_eq!(out, "-1.5,\"'-1.5\"\n");
    }
}
