//! Questions to a loaded centre over HTTP, one client, warm: the median of nine.
//!
//! The centre remembers what a filter of texts has found: here each is asked as if for the first time.

use std::path::Path;
use std::time::Instant;

use crate::ingest::load;
use crate::product::Product;
use crate::report::{Outcome, figure, quantile};

/// How often each question is asked.
const TIMES: usize = 9;
/// All of time that a corpus may have.
const RANGE: &str = "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";

/// Name, route, parameters.
const QUESTIONS: [(&str, &str, &str); 26] = [
    ("last 100 lines", "logs", "limit=100"),
    ("last 100 lines of a pod", "logs", "limit=100&q=instance:BUSIEST"),
    ("last 100 with the word error", "logs", "limit=100&q=error"),
    ("phrase, last 100", "logs", "limit=100&q=%22Failed%20password%20for%22"),
    ("absent word", "logs", "limit=100&q=zzzyyyxxx"),
    ("substring, last 100", "logs", "limit=100&q=~%22cketRespon%22"),
    ("absent regex", "logs", "limit=100&q=%2Fport%20%5B0-9%5D%7B7%7D%20ssh9%2F"),
    ("count: all", "logs/histogram", "buckets=1&q="),
    ("count: needle in an id", "logs/histogram", "buckets=1&q=cfafba308fe1f831e2f937e69c76c5a9"),
    ("count: absent needle", "logs/histogram", "buckets=1&q=zzz12yyyxxx"),
    ("count: word error", "logs/histogram", "buckets=1&q=error"),
    ("count: word INFO", "logs/histogram", "buckets=1&q=INFO"),
    ("count: phrase", "logs/histogram", "buckets=1&q=%22Failed%20password%20for%22"),
    (
        "count: component and severity",
        "logs/histogram",
        "buckets=1&q=component:trainticket%20severity:error",
    ),
    ("count: substring", "logs/histogram", "buckets=1&q=~%22cketRespon%22"),
    ("count: substring with digits", "logs/histogram", "buckets=1&q=~%2210.251.%22"),
    (
        "count: regex with literals",
        "logs/histogram",
        "buckets=1&q=%2Fport%20%5B0-9%5D%7B3,5%7D%20ssh2%2F",
    ),
    (
        "count: regex without literals",
        "logs/histogram",
        "buckets=1&q=%2F(alpha%7Cbeta)%5B0-9%5D%2Bq%2F",
    ),
    ("histogram of all, 60 buckets", "logs/histogram", "buckets=60"),
    ("histogram of severity:error", "logs/histogram", "buckets=60&q=severity:error"),
    ("histogram of all by severity, 120 buckets", "logs/histogram", "buckets=120&by=severity"),
    ("values of severity", "logs/fields/severity/values", "limit=10"),
    ("values of component", "logs/fields/component/values", "limit=10"),
    ("all fields", "logs/fields", "q="),
    ("completion of a field", "complete", "q=s"),
    ("completion of a value", "complete", "q=component:"),
];

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let product = Product::start("serve", data.path(), &[]).await?;
    let sent = load(&product, file).await?;
    product.until_committed(sent.lines).await?;
    let pods = product.get(&path("logs/fields/instance/values", "limit=1", 0)).await?;
    let busiest = pods["values"][0]["value"].as_str().ok_or("no record has an instance")?;
    for (name, route, parameters) in QUESTIONS {
        let parameters = &parameters.replace("BUSIEST", busiest);
        let mut took_ms = Vec::with_capacity(TIMES);
        product.get(&path(route, parameters, 0)).await?;
        for time in 1..=TIMES {
            let path = path(route, parameters, time);
            let begun = Instant::now();
            product.get(&path).await?;
            took_ms.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        took_ms.sort_by(f64::total_cmp);
        figure(name, quantile(&took_ms, 0.5), "ms", "the store issue's");
    }
    Ok(())
}

/// A query that means the same each time and is never the same text.
fn path(route: &str, parameters: &str, time: usize) -> String {
    let filters = route.starts_with("logs") && parameters.contains("q=");
    let spaces = "%20".repeat(if filters { time } else { 0 });
    format!("/api/v1/{route}?{parameters}{spaces}&{RANGE}")
}
