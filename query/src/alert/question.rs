//! What a rule asks, as plans that are ready to run.
//!
//! ```text
//!   severity:error                         group_by = ["component"]
//!   severity:error | stats count() by component
//!                          value      label
//! ```
//! Invariants:
//! - a query without pipes counts; one with pipes ends in a table of `stats`, whose first call is the value;
//! - the groups are what the table is grouped by, and never bins of time: the rule's range is the bin.

use std::sync::Arc;

use nilometer_alert::{FieldError, Length, Rule, SignalName};
use nilometer_model::{Rows, Samples, Spans, Tenant, TimeRange, Timestamp};

use crate::language::{Function, Pipe, SyntaxError, parse_query};
use crate::plan::{Plan, Signal};

/// A rule, and its queries.
#[derive(Debug, Clone)]
pub(crate) struct Questions {
    pub(crate) rule: Arc<Rule>,
    pub(crate) query: Question,
    /// The whole of which the query counts a part.
    pub(crate) of: Option<Question>,
}

/// One query.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) plan: AnyPlan,
    /// The columns that are labels.
    pub(crate) labels: Vec<String>,
    /// The column that is the value.
    pub(crate) value: String,
    /// The query as it is asked.
    text: String,
    /// How values of parts of a range make that of the range, if they do.
    pub(super) joins: Option<Function>,
}

/// A plan of one of the signals. What health says is given as records.
#[derive(Debug, Clone)]
pub(crate) enum AnyPlan {
    Logs(Arc<Plan<Rows>>),
    Spans(Arc<Plan<Spans>>),
    Samples(Arc<Plan<Samples>>),
    Health(Arc<Plan<Rows>>),
}

/// Whether the rule's queries can be understood.
///
/// # Errors
/// [`FieldError`], with the column where the language has one.
pub fn check_rule(rule: &Rule) -> Result<(), FieldError> {
    let rules = rule.meant().into_iter();
    rules
        .map(|rule| Questions::of(&Tenant::default(), rule))
        .collect::<Result<Vec<_>, _>>()
        .map(drop)
}

impl Questions {
    /// What `rule` asks of the tenant's data.
    pub(crate) fn of(tenant: &Tenant, rule: Rule) -> Result<Self, FieldError> {
        let query = Question::read(tenant, &rule, ("query", &rule.query))?;
        let of = rule.of.as_ref().map(|of| Question::read(tenant, &rule, ("of", of)));
        Ok(Self { query, of: of.transpose()?, rule: Arc::new(rule) })
    }
}

impl Question {
    fn read(tenant: &Tenant, rule: &Rule, (field, text): (&str, &str)) -> Result<Self, FieldError> {
        let placed = |error: SyntaxError| FieldError {
            field: field.to_owned(),
            message: error.problem.to_string(),
            hint: error.hint,
            column: Some(error.column),
        };
        let text = grouped(rule, (field, text), placed)?;
        let plan = AnyPlan::parse(tenant, rule.signal, &text).map_err(placed)?;
        if plan.asks_patterns() {
            let hint = "a pattern grows while the rule stays: say the words that the records have";
            return Err(FieldError::new(field, "a rule cannot ask for patterns", hint));
        }
        let pipes = parse_query(&text).map_err(placed)?.pipes;
        let (labels, value) = columns(&pipes).ok_or_else(|| {
            let hint = "end it with stats, such as | stats p95(duration) by service";
            FieldError::new(field, "its pipes leave no number to compare", hint)
        })?;
        let joins = joins(rule.signal, &pipes);
        Ok(Self { plan, labels, value, text, joins })
    }

    /// The same, for each bin of so long by itself; the bins are a column of this name.
    pub(super) fn binned(
        &self,
        tenant: &Tenant,
        signal: SignalName,
        bin: Length,
    ) -> Option<AnyPlan> {
        let by = if self.labels.is_empty() { " by" } else { "," };
        let text = format!("{}{by} bin({bin}) as {BIN}", self.text);
        AnyPlan::parse(tenant, signal, &text).ok()
    }

