//! A network between collector and centre that does what networks do, as the seed says.
//!
//! Invariant: what is on its way when either side dies may still arrive; nobody is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::sleep;

use super::centre::Centre;
use super::chance::{Chance, Trace};
use crate::http::{Net, NoReply, Reply, Request};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Calm,
    /// One request in so many goes wrong in some way.
    Rough(u64),
    /// Nobody answers.
    Down,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Through,
    NotConnected,
    RequestLost,
    AnswerLost,
    AnswerDamaged,
    RequestDamaged,
    Twice,
    Busy,
    Stranger,
}

const FATES: [Fate; 8] = [
    Fate::NotConnected,
    Fate::RequestLost,
    Fate::AnswerLost,
    Fate::AnswerDamaged,
    Fate::RequestDamaged,
    Fate::Twice,
    Fate::Busy,
    Fate::Stranger,
];

#[derive(Debug, Clone)]
pub(super) struct SimNet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    centre: Mutex<Centre>,
    weather: Mutex<Weather>,
    chance: Chance,
    trace: Trace,
    /// What was sent before the last cut never arrives.
    cuts: AtomicU64,
}

impl SimNet {
    pub(super) fn new(centre: Centre, chance: Chance, trace: Trace) -> Self {
        let (centre, weather) = (Mutex::new(centre), Mutex::new(Weather::Calm));
        Self(Arc::new(Inner { centre, weather, chance, trace, cuts: AtomicU64::new(0) }))
    }

    pub(super) fn centre(&self) -> MutexGuard<'_, Centre> {
        self.0.centre.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, weather: Weather) {
        self.0.trace.note(&format!("{weather:?}"));
        *self.0.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// Nothing that is under way arrives any more.
    pub(super) fn cut(&self) {
        self.0.cuts.fetch_add(1, Ordering::Relaxed);
    }

    fn fate(&self) -> Fate {
        let weather = *self.0.weather.lock().unwrap_or_else(PoisonError::into_inner);
        match weather {
            Weather::Down => Fate::NotConnected,
            Weather::Rough(n) if self.0.chance.one_in(n) => {
                FATES[self.0.chance.between(0, FATES.len() as u64) as usize]
            }
            Weather::Rough(_) | Weather::Calm => Fate::Through,
        }
    }

    /// Some time on the way: mostly short, so that requests also overtake one another.
    async fn travel(&self) {
        let slow = self.0.chance.one_in(10);
        let ms = self.0.chance.between(1, if slow { 3_000 } else { 20 });
        sleep(Duration::from_millis(ms)).await;
    }

    /// The request at the centre.
    fn arrive(&self, request: &Request) -> Reply {
        let mut centre = self.centre();
        match request.path.as_str() {
            "/api/v1/batches" => centre.batch(&request.body),
            "/api/v1/heartbeats" => centre.heartbeat(&request.body),
            "/api/v1/sources" => centre.sources(),
            "/readyz" => ready(),
            path if path.starts_with("/api/v1/dictionaries") => centre.refuse(404, "not kept here"),
            path => panic!("{path} is not asked for"),
        }
    }

    async fn exchange(self, mut request: Request, fate: Fate) -> Result<Reply, NoReply> {
        let cuts = self.0.cuts.load(Ordering::Relaxed);
        let is_cut = move |net: &Self| net.0.cuts.load(Ordering::Relaxed) != cuts;
        self.travel().await;
        if is_cut(&self) {
            return Err(none(true));
        }
        match fate {
            Fate::NotConnected => return Err(none(false)),
            Fate::RequestLost => {
                sleep(Duration::from_secs(self.0.chance.between(1, 30))).await;
                return Err(none(false));
            }
            Fate::Busy => {
                let seconds = Duration::from_secs(self.0.chance.between(1, 4));
                let busy = self.centre().refuse(503, "busy");
                return Ok(Reply { retry_after: Some(seconds), ..busy });
            }
            Fate::Stranger => {
                let status = [400, 403, 404, 413, 502][self.0.chance.between(0, 5) as usize];
                let body = Bytes::from_static(b"<html>a proxy</html>");
                return Ok(Reply { status, retry_after: None, body });
            }
            Fate::RequestDamaged => request.body = self.damage(&request.body),
            Fate::Twice => {
                let (again, request) = (self.clone(), request.clone());
                tokio::spawn(async move {
                    sleep(Duration::from_millis(again.0.chance.between(1, 20_000))).await;
                    if !is_cut(&again) {
                        again.arrive(&request);
                    }
                });
            }
            Fate::Through | Fate::AnswerLost | Fate::AnswerDamaged => {}
        }
        let reply = self.arrive(&request);
        self.travel().await;
        match fate {
            Fate::AnswerLost => Err(none(true)),
            Fate::AnswerDamaged => Ok(Reply { body: self.damage(&reply.body), ..reply }),
            _ => Ok(reply),
        }
    }

    /// Cut off somewhere: what a length or a checksum finds.
    fn damage(&self, body: &Bytes) -> Bytes {
        body.slice(..self.0.chance.between(0, body.len().max(1) as u64) as usize)
    }
}

fn ready() -> Reply {
    Reply { status: 200, retry_after: None, body: Bytes::new() }
}

fn none(lost: bool) -> NoReply {
    NoReply { cause: "simulated".to_owned(), lost }
}

#[async_trait]
impl Net for SimNet {
    async fn carry(&self, request: Request) -> Result<Reply, NoReply> {
        let fate = self.fate();
        self.0.trace.note(&format!("{} {fate:?} {} bytes", request.path, request.body.len()));
        // A task of its own: it goes on when whoever asked has died.
        let exchange = tokio::spawn(self.clone().exchange(request, fate));
        exchange.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(none(true)),
        })
    }
}
