//! The origins of all chunks, each once, in their order: what comes first when a split is sorted.
//!
//! Invariant: an origin's tenant decides before all else, so that a split never mixes tenants.

use std::collections::HashMap;
use std::sync::Arc;

use nilometer_model::Origin;

/// See the file's head.
pub(super) struct Ranks {
    /// Sorted, each once.
    pub(super) origins: Vec<Arc<Origin>>,
    /// Per origin: how many tenants come before its own.
    tenants: Vec<u32>,
}

impl Ranks {
    pub(super) fn new<'a>(chunks: impl Iterator<Item = &'a [Arc<Origin>]>) -> Self {
        let mut origins: Vec<_> = chunks.flatten().map(Arc::clone).collect();
        origins.sort();
        origins.dedup();
        let mut tenants = Vec::with_capacity(origins.len());
        let mut tenant = 0;
        for (at, origin) in origins.iter().enumerate() {
            tenant += u32::from(at > 0 && origins[at - 1].tenant != origin.tenant);
            tenants.push(tenant);
        }
        Self { origins, tenants }
    }

    /// For each chunk, the rank of each of its origins.
    pub(super) fn of<'a>(&self, chunks: impl Iterator<Item = &'a [Arc<Origin>]>) -> Vec<Vec<u32>> {
        let ranks: HashMap<_, _> = self.origins.iter().zip(0_u32..).collect();
        chunks.map(|origins| origins.iter().map(|origin| ranks[origin]).collect()).collect()
    }

    pub(super) fn origin(&self, rank: u32) -> &Arc<Origin> {
        &self.origins[rank as usize]
    }

    /// Whose the origin of that rank is.
    pub(super) fn tenant(&self, rank: u32) -> u32 {
        self.tenants[rank as usize]
    }
}
