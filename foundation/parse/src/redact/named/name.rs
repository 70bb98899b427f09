//! The name of what may be a secret.

use crate::limits::SECRET_NAME_BYTES_MAX;
use crate::redact::kind::Kind;
use crate::redact::place::{run, run_before};

/// How names of passwords end, without gaps and in small letters.
const PASSWORDS: [&str; 3] = ["password", "passphrase", "passwort"];
/// The same, where nothing or a gap is before it: `chpasswd` is a program.
const SHORT_PASSWORDS: [&[u8]; 3] = [b"passwd", b"pwd", b"pass"];
/// How names of other secrets end.
const SECRETS: [&str; 21] = [
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "authkey",
    "sharedaccesskey",
    "sharedkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "sessionkey",
    "appkey",
    "clientkey",
    "consumerkey",
    "storagekey",
    "webhookkey",
    "subscriptionkey",
    "licensekey",
];
/// Names that end like one and say where to go on reading, not who may.
const HARMLESS: [&str; 8] = [
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "synctoken",
    "resumetoken",
    "canceltoken",
    "lexertoken",
    "cancellationtoken",
];
/// What may follow: `password2`, `password_confirmation`.
const TAILS: [&str; 4] = ["confirmation", "confirm", "value", "hash"];
/// Digits that may end a name; more are a hash.
const TAIL_DIGITS_MAX: usize = 2;

/// Where a name stands: letters, digits, `_`, `-` and `.`, and the word before it if only a space parts them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Name {
    /// The name that holds the byte at `at`.
    pub(super) fn around(text: &[u8], at: usize) -> Option<Self> {
        let start = at - run_before(text, at, SECRET_NAME_BYTES_MAX, is_of_name);
        let end = at + run(&text[..text.len().min(at + SECRET_NAME_BYTES_MAX)], at, is_of_name);
        let start = if text[..start].ends_with(b"\\") { start + 1 } else { start };
        (start <= at).then_some(Self { start, end })
    }

    /// What it says that it is.
    pub(super) fn kind(&self, text: &[u8]) -> Option<Kind> {
        let mut letters = [0; 2 * SECRET_NAME_BYTES_MAX];
        let name = self.letters(text, &mut letters);
        let digits =
            name.iter().rev().take(TAIL_DIGITS_MAX).take_while(|byte| byte.is_ascii_digit());
        let name = &name[..name.len() - digits.count()];
        let tail = TAILS.iter().find_map(|tail| name.strip_suffix(tail.as_bytes()));
        let name = tail.unwrap_or(name);
        let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end.as_bytes()));
        if ends(&PASSWORDS) || self.is_short_password(text) {
            Some(Kind::Password)
        } else if ends(&["authorization"]) {
            Some(Kind::Authorization)
        } else {
            (ends(&SECRETS) && !ends(&HARMLESS)).then_some(Kind::Secret)
        }
    }

    fn is_short_password(&self, text: &[u8]) -> bool {
        let written = &text[self.start..self.end];
        let last = written.rsplit(|byte| matches!(byte, b'_' | b'-' | b'.')).next();
        let is = |last: &[u8]| SHORT_PASSWORDS.iter().any(|short| last.eq_ignore_ascii_case(short));
        last.is_some_and(is)
    }

    /// `pwd` by itself is a directory as often.
    pub(super) fn is_pwd(&self, text: &[u8]) -> bool {
        text[self.start..self.end].eq_ignore_ascii_case(b"pwd")
    }

    /// Its letters and digits, small, with those of the word before it.
    fn letters<'a>(&self, text: &[u8], letters: &'a mut [u8]) -> &'a [u8] {
        let before = match &text[..self.start] {
            [.., last, b' '] if last.is_ascii_alphabetic() => {
                let end = self.start - 1;
                end - run_before(text, end, SECRET_NAME_BYTES_MAX / 2, |byte| {
                    byte.is_ascii_alphabetic()
                })
            }
            _ => self.start,
        };
        let written = text[before..self.end].iter().filter(|byte| byte.is_ascii_alphanumeric());
        let mut count = 0;
        for (letter, byte) in letters.iter_mut().zip(written) {
            *letter = byte.to_ascii_lowercase();
            count += 1;
        }
        &letters[..count]
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
