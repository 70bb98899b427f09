//! Rules, alerts and silences, and what becomes of them step by step: pure, no I/O, no clock.
//!
//! ```text
//!   TOML, JSON ─> Rule ─(an SLO: several)─> at each step: the query's rows ─> evaluate ─> state, changes
//!                                                                               │
//!                                      silences, causes ─> mute ─> notices <────┘
//! ```
//! Invariants:
//! - live evaluation, `rules test` and a replay call the same [`evaluate`]: the same rows and steps give the same
//!   alerts;
//! - a rule that exists is whole: whatever can be wrong with it is found when it is read, and said with its place.

mod alert;
mod curve;
mod evaluate;
mod file;
mod interval;
pub mod limits;
mod mute;
mod notice;
mod rule;
mod silence;
mod slo;
mod template;

pub use alert::{Alert, AlertId, AlertState, Group};
pub use curve::Curve;
pub use evaluate::{Active, Observed, Phase, RuleState, Seen, evaluate};
pub use file::{FileError, RuleFile, Section, default_rules, read_file};
pub use interval::{Interval, Intervals};
pub use mute::{Muted, Mutes};
pub use notice::{Notice, notices};
pub use rule::{
    AlertSeverity, Condition, FieldError, Inhibition, Length, NoData, Op, RawRule, Rule, RuleId,
    SignalName,
};
pub use silence::{Matcher, RawMatcher, Silence};
pub use slo::Slo;
