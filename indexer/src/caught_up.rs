//! When a process sees what the one before it took in.

use nilometer_journal::{Log, LogError};
use nilometer_store::Store;

use crate::index::SHARD;

/// Returns once the index has what was in the Log when this was called, as far as it can be read.
///
/// # Errors
/// When the Log cannot be read.
pub async fn caught_up(log: &dyn Log, store: &Store) -> Result<(), LogError> {
    let last = log.last(SHARD).await?;
    loop {
        let arrived = store.arrived();
        // Where the Log ends in damage there is nothing to wait for.
        let next = log.read(SHARD, arrived, 1).await?.first().map(|(position, _)| *position);
        match next {
            Some(next) if arrived < last => store.until_visible(next).await,
            _ => return Ok(()),
        }
    }
}
