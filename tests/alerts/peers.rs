//! Alerts and figures at programs that others wrote: Alertmanager, Prometheus, a mail server. `tests/run` installs them.

use std::process::Command;

use nilometer_tests::{Api, Authority, Process, Scratch, port, repository, until};

use super::{TOLD_DEADLINE, config, errors, rule};

/// A program of this name, with what it needs to know.
fn peer(scratch: &Scratch, program: &str, arguments: &[String]) -> Process {
    let mut command = Command::new(program);
    command.args(arguments);
    Process::spawn(command, &scratch.join("peer.log"))
}

/// Waits until it says that it is ready.
fn ready(mut process: Process, api: &Api) -> Process {
    until("a peer that is ready", TOLD_DEADLINE, || {
        assert!(process.running(), "{}", process.said());
        api.get("/-/ready").ok().filter(|answer| answer.status == 200)
    });
    process
}

/// Alertmanager and Prometheus are started alike.
fn server(scratch: &Scratch, program: &str, config: &str, arguments: &[&str]) -> (Process, Api) {
    let api = Api::on(port());
    scratch.write("peer.yml", config);
    let mut all = vec![
        format!("--config.file={}", scratch.join("peer.yml").display()),
        format!("--web.listen-address={}", api.address()),
    ];
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    (ready(peer(scratch, program, &all), &api), api)
}

#[test]
fn an_alertmanager_shows_what_fires_and_no_more_what_is_over() {
    let scratch = Scratch::new();
    let storage = format!("--storage.path={}", scratch.join("manager").display());
    let (_manager, manager) = server(
        &scratch,
        "prometheus-alertmanager",
        "route: { receiver: none }\nreceivers: [{ name: none }]\n",
        &[&storage, "--cluster.listen-address="],
    );
    let destination = format!(
        "[[notify]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"{}\"\n",
        manager.url()
    );
    let config = config(&scratch, &destination, &rule("\"am\""));
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    errors(&api, 7..8);
    let shown = until("the alert", TOLD_DEADLINE, || {
        let alerts = manager.json("/api/v2/alerts?active=true");
        alerts.as_array().unwrap().first().cloned()
    });
    assert_eq!(shown["labels"]["component"], "c07");
    assert_eq!(shown["annotations"]["summary"], "c07 fails");
    assert_eq!(shown["status"]["state"], "active");
    until("its end", TOLD_DEADLINE, || {
        let alerts = manager.json("/api/v2/alerts?active=true");
        alerts.as_array().unwrap().is_empty().then_some(())
    });
}

#[test]
fn a_prometheus_reads_our_metrics() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    errors(&api, 0..1);
    let scrape = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: nilometer\n  static_configs: [{{ targets: ['{}'] }}]\n",
        api.address()
    );
    let storage = format!("--storage.tsdb.path={}", scratch.join("prometheus").display());
    let (_prometheus, prometheus) = server(&scratch, "prometheus", &scrape, &[&storage]);
    let value = |query: &str| -> Option<f64> {
        let answer = prometheus.json(&format!("/api/v1/query?query={query}"));
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    };
    until("a scrape", TOLD_DEADLINE, || (value("up")? > 0.0).then_some(()));
    until("our rules", TOLD_DEADLINE, || {
        (value("nilometer_rules_evaluated_total")? > 0.0).then_some(())
    });
    let targets = prometheus.json("/api/v1/targets");
    assert_eq!(targets["data"]["activeTargets"][0]["lastError"], "", "{targets}");
}

/// A mail server that speaks as `tls` says and keeps what it is given in a directory; what was sent to it.
fn mailed(scheme: &str, tls: [&str; 2]) -> String {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "ca");
    let [_, cert, _, key] = authority.issue(&["127.0.0.1"]).files(&scratch, "mail");
    let (listen, box_) = (format!("127.0.0.1:{}", port()), scratch.join("box"));
    let python = repository().join("tests/alerts/venv/bin/python");
    assert!(python.exists(), "{} is not there: tests/run makes it", python.display());
    let arguments = ["-m", "aiosmtpd", "-n", "-l", &listen, tls[0], &cert, tls[1], &key];
    let mut arguments = arguments.map(str::to_owned).to_vec();
    arguments.extend(["-c".to_owned(), "aiosmtpd.handlers.Mailbox".to_owned()]);
    arguments.push(box_.display().to_string());
    let _mail = peer(&scratch, python.to_str().unwrap(), &arguments);
    let destination = format!(
        "[[notify]]\nname = \"mail\"\nkind = \"email\"\nurl = \"{scheme}://{listen}\"\n\
         from = \"a@example.org\"\nto = [\"b@example.org\"]\n"
    );
    let config = config(&scratch, &destination, &rule("\"mail\""));
    let ca = scratch.join("ca.pem").display().to_string();
    let believed = [("SSL_CERT_FILE", ca.as_str())];
    let (_serve, api) = Process::role("serve", &scratch, &["--config", &config], &believed);
    errors(&api, 0..1);
    until("a message", TOLD_DEADLINE, || {
        let mut files = std::fs::read_dir(box_.join("new")).ok()?;
        std::fs::read_to_string(files.next()?.unwrap().path()).ok()
    })
}

#[test]
fn mail_goes_over_tls_at_once_or_from_where_the_server_offers_it() {
    for (scheme, tls) in
        [("smtps", ["--smtpscert", "--smtpskey"]), ("smtp", ["--tlscert", "--tlskey"])]
    {
        let message = mailed(scheme, tls);
        assert!(message.contains("Subject: [FIRING 1] errors"), "{scheme}: {message}");
        assert!(message.contains("summary: c00 fails"), "{scheme}: {message}");
    }
}
