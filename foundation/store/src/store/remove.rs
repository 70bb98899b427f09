//! Splits that are not kept any longer: whole objects go, counted by source in the commit that removes them.
//!
//! ```text
//!   candidates, pins ──> which of them no pin holds ──> under one turn: still there, pins as they were ──> one commit
//!                              (indexes are read)                          │ else: the next look
//! ```
//! Invariants:
//! - what a pin holds stays, also one that is made while the look is under way;
//! - a look commits under one turn, so that nothing is removed that a merge has taken over.

use std::collections::btree_map::Values;
use std::sync::{Arc, PoisonError};

use nilometer_model::{Tenant, Timestamp};

use super::{Documents, Opened, Store, StoreError};
use crate::commit::Commit;
use crate::eviction;
use crate::forecast::{Outlook, Stock};
use crate::pins::{Held, PINS, Pin, PinError, Pins, TenantPins};
use crate::removal::{Gone, Removal, booked};
use crate::retention::Retention;
use crate::split::{SplitId, SplitMeta};

impl Store {
    /// Removes the splits whose every row was kept for as long as `retention` says; their objects go once no snapshot
    /// reads them any more.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn expire(&self, retention: &Retention, now: Timestamp) -> Result<Gone, StoreError> {
        let (over, pins) = self.seen(|splits| {
            let over = splits.filter(|split| retention.is_over(split, now));
            over.map(|split| split.id).collect::<Vec<_>>()
        });
        let mut gone = Vec::new();
        for id in over {
            if !self.is_held(id, &pins).await {
                gone.push(id);
            }
        }
        self.remove(Removal::Retention, (&gone, &pins), now).await
    }

    /// Removes as many splits as are too many for the budget, what matters least before all else; their objects go
    /// once no snapshot reads them any more.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn evict(&self, budget_bytes: u64, now: Timestamp) -> Result<Gone, StoreError> {
        let (mut order, pins) = self.seen(|splits| {
            let order = splits.map(|split| (eviction::turn(split, now), split.id, split.bytes));
            order.collect::<Vec<_>>()
        });
        let mut left_bytes: u64 = order.iter().map(|(.., bytes)| bytes).sum();
        if left_bytes <= budget_bytes {
            return Ok(Gone::default());
        }
        order.sort();
        let mut gone = Vec::new();
        for (_, id, bytes) in order {
            if left_bytes <= budget_bytes {
                break;
            }
            if !self.is_held(id, &pins).await {
                left_bytes -= bytes;
                gone.push(id);
            }
        }
        self.remove(Removal::DiskBudget, (&gone, &pins), now).await
    }

    /// What is seen of all splits, and the pins that there are then.
    fn seen<T>(&self, look: impl FnOnce(Values<'_, SplitId, SplitMeta>) -> T) -> (T, Pins) {
        let inner = self.inner();
        (look(inner.state.splits.values()), Pins::of(&inner.state.documents))
    }

    /// Whether a pin holds the split; so it is, too, when that cannot be told.
    async fn is_held(&self, id: SplitId, pins: &Pins) -> bool {
        let (held, opened) = {
            let inner = self.inner();
            let Some(split) = inner.state.splits.get(&id) else { return true };
            (pins.hold(split), inner.record_splits.get(&id).map(Arc::clone))
        };
        match (held, opened) {
            (Held::No, _) => false,
            (Held::Yes, _) | (Held::If(_), None) => true,
            (held, Some(records)) => {
                let Ok(index) = records.index().await else { return true };
                index.streams().map_or(true, |all| all.iter().any(|origin| held.by(origin)))
            }
        }
    }

    async fn remove(
        &self,
        why: Removal,
        (gone, pins): (&[SplitId], &Pins),
        now: Timestamp,
    ) -> Result<Gone, StoreError> {
        if gone.is_empty() {
            return Ok(Gone::default());
        }
        let _committing = self.committing.lock().await;
        let (splits, removed) = {
            let inner = self.inner();
            if Pins::of(&inner.state.documents) != *pins {
                return Ok(Gone::default());
            }
            let there = gone.iter().filter_map(|id| inner.state.splits.get(id));
            let splits: Vec<SplitMeta> = there.cloned().collect();
            let removed = booked(&splits, why, &inner.state);
            (splits, removed)
        };
        if splits.is_empty() {
            return Ok(Gone::default());
        }
        let remove = splits.iter().map(|split| split.id).collect();
        let commit = Commit { time: now, remove, removed, ..Commit::default() };
        let (revision, span_splits) = self.make_true(&commit, &Opened::default()).await?;
        self.inner().swap(revision, &commit, Opened::default(), span_splits);
        Ok(Gone::of(&splits))
    }

    /// Looks at how the disk stands, for whoever asks.
    pub fn look_ahead(
        &self,
        retention: &Retention,
        (budget_bytes, free_bytes): (Option<u64>, Option<u64>),
        now: Timestamp,
    ) -> Outlook {
        let (stock, _) =
            self.seen(|splits| splits.map(|split| Stock::of(split, retention)).collect::<Vec<_>>());
        let keep = retention.keep();
        let outlook = Outlook::of((stock, keep), (budget_bytes, free_bytes), now);
        *self.outlook.lock().unwrap_or_else(PoisonError::into_inner) = Some(outlook);
        outlook
    }

    /// How the disk stood when it was last looked at.
    #[must_use]
    pub fn outlook(&self) -> Option<Outlook> {
        *self.outlook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant's pins, the oldest first.
    ///
    /// # Errors
    /// [`PinError::Unreadable`].
    pub fn pins(&self, tenant: &Tenant) -> Result<Vec<Pin>, PinError> {
        let name = format!("{PINS}{tenant}");
        let inner = self.inner();
        Ok(TenantPins::read(inner.state.documents.get(&name).map(String::as_str))?.0)
    }

    /// Makes a pin.
    ///
    /// # Errors
    /// [`PinError`]; nothing was changed.
    pub async fn pin(&self, tenant: &Tenant, pin: Pin, now: Timestamp) -> Result<(), PinError> {
        self.change_pins(tenant, now, |pins| pins.add(pin)).await
    }

    /// Removes a pin; what it held may go from then on.
    ///
    /// # Errors
    /// [`PinError`]; nothing was changed.
    pub async fn unpin(&self, tenant: &Tenant, name: &str, now: Timestamp) -> Result<(), PinError> {
        self.change_pins(tenant, now, |pins| pins.remove(name)).await
    }

    async fn change_pins(
        &self,
        tenant: &Tenant,
        now: Timestamp,
        change: impl FnOnce(&mut TenantPins) -> Result<(), PinError>,
    ) -> Result<(), PinError> {
        let name = format!("{PINS}{tenant}");
        let before = self.inner().state.documents.get(&name).cloned();
        let mut pins = TenantPins::read(before.as_deref())?;
        change(&mut pins)?;
        let after = serde_json::to_string(&pins).map_err(|_| PinError::Unreadable)?;
        let after = Some(after).filter(|_| !pins.0.is_empty());
        let (expected, changes) =
            (Documents::from([(name.clone(), before)]), Documents::from([(name, after)]));
        Ok(self.change_documents(&expected, changes, now).await?)
    }
}
