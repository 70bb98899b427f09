//! The dictionaries with which collectors compress small batches on their way (RFC 9842, `dcz`).
//!
//! ```text
//!   POST /dictionaries  bytes, zstd      ──> kept in memory, by tenant and hash
//!   POST /batches       dcz, hash ...    ──> inflated here; 404 when it is not known: send it (again)
//! ```
//! Invariants:
//! - a tenant's dictionary serves that tenant alone: what one inflates with it may hold what it says;
//! - none is needed to read anything that is kept, so none is kept over a restart: who is told 404 has it
//!   still.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use nilometer_model::Tenant;
use nilometer_wire::limits::DICTIONARY_BYTES_MAX;
use nilometer_wire::{DICTIONARY_CODING, Dictionary, DictionaryHash, InflateError, dictionary_of};
use serde_json::{Value, json};

use super::Api;
use super::access::Caller;
use super::body;
use super::error::ApiError;
use super::limits::{DICTIONARIES_MAX, RETRY_AFTER_S};
use super::params::NoParams;

/// Keeps a collector's dictionary for the batches that it compresses with it.
#[utoipa::path(post, path = "/api/v1/dictionaries", tag = "intake",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Known until the process ends: {pipeline, dictionary}",
            body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn dictionaries(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let compression = body::compression(&headers)?;
    let sent = body::read(body, DICTIONARY_BYTES_MAX).await?;
    let make =
        move || body::inflate(sent, compression).map(|bytes| Dictionary::new(bytes.to_vec()));
    let made = tokio::task::spawn_blocking(make).await;
    let dictionary =
        made.map_err(|_| interrupted("the dictionary was dropped"))??.ok_or_else(|| {
            let message = format!("a dictionary has at most {DICTIONARY_BYTES_MAX} bytes");
            ApiError::too_large(message, "send batches without one").about("body")
        })?;
    let hash = dictionary.hash();
    api.dictionaries.keep(&caller.tenant, dictionary);
    Ok(Json(json!({ "pipeline": api.store.pipeline(), "dictionary": hash.to_string() })))
}

/// Those that are known; the one that was not used for the longest time goes first.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    /// The one used last stands last. Held for a look only.
    known: Mutex<VecDeque<(Tenant, Arc<Dictionary>)>>,
}

impl Dictionaries {
    pub(crate) fn keep(&self, tenant: &Tenant, dictionary: Dictionary) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(owner, kept)| owner != tenant || kept.hash() != dictionary.hash());
        if known.len() >= DICTIONARIES_MAX {
            known.pop_front();
        }
        known.push_back((tenant.clone(), Arc::new(dictionary)));
    }

    pub(crate) fn get(&self, tenant: &Tenant, hash: DictionaryHash) -> Option<Arc<Dictionary>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().rposition(|(owner, kept)| owner == tenant && kept.hash() == hash)?;
        let used = known.remove(at)?;
        let dictionary = Arc::clone(&used.1);
        known.push_back(used);
        Some(dictionary)
    }
}

/// The frame that a body says, whether it was compressed with a dictionary or not at all.
pub(crate) async fn frame_of(
    api: &Api,
    tenant: &Tenant,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Bytes, ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(|coding| coding.as_bytes()) {
        None | Some(b"identity") => return Ok(body),
        Some(coding) if coding == DICTIONARY_CODING.as_bytes() => {}
        Some(coding) => {
            let message = format!("the batch is encoded as '{}'", String::from_utf8_lossy(coding));
            return Err(ApiError::bad_request("Content-Encoding", message, "dcz, or nothing"));
        }
    }
    let hash = dictionary_of(&body).ok_or_else(|| damaged("it does not say which dictionary"))?;
    let dictionary = api.dictionaries.get(tenant, hash).ok_or_else(|| {
        let hint = "POST it to /api/v1/dictionaries, then the batch again";
        let error = ApiError::not_found(format!("dictionary {hash} is not known here"), hint);
        error.about("Content-Encoding").verdict_of(api.store.pipeline())
    })?;
    let inflated = tokio::task::spawn_blocking(move || dictionary.inflate(&body)).await;
    match inflated.map_err(|_| interrupted("inflating was interrupted"))? {
        Ok(frame) => Ok(frame.into()),
        Err(error @ InflateError::TooLarge { .. }) => {
            let too_large = ApiError::too_large(error.to_string(), error.hint()).about("body");
            Err(too_large.verdict_of(api.store.pipeline()))
        }
        Err(InflateError::Damaged(why)) => Err(damaged(&why)),
    }
}

/// No verdict about the batch: it may arrive whole the next time.
fn damaged(why: &str) -> ApiError {
    let message = format!("the body is cut short or damaged: {why}");
    ApiError::bad_request("body", message, "send the same bytes again")
}

fn interrupted(why: &str) -> ApiError {
    ApiError::unavailable(why, RETRY_AFTER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(number: usize) -> Dictionary {
        Dictionary::new(number.to_le_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_dictionary_serves_its_tenant_alone() {
        let (known, hash) = (Dictionaries::default(), dictionary(1).hash());
        let (one, other) = (Tenant::default(), Tenant::parse("other").unwrap());
        known.keep(&one, dictionary(1));
        assert!(known.get(&one, hash).is_some());
        assert!(known.get(&other, hash).is_none());
    }

    #[test]
    fn the_one_that_was_not_used_for_the_longest_time_makes_room() {
        let (known, tenant) = (Dictionaries::default(), Tenant::default());
        (0..DICTIONARIES_MAX).for_each(|number| known.keep(&tenant, dictionary(number)));
        let has = |number| known.get(&tenant, dictionary(number).hash()).is_some();
        assert!(has(0), "as many as there may be are kept");
        known.keep(&tenant, dictionary(DICTIONARIES_MAX));
        assert!(has(0) && !has(1) && has(2) && has(DICTIONARIES_MAX));
    }
}
