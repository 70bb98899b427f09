//! The trace and the span that a line says it belongs to, so that it leads to its trace and back.
//!
//! ```text
//!   {"level":"info","trace_id":"4bf9…4736","span_id":"00f0…02b7"}      a member of a JSON line
//!   level=info msg=paid traceId="4bf9…4736" spanId=00f0…02b7           logfmt, or in a sentence
//!   incoming traceparent: 00-4bf9…4736-00f0…02b7-01                    W3C trace context
//!   uber-trace-id: 4bf9…4736:f067…02b7:0:1                             Jaeger
//!   X-B3-TraceId: a3ce929d0e0e4736 X-B3-SpanId: 00f0…02b7              B3
//!   b3: a3ce929d0e0e4736-00f0…02b7-1                                   B3 in one header
//!   10.0.0.7 "GET /cart" 200 "00-4bf9…4736-00f0…02b7-01"               W3C trace context without its name
//!   dd.trace_id=9532127138774266268 dd.span_id=67667974448284343       Datadog
//! ```
//! Invariants:
//! - a trace's id is exactly 32 hex digits, or 16 as B3 has them, which stand for the lower half; a span's
//!   16; Jaeger leaves leading zeros out; Datadog's are decimal numbers of 64 bits; none is zero; what is no id is passed over;
//! - the first wins, but in a JSON line its own members before what its texts quote;
//! - a span is only taken beside a trace: alone it leads nowhere;
//! - what has a name with `trace` in it goes before what has none;
//! - a line is looked at, never changed, and only in its first [`TRACE_NAMES_BYTES`];
//! - one in which none of a few short [`TRACE_WORDS`] stands says nothing of a trace.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::limits::TRACE_NAMES_BYTES;

/// At least one stands in whatever says what trace it belongs to: in every name of a trace, whatever the case of its
/// first letter; where a W3C trace context begins; as the name of B3's one header.
pub(crate) const TRACE_WORDS: [&str; 4] = [IN_NAMES, CONTEXT_BEGINS, IN_B3[0], IN_B3[1]];
const IN_NAMES: &str = "race";
const CONTEXT_BEGINS: &str = "00-";
const IN_B3: [&str; 2] = ["b3", "B3"];

static TRACE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(IN_NAMES));
/// What every name of a span holds, likewise.
static SPAN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("pan"));
static CONTEXT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CONTEXT_BEGINS));
static B3: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| IN_B3.map(Finder::new));

const TRACE_NAMES: [&[u8]; 10] = [
    b"trace_id",
    b"traceId",
    b"traceID",
    b"TraceId",
    b"TraceID",
    b"trace.id",
    b"otelTraceID",
    b"dd.trace_id",
    b"X-B3-TraceId",
    b"x-b3-traceid",
];
const SPAN_NAMES: [&[u8]; 10] = [
    b"span_id",
    b"spanId",
    b"spanID",
    b"SpanId",
    b"SpanID",
    b"span.id",
    b"otelSpanID",
    b"dd.span_id",
    b"X-B3-SpanId",
    b"x-b3-spanid",
];
/// The names whose value has both.
const CONTEXT_NAMES: [&[u8]; 2] = [b"traceparent", b"Traceparent"];
/// The same, as Jaeger's own clients write it.
const JAEGER_NAMES: [&[u8]; 2] = [b"uber-trace-id", b"Uber-Trace-Id"];
/// What names begin with whose ids are decimal.
const DECIMAL: &[u8] = b"dd.";
/// Bytes of a W3C trace context of version 00.
const CONTEXT_BYTES: usize = 55;
/// Bytes of the longest of these names.
const NAME_BYTES_MAX: usize = 13;

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceIds {
    /// The trace.
    pub trace: [u8; 16],
    /// The span of it.
    pub span: Option<[u8; 8]>,
}