    /// The same, for each bin of receipts by itself, too.
    pub(super) fn binned_by_receipt(
        &self,
        tenant: &Tenant,
        signal: SignalName,
        (bin, received): (Length, Length),
    ) -> Option<AnyPlan> {
        let by = if self.labels.is_empty() { " by" } else { "," };
        let bins = format!("bin({bin}) as {BIN}, bin(received, {received}) as {RECEIVED}");
        AnyPlan::parse(tenant, signal, &format!("{}{by} {bins}", self.text)).ok()
    }
}

/// What the column of bins is called.
pub(super) const BIN: &str = "step_of_rule";
/// What the column of bins of receipts is called.
pub(super) const RECEIVED: &str = "receipt_of_rule";

/// Counts, sums and extremes of parts are those of the whole; of other numbers nothing follows.
fn joins(signal: SignalName, pipes: &[Pipe]) -> Option<Function> {
    let [Pipe::Stats { calls, .. }] = pipes else { return None };
    let function = calls.first()?.function;
    let joins = matches!(function, Function::Count | Function::Sum | Function::Min | Function::Max);
    (joins && signal != SignalName::Health).then_some(function)
}

impl AnyPlan {
    fn parse(tenant: &Tenant, signal: SignalName, text: &str) -> Result<Self, SyntaxError> {
        match signal {
            SignalName::Logs => plan(tenant, text).map(Self::Logs),
            SignalName::Spans => plan(tenant, text).map(Self::Spans),
            SignalName::Samples => plan(tenant, text).map(Self::Samples),
            SignalName::Health => plan(tenant, text).map(Self::Health),
        }
    }
}

impl AnyPlan {
    /// The same of what had been received before that.
    pub(super) fn received_before(&self, bound: Timestamp) -> Self {
        match self {
            Self::Logs(plan) => Self::Logs(Arc::new(plan.received_before(bound))),
            Self::Spans(plan) => Self::Spans(Arc::new(plan.received_before(bound))),
            Self::Samples(plan) => Self::Samples(Arc::new(plan.received_before(bound))),
            Self::Health(plan) => Self::Health(Arc::clone(plan)),
        }
    }

    /// The same of what was received then or later.
    pub(super) fn received_since(&self, since: Timestamp) -> Self {
        match self {
            Self::Logs(plan) => Self::Logs(Arc::new(plan.received_since(since))),
            Self::Spans(plan) => Self::Spans(Arc::new(plan.received_since(since))),
            Self::Samples(plan) => Self::Samples(Arc::new(plan.received_since(since))),
            Self::Health(plan) => Self::Health(Arc::clone(plan)),
        }
    }

    fn asks_patterns(&self) -> bool {
        match self {
            Self::Logs(plan) => plan.asks_patterns(),
            // Its records have an attribute of that name.
            Self::Health(_) => false,
            Self::Spans(plan) => plan.asks_patterns(),
            Self::Samples(plan) => plan.asks_patterns(),
        }
    }
}

fn plan<S: Signal>(tenant: &Tenant, text: &str) -> Result<Arc<Plan<S>>, SyntaxError> {
    Plan::parse(tenant, text, TimeRange::ALL).map(Arc::new)
}

/// The query with what the rule adds: the count where it has no pipes, and by which fields.
fn grouped(
    rule: &Rule,
    (field, text): (&str, &str),
    placed: impl Fn(SyntaxError) -> FieldError,
) -> Result<String, FieldError> {
    let by = match rule.group_by.as_slice() {
        [] => String::new(),
        fields => {
            format!(" by {}", fields.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
        }
    };
    let pipes = parse_query(text).map_err(placed)?.pipes;
    match pipes.last() {
        None => Ok(format!("{text} | stats count(){by}")),
        Some(Pipe::Stats { by: keys, .. }) if keys.is_empty() => Ok(format!("{text}{by}")),
        Some(_) if rule.group_by.is_empty() => Ok(text.to_owned()),
        Some(Pipe::Stats { by: keys, .. })
            if same(keys.iter().map(|key| &key.name.text), &rule.group_by) =>
        {
            Ok(text.to_owned())
        }
        Some(_) => {
            let hint = "say `by` in the query, or group_by in the rule";
            Err(FieldError::new(field, "it groups otherwise than group_by does", hint))
        }
    }
}

fn quoted(name: &str) -> String {
    if name.contains('/') { format!("\"{name}\"") } else { name.to_owned() }
}

fn same<'a>(keys: impl Iterator<Item = &'a String>, group_by: &[String]) -> bool {
    let (mut keys, mut named): (Vec<_>, Vec<_>) = (keys.collect(), group_by.iter().collect());
    keys.sort_unstable();
    named.sort_unstable();
    keys == named
}

