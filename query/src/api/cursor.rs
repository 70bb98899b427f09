//! Where a reader stands: the order key of the last record it has, and the range it asked for at first.
//!
//! ```text
//! order_time "." source "." position "." from "." to        hex; an open end of the range is empty
//! ```
//! Invariant: whoever goes on with a cursor reads the range of its first request, however much later.

use std::fmt;

use nilometer_model::{Order, SourceId, TimeRange, Timestamp};

use super::error::ApiError;

/// A place in the order of records, and the range that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) after: Order,
    pub(crate) range: TimeRange,
}

impl Cursor {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        read(text).ok_or_else(|| {
            let hint = "give the cursor of an answer or of an exported record as it was";
            ApiError::bad_request("cursor", "the cursor cannot be read", hint)
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Order { order_time, source, position } = self.after;
        write!(f, "{:x}.{:x}.{position:x}.", order_time.0, source.0)?;
        if self.range.from() != TimeRange::ALL.from() {
            write!(f, "{:x}", self.range.from().0)?;
        }
        f.write_str(".")?;
        if self.range.to() != TimeRange::ALL.to() {
            write!(f, "{:x}", self.range.to().0)?;
        }
        Ok(())
    }
}

fn read(text: &str) -> Option<Cursor> {
    let mut parts = text.split('.');
    let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
    let (order_time, source, position) = (time(number()?), SourceId(number()?), number()?);
    let mut end = |open: Timestamp| match parts.next()? {
        "" => Some(open),
        hex => u64::from_str_radix(hex, 16).ok().map(time),
    };
    let from = end(TimeRange::ALL.from())?;
    let to = end(TimeRange::ALL.to())?;
    let range = TimeRange::new(from, to).filter(|_| parts.next().is_none())?;
    Some(Cursor { after: Order { order_time, source, position }, range })
}

/// `{:x}` writes a negative time as its two's complement.
fn time(bits: u64) -> Timestamp {
    Timestamp(i64::from_ne_bytes(bits.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_with_its_range() {
        let after = Order { order_time: Timestamp(-5), source: SourceId(u64::MAX), position: 7 };
        let bounded = TimeRange::new(Timestamp(-9), Timestamp(1 << 60)).unwrap();
        for range in [TimeRange::ALL, bounded] {
            let cursor = Cursor { after, range };
            assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "1", "1.2.3", "1.2.3.5.4", "1.2.3.4.5.6", "x.2.3.4.5", "1.2.3.4.5.", "+.+"]
        {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
