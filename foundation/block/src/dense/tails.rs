//! What the attributes of all records of an origin end with: what is known of the source.
//!
//! ```text
//!   {"appname":"sshd","k8s.container.name":"main"}
//!   {"k8s.container.name":"main"}
//!   heads: {"appname":"sshd",    {        tail: "k8s.container.name":"main"}
//! ```
//! Invariant: a record's attributes are its head and its origin's tail.

use nilometer_model::Rows;

use crate::cursor::{Cursor, put_text};

/// The tails' bytes, per origin.
pub(super) struct Tails(Vec<Tail>);

#[derive(Debug, Clone, Copy, Default)]
struct Tail {
    /// The origin's first row, and how many it has.
    first: usize,
    rows: usize,
    bytes: usize,
}

impl Tails {
    pub(super) fn of(rows: &Rows) -> Self {
        let mut tails = vec![Tail::default(); rows.origins.len()];
        let (all, ends) = (rows.attributes.text().as_bytes(), rows.attributes.ends());
        for (row, origin) in rows.origin.iter().enumerate() {
            let tail = &mut tails[*origin as usize];
            let text = &all[..ends[row] as usize];
            tail.rows += 1;
            if tail.rows == 1 {
                (tail.first, tail.bytes) = (row, rows.attributes.bytes(row));
            } else {
                let end = ends[tail.first] as usize;
                let most = tail.bytes.min(rows.attributes.bytes(row));
                tail.bytes = common(&all[end - tail.bytes..end], &text[text.len() - most..]);
            }
        }
        for tail in &mut tails {
            let first = rows.attributes.get(tail.first);
            tail.bytes = if tail.rows > 1 { from_a_name(first, tail.bytes) } else { 0 };
        }
        Self(tails)
    }

    /// Appends them: per origin its length and text.
    pub(super) fn put(&self, out: &mut Vec<u8>, rows: &Rows) {
        for tail in &self.0 {
            let first = rows.attributes.get(tail.first);
            put_text(out, &first[first.len() - tail.bytes..]);
        }
    }

    pub(super) fn get<'a>(cursor: &mut Cursor<'a>, origins: usize) -> Option<Vec<&'a str>> {
        (0..origins).map(|_| cursor.text()).collect()
    }

    /// The tail's bytes of that origin.
    pub(super) fn bytes(&self, origin: u32) -> usize {
        self.0[origin as usize].bytes
    }
}

/// How many bytes of its end `tail` has in common with `text`.
fn common(tail: &[u8], text: &[u8]) -> usize {
    if text.ends_with(tail) {
        return tail.len();
    }
    let pairs = tail.iter().rev().zip(text.iter().rev());
    pairs.take_while(|(a, b)| a == b).count()
}

/// As many of the last `bytes` as begin with a name's quote.
fn from_a_name(text: &str, bytes: usize) -> usize {
    let start = text.len() - bytes;
    let names = text.as_bytes().windows(2).enumerate().skip(start.saturating_sub(1));
    let mut names = names.filter(|(_, two)| matches!(two, [b',' | b'{', b'"']));
    names.next().map_or(0, |(at, _)| text.len() - at - 1)
}
