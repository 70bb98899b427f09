//! The payloads of `payloads.mjs`, and what must be true of what is shown of them.

use std::process::Command;

use nilometer_tests::repository;
use serde_json::Value;

/// Fewer are no proof.
const PAYLOADS_MIN: usize = 1_000;
/// Longest name of a component, node, instance or attribute, bytes.
const NAME_BYTES_MAX: usize = 1_024;

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub(crate) id: String,
    pub(crate) text: String,
}

impl Payload {
    /// Whether it can be a name as well as a message.
    pub(crate) fn fits_a_name(&self) -> bool {
        self.text.len() <= NAME_BYTES_MAX
    }

    /// Whether a file or directory can be called so.
    pub(crate) fn fits_a_file(&self) -> bool {
        let text = &self.text;
        !text.is_empty() && text.len() <= 120 && !text.contains(['/', '\0', '_']) && text != "."
    }
}

pub(crate) fn payloads() -> Vec<Payload> {
    let script = repository().join("tests/hostile/payloads.mjs");
    let output = Command::new("node").arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| json[name].as_str().unwrap().to_owned();
        Payload { id: field("id"), text: field("text") }
    };
    let payloads: Vec<Payload> = text.lines().map(read).collect();
    assert!(payloads.len() >= PAYLOADS_MIN, "only {}", payloads.len());
    payloads
}

/// What makes a terminal do more than show a character, or show it elsewhere.
fn acts(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c);
    bidi || (c.is_control() && c != '\n' && c != '\t')
}

/// Fails with the first line that would act.
#[track_caller]
pub(crate) fn assert_harmless(what: &str, text: &str) {
    let found = text.lines().find(|line| line.contains(acts));
    if let Some(line) = found {
        let at = line.find(acts).unwrap();
        let from = line.floor_char_boundary(at.saturating_sub(40));
        let to = line.ceil_char_boundary((at + 40).min(line.len()));
        panic!("{what}: acts on a terminal: {:?}", &line[from..to]);
    }
    // `lines` takes a carriage return before a line feed away.
    assert!(!text.contains('\r'), "{what}: a carriage return");
}
