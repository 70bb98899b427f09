//! The centre, as seen from here: one or more intakes of one pipeline.
//!
//! ```text
//!   turns ──> send ──> settle        batches, each on a turn that choice.rs gave
//!   probe ──────────────────>        one that failed is asked whether it is back
//!   post, get ──────────────>        heartbeats and questions, where batches would go now
//! ```
//! Invariants:
//! - the pipeline whose first verdict we heard is ours from then on, also after a restart;
//! - intakes of our own zone come first, then the others, each in the order that they are given in;
//! - which intake is asked is decided in one place, [`Choice`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use nilometer_journal::Dir;
use nilometer_model::PipelineId;
use reqwest::Method;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::choice::{Choice, Outcome, Turn};
use crate::http::{Http, HttpLimits, Net, NoReply, Reply, Request};
use crate::limits::{ANSWER_BYTES_MAX, CONNECT_S, PATIENCE_S};
use crate::settings::IntakeAddress;
use crate::{CollectorError, Credentials, Settings, dice, metrics};

const PIPELINE_FILE: &str = "pipeline";

/// Where to ship.
#[derive(Debug)]
pub(crate) struct Intakes {
    net: Box<dyn Net>,
    credentials: watch::Receiver<Credentials>,
    targets: Mutex<Targets>,
    pipeline: Mutex<Option<PipelineId>>,
    /// Where the pipeline's name is kept.
    data: Dir,
}

/// The intakes as they are configured now.
#[derive(Debug)]
struct Targets {
    settings: watch::Receiver<Settings>,
    /// In the order of preference.
    urls: Vec<String>,
    choice: Choice,
    /// Which configuration this is; a turn of an earlier one says nothing about these.
    generation: u64,
}

/// A turn, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Errand {
    pub(crate) url: String,
    turn: Turn,
    generation: u64,
}

impl Targets {
    fn new(mut settings: watch::Receiver<Settings>) -> Self {
        let urls = preferred(&settings.borrow_and_update());
        let choice = Choice::new(urls.len());
        Self { settings, urls, choice, generation: 0 }
    }

    /// Takes over what was configured since.
    fn renew(&mut self) {
        if !self.settings.has_changed().unwrap_or_default() {
            return;
        }
        let urls = preferred(&self.settings.borrow_and_update());
        if urls != self.urls {
            self.choice = Choice::new(urls.len());
            self.urls = urls;
            self.generation += 1;
        }
    }

    fn errand(&self, turn: Turn) -> Errand {
        let url = self.urls.get(turn.intake).cloned().unwrap_or_default();
        Errand { url, turn, generation: self.generation }
    }
}

/// Those of our zone first.
fn preferred(settings: &Settings) -> Vec<String> {
    let is_far = |to: &&IntakeAddress| settings.zone.is_empty() || to.zone != settings.zone;
    let mut to: Vec<_> = settings.to.iter().collect();
    to.sort_by_key(is_far);
    to.into_iter().map(|to| to.url.trim_end_matches('/').to_owned()).collect()
}

impl Intakes {
    pub(crate) fn new(
        settings: watch::Receiver<Settings>,
        credentials: watch::Receiver<Credentials>,
        (data, limits): (impl Into<Dir>, HttpLimits),
    ) -> Result<Self, CollectorError> {
        let http = Http::new(credentials.clone(), limits)?;
        Ok(Self::over(Box::new(http), settings, credentials, data.into()))
    }

    /// Spoken to over any network.
    pub(crate) fn over(
        net: Box<dyn Net>,
        settings: watch::Receiver<Settings>,
        credentials: watch::Receiver<Credentials>,
        data: Dir,
    ) -> Self {
        let kept = data.read(PIPELINE_FILE).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pipeline = kept.and_then(|text| text.trim().parse().ok()).map(PipelineId);
        let targets = Mutex::new(Targets::new(settings));
        Self { net, credentials, targets, pipeline: Mutex::new(pipeline), data }
    }

    /// What is shown now; who waits for it to change has a receiver of his own.
    pub(crate) fn credentials(&self) -> watch::Receiver<Credentials> {
        self.credentials.clone()
    }

    /// What is configured now; who waits for it to change has a receiver of his own.
    pub(crate) fn settings(&self) -> watch::Receiver<Settings> {
        self.targets().settings.clone()
    }

    /// Where batches may be sent now, and when to ask again if an answer is not to be waited for.
    pub(crate) fn turns(&self) -> (Vec<Errand>, Option<Instant>) {
        let (now, mut targets) = (Instant::now(), self.targets());
        let mut errands = Vec::new();
        loop {
            match targets.choice.next(now) {
                Ok(turn) => errands.push(targets.errand(turn)),
                Err(again) => return (errands, again),
            }
        }
    }

    /// The intake that is to be asked whether it is back, else when one will be.
    pub(crate) fn probe(&self) -> Result<Errand, Option<Instant>> {
        let mut targets = self.targets();
        targets.choice.probe(Instant::now()).map(|turn| targets.errand(turn))
    }

