//! Settings: which layer wins, and where an error says that it is.

use std::collections::HashMap;

use expect_test::{Expect, expect};

use nilometer_model::limits::MESSAGE_BYTES_MAX;
use nilometer_store::Level;
use nilometer_store::limits::RETENTION_RULES_MAX;

use super::defaults::{defaults, host_name};
use super::*;

/// The settings from a TOML text, variables and flags.
fn join(
    file: &str,
    variables: &[(&str, &str)],
    flags: &[(Key, &str)],
) -> Result<Settings, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("n.toml");
    std::fs::write(&path, file).unwrap();
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let mut layer = Layer::default();
    for (key, value) in flags {
        layer.flag(*key, [(*value).to_owned()]);
    }
    Settings::join(layer, Some(path), Purpose::Up, |name| {
        variables.get(name).map(|value| (*value).to_owned())
    })
}

#[track_caller]
fn refused(file: &str, expect: Expect) {
    let path = Path::new("n.toml");
    let error = raw::read(path, file)
        .and_then(|layer| {
            Settings::of(layer.over(defaults(Purpose::Up, false, &|_| None))).config()
        })
        .expect_err(file);
    expect.assert_eq(&error.to_string());
}

#[test]
fn a_flag_is_over_the_environment_over_the_file_over_the_default() {
    let file = "node = 'file'";
    let variable = [("NILOMETER_NODE", "variable")];
    let flag = [(Key::Node, "flag")];
    let node = |settings: Result<Settings, ConfigError>| settings.unwrap().config().unwrap().node;
    assert_eq!(node(join("", &[], &[])), host_name());
    assert_eq!(node(join(file, &[], &[])), "file");
    assert_eq!(node(join(file, &variable, &[])), "variable");
    assert_eq!(node(join(file, &variable, &flag)), "flag");
    assert_eq!(node(join(file, &[("NILOMETER_NODE", "")], &[])), "file", "empty is not set");
}

#[test]
fn lists_are_cut_at_commas_outside_of_the_file_and_are_lists_in_it() {
    let to = |settings: Result<Settings, ConfigError>| {
        let to = settings.unwrap().config().unwrap().to;
        to.into_iter().map(|to| to.url).collect::<Vec<_>>()
    };
    let both = ["http://a:1", "http://b:2"];
    assert_eq!(to(join("to = ['http://a:1', 'http://b:2/']", &[], &[])), both);
    assert_eq!(to(join("", &[("NILOMETER_TO", "http://a:1, http://b:2")], &[])), both);
    assert_eq!(to(join("", &[], &[(Key::To, "http://a:1,http://b:2")])), both);
    assert_eq!(to(join("to = 'http://a:1'", &[], &[])), both[..1]);
}

#[test]
fn the_data_directory_is_the_service_managers_when_there_is_one() {
    let data = |variables| join("", variables, &[]).unwrap().config().unwrap().data;
    assert_eq!(data(&[]), Path::new("./nilometer-data"));
    assert_eq!(data(&[("STATE_DIRECTORY", "/var/lib/n:/other")]), Path::new("/var/lib/n"));
}

#[test]
fn a_demos_data_lies_apart_unless_somebody_says_where() {
    let demo = ("NILOMETER_DEMO", "true");
    let data =
        |variables: &[_], flags: &[_]| join("", variables, flags).unwrap().config().unwrap().data;
    assert_eq!(data(&[demo], &[]), Path::new("./nilometer-demo"));
    assert_eq!(data(&[], &[(Key::Demo, "true")]), Path::new("./nilometer-demo"));
    assert_eq!(data(&[demo, ("STATE_DIRECTORY", "/var/lib/n")], &[]), Path::new("/var/lib/n/demo"));
    assert_eq!(data(&[demo], &[(Key::Data, "d")]), Path::new("d"));
}

#[test]
fn a_refused_file_names_file_line_column_key_and_what_is_allowed() {
    refused(
        "data = 'd'\nlisten = 'here'\n",
        expect![
            "n.toml:2:10: listen: 'here' does not fit; allowed: IP:PORT, such as 127.0.0.1:6456 or [::]:6456"
        ],
    );
    refused(
        "\n\nlsten = 'here'\n",
        expect![
            "n.toml:3:1: lsten: unknown key; allowed: data, listen, otlp_grpc, otlp_http, rootfs, node, zone, file, to, roles, token_file, tls_cert, tls_key, tls_ca, insecure, retention, retention_for, disk_budget, seal_after, log_level, line_bytes_max, multiline, timezone, spool_bytes_max, on_full, spool_age_max, limit, trace_sample, cpu_cores_max, buffer_bytes, redact, redact_off, redact_also, redact_key_file, redact_pattern, server, output, trace_to, demo, rules, default_rules, notify, kubernetes.enabled, kubernetes.api, kubernetes.token_file, kubernetes.ca_file, kubernetes.labels, kubernetes.annotations"
        ],
    );
    refused(
        "node = 5\n",
        expect![
            "n.toml:1:8: node: invalid type: integer `5`, expected a string; allowed: a name of 1 to 253 printable characters"
        ],
    );
    refused(
        "roles = ['intake']\n",
        expect![
            "n.toml:1:9: roles: 'intake' does not fit; allowed: intake,index,query,alert: all four, as fewer need a cluster's Log"
        ],
    );
}

