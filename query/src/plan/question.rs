//! A filter on records as what a split is asked.
//!
//! Invariant: both mean the same, row by row.

use std::sync::Arc;

use nilometer_model::{Rows, Severity, Tenant};
use nilometer_store::records::{AttributeTest, Expression, Literal, Question, RowSet, RowTest};

use super::attributes::attribute;
use super::field::Field;
use super::signal::SignalField;
use super::test::Test;
use super::text::{Text, TextKind};
use super::{Step, fitting};

/// What of the tenant's rows the filter asks.
pub(crate) fn of_tenant(tenant: &Tenant, root: &Step<Rows>) -> Question {
    let name = tenant.name().to_owned();
    let own = Question::Origin(Arc::new(move |origin| origin.tenant == name));
    Question::And(vec![own, question(root)])
}

fn question(step: &Step<Rows>) -> Question {
    let all = |steps: &[Step<Rows>]| steps.iter().map(question).collect();
    match step {
        Step::All => Question::All,
        Step::Text(text) => Question::Text(literal(text)),
        Step::Pattern(regex) => Question::Expression(Expression::new(regex.clone())),
        Step::Field(field, test) => of_field(field, test),
        Step::And(steps) => Question::And(all(steps)),
        Step::Or(steps) => Question::Or(all(steps)),
        Step::Not(step) => Question::Not(Box::new(question(step))),
    }
}

fn literal(text: &Text) -> Literal {
    match text.kind {
        TextKind::Phrase => Literal::phrase(&text.text),
        TextKind::Prefix => Literal::prefix(&text.text),
        TextKind::Substring => Literal::substring(&text.text),
    }
}

fn of_field(field: &Field, test: &Test) -> Question {
    match (field, test) {
        (Field::Severity, _) => {
            let fits = |severity: &Severity| test.fits(severity.name());
            Question::Severity(Severity::ALL.into_iter().filter(fits).collect())
        }
        (Field::Attribute(name), _) => of_attribute(name, test),
        (Field::TraceId, Test::In(ids)) => {
            Question::Or(ids.iter().filter_map(|id| trace_id(id)).map(Question::Trace).collect())
        }
        (Field::Message, Test::Fits(regex)) if !regex.is_match("") => {
            Question::Expression(Expression::new(regex.clone()))
        }
        (Field::Message, Test::In(texts)) => {
            let texts = texts.iter().map(|text| Question::Text(Literal::substring(text)));
            Question::And(vec![Question::Or(texts.collect()), of_rows(field, test)])
        }
        (Field::Pattern(known), _) => {
            let (known, test) = (known.clone(), test.clone());
            Question::Skeleton(Arc::new(move |skeleton| {
                known.pattern(skeleton).is_some_and(|pattern| test.fits(&pattern.to_string()))
            }))
        }
        _ if field.is_of_origin() => {
            let (field, test) = (field.clone(), test.clone());
            let fits = move |value: &str| test.fits(value);
            Question::Origin(Arc::new(move |origin| {
                field.said_by(origin).is_some_and(|value| fits(&value))
            }))
        }
        _ => of_rows(field, test),
    }
}

fn of_rows(field: &Field, test: &Test) -> Question {
    let (field, test) = (field.clone(), test.clone());
    let columns = field.columns();
    let fits = move |rows: &Rows| fitting(&field, &test, rows, &RowSet::all(rows.len()));
    Question::Rows(RowTest { columns, fits: Arc::new(fits) })
}

/// As a test of an object, and what the index is asked.
fn of_attribute(name: &str, test: &Test) -> Question {
    let any = indexed(name, test);
    let (name, test) = (name.to_owned(), test.clone());
    let fits = move |json: &str| attribute(json, &name).is_some_and(|value| test.fits(&value));
    Question::Attributes(AttributeTest { any, fits: Arc::new(fits) })
}

/// Keys, some with their value, of which each object that passes has one. An attribute `a.b` is one of that name, or
/// `b` inside of `a`.
pub(super) fn indexed(name: &str, test: &Test) -> Vec<(String, Option<String>)> {
    let named = |value: Option<&String>| (name.to_owned(), value.cloned());
    let own: Vec<_> = match test {
        Test::In(values) => values.iter().map(|value| named(Some(value))).collect(),
        _ => vec![named(None)],
    };
    let outer = name.match_indices('.').map(|(dot, _)| (name[..dot].to_owned(), None));
    own.into_iter().chain(outer).collect()
}

/// The id that is written so: 32 digits, and not only zeros.
fn trace_id(text: &str) -> Option<[u8; 16]> {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let written = text.len() == 32 && text.as_bytes().iter().all(is_digit);
    let id = u128::from_str_radix(text, 16).ok().filter(|id| written && *id != 0)?;
    Some(id.to_be_bytes())
}
