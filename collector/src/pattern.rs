//! A `--file` pattern, and what it matches now.
//!
//! Not by the `glob` crate's own walk: that passes over names that are not UTF-8 without a word, follows
//! links to directories anywhere, and does not say which directories it looked into, where what will match
//! tomorrow turns up.
//!
//! Invariants:
//! - what is matched lies below the pattern's fixed part, also behind links;
//! - a directory that a wildcard was looked for in is told of, whether something matched or not.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

use crate::directory::shown;
use crate::limits::{PATTERN_DEPTH_MAX, PLAIN_FILES_MAX};

/// A pattern, taken apart.
#[derive(Debug)]
pub(crate) struct FilePattern {
    text: String,
    /// The directory that holds no wildcard.
    root: PathBuf,
    parts: Vec<Part>,
}

/// What stands between two slashes.
#[derive(Debug)]
enum Part {
    Literal(String),
    Wild(Pattern),
    /// `**`: any number of directories.
    Deep,
}

/// What a pattern matches.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    /// Regular files; where a link leads, for a link.
    pub(crate) files: Vec<PathBuf>,
    /// Directories that were looked into.
    pub(crate) dirs: Vec<PathBuf>,
    pub(crate) warnings: Vec<String>,
}

impl FilePattern {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        let mut root = PathBuf::from(if text.starts_with('/') { "/" } else { "" });
        let mut parts = Vec::new();
        for part in text.split('/').filter(|part| !part.is_empty()) {
            let wild = part.contains(['*', '?', '[']);
            match part {
                "**" => parts.push(Part::Deep),
                _ if wild => parts.push(Part::Wild(Pattern::new(part)?)),
                _ if parts.is_empty() => root.push(part),
                _ => parts.push(Part::Literal(part.to_owned())),
            }
        }
        if parts.is_empty()
            && let Some(name) = root.file_name().map(shown)
        {
            root.pop();
            parts.push(Part::Literal(name));
        }
        Ok(Self { text: text.to_owned(), root, parts })
    }

    /// Adds what matches now.
    pub(crate) fn matches(&self, found: &mut Matches) {
        let root = if self.root.as_os_str().is_empty() { Path::new(".") } else { &self.root };
        self.walk(root, &self.parts, 0, found);
    }

    /// Whether a file of that name would match, if there were one.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
        Pattern::new(&self.text).is_ok_and(|whole| whole.matches_path_with(path, options))
    }

    fn walk(&self, dir: &Path, parts: &[Part], depth: usize, found: &mut Matches) {
        let Some((part, rest)) = parts.split_first() else { return };
        if depth > PATTERN_DEPTH_MAX || found.files.len() > PLAIN_FILES_MAX {
            return;
        }
        if let Part::Literal(name) = part {
            found.dirs.push(dir.to_owned());
            return self.step(dir.join(name), rest, depth, found);
        }
        if matches!(part, Part::Deep) {
            self.walk(dir, rest, depth, found);
        }
        let Ok(entries) = fs::read_dir(dir) else { return };
        found.dirs.push(dir.to_owned());
        for entry in entries.flatten() {
            match part {
                Part::Wild(pattern) if pattern.matches(&shown(&entry.file_name())) => {
                    let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
                    match plain && rest.is_empty() {
                        true => self.add(entry.path(), found),
                        false => self.step(entry.path(), rest, depth, found),
                    }
                }
                Part::Deep if entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                    self.walk(&entry.path(), parts, depth + 1, found);
                }
                _ => {}
            }
        }
    }

    /// Goes on behind a part that matched: into a directory, or to the end.
    fn step(&self, path: PathBuf, rest: &[Part], depth: usize, found: &mut Matches) {
        let path = match path.is_symlink() {
            false => path,
            true => match self.inside(&path) {
                Some(target) => target,
                // A link that leads nowhere is no match.
                None if !path.exists() => return,
                None => {
                    let text = &self.text;
                    return found.warnings.push(format!(
                        "{}: leads out of the directory that {text} names, not read",
                        shown(path.as_os_str())
                    ));
                }
            },
        };
        if !rest.is_empty() {
            self.walk(&path, rest, depth + 1, found);
        } else if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            self.add(path, found);
        }
    }

    fn add(&self, path: PathBuf, found: &mut Matches) {
        match found.files.len() {
            ..PLAIN_FILES_MAX => found.files.push(path),
            PLAIN_FILES_MAX => {
                found.files.push(path);
                let text = &self.text;
                found.warnings.push(format!(
                    "file pattern {text}: matches more than {PLAIN_FILES_MAX} files, the rest is not read"
                ));
            }
            _ => {}
        }
    }

    /// Where a link leads, if that lies below the pattern's fixed part.
    fn inside(&self, link: &Path) -> Option<PathBuf> {
        let root = if self.root.as_os_str().is_empty() { Path::new(".") } else { &self.root };
        let target = link.canonicalize().ok()?;
        target.starts_with(root.canonicalize().ok()?).then_some(target)
    }
}
