//! Rules: many of them, every 15 s, beside a steady stream of lines; and one of them replayed over a month.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use nilometer_model::Timestamp;
use serde_json::{Value, json};

use crate::ingest::load;
use crate::product::Product;
use crate::report::{Outcome, figure, quantile};

/// Rules that are evaluated together.
const RULES: usize = 10_000;
/// What is measured: four turns of all of them.
const MEASURED: Duration = Duration::from_secs(60);
/// Lines come in so often.
const PAUSE: Duration = Duration::from_millis(500);
/// Lines that come at once.
const LINES: usize = 100;
/// Components that speak; a hundred rules are about each.
const COMPONENTS: usize = 100;
/// How long the corpus is made to last, ns.
const MONTH_NS: i64 = 30 * 86_400_000_000_000;
/// How often a replay is asked for.
const REPLAYS: usize = 5;

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    many().await?;
    replayed(file).await
}

/// What many rules cost, next to none of them.
async fn many() -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let mut costs = [0.0; 2];
    for (rules, cost) in [0, RULES].into_iter().zip(&mut costs) {
        let config = dirs.path().join(format!("{rules}.toml"));
        let file = dirs.path().join(format!("{rules}-rules.toml"));
        std::fs::write(&file, written(rules))?;
        std::fs::write(&config, format!("default_rules = false\nrules = [{file:?}]\n"))?;
        let config = config.to_str().ok_or("a path that is not text")?;
        let data = dirs.path().join(format!("{rules}-data"));
        let product = Product::start("serve", &data, &["--config", config]).await?;
        // All have been evaluated once.
        feed(&product, Duration::from_secs(20)).await?;
        let before = product.cpu_s()?;
        feed(&product, MEASURED).await?;
        *cost = (product.cpu_s()? - before) / MEASURED.as_secs_f64();
    }
    let [without, with] = costs;
    figure("10,000 rules every 15 s: of a core", 100.0 * (with - without), "%", "<= 50");
    Ok(())
}

fn written(rules: usize) -> String {
    let rule = |number: usize| {
        let (component, code) = (number % COMPONENTS, number / COMPONENTS);
        format!(
            r#"
[[rule]]
id = "r{number}"
name = "r{number}"
every = "15s"
over = "1m"
query = "component:c{component} severity:error code{code}"
condition = {{ op = ">", value = 1000 }}
"#
        )
    };
    (0..rules).map(rule).collect()
}

/// Lines, some of them errors, for so long.
async fn feed(product: &Product, length: Duration) -> Outcome<()> {
    let begun = Instant::now();
    for turn in 0.. {
        if begun.elapsed() >= length {
            break;
        }
        let mut body = String::new();
        for number in 0..LINES {
            let (component, code) = (number % COMPONENTS, turn % COMPONENTS);
            let severity = if number % 10 == 0 { "error" } else { "info" };
            let line = json!({"component": format!("c{component}"), "severity": severity,
                "message": format!("request {turn} of {number} ended with code{code}")});
            let _written = writeln!(body, "{line}");
        }
        let request = product.client.post(format!("{}/api/v1/ingest", product.url));
        request.body(body).send().await?.error_for_status()?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// How long a replay takes over a month of the corpus.
async fn replayed(file: &Path) -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let (month, to) = (dirs.path().join("month.ndjson"), "2026-01-31T00:00:00Z");
    stretch(&std::fs::read_to_string(file)?, &month, Timestamp::parse(to.as_bytes())?)?;
    let data = dirs.path().join("data");
    let product = Product::start("serve", &data, &[]).await?;
    let sent = load(&product, &month).await?;
    product.until_committed(sent.lines).await?;
    for (name, rule) in [
        ("errors of each component", json!({"query": "severity:error", "group_by": ["component"]})),
        ("a word", json!({"query": "failed"})),
        ("a share", json!({"query": "severity:error", "of": "*"})),
    ] {
        let mut rule = rule;
        for (member, value) in [("name", json!("r")), ("every", json!("1m")), ("over", json!("5m"))]
        {
            rule[member] = value;
        }
        let asked = json!({"rule": rule, "from": "2026-01-01T00:00:00Z", "to": to,
            "seen": "now"});
        let mut took_s = Vec::new();
        for _ in 0..REPLAYS {
            let begun = Instant::now();
            let request = product.client.post(format!("{}/api/v1/rules/replay", product.url));
            let answer: Value =
                request.json(&asked).send().await?.error_for_status()?.json().await?;
            took_s.push(begun.elapsed().as_secs_f64());
            if answer["evaluations"].as_u64() < Some(43_000) {
                return Err(format!("not a month: {answer}").into());
            }
        }
        took_s.sort_by(f64::total_cmp);
        figure(&format!("replay over 30 days: {name}"), quantile(&took_s, 0.5), "s", "<= 5");
    }
    Ok(())
}

/// Writes the lines with times that lie evenly in the month before `to`.
fn stretch(text: &str, into: &Path, to: Timestamp) -> Outcome<()> {
    const HEAD: &str = "{\"_time\":\"";
    let count = i64::try_from(text.lines().count())?;
    let mut out = String::with_capacity(text.len());
    for (number, line) in (0..).zip(text.lines()) {
        let rest = line.strip_prefix(HEAD).and_then(|rest| rest.split_once('"'));
        let (_, rest) = rest.ok_or("a line that does not begin with its _time")?;
        let time = to.plus_ns(-MONTH_NS + MONTH_NS / count * number);
        let _written = writeln!(out, "{HEAD}{time}\"{rest}");
    }
    Ok(std::fs::write(into, out)?)
}
