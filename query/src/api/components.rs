//! Who speaks: every component in the data, where it runs, and when it was first and last heard.
//!
//! Invariants:
//! - the answer is exact: it comes from the records themselves, and of them from the caller's tenant's;
//! - a split is looked through once, for it never changes; after that only the buffer is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use nilometer_block::Columns;
use nilometer_model::{Rows, Tenant, TimeRange, Timestamp};
use nilometer_store::records::{Plan, RowSet};
use nilometer_store::{Mask, RecordSplit, Snapshot, SplitError, SplitId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::BLOCKS_AT_ONCE;
use super::params::NoParams;
use crate::health::Known;
use crate::plan::{Filter, seen_in_buffer};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Component)]
pub(crate) struct ComponentJson {
    component: String,
    instances: BTreeSet<String>,
    nodes: BTreeSet<String>,
    #[schema(value_type = String, format = DateTime)]
    first_seen: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComponentsAnswer {
    components: Vec<ComponentJson>,
    /// Parts of the data that cannot be read, and whose speakers are not in the answer.
    missing_splits: u32,
}

/// Every component, with its instances and nodes.
#[utoipa::path(get, path = "/api/v1/components", tag = "logs",
    responses((status = 200, body = ComponentsAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn components(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<ComponentsAnswer> {
    let snapshot = api.store.snapshot(&caller.tenant);
    let (mut speakers, missing_splits) =
        api.alerts.sources.speakers.of_splits(&caller.tenant, &snapshot).await;
    let mut buffered = SpeakersByTenant::default();
    let seen = seen_in_buffer(&snapshot, &caller.tenant);
    seen.iter().for_each(|rows| buffered.hear(rows));
    buffered.of(&caller.tenant).into_iter().for_each(|heard| speakers.add_all(heard));
    let components = speakers.0.into_iter().map(|(component, heard)| ComponentJson {
        component,
        instances: heard.instances,
        nodes: heard.nodes,
        first_seen: heard.first,
        last_seen: heard.last,
    });
    Json(ComponentsAnswer { components: components.collect(), missing_splits })
}

/// Who spoke, of one tenant, by component.
#[derive(Debug, Clone, Default)]
struct Speakers(BTreeMap<String, Heard>);

#[derive(Debug, Clone)]
struct Heard {
    instances: BTreeSet<String>,
    nodes: BTreeSet<String>,
    first: Timestamp,
    last: Timestamp,
}

impl Heard {
    fn add(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        for (mine, theirs) in
            [(&mut self.instances, &other.instances), (&mut self.nodes, &other.nodes)]
        {
            for name in theirs {
                if !mine.contains(name) {
                    mine.insert(name.clone());
                }
            }
        }
    }
}

/// Who spoke, by tenant.
#[derive(Debug, Clone, Default)]
struct SpeakersByTenant(BTreeMap<String, Speakers>);

impl SpeakersByTenant {
    fn of(&self, tenant: &Tenant) -> Option<&Speakers> {
        self.0.get(tenant.name())
    }

    fn hear(&mut self, rows: &Rows) {
        let mut spans: Vec<Option<(i64, i64)>> = vec![None; rows.origins.len()];
        for (origin, time) in rows.origin.iter().zip(&rows.time) {
            let span = spans[*origin as usize].get_or_insert((*time, *time));
            *span = (span.0.min(*time), span.1.max(*time));
        }
        for (origin, span) in rows.origins.iter().zip(spans) {
            let Some((first, last)) = span else { continue };
            let known = |name: &String| (!name.is_empty()).then(|| name.clone());
            let heard = Heard {
                instances: known(&origin.instance).into_iter().collect(),
                nodes: known(&origin.node).into_iter().collect(),
                first: Timestamp(first),
                last: Timestamp(last),
            };
            match self.0.get_mut(&origin.tenant) {
                Some(speakers) => speakers.add(&origin.component, &heard),
                None => {
                    let mut speakers = Speakers::default();
                    speakers.add(&origin.component, &heard);
                    self.0.insert(origin.tenant.clone(), speakers);
                }
            }
        }
    }
}

impl Speakers {
    fn add_all(&mut self, others: &Self) {
        others.0.iter().for_each(|(component, heard)| self.add(component, heard));
    }

    fn add(&mut self, component: &str, heard: &Heard) {
        match self.0.get_mut(component) {
            Some(known) => known.add(heard),
            None => {
                self.0.insert(component.to_owned(), heard.clone());
            }
        }
    }
}

/// Who of the tenant speaks in a split, of what is not masked. It is not kept: soon the split is another one.
async fn seen_in_split(
    split: &RecordSplit,
    tenant: &Tenant,
    masks: &[Mask],
) -> Result<SpeakersByTenant, SplitError> {
    let seen = <Filter>::of(tenant, Vec::new()).without(masks);
    let plan = Plan::new(split.index().await?, seen.prune(), TimeRange::ALL)?;
    let mut speakers = SpeakersByTenant::default();
    for part in plan.blocks()?.chunks(BLOCKS_AT_ONCE) {
        for (number, bytes) in part.iter().zip(split.read_blocks(part).await?) {
            let block = plan.index().block(*number, &bytes)?;
            speakers.hear(&block.take(&plan.rows(&block)?, Columns::TIME)?);
        }
        tokio::task::yield_now().await;
    }
    Ok(speakers)
}

/// Who speaks in each split, as far as it was asked for. The lock is held for a look or a note only.
#[derive(Debug, Default)]
pub(crate) struct SpeakersBySplit(Mutex<BTreeMap<SplitId, Arc<SpeakersByTenant>>>);

impl SpeakersBySplit {
    /// Who of the tenant speaks in the splits that can be read, and how many cannot.
    async fn of_splits(&self, tenant: &Tenant, snapshot: &Snapshot) -> (Speakers, u32) {
        self.keep(snapshot);
        let since = Timestamp(i64::MIN);
        self.of_splits_since(tenant, snapshot, since).await
    }

    /// When each component of the tenant was heard in records, and where, of those heard since then.
    pub(crate) async fn heard_since(
        &self,
        tenant: &Tenant,
        snapshot: &Snapshot,
        since: Timestamp,
    ) -> BTreeMap<String, Known> {
        let (mut speakers, _) = self.of_splits_since(tenant, snapshot, since).await;
        let mut buffered = SpeakersByTenant::default();
        let seen = seen_in_buffer(snapshot, tenant);
        seen.iter().for_each(|rows| buffered.hear(rows));
        buffered.of(tenant).into_iter().for_each(|heard| speakers.add_all(heard));
        let known = |heard: Heard| Known {
            instances: heard.instances,
            nodes: heard.nodes,
            first_seen: heard.first,
            last_seen: heard.last,
        };
        speakers.0.into_iter().map(|(name, heard)| (name, known(heard))).collect()
    }

    /// Forgets splits that are there no longer.
    fn keep(&self, snapshot: &Snapshot) {
        let present: BTreeSet<SplitId> = snapshot.splits.iter().map(|s| s.meta().id).collect();
        self.lock().retain(|id, _| present.contains(id));
    }

    /// The same of the splits that reach beyond that time.
    async fn of_splits_since(
        &self,
        tenant: &Tenant,
        snapshot: &Snapshot,
        since: Timestamp,
    ) -> (Speakers, u32) {
        let (mut all, mut missing_splits) = (Speakers::default(), snapshot.missing_splits);
        for split in snapshot.splits.iter().filter(|split| split.meta().time_last >= since) {
            let heard = match &*snapshot.masks {
                [] => self.of_split(split).await,
                masks => seen_in_split(split, tenant, masks).await.map(Arc::new),
            };
            match heard {
                Ok(heard) => heard.of(tenant).into_iter().for_each(|heard| all.add_all(heard)),
                Err(error) => {
                    tracing::error!(%error, split = %split.meta().id.0, "who speaks in it is left out");
                    missing_splits += 1;
                }
            }
        }
        (all, missing_splits)
    }

    async fn of_split(&self, split: &RecordSplit) -> Result<Arc<SpeakersByTenant>, SplitError> {
        let id = split.meta().id;
        let known = self.lock().get(&id).map(Arc::clone);
        if let Some(known) = known {
            return Ok(known);
        }
        let mut speakers = SpeakersByTenant::default();
        let index = split.index().await?;
        let blocks: Vec<u32> = (0..split.meta().blocks).collect();
        for part in blocks.chunks(BLOCKS_AT_ONCE) {
            for (number, bytes) in part.iter().zip(split.read_blocks(part).await?) {
                let block = index.block(*number, &bytes)?;
                speakers.hear(&block.take(&RowSet::all(block.rows()), Columns::TIME)?);
            }
            tokio::task::yield_now().await;
        }
        let speakers = Arc::new(speakers);
        self.lock().insert(id, Arc::clone(&speakers));
        Ok(speakers)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SplitId, Arc<SpeakersByTenant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Origin, RowRef, Severity};

    use super::*;

    #[test]
    fn a_component_is_heard_from_its_first_record_to_its_last_wherever_it_ran_by_its_own_tenant() {
        let mut speakers = SpeakersByTenant::default();
        for (tenant, instance, node, time) in [
            ("own", "b-1", "n1", 50),
            ("own", "b-2", "n2", 10),
            ("own", "", "n1", 90),
            ("other", "b-3", "n3", 99),
        ] {
            let origin = Arc::new(Origin {
                tenant: tenant.to_owned(),
                component: "b".to_owned(),
                instance: instance.to_owned(),
                node: node.to_owned(),
                ..Origin::default()
            });
            let mut rows = Rows::default();
            rows.push(RowRef {
                origin: &origin,
                time: Timestamp(time),
                order_time: Timestamp(time),
                position: 1,
                bytes: 1,
                received: Timestamp(1),
                severity: Severity::Info,
                message: "m",
                attributes: "",
                trace_id: None,
                span_id: None,
            });
            speakers.hear(&rows);
        }
        let own = Tenant::parse("own").unwrap();
        let heard = &speakers.of(&own).unwrap().0["b"];
        assert_eq!((heard.first, heard.last), (Timestamp(10), Timestamp(90)));
        assert_eq!((heard.instances.len(), heard.nodes.len()), (2, 2));
    }
}
