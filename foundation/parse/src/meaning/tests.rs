//! Own samples, a table per kind of format, and what must hold for any line.

mod data;
mod formats;
mod hostile;

use super::*;

/// What `line` means, and its attributes.
fn read_line(line: &str) -> (Meaning, String) {
    let mut attributes = Attributes::default();
    let meaning = meaning(line, Clues::UNSEARCHED, &mut attributes);
    (meaning, attributes.as_str().to_owned())
}
