//! From a line written to a tailed file until it is in `tail`, and until it is in a search.

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use futures::StreamExt;

use crate::product::Product;
use crate::report::{Outcome, figure, quantile};

/// Lines of one measurement.
const LINES: usize = 300;
/// A search is asked again this soon.
const ASK_AGAIN: Duration = Duration::from_millis(2);
/// Between two lines; not a multiple of any interval of ours.
const PAUSE: Duration = Duration::from_millis(37);

pub(crate) async fn run() -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let pod = dirs.path().join("root/var/log/pods/shop_cart-5d9f-abcde_uid/cart");
    fs::create_dir_all(&pod)?;
    let mut log = File::create(pod.join("0.log"))?;
    let rootfs = dirs.path().join("root");
    let rootfs = rootfs.to_str().ok_or("a path that is not text")?;
    let product = Product::start("up", &dirs.path().join("data"), &["--rootfs", rootfs]).await?;
    let mut tail = Tail::open(&product).await?;
    write(&mut log, "warm-up")?;
    tail.until("warm-up").await?;
    let (mut tail_ms, mut search_ms) = (Vec::new(), Vec::new());
    for number in 0..LINES {
        let token = format!("token{number}x");
        let written = Instant::now();
        write(&mut log, &token)?;
        tail.until(&token).await?;
        tail_ms.push(written.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(PAUSE).await;
        let token = format!("search{number}x");
        let written = Instant::now();
        write(&mut log, &token)?;
        let path = format!("/api/v1/logs?q={token}&limit=1");
        while product.get(&path).await?["records"].as_array().is_none_or(Vec::is_empty) {
            tokio::time::sleep(ASK_AGAIN).await;
        }
        search_ms.push(written.elapsed().as_secs_f64() * 1e3);
    }
    for (name, values) in [("tail", &mut tail_ms), ("search", &mut search_ms)] {
        values.sort_by(f64::total_cmp);
        figure(&format!("line written -> in {name}, p50"), quantile(values, 0.5), "ms", "-");
        figure(&format!("line written -> in {name}, p99"), quantile(values, 0.99), "ms", "<= 300");
    }
    Ok(())
}

fn write(log: &mut File, message: &str) -> Outcome<()> {
    let now = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"]).output()?;
    let now = String::from_utf8(now.stdout)?;
    log.write_all(format!("{} stdout F {message}\n", now.trim_end()).as_bytes())?;
    Ok(())
}

/// The live tail's event stream.
struct Tail {
    events: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Tail {
    async fn open(product: &Product) -> Outcome<Self> {
        let url = format!("{}/api/v1/logs/tail", product.url);
        let response = product.client.get(url).send().await?.error_for_status()?;
        let mut tail = Self { events: response.bytes_stream().boxed(), text: String::new() };
        tail.until("ready").await?;
        Ok(tail)
    }

    async fn until(&mut self, token: &str) -> Outcome<()> {
        while !self.text.contains(token) {
            let piece = self.events.next().await.ok_or("the tail ended")??;
            self.text.push_str(&String::from_utf8_lossy(&piece));
        }
        self.text.clear();
        Ok(())
    }
}
