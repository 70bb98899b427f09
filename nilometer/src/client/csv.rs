//! Comma-separated values as RFC 4180 has them, and safe to open in a spreadsheet.
//!
//! Invariant: no cell begins with a character that makes a spreadsheet compute.

/// Appends one row.
pub(super) fn push_row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_cell(out, cell);
    }
    out.push('\n');
}

fn push_cell(out: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = formula || cell.contains([',', '"', '\n', '\r']);
    if !quoted {
        out.push_str(cell);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
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
        for formula in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            check(&[formula], &format!("\"'{formula}\""));
        }
        check(&["a=b", " =1"], "a=b, =1");
    }
}
