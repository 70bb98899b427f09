//! The life of a collector: lock, remember, ask, read and ship, say goodbye.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use nilometer_journal::Dir;
use nilometer_model::{Clock, Items, Reason, SourceId};
use nilometer_wire::{Batch, Freezer, SourceRange};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::batch::{Batcher, Book, Books};
use crate::desk::Desk;
use crate::enrich::{DockerWatch, PodWatch, Roster};
use crate::flow::{Duty, Flow};
use crate::heartbeat::{self, DeclareError, Heart};
use crate::http::HttpLimits;
use crate::intakes::Intakes;
use crate::journal::{self, Journals};
use crate::life::Life;
use crate::limits::{GOODBYE_MS, SHUTDOWN_SHIP_MS, SPOOL_RETRY_MS};
use crate::reader::{Reader, ReaderConfig};
use crate::reading::{CentreSource, StateChange};
use crate::reread::Safety;
use crate::sample::Sampler;
use crate::ship::{self, Shipper};
use crate::spool::{Recovered, Spool, SpoolError};
use crate::tail::Tail;
use crate::vigil::Vigil;
use crate::{CollectorConfig, Settings, centre, monotonic, reread, vigil};

/// A collector cannot run.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Another process has the data directory.
    #[error("{0} is in use by another collector")]
    Taken(PathBuf),
    /// The data directory cannot be used.
    #[error("data directory {path}: {source}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The spool cannot be opened.
    #[error("{0}")]
    Spool(String),
    /// The HTTP client cannot be made.
    #[error("http client: {0}")]
    Client(reqwest::Error),
    /// TLS cannot be had at all.
    #[error("TLS: {0}")]
    Tls(rustls::Error),
    /// Nowhere to ship to.
    #[error("no intake to ship to")]
    NoIntake,
}

impl From<SpoolError> for CollectorError {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error.to_string())
    }
}

impl From<DeclareError> for CollectorError {
    fn from(error: DeclareError) -> Self {
        Self::Spool(error.to_string())
    }
}

/// Runs a collector until `shutdown`; returns within 5 s after it.
///
/// # Errors
/// [`CollectorError`] when it cannot begin. Once it runs, nothing but `shutdown` ends it.
pub async fn run(
    config: CollectorConfig,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) -> Result<(), CollectorError> {
    if config.settings.borrow().to.is_empty() {
        return Err(CollectorError::NoIntake);
    }
    let _lock = lock(&config.data)?;
    let home = Dir::from(&config.data);
    let (settings, credentials) = (config.settings.clone(), config.credentials.clone());
    let limits = HttpLimits::default();
    let intakes = Arc::new(Intakes::new(settings, credentials, (home.clone(), limits))?);
    let awake = awake(&config, (home, &intakes), Arc::clone(&clock), &shutdown).await?;
    let Some((desk, tail)) = awake else { return Ok(()) };
    let roster = tail.reader.roster();
    let telling = tell(&config, &roster, &shutdown);
    let sampler = Sampler::new(config.rootfs.clone(), config.node.clone(), (clock, roster));
    let measuring = sampler.run(config.sample_every, config.door.clone(), shutdown.clone());
    let measuring = tokio::spawn(measuring);
    live(&desk, &intakes, tail, shutdown).await;
    let _ = measuring.await;
    for told in telling {
        let _ = told.await;
    }
    Ok(())
}

/// Has whoever knows the node's containers tell of them.
fn tell(
    config: &CollectorConfig,
    roster: &Arc<Roster>,
    shutdown: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let docker = DockerWatch::new(&config.rootfs, Arc::clone(roster));
    let mut telling = vec![tokio::spawn(docker.run(shutdown.clone()))];
    if let Some(kubernetes) = config.kubernetes.clone() {
        let pods = PodWatch::new(kubernetes, &config.node, Arc::clone(roster));
        telling.push(tokio::spawn(pods.run(shutdown.clone())));
    }
    telling
}