/// The ids that `message` says of itself.
pub fn trace_ids(message: &str) -> Option<TraceIds> {
    let text = message.as_bytes();
    let head = &text[..text.len().min(TRACE_NAMES_BYTES)];
    let is_json = text.trim_ascii_start().first() == Some(&b'{');
    let traces = TRACE.find_iter(head).filter_map(|at| {
        let field = Field::around(text, at)?;
        Some((field.is_member, ids(&field)?))
    });
    let Some(mut found) = first(traces, is_json) else {
        return nameless_context(head).or_else(|| b3(text, head.len()));
    };
    if found.span.is_none() {
        let spans = SPAN.find_iter(head).filter_map(|at| {
            let field = Field::around(text, at)?;
            let is_span = SPAN_NAMES.contains(&field.name);
            Some((field.is_member, is_span.then(|| span_id(&field))??))
        });
        found.span = first(spans, is_json);
    }
    Some(found)
}

/// The first of what was found; in a JSON line, the first that is a member of it, if any is.
fn first<T>(mut found: impl Iterator<Item = (bool, T)>, is_json: bool) -> Option<T> {
    let (is_member, earliest) = found.next()?;
    if is_member || !is_json {
        return Some(earliest);
    }
    found.find(|(is_member, _)| *is_member).map(|(_, id)| id).or(Some(earliest))
}

/// A name, and what is written behind its `:` or `=`.
struct Field<'a> {
    name: &'a [u8],
    /// From its first byte to the line's end, without its opening quote.
    value: &'a [u8],
    /// Its name is quoted as a member of a JSON object, not of one that a text quotes.
    is_member: bool,
}

impl<'a> Field<'a> {
    /// The field in whose name `at` lies.
    fn around(text: &'a [u8], at: usize) -> Option<Self> {
        let start = at - name_bytes(text[..at].iter().rev());
        let (before, name) = text.split_at(start);
        let (name, behind) = name.split_at(name_bytes(name.iter()));
        let is_member = before.ends_with(b"\"") && !before.ends_with(b"\\\"");
        let is_member = is_member && behind.first() == Some(&b'"');
        let [b':' | b'=', value @ ..] = past_quote(behind).trim_ascii_start() else {
            return None;
        };
        Some(Self { name, value: past_quote(value.trim_ascii_start()), is_member })
    }
}

/// How many of these belong to a name, as far as it matters.
fn name_bytes<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.take(NAME_BYTES_MAX + 1).take_while(|byte| is_of_name(**byte)).count()
}

