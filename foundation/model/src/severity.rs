//! How bad a record says it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Ordered from `Unset` to `Fatal`; comparisons in queries leave `Unset` out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record does not say.
    #[default]
    Unset,
    /// Finest detail.
    Trace,
    /// For developers.
    Debug,
    /// Normal life.
    Info,
    /// Recovered, or soon not.
    Warn,
    /// Something failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

impl Severity {
    /// All severities, in rising order and in the order of their codes.
    pub const ALL: [Self; 7] =
        [Self::Unset, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The severity of that code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The severity that a word commonly stands for, in any case: `ERR`, `warning`, `critical` ...
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let mut lower = [0_u8; 16];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"unset" | b"unspecified" | b"unknown" | b"none" => Self::Unset,
            b"trace" | b"trc" | b"finest" | b"finer" | b"verbose" | b"t" => Self::Trace,
            b"debug" | b"dbg" | b"fine" | b"config" | b"d" => Self::Debug,
            b"info" | b"inf" | b"information" | b"informational" | b"notice" | b"note" | b"log"
            | b"i" => Self::Info,
            b"warn" | b"warning" | b"wrn" | b"w" => Self::Warn,
            b"error" | b"err" | b"severe" | b"failure" | b"e" => Self::Error,
            b"fatal" | b"critical" | b"crit" | b"panic" | b"emergency" | b"emerg" | b"alert"
            | b"ftl" | b"dpanic" | b"f" => Self::Fatal,
            _ => return None,
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_and_codes_are_the_order() {
        for (code, severity) in Severity::ALL.into_iter().enumerate() {
            assert_eq!(Severity::parse(severity.name()), Some(severity));
            assert_eq!(Severity::from_code(u8::try_from(code).unwrap()), Some(severity));
        }
        assert_eq!(Severity::from_code(7), None);
    }

    #[test]
    fn a_word_that_is_no_severity_is_none() {
        assert_eq!(Severity::parse("seventeen-characters-long"), None);
        assert_eq!(Severity::parse("erroneous"), None);
        assert_eq!(Severity::parse(""), None);
    }
}
