//! How a batch gets to an intake: as it is, or by what small batches have in common.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::PipelineId;
use nilometer_wire::{DICTIONARY_CODING, Dictionary};
use serde::Deserialize;

use super::shared::{Load, Shared};
use crate::desk::Desk;
use crate::http::{NoReply, Reply};
use crate::intakes::{Errand, Intakes};

/// What all attempts go through.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) desk: Arc<Desk>,
    pub(super) intakes: Arc<Intakes>,
    pub(super) shared: Arc<Shared>,
}

impl Way {
    /// Posts a frame, and before it the dictionary that the intake lacks.
    pub(super) async fn post(&self, errand: &Errand, frame: Bytes) -> Result<Reply, NoReply> {
        if let Some(dictionary) = self.shared.offered() {
            self.offer(errand, &dictionary).await;
        }
        let (shared, whole) = (Arc::clone(&self.shared), frame.clone());
        let load = self.desk.aside(move || shared.load(whole)).await;
        let Some(Load { body, dictionary: Some(dictionary) }) = load else {
            return self.intakes.send(errand, None, frame).await;
        };
        let reply = self.intakes.send(errand, Some(DICTIONARY_CODING), body).await?;
        if !is_unknown_there(&reply) {
            return Ok(reply);
        }
        self.offer(errand, &dictionary).await;
        self.intakes.send(errand, None, frame).await
    }

    /// Offers what was added to a dictionary, and if the intake has not the one that it was added to, all of it.
    async fn offer(&self, errand: &Errand, dictionary: &Arc<Dictionary>) {
        let mut reply = self.intakes.send_dictionary(errand, dictionary.offer().into()).await;
        if reply.as_ref().is_ok_and(is_unknown_there) {
            let whole = dictionary.offer_whole().into();
            reply = self.intakes.send_dictionary(errand, whole).await;
        }
        // An intake that cannot be reached is told another time.
        if let Ok(reply) = reply
            && (reply.status == 200 || speaks_for_a_pipeline(&reply) || reply.status == 404)
        {
            self.shared.answered(dictionary, is_known_there(&reply, dictionary));
        }
    }
}

/// The intake has the very dictionary: one that takes it as it came would know it by another name.
fn is_known_there(reply: &Reply, dictionary: &Dictionary) -> bool {
    #[derive(Deserialize)]
    struct Known {
        dictionary: String,
    }
    let known = serde_json::from_slice::<Known>(&reply.body);
    reply.status == 200
        && known.is_ok_and(|known| known.dictionary == dictionary.hash().to_string())
}

/// The intake says, as ours does, that it does not know the dictionary.
fn is_unknown_there(reply: &Reply) -> bool {
    reply.status == 404 && speaks_for_a_pipeline(reply)
}

fn speaks_for_a_pipeline(reply: &Reply) -> bool {
    #[derive(Deserialize)]
    struct Speaker {
        #[serde(rename = "pipeline")]
        _pipeline: PipelineId,
    }
    serde_json::from_slice::<Speaker>(&reply.body).is_ok()
}