/// Remembers, and without a memory asks the centre; none once told to stop.
pub(crate) async fn awake(
    config: &CollectorConfig,
    (home, intakes): (Dir, &Intakes),
    clock: Arc<dyn Clock>,
    shutdown: &CancellationToken,
) -> Result<Option<(Arc<Desk>, Tail)>, CollectorError> {
    let life = Life::begin(home.clone()).map_err(|source| data_error(home.path(), source))?;
    let spool_dir = home.join("spool");
    let spool_bytes_max = config.settings.borrow().spool_bytes_max;
    let (mut spool, recovered) = Spool::open(spool_dir.clone(), spool_bytes_max)?;
    let memory = Memory::of(&spool, &recovered);
    if memory == Memory::Gone {
        spool.forget_reading();
    }
    let desk =
        Desk::new(life, (config.node.clone(), Arc::clone(&clock)), config.status.clone(), spool);
    let desk = Arc::new(desk);
    declare_damage(&desk, recovered)?;
    let damaged = matches!(desk.reread().safety(), Some(Safety::Damaged(_)));
    let mut settings = config.settings.clone();
    let mut reader = reader(config, &desk, (settings.borrow_and_update().clone(), clock));
    if memory != Memory::Whole || damaged {
        let first = (memory == Memory::Gone).then(|| vigil::asking(true));
        let spool = (spool_dir.clone(), spool_bytes_max);
        let vigil = Vigil::new(Arc::clone(&desk), reader, spool, Vec::from_iter(first));
        let answered = CancellationToken::new();
        let ask = async {
            let _told = answered.clone().drop_guard();
            centre::ask(intakes, (&config.node, &config.status), shutdown).await
        };
        let (Some(known), Some((kept, unsaved))) = tokio::join!(ask, vigil.keep(answered.clone()))
        else {
            return Ok(None);
        };
        reader = kept;
        let beginning = go_on(&desk, (&mut reader, unsaved), known);
        if !remember(&desk, (spool_dir.clone(), spool_bytes_max), beginning, shutdown).await {
            return Ok(None);
        }
    }
    let tail = tail(config, &desk, (spool_dir, settings), reader)?;
    Ok(Some((desk, tail)))
}

/// What a spool has of what the reader knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    Whole,
    /// What turned up while the centre was asked, and it has not answered yet.
    Asking,
    /// Nothing, or nothing that fits together.
    Gone,
}

impl Memory {
    fn of(spool: &Spool, recovered: &Recovered) -> Self {
        let strange = spool.state().iter().filter(|(key, _)| is_readers(key));
        let strange = strange.filter(|(key, value)| !Reader::remembers(key, value)).count();
        if strange > 0 {
            let why = "another build's memory is not read: the centre is asked";
            tracing::warn!(logs = strange, "{why}");
        }
        let is_new = spool.batches() == 0 && spool.state().is_empty();
        if is_new || recovered.state_lost || strange > 0 {
            Self::Gone
        } else if spool.state().keys().any(|key| vigil::is_key(key)) {
            Self::Asking
        } else {
            Self::Whole
        }
    }
}

/// Reads, ships and beats until `shutdown`, then ends in order: reading, shipping, heartbeats.
async fn live(desk: &Arc<Desk>, intakes: &Arc<Intakes>, tail: Tail, shutdown: CancellationToken) {
    let (stop_shipping, stop_beating) = (CancellationToken::new(), CancellationToken::new());
    let waker = tail.reader.waker();
    let reading = tokio::task::spawn_blocking({
        let shutdown = shutdown.clone();
        move || tail.run(&shutdown)
    });
    let shipper = Shipper::new(Arc::clone(desk), Arc::clone(intakes));
    let shipping = tokio::spawn(shipper.run(stop_shipping.clone()));
    let heart = Heart::new(Arc::clone(desk), Arc::clone(intakes));
    let beating = tokio::spawn(heart.run(stop_beating.clone()));

    shutdown.cancelled().await;
    waker.wake();
    let _ = timeout(Duration::from_millis(SHUTDOWN_SHIP_MS), async {
        let _ = reading.await;
        desk.all_acknowledged().await;
    })
    .await;
    stop_shipping.cancel();
    stop_beating.cancel();
    let _ = shipping.await;
    if let Ok(mut heart) = beating.await {
        let _ = timeout(Duration::from_millis(GOODBYE_MS), heart.beat(true)).await;
    }
}

fn data_error(path: &Path, source: io::Error) -> CollectorError {
    CollectorError::Data { path: path.to_owned(), source }
}

