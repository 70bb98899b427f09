//! Questions about traces to a centre that holds a recorded day: one client, warm, the median of nine; over sealed
//! splits. The file is gzip of OTLP/JSON, one request a line, sent to `/v1/traces`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::product::Product;
use crate::report::{Outcome, figure, quantile};

/// How often each question is asked.
const TIMES: usize = 9;
/// All of time that a set may have.
const RANGE: &str = "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let arguments = ["--otlp-grpc", "none", "--otlp-http", "none"];
    let product = Product::start("serve", data.path(), &arguments).await?;
    load(&product, file).await?;
    let services = product.get(&format!("/api/v1/services?{RANGE}")).await?;
    let services = services["services"].as_array().ok_or("no services")?;
    let spans = |service: &&Value| service["spans"].as_u64();
    let busiest = services.iter().max_by_key(spans).ok_or("no spans")?;
    let sum: u64 = services.iter().filter_map(|service| spans(&service)).sum();
    product.until_committed(sum).await?;
    let service = busiest["service"].as_str().ok_or("a service without a name")?;
    let slowest = product.get(&format!("/api/v1/traces?limit=1&order=duration&{RANGE}")).await?;
    let slowest = &slowest["traces"][0];
    let (id, start) = (slowest["trace_id"].as_str(), slowest["start"].as_str());
    let (id, start) = id.zip(start).ok_or("no trace")?;
    let operations = format!("/api/v1/services/{service}/operations?{RANGE}");
    let operations = product.get(&operations).await?;
    let operations = operations["operations"].as_array().ok_or("no operations")?;
    let common = named(operations.iter().max_by_key(spans))?;
    let rare = named(operations.iter().min_by_key(spans))?;
    let hour = format!("from={}:00:00Z&to={}:59:59.999999999Z", &start[..13], &start[..13]);
    let health = format!("health?window=1h&from={}:00:00Z&to={}:59:59", &start[..13], &start[..13]);
    let search = format!("traces?service={service}&min_duration=500ms&{RANGE}");
    let paths = format!("paths?service={service}&by=tree&{RANGE}");
    let compare = format!("traces/compare?service={service}&a=duration%3A%3E500ms&{RANGE}");
    for (name, path, goal) in [
        ("trace by id", format!("traces/{id}"), "<= 5 (wish 2)"),
        ("traces by service and duration", search.clone(), "<= 50 (wish 15)"),
        ("slowest traces of a service", format!("{search}&order=duration"), "<= 50 (wish 15)"),
        ("traces by an absent attribute", format!("{search}&q=no.such%3A7"), "-"),
        ("latest 20 traces", format!("traces?{RANGE}"), "-"),
        ("graph of an hour", format!("graph?{hour}"), "<= 100"),
        ("graph of all", format!("graph?{RANGE}"), "-"),
        ("services of all", format!("services?{RANGE}"), "-"),
        ("operations of a service", format!("services/{service}/operations?{RANGE}"), "-"),
        ("paths of a service", paths.clone(), "<= 200"),
        ("paths of its commonest operation", format!("{paths}&{common}"), "<= 200"),
        ("paths of its rarest operation", format!("{paths}&{rare}"), "<= 200"),
        ("what slow traces have in common", compare, "-"),
        ("health, a window of an hour", health, "-"),
    ] {
        product.get(&asked(&path, 0)).await?;
        let mut took_ms = Vec::with_capacity(TIMES);
        for time in 1..=TIMES {
            let path = asked(&path, time);
            let begun = Instant::now();
            product.get(&path).await?;
            took_ms.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        took_ms.sort_by(f64::total_cmp);
        figure(name, quantile(&took_ms, 0.5), "ms", goal);
    }
    Ok(())
}

/// The parameter that asks for the operation.
fn named(operation: Option<&Value>) -> Outcome<String> {
    let name = operation.and_then(|operation| operation["operation"].as_str());
    let name = name.ok_or("no operation")?;
    let url = reqwest::Url::parse_with_params("http://unused", [("operation", name)])?;
    Ok(url.query().unwrap_or_default().to_owned())
}

/// The address of a question. Answers about health are kept for a moment: each is of a moment of its own.
fn asked(path: &str, time: usize) -> String {
    let moment = if path.starts_with("health") { format!(".{time}Z") } else { String::new() };
    format!("/api/v1/{path}{moment}")
}

async fn load(product: &Product, file: &Path) -> Outcome<()> {
    for line in BufReader::new(MultiGzDecoder::new(File::open(file)?)).lines() {
        let request = product.client.post(format!("{}/v1/traces", product.url));
        let request = request.header("content-type", "application/json").body(line?);
        request.send().await?.error_for_status()?;
    }
    Ok(())
}