#[test]
fn half_a_pair_is_refused_where_its_half_was_written() {
    refused(
        "tls_cert = 'c.pem'",
        expect![
            "n.toml:1:12: tls_cert: tls_key is missing; allowed: a PEM file of certificates, with tls_key beside it"
        ],
    );
    refused(
        "tls_key = 'k.pem'",
        expect![
            "n.toml:1:11: tls_key: tls_cert is missing; allowed: the PEM file of tls_cert's private key, with tls_cert"
        ],
    );
    let settings = join("tls_ca = 'ca.pem'", &[], &[]).unwrap();
    assert_eq!(settings.config().unwrap().tls.ca.as_deref(), Some(Path::new("ca.pem")));
    settings.require_pair_with_ca().unwrap_err();
    let flags = [(Key::TlsCert, "c.pem"), (Key::TlsKey, "k.pem")];
    join("tls_ca = 'ca.pem'", &[], &flags).unwrap().require_pair_with_ca().unwrap();
}

#[test]
fn every_kind_of_bad_value_is_refused() {
    for bad in [
        "data = ''",
        "node = 'a b'",
        "retention = '0d'",
        "retention = '1w'",
        "retention = '99999999999999999999d'",
        "retention_for = ['web']",
        "retention_for = ['web debgu 3d']",
        "retention_for = ['web error 3d']",
        "retention_for = ['web debug 0d']",
        "retention_for = ['web debug 3d 4d']",
        "retention_for = ['[ 3d']",
        "disk_budget = '50'",
        "disk_budget = '50KB'",
        "disk_budget = '0GB'",
        "disk_budget = '1.5GB'",
        "disk_budget = '1000001TB'",
        "disk_budget = 50",
        "seal_after = '2h'",
        "log_level = 'loud'",
        "line_bytes_max = 1048577",
        "line_bytes_max = 1023",
        "line_bytes_max = -1",
        "timezone = 'Mars/Olympus'",
        "spool_bytes_max = 16777215",
        "buffer_bytes = 'many'",
        "on_full = 'drop'",
        "redact = 'no'",
        "redact_off = ['email']",
        "redact_also = ['jwt']",
        "redact_pattern = 'order=('",
        "redact_pattern = 'jwt=x'",
        "spool_age_max = '0s'",
        "multiline = ['web']",
        "multiline = ['web (']",
        "multiline = ['[ ^x']",
        "limit = ['web']",
        "limit = ['web 0 lines/s']",
        "limit = ['web 5 lines']",
        "limit = ['web 5 lines/s burst']",
        "limit = ['web 5 lines/s burst 10 20']",
        "limit = ['[ 5 lines/s']",
        "trace_sample = 1.1",
        "trace_sample = nan",
        "cpu_cores_max = 0.001",
        "to = 'ftp://a'",
        "to = 5",
        "to = 'http://user:secret@a'",
        "tls_cert = 'c.pem'",
        "tls_key = 'k.pem'",
        "tls_cert = 'c.pem'\ntls_key = ''",
        "insecure = 'yes'",
        "listen = '127.0.0.1:65536'",
        "file = ['']",
        "node = 'a'\nnode = 'b'",
        "node = ",
        "[notify]",
    ] {
        let settings = join(bad, &[], &[]).and_then(|settings| settings.config());
        settings.expect_err(bad);
    }
}

#[test]
fn a_bad_flag_and_a_bad_variable_are_named_as_they_were_given() {
    let flag = join("", &[], &[(Key::LogLevel, "loud")]).unwrap().config().unwrap_err();
    expect!["--log-level: 'loud' does not fit; allowed: error, warn, info, debug or trace"]
        .assert_eq(&flag.to_string());
    let variable = join("", &[("NILOMETER_INSECURE", "\u{1b}[2J")], &[]);
    expect![[r"NILOMETER_INSECURE: '\u{1b}[2J' does not fit; allowed: true or false"]]
        .assert_eq(&variable.unwrap().config().unwrap_err().to_string());
}

