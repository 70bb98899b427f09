//! An entry of the Log: a batch as it was sent, under the stamp of the intake that took it.
//!
//! ```text
//!   format u8 = 3 | received i64, ns | tenant length u8 | tenant | horizon i64, ns | frame of the batch
//!   format u8 = 2 | received i64, ns | tenant length u8 | tenant | frame of the batch
//! ```
//! Numbers are little-endian. Format 2 is read as one without a horizon. Invariants:
//! - when it came and whose it is stand in the stamp, which is made here; the frame has no say in either;
//! - so does the horizon behind which its collector's batches are not let in any more, so that whoever reads the Log
//!   again decides the same;
//! - an entry of another form is an error that says so. The form before these (received i64 | frame)
//!   can never be misread: where its frame begins, "NLBT", an L would be the length of the tenant, and
//!   no tenant's name is that long.

use bytes::{BufMut, Bytes, BytesMut};
use nilometer_model::{LogPosition, Tenant, Timestamp};
use nilometer_store::Arrival;
use nilometer_wire::{Batch, FrameError};

use crate::admit::admit;

const FORMAT: u8 = 3;
/// Without a horizon.
const FORMAT_BEFORE: u8 = 2;
/// Format, received, length of the tenant.
const PREFIX_BYTES: usize = 1 + 8 + 1;
const HORIZON_BYTES: usize = 8;
/// Everything is let in.
pub(crate) const NO_HORIZON: Timestamp = Timestamp(i64::MIN);
/// How a frame began behind the time in the form before tenants were stamped.
const OLD_FRAME_AT: usize = 8;
const OLD_FRAME: &[u8] = b"NLBT";

/// An entry, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) received: Timestamp,
    pub(crate) tenant: Tenant,
    /// What its collector froze before is not let in, by the collector's clock.
    pub(crate) horizon: Timestamp,
    pub(crate) frame: &'a [u8],
}

/// Why an entry cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryError {
    #[error(
        "an entry from before records had tenants; end the older build in order before this one \
         takes over its data"
    )]
    Old,
    #[error("entry format {0} is not known to this build (it knows {FORMAT})")]
    Format(u8),
    #[error("its stamp is damaged")]
    Stamp,
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl<'a> Entry<'a> {
    pub(crate) fn encode(&self) -> Bytes {
        let tenant = self.tenant.name().as_bytes();
        let mut entry =
            BytesMut::with_capacity(PREFIX_BYTES + tenant.len() + HORIZON_BYTES + self.frame.len());
        entry.put_u8(FORMAT);
        entry.put_i64_le(self.received.0);
        // A tenant's name is far shorter than 256 bytes.
        entry.put_u8(tenant.len() as u8);
        entry.put_slice(tenant);
        entry.put_i64_le(self.horizon.0);
        entry.put_slice(self.frame);
        entry.freeze()
    }

    pub(crate) fn decode(entry: &'a [u8]) -> Result<Self, EntryError> {
        if entry.get(OLD_FRAME_AT..).is_some_and(|rest| rest.starts_with(OLD_FRAME)) {
            return Err(EntryError::Old);
        }
        let (format, rest) = entry.split_first().ok_or(EntryError::Stamp)?;
        if ![FORMAT, FORMAT_BEFORE].contains(format) {
            return Err(EntryError::Format(*format));
        }
        let (received, rest) = rest.split_first_chunk().ok_or(EntryError::Stamp)?;
        let (len, rest) = rest.split_first().ok_or(EntryError::Stamp)?;
        let (name, rest) = rest.split_at_checked(usize::from(*len)).ok_or(EntryError::Stamp)?;
        let name = std::str::from_utf8(name).map_err(|_| EntryError::Stamp)?;
        let tenant = Tenant::parse(name).map_err(|_| EntryError::Stamp)?;
        let (horizon, frame) = match *format {
            FORMAT_BEFORE => (NO_HORIZON, rest),
            _ => {
                let (horizon, frame) = rest.split_first_chunk().ok_or(EntryError::Stamp)?;
                (Timestamp(i64::from_le_bytes(*horizon)), frame)
            }
        };
        Ok(Self { received: Timestamp(i64::from_le_bytes(*received)), tenant, horizon, frame })
    }

    /// What arrives with it; `known` is what its frame says, if somebody has read that already.
    pub(crate) fn arrival(
        self,
        position: LogPosition,
        known: Option<Batch>,
    ) -> Result<Arrival, EntryError> {
        let batch = known.map_or_else(|| nilometer_wire::decode(self.frame), Ok)?;
        let refused = admit(&batch, self.horizon);
        let Self { received, tenant, .. } = self;
        Ok(Arrival { position, received, tenant, batch, refused })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tenant: &str) -> Entry<'static> {
        let tenant = Tenant::parse(tenant).unwrap();
        let (received, horizon) = (Timestamp(1_763_700_000_123_456_789), Timestamp(17));
        Entry { received, tenant, horizon, frame: b"NLBT..." }
    }

    #[test]
    fn what_is_written_is_read_for_the_shortest_and_the_longest_tenant() {
        for tenant in ["a", &"t".repeat(64)] {
            assert_eq!(Entry::decode(&entry(tenant).encode()), Ok(entry(tenant)));
        }
    }

    #[test]
    fn an_entry_of_the_format_before_has_no_horizon() {
        let ours = entry("acme");
        let mut before = ours.encode().to_vec();
        before.drain(PREFIX_BYTES + 4..PREFIX_BYTES + 4 + HORIZON_BYTES);
        before[0] = FORMAT_BEFORE;
        assert_eq!(Entry::decode(&before), Ok(Entry { horizon: NO_HORIZON, ..ours }));
    }

    #[test]
    fn an_entry_of_the_form_before_is_told_from_ours_whatever_its_time() {
        for low in 0..=u8::MAX {
            let mut old = 1_763_700_000_123_456_789_i64.to_le_bytes().to_vec();
            old[0] = low;
            old.extend_from_slice(b"NLBT\x01\0 and the rest of a frame");
            assert_eq!(Entry::decode(&old), Err(EntryError::Old));
        }
    }

    #[test]
    fn an_entry_that_is_cut_or_changed_in_its_stamp_is_an_error() {
        let whole = entry("acme").encode();
        for end in 0..PREFIX_BYTES + 4 + HORIZON_BYTES {
            assert_eq!(Entry::decode(&whole[..end]), Err(EntryError::Stamp), "{end}");
        }
        let mut other = whole.to_vec();
        other[0] = 4;
        assert_eq!(Entry::decode(&other), Err(EntryError::Format(4)));
        let mut blank = whole.to_vec();
        blank[PREFIX_BYTES] = b' ';
        assert_eq!(Entry::decode(&blank), Err(EntryError::Stamp));
    }
}
