//! Limits of the wire's formats, with their units. What records may hold stands in
//! [`nilometer_model::limits`].

/// A batch's header once inflated, bytes: 10,000 sources with long names fit.
pub const HEADER_BYTES_MAX: usize = 8 << 20;
/// zstd window that a header may ask for, as a power of two: that of [`HEADER_BYTES_MAX`].
pub const HEADER_WINDOW_LOG_MAX: u32 = 23;
/// A body that somebody posts, once inflated, bytes.
pub const BODY_INFLATED_BYTES_MAX: usize = 64 << 20;
/// A body may inflate to this many bytes, however few were sent; beyond, the ratio counts.
pub const INFLATE_FLOOR_BYTES: usize = 16 << 20;
/// Inflated bytes per byte sent, beyond the floor.
pub const INFLATE_RATIO_MAX: usize = 100;
/// The window that a zstd body may ask us to keep, as a power of two.
pub const BODY_WINDOW_LOG_MAX: u32 = 25;
/// Buffers of inflated bodies that lie ready for the next, and as many decoders.
pub const INFLATERS_SPARE_MAX: usize = 2;
/// Larger buffers and decoders do not lie ready, bytes each.
pub const SPARE_BYTES_MAX: usize = 8 << 20;
/// A dictionary, bytes.
pub const DICTIONARY_BYTES_MAX: usize = 128 << 10;
/// Texts that a dictionary knows by number, bytes.
pub const DICTIONARY_TEXT_BYTES_MAX: usize = 384 << 10;
/// Batches of which a dictionary is made.
pub const DICTIONARY_BATCHES_MAX: usize = 64;
/// Text of the records that one lesson holds, bytes.
pub const LESSON_TEXT_BYTES_MAX: usize = 192 << 10;
/// A batch that travels by a dictionary, with nothing compressed, bytes: larger ones have no use for one.
pub const DICTIONARY_INFLATED_BYTES_MAX: usize = 256 << 10;
