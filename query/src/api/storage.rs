//! What is stored: how much of what, what there is room for, and when that will be used up.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use nilometer_model::Timestamp;
use nilometer_store::{SplitKind, SplitMeta};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::error::ApiError;
use super::params::NoParams;

/// Splits of one class.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct StoredClass {
    splits: u64,
    /// Of their objects.
    bytes: u64,
    rows: u64,
}

/// What is stored, of all tenants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageAnswer {
    /// All objects, bytes.
    bytes: u64,
    /// `debug`, `info`, `warn`: records of that level; `mixed`: of several, before they are cut; `spans`, `samples`.
    #[schema(value_type = BTreeMap<String, StoredClass>)]
    classes: BTreeMap<&'static str, StoredClass>,
    /// Most that the objects may take (`disk_budget`), bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_bytes: Option<u64>,
    /// What of the disk may still be filled, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bytes: Option<u64>,
    /// What comes in and is kept in a day; unknown until a day was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_day: Option<u64>,
    /// When the budget, or the disk, will be used up; unknown, or never, when it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    full_at: Option<Timestamp>,
}

/// What is stored, and when there will be no room left.
#[utoipa::path(get, path = "/api/v1/storage", tag = "process",
    responses((status = 200, body = StorageAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn storage(State(api): State<Api>, _: NoParams) -> Json<StorageAnswer> {
    let (splits, outlook) = (api.store.splits(), api.store.outlook().unwrap_or_default());
    let mut classes = BTreeMap::<_, StoredClass>::new();
    for split in &splits {
        let class = classes.entry(class(split)).or_default();
        class.splits += 1;
        class.bytes += split.bytes;
        class.rows += split.rows;
    }
    Json(StorageAnswer {
        bytes: splits.iter().map(|split| split.bytes).sum(),
        classes,
        budget_bytes: outlook.budget_bytes,
        free_bytes: outlook.free_bytes,
        bytes_per_day: outlook.bytes_per_day,
        full_at: outlook.full_at,
    })
}

fn class(split: &SplitMeta) -> &'static str {
    match split.kind {
        SplitKind::Logs => split.class.map_or("mixed", |class| class.level.name()),
        SplitKind::Spans => "spans",
        SplitKind::Samples => "samples",
    }
}
