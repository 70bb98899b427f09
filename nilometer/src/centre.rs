//! The centre in one process: Log, Meta, splits, intake, index and the API, opened and ended in order.
//!
//! ```text
//!   DATA/lock  DATA/tokens  DATA/audit.ndjson  DATA/log/  DATA/meta/  DATA/objects/splits/
//! ```

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use nilometer_indexer::{CentreIntake, IndexConfig, IndexParts, IntakeParts, UpkeepConfig};
use nilometer_journal::{LocalLog, Log, LogError, Recovery};
use nilometer_model::{Clock, SystemClock};
use nilometer_query::alert::Alerts;
use nilometer_query::api::{AccessPolicy, ApiParts, DemoBoard, Readiness, WriteAudit, router};
use nilometer_query::purge::Language;
use nilometer_receive::{Receiver, http_router};
use nilometer_store::{LocalMeta, MetaError, Store, StoreError};
use nilometer_wire::Door;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::audit;
use crate::config::Config;
use crate::data_dir::{DataDir, DataDirError};
use crate::notify::{self, NotifyError};
use crate::telemetry::RenderMetrics;

/// Why the centre cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CentreError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("the Log cannot be opened: {0}")]
    Log(#[from] LogError),
    #[error("Meta cannot be opened: {0}")]
    Meta(#[from] MetaError),
    #[error("the store cannot be opened: {0}")]
    Store(#[from] StoreError),
    #[error("the directory for splits cannot be opened: {0}")]
    Objects(#[from] object_store::Error),
    #[error("the directory for splits cannot be made: {0}")]
    MakeObjects(io::Error),
}

/// An open centre that does nothing yet.
pub(crate) struct Centre {
    data: DataDir,
    store: Arc<Store>,
    language: Arc<Language>,
    log: Arc<dyn Log>,
    intake: Arc<CentreIntake>,
    alerts: Arc<Alerts>,
    clock: Arc<dyn Clock>,
    index: IndexConfig,
    upkeep: UpkeepConfig,
    failed: Arc<AtomicBool>,
    audit: WriteAudit,
    /// The board of the demo, when one runs beside the centre.
    demo: Option<DemoBoard>,
}

impl Centre {
    /// Takes the data directory and opens everything in it.
    pub(crate) async fn open(config: &Config) -> Result<Self, CentreError> {
        let data = DataDir::take(&config.data)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (log, recovery) = LocalLog::open(&data.join("log"))?;
        report(&recovery);
        let log: Arc<dyn Log> = Arc::new(log);
        let meta = LocalMeta::open(&data.join("meta"))?;
        let objects = objects(&data)?;
        let language = Arc::new(Language::default());
        let store = Store::open(Arc::new(meta), objects, log.id()).await?;
        let store = Arc::new(store.with_language(Arc::clone(&language) as _));
        let intake = CentreIntake::new(IntakeParts {
            store: Arc::clone(&store),
            log: Arc::clone(&log),
            clock: Arc::clone(&clock),
            node: config.node.clone(),
            data: data.path().to_owned(),
            books_kept: config.books_kept(),
        });
        let alerts = Alerts::open(Arc::clone(&store), Arc::clone(&language), Arc::clone(&clock));
        let index = IndexConfig { seal_bytes: config.buffer_bytes, seal_after: config.seal_after };
        let upkeep = UpkeepConfig {
            retention: config.retention.clone(),
            disk_budget_bytes: config.disk_budget_bytes,
            books_kept: config.books_kept(),
            data: data.path().to_owned(),
        };
        let failed = Arc::new(AtomicBool::new(false));
        let audit = audit::writer(data.join("audit.ndjson"));
        Ok(Self {
            demo: None,
            audit,
            data,
            store,
            language,
            log,
            intake: Arc::new(intake),
            alerts: Arc::new(alerts),
            clock,
            index,
            upkeep,
            failed,
        })
    }

    /// The same with a demo beside it, if one is to run.
    pub(crate) fn with_demo(self, demo: Option<DemoBoard>) -> Self {
        Self { demo, ..self }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &DataDir {
        &self.data
    }

    /// Rules, alerts and silences.
    pub(crate) fn alerts(&self) -> &Arc<Alerts> {
        &self.alerts
    }

    /// Where a receiver of this process hands over what it was sent.
    pub(crate) fn door(&self) -> Arc<dyn Door> {
        Arc::clone(&self.intake) as _
    }

    /// Everything that this centre answers over HTTP. `others` are reasons not to be ready that the
    /// centre cannot know of.
    pub(crate) fn router(
        &self,
        (access, receiver): (AccessPolicy, &Receiver),
        metrics: RenderMetrics,
        others: Readiness,
        shutdown: CancellationToken,
    ) -> Router {
        let (failed, intake) = (Arc::clone(&self.failed), Arc::clone(&self.intake));
        let readiness: Readiness = Arc::new(move || {
            let mut reasons = others();
            reasons.extend(intake.reasons());
            if failed.load(Ordering::Relaxed) {
                reasons.push("the index has stopped: the Log cannot be read".to_owned());
            }
            reasons
        });
        router(ApiParts {
            store: Arc::clone(&self.store),
            intake: Arc::clone(&self.intake) as _,
            language: Arc::clone(&self.language),
            alerts: Arc::clone(&self.alerts),
            otlp: http_router(receiver.clone()),
            access,
            audit: Arc::clone(&self.audit),
            readiness,
            metrics,
            assets: crate::assets::assets(),
            clock: Arc::clone(&self.clock),
            demo: self.demo.clone(),
            shutdown,
        })
    }

    /// Begins to evaluate rules, once all can be seen that the process before this one took in: else what fires would
    /// seem to be over. The task ends soon after `shutdown`.
    pub(crate) fn watch(&self, shutdown: CancellationToken) -> JoinHandle<()> {
        let (log, store) = (Arc::clone(&self.log), Arc::clone(&self.store));
        let alerts = Arc::clone(&self.alerts);
        tokio::spawn(async move {
            let caught_up = || async {
                if let Err(error) = nilometer_indexer::caught_up(log.as_ref(), &store).await {
                    tracing::error!(%error, "rules are evaluated on what could be read of the Log");
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = caught_up() => {}
            }
            nilometer_query::alert::run(alerts, caught_up, shutdown).await;
        })
    }

    /// Begins to send what rules have to tell; the task ends soon after `shutdown`.
    pub(crate) fn notify(
        &self,
        config: &Config,
        external_url: String,
        shutdown: CancellationToken,
    ) -> Result<JoinHandle<()>, NotifyError> {
        let sender = notify::sender(&config.notify, external_url)?;
        let (alerts, clock) = (Arc::clone(&self.alerts), Arc::clone(&self.clock));
        let destinations = config.notify.clone();
        Ok(tokio::spawn(nilometer_notify::run(alerts, destinations, (sender, clock), shutdown)))
    }

    /// Begins to index, and to keep what is sealed; the task ends some time after `shutdown`, with everything sealed.
    pub(crate) fn index(&self, shutdown: CancellationToken) -> JoinHandle<()> {
        let parts = IndexParts {
            store: Arc::clone(&self.store),
            log: Arc::clone(&self.log),
            clock: Arc::clone(&self.clock),
            handover: self.intake.handover(),
        };
        let (config, failed) = (self.index, Arc::clone(&self.failed));
        let kept = (Arc::clone(&self.store), Arc::clone(&self.log));
        let upkeep = nilometer_indexer::keep(
            kept,
            Arc::clone(&self.clock),
            self.upkeep.clone(),
            shutdown.clone(),
        );
        tokio::spawn(async move {
            let upkeep = tokio::spawn(upkeep);
            let ended = nilometer_indexer::run(parts, config, shutdown).await;
            if let Err(error) = upkeep.await {
                tracing::error!(%error, "the upkeep of splits broke");
            }
            if let Err(error) = ended {
                tracing::error!(%error, "the index has stopped: the Log cannot be read");
                failed.store(true, Ordering::Relaxed);
            }
        })
    }
}

fn objects(data: &DataDir) -> Result<Arc<dyn ObjectStore>, CentreError> {
    let dir = data.join("objects");
    std::fs::create_dir_all(&dir).map_err(CentreError::MakeObjects)?;
    forget_half_written(&dir.join("splits")).map_err(CentreError::MakeObjects)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(dir)?.with_fsync(true)))
}

/// What was being written when a process before this one ended: no object, but bytes of one. They have its name, a
/// `#` and a number.
fn forget_half_written(dir: &Path) -> io::Result<()> {
    let listed = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        listed => listed?,
    };
    for entry in listed {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains('#') {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn report(recovery: &Recovery) {
    if recovery.torn_tail || recovery.cut_short {
        tracing::warn!("the end of the Log was torn; what is not in splits is sent again");
    }
    for damage in &recovery.damaged {
        tracing::error!(?damage, "a part of the Log was damaged and set aside");
    }
}
