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
    let mut discovery = Discovery::new(root.path().to_owned(), vec![pattern]);
    let found = discovery.look();
    let keys: Vec<&str> = found.logs.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["/app/a-1.log", "/var/lib/docker/containers/abc", "/var/log/pods/ns_pod_uid/main"]
    );
    let plain = &found.logs["/app/a-1.log"];
    assert_eq!(files(plain, &mut Directory::read(&plain.dir)).len(), 2);
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

#[test]
fn names_that_are_not_utf8_are_found_shown_and_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    let app = root.path().join("app");
    for name in [&b"a\xff.log"[..], b"a\xfe.log", b"a\xff.log.1"] {
        touch(&app.join(OsStr::from_bytes(name)));
    }
    let pattern = app.join("*.log").display().to_string();
    let found = Discovery::new(root.path().to_owned(), vec![pattern]).look();
    let keys: Vec<&String> = found.logs.keys().collect();
    assert_eq!(keys, [r"/app/a\xfe.log", r"/app/a\xff.log"]);
    let files = files(&found.logs[r"/app/a\xff.log"], &mut Directory::read(&app));
    let paths: Vec<&[u8]> = files.iter().map(|f| f.path.file_name().unwrap().as_bytes()).collect();
    assert_eq!(paths, [&b"a\xff.log.1"[..], b"a\xff.log"]);
}

#[test]
fn a_pattern_matches_below_its_fixed_part_and_tells_where_it_looked() {
    let root = tempfile::tempdir().unwrap();
    for name in ["app/a/x.log", "app/b/c/y.log", "app/z.log", "outside/s.log"] {
        touch(&root.path().join(name));
    }
    let link = std::os::unix::fs::symlink::<PathBuf, PathBuf>;
    link(root.path().join("outside"), root.path().join("app/away")).unwrap();
    link(root.path().join("app/b"), root.path().join("app/back")).unwrap();
    for (pattern, files, dirs, warnings) in [
        ("app/*.log", vec!["app/z.log"], vec!["app"], 0),
        ("app/z.log", vec!["app/z.log"], vec!["app"], 0),
        ("app/none.log", vec![], vec!["app"], 0),
        ("app/*/*.log", vec!["app/a/x.log"], vec!["app", "app/a", "app/b"], 1),
        ("app/*/c/*.log", vec!["app/b/c/y.log"], vec!["app", "app/b", "app/b/c"], 1),
        ("app/**/*.log", vec!["app/a/x.log", "app/b/c/y.log", "app/z.log"], vec!["app"], 0),
        ("no/*.log", vec![], vec![], 0),
    ] {
        let mut found = Matches::default();
        FilePattern::new(&root.path().join(pattern).display().to_string())
            .unwrap()
            .matches(&mut found);
        let below = |paths: &[PathBuf]| {
            let mut paths: Vec<String> = paths
                .iter()
                .map(|p| p.strip_prefix(root.path()).unwrap().display().to_string())
                .collect();
            paths.sort();
            paths.dedup();
            paths
        };
        assert_eq!(below(&found.files), files, "{pattern}");
        let looked = below(&found.dirs);
        assert!(dirs.iter().all(|dir| looked.contains(&(*dir).to_owned())), "{pattern} {looked:?}");
        assert_eq!(found.warnings.len(), warnings, "{pattern} {:?}", found.warnings);
    }
}

#[test]
fn a_moved_tree_of_pods_is_read_where_its_link_leads_below_the_root_and_keeps_its_keys() {
    let link = std::os::unix::fs::symlink::<&str, PathBuf>;
    for (target, moved) in [("/data/pods", "data/pods"), ("../../data/pods", "data/pods")] {
        let root = tempfile::tempdir().unwrap();
        let container = root.path().join(moved).join("ns_pod_uid/main");
        touch(&container.join("0.log"));
        fs::create_dir_all(root.path().join("var/log")).unwrap();
        link(target, root.path().join("var/log/pods")).unwrap();
        // What kubelet links to in /var/log/containers is found at its own place, once.
        fs::create_dir_all(root.path().join("var/log/containers")).unwrap();
        link("../pods/ns_pod_uid/main/0.log", root.path().join("var/log/containers/p.log"))
            .unwrap();
        let mut discovery = Discovery::new(root.path().to_owned(), Vec::new());
        let found = discovery.look();
        assert_eq!(found.logs.keys().collect::<Vec<_>>(), ["/var/log/pods/ns_pod_uid/main"]);
        let dir = &found.logs["/var/log/pods/ns_pod_uid/main"].dir;
        assert_eq!(discovery.key(dir), "/var/log/pods/ns_pod_uid/main", "{target}");
        assert_eq!(discovery.look_in(dir.parent().unwrap()).unwrap().logs.len(), 1);
    }
}
