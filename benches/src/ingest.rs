//! The whole centre: HTTP, zstd, Log with fsync, index, splits; and what lies on disk after it.

use std::path::Path;
use std::time::Instant;

use crate::product::{Product, tree_bytes};
use crate::report::{Outcome, figure};

/// NDJSON of one request, bytes.
const REQUEST_BYTES: usize = 4 << 20;
/// Requests on the way at once.
const REQUESTS_AT_ONCE: usize = 4;

/// What was sent.
pub(crate) struct Sent {
    pub(crate) lines: u64,
    pub(crate) bytes: u64,
}

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let data = tempfile::tempdir()?;
    let product = Product::start("serve", data.path(), &[]).await?;
    let (cpu_before, begun) = (product.cpu_s()?, Instant::now());
    let sent = load(&product, file).await?;
    let wall_s = begun.elapsed().as_secs_f64();
    product.until_committed(sent.lines).await?;
    let gb = sent.bytes as f64 / 1e9;
    figure("centre: CPU per GB of NDJSON", (product.cpu_s()? - cpu_before) / gb, "s", "<= 5.5");
    figure("centre: taken in", sent.bytes as f64 / 1e6 / wall_s, "MB/s", ">= 150 per core");
    let disk = tree_bytes(&data.path().join("objects"))? as f64;
    figure("disk: splits of raw", 100.0 * disk / sent.bytes as f64, "%", "<= 5.5");
    figure("centre: peak resident memory", product.rss_peak_mb()?, "MB", "<= 250");
    Ok(())
}

/// Sends the whole file; returns once every line is durable.
pub(crate) async fn load(product: &Product, file: &Path) -> Outcome<Sent> {
    let text = std::fs::read(file)?;
    let mut requests = Vec::new();
    let mut rest = text.as_slice();
    while !rest.is_empty() {
        let end = rest.len().min(REQUEST_BYTES);
        let end = rest[..end].iter().rposition(|byte| *byte == b'\n').map_or(end, |at| at + 1);
        requests.push(zstd::encode_all(&rest[..end], 1)?);
        rest = &rest[end..];
    }
    let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    let bytes = text.len() as u64;
    let sends = requests.into_iter().map(|body| send(product, body));
    let sends = futures::stream::iter(sends);
    futures::TryStreamExt::try_for_each(
        futures::StreamExt::buffer_unordered(sends, REQUESTS_AT_ONCE),
        |()| futures::future::ready(Ok(())),
    )
    .await?;
    Ok(Sent { lines, bytes })
}

async fn send(product: &Product, body: Vec<u8>) -> Outcome<()> {
    loop {
        let request = product.client.post(format!("{}/api/v1/ingest", product.url));
        let request = request.header("Content-Encoding", "zstd").body(body.clone());
        let response = request.send().await?;
        if response.status().as_u16() != 429 {
            response.error_for_status()?;
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
