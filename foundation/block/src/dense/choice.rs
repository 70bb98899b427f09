//! Which form a record's attributes have, and what a form says beside.

use nilometer_model::Severity;

use super::ids::Link;

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
