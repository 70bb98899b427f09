//! Limits of the wire's formats, with their units. What records may hold stands in
//! [`nilometer_model::limits`].

/// A batch's header once inflated, bytes: 10,000 sources with long names fit.
pub const HEADER_BYTES_MAX: usize = 8 << 20;
/// zstd window that a header may ask for, as a power of two: that of [`HEADER_BYTES_MAX`].
pub const HEADER_WINDOW_LOG_MAX: u32 = 23;
