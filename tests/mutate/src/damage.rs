//! What may happen to the files of a directory: bytes decide to which, what and where.

use std::fs;
use std::path::{Path, PathBuf};

/// How many things may happen to one directory.
const DAMAGES_MAX: usize = 8;

/// Numbers out of a check's bytes; 0 once they are used up.
pub struct Tape<'a>(&'a [u8]);

impl<'a> Tape<'a> {
    /// All of them are still to come.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next number.
    pub fn number(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Up to so many of the bytes that come next.
    fn run(&mut self, bytes: usize) -> &'a [u8] {
        let (run, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        run
    }
}

/// Damages files of the directory as long as there are bytes that say how.
///
/// # Panics
/// When a file cannot be read or written.
pub fn damage(dir: &Path, tape: &mut Tape<'_>) {
    for _ in 0..DAMAGES_MAX {
        let files = files(dir);
        if tape.0.is_empty() || files.is_empty() {
            return;
        }
        damage_one(&files, tape);
    }
}

/// Damages bytes as long as there are some that say how.
pub fn damage_bytes(content: &mut Vec<u8>, tape: &mut Tape<'_>) {
    for _ in 0..DAMAGES_MAX {
        if tape.0.is_empty() {
            return;
        }
        let what = tape.number();
        let at = place(content, tape);
        change(content, (what, at), tape);
    }
}

/// Whether no file of the directory holds anything.
#[must_use]
pub fn is_bare(dir: &Path) -> bool {
    files(dir).iter().all(|file| fs::metadata(file).is_ok_and(|metadata| metadata.len() == 0))
}

fn damage_one(files: &[PathBuf], tape: &mut Tape<'_>) {
    let file = &files[usize::from(tape.number()) % files.len()];
    let mut content = fs::read(file).expect("it was listed");
    let what = tape.number();
    let at = place(&content, tape);
    match what % 7 {
        5 => {
            let other = &files[usize::from(tape.number()) % files.len()];
            content.truncate(at);
            content.extend(fs::read(other).expect("it was listed"));
        }
        6 => return fs::remove_file(file).expect("it was listed"),
        _ => change(&mut content, (what % 7, at), tape),
    }
    fs::write(file, content).expect("the disk has room");
}

/// Where in the content something is to happen.
fn place(content: &[u8], tape: &mut Tape<'_>) -> usize {
    (usize::from(tape.number()) << 8 | usize::from(tape.number())) % (content.len() + 1)
}

fn change(content: &mut Vec<u8>, (what, at): (u8, usize), tape: &mut Tape<'_>) {
    match what % 5 {
        0 => {
            if let Some(byte) = content.get_mut(at) {
                *byte ^= 1 << (tape.number() % 8);
            }
        }
        1 => content.truncate(at),
        2 => content[at..].fill(0),
        3 => {
            let bytes = tape.number();
            content.splice(at..at, tape.run(usize::from(bytes)).iter().copied()).for_each(drop);
        }
        _ => {
            let end = content.len().min(at + usize::from(tape.number()));
            content.drain(at..end);
        }
    }
}

/// In the order of their names, those of directories below it too.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the directory is there");
    let (dirs, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.flatten().map(|entry| entry.path()).partition(|path| path.is_dir());
    files.extend(dirs.iter().flat_map(|dir| self::files(dir)));
    files.sort();
    files
}
