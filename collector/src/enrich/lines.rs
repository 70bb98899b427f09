//! The lines of a stream that comes in pieces.
//!
//! Invariant: never holds more than one line of the longest size allowed and one piece.

/// What ends a stream early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// The beginning of a line whose end has not come.
#[derive(Debug)]
pub(super) struct Lines {
    held: Vec<u8>,
    bytes_max: usize,
}

impl Lines {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { held: Vec::new(), bytes_max }
    }

    /// Takes a piece and hands on each line that is complete by it; empty lines are passed over.
    pub(super) fn take<E: From<TooLong>>(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = piece;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, behind) = (&rest[..at], &rest[at + 1..]);
            rest = behind;
            if self.held.len() + line.len() > self.bytes_max {
                return Err(TooLong.into());
            }
            if !self.held.is_empty() {
                self.held.extend_from_slice(line);
                each(&self.held)?;
                self.held.clear();
            } else if !line.is_empty() {
                each(line)?;
            }
        }
        if self.held.len() + rest.len() > self.bytes_max {
            return Err(TooLong.into());
        }
        self.held.extend_from_slice(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&str], bytes_max: usize) -> Result<Vec<String>, TooLong> {
        let (mut lines, mut cut) = (Lines::new(bytes_max), Vec::new());
        for piece in pieces {
            lines.take(piece.as_bytes(), |line| {
                cut.push(String::from_utf8_lossy(line).into_owned());
                Ok::<(), TooLong>(())
            })?;
        }
        Ok(cut)
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        for pieces in [&["ab\n\ncd\ne"][..], &["a", "b", "\n", "\nc", "d\ne"], &["ab\n", "cd\n"]] {
            assert_eq!(cut(pieces, 9), Ok(vec!["ab".to_owned(), "cd".to_owned()]));
        }
    }

    #[test]
    fn a_line_that_is_too_long_ends_the_stream_even_before_its_end_has_come() {
        for (pieces, ends) in [
            (&["abc\n"][..], false),
            (&["abcd\n"], true),
            (&["ab", "c\n"], false),
            (&["ab", "cd\n"], true),
            (&["abcd"], true),
        ] {
            assert_eq!(cut(pieces, 3).is_err(), ends, "{pieces:?}");
        }
    }
}
