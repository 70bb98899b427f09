//! Records as they become durable, to whoever listens: server-sent events.
//!
//! ```text
//!   store's feed (chunks) -> follow: match, write -> at most N records wait -> the listener
//!                                        \-> full: counted, and told as soon as there is room
//! ```
//! Invariants:
//! - the feed is the caller's tenant's: neither a record nor a count comes of another's;
//! - a slow listener holds nothing up: it skips, and is told how many;
//! - the subscription begins before `ready` is sent, so what is written after `ready` comes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use nilometer_model::Rows;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Api;
use super::access::Caller;
use super::ask;
use super::error::ApiError;
use super::limits::{TAIL_COMMENT_EVERY, TAIL_RECORDS_WAITING_MAX};
use super::params::Params;
use super::record::RecordJson;
use crate::execute::Tail;
use crate::metrics;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TailParams {
    /// A query; empty or * means everything.
    q: Option<String>,
}

#[derive(Serialize)]
struct SkippedJson {
    count: u64,
}

/// Records as they come: `ready {}`, then `record`, and `skipped {"count"}` for a slow listener.
#[utoipa::path(get, path = "/api/v1/logs/tail", tag = "logs", params(TailParams),
    responses((status = 200, description = "Events", content_type = "text/event-stream",
            body = String),
        (status = "4XX", body = ApiError)))]
pub(crate) async fn tail(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<TailParams>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let filter = ask::filter(&caller, params.q.as_deref())?;
    let tail = Tail::new(ask::knowing(&api, &caller, filter).await?.as_ref().clone());
    let feed = api.store.subscribe(&caller.tenant);
    let (listener, waiting) = mpsc::channel(TAIL_RECORDS_WAITING_MAX);
    let follower = Follower { tail, listener, skipped: 0 };
    tokio::spawn(async move {
        tokio::select! {
            () = follower.follow(feed) => {}
            why = api.ends(&caller) => tracing::debug!(why, "a tail was ended"),
        }
    });
    let ready = stream::once(async { Event::default().event("ready").data("{}") });
    let events = ready.chain(ReceiverStream::new(waiting)).map(Ok);
    let comments = KeepAlive::new().interval(TAIL_COMMENT_EVERY);
    Ok(Sse::new(events).keep_alive(comments))
}

/// One listener's side of the feed.
struct Follower {
    tail: Tail,
    listener: mpsc::Sender<Event>,
    /// Records that the listener was too slow for, and has not been told of.
    skipped: u64,
}

impl Follower {
    /// Ends when the listener leaves, or when the feed does.
    async fn follow(mut self, mut feed: Receiver<Arc<Rows>>) {
        let listener = self.listener.clone();
        loop {
            tokio::select! {
                chunk = feed.recv() => match chunk {
                    Ok(rows) => self.pass(&rows),
                    // Chunks that are gone can only be counted as one record each, at least.
                    Err(RecvError::Lagged(chunks)) => self.skip(chunks),
                    Err(RecvError::Closed) => return,
                },
                room = listener.reserve(), if self.skipped > 0 => match room {
                    Ok(room) => room.send(skipped(std::mem::take(&mut self.skipped))),
                    Err(_) => return,
                },
                () = listener.closed() => return,
            }
        }
    }

    fn pass(&mut self, rows: &Rows) {
        let tail = self.tail.clone();
        for row in tail.fitting(rows) {
            if self.skipped > 0 {
                if self.listener.try_send(skipped(self.skipped)).is_err() {
                    self.skip(1);
                    continue;
                }
                self.skipped = 0;
            }
            let record = serde_json::to_string(&RecordJson { row, cursor: None });
            let Ok(record) = record else { continue };
            if self.listener.try_send(Event::default().event("record").data(record)).is_err() {
                self.skip(1);
            }
        }
    }

    fn skip(&mut self, records: u64) {
        self.skipped += records;
        metrics::skipped(records);
    }
}

fn skipped(count: u64) -> Event {
    let data = serde_json::to_string(&SkippedJson { count }).unwrap_or_default();
    Event::default().event("skipped").data(data)
}
