//! Which template and form a record has, and what a form says beside.
//!
//! ```text
//!   templates v | forms v | per row its template: planes | per row its form: planes of 0 the last one, 1 a new one, 2 + n
//! ```

use nilometer_model::Severity;

use super::ids::Link;
use super::streams::{Stream, Streams};
use crate::cursor::Cursor;
use crate::plane;

/// A record's form, told by what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// That of the last record whose message has the same template.
    Last,
    /// The next one that no record had yet.
    New,
    /// That one.
    Known(usize),
}

impl Choice {
    pub(super) fn code(self) -> u64 {
        match self {
            Self::Last => 0,
            Self::New => 1,
            Self::Known(form) => form as u64 + 2,
        }
    }

    pub(super) fn from_code(code: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Last,
            1 => Self::New,
            form => Self::Known(usize::try_from(form - 2).ok()?),
        })
    }
}

/// Which template and form each row has, as the stream says it.
pub(super) struct Choices {
    pub(super) templates: usize,
    pub(super) forms: usize,
    /// Per row the message's template.
    pub(super) numbers: Vec<u32>,
    /// Per row the attributes' form.
    pub(super) form_numbers: Vec<u32>,
}

impl Choices {
    pub(super) fn read(streams: &Streams, rows: usize) -> Option<Self> {
        let mut cursor = Cursor::new(&streams[Stream::Choices as usize]);
        let templates = cursor.varint()? as usize;
        let forms = cursor.varint()? as usize;
        if templates > rows || forms > rows {
            return None;
        }
        let mut values = Vec::new();
        plane::get(&mut cursor, rows, &mut values)?;
        let numbers = values.iter().map(|number| below(*number, templates));
        let numbers = numbers.collect::<Option<Vec<u32>>>()?;
        plane::get(&mut cursor, rows, &mut values)?;
        let mut last_forms = vec![None; templates];
        let mut new = 0..forms as u64;
        let form_numbers = numbers.iter().zip(&values).map(|(number, code)| {
            let last = &mut last_forms[*number as usize];
            let form = match Choice::from_code(*code)? {
                Choice::Last => (*last)?,
                Choice::New => below(new.next()?, forms)?,
                Choice::Known(form) => below(form as u64, forms)?,
            };
            *last = Some(form);
            Some(form)
        });
        let form_numbers = form_numbers.collect::<Option<Vec<u32>>>()?;
        cursor.is_empty().then_some(Self { templates, forms, numbers, form_numbers })
    }
}

fn below(number: u64, end: usize) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| (*number as usize) < end)
}

/// What stands before a form's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) severity: Severity,
    pub(super) trace: Link,
    pub(super) span: Link,
}

impl Said {
    pub(super) const BYTES: usize = 3;

    pub(super) fn put(self) -> [u8; Self::BYTES] {
        [self.severity as u8, self.trace.code(), self.span.code()]
    }

    pub(super) fn get(said: &[u8]) -> Option<Self> {
        let &[severity, trace, span] = said else { return None };
        let severity = Severity::from_code(severity)?;
        Some(Self { severity, trace: Link::from_code(trace), span: Link::from_code(span) })
    }
}
