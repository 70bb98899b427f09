//! DATA/tokens: who may come in from outside. A line each: `role tenant token`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nilometer_model::Tenant;
use nilometer_query::api::{Role, Secret, Token};

/// Random bytes of a token that we make.
const TOKEN_BYTES: usize = 24;

/// Why the tokens cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    #[error("tokens file {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}: want `role tenant token` (role: ingest, read, write or admin)")]
    Line { path: PathBuf, line: usize },
}

/// Reads the tokens; makes the file, with one token for people and one for collectors, when there is
/// none.
pub(crate) fn load_or_make(path: &Path) -> Result<Vec<Token>, TokensError> {
    let io = |source| TokensError::Io { path: path.to_owned(), source };
    if !path.exists() {
        make(path).map_err(io)?;
        tracing::info!(path = %path.display(), "made the first tokens");
    }
    parse(path, &fs::read_to_string(path).map_err(io)?)
}

fn make(path: &Path) -> std::io::Result<()> {
    let text = format!("admin default {}\ningest default {}\n", draw(), draw());
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

fn parse(path: &Path, text: &str) -> Result<Vec<Token>, TokensError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let token = |(at, line): (usize, &str)| {
        let wrong = || TokensError::Line { path: path.to_owned(), line: at + 1 };
        let mut words = line.split_whitespace();
        let role = words.next().and_then(Role::parse).ok_or_else(wrong)?;
        let tenant = words.next().and_then(|name| Tenant::parse(name).ok()).ok_or_else(wrong)?;
        let secret = words.next().ok_or_else(wrong)?;
        match words.next() {
            None => Ok(Token { role, tenant, secret: Secret::new(secret.to_owned()) }),
            Some(_) => Err(wrong()),
        }
    };
    lines.map(token).collect()
}

/// The token that a collector shows: the file's first of that role, or its only word.
pub(crate) fn secret_of(path: &Path, role: Role) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    if let [only] = text.split_whitespace().collect::<Vec<_>>()[..] {
        return Some(only.to_owned());
    }
    text.lines().map(str::split_whitespace).find_map(|mut words| {
        let is = words.next().and_then(Role::parse) == Some(role);
        is.then(|| words.nth(1)).flatten().map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_only_and_reads_back() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let made = load_or_make(&path).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        load_or_make(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(secret_of(&path, Role::Ingest).unwrap().len(), 2 * TOKEN_BYTES);
        fs::write(&path, "abc\n").unwrap();
        assert_eq!(secret_of(&path, Role::Ingest).unwrap(), "abc");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let wrong = parse(Path::new("tokens"), "admin default abc\n\nroot default abc\n");
        assert_eq!(
            wrong.unwrap_err().to_string(),
            "tokens:3: want `role tenant token` (role: ingest, read, write or admin)"
        );
        assert!(parse(Path::new("tokens"), "admin default\n").is_err());
        assert!(parse(Path::new("tokens"), "admin default a b\n").is_err());
    }
}
