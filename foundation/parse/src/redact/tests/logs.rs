//! Logs of many programs (`NILOMETER_DATA`): ids, hashes and times stay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;

/// Where logs lie in the data, as they were written.
const LOGS: [&str; 4] = ["loghub2k", "src", "fixtures/access", "fixtures/formats"];

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(below) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "gz") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "where the data is, only the environment says")]
fn in_logs_of_others_nothing_is_redacted_but_what_looks_like_a_secret() {
    let Ok(data) = std::env::var("NILOMETER_DATA") else {
        return println!("skipped: NILOMETER_DATA is not set");
    };
    let mut paths = Vec::new();
    LOGS.iter().for_each(|logs| files(&Path::new(&data).join(logs), &mut paths));
    assert!(paths.len() > 50, "too little to look at: {}", paths.len());
    let redactor = redactor();
    let (mut all, mut lines, mut seen) = (Counts::default(), 0_u64, Vec::new());
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        for line in String::from_utf8_lossy(&bytes).lines() {
            lines += 1;
            if let Cow::Owned(redacted) = redactor.redact(line, &mut all) {
                seen.push(format!("{}: {redacted}", path.display()));
            }
        }
    }
    let counted: BTreeMap<&str, u64> = redactor.counted(&all).collect();
    // Cards of a shop's payments; nothing else that these logs hold is secret.
    let card_count = counted.get("card").copied().unwrap_or_default();
    let others: Vec<_> = counted.iter().filter(|(kind, _)| **kind != "card").collect();
    assert!(others.is_empty() && card_count <= lines / 10_000, "{counted:?}\n{}", seen.join("\n"));
}
