//! All rules that there are: ours, those of files, those that came by the API.
//!
//! ```text
//!   default  <  file  <  API         of one id, the last one counts
//! ```
//! Invariants:
//! - a rule that is in the book can be evaluated: its queries were understood;
//! - rules of files and the default ones belong to the default tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_alert::{FieldError, Rule, RuleId};
use nilometer_model::Tenant;
use serde::Serialize;

use super::question::Questions;

/// Whose rule, and which.
pub(crate) type Key = (Tenant, RuleId);

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Default,
    File,
    Api,
}

/// A rule, and what of it is evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) rule: Rule,
    pub(crate) place: Place,
    pub(crate) meant: Vec<Arc<Questions>>,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Rulebook(BTreeMap<Key, BTreeMap<Place, Kept>>);

impl Kept {
    pub(crate) fn of(tenant: &Tenant, rule: Rule, place: Place) -> Result<Self, FieldError> {
        let meant = rule.meant().into_iter();
        let meant = meant.map(|rule| Questions::of(tenant, rule).map(Arc::new));
        Ok(Self { meant: meant.collect::<Result<_, _>>()?, rule, place })
    }
}

impl Rulebook {
    /// The one that counts of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Kept)> {
        self.0.iter().filter_map(|(key, places)| Some((key, places.values().next_back()?)))
    }

    pub(crate) fn of(&self, tenant: &Tenant) -> impl Iterator<Item = &Kept> {
        self.iter().filter(move |((owner, _), _)| owner == tenant).map(|(_, kept)| kept)
    }

    /// Whose rules there are.
    pub(crate) fn tenants(&self) -> BTreeSet<Tenant> {
        self.0.keys().map(|(owner, _)| owner.clone()).collect()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Kept> {
        self.0.get(key)?.values().next_back()
    }

    /// How many the tenant has that came by the API.
    pub(crate) fn own_count(&self, tenant: &Tenant) -> usize {
        self.of(tenant).filter(|kept| kept.place == Place::Api).count()
    }

    pub(crate) fn put(&mut self, tenant: &Tenant, kept: Kept) {
        let key = (tenant.clone(), kept.rule.id.clone());
        self.0.entry(key).or_default().insert(kept.place, kept);
    }

    pub(crate) fn remove(&mut self, key: &Key, place: Place) {
        if let Some(places) = self.0.get_mut(key) {
            places.remove(&place);
        }
        self.0.retain(|_, places| !places.is_empty());
    }

    /// Makes these all the rules of a place.
    pub(crate) fn replace(&mut self, place: Place, all: Vec<Kept>) {
        for places in self.0.values_mut() {
            places.remove(&place);
        }
        self.0.retain(|_, places| !places.is_empty());
        all.into_iter().for_each(|kept| self.put(&Tenant::default(), kept));
    }
}
