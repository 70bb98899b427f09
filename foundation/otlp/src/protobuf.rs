//! The walk through binary protobuf, item by item, so that one bad item does not spoil the others.
//!
//! Requests of all three signals are built alike:
//! ```text
//!   request   1: resource-items*       resource-items  1: resource  2: scope-items*
//!                                      scope-items     1: scope     2: item*
//! ```
//! Other fields are passed over. Nothing is copied: pieces are slices of the body.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::reader::{Raw, Reader};

/// The resource of resource-items, the scope of scope-items.
const HEAD: u32 = 1;
/// What a request consists of.
const RESOURCE_ITEMS: u32 = 1;
/// What is below a resource or scope.
const BELOW: u32 = 2;

/// Walks through a request; the error says why it has no readable structure.
pub(crate) fn walk(body: &[u8], reader: &mut Reader<'_>) -> Result<(), String> {
    each(body, RESOURCE_ITEMS, |resource_items| {
        reader.resource(last(resource_items, HEAD)?);
        each(resource_items, BELOW, |scope_items| {
            reader.scope(last(scope_items, HEAD)?);
            each(scope_items, BELOW, |item| {
                reader.item(Raw::Protobuf(item));
                Ok(())
            })
        })
    })
}

/// The message under `tag`, if any. Its sender wrote it in one piece; of several the last counts.
fn last(message: &[u8], tag: u32) -> Result<Option<Raw<'_>>, String> {
    let mut found = None;
    each(message, tag, |bytes| {
        found = Some(Raw::Protobuf(bytes));
        Ok(())
    })?;
    Ok(found)
}

/// Calls `take` with the bytes of every field under `tag`.
fn each<'a>(
    mut message: &'a [u8],
    tag: u32,
    mut take: impl FnMut(&'a [u8]) -> Result<(), String>,
) -> Result<(), String> {
    while message.has_remaining() {
        let (found, wire_type) = decode_key(&mut message).map_err(|error| error.to_string())?;
        if found != tag || wire_type != WireType::LengthDelimited {
            skip_field(wire_type, found, &mut message, DecodeContext::default())
                .map_err(|error| error.to_string())?;
            continue;
        }
        let length = decode_varint(&mut message).map_err(|error| error.to_string())?;
        let cut = usize::try_from(length).ok().and_then(|length| message.split_at_checked(length));
        let (bytes, rest) = cut.ok_or("it ends in the middle of a field")?;
        message = rest;
        take(bytes)?;
    }
    Ok(())
}
