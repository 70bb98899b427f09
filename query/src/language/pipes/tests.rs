//! Which pipes are understood, and at which column, with which suggestion, the rest is refused.

use expect_test::{Expect, expect};

use super::*;
use crate::language::{Query, parse_query};

#[track_caller]
fn refused(text: &str, column: usize, expect: Expect) {
    let error = parse_query(text).unwrap_err();
    assert_eq!(error.column, column, "{text}: {error}");
    expect.assert_eq(&format!("{}\n{}", error.problem, error.hint));
}
