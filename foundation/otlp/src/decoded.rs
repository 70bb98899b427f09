//! What came out of a request, and what did not.

use nilometer_model::Items;

use crate::limits::REJECTED_LISTED_MAX;

/// What a request brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Its log records, spans, and data points as samples.
    pub items: Items,
    /// The first items that were rejected, and why.
    pub rejected: Vec<Rejected>,
    /// How many items were rejected; of metrics: data points, or whole metrics that could not be read.
    pub rejected_count: usize,
}

impl Decoded {
    pub(crate) fn reject(&mut self, index: usize, reason: RejectReason) {
        self.rejected_count += 1;
        if self.rejected.len() < REJECTED_LISTED_MAX {
            self.rejected.push(Rejected { index, reason });
        }
    }
}

/// An item that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which of the request's items, from 0, over all its resources and scopes.
    pub index: usize,
    /// Why.
    pub reason: RejectReason,
}

/// Why an item was not taken, for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Its bytes are not such an item.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// An id of the wrong length, or all zero.
    #[error("{field} has {bytes} bytes that are not all zero, want {want}")]
    BadId {
        /// Which id.
        field: &'static str,
        /// How many bytes it has; 0 when they are all zero.
        bytes: usize,
        /// How many it must have.
        want: usize,
    },
    /// A time that no clock shows.
    #[error("{0} is no time between 1970 and 2262")]
    BadTime(&'static str),
    /// A value above its limit.
    #[error("{what}: {size} {unit}, at most {limit} are taken")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How much there is.
        size: usize,
        /// Of what.
        unit: &'static str,
        /// How much may be.
        limit: usize,
    },
    /// The request as a whole brings too much; what came before is taken.
    #[error("the request brings more than {limit} {unit}; send smaller requests")]
    RequestTooLarge {
        /// How much it may bring.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// The resource or scope it belongs to could not be taken.
    #[error("its resource or scope: {0}")]
    Surroundings(Box<RejectReason>),
}

impl RejectReason {
    /// The reason in one word, to count by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::BadId { .. } => "bad_id",
            Self::BadTime(_) => "bad_time",
            Self::TooLarge { .. } => "too_large",
            Self::RequestTooLarge { .. } => "request_too_large",
            Self::Surroundings(reason) => reason.name(),
        }
    }
}

/// That `size` is within `limit`.
pub(crate) fn within(
    what: &str,
    size: usize,
    unit: &'static str,
    limit: usize,
) -> Result<(), RejectReason> {
    if size > limit {
        return Err(RejectReason::TooLarge { what: what.to_owned(), size, unit, limit });
    }
    Ok(())
}
