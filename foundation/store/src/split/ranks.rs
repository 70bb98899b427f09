//! The origins of all chunks, each once, in their order: what comes first when a split is sorted.
//!
//! Invariant: an origin's tenant decides before all else, so that a split never mixes tenants.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use nilometer_model::Origin;

/// Of an origin that is left out.
pub(crate) const NO_RANK: u32 = u32::MAX;

/// See the file's head.
pub(crate) struct Ranks {
    /// Sorted, each once.
    pub(crate) origins: Vec<Arc<Origin>>,
    /// Per origin: how many tenants come before its own.
    tenants: Vec<u32>,
}

impl Ranks {
    pub(crate) fn new<'a>(chunks: impl Iterator<Item = &'a [Arc<Origin>]>) -> Self {
        // Most chunks have the same ones: to hash them costs less than to sort them all.
        let distinct: HashSet<_> = chunks.flatten().collect();
        let mut origins: Vec<_> = distinct.into_iter().map(Arc::clone).collect();
        origins.sort();
        let mut tenants = Vec::with_capacity(origins.len());
        let mut tenant = 0;
        for (at, origin) in origins.iter().enumerate() {
            tenant += u32::from(at > 0 && origins[at - 1].tenant != origin.tenant);
            tenants.push(tenant);
        }
        Self { origins, tenants }
    }

    /// For each chunk, the rank of each of its origins; [`NO_RANK`] where it is none of these.
    pub(crate) fn of<'a>(&self, chunks: impl Iterator<Item = &'a [Arc<Origin>]>) -> Vec<Vec<u32>> {
        let ranks: HashMap<_, _> = self.origins.iter().zip(0_u32..).collect();
        let rank = |origin: &Arc<Origin>| ranks.get(origin).copied().unwrap_or(NO_RANK);
        chunks.map(|origins| origins.iter().map(rank).collect()).collect()
    }

    pub(crate) fn origin(&self, rank: u32) -> &Arc<Origin> {
        &self.origins[rank as usize]
    }

    /// Whose the origin of that rank is.
    pub(crate) fn tenant(&self, rank: u32) -> u32 {
        self.tenants[rank as usize]
    }
}
