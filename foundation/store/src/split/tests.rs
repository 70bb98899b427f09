//! What holds for splits of every kind, from outside.

mod samples;
mod spans;

use std::sync::Arc;

use nilometer_model::{Origin, Tenant, TimeRange};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use super::*;
use crate::records::RecordSplit;

const ID: SplitId = SplitId(Uuid::from_u128(7));

fn origin_of_split() -> SplitOrigin {
    SplitOrigin {
        log: LogId::default(),
        log_from: LogPosition(3),
        log_to: LogPosition(9),
        revision: Revision(2),
        replaces: Vec::new(),
    }
}

/// Whose all rows are where it does not matter.
fn nobody_else() -> Tenant {
    Tenant::default()
}

async fn put(objects: &dyn ObjectStore, bytes: bytes::Bytes) {
    objects.put(&object_path(ID), bytes.into()).await.unwrap();
}

#[tokio::test]
async fn a_split_of_another_format_is_refused_by_name_and_number() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    put(&*objects, vec![0; 4_096].into()).await;
    for (kind, format) in [(SplitKind::Logs, 1), (SplitKind::Logs, 4)] {
        let meta = SplitMeta { id: ID, kind, format, bytes: 4_096, ..SplitMeta::default() };
        let error = RecordSplit::open(Arc::clone(&objects), meta).await.unwrap_err();
        let said = format!("split {} has format {format}, which is not known to this build", ID.0);
        assert_eq!(error.to_string(), said);
    }
}