#[test]
fn what_is_shown_can_be_written_to_a_file_and_read_back() {
    let shown = join("node = 'a\"b'\nfile = ['x', 'y']", &[], &[]).unwrap().show();
    let again = join(&shown, &[], &[]).unwrap();
    assert_eq!(again.config().unwrap().node, "a\"b");
    assert_eq!(again.config().unwrap().files, ["x", "y"]);
    assert!(shown.contains("# default"), "{shown}");
}

#[test]
fn a_key_is_found_by_its_name_and_spelled_three_ways() {
    for key in Key::ALL {
        assert_eq!(Key::parse(key.name()), Some(key));
    }
    assert_eq!(Key::TokenFile.flag(), "--token-file");
    assert_eq!(Key::TokenFile.variable(), "NILOMETER_TOKEN_FILE");
}

#[test]
fn first_lines_are_read_with_their_commas() {
    let file = "multiline = ['web-* ^\\d{1,4} ', 'db ^LOG']";
    let first_lines = join(file, &[], &[]).unwrap().config().unwrap().first_lines;
    assert_eq!(first_lines.len(), 2);
    let variable = [("NILOMETER_MULTILINE", "web-* ^\\d{1,4}")];
    assert_eq!(join("", &variable, &[]).unwrap().config().unwrap().first_lines.len(), 1);
}

#[test]
fn limits_are_read_with_and_without_a_burst() {
    let file = "limit = ['web-* 200 lines/s', 'db 1000 bytes/s burst 9000']\ntrace_sample = 0.25";
    let flow = join(file, &[], &[]).unwrap().config().unwrap().flow;
    let named = |limit: &nilometer_collector::RateLimit| {
        (limit.component.as_str().to_owned(), limit.per_s, limit.burst)
    };
    let limits: Vec<_> = flow.limits.iter().map(named).collect();
    assert_eq!(limits, [("web-*".to_owned(), 200, 1_000), ("db".to_owned(), 1_000, 9_000)]);
    assert_eq!(flow.trace_sample, Some(0.25));
    let variable = [("NILOMETER_LIMIT", "a 1 lines/s, b 2 lines/s burst 3")];
    assert_eq!(join("", &variable, &[]).unwrap().config().unwrap().flow.limits.len(), 2);
    assert!(join("", &[], &[]).unwrap().config().unwrap().flow.limits.is_empty());
}

#[test]
fn how_long_components_are_kept_is_read_with_and_without_a_level() {
    let file = "retention = '30d'\nretention_for = ['checkout debug 3d', 'audit-* 365d']";
    let read = join(file, &[], &[]).unwrap().config().unwrap().retention;
    let variable = [("NILOMETER_RETENTION_FOR", "checkout debug 3d, audit-* 365d")];
    assert_eq!(read, join("", &variable, &[]).unwrap().config().unwrap().retention);
    let rule = |component, level| read.class_of(component, level).rule;
    assert_eq!(rule("checkout", Level::Debug), Some(0));
    assert_eq!(rule("checkout", Level::Info), None);
    assert_eq!(rule("audit-x", Level::Warn), Some(1));
    let many = |count: usize| format!("retention_for = [{}]", "'web 3d', ".repeat(count));
    join(&many(RETENTION_RULES_MAX), &[], &[]).unwrap().config().unwrap();
    join(&many(RETENTION_RULES_MAX + 1), &[], &[]).unwrap().config().unwrap_err();
    refused(
        "\nretention_for = ['web debgu 3d']",
        expect![
            "n.toml:2:17: retention_for: 'web debgu 3d' does not fit; allowed: a list of at most 15 COMPONENT [debug|info|warn] TIME: a glob, perhaps debug (and below), info (and unset) or warn (and above), and how long, such as 'checkout debug 3d' or 'audit-* 365d'"
        ],
    );
}

#[test]
fn a_disk_budget_is_read_in_bytes() {
    let budget = |file: &str| join(file, &[], &[]).unwrap().config().unwrap().disk_budget_bytes;
    assert_eq!(budget(""), None);
    assert_eq!(budget("disk_budget = '1MB'"), Some(1_000_000));
    assert_eq!(budget("disk_budget = '50GB'"), Some(50_000_000_000));
    assert_eq!(budget("disk_budget = '1000000TB'"), Some(1_000_000_000_000_000_000));
}

