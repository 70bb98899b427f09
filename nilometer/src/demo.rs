//! The demo beside `up`: the shop's processes, and a collector for each node that they are said to run on.
//!
//! ```text
//!   DATA/demo/<node>/var/log/pods/…   what the shop writes        <── the root of that node's collector
//!   DATA/demo/<node>/collector/       that collector's own
//! ```
//! Invariants:
//! - the shop comes in by the doors that everybody's data comes in by: collectors read its files, its
//!   spans and metrics are OTLP; nothing here hands over a record or a span;
//! - it ends before the door does: first its processes, then the collectors, which ship the last lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nilometer_collector::{CollectorConfig, Credentials, Settings};
use nilometer_demo::{Fault, Faults, Shop, ShopConfig, ShopError, nodes, services};
use nilometer_model::SystemClock;
use nilometer_query::api::DemoBoard;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// The program that we are, even if its file was replaced meanwhile.
const PROGRAM: &str = "/proc/self/exe";
/// How long the end of the shop and of its collectors may take.
const END_TIMEOUT: Duration = Duration::from_millis(3_500);

/// A running demo.
pub(crate) struct Demo(JoinHandle<()>);

/// The door that the demo's data comes in by.
pub(crate) struct DemoDoor<'a> {
    pub(crate) url: &'a str,
    pub(crate) credentials: &'a watch::Receiver<Credentials>,
}

/// A board with everything off, and what of it the interface sees.
pub(crate) fn board() -> (Faults, DemoBoard) {
    let faults = Faults::all_off(services());
    let (read, switched) = (faults.clone(), faults.clone());
    let board = DemoBoard {
        faults: Fault::ALL.map(Fault::name).to_vec(),
        read: Arc::new(move || {
            let names =
                |faults: BTreeSet<Fault>| faults.into_iter().map(Fault::name).collect::<Vec<_>>();
            let board = read.board().into_iter();
            board.map(|(service, faults)| (service, names(faults))).collect::<BTreeMap<_, _>>()
        }),
        switch: Arc::new(move |fault, service, on| {
            let known = Fault::ALL.into_iter().find(|known| known.name() == fault);
            let switched = known.is_some_and(|fault| switched.switch(service, fault, on));
            tracing::info!(fault, service, on, switched, "demo");
        }),
    };
    (faults, board)
}

impl Demo {
    /// Starts the shop and its collectors; they end after `stop`.
    pub(crate) fn begin(
        config: &Config,
        door: &DemoDoor<'_>,
        faults: Faults,
        stop: &CancellationToken,
    ) -> Result<Self, ShopError> {
        let dir = config.data.join("demo");
        let shop = ShopConfig {
            dir: dir.clone(),
            program: PathBuf::from(PROGRAM),
            otlp_url: door.url.to_owned(),
            otlp_token: door.credentials.borrow().token.clone(),
            faults,
        };
        let shop = Shop::open(shop, Arc::new(SystemClock))?;
        let end_collectors = CancellationToken::new();
        let mut collectors = JoinSet::new();
        for node in nodes() {
            let collector = collector(config, dir.join(node), node, door);
            collectors.spawn(collect(collector, end_collectors.clone()));
        }
        tracing::info!(
            data = %config.data.display(),
            "the demo's shop is opening; everything it leaves lies in this directory"
        );
        let stop = stop.clone();
        Ok(Self(tokio::spawn(async move {
            shop.run(stop).await;
            end_collectors.cancel();
            collectors.join_all().await;
        })))
    }

    /// Waits until everything of it has ended.
    pub(crate) async fn end(self) {
        if tokio::time::timeout(END_TIMEOUT, self.0).await.is_err() {
            tracing::warn!("the demo has not ended in time");
        }
    }
}

/// The collector of one of the demo's nodes.
fn collector(config: &Config, root: PathBuf, node: &str, door: &DemoDoor<'_>) -> CollectorConfig {
    let data = root.join("collector");
    let settings = Settings {
        line_bytes_max: config.line_bytes_max,
        spool_bytes_max: config.spool_bytes_max,
        ..Settings::to(vec![door.url.to_owned().into()])
    };
    let (_, settings) = watch::channel(settings);
    CollectorConfig {
        rootfs: root,
        ..CollectorConfig::new(data, node.to_owned(), settings, door.credentials.clone())
    }
}

async fn collect(collector: CollectorConfig, end: CancellationToken) {
    let node = collector.node.clone();
    if let Err(error) = nilometer_collector::run(collector, Arc::new(SystemClock), end).await {
        tracing::error!(%error, node, "a collector of the demo cannot run");
    }
}
