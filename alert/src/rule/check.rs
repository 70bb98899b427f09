//! From a rule as written to the rule as meant.
//!
//! Invariant: every refusal names the member and says what is allowed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::raw::{RawCondition, RawSlo};
use super::{
    AlertSeverity, Condition, FieldError, Inhibition, Length, NoData, Op, RawRule, Rule, RuleId,
    SignalName, nearest,
};
use crate::limits::{
    ANNOTATION_BYTES_MAX, EVERY_S, FOR_S, GROUP_BY_MAX, INHIBITED_BY_MAX, LABEL_BYTES_MAX,
    LABELS_MAX, NOTIFY_MAX, OVER_S, RULE_ID_BYTES_MAX, RULE_NAME_CHARS_MAX, RULE_QUERY_BYTES_MAX,
    SLO_WINDOW_S,
};
use crate::slo::Slo;

const EVERY_DEFAULT: Length = Length::seconds(60);
const OBJECTIVE: RangeInclusive<f64> = 1.0..=99.999;

impl RawRule {
    /// The rule that is meant.
    ///
    /// # Errors
    /// [`FieldError`]: what is missing, or cannot be.
    pub fn check(self) -> Result<Rule, FieldError> {
        let name = name(self.name)?;
        let every = length("every", self.every, EVERY_S)?.unwrap_or(EVERY_DEFAULT);
        let over = length("over", self.over, OVER_S)?.unwrap_or(every);
        let also_over = length("also_over", self.also_over, OVER_S)?;
        if also_over.is_some_and(|shorter| shorter >= over) {
            return Err(FieldError::new("also_over", "it is not shorter than over", "shorten it"));
        }
        let of = self.of.map(|of| query("of", of)).transpose()?;
        let slo = self.slo.map(|slo| objective(&slo, of.is_some())).transpose()?;
        let condition = match (self.condition, &slo) {
            (Some(_), Some(_)) => {
                let hint = "leave it out: the objective says when too much has failed";
                return Err(FieldError::new("condition", "a rule with slo has none", hint));
            }
            (written, _) => condition(written.unwrap_or_default())?,
        };
        let missing =
            || FieldError::new("query", "it is missing", "write query = \"severity:error\"");
        Ok(Rule {
            id: id(self.id, &name)?,
            signal: choice("signal", self.signal, &SignalName::ALL, SignalName::Logs)?,
            query: query("query", self.query.ok_or_else(missing)?)?,
            of,
            every,
            over,
            also_over,
            held: length("for", self.held, FOR_S)?.unwrap_or_default(),
            group_by: group_by(self.group_by.unwrap_or_default())?,
            condition,
            no_data: choice("no_data", self.no_data, &NoData::ALL, NoData::Ok)?,
            severity: choice(
                "severity",
                self.severity,
                &AlertSeverity::ALL,
                AlertSeverity::Warning,
            )?,
            labels: texts("labels", self.labels, LABEL_BYTES_MAX)?,
            annotations: texts("annotations", self.annotations, ANNOTATION_BYTES_MAX)?,
            notify: at_most("notify", self.notify.unwrap_or_default(), NOTIFY_MAX)?,
            runbook: self.runbook.map(runbook).transpose()?,
            inhibited_by: inhibitions(self.inhibited_by.unwrap_or_default())?,
            dry_run: self.dry_run.unwrap_or_default(),
            slo,
            name,
        })
    }
}

fn name(written: Option<String>) -> Result<String, FieldError> {
    let hint = format!("a text of 1 to {RULE_NAME_CHARS_MAX} characters");
    let name = written.ok_or_else(|| FieldError::new("name", "it is missing", &hint))?;
    let chars = name.chars().count();
    if !(1..=RULE_NAME_CHARS_MAX).contains(&chars) || name.chars().any(char::is_control) {
        return Err(FieldError::new(
            "name",
            format!("it has {chars} characters, or control characters"),
            hint,
        ));
    }
    Ok(name)
}

/// The id that is written, or one made of the name.
fn id(written: Option<String>, name: &str) -> Result<RuleId, FieldError> {
    let text = written.unwrap_or_else(|| slug(name));
    RuleId::parse(&text).ok_or_else(|| {
        let hint = format!("1 to {RULE_ID_BYTES_MAX} of a-z, 0-9, '-', '_' and '.'");
        FieldError::new("id", format!("'{text}' cannot be an id"), hint)
    })
}

fn slug(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let dashed: String = name.chars().map(letter).take(RULE_ID_BYTES_MAX).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return format!("rule-{:016x}", xxhash_rust::xxh3::xxh3_64(name.as_bytes()));
    }
    words.join("-")
}

fn query(field: &str, text: String) -> Result<String, FieldError> {
    if text.len() > RULE_QUERY_BYTES_MAX {
        let message = format!("it has {} bytes", text.len());
        return Err(FieldError::new(
            field,
            message,
            format!("at most {RULE_QUERY_BYTES_MAX} bytes"),
        ));
    }
    Ok(text)
}