    /// Sends a batch, as it is or made smaller in that way.
    pub(crate) async fn send(
        &self,
        errand: &Errand,
        coding: Option<&'static str>,
        body: Bytes,
    ) -> Result<Reply, NoReply> {
        let patience = errand.turn.has_alternative.then(|| Duration::from_secs(PATIENCE_S));
        let content = Some("application/x-nilometer-batch");
        let request = self.request(errand, Method::POST, "/api/v1/batches");
        self.net.carry(Request { content, coding, body, patience, ..request }).await
    }

    /// Sends what batches will be told by.
    pub(crate) async fn send_dictionary(
        &self,
        errand: &Errand,
        dictionary: Bytes,
    ) -> Result<Reply, NoReply> {
        let request = Request {
            content: Some("application/octet-stream"),
            body: dictionary,
            patience: Some(Duration::from_secs(PATIENCE_S)),
            ..self.request(errand, Method::POST, "/api/v1/dictionaries")
        };
        self.net.carry(request).await
    }

    /// Asks whether the intake takes anything in; gives the errand back.
    pub(crate) async fn ask_back(&self, errand: &Errand) {
        let patience = Some(Duration::from_secs(CONNECT_S));
        let request = Request { patience, ..self.request(errand, Method::GET, "/readyz") };
        let is_well = self.net.carry(request).await.is_ok_and(|reply| reply.status == 200);
        if is_well {
            tracing::info!(intake = errand.url, "an intake is back");
        }
        self.of_now(errand, |choice| choice.probed(errand.turn, is_well, moment()));
    }

    /// An attempt is over.
    pub(crate) fn settle(&self, errand: &Errand, outcome: Outcome) {
        self.of_now(errand, |choice| choice.settle(errand.turn, outcome, moment()));
    }

    /// An attempt was not made.
    pub(crate) fn cancel(&self, errand: &Errand) {
        self.of_now(errand, |choice| choice.cancel(errand.turn));
    }

    /// There is reason to try all of them at once.
    pub(crate) fn try_all(&self) {
        self.targets().choice.try_all(Instant::now());
    }

    /// Where a request would go now.
    pub(crate) fn current(&self) -> Errand {
        let targets = self.targets();
        targets.errand(targets.choice.current())
    }

    /// That one is not the one to ask again next.
    pub(crate) fn turn_from(&self, errand: &Errand) {
        self.of_now(errand, |choice| choice.silent(errand.turn, moment()));
    }

    /// Posts a heartbeat.
    pub(crate) async fn post(&self, path: &str, json: Bytes) -> Result<Reply, NoReply> {
        let errand = self.current();
        let content = Some("application/json");
        let request = Request { content, body: json, ..self.request(&errand, Method::POST, path) };
        self.told(&errand, self.net.carry(request).await)
    }

    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        answer_bytes_max: usize,
    ) -> Result<Reply, NoReply> {
        let errand = self.current();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let query = query.iter().map(owned).collect();
        let request = self.request(&errand, Method::GET, path);
        self.told(&errand, self.net.carry(Request { query, answer_bytes_max, ..request }).await)
    }

    /// Silence is news of the intake; an answer, whatever it says, is not: batches may fare otherwise.
    fn told(&self, errand: &Errand, reply: Result<Reply, NoReply>) -> Result<Reply, NoReply> {
        if reply.is_err() {
            self.turn_from(errand);
        }
        reply
    }

    /// The pipeline that we belong to, once known.
    pub(crate) fn pipeline(&self) -> Option<PipelineId> {
        *self.pipeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Belongs to `pipeline` from now on, unless to another; says whether that is ours.
    pub(crate) fn belong_to(&self, pipeline: PipelineId) -> bool {
        let mut ours = self.pipeline.lock().unwrap_or_else(PoisonError::into_inner);
        if ours.is_none() {
            let text = pipeline.to_string();
            if let Err(e) = self.data.write_durably(PIPELINE_FILE, text.as_bytes()) {
                tracing::warn!(error = %e, "the pipeline's name could not be kept");
            }
        }
        *ours.get_or_insert(pipeline) == pipeline
    }

    fn request(&self, errand: &Errand, method: Method, path: &str) -> Request {
        Request {
            method,
            to: errand.url.clone(),
            path: path.to_owned(),
            query: Vec::new(),
            content: None,
            coding: None,
            body: Bytes::new(),
            pipeline: self.pipeline(),
            answer_bytes_max: ANSWER_BYTES_MAX,
            patience: None,
        }
    }

    fn targets(&self) -> MutexGuard<'_, Targets> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        targets.renew();
        targets
    }

    /// Tells the choice about an errand, unless that was of an earlier configuration.
    fn of_now(&self, errand: &Errand, tell: impl FnOnce(&mut Choice)) {
        let mut targets = self.targets();
        if targets.generation != errand.generation {
            return;
        }
        let before = targets.choice.current().intake;
        tell(&mut targets.choice);
        if targets.choice.current().intake != before {
            metrics::turned();
        }
    }
}

fn moment() -> (Instant, f64) {
    (Instant::now(), dice::roll())
}

#[cfg(test)]
mod tests;
