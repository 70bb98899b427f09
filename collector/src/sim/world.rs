//! One run: a node, its collector, a network and a centre, on one thread, in simulated time.
//!
//! ```text
//!   the seed ─> each step: logs are written │ weather changes │ centre commits, dies, goes back
//!              │ the disk fills, fails, stops at some call │ the collector dies
//!   then all is well, until nothing more comes; then the verdict
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nilometer_journal::{Crash, Dir, SimDisk};
use nilometer_model::{Clock, Timestamp};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::centre::Centre;
use super::chance::{Chance, Trace};
use super::logs::Logs;
use super::net::{SimNet, Weather};
use super::verdict::{self, Past};
use crate::desk::Desk;
use crate::heartbeat::Heart;
use crate::intakes::Intakes;
use crate::limits::SPOOL_RETRY_MS;
use crate::run::awake;
use crate::ship::Shipper;
use crate::tail::{Tail, Turn};
use crate::{CollectorConfig, Credentials, IntakeAddress, Settings, dice};

/// The time of day, which goes as the runtime's simulated time does.
#[derive(Debug, Clone, Copy)]
pub(super) struct SimClock(Instant);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        const BEGAN: Timestamp = Timestamp(1_700_000_000_000_000_000);
        BEGAN.plus_ns(i64::try_from(self.0.elapsed().as_nanos()).unwrap_or(i64::MAX))
    }
}

/// How long what is broken may take to heal, s of simulated time.
const HEALING_S: u64 = 600;
const STEPS: u64 = 150;

struct World {
    config: CollectorConfig,
    clock: SimClock,
    disk: SimDisk,
    net: SimNet,
    logs: Logs,
    chance: Chance,
    trace: Trace,
    life: Option<CollectorLife>,
    past: Past,
    /// Also what the sim's head calls wild.
    wild: bool,
}

/// The tasks of one life of the collector.
struct CollectorLife {
    tasks: Vec<JoinHandle<()>>,
    /// Set once it is awake.
    desk: watch::Receiver<Option<Arc<Desk>>>,
}

/// Plays a seed; gives the hash of all that happened.
pub(super) fn play(seed: u64, wild: bool) -> u64 {
    dice::seed(seed);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let root = tempfile::Builder::new().prefix("nilometer-sim").tempdir_in(memory()).unwrap();
    runtime.block_on(async { World::new(seed, wild, &root).live().await })
}

/// Where files cost least.
fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

impl World {
    fn new(seed: u64, wild: bool, root: &TempDir) -> Self {
        let trace = Trace::new(std::env::var_os("NILOMETER_SIM_TRACE").is_some());
        let chance = Chance::new(seed);
        let clock = SimClock(Instant::now());
        let (_, credentials) = watch::channel(Credentials::none().unwrap());
        let (data, node) = (PathBuf::from("/data"), "n1".to_owned());
        let to = ["http://a", "http://b"].map(|url| IntakeAddress::from(url.to_owned()));
        let (_, settings) = watch::channel(Settings {
            files: vec![root.path().join("app/*.log").display().to_string()],
            spool_bytes_max: if chance.one_in(3) { 60_000 } else { 1 << 30 },
            ..Settings::to(to.to_vec())
        });
        let rootfs = root.path().to_owned();
        let config =
            CollectorConfig { rootfs, ..CollectorConfig::new(data, node, settings, credentials) };
        let net = SimNet::new(Centre::new(trace.clone()), Chance::new(!seed), trace.clone());
        let logs =
            Logs::new(root.path(), (Chance::new(seed ^ 0xf00d), clock), (trace.clone(), wild));
        let disk = SimDisk::new(seed);
        Self {
            config,
            clock,
            disk,
            net,
            logs,
            chance,
            trace,
            life: None,
            past: Past::default(),
            wild,
        }
    }

    async fn live(mut self) -> u64 {
        for _ in 0..STEPS {
            sleep(Duration::from_millis(self.chance.between(1, 250))).await;
            self.logs.step();
            self.happen();
            self.look_after_the_collector().await;
        }
        self.heal().await;
        let drained = self.drain().await;
        self.die().await;
        let centre = self.net.centre();
        verdict::give(&self.logs.lines, &centre, drained, self.past);
        drop(centre);
        self.trace.hash()
    }

    /// What else the seed has in store.
    fn happen(&mut self) {
        match self.chance.between(0, 40) {
            0..5 => {
                let bad = self.chance.between(1, 8);
                self.net.set(match self.chance.between(0, 5) {
                    0 => Weather::Down,
                    1 => Weather::Calm,
                    _ => Weather::Rough(bad),
                });
            }
            5..13 => self.net.centre().commit(),
            13 => self.net.centre().restart(),
            14 if self.chance.one_in(3) => {
                // What the emptied spool had sent stood in that Log alone.
                self.past.went_back |= self.past.wiped > 0;
                self.net.centre().lose_log();
            }
            15 if self.wild && self.chance.one_in(10) => {
                self.past.went_back = true;
                self.net.centre().go_back();
            }
            16 => self.net.centre().records_max = self.chance.between(1, 40) as usize,
            17 => self.net.centre().records_max = usize::MAX,
            18 => self.disk.set_full(true),
            19..22 => self.disk.set_full(false),
            22 => self.disk.fail_next_sync(),
            23..28 => self.disk.stop_after(self.chance.between(1, 200)),
            28 | 29 => self.logs.complete(),
            _ => {}
        }
    }

