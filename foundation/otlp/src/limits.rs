//! Limits of one request, with their units. What a span or record may hold stands in
//! [`nilometer_model::limits`].

/// A request's body once inflated, bytes; a trace of 100,000 spans in JSON fits.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Spans, log records or samples that one request brings.
pub const ITEMS_PER_REQUEST_MAX: usize = 262_144;
/// Resources that one request may name.
pub const RESOURCES_PER_REQUEST_MAX: usize = 10_000;
/// One item, resource or scope as sent, bytes. Read, an empty attribute takes forty times what it took before.
pub const ITEM_BYTES_MAX: usize = 4 << 20;
/// Text of all that one request brings, bytes: a resource's attributes count with each of its items, which
/// is how a small request could become a huge one. What is written in vain counts too.
pub const TEXT_BYTES_PER_REQUEST_MAX: usize = 128 << 20;
/// Deepest nesting of one value. Both encodings can carry this much: their own parsers stop a little later.
pub const VALUE_DEPTH_MAX: usize = 32;
/// Buckets or quantiles of one data point.
pub const BUCKETS_PER_POINT_MAX: usize = 1_000;
/// Rejected items of which an answer names the reason; the others are counted.
pub const REJECTED_LISTED_MAX: usize = 1_000;
/// Reasons that a partial success spells out.
pub const REASONS_ANSWERED_MAX: usize = 8;
