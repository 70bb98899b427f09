//! A value as it is: what a field says, or a pipe worked out; how values compare, and what a column of them is.
//!
//! Invariants:
//! - numbers compare as numbers, also those that are written as text (`"500"`, `"750ms"`), durations in ms;
//! - nothing comes last, whichever way one sorts: a row without the field is never the answer to "the least";
//! - an integer that does not fit 64 bits stays the text that it was.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use nilometer_model::{Severity, Timestamp};

use super::test::{duration_ms, number};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Milliseconds.
    Duration(f64),
    Time(Timestamp),
    Severity(Severity),
    Text(Cow<'a, str>),
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Int,
    Float,
    Bool,
    Time,
    Duration,
}

/// A number, or a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
    /// Milliseconds.
    Duration(f64),
    Time(Timestamp),
}

/// A value's place among others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rank<'a> {
    /// The number, and its whole part, which is exact where the number is not.
    Number(f64, i64),
    Time(Timestamp),
    Bool(bool),
    Severity(Severity),
    Text(Cow<'a, str>),
    Null,
}

impl<'a> Value<'a> {
    /// What a piece of JSON text says.
    pub(crate) fn of_json(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => match serde_json::from_str::<&str>(raw) {
                Ok(text) => Self::Text(Cow::Borrowed(text)),
                Err(_) => serde_json::from_str::<String>(raw)
                    .map_or(Self::Null, |text| Self::Text(Cow::Owned(text))),
            },
            Some(b'-' | b'0'..=b'9') => match Number::read(raw) {
                Some(Number::Int(int)) => Self::Int(int),
                Some(Number::Float(float)) if raw.contains(['.', 'e', 'E']) => Self::Float(float),
                _ => Self::Text(Cow::Borrowed(raw)),
            },
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Text(Cow::Borrowed(raw)),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The value by itself.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Int(int) => Value::Int(int),
            Self::Float(float) => Value::Float(float),
            Self::Duration(ms) => Value::Duration(ms),
            Self::Time(time) => Value::Time(time),
            Self::Severity(severity) => Value::Severity(severity),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        }
    }

    /// The value, by reference.
    pub(crate) fn by_ref(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(int) => Value::Int(*int),
            Self::Float(float) => Value::Float(*float),
            Self::Duration(ms) => Value::Duration(*ms),
            Self::Time(time) => Value::Time(*time),
            Self::Severity(severity) => Value::Severity(*severity),
        }
    }

    /// The number that it is, or that its text says.
    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Int(int) => Some(Number::Int(*int)),
            Self::Float(float) => Some(Number::Float(*float)),
            Self::Duration(ms) => Some(Number::Duration(*ms)),
            Self::Time(time) => Some(Number::Time(*time)),
            Self::Text(text) => Number::read(text),
            Self::Null | Self::Bool(_) | Self::Severity(_) => None,
        }
    }

    /// Its place among others.
    pub(crate) fn rank(&self) -> Rank<'_> {
        match (self.number(), self) {
            (Some(Number::Time(time)), _) => Rank::Time(time),
            (Some(number), _) => Rank::Number(number.float(), number.whole()),
            (None, Self::Bool(bool)) => Rank::Bool(*bool),
            (None, Self::Severity(severity)) => Rank::Severity(*severity),
            (None, Self::Text(text)) => Rank::Text(Cow::Borrowed(text)),
            (None, _) => Rank::Null,
        }
    }

    /// What it is; null is of any type.
    pub(crate) fn type_of(&self) -> Option<Type> {
        match self {
            Self::Null => None,
            Self::Bool(_) => Some(Type::Bool),
            Self::Int(_) => Some(Type::Int),
            Self::Float(_) => Some(Type::Float),
            Self::Duration(_) => Some(Type::Duration),
            Self::Time(_) => Some(Type::Time),
            Self::Severity(_) | Self::Text(_) => Some(Type::String),
        }
    }
}

/// As text; nothing is the empty text.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) | Self::Duration(float) => write!(f, "{float}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::Severity(severity) => f.write_str(severity.name()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Type {
    /// The name, as answers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Time => "time",
            Self::Duration => "duration",
        }
    }

    /// What a column of both is.
    pub(crate) fn and(self, other: Self) -> Self {
        let numeric = |one: Self| matches!(one, Self::Int | Self::Float | Self::Duration);
        match (self, other) {
            (one, other) if one == other => one,
            (one, other) if !numeric(one) || !numeric(other) => Self::String,
            (Self::Duration, _) | (_, Self::Duration) => Self::Duration,
            _ => Self::Float,
        }
    }
}

