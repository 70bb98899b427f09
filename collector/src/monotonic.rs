//! Time that only passes, for pauses and delays. It is the runtime's, so that a simulation owns it.

use std::time::Instant;

pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
