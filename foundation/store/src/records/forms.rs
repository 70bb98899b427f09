//! Attributes, cut into their form (the keys and all between them) and their values.
//!
//! ```text
//!   {"user":"ann","took_ms":12,"tags":["a","b"]}
//!   form: {"user":␁,"took_ms":␁,"tags":␁}     values: "ann"  12  ["a","b"]
//! ```
//! Invariants:
//! - the form with each mark replaced by its value is the text, byte by byte;
//! - a value has no line break: what is not one object, or not written so, stays whole;
//! - only the outermost object is cut: what stands inside a value is part of it.

use super::cut::Span;
use super::token::MARK;
use crate::limits::TEMPLATE_SLOTS_MAX;

/// Appends the form of `text` from `from` on and the spans of its values. `None` when it must stay whole.
pub(crate) fn cut(
    text: &[u8],
    from: usize,
    form: &mut Vec<u8>,
    spans: &mut Vec<Span>,
) -> Option<()> {
    if from == text.len() {
        return Some(());
    }
    let first = spans.len();
    let mut copied = from;
    let mut at = from + usize::from(text[from] == b'{');
    if at == from {
        return None;
    }
    while text.get(at) == Some(&b'"') {
        at = string(text, at)?;
        (text.get(at) == Some(&b':')).then_some(())?;
        let start = at + 1;
        at = value(text, start)?;
        if spans.len() - first == TEMPLATE_SLOTS_MAX || at == start {
            return None;
        }
        form.extend_from_slice(&text[copied..start]);
        form.push(MARK);
        spans.push(Span::new(start, at));
        copied = at;
        match text.get(at) {
            Some(b',') => at += 1,
            _ => break,
        }
    }
    (&text[at..] == b"}").then_some(())?;
    let own = text[from..].iter().any(|byte| *byte == MARK || *byte == b'\n');
    form.extend_from_slice(&text[copied..]);
    (!own).then_some(())
}

/// The end of the string that begins at `at`.
fn string(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', text.get(end..)?)?;
        if text[end] == b'"' {
            return Some(end + 1);
        }
        end += 2;
    }
}

/// The end of the value that begins at `at`: where, outside of all strings and brackets, the object goes on.
fn value(text: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

/// The keys of a form, as they stand in it, in the order of their slots.
pub(crate) fn keys(form: &[u8]) -> impl Iterator<Item = &[u8]> {
    form.split(|byte| *byte == MARK).filter_map(|part| {
        let key = part.strip_suffix(b":")?;
        Some(key.get(1..).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str, expected: &[&str]) {
        let (mut form, mut spans) = (Vec::new(), Vec::new());
        let text = format!("x{text}");
        cut(text.as_bytes(), 1, &mut form, &mut spans).unwrap();
        assert_eq!(form, expect.replace('*', "\u{1}").as_bytes());
        let values: Vec<_> = spans.iter().map(|span| span.of(text.as_bytes())).collect();
        assert_eq!(values, expected.iter().map(|v| v.as_bytes()).collect::<Vec<_>>());
    }

    #[test]
    fn each_value_of_the_outermost_object_is_cut_out() {
        check("", "", &[]);
        check("{}", "{}", &[]);
        check(r#"{"a":1}"#, r#"{"a":*}"#, &["1"]);
        check(
            r#"{"a":"x,}\"","b":[1,{"c":"]"}],"d":null}"#,
            r#"{"a":*,"b":*,"d":*}"#,
            &[r#""x,}\"""#, r#"[1,{"c":"]"}]"#, "null"],
        );
    }

    #[test]
    fn what_is_no_object_or_written_otherwise_stays_whole() {
        for text in [
            "x",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1}}",
            "{ }",
            "{\"a\":\n1}",
        ] {
            assert_eq!(cut(text.as_bytes(), 0, &mut Vec::new(), &mut Vec::new()), None, "{text}");
        }
    }

    #[test]
    fn keys_stand_in_the_order_of_their_slots() {
        let found: Vec<_> = keys(b"{\"a\":\x01,\"b:c\":\x01}").collect();
        assert_eq!(found, [b"\"a\"".as_slice(), b"\"b:c\""]);
        assert_eq!(keys(b"{}").count(), 0);
    }
}
