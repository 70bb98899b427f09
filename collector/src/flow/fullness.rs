//! Which severities a spool that fills up still takes.
//!
//! ```text
//!   spool   0 % ───────────── 80 % ───── 90 % ───── 95 % ──── 100 %
//!   shed                     trace,     + info     + warn,    reading stops:
//!                            debug                   unset    the files keep what is left
//! ```
//! Invariant: error and fatal are never shed. What does not say its severity may be one, so it goes last.

use nilometer_model::Severity;

use crate::limits::{SHED_DEBUG_PERCENT, SHED_INFO_PERCENT, SHED_WARN_PERCENT};

/// What to do when the spool fills up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFull {
    /// Stop reading: the files are the buffer.
    #[default]
    Pause,
    /// Drop what matters least first, counted; stop reading only when errors alone have filled it.
    Shed,
}

/// Whether a record of that severity is dropped at that fullness.
pub(crate) fn sheds(severity: Severity, full_percent: u64) -> bool {
    let from = match severity {
        Severity::Trace | Severity::Debug => SHED_DEBUG_PERCENT,
        Severity::Info => SHED_INFO_PERCENT,
        Severity::Warn | Severity::Unset => SHED_WARN_PERCENT,
        Severity::Error | Severity::Fatal => return false,
    };
    full_percent >= from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_least_goes_first_and_errors_never() {
        use Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};
        for (percent, shed) in [
            (0, vec![]),
            (79, vec![]),
            (80, vec![Trace, Debug]),
            (89, vec![Trace, Debug]),
            (90, vec![Trace, Debug, Info]),
            (94, vec![Trace, Debug, Info]),
            (95, vec![Unset, Trace, Debug, Info, Warn]),
            (100, vec![Unset, Trace, Debug, Info, Warn]),
        ] {
            let dropped = Severity::ALL.into_iter().filter(|severity| sheds(*severity, percent));
            assert_eq!(dropped.collect::<Vec<_>>(), shed, "{percent} %");
        }
        assert!([Error, Fatal].into_iter().all(|severity| !sheds(severity, u64::MAX)));
    }
}
