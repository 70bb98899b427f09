//! A rule as written, in TOML and in JSON alike.
//!
//! Invariant: a member that nobody reads is an error, and says which one was probably meant.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FieldError, Inhibition, nearest};

/// The members, all of them optional: what is missing is said by [`RawRule::check`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    pub id: Option<String>,
    pub name: Option<String>,
    pub signal: Option<String>,
    pub query: Option<String>,
    pub of: Option<String>,
    pub every: Option<String>,
    pub over: Option<String>,
    pub also_over: Option<String>,
    #[serde(rename = "for")]
    pub held: Option<String>,
    pub group_by: Option<Vec<String>>,
    pub condition: Option<RawCondition>,
    pub no_data: Option<String>,
    pub severity: Option<String>,
    pub labels: Option<BTreeMap<String, String>>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub notify: Option<Vec<String>>,
    pub runbook: Option<String>,
    pub inhibited_by: Option<Vec<Inhibition>>,
    pub dry_run: Option<bool>,
    pub slo: Option<RawSlo>,
}

/// `condition = { op = ">", value = 5 }`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCondition {
    pub op: Option<String>,
    pub value: Option<f64>,
}

/// `slo = { objective = 99.9, window = "30d" }`
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSlo {
    pub objective: Option<f64>,
    pub window: Option<String>,
}

impl RawRule {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// [`FieldError`], when it is none, or has a member that no rule has or that is of another type.
    pub fn from_json(text: &[u8]) -> Result<Self, FieldError> {
        serde_json::from_slice(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            in_our_words(message).unwrap_or_else(|| {
                let hint =
                    "send a JSON object like {\"name\": \"errors\", \"query\": \"severity:error\"}";
                FieldError::new("body", format!("{message} ({place})"), hint)
            })
        })
    }
}

/// What serde says of an unknown member, with the one that was probably meant.
pub(crate) fn in_our_words(message: &str) -> Option<FieldError> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("use one of {}", known.join(", ")),
    };
    Some(FieldError::new(name, "there is no such member", hint))
}