impl Number {
    /// A number or a duration, written as text.
    fn read(text: &str) -> Option<Self> {
        let first = *text.as_bytes().first()?;
        if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
            return None;
        }
        let int = || text.parse().ok().map(Self::Int);
        let float = || number(text).map(Self::Float);
        int().or_else(float).or_else(|| duration_ms(text).map(Self::Duration))
    }

    /// As a float; a time is its nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "numbers of a query are floats above 2^53")]
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            // Both zeros are one.
            Self::Float(float) | Self::Duration(float) => float + 0.0,
            Self::Time(time) => time.0 as f64,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "only breaks ties of what is as large")]
    fn whole(self) -> i64 {
        match self {
            Self::Int(int) => int,
            Self::Float(float) | Self::Duration(float) => float as i64,
            Self::Time(time) => time.0,
        }
    }

    /// Numbers before times, each by size.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        let key = |number: Self| (matches!(number, Self::Time(_)), number.whole());
        let ((a_time, a_whole), (b_time, b_whole)) = (key(self), key(other));
        let float = || self.float().total_cmp(&other.float());
        a_time.cmp(&b_time).then_with(float).then(a_whole.cmp(&b_whole))
    }
}

impl Rank<'_> {
    pub(crate) fn into_owned(self) -> Rank<'static> {
        match self {
            Self::Number(float, whole) => Rank::Number(float, whole),
            Self::Time(time) => Rank::Time(time),
            Self::Bool(bool) => Rank::Bool(bool),
            Self::Severity(severity) => Rank::Severity(severity),
            Self::Text(text) => Rank::Text(Cow::Owned(text.into_owned())),
            Self::Null => Rank::Null,
        }
    }

    fn class(&self) -> u8 {
        match self {
            Self::Number(..) => 0,
            Self::Time(_) => 1,
            Self::Bool(_) => 2,
            Self::Severity(_) => 3,
            Self::Text(_) => 4,
            Self::Null => 5,
        }
    }

    /// Rising.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a, a_whole), Self::Number(b, b_whole)) => {
                a.total_cmp(b).then(a_whole.cmp(b_whole))
            }
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Severity(a), Self::Severity(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.class().cmp(&b.class()),
        }
    }

    /// Rising or falling, with nothing last.
    pub(crate) fn compare_in(&self, other: &Self, descending: bool) -> Ordering {
        let nothing = (*self == Self::Null).cmp(&(*other == Self::Null));
        let order = self.compare(other);
        nothing.then(if descending { order.reverse() } else { order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_what_it_is() {
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        for (raw, expect) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("500", Value::Int(500)),
            ("-0", Value::Int(0)),
            ("1.50", Value::Float(1.5)),
            ("1e3", Value::Float(1_000.0)),
            ("18446744073709551615", text("18446744073709551615")),
            ("1e999", text("1e999")),
            (r#""a\u0062""#, text("ab")),
            (r#"{"a":1}"#, text(r#"{"a":1}"#)),
        ] {
            assert_eq!(Value::of_json(raw), expect, "{raw}");
        }
    }

    #[test]
    fn numbers_compare_as_numbers_however_they_are_written_and_nothing_comes_last() {
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        let rising = [
            Value::Int(-3),
            text("-1.5"),
            text("7"),
            Value::Int(9_007_199_254_740_992),
            Value::Int(9_007_199_254_740_993),
            Value::Time(Timestamp(-5)),
            Value::Time(Timestamp(5)),
            Value::Bool(false),
            Value::Severity(Severity::Warn),
            Value::Severity(Severity::Error),
            text(""),
            text("a"),
            Value::Null,
        ];
        for pair in rising.windows(2) {
            let (a, b) = (pair[0].rank(), pair[1].rank());
            assert_eq!(a.compare(&b), Ordering::Less, "{a:?} {b:?}");
            assert_eq!(a.compare_in(&b, false), Ordering::Less, "{a:?} {b:?}");
            let nothing = if b == Rank::Null { Ordering::Less } else { Ordering::Greater };
            assert_eq!(a.compare_in(&b, true), nothing, "{a:?} {b:?}");
        }
        let same = [Value::Int(1_500), Value::Float(1_500.0), text("1.5s"), text("1500")];
        assert!(same.iter().all(|one| one.rank().compare(&same[0].rank()).is_eq()));
    }

    #[test]
    fn a_column_of_numbers_is_of_numbers_and_any_other_mix_of_text() {
        for (one, other, expect) in [
            (Type::Int, Type::Int, Type::Int),
            (Type::Int, Type::Float, Type::Float),
            (Type::Duration, Type::Int, Type::Duration),
            (Type::Int, Type::String, Type::String),
            (Type::Bool, Type::Int, Type::String),
            (Type::Time, Type::Int, Type::String),
        ] {
            assert_eq!((one.and(other), other.and(one)), (expect, expect), "{one:?} {other:?}");
        }
    }
}
