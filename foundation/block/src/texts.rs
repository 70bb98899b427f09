//! Columns of texts: a frame of text, end to end, and a column of lengths elsewhere.

use nilometer_model::TextColumn;

use crate::cursor::Cursor;
use crate::decode::BlockError;
use crate::frames::{Entry, Inflater};
use crate::plane;

/// The length of each text, bytes.
pub(crate) fn lengths(texts: &TextColumn) -> impl Iterator<Item = u64> {
    let mut start = 0;
    texts.ends().iter().map(move |end| u64::from(end - std::mem::replace(&mut start, *end)))
}

/// The column of lengths that stands here, when it is wanted: `Some(None)` when it is not.
#[expect(
    clippy::option_option,
    reason = "outside: whether it can be read; inside: whether it is wanted"
)]
pub(crate) fn read_lengths(
    cursor: &mut Cursor<'_>,
    rows: usize,
    wanted: bool,
) -> Option<Option<Vec<u64>>> {
    if !wanted {
        plane::skip(cursor, rows)?;
        return Some(None);
    }
    let mut lengths = Vec::new();
    plane::get(cursor, rows, &mut lengths)?;
    Some(Some(lengths))
}

/// Where texts of these lengths end; `None` beyond 4 GiB.
pub(crate) fn ends(lengths: &[u64]) -> Option<Vec<u32>> {
    let mut end = 0_u32;
    let ends = lengths.iter().map(|len| {
        end = end.checked_add(u32::try_from(*len).ok()?)?;
        Some(end)
    });
    ends.collect()
}

/// A frame's text cut at `ends`, or `rows` empty texts when there are none.
pub(crate) fn read(
    inflater: &mut Inflater,
    entry: Entry<'_>,
    ends: Option<Vec<u32>>,
    rows: usize,
) -> Result<TextColumn, BlockError> {
    let column = match ends {
        Some(ends) => {
            let text = String::from_utf8(inflater.frame_owned(entry)?);
            text.ok().and_then(|text| TextColumn::from_parts(text, ends))
        }
        None => TextColumn::from_parts(String::new(), vec![0; rows]),
    };
    column.ok_or(BlockError::Damaged(entry.name))
}