/// The columns of the last grouping: labels, and the value.
fn columns(pipes: &[Pipe]) -> Option<(Vec<String>, String)> {
    let last = pipes.iter().rev().find_map(|pipe| match pipe {
        Pipe::Stats { calls, by } => Some((calls, by)),
        _ => None,
    });
    let (calls, by) = last?;
    let leaves_it = |pipe: &Pipe| !matches!(pipe, Pipe::Fields(_) | Pipe::Histogram { .. });
    let value = calls.first().filter(|_| pipes.iter().all(leaves_it))?;
    let labels = by.iter().map(|key| key.step.is_none().then(|| key.name.text.clone()));
    Some((labels.collect::<Option<_>>()?, value.name.text.clone()))
}

#[cfg(test)]
mod tests {
    use nilometer_alert::RawRule;

    use super::*;

    #[track_caller]
    fn check(more: &str, expect: Result<(&[&str], &str), &str>) {
        let json = format!(r#"{{"name": "r", {more}}}"#);
        let rule = RawRule::from_json(json.as_bytes()).unwrap().check().unwrap();
        let read = Questions::of(&Tenant::default(), rule);
        let said = read.map(|q| (q.query.labels.clone(), q.query.value.clone()));
        let said = said
            .map_err(|e| format!("{}:{}: {}", e.field, e.column.unwrap_or_default(), e.message));
        let expect = expect.map(|(labels, value)| {
            (labels.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>(), value.to_owned())
        });
        assert_eq!(said, expect.map_err(str::to_owned));
    }

    #[test]
    fn a_query_counts_unless_it_says_otherwise() {
        check(r#""query": "severity:error""#, Ok((&[], "count()")));
        check(
            r#""query": "", "group_by": ["component", "a/b"]"#,
            Ok((&["component", "a/b"], "count()")),
        );
        check(r#""query": "\"a | b\"", "group_by": ["node"]"#, Ok((&["node"], "count()")));
        check(
            r#""query": "| stats p95( duration ) as slow", "signal": "spans", "group_by": ["service"]"#,
            Ok((&["service"], "slow")),
        );
        check(
            r#""query": "| stats max(value), count() by node", "signal": "samples""#,
            Ok((&["node"], "max(value)")),
        );
        check(
            r#""query": "| stats count() by a, b", "group_by": ["b", "a"]"#,
            Ok((&["a", "b"], "count()")),
        );
        check(
            r#""query": "| stats count() by a | sort count() desc | limit 3""#,
            Ok((&["a"], "count()")),
        );
        check(
            r#""query": "state:failing", "signal": "health", "group_by": ["component"]"#,
            Ok((&["component"], "count()")),
        );
    }

    #[test]
    fn what_gives_no_number_is_refused_with_its_column() {
        check(
            r#""query": "severity:error ) x""#,
            Err("query:16: expected a filter or `|`, found `)`"),
        );
        check(
            r#""query": "a", "of": "b | stat count()""#,
            Err("of:5: no such pipe: `stat`; did you mean `stats`?"),
        );
        check(
            r#""query": "pattern:0123456789abcdef""#,
            Err("query:0: a rule cannot ask for patterns"),
        );
        check(
            r#""query": "| fields message""#,
            Err("query:0: its pipes leave no number to compare"),
        );
        check(
            r#""query": "| stats count() by bin(1m)""#,
            Err("query:0: its pipes leave no number to compare"),
        );
        check(
            r#""query": "| stats count() by a", "group_by": ["b"]"#,
            Err("query:0: it groups otherwise than group_by does"),
        );
    }
}
