//! The tokens file: who may come in from outside, or what a collector shows.
//!
//! ```text
//!   # a comment; blank lines are fine
//!   role tenant token        role: ingest, read, write or admin
//! ```
//! Invariants:
//! - a token's text is in no message: a line is named by its number, a token by its fingerprint;
//! - a file that others can read lets nobody in: its tokens are no secrets.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_model::Tenant;
use nilometer_query::api::{Role, Secret, Token, Tokens};
use tokio::sync::watch;

use crate::limits::{SECRET_FILE_BYTES_MAX, TOKEN_CHARS_MAX, TOKEN_CHARS_MIN, TOKENS_MAX};
use crate::reload::Reload;

/// Random bytes of a token that we make.
const TOKEN_BYTES: usize = 24;
/// Bytes of a token's hash that name it.
const FINGERPRINT_BYTES: usize = 4;
/// What others than the owner may do with a file, as bits of its mode.
const OTHERS_MODE: u32 = 0o077;

/// Why the tokens cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    #[error("tokens file {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("tokens file {path}: others can read it (mode {mode:o}); do: chmod 600 {path}")]
    Open { path: PathBuf, mode: u32 },
    #[error("tokens file {path}: larger than {SECRET_FILE_BYTES_MAX} bytes or {TOKENS_MAX} tokens")]
    TooLarge { path: PathBuf },
    #[error("{path}:{line}: want `role tenant token` (role: ingest, read, write or admin)")]
    Line { path: PathBuf, line: usize },
    #[error(
        "{path}:{line}: want a token of {TOKEN_CHARS_MIN} to {TOKEN_CHARS_MAX} printable ASCII characters"
    )]
    Length { path: PathBuf, line: usize },
    #[error("{path}:{line}: the same token as in line {first}")]
    Twice { path: PathBuf, line: usize, first: usize },
    #[error("tokens file {path}: no token to show; want one word, or a line `ingest tenant token`")]
    NothingToShow { path: PathBuf },
}

/// The tokens that are let in, kept as their file says.
pub(crate) struct TokensFile {
    path: PathBuf,
    tokens: watch::Sender<Arc<[Token]>>,
}

impl TokensFile {
    /// Reads the tokens; makes the file, with one token for people and one for collectors, when there is
    /// none.
    pub(crate) fn open(path: &Path) -> Result<(Self, Tokens), TokensError> {
        if !path.exists() {
            make(path).map_err(|source| TokensError::Io { path: path.to_owned(), source })?;
            tracing::info!(path = %path.display(), "made the first tokens");
        }
        let (sender, tokens) = watch::channel(load(path)?);
        Ok((Self { path: path.to_owned(), tokens: sender }, tokens))
    }
}

impl Reload for TokensFile {
    fn files(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }

    fn reload(&mut self) -> Result<(), String> {
        let tokens = load(&self.path).map_err(|error| error.to_string())?;
        self.tokens.send_replace(tokens);
        Ok(())
    }
}

/// A token that only this process knows.
pub(crate) fn draw_for(role: Role) -> (Token, String) {
    let text = draw();
    (token(role, Tenant::default(), &text), text)
}

/// The token that a collector shows: the file's first of the role ingest, or its only word.
pub(crate) fn to_show(path: &Path) -> Result<String, TokensError> {
    let text = read(path)?;
    if let [only] = text.split_whitespace().collect::<Vec<_>>()[..] {
        return Ok(only.to_owned());
    }
    let of_role = text.lines().map(str::split_whitespace).find_map(|mut words| {
        let is = words.next().and_then(Role::parse) == Some(Role::Ingest);
        is.then(|| words.nth(1)).flatten().map(str::to_owned)
    });
    of_role.ok_or_else(|| TokensError::NothingToShow { path: path.to_owned() })
}

fn make(path: &Path) -> std::io::Result<()> {
    let text =
        format!("# role tenant token\nadmin default {}\ningest default {}\n", draw(), draw());
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn draw() -> String {
    let bytes: [u8; TOKEN_BYTES] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn load(path: &Path) -> Result<Arc<[Token]>, TokensError> {
    let io = |source| TokensError::Io { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
    if mode & OTHERS_MODE != 0 {
        return Err(TokensError::Open { path: path.to_owned(), mode });
    }
    parse(path, &read(path)?)
}

fn read(path: &Path) -> Result<String, TokensError> {
    let io = |source| TokensError::Io { path: path.to_owned(), source };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(io)?;
    file.take(SECRET_FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(io)?;
    if text.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err(TokensError::TooLarge { path: path.to_owned() });
    }
    Ok(text)
}

fn parse(path: &Path, text: &str) -> Result<Arc<[Token]>, TokensError> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tokens = Vec::new();
    for (line, written) in (1..).zip(text.lines()) {
        if written.trim().is_empty() || written.trim_start().starts_with('#') {
            continue;
        }
        let path = || path.to_owned();
        let (role, tenant, text) =
            words(written).ok_or_else(|| TokensError::Line { path: path(), line })?;
        let fits = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(TokensError::Length { path: path(), line });
        }
        if let Some(first) = seen.insert(text, line) {
            return Err(TokensError::Twice { path: path(), line, first });
        }
        if tokens.len() == TOKENS_MAX {
            return Err(TokensError::TooLarge { path: path() });
        }
        tokens.push(token(role, tenant, text));
    }
    Ok(tokens.into())
}

/// The three words of a line, and no fourth.
fn words(line: &str) -> Option<(Role, Tenant, &str)> {
    let [role, tenant, text] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some((Role::parse(role)?, Tenant::parse(tenant).ok()?, text))
}

fn token(role: Role, tenant: Tenant, text: &str) -> Token {
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let named = hash.as_ref().iter().take(FINGERPRINT_BYTES);
    let fingerprint: String = named.map(|byte| format!("{byte:02x}")).collect();
    Token { role, tenant, secret: Secret::new(text.to_owned()), fingerprint: fingerprint.into() }
}

#[cfg(test)]
mod tests;
