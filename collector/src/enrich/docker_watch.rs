//! Docker's containers, as its socket tells of them.
//!
//! ```text
//!   events (opened first) ──────────────> start, rename, destroy … ──> Roster
//!   list ── one look at each ──> Roster       (what came meanwhile waits in the stream)
//! ```
//! Invariants:
//! - nobody waits for a socket that is not there: then Docker's own files name the containers;
//! - a stream that breaks is begun anew with a list.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Client;
use rustls::RootCertStore;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::account::{ApiError, Backoff, accepted, body, client, url};
use super::docker_speaker;
use super::lines::Lines;
use super::roster::{Api, Roster};
use crate::limits::{API_LINE_BYTES_MAX, EVENTS_S, PODS_MAX};
use crate::metrics;

/// Below `--rootfs`.
const SOCKET: &str = "var/run/docker.sock";
const API: &str = "docker";
const HOST: &str = "http://docker";

/// Tells the roster of Docker's containers.
#[derive(Debug)]
pub(crate) struct DockerWatch {
    socket: PathBuf,
    roster: Arc<Roster>,
    backoff: Backoff,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) actor: Actor,
}

#[derive(Deserialize, Default)]
pub(super) struct Actor {
    #[serde(rename = "ID", default)]
    pub(super) id: String,
}

impl DockerWatch {
    pub(crate) fn new(rootfs: &std::path::Path, roster: Arc<Roster>) -> Self {
        Self { socket: rootfs.join(SOCKET), roster, backoff: Backoff::default() }
    }

    /// Lists and listens until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.turn() => turn,
            };
            self.roster.expect_containers(false);
            if let Err(error) = turn {
                self.failed(&error);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.backoff.pause()) => {}
            }
        }
    }

    fn failed(&self, error: &ApiError) {
        metrics::api_failure(API);
        let cause = format!("{}: {error}; containers go by Docker's files", self.socket.display());
        if self.roster.failed(Api::Docker, Some(cause.clone())) {
            tracing::warn!(cause, "Docker does not tell of its containers");
        }
    }

    /// Lists and listens until the stream ends; at once where there is no Docker.
    async fn turn(&mut self) -> Result<(), ApiError> {
        if !tokio::fs::try_exists(&self.socket).await.unwrap_or_default() {
            self.roster.failed(Api::Docker, None);
            return Ok(());
        }
        let client =
            client(Client::builder().unix_socket(self.socket.as_path()), RootCertStore::empty())?;
        metrics::watched(API);
        let events = url(
            &format!("{HOST}/events"),
            &[(
                "filters",
                r#"{"type":["container"],"event":["create","start","rename","destroy"]}"#,
            )],
        )?;
        let events = client.get(events).timeout(Duration::from_secs(EVENTS_S));
        let mut events = accepted(events).await?;
        self.roster.expect_containers(true);
        self.list(&client).await?;
        self.roster.failed(Api::Docker, None);
        self.backoff.reset();
        let mut lines = Lines::new(API_LINE_BYTES_MAX);
        // However the stream ends, what came meanwhile is found by the next list.
        while let Ok(Some(chunk)) = events.chunk().await {
            let mut heard = Vec::new();
            lines.take(&chunk, |line| {
                heard.push(serde_json::from_slice::<Event>(line)?);
                Ok::<(), ApiError>(())
            })?;
            for Event { action, actor } in heard {
                match action.as_str() {
                    "destroy" => self.roster.container_gone(&actor.id, Instant::now()),
                    _ => self.inspect(&client, &actor.id).await?,
                }
            }
        }
        Ok(())
    }

    async fn list(&self, client: &Client) -> Result<(), ApiError> {
        metrics::listed(API);
        let url = url(&format!("{HOST}/containers/json"), &[("all", "1")])?;
        let text = body(accepted(client.get(url)).await?).await?;
        let listed: Vec<Listed> = serde_json::from_slice(&text)?;
        let ids: Vec<String> = listed.into_iter().map(|one| one.id).take(PODS_MAX).collect();
        for id in &ids {
            self.inspect(client, id).await?;
        }
        self.roster.containers(&ids, Instant::now());
        Ok(())
    }

    /// Asks who a container is; one that has gone meanwhile is nobody.
    async fn inspect(&self, client: &Client, id: &str) -> Result<(), ApiError> {
        let url = url(&format!("{HOST}/containers/{id}/json"), &[])?;
        match accepted(client.get(url)).await {
            Ok(response) => {
                if let Some(speaker) = docker_speaker(&body(response).await?) {
                    self.roster.container(id, speaker);
                }
                Ok(())
            }
            Err(ApiError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
