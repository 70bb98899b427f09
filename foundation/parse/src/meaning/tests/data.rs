//! Others' logs: those below `NILOMETER_DATA`, a directory that is not a part of the tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use nilometer_model::Severity;
use serde_json::{Map, Value};

use super::*;

/// The directory, unless the test is to be skipped.
fn data(below: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "only this test knows where the data is")]
    let Ok(data) = std::env::var("NILOMETER_DATA") else {
        println!("skipped: NILOMETER_DATA is not set");
        return None;
    };
    Some(PathBuf::from(data).join(below))
}

fn lines(path: PathBuf) -> Vec<String> {
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Every line is read; the file's most common format, but for text: lines of stack traces are many.
fn commonest(lines: &[String]) -> Form {
    let mut forms: BTreeMap<Form, usize> = BTreeMap::new();
    for line in lines {
        let (meaning, attributes) = read_line(line);
        if !attributes.is_empty() {
            serde_json::from_str::<Map<String, Value>>(&attributes).unwrap();
        }
        if meaning.form != Form::Text {
            *forms.entry(meaning.form).or_default() += 1;
        }
    }
    forms.into_iter().max_by_key(|(_, count)| *count).map_or(Form::Text, |(form, _)| form)
}

#[test]
fn files_of_known_formats_are_detected() {
    let Some(formats) = data("fixtures/formats") else { return };
    for (file, form) in [
        ("ops-agent/apache-error.log", Form::ApacheError),
        ("ops-agent/couchbase-http-access.log", Form::Access),
        ("ops-agent/elasticsearch-json-ecs.log", Form::Json),
        ("ops-agent/hadoop.log", Form::Lead),
        ("ops-agent/jetty-access.log", Form::Access),
        ("ops-agent/nginx-access.log", Form::Access),
        ("ops-agent/tomcat-access.log", Form::Access),
        ("ops-agent/varnish.log", Form::Access),
        ("ops-agent/postgresql.log", Form::Postgres),
        ("ops-agent/redis.log", Form::Redis),
        ("ops-agent/wildfly_system.log", Form::Lead),
        ("lnav/logfile_access_log.0", Form::Access),
        ("lnav/logfile_shop_access_log.0", Form::Access),
        ("lnav/logfile_bad_syslog.0", Form::Syslog),
        ("lnav/logfile_syslog.0", Form::Syslog),
        ("lnav/logfile_caddy_log.1", Form::Json),
        ("lnav/logfile_ecs_log.json", Form::Json),
        ("lnav/logfile_grafana.0", Form::Logfmt),
        ("lnav/logfile_logfmt.0", Form::Logfmt),
        ("lnav/logfile_pino.0", Form::Json),
        ("lnav/logfile_mongodb.0", Form::Json),
        ("lnav/logfile_mysql_error.0", Form::Mysql),
        ("lnav/logfile_zap_console.0", Form::Lead),
        ("lnav/logfile_spark_dupe.0", Form::Lead),
    ] {
        assert_eq!(commonest(&lines(formats.join(file))), form, "{file}");
    }
}

#[test]
fn every_file_of_every_format_is_read() {
    let Some(formats) = data("fixtures/formats") else { return };
    for folder in ["lnav", "ops-agent"] {
        for file in fs::read_dir(formats.join(folder)).unwrap() {
            commonest(&lines(file.unwrap().path()));
        }
    }
}

/// What others read of access lines, under the names that they have for it.
#[test]
fn access_lines_give_what_others_read_of_them() {
    let Some(formats) = data("fixtures/formats/ops-agent") else { return };
    for name in ["nginx-access", "jetty-access", "tomcat-access", "varnish"] {
        let golden = lines(formats.join(format!("{name}.output_fluentbit.yaml")));
        let ours = lines(formats.join(format!("{name}.log")))
            .iter()
            .map(|line| read_line(line).1)
            .collect::<Vec<_>>();
        let mut compared = 0;
        for (theirs, name) in [
            ("remoteIp", "client.address"),
            ("requestMethod", "http.request.method"),
            ("responseSize", "http.response.body.size"),
            ("status", "http.response.status_code"),
            ("userAgent", "user_agent.original"),
        ] {
            let expect: Vec<_> = golden
                .iter()
                .filter_map(|line| line.trim().strip_prefix(theirs)?.strip_prefix(": "))
                .map(|value| value.trim_matches(['"', '\'']))
                .filter(|value| !value.is_empty())
                .map(|value| match value.parse::<f64>() {
                    Ok(number) => number.to_string(),
                    Err(_) => value.to_owned(),
                })
                .collect();
            let found: Vec<_> = ours
                .iter()
                .filter(|attributes| !attributes.is_empty())
                .filter_map(|attributes| {
                    let members: Map<String, Value> = serde_json::from_str(attributes).unwrap();
                    members.get(name).map(|value| {
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                    })
                })
                .collect();
            assert_eq!(found, expect, "{name}");
            compared += found.len();
        }
        assert!(compared > 10, "{name}: {compared}");
    }
}

/// Their severities, in the order of their lines, for files of one line per entry.
#[test]
fn severities_are_those_that_others_read() {
    let Some(formats) = data("fixtures/formats/ops-agent") else { return };
    for name in ["apache-error", "hadoop", "wildfly_system", "zookeeper_general"] {
        let golden = lines(formats.join(format!("{name}.output_fluentbit.yaml")));
        let expect: Vec<_> = golden
            .iter()
            .filter_map(|line| line.strip_prefix("    severity: "))
            .map(of_google)
            .collect();
        let found: Vec<_> = lines(formats.join(format!("{name}.log")))
            .iter()
            .map(|line| read_line(line).0)
            .filter(|meaning| meaning.form != Form::Text)
            .map(|meaning| meaning.severity)
            .collect();
        // They may still hold their last record.
        let read = &found[..expect.len()];
        assert_eq!(read, expect, "{name}");
        assert!(expect.len() > 3 && found.len() <= expect.len() + 1, "{name}");
    }
}

/// The names of Google Cloud's logging.
fn of_google(severity: &str) -> Severity {
    match severity {
        "100.0" => Severity::Debug,
        "200.0" | "300.0" => Severity::Info,
        "400.0" => Severity::Warn,
        "500.0" => Severity::Error,
        "600.0" | "700.0" | "800.0" => Severity::Fatal,
        name => Severity::parse(name).unwrap_or_default(),
    }
}

#[test]
fn levels_of_loghub_are_found() {
    let Some(loghub) = data("loghub2k") else { return };
    for (file, column) in [("Hadoop", 2), ("HDFS", 3), ("Android", 4), ("Windows", 2)] {
        for line in lines(loghub.join(format!("{file}.log"))) {
            let level = line.split_ascii_whitespace().nth(column).unwrap_or_default();
            let expect = match level {
                "V" => Some(Severity::Trace),
                level => Severity::parse(level),
            };
            let Some(expect) = expect else { continue };
            assert_eq!(read_line(&line).0.severity, expect, "{file}: {line}");
        }
    }
}
