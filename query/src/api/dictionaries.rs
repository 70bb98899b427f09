//! The dictionaries by which collectors tell small batches on their way (`nilometer-told`).
//!
//! ```text
//!   POST /dictionaries  name of an earlier one, what was added   ──> kept in memory, by tenant and name
//!   POST /batches       name, checksum, told                     ──> made a frame here
//!                       404 when the name is not known: send it (again)
//! ```
//! Invariants:
//! - the empty one is known to everybody;
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

/// Keeps a collector's dictionary for the batches that it tells by it.
#[utoipa::path(post, path = "/api/v1/dictionaries", tag = "intake",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Known until the process ends: {pipeline, dictionary}",
            body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn dictionaries(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let offer = body::read(body, DICTIONARY_BYTES_MAX).await?;
    let (base, _) = dictionary_of(&offer).ok_or_else(|| damaged("it names no dictionary"))?;
    let known = known(&api, &caller.tenant, base, "body")?;
    let make = move || {
        let (_, added) = dictionary_of(&offer).unwrap_or((base, &[]));
        known.extended(added)
    };
    let made = tokio::task::spawn_blocking(make).await;
    let dictionary = match made.map_err(|_| interrupted("the dictionary was dropped"))? {
        Ok(dictionary) => dictionary,
        Err(error @ InflateError::TooLarge { .. }) => {
            let too_large = ApiError::too_large(error.to_string(), "send batches without one");
            return Err(too_large.about("body"));
        }
        Err(InflateError::Damaged(why)) => return Err(damaged(&why)),
    };
    let hash = dictionary.hash();
    if hash != base {
        api.dictionaries.keep(&caller.tenant, dictionary);
    }
    Ok(Json(json!({ "pipeline": api.store.pipeline(), "dictionary": hash.to_string() })))
}

/// Those that are known; the one that was not used for the longest time goes first.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    /// The one used last stands last. Held for a look only.
    known: Mutex<VecDeque<(Tenant, Arc<Dictionary>)>>,
    empty: Arc<Dictionary>,
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
        if hash == self.empty.hash() {
            return Some(Arc::clone(&self.empty));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().rposition(|(owner, kept)| owner == tenant && kept.hash() == hash)?;
        let used = known.remove(at)?;
        let dictionary = Arc::clone(&used.1);
        known.push_back(used);
        Some(dictionary)
    }
}

/// The dictionary of that name; a collector that hears that it is not known sends it.
fn known(
    api: &Api,
    tenant: &Tenant,
    name: DictionaryHash,
    field: &str,
) -> Result<Arc<Dictionary>, ApiError> {
    api.dictionaries.get(tenant, name).ok_or_else(|| {
        let hint = "POST it to /api/v1/dictionaries, then the batch again";
        let error = ApiError::not_found(format!("dictionary {name} is not known here"), hint);
        error.about(field).verdict_of(api.store.pipeline())
    })
}

/// Which collectors of earlier builds go on with until an intake says that it does not know their dictionary.
const EARLIER_CODING: &[u8] = b"dcz";

/// The frame that a body says, whether it was told by a dictionary or is one.
pub(crate) async fn frame_of(
    api: &Api,
    tenant: &Tenant,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Bytes, ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(|coding| coding.as_bytes()) {
        None | Some(b"identity") => return Ok(body),
        Some(coding) if coding == DICTIONARY_CODING.as_bytes() => {}
        Some(coding) if coding == EARLIER_CODING => {
            let error = ApiError::not_found("batches in dcz are read no more", "send it as it is");
            return Err(error.about("Content-Encoding").verdict_of(api.store.pipeline()));
        }
        Some(coding) => {
            let message = format!("the batch is encoded as '{}'", String::from_utf8_lossy(coding));
            return Err(ApiError::bad_request(
                "Content-Encoding",
                message,
                "nilometer-told, or nothing",
            ));
        }
    }
    let (name, _) = dictionary_of(&body).ok_or_else(|| damaged("it names no dictionary"))?;
    let dictionary = known(api, tenant, name, "Content-Encoding")?;
    let inflated = tokio::task::spawn_blocking(move || dictionary.inflate(&body)).await;
    match inflated.map_err(|_| interrupted("reading it was interrupted"))? {
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
    use std::sync::LazyLock;

    use nilometer_model::Items;
    use nilometer_wire::{BatchHeader, encode};

    use super::*;

    static EMPTY: LazyLock<Dictionary> = LazyLock::new(Dictionary::default);

    fn dictionary(number: usize) -> Dictionary {
        let shard_map = u32::try_from(number).unwrap();
        let header = BatchHeader { shard_map, ..BatchHeader::default() };
        EMPTY.taught(&[encode(&header, &Items::default()).unwrap()]).unwrap()
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
