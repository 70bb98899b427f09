//! The columns of numbers that all blocks of records have, written; read in `decode.rs`.
//!
//! ```text
//!   times      time: first i64, planes of zz(delta)   order_time: planes of zz(order_time - time)
//!              received: first i64, planes of zz(delta)
//!   framing    bytes: planes of zz(bytes - message bytes)
//!              position: planes of zz(position - (the origin's position before + bytes))
//! ```

use nilometer_model::Rows;

use crate::plane;
use crate::texts::lengths;

/// Appends the rows' times. `values` is a buffer.
pub(crate) fn put_times(out: &mut Vec<u8>, rows: &Rows, values: &mut Vec<u64>) {
    put_deltas(out, &rows.time, values);
    let ahead = rows.order_time.iter().zip(&rows.time);
    let ahead = ahead.map(|(order, time)| plane::zigzag(order.wrapping_sub(*time)));
    put_column(out, ahead, values);
    put_deltas(out, &rows.received, values);
}

/// Appends what the rows took in their files, and where. `values` is a buffer.
pub(crate) fn put_framing(out: &mut Vec<u8>, rows: &Rows, values: &mut Vec<u64>) {
    let framing = rows
        .bytes
        .iter()
        .zip(lengths(&rows.message))
        .map(|(bytes, len)| plane::zigzag(i64::from(*bytes).wrapping_sub(len.cast_signed())));
    put_column(out, framing, values);
    let mut ends = vec![0_u64; rows.origins.len()];
    let steps = rows.origin.iter().zip(&rows.position).zip(&rows.bytes);
    let steps = steps.map(|((origin, position), bytes)| {
        let before = std::mem::replace(&mut ends[*origin as usize], *position);
        let expected = before.wrapping_add(u64::from(*bytes));
        plane::zigzag(position.wrapping_sub(expected).cast_signed())
    });
    put_column(out, steps, values);
}

fn put_deltas(out: &mut Vec<u8>, times: &[i64], values: &mut Vec<u64>) {
    let mut before = times.first().copied().unwrap_or_default();
    out.extend_from_slice(&before.to_le_bytes());
    let deltas = times.iter().map(|time| {
        let delta = time.wrapping_sub(std::mem::replace(&mut before, *time));
        plane::zigzag(delta)
    });
    put_column(out, deltas, values);
}

fn put_column(out: &mut Vec<u8>, column: impl Iterator<Item = u64>, values: &mut Vec<u64>) {
    values.clear();
    values.extend(column);
    plane::put(out, values);
}
