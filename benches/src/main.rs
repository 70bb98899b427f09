//! Reproducible measurements of the built product: `cargo run --release -p nilometer-benches -- WHAT FILE`.
//!
//! Each measurement starts the real binary (`target/release/nilometer`) on free ports and a fresh
//! directory, and prints figures beside the goal and what benches/README.md has recorded. Costs are CPU
//! seconds of that process per GB (10^9 bytes) of raw input, read from `/proc/PID/stat`; sizes are shares
//! of the raw input.

mod collector;
mod compact;
mod files;
mod freshness;
mod ingest;
mod null_centre;
mod otlp;
mod patterns;
mod product;
mod records;
mod report;
mod rotation;
mod rules;
mod search;
mod traces;
mod ui;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: nilometer-benches ingest|search|records|compact|ui|collector|live|rotation|rules \
                     NDJSON-FILE \
                     | traces JSONL-GZ-FILE | patterns DIRECTORY | otlp | freshness | files";

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever makes an HTTP client finds it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let (what, file) = (arguments.next(), arguments.next().map(PathBuf::from));
    let outcome = match (what.as_deref(), file) {
        (Some("ingest"), Some(file)) => ingest::run(&file).await,
        (Some("search"), Some(file)) => search::run(&file).await,
        (Some("records"), Some(file)) => records::run(&file).await,
        (Some("compact"), Some(file)) => compact::run(&file).await,
        (Some("merge"), Some(dir)) => match arguments.next().map(|raw| raw.parse()) {
            Some(Ok(raw)) => compact::merge(&dir, raw).await,
            _ => Err(USAGE.into()),
        },
        (Some("ui"), Some(file)) => ui::run(&file).await,
        (Some("collector"), Some(file)) => collector::run(&file).await,
        (Some("live"), Some(file)) => collector::live(&file).await,
        (Some("rotation"), Some(file)) => rotation::run(&file).await,
        (Some("rules"), Some(file)) => rules::run(&file).await,
        (Some("traces"), Some(file)) => traces::run(&file).await,
        (Some("patterns"), Some(directory)) => patterns::run(&directory),
        (Some("otlp"), _) => otlp::run().await,
        (Some("files"), _) => files::run().await,
        (Some("freshness"), _) => freshness::run().await,
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