    /// Starts it when it does not run; buries it when its disk has stopped, or out of the blue.
    async fn look_after_the_collector(&mut self) {
        if self.life.is_some() && (self.disk.has_stopped() || self.chance.one_in(50)) {
            self.die().await;
            let crash = if self.chance.one_in(2) { Crash::Power } else { Crash::Process };
            self.trace.note(&format!("{crash:?}"));
            self.disk.restart(crash);
            if self.wild && self.chance.one_in(12) {
                self.wipe();
            }
        }
        let failed = self.life.as_ref().is_some_and(|life| life.tasks[0].is_finished());
        if failed {
            self.die().await;
        }
        if self.life.is_none() && !self.chance.one_in(4) {
            self.start();
        }
    }

    fn start(&mut self) {
        self.trace.note("start");
        let home = Dir::new(Arc::new(self.disk.clone()), &self.config.data);
        let net = Box::new(self.net.clone());
        let credentials = self.config.credentials.clone();
        let intakes = Intakes::over(net, self.config.settings.clone(), credentials, home.clone());
        let (known, desk) = watch::channel(None);
        let life = live(self.config.clone(), (home, Arc::new(intakes)), self.clock, known);
        self.life = Some(CollectorLife { tasks: vec![tokio::spawn(life)], desk });
    }

    /// The next life finds an empty data directory. What the earlier ones still had under way would be news to
    /// the centre after it was asked what it has.
    fn wipe(&mut self) {
        self.trace.note("wipe");
        self.past.wiped += 1;
        self.net.cut();
        self.config.data = PathBuf::from(format!("/data{}", self.past.wiped));
    }

    /// All that it had in memory is gone.
    async fn die(&mut self) {
        let Some(life) = self.life.take() else { return };
        for task in life.tasks {
            task.abort();
            if let Err(error) = task.await
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// From here on nothing goes wrong.
    async fn heal(&mut self) {
        self.trace.note("heal");
        self.logs.complete();
        self.net.set(Weather::Calm);
        self.net.centre().records_max = usize::MAX;
        self.disk.set_full(false);
        if self.disk.has_stopped() || self.life.is_none() {
            self.die().await;
            self.disk.restart(Crash::Power);
        }
        self.disk.stop_after(u64::MAX / 2);
        if self.life.is_none() {
            self.start();
        }
    }

    /// Waits until the collector has handed over everything; whether it has.
    async fn drain(&mut self) -> bool {
        let mut quiet = 0;
        for _ in 0..HEALING_S {
            sleep(Duration::from_secs(1)).await;
            if self.life.as_ref().is_some_and(|life| life.tasks[0].is_finished()) {
                self.die().await;
                self.start();
            }
            self.net.centre().commit();
            let desk = self.life.as_ref().and_then(|life| life.desk.borrow().clone());
            let empty = desk.is_some_and(|desk| desk.spool().batches() == 0);
            quiet = if empty { quiet + 1 } else { 0 };
            if quiet > 20 {
                return true;
            }
        }
        let desk = self.life.as_ref().and_then(|life| life.desk.borrow().clone());
        let waiting = desk.map(|desk| desk.spool().waiting_ids());
        let waiting = waiting.unwrap_or_default();
        let first = &waiting[..waiting.len().min(3)];
        let known = self.net.centre().sequences();
        eprintln!("{} wait, first {first:?}; of {known:?} all is in", waiting.len());
        false
    }
}

/// A life as `run` lives it, but for the thread.
async fn live(
    config: CollectorConfig,
    (home, intakes): (Dir, Arc<Intakes>),
    clock: SimClock,
    known: watch::Sender<Option<Arc<Desk>>>,
) {
    let stop = CancellationToken::new();
    let awake = awake(&config, (home, &intakes), Arc::new(clock), &stop).await;
    // A start that a disk refuses is tried again by whoever runs the process.
    let Ok(Some((desk, tail))) = awake else { return };
    known.send_replace(Some(Arc::clone(&desk)));
    let shipper = Shipper::new(Arc::clone(&desk), Arc::clone(&intakes));
    let heart = Heart::new(Arc::clone(&desk), intakes);
    tokio::join!(read(tail), shipper.run(stop.clone()), heart.run(stop.clone()));
}

async fn read(mut tail: Tail) {
    loop {
        match tail.turn() {
            Turn::Again => tokio::task::yield_now().await,
            Turn::Idle(wait) => sleep(wait).await,
            Turn::Stuck => sleep(Duration::from_millis(SPOOL_RETRY_MS)).await,
        }
    }
}
