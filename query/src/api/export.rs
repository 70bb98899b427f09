//! Everything that matches, oldest first, as lines; an interrupted export goes on behind its last whole line.
//!
//! Invariants:
//! - each line carries the cursor behind it, and with it the range of the first request;
//! - pages are fetched as the reader takes them, so an export of any size needs the memory of a few;
//! - an export that cannot go on is cut off, never ended as if it were whole: its reader sees a broken
//!   transfer and comes back with the last cursor.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Api;
use super::access::Caller;
use super::ask::{self, Found};
use super::cursor::Cursor;
use super::error::ApiError;
use super::limits::{EXPORT_PAGES_WAITING_MAX, RETRY_AFTER_S};
use super::logs::NDJSON;
use super::params::{self, Params};
use super::record::{RecordJson, write_line};
use crate::execute::{Direction, Limits, SearchRequest};
use crate::limits::EXPORT_PAGE_ROWS;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// A query; empty or * means everything.
    q: Option<String>,
    /// RFC 3339, now, or before now like -15m; default: the first record.
    from: Option<String>,
    /// As `from`, not included; default: the last record.
    to: Option<String>,
    /// The cursor of the last whole line of an interrupted export; it keeps that export's range.
    cursor: Option<String>,
}

/// Records that match, oldest first, one a line, each with its `cursor`.
#[utoipa::path(get, path = "/api/v1/export", tag = "logs", params(ExportParams),
    responses((status = 200, content_type = "application/x-ndjson", body = String),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn export(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<ExportParams>,
) -> Result<Response, ApiError> {
    let mut question = question(&caller, &params, &api).await?;
    // The first page is fetched before the answer begins, so that what is wrong still gets a status.
    let first = find_whole(&api, &question).await?;
    let (sender, pages) = mpsc::channel(EXPORT_PAGES_WAITING_MAX);
    tokio::spawn(async move {
        let mut page = Some(first);
        while let Some(found) = page.take() {
            if sender.send(Ok(lines(&found, &question))).await.is_err() {
                return;
            }
            let Some(next) = found.next else { return };
            question.after = Some(next);
            tokio::select! {
                next = find_whole(&api, &question) => match next {
                    Ok(found) => page = Some(found),
                    Err(_) => return cut_off(&sender, "the export cannot go on").await,
                },
                why = api.ends(&caller) => return cut_off(&sender, why).await,
                () = sender.closed() => return,
            }
        }
    });
    let body = Body::from_stream(ReceiverStream::new(pages));
    Ok(([(header::CONTENT_TYPE, NDJSON)], body).into_response())
}

/// A page of which nothing is missing: whoever reads lines is not told what is.
async fn find_whole(api: &Api, question: &SearchRequest) -> Result<Found, ApiError> {
    let found = ask::find(api, question).await?;
    if found.broken {
        return Err(ApiError::unavailable("a part of the data cannot be read", RETRY_AFTER_S));
    }
    Ok(found)
}

async fn question(
    caller: &Caller,
    params: &ExportParams,
    api: &Api,
) -> Result<SearchRequest, ApiError> {
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::Everything, api.clock.now())?;
    let cursor = params.cursor.as_deref().map(Cursor::parse).transpose()?;
    Ok(SearchRequest {
        filter: ask::knowing(api, caller, ask::filter(caller, params.q.as_deref())?).await?,
        range: cursor.map_or(range, |cursor| cursor.range),
        direction: Direction::OldestFirst,
        after: cursor.map(|cursor| cursor.after),
        limit: EXPORT_PAGE_ROWS,
        limits: Limits::default(),
    })
}

fn lines(found: &Found, question: &SearchRequest) -> Bytes {
    let mut out = Vec::new();
    for row in found.rows.iter() {
        let cursor = Some(Cursor { after: row.order(), range: question.range });
        write_line(&mut out, &RecordJson { row, cursor });
    }
    Bytes::from(out)
}

async fn cut_off(sender: &mpsc::Sender<io::Result<Bytes>>, why: &'static str) {
    tracing::debug!(why, "an export was cut off");
    drop(sender.send(Err(io::Error::other(why))).await);
}
