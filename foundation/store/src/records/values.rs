//! The values of one slot of one template in a block, one by one.
//!
//! Invariant: bytes that are no values end them; nothing panics.

use nilometer_block::cursor::Cursor;

/// Behind each value that is a line.
pub(super) const END: u8 = b'\n';

/// The values of one slot of one template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'a> {
    pub(super) bytes: &'a [u8],
    /// All rows have the same, which is here once.
    pub(super) constant: bool,
    /// Each value stands behind its length.
    pub(super) sized: bool,
    pub(super) rows: usize,
}

impl<'a> Column<'a> {
    /// One value per row, or all that there are in a damaged column.
    pub(super) fn values(self) -> Values<'a> {
        Values { rest: self.bytes, constant: self.constant, sized: self.sized }
    }

    /// Adds to each row's number the bytes of its value; `None` when there are fewer values than rows.
    pub(super) fn add_lengths(self, rows: &mut [u64]) -> Option<()> {
        let mut values = self.values();
        if self.constant {
            let bytes = values.next()?.len() as u64;
            rows.iter_mut().for_each(|row| *row += bytes);
            return Some(());
        }
        if self.sized {
            return rows.iter_mut().try_for_each(|row| {
                *row += values.next()?.len() as u64;
                Some(())
            });
        }
        let (mut ends, mut start) = (memchr::memchr_iter(END, self.bytes), 0);
        rows.iter_mut().try_for_each(|row| {
            let end = ends.next()?;
            *row += (end - start) as u64;
            start = end + 1;
            Some(())
        })
    }
}

/// See [`Column::values`]; never ends where all rows have the same.
#[derive(Debug, Clone)]
pub(super) struct Values<'a> {
    rest: &'a [u8],
    constant: bool,
    sized: bool,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.sized {
            let mut cursor = Cursor::new(self.rest);
            let len = cursor.varint()? as usize;
            let value = cursor.take(len)?;
            self.rest = &self.rest[self.rest.len() - cursor.len()..];
            return Some(value);
        }
        let end = memchr::memchr(END, self.rest)?;
        let value = &self.rest[..end];
        if !self.constant {
            self.rest = &self.rest[end + 1..];
        }
        Some(value)
    }
}

impl<'a> Values<'a> {
    /// Passes so many values over; gives bytes that begin with the next one.
    pub(super) fn ahead(&mut self, passed: usize) -> Option<&'a [u8]> {
        if self.sized {
            for _ in 0..passed {
                self.next()?;
            }
            return self.clone().next();
        }
        if let (false, Some(last)) = (self.constant, passed.checked_sub(1)) {
            let end = memchr::memchr_iter(END, self.rest).nth(last)?;
            self.rest = &self.rest[end + 1..];
        }
        Some(self.rest)
    }
}
