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
        let mut rest = self.bytes;
        rows.iter_mut().try_for_each(|row| {
            let end = end(rest)?;
            *row += end as u64;
            rest = &rest[end + 1..];
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
        if self.constant {
            let (end, value) = self.rest.split_last()?;
            return (*end == END).then_some(value);
        }
        let end = end(self.rest)?;
        let (value, rest) = (&self.rest[..end], &self.rest[end + 1..]);
        self.rest = rest;
        Some(value)
    }
}

/// Where the first value ends. Most are short: eight bytes are looked at before a search is begun that is made for
/// long ones.
fn end(lines: &[u8]) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let Some((word, behind)) = lines.split_first_chunk::<8>() else {
        return lines.iter().position(|byte| *byte == END);
    };
    // Of the bytes that become zero, the lowest is told by its high bit.
    let word = u64::from_le_bytes(*word) ^ (EACH * u64::from(END));
    let ends = word.wrapping_sub(EACH) & !word & (EACH << 7);
    match ends {
        0 => memchr::memchr(END, behind).map(|at| at + 8),
        _ => Some(ends.trailing_zeros() as usize / 8),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_line_does_however_long_it_is() {
        for bytes in 0..40 {
            // What borders on a line end, above and below.
            for around in [b'\t', 0x0b, 0x8a, 0] {
                let line = [vec![around; bytes], vec![END], vec![around; 9]].concat();
                for behind in 0..9 {
                    let lines = &line[..line.len() - behind];
                    assert_eq!(end(lines), Some(bytes), "{around} and {behind} bytes less");
                }
                assert_eq!(end(&line[..bytes]), None);
            }
        }
    }

    #[test]
    fn the_one_value_that_all_rows_have_is_there_for_each_and_none_is_that_is_cut_off() {
        let column = |bytes| Column { bytes, constant: true, sized: false, rows: 2 };
        let mut values = column(b"7\n").values();
        assert_eq!((values.next(), values.next()), (Some(&b"7"[..]), Some(&b"7"[..])));
        assert_eq!((column(b"7").values().next(), column(b"").values().next()), (None, None));
    }
}