/// Makes the data directory ours for as long as the file is held.
fn lock(data: &Path) -> Result<File, CollectorError> {
    let failed = |source| data_error(data, source);
    fs::create_dir_all(data).map_err(failed)?;
    let file = File::create(data.join("collector.lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CollectorError::Taken(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// What a damaged spool held and nobody can give back is declared, and what files may is noted, before
/// anything else is frozen.
fn declare_damage(desk: &Desk, recovered: Recovered) -> Result<(), CollectorError> {
    if recovered.damaged {
        tracing::warn!(
            ranges = recovered.lost.len(),
            batches = recovered.missing.len(),
            "the spool was damaged"
        );
    }
    Ok(desk.declare_damage(&mut desk.spool(), recovered)?)
}

/// A reader that goes on from what the spool remembers.
fn reader(
    config: &CollectorConfig,
    desk: &Desk,
    (settings, clock): (Settings, Arc<dyn Clock>),
) -> Reader {
    let spool = desk.spool();
    let remembered = spool.state().iter().filter(|(key, _)| is_readers(key));
    let remembered = remembered.map(|(key, value)| (key.clone(), value.clone()));
    let config = ReaderConfig {
        rootfs: config.rootfs.clone(),
        node: config.node.clone(),
        files: settings.files,
        first_lines: config.first_lines.clone(),
        line_bytes_max: settings.line_bytes_max,
        timezone: config.timezone.clone(),
        redactor: config.redactor.clone(),
        clock,
        roster: Arc::default(),
    };
    Reader::new(config, remembered.collect())
}

fn tail(
    config: &CollectorConfig,
    desk: &Arc<Desk>,
    (spool_dir, settings): (Dir, watch::Receiver<Settings>),
    reader: Reader,
) -> Result<Tail, CollectorError> {
    let mut spool = desk.spool();
    let (journals, earlier) = Journals::begin(&desk.life, spool.state().iter(), spool.books());
    let mut reading = desk.reading();
    reading.read = reader.totals().into_iter().chain(earlier.read).collect();
    reading.changed = reading.read.clone();
    drop(reading);
    end_journals(desk, &mut spool, (earlier.ends, earlier.changes))?;
    Ok(Tail {
        desk: Arc::clone(desk),
        batcher: Batcher::new(config.node.clone(), spool.books().clone())
            .with_flow(Flow::new(&config.flow)),
        freezer: Freezer::to_travel(),
        door: config.door.open(reader.waker()),
        journals,
        reader,
        spool_dir,
        settings,
        unsettled: None,
        duty: Duty::new(config.flow.cpu_cores_max),
        spool_age_max: config.spool_age_max,
        expired: monotonic::now(),
    })
}

/// Whether the reader's memory is kept under that key.
fn is_readers(key: &str) -> bool {
    !journal::is_key(key) && !reread::is_key(key) && !vigil::is_key(key)
}

/// The reader goes on from what the centre and the spool have, where its memory is gone or says more.
fn go_on(
    desk: &Desk,
    (reader, mut changes): (&mut Reader, Vec<StateChange>),
    known: Vec<CentreSource>,
) -> (Vec<StateChange>, Books) {
    let spool = desk.spool();
    let mut safe = reread::safe(&spool, known);
    safe.retain(|_, source| reread::is_file(source.stream));
    let reason = desk.reread().safety().map_or(Reason::SpoolDamaged, Safety::reason);
    let recognised = reader.recognise(&safe);
    let mut back = reader.rewind(&safe, spool.books(), reason);
    let remembered = reader.remembered();
    let is_new = |id: &SourceId| recognised.contains(id) || !remembered.contains(id);
    for source in safe.values().filter(|source| is_new(&source.source)) {
        let (to, running) = (source.mark, source.count());
        back.insert(source.source, Book { to, running, ended: false });
    }
    if !safe.is_empty() {
        reader.adopt(safe.into_values().collect());
    }
    changes.extend(reader.changes());
    changes.extend(desk.reread().went_back());
    changes.push(vigil::asking(false));
    (changes, back)
}

/// Writes what the reader begins with, again while the spool cannot be written; `false` once told to stop.
async fn remember(
    desk: &Arc<Desk>,
    spool: (Dir, u64),
    (changes, back): (Vec<StateChange>, Books),
    shutdown: &CancellationToken,
) -> bool {
    let mut anew = None;
    loop {
        let write = {
            let (desk, anew) = (Arc::clone(desk), anew.clone());
            let (changes, back) = (changes.clone(), back.clone());
            move || desk.keep(anew, changes, back)
        };
        match desk.aside(write).await {
            Some(Ok(())) => {
                desk.status.spool(None);
                return true;
            }
            Some(Err(error)) => {
                tracing::error!(%error, "cannot spool, reading does not begin");
                desk.status.spool(Some(error.to_string()));
                anew = Some(spool.clone());
            }
            None => {}
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return false,
            () = tokio::time::sleep(Duration::from_millis(SPOOL_RETRY_MS)) => {}
        }
    }
}

/// Ends the journals of earlier lives that a crash left open: nothing more will come of them.
fn end_journals(
    desk: &Desk,
    spool: &mut Spool,
    (ends, changes): (Vec<SourceRange>, Vec<StateChange>),
) -> Result<(), DeclareError> {
    let mut frames = Vec::new();
    if !ends.is_empty() {
        let header = heartbeat::header(desk, ends);
        frames = ship::pack(Batch { header, items: Items::default() }, &desk.life)?;
    }
    if !frames.is_empty() || !changes.is_empty() {
        spool.freeze(frames, changes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
