//! Where a record's trace and span stand: in its message, as a hexadecimal number of that length, or by themselves.

use super::mark::Mark;
use super::place::Message;
use super::templates::Templates;
use super::variables::nibble;

/// Where an id stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Nowhere: there is none.
    None,
    /// In the stream of ids.
    Alone,
    /// In that slot of the message.
    Slot(u8),
}

impl Link {
    /// Where the row's id stands; one that stands alone is appended to `alone`. `of` is the message's template.
    pub(super) fn of<const N: usize>(
        ids: &[[u8; N]],
        row: usize,
        message: Message<'_>,
        (templates, template): (&Templates, usize),
        alone: &mut Vec<u8>,
    ) -> Self {
        let Some(id) = ids.get(row).filter(|id| **id != [0; N]) else { return Self::None };
        let mut slots = (0_u8..).zip(message.spans).zip(templates.marks(template).iter().copied());
        let found = slots.find(|((_, span), mark)| {
            *mark == Mark::Hex && read(span.of(message.text)).as_ref() == Some(id)
        });
        match found {
            Some(((slot, _), _)) => Self::Slot(slot),
            None => {
                alone.extend_from_slice(id);
                Self::Alone
            }
        }
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Alone => 1,
            Self::Slot(slot) => slot + 2,
        }
    }

    pub(super) fn from_code(code: u8) -> Self {
        match code {
            0 => Self::None,
            1 => Self::Alone,
            slot => Self::Slot(slot - 2),
        }
    }
}

/// The id that these digits write; `None` when they are not as many.
pub(super) fn read<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut id = [0; N];
    for (byte, [high, low]) in id.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = nibble(*high) << 4 | nibble(*low);
    }
    Some(id)
}
