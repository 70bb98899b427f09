//! The rows of stored blocks that a filter was found to fit, so that they are not looked for again: a chart, its
//! list and its facets ask the same of the same blocks, and a part of a range what the whole was asked.
//!
//! ```text
//!   (tenant, query) -> Found: (split, block) -> rows that fit
//! ```
//! Invariants:
//! - a block never changes, and a query of a tenant always means the same, but one that asks for patterns, of which
//!   nothing is noted: what was found would be found again;
//! - only what was asked of whole blocks is noted, and only of filters that read texts: to ask for other columns
//!   costs as little as to remember;
//! - of too many queries the one not asked for the longest goes; one that has noted too much begins anew.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nilometer_block::Columns;
use nilometer_model::Tenant;
use nilometer_store::SplitId;
use nilometer_store::records::RowSet;

use super::Filter;
use crate::language::SyntaxError;
use crate::limits::{FILTER_CACHE_BYTES, FILTERS_CACHED};

/// A block of a split.
pub(crate) type BlockId = (SplitId, u32);

/// What a block's entry takes besides its rows, bytes.
const ENTRY_BYTES: usize = 96;

/// The columns that it pays to read only once.
const TEXTS: Columns = Columns::MESSAGE.with(Columns::ATTRIBUTES);

/// See the file's head. The lock is held for a look or a note only.
#[derive(Debug, Default)]
pub(crate) struct FilterCache(Mutex<VecDeque<Query>>);

/// The latest ones are at the front.
#[derive(Debug)]
struct Query {
    tenant: Tenant,
    text: String,
    found: Arc<Found>,
}

impl FilterCache {
    /// The filter of a query, with what it has found before.
    ///
    /// # Errors
    /// [`SyntaxError`], with the column.
    pub(crate) fn filter(&self, tenant: &Tenant, text: &str) -> Result<Filter, SyntaxError> {
        let mut filter: Filter = Filter::parse(tenant, text)?;
        if !filter.columns().among(TEXTS).is_none() && !filter.asks_patterns() {
            filter.found = Some(self.found(tenant, text));
        }
        Ok(filter)
    }

    fn found(&self, tenant: &Tenant, text: &str) -> Arc<Found> {
        let mut queries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = queries.iter().position(|query| query.tenant == *tenant && query.text == text);
        let query = known.and_then(|at| queries.remove(at)).unwrap_or_else(|| Query {
            tenant: tenant.clone(),
            text: text.to_owned(),
            found: Arc::default(),
        });
        let found = Arc::clone(&query.found);
        queries.push_front(query);
        queries.truncate(FILTERS_CACHED);
        found
    }
}

/// The rows that fit one filter, block by block.
#[derive(Debug, Default)]
pub(super) struct Found(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    blocks: HashMap<BlockId, Arc<RowSet>>,
    bytes: usize,
}

impl Found {
    pub(super) fn get(&self, block: BlockId) -> Option<Arc<RowSet>> {
        self.lock().blocks.get(&block).map(Arc::clone)
    }

    pub(super) fn note(&self, block: BlockId, fits: &RowSet) {
        let bytes = fits.memory_bytes() + ENTRY_BYTES;
        let mut noted = self.lock();
        if noted.blocks.contains_key(&block) {
            return;
        }
        if noted.bytes + bytes > FILTER_CACHE_BYTES {
            *noted = Noted::default();
        }
        noted.bytes += bytes;
        noted.blocks.insert(block, Arc::new(fits.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cache: &FilterCache, tenant: &str, text: &str) -> Option<Arc<Found>> {
        cache.filter(&Tenant::parse(tenant).unwrap(), text).unwrap().found
    }

    fn same(one: &Option<Arc<Found>>, other: &Option<Arc<Found>>) -> bool {
        one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }

    #[test]
    fn what_a_query_found_is_its_tenants_and_its_own() {
        let cache = FilterCache::default();
        let first = found(&cache, "acme", "reset");
        assert!(same(&first, &found(&cache, "acme", "reset")));
        assert!(!same(&first, &found(&cache, "acme", "reset peer")));
        assert!(!same(&first, &found(&cache, "globex", "reset")));
    }

    #[test]
    fn filters_that_read_no_text_remember_nothing() {
        let cache = FilterCache::default();
        for (text, remembers) in [
            ("", false),
            ("severity:error component:a", false),
            ("pattern:a", false),
            ("reset", true),
            ("-id:7", true),
        ] {
            assert_eq!(found(&cache, "acme", text).is_some(), remembers, "{text}");
        }
    }

    #[test]
    fn of_too_many_queries_the_one_not_asked_for_the_longest_is_forgotten() {
        for (others, kept) in [(FILTERS_CACHED - 1, true), (FILTERS_CACHED, false)] {
            let cache = FilterCache::default();
            let first = found(&cache, "acme", "reset");
            for other in 0..others {
                found(&cache, "acme", &format!("word{other}"));
            }
            assert_eq!(same(&first, &found(&cache, "acme", "reset")), kept, "{others}");
        }
    }

    #[test]
    fn a_filter_that_has_noted_too_much_begins_anew() {
        let fits = RowSet::none((FILTER_CACHE_BYTES / 2 - ENTRY_BYTES) * 8);
        let found = Found::default();
        let block = |number| (SplitId::default(), number);
        for number in [0, 1, 1] {
            found.note(block(number), &fits);
        }
        assert!(found.get(block(0)).is_some() && found.get(block(1)).is_some());
        found.note(block(2), &RowSet::none(1));
        assert!(found.get(block(0)).is_none() && found.get(block(2)).is_some());
    }
}