#[test]
fn a_cluster_is_asked_when_it_is_named_and_not_switched_off() {
    let cluster = |file: &str| join(file, &[], &[]).unwrap().config().unwrap().kubernetes;
    let api = |file: &str| cluster(file).map(|cluster| cluster.api);
    assert_eq!(api(""), None);
    assert_eq!(api("[kubernetes]\nenabled = 'auto'"), None);
    let named = "[kubernetes]\napi = 'http://127.0.0.1:8001/'\n";
    assert_eq!(api(named).as_deref(), Some("http://127.0.0.1:8001"));
    assert_eq!(api(&format!("{named}enabled = true")).as_deref(), Some("http://127.0.0.1:8001"));
    assert_eq!(api(&format!("{named}enabled = false")), None);
    let labels = cluster(&format!("{named}labels = ['app.kubernetes.io/part-of', 'tier']"));
    assert_eq!(labels.unwrap().labels, ["app.kubernetes.io/part-of", "tier"]);
    let variable = [("NILOMETER_KUBERNETES_API", "http://127.0.0.1:8001")];
    let settings = join("", &variable, &[]).unwrap();
    assert!(settings.config().unwrap().kubernetes.is_some());
    assert!(settings.show().contains("kubernetes.api "));
}

#[test]
fn a_cluster_that_cannot_be_asked_is_refused() {
    for (file, names) in [
        (
            "[kubernetes]\nenabled = true",
            "n.toml:2:11: kubernetes.enabled: kubernetes.api is missing",
        ),
        (
            "[kubernetes]\napi = 'https://a:1'",
            "n.toml:2:7: kubernetes.api: kubernetes.ca_file is missing",
        ),
        (
            "[kubernetes]\nenabled = 'maybe'",
            "n.toml:2:11: kubernetes.enabled: 'maybe' does not fit",
        ),
        ("[kubernetes]\n\napi = 1", "n.toml:3:7: kubernetes.api: "),
        ("[kubernetes]\nlabels = ['a b']", "n.toml:2:10: kubernetes.labels: 'a b' does not fit"),
        ("[kubernetes]\nlabel = 'a'", "n.toml:2:1: label: unknown key"),
    ] {
        let layer = raw::read(Path::new("n.toml"), file);
        let error = layer
            .and_then(|layer| {
                Settings::of(layer.over(defaults(Purpose::Up, false, &|_| None))).config()
            })
            .expect_err(file);
        assert!(error.to_string().starts_with(names), "{error}");
    }
}

#[test]
fn an_intake_may_say_its_zone_behind_its_url() {
    let to =
        |text: &str| join("", &[], &[(Key::To, text)]).unwrap().config().map(|config| config.to);
    let two = to("http://a:1/#zone=x,http://b:2").unwrap();
    let two: Vec<_> = two.iter().map(|to| (to.url.as_str(), to.zone.as_str())).collect();
    assert_eq!(two, [("http://a:1", "x"), ("http://b:2", "")]);
    for wrong in ["http://a:1#zone=", "http://a:1#x", "http://a:1#zone=a b", "#zone=x"] {
        assert!(to(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_version_names_what_is_in_force_and_not_where_it_was_written() {
    let version = |file: &str, variables: &[_]| join(file, variables, &[]).unwrap().version();
    let plain = version("zone = 'a'", &[]);
    assert_eq!(plain.len(), 16);
    assert_eq!(plain, version("\n\nzone = 'a'", &[]));
    assert_eq!(plain, version("", &[("NILOMETER_ZONE", "a")]));
    assert_ne!(plain, version("zone = 'b'", &[]));
}

#[test]
fn a_reload_takes_over_what_may_change_and_names_what_waits_for_a_restart() {
    let before = join("zone = 'a'\nretention = '1d'\nnode = 'n'", &[], &[]).unwrap();
    let read = join("zone = 'b'\nretention = '2d'\nnode = 'n'", &[], &[]).unwrap();
    let (after, waiting) = before.renewed(read);
    let config = after.config().unwrap();
    assert_eq!((config.zone.as_deref(), config.retention.keep().as_secs()), (Some("b"), 86_400));
    assert_eq!(waiting, [Key::Retention]);
    let (same, waiting) =
        after.renewed(join("zone = 'b'\nretention = '1d'\nnode = 'n'", &[], &[]).unwrap());
    assert_eq!((same.version(), waiting), (after.version(), Vec::new()));
}

#[test]
fn a_key_that_is_taken_out_of_the_file_falls_back_to_its_default() {
    let before = join("line_bytes_max = 2048\nzone = 'a'", &[], &[]).unwrap();
    let config = before.renewed(join("", &[], &[]).unwrap()).0.config().unwrap();
    assert_eq!((config.line_bytes_max, config.zone), (MESSAGE_BYTES_MAX, None));
}
