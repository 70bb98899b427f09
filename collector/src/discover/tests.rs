//! Which files are logs, whose they are, and in which order their generations lie.

use std::cmp::Reverse;

use super::*;

#[track_caller]
fn touch(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x\n").unwrap();
}

#[test]
fn a_runtimes_file_names_speak_of_restart_and_age() {
    let dated = |n, date: &str| Some((n, Rank::Dated(date.to_owned())));
    for (name, expect) in [
        ("0.log", Some((0, Rank::Live))),
        ("12.log.20261121-040600", dated(12, "20261121-040600")),
        ("12.log.20261121-040600.gz", dated(12, "20261121-040600")),
        ("x.log", None),
        ("0.log.old", None),
        ("0.logs", None),
    ] {
        assert_eq!(cri_name(name), expect, "{name}");
    }
    for (name, expect) in [
        ("abc-json.log", Some((0, Rank::Live))),
        ("abc-json.log.2", Some((0, Rank::Numbered(Reverse(2))))),
        ("abc-json.log.2.gz", Some((0, Rank::Numbered(Reverse(2))))),
        ("config.v2.json", None),
        ("abc-json.log.x", None),
    ] {
        assert_eq!(docker_name(name), expect, "{name}");
    }
}

#[test]
fn a_plain_files_rotated_siblings_share_its_live_name() {
    let numbered = |n| Rank::Numbered(Reverse(n));
    let dated = |date: &str| Rank::Dated(date.to_owned());
    for (name, base, rank) in [
        ("app.log", "app.log", Rank::Live),
        ("app-0.log", "app-0.log", Rank::Live),
        ("app.log.1", "app.log", numbered(1)),
        ("app.log.10.gz", "app.log", numbered(10)),
        ("app.log-20261121", "app.log", dated("20261121")),
        ("app.log-20261121-1763700000.gz", "app.log", dated("20261121-1763700000")),
        ("app.log-2026-11-21", "app.log", dated("2026-11-21")),
        ("syslog", "syslog", Rank::Live),
        ("app-5", "app-5", Rank::Live),
    ] {
        assert_eq!(plain_name(name), (base, rank), "{name}");
    }
    assert!(dated("20260101") < dated("20260102") && dated("9") < numbered(9));
    assert!(numbered(2) < numbered(1) && numbered(1) < Rank::Live);
}

#[test]
fn logs_are_found_below_the_root_and_named_without_it() {
    let root = tempfile::tempdir().unwrap();
    touch(&root.path().join("var/log/pods/ns_pod_uid/main/0.log"));
    touch(&root.path().join("var/lib/docker/containers/abc/abc-json.log"));
    touch(&root.path().join("app/a-1.log"));
    touch(&root.path().join("app/a-1.log.1"));
    let pattern = root.path().join("app/*.log*").display().to_string();
    let discovery = Discovery::new(root.path().to_owned(), vec![pattern]);
    let found = discovery.look();
    let keys: Vec<&str> = found.logs.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["/app/a-1.log", "/var/lib/docker/containers/abc", "/var/log/pods/ns_pod_uid/main"]
    );
    let plain = &found.logs["/app/a-1.log"];
    assert_eq!(files(plain, &names(&plain.dir).unwrap()).len(), 2);
}

#[test]
fn links_are_followed_only_inside_the_directory_that_the_pattern_names() {
    let root = tempfile::tempdir().unwrap();
    touch(&root.path().join("app/deep/real.log"));
    touch(&root.path().join("secret"));
    let link = std::os::unix::fs::symlink::<PathBuf, PathBuf>;
    link(root.path().join("app/deep/real.log"), root.path().join("app/in.log")).unwrap();
    link(root.path().join("secret"), root.path().join("app/out.log")).unwrap();
    let pattern = root.path().join("app/*.log").display().to_string();
    let found = Discovery::new(root.path().to_owned(), vec![pattern]).look();
    assert_eq!(found.logs.keys().collect::<Vec<_>>(), ["/app/deep/real.log"]);
    assert_eq!(found.warnings.len(), 1);
}
