//! The tokens file: made once, read back, refused by line, read anew.

use super::*;

const A: &str = "aaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbb";

fn write(path: &Path, text: &str) {
    let _gone = fs::remove_file(path);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn the_file_is_made_once_for_its_owner_only_and_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens");
    let (_, made) = TokensFile::open(&path).unwrap();
    let roles: Vec<Role> = made.borrow().iter().map(|token| token.role).collect();
    assert_eq!(roles, [Role::Admin, Role::Ingest]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    TokensFile::open(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(to_show(&path).unwrap().len(), 2 * TOKEN_BYTES);
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    let error = parse(Path::new("tokens"), text).unwrap_err().to_string();
    assert_eq!(error, expect);
    assert!(!error.contains(A) && !error.contains("short"), "a token is told: {error}");
}

#[test]
fn a_wrong_line_is_named_and_its_token_is_not() {
    let want = "want `role tenant token` (role: ingest, read, write or admin)";
    refused(&format!("admin default {A}\n\n# x\nroot default {B}\n"), &format!("tokens:4: {want}"));
    refused("admin default\n", &format!("tokens:1: {want}"));
    refused(&format!("admin default {A} b\n"), &format!("tokens:1: {want}"));
    refused(&format!("admin \u{7f} {A}\n"), &format!("tokens:1: {want}"));
    let length = "want a token of 16 to 512 printable ASCII characters";
    refused("admin default short-by-one-ch\n", &format!("tokens:1: {length}"));
    refused(&format!("admin default {}\n", "x".repeat(513)), &format!("tokens:1: {length}"));
    refused("admin default ääääääääääääääää\n", &format!("tokens:1: {length}"));
    refused(
        &format!("admin default {A}\nread other {B}\nread other {A}\n"),
        "tokens:3: the same token as in line 1",
    );
}

#[test]
fn tokens_are_taken_up_to_their_limits() {
    let longest = format!("admin default {}\n", "x".repeat(TOKEN_CHARS_MAX));
    assert_eq!(parse(Path::new("t"), &longest).unwrap().len(), 1);
    assert_eq!(parse(Path::new("t"), &format!("  # only\n\nread t {A}")).unwrap().len(), 1);
    let lines = |count: usize| (0..count).map(|n| format!("read t {n:016}\n")).collect::<String>();
    assert_eq!(parse(Path::new("t"), &lines(TOKENS_MAX)).unwrap().len(), TOKENS_MAX);
    let error = parse(Path::new("t"), &lines(TOKENS_MAX + 1)).unwrap_err();
    assert!(matches!(error, TokensError::TooLarge { .. }), "{error}");
}

#[test]
fn a_file_that_others_can_read_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens");
    write(&path, &format!("admin default {A}\n"));
    for (mode, fits) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let said = TokensFile::open(&path).err().map(|error| error.to_string());
        assert_eq!(said.is_none(), fits, "{mode:o}");
        let path = path.display();
        let expect =
            format!("tokens file {path}: others can read it (mode {mode:o}); do: chmod 600 {path}");
        assert!(said.is_none_or(|said| said == expect), "{mode:o}");
    }
}

#[test]
fn a_good_change_replaces_the_tokens_and_a_bad_one_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens");
    write(&path, &format!("admin default {A}\n"));
    let (mut file, tokens) = TokensFile::open(&path).unwrap();
    let first = tokens.borrow()[0].fingerprint.to_string();
    assert_eq!(first, "0c0beace");
    write(&path, "admin default\n");
    file.reload().unwrap_err();
    assert_eq!(&*tokens.borrow()[0].fingerprint, first);
    write(&path, &format!("read default {B}\n"));
    file.reload().unwrap();
    assert_eq!(tokens.borrow()[0].role, Role::Read);
}

#[test]
fn a_collector_shows_the_only_word_or_the_first_for_ingest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    for (text, expect) in [
        ("abc\n", Some("abc")),
        ("admin default a\ningest t i\ningest t j\n", Some("i")),
        ("admin default a\n", None),
        ("", None),
    ] {
        fs::write(&path, text).unwrap();
        assert_eq!(to_show(&path).ok().as_deref(), expect, "{text}");
    }
    assert!(to_show(&dir.path().join("none")).is_err());
}
