//! A block with none of its frames compressed, for whoever compresses it whole, with a dictionary.
//!
//! Invariant: it is the same block: the same rows, under checksums, for the same decoders.

use crate::decode::BlockError;
use crate::frames::uncompressed as of;
use crate::{dense, layout, samples, spans};

/// The block as it would be if nothing had become shorter by compressing it.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged block of any kind within
/// [`limits`](crate::limits).
pub fn uncompressed(bytes: &[u8]) -> Result<Vec<u8>, BlockError> {
    match dense::uncompressed(bytes) {
        Err(BlockError::NotABlock) => {}
        records => return records,
    }
    match of(bytes, &layout::FORMAT) {
        Err(BlockError::NotABlock) => {}
        records => return records,
    }
    match of(bytes, &spans::FORMAT) {
        Err(BlockError::NotABlock) => of(bytes, &samples::FORMAT),
        spans => spans,
    }
}
