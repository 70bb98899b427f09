//! The dashboard in a real Chromium on a loaded centre: `browser/figures.mjs` does the measuring.
//!
//! ```text
//!   product <- corpus          node browser/figures.mjs -> a JSON object per figure -> a line each
//!      \______________________________/
//! ```

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::ingest::load;
use crate::product::Product;
use crate::report::{Outcome, figure};

/// Every wait of it has a limit.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/figures.mjs");

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let product = Product::start("serve", data.path(), &[]).await?;
    let sent = load(&product, file).await?;
    product.until_committed(sent.lines).await?;
    let [from, to] = ends(&product).await?;
    let arguments = [product.url.clone(), from, to, sent.lines.to_string()];
    tokio::task::spawn_blocking(move || measure(&arguments)).await?
}

/// The range of the lines: the times of the oldest one, and of just behind the newest one.
async fn ends(product: &Product) -> Outcome<[String; 2]> {
    let mut times = Vec::new();
    for order in ["asc", "desc"] {
        let everything = "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
        let answer =
            product.get(&format!("/api/v1/logs?limit=1&order={order}&{everything}")).await?;
        let time = answer["records"][0]["time"].as_str().ok_or("the corpus has no line")?;
        times.push(time.to_owned());
    }
    let [oldest, newest] = <[String; 2]>::try_from(times).map_err(|_| "two ends")?;
    let second = newest.get(..19).ok_or("a time without seconds")?;
    Ok([oldest, format!("{second}.999999999Z")])
}

fn measure(arguments: &[String]) -> Outcome<()> {
    let mut script =
        Command::new("node").arg(SCRIPT).args(arguments).stdout(Stdio::piped()).spawn()?;
    let out = script.stdout.take().ok_or("no output to read")?;
    for line in BufReader::new(out).lines() {
        let said: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| said[key].as_str().unwrap_or_default();
        let value = said["value"].as_f64().ok_or("a figure without a value")?;
        figure(text("what"), value, text("unit"), text("goal"));
    }
    let status = script.wait()?;
    if status.success() { Ok(()) } else { Err(format!("the browser's script: {status}").into()) }
}
