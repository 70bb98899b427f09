//! Takes in what a walk finds: a resource, its scopes, their items, in that order.
//!
//! Invariants:
//! - every item either stands in [`Decoded`] or is rejected there, under its own index;
//! - what could not be read of a resource or scope rejects its items, and no others;
//! - text is counted before it is written, and once there is too much nothing is read any more, so that the
//!   work is bounded too.

use std::collections::HashSet;
use std::sync::Arc;

use nilometer_model::{Origin, Timestamp};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use serde_json::value::RawValue;

use crate::attributes::{Member, Object};
use crate::decoded::{Decoded, RejectReason, within};
use crate::json::{Read, Wrapped};
use crate::limits::{
    ITEM_BYTES_MAX, ITEMS_PER_REQUEST_MAX, RESOURCES_PER_REQUEST_MAX, TEXT_BYTES_PER_REQUEST_MAX,
};
use crate::{Context, Signal, logs, metrics, resource, spans};

/// A message that has not been looked into.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'a> {
    Protobuf(&'a [u8]),
    Json(&'a RawValue),
}

impl Raw<'_> {
    pub(crate) fn read<T: Message + Default + Read>(self) -> Result<T, RejectReason> {
        within("it", self.bytes() as usize, "bytes", ITEM_BYTES_MAX)?;
        match self {
            Self::Protobuf(bytes) => {
                T::decode(bytes).map_err(|error| RejectReason::Unreadable(error.to_string()))
            }
            Self::Json(json) => serde_json::from_str::<Wrapped<T>>(json.get())
                .map(|message| message.0)
                .map_err(|error| RejectReason::Unreadable(error.to_string())),
        }
    }

    /// As it was sent.
    pub(crate) fn bytes(self) -> u32 {
        let bytes = match self {
            Self::Protobuf(bytes) => bytes.len(),
            Self::Json(json) => json.get().len(),
        };
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

pub(crate) struct Reader<'c> {
    pub(crate) decoded: Decoded,
    pub(crate) context: Context<'c>,
    signal: Signal,
    /// Index of the next item.
    index: usize,
    resources: usize,
    /// Text written so far, bytes.
    text_bytes: usize,
    /// Why nothing more is taken.
    full: Option<RejectReason>,
    /// One of each, so that equal resources share theirs.
    origins: HashSet<Arc<Origin>>,
    /// Whose items come now.
    surroundings: Surroundings,
}

/// What an item does not say itself.
struct Surroundings {
    resource: Result<(Arc<Origin>, Vec<Member>), RejectReason>,
    scope: Result<Vec<Member>, RejectReason>,
}

impl<'c> Reader<'c> {
    pub(crate) fn new(signal: Signal, context: Context<'c>) -> Self {
        let nobody = Ok((Arc::default(), Vec::new()));
        Self {
            decoded: Decoded::default(),
            context,
            signal,
            index: 0,
            resources: 0,
            text_bytes: 0,
            full: None,
            origins: HashSet::new(),
            surroundings: Surroundings { resource: nobody, scope: Ok(Vec::new()) },
        }
    }

    /// The items that follow are of this resource, or of one without a name.
    pub(crate) fn resource(&mut self, raw: Option<Raw<'_>>) {
        self.resources += 1;
        self.surroundings.resource = self.read_resource(raw).map_err(surrounding);
    }

    fn read_resource(
        &mut self,
        raw: Option<Raw<'_>>,
    ) -> Result<(Arc<Origin>, Vec<Member>), RejectReason> {
        if self.resources > RESOURCES_PER_REQUEST_MAX {
            let limit = RESOURCES_PER_REQUEST_MAX;
            return Err(RejectReason::RequestTooLarge { limit, unit: "resources" });
        }
        let resource: Resource = raw.map_or_else(|| Ok(Resource::default()), Raw::read)?;
        let origin = Arc::new(resource::origin(&resource, self.context)?);
        let origin = match self.origins.get(&origin) {
            Some(known) => Arc::clone(known),
            None => origin,
        };
        self.origins.insert(Arc::clone(&origin));
        Ok((origin, resource::members(&resource.attributes)?))
    }

    /// The items that follow are of this scope, or of one without a name.
    pub(crate) fn scope(&mut self, raw: Option<Raw<'_>>) {
        let scope = raw.map_or_else(|| Ok(InstrumentationScope::default()), Raw::read);
        let members = scope.and_then(|scope| resource::scope_members(&scope));
        self.surroundings.scope = members.map_err(surrounding);
    }

    /// Takes one item in, or rejects it.
    pub(crate) fn item(&mut self, raw: Raw<'_>) {
        if let Some(reason) = &self.full {
            let reason = reason.clone();
            return self.settle(Err(reason));
        }
        let taken = match self.signal {
            Signal::Logs => logs::take(self, raw),
            Signal::Traces => spans::take(self, raw),
            Signal::Metrics => return metrics::take(self, raw),
        };
        self.settle(taken);
    }

    /// Goes on to the next item, after this one was taken or could not be.
    pub(crate) fn settle(&mut self, taken: Result<(), RejectReason>) {
        if let Err(reason) = taken {
            self.decoded.reject(self.index, reason);
        }
        self.index += 1;
    }

    /// Who sent the items that come now.
    pub(crate) fn origin(&self) -> Result<Arc<Origin>, RejectReason> {
        match &self.surroundings.resource {
            Ok((origin, _)) => Ok(Arc::clone(origin)),
            Err(reason) => Err(reason.clone()),
        }
    }

    /// An item's attributes with those of its scope and resource that it does not have itself.
    pub(crate) fn merged<'a>(&'a mut self, mut object: Object<'a>) -> Result<String, RejectReason> {
        let bytes = |members: &[Member]| members.iter().map(Member::bytes).sum::<usize>();
        let Surroundings { resource, scope } = &self.surroundings;
        let around = [resource.as_ref().map(|(_, members)| members), scope.as_ref()];
        let around = around.into_iter().flatten().map(|members| bytes(members)).sum::<usize>();
        self.charge(object.bytes() + around)?;
        let Surroundings { resource, scope } = &self.surroundings;
        object.members(scope.as_ref().map_err(Clone::clone)?);
        object.members(&resource.as_ref().map_err(Clone::clone)?.1);
        object.finish()
    }

    /// That so many more items, with so much text beside their attributes, may be taken.
    pub(crate) fn admit(&mut self, items: usize, text_bytes: usize) -> Result<(), RejectReason> {
        if self.decoded.items.len() + items > ITEMS_PER_REQUEST_MAX {
            return Err(self.full(ITEMS_PER_REQUEST_MAX, "items"));
        }
        self.charge(text_bytes)
    }

    /// That so much more text may be written.
    fn charge(&mut self, text_bytes: usize) -> Result<(), RejectReason> {
        self.text_bytes += text_bytes;
        if self.text_bytes > TEXT_BYTES_PER_REQUEST_MAX {
            return Err(self.full(TEXT_BYTES_PER_REQUEST_MAX, "bytes of text"));
        }
        Ok(())
    }

    fn full(&mut self, limit: usize, unit: &'static str) -> RejectReason {
        self.full.insert(RejectReason::RequestTooLarge { limit, unit }).clone()
    }

    /// An item's time: as sent, or when the request came if it was not.
    pub(crate) fn time(&self, field: &'static str, ns: u64) -> Result<Timestamp, RejectReason> {
        match ns {
            0 => Ok(self.context.now),
            ns => timestamp(field, ns),
        }
    }
}

/// A time as it was sent.
pub(crate) fn timestamp(field: &'static str, ns: u64) -> Result<Timestamp, RejectReason> {
    i64::try_from(ns).map(Timestamp).map_err(|_| RejectReason::BadTime(field))
}

/// An id of exactly `N` bytes; `None` when it is empty or all zero.
pub(crate) fn id<const N: usize>(
    field: &'static str,
    bytes: &[u8],
) -> Result<Option<[u8; N]>, RejectReason> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match <[u8; N]>::try_from(bytes) {
        Ok(id) => Ok((id != [0; N]).then_some(id)),
        Err(_) => Err(RejectReason::BadId { field, bytes: bytes.len(), want: N }),
    }
}

fn surrounding(reason: RejectReason) -> RejectReason {
    RejectReason::Surroundings(Box::new(reason))
}
