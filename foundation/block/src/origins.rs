//! The table of origins, and which rows are whose.
//!
//! ```text
//!   origins v | per origin: tenant, component, instance, node, version, zone { len v, text }, stream u8, source u64
//!   runs to the end: { origin v, rows v }, in blocks of records
//! ```

use std::sync::Arc;

use nilometer_model::limits::BATCH_RECORDS_MAX;
use nilometer_model::{Origin, SourceId, Stream};

use crate::cursor::{Cursor, put_text, put_varint};

/// Appends the table.
pub fn put(out: &mut Vec<u8>, origins: &[Arc<Origin>]) {
    put_varint(out, u32::try_from(origins.len()).unwrap_or(u32::MAX));
    for origin in origins {
        for text in
            [&origin.tenant, &origin.component, &origin.instance, &origin.node, &origin.version]
        {
            put_text(out, text);
        }
        put_text(out, &origin.zone);
        out.push(origin.stream as u8);
        out.extend_from_slice(&origin.source.0.to_le_bytes());
    }
}

/// Appends whose the rows are, run by run.
pub fn put_runs(out: &mut Vec<u8>, origin: &[u32]) {
    for run in origin.chunk_by(|a, b| a == b) {
        put_varint(out, run[0]);
        put_varint(out, u32::try_from(run.len()).unwrap_or(u32::MAX));
    }
}

/// The table that stands here; `None` when it is not one.
pub fn get(cursor: &mut Cursor<'_>) -> Option<Vec<Arc<Origin>>> {
    let count = cursor.varint()? as usize;
    if count > BATCH_RECORDS_MAX {
        return None;
    }
    (0..count).map(|_| get_origin(cursor).map(Arc::new)).collect()
}

/// Per row the index of its origin; `None` unless there are exactly `rows`.
pub fn get_runs(cursor: &mut Cursor<'_>, rows: usize, origins: usize) -> Option<Vec<u32>> {
    let mut origin = Vec::with_capacity(rows);
    while !cursor.is_empty() {
        let index = cursor.varint()?;
        let run = cursor.varint()? as usize;
        if index as usize >= origins || run == 0 || run > rows - origin.len() {
            return None;
        }
        origin.resize(origin.len() + run, index);
    }
    (origin.len() == rows).then_some(origin)
}

fn get_origin(cursor: &mut Cursor<'_>) -> Option<Origin> {
    Some(Origin {
        tenant: cursor.text()?.to_owned(),
        component: cursor.text()?.to_owned(),
        instance: cursor.text()?.to_owned(),
        node: cursor.text()?.to_owned(),
        version: cursor.text()?.to_owned(),
        zone: cursor.text()?.to_owned(),
        stream: Stream::from_code(cursor.byte()?)?,
        source: SourceId(u64::from_le_bytes(cursor.array()?)),
    })
}