fn length(
    field: &str,
    written: Option<String>,
    seconds: RangeInclusive<i64>,
) -> Result<Option<Length>, FieldError> {
    let Some(text) = written else { return Ok(None) };
    let (least, most) = (Length::seconds(*seconds.start()), Length::seconds(*seconds.end()));
    let length = Length::parse(&text).filter(|length| (least..=most).contains(length));
    length.map(Some).ok_or_else(|| {
        let hint = format!("a number and ms, s, m, h or d, such as \"5m\", from {least} to {most}");
        FieldError::new(field, format!("it is '{text}'"), hint)
    })
}

fn choice<T: Copy>(
    field: &str,
    written: Option<String>,
    known: &[(&str, T)],
    default: T,
) -> Result<T, FieldError> {
    let Some(text) = written else { return Ok(default) };
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, meant)| *meant).ok_or_else(|| {
        let names = || known.iter().map(|(name, _)| *name);
        let hint = match nearest(&text, names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("one of {}", names().collect::<Vec<_>>().join(", ")),
        };
        FieldError::new(field, format!("it is '{text}'"), hint)
    })
}

fn condition(written: RawCondition) -> Result<Condition, FieldError> {
    let op = choice("condition.op", written.op, &Op::ALL, Op::Greater)?;
    let value = written.value.unwrap_or_default();
    if !value.is_finite() {
        return Err(FieldError::new("condition.value", "it is no number", "a finite number"));
    }
    Ok(Condition { op, value })
}

fn group_by(fields: Vec<String>) -> Result<Vec<String>, FieldError> {
    for field in &fields {
        let plain = |c: char| c.is_alphanumeric() || "_.-/".contains(c);
        if field.is_empty() || !field.chars().all(plain) {
            let hint = "a field's name, such as component";
            return Err(FieldError::new("group_by", format!("'{field}' is no field's name"), hint));
        }
    }
    at_most("group_by", fields, GROUP_BY_MAX)
}

fn at_most<T>(field: &str, list: Vec<T>, most: usize) -> Result<Vec<T>, FieldError> {
    if list.len() > most {
        let message = format!("it has {} elements", list.len());
        return Err(FieldError::new(field, message, format!("at most {most}")));
    }
    Ok(list)
}

/// Labels or annotations.
fn texts(
    field: &str,
    written: Option<BTreeMap<String, String>>,
    bytes_max: usize,
) -> Result<BTreeMap<String, String>, FieldError> {
    let texts = written.unwrap_or_default();
    if texts.len() > LABELS_MAX {
        let message = format!("there are {}", texts.len());
        return Err(FieldError::new(field, message, format!("at most {LABELS_MAX}")));
    }
    for (name, text) in &texts {
        let field = format!("{field}.{name}");
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(letter)
        {
            let hint = "letters, digits and '_', and no digit first";
            return Err(FieldError::new(&field, "this cannot be a name", hint));
        }
        if text.len() > bytes_max {
            let message = format!("it has {} bytes", text.len());
            return Err(FieldError::new(&field, message, format!("at most {bytes_max} bytes")));
        }
    }
    Ok(texts)
}

fn runbook(url: String) -> Result<String, FieldError> {
    let fits = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme))
        && url.len() <= ANNOTATION_BYTES_MAX
        && !url.contains(char::is_whitespace);
    if fits {
        Ok(url)
    } else {
        Err(FieldError::new("runbook", "it is no URL", "http:// or https://"))
    }
}

fn inhibitions(written: Vec<Inhibition>) -> Result<Vec<Inhibition>, FieldError> {
    for inhibition in &written {
        let id = inhibition.rule.as_str();
        if RuleId::parse(id).is_none() {
            return Err(FieldError::new(
                "inhibited_by",
                format!("'{id}' is no rule's id"),
                "the id of the cause",
            ));
        }
    }
    at_most("inhibited_by", written, INHIBITED_BY_MAX)
}

fn objective(written: &RawSlo, has_whole: bool) -> Result<Slo, FieldError> {
    if !has_whole {
        let hint = "`query` counts what is bad, `of` counts all of it";
        return Err(FieldError::new("slo", "a rule with slo needs `of`", hint));
    }
    let hint = format!("percent, from {} to {}, such as 99.9", OBJECTIVE.start(), OBJECTIVE.end());
    let objective = written.objective.filter(|percent| OBJECTIVE.contains(percent));
    let objective = objective
        .ok_or_else(|| FieldError::new("slo.objective", "it is missing, or none", hint))?;
    let window = length("slo.window", written.window.clone(), SLO_WINDOW_S)?;
    Ok(Slo { objective, window: window.unwrap_or(Length::seconds(30 * 86_400)) })
}
