//! The product under measurement: a process, its port, its costs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::report::Outcome;

/// Longest that anything is waited for.
const DEADLINE: Duration = Duration::from_secs(600);
/// Clock ticks per second of `/proc/PID/stat`; the same on every Linux that we know.
const TICKS_PER_S: f64 = 100.0;
const POLL: Duration = Duration::from_millis(20);

/// A running `nilometer`; killed when dropped.
pub(crate) struct Product {
    child: Child,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.with_file_name("nilometer")
}

impl Product {
    /// Starts `nilometer ROLE ARGS` with its data in `data` and waits until it is ready. The buffer is
    /// sealed a second after it last had to be, so that a measurement can wait for its end.
    pub(crate) async fn start(role: &str, data: &Path, arguments: &[&str]) -> Outcome<Self> {
        let port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new(binary())
            .args([role, "--listen", &listen, "--data"])
            .arg(data)
            .args(arguments)
            .env(
                "NILOMETER_SEAL_AFTER",
                std::env::var_os("NILOMETER_SEAL_AFTER").unwrap_or("20s".into()),
            )
            .env("NILOMETER_LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let product =
            Self { child, url: format!("http://{listen}"), client: reqwest::Client::new() };
        product.until("ready", "/readyz", |_| true).await?;
        Ok(product)
    }

    /// Asks until the answer's JSON is as wanted.
    pub(crate) async fn until(
        &self,
        what: &str,
        path: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Outcome<Value> {
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            if let Ok(answer) = self.get(path).await
                && wanted(&answer)
            {
                return Ok(answer);
            }
            tokio::time::sleep(POLL).await;
        }
        Err(format!("waited {DEADLINE:?} for: {what}").into())
    }

    /// The JSON of a successful answer.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Value> {
        let response = self.client.get(format!("{}{path}", self.url)).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }

    /// Waits until nothing is in flight and `records` are committed.
    pub(crate) async fn until_committed(&self, records: u64) -> Outcome<()> {
        let done = |ledger: &Value| {
            let totals = &ledger["totals"];
            totals["committed"]["records"].as_u64() >= Some(records)
                && totals["in_flight"]["records"].as_u64() == Some(0)
        };
        self.until("all committed", "/api/v1/ledger", done).await.map(drop)
    }

    /// CPU seconds so far, of all threads, user and system.
    pub(crate) fn cpu_s(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit_once(')').ok_or("no name in /proc stat")?.1;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_S)
    }

    /// Most memory that was ever resident, MB.
    pub(crate) fn rss_peak_mb(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: f64 = line.and_then(|l| l.split_whitespace().next()).ok_or("no VmHWM")?.parse()?;
        Ok(kib * 1_024.0 / 1e6)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Bytes of all files below a directory.
pub(crate) fn tree_bytes(dir: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { tree_bytes(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}