/// Behind a quote, escaped or not, if there is one.
fn past_quote(text: &[u8]) -> &[u8] {
    match text {
        [b'"' | b'\'', rest @ ..] | [b'\\', b'"', rest @ ..] => rest,
        _ => text,
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn ids(field: &Field<'_>) -> Option<TraceIds> {
    if CONTEXT_NAMES.contains(&field.name) {
        return context(field.value);
    }
    if JAEGER_NAMES.contains(&field.name) {
        return jaeger(field.value);
    }
    let trace = TRACE_NAMES.contains(&field.name).then(|| trace_id(field))??;
    Some(TraceIds { trace, span: None })
}

fn trace_id(field: &Field<'_>) -> Option<[u8; 16]> {
    if let Some(id) = id(field.value) {
        return Some(id);
    }
    span_id(field).map(padded)
}

/// Sixteen digits, or a number where the name says so.
fn span_id(field: &Field<'_>) -> Option<[u8; 8]> {
    if !field.name.starts_with(DECIMAL) {
        return id(field.value);
    }
    let count = field.value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (decimal, rest) = field.value.split_at(count);
    if !ends_word(rest) {
        return None;
    }
    let number = std::str::from_utf8(decimal).ok()?.parse::<u64>().ok()?;
    (number != 0).then(|| number.to_be_bytes())
}

/// The trace whose lower half is `half`.
fn padded(half: [u8; 8]) -> [u8; 16] {
    u128::from(u64::from_be_bytes(half)).to_be_bytes()
}

/// A trace's id and a span's, which stand beside each other without names.
pub(crate) fn id_pair(trace: &str, span: &str) -> Option<TraceIds> {
    let trace = id(trace.as_bytes()).or_else(|| id(trace.as_bytes()).map(padded))?;
    Some(TraceIds { trace, span: Some(id(span.as_bytes())?) })
}

/// `00-TRACE-SPAN-` and flags, which say nothing of where a line belongs.
fn context(value: &[u8]) -> Option<TraceIds> {
    let (trace, rest) = digits(value.strip_prefix(b"00-")?)?;
    let (span, rest) = digits(rest.strip_prefix(b"-")?)?;
    rest.starts_with(b"-").then_some(TraceIds { trace, span: Some(span) })
}

/// The first trace context that stands as a word of its own.
fn nameless_context(head: &[u8]) -> Option<TraceIds> {
    CONTEXT.find_iter(head).find_map(|at| {
        let found = context(&head[at..])?;
        let (flags, rest) = head.get(at + CONTEXT_BYTES - 2..)?.split_at_checked(2)?;
        let is_whole = flags.iter().all(u8::is_ascii_hexdigit) && ends_word(rest);
        (is_whole && begins_word(&head[..at])).then_some(found)
    })
}

/// `TRACE-SPAN`, and how it is sampled, behind B3's one name in the first `names` bytes.
fn b3(text: &[u8], names: usize) -> Option<TraceIds> {
    B3.iter().find_map(|finder| {
        finder.find_iter(&text[..names]).find_map(|at| {
            let field = Field::around(text, at).filter(|field| field.name.len() == 2)?;
            let (trace, rest) = digits(field.value)
                .filter(|(_, rest)| rest.starts_with(b"-"))
                .or_else(|| digits(field.value).map(|(half, rest)| (padded(half), rest)))?;
            let (span, rest) = digits(rest.strip_prefix(b"-")?)?;
            (rest.first() == Some(&b'-') || ends_word(rest))
                .then_some(TraceIds { trace, span: Some(span) })
        })
    })
}

/// `TRACE:SPAN:`, the span before it, and flags.
fn jaeger(value: &[u8]) -> Option<TraceIds> {
    let (trace, rest) = number_up_to_colon(value, 32)?;
    let (span, _) = number_up_to_colon(rest, 16)?;
    let span = u64::try_from(span).ok()?.to_be_bytes();
    Some(TraceIds { trace: trace.to_be_bytes(), span: Some(span) })
}

/// At most so many hex digits with a `:` behind them, not all zero; and what is behind that.
fn number_up_to_colon(value: &[u8], digits_max: usize) -> Option<(u128, &[u8])> {
    let count = value.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, rest) = value.split_at(count);
    let digits = std::str::from_utf8(digits).ok().filter(|_| count <= digits_max)?;
    let number = u128::from_str_radix(digits, 16).ok().filter(|number| *number != 0)?;
    Some((number, rest.strip_prefix(b":")?))
}

/// An id that is all of a word.
fn id<const N: usize>(value: &[u8]) -> Option<[u8; N]> {
    let (id, rest) = digits(value)?;
    ends_word(rest).then_some(id)
}

fn ends_word(rest: &[u8]) -> bool {
    !rest.first().is_some_and(|byte| is_of_word(*byte))
}

fn begins_word(before: &[u8]) -> bool {
    !before.last().is_some_and(|byte| is_of_word(*byte))
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// `2 * N` hex digits that are not all zero, and what is behind them.
fn digits<const N: usize>(text: &[u8]) -> Option<([u8; N], &[u8])> {
    let (digits, rest) = text.split_at_checked(2 * N)?;
    let (pairs, _) = digits.as_chunks::<2>();
    let (mut id, mut all) = ([0; N], 0);
    for (byte, [high, low]) in id.iter_mut().zip(pairs) {
        let (high, low) = (DIGITS[usize::from(*high)], DIGITS[usize::from(*low)]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (all != NO_DIGIT && id != [0; N]).then_some((id, rest))
}

const NO_DIGIT: u8 = 0xff;

/// What a byte is worth as a hex digit. Looked up, since nobody foretells which are letters.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let lower = b"0123456789abcdef"[value as usize];
        digits[lower as usize] = value;
        digits[lower.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests;
