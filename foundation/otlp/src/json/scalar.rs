//! Single values, as leniently as they can be understood; null is always "not there".

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Any JSON value that is neither object nor list.
enum Scalar<'a> {
    Null,
    Flag(bool),
    Integer(i128),
    Double(f64),
    Text(Cow<'a, str>),
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Double(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }
}

/// A text, borrowed from the body unless it has escapes.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Null => Ok(Self(Cow::Borrowed(""))),
            Scalar::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("want a text")),
        }
    }
}

pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map(|text| text.0.into_owned())
}

pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Scalar::deserialize(deserializer)? {
        Scalar::Null => Ok(false),
        Scalar::Flag(flag) => Ok(flag),
        Scalar::Text(text) => text.parse().map_err(|_| D::Error::custom("want true or false")),
        _ => Err(D::Error::custom("want true or false")),
    }
}

/// A whole number of any size, with or without quotes; one like `1.0` is whole too.
pub(super) fn integer<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    let scalar = Scalar::deserialize(deserializer)?;
    let number = whole(&scalar).ok_or_else(|| D::Error::custom("want a whole number"))?;
    T::try_from(number).map_err(|_| D::Error::custom(format!("{number} is out of range")))
}

fn whole(scalar: &Scalar<'_>) -> Option<i128> {
    match scalar {
        Scalar::Null => Some(0),
        Scalar::Integer(number) => Some(*number),
        Scalar::Double(number) => whole_double(*number),
        Scalar::Text(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole_double(text.parse().ok()?))
        }
        Scalar::Flag(_) => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole and far smaller than what i128 holds")]
fn whole_double(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 1e30).then_some(number as i128)
}

/// A time in nanoseconds since 1970. One before that is what protobuf makes of it, a number of the upper half.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let ns: i128 = integer(deserializer)?;
    let unsigned = u64::try_from(ns).or_else(|_| i64::try_from(ns).map(i64::cast_unsigned));
    unsigned.map_err(|_| D::Error::custom(format!("{ns} is out of range")))
}

/// A number, with or without quotes; NaN and infinities come in quotes.
pub(super) fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    optional_double(deserializer).map(Option::unwrap_or_default)
}

pub(super) fn optional_double<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    match Scalar::deserialize(deserializer)? {
        Scalar::Null => Ok(None),
        #[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
        Scalar::Integer(number) => Ok(Some(number as f64)),
        Scalar::Double(number) => Ok(Some(number)),
        Scalar::Text(text) => {
            let number = text.trim().parse();
            number.map(Some).map_err(|_| D::Error::custom("want a number"))
        }
        Scalar::Flag(_) => Err(D::Error::custom("want a number")),
    }
}

/// The hex digits of an id, in any case; or what protobuf's own JSON makes of bytes, which the protocol does
/// not allow and some write: padded base64, which is never hex.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Text::deserialize(deserializer)?.0;
    let bytes = if text.ends_with('=') { BASE64.decode(&*text).ok() } else { hex(&text) };
    bytes.ok_or_else(|| D::Error::custom("an id: want an even number of hex digits"))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let bytes = pairs.iter().map(|[high, low]| {
        let byte = digit(*high)? << 4 | digit(*low)?;
        u8::try_from(byte).ok()
    });
    bytes.collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Base64 of either alphabet, padded or not.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Text::deserialize(deserializer)?.0;
    let url_safe = text.contains(['-', '_']);
    let decoded = if url_safe { BASE64_URL.decode(&*text) } else { BASE64.decode(&*text) };
    decoded.map_err(|error| D::Error::custom(format!("not base64: {error}")))
}

/// A code or a name; one that nobody knows yet is as good as none.
fn code<'de, D: Deserializer<'de>>(
    deserializer: D,
    of_name: fn(&str) -> Option<i32>,
) -> Result<i32, D::Error> {
    let scalar = Scalar::deserialize(deserializer)?;
    let number = match (&scalar, whole(&scalar)) {
        (Scalar::Text(name), None) => of_name(name).unwrap_or_default().into(),
        (_, Some(number)) => number,
        _ => return Err(D::Error::custom("want a code or its name")),
    };
    Ok(i32::try_from(number).unwrap_or_default())
}

pub(super) fn span_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    code(deserializer, |name| SpanKind::from_str_name(name).map(|kind| kind as i32))
}

pub(super) fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    code(deserializer, |name| StatusCode::from_str_name(name).map(|code| code as i32))
}

pub(super) fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    code(deserializer, |name| SeverityNumber::from_str_name(name).map(|number| number as i32))
}

pub(super) fn temporality<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    code(deserializer, |name| AggregationTemporality::from_str_name(name).map(|of| of as i32))
}

/// A list of whole numbers.
pub(super) fn integers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Number(#[serde(deserialize_with = "integer")] u64);
    let numbers = Option::<Vec<Number>>::deserialize(deserializer)?;
    Ok(numbers.unwrap_or_default().into_iter().map(|number| number.0).collect())
}

/// A list of numbers.
pub(super) fn doubles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Number(#[serde(deserialize_with = "double")] f64);
    let numbers = Option::<Vec<Number>>::deserialize(deserializer)?;
    Ok(numbers.unwrap_or_default().into_iter().map(|number| number.0).collect())
}
