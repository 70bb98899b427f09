//! Where lines of many makes say they belong, and what only looks like it.

use proptest::prelude::*;

use super::*;

const T: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const S: &str = "00f067aa0ba902b7";
/// Another trace and span.
const T2: &str = "0af7651916cd43dd8448eb211c80319c";
const S2: &str = "b7ad6b7169203331";

/// `T` and `S` stand for the ids; the answer is written the same way.
#[track_caller]
fn check(line: &str, expect: &str) {
    let put = |text: &str| {
        let text = text.replace("{T2}", T2).replace("{S2}", S2);
        text.replace("{T}", T).replace("{S}", S)
    };
    let line = put(line);
    assert_eq!(shown(&line), put(expect), "{line}");
}

fn shown(line: &str) -> String {
    let Some(ids) = trace_ids(line) else { return String::new() };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [hex(&ids.trace), ids.span.map_or_else(String::new, |span| hex(&span))].join(" ").trim().into()
}

#[test]
fn a_line_belongs_where_it_says() {
    for (line, expect) in [
        (r#"{"trace_id":"{T}","span_id":"{S}"}"#, "{T} {S}"),
        (r#"{ "traceId" : "{T}", "spanId" : "{S}" }"#, "{T} {S}"),
        (r#"{"traceID":"{T}","spanID":"{S}"}"#, "{T} {S}"),
        (r#"{"TraceId":"{T}","SpanId":"{S}"}"#, "{T} {S}"),
        (r#"{"trace.id":"{T}","span.id":"{S}"}"#, "{T} {S}"),
        (r#"{"otelSpanID":"{S}","otelTraceID":"{T}"}"#, "{T} {S}"),
        (r#"{"dd.trace_id":"{T}","dd.span_id":"67667974448284343"}"#, "{T} {S}"),
        (
            "dd.trace_id=11803532876627986230 dd.span_id=67667974448284343",
            "0000000000000000a3ce929d0e0e4736 {S}",
        ),
        ("trace_id={S} span_id={S2}", "0000000000000000{S} {S2}"),
        ("X-B3-TraceId: {T} X-B3-SpanId: {S}", "{T} {S}"),
        ("x-b3-traceid={S} x-b3-spanid={S}", "0000000000000000{S} {S}"),
        (r#"{"context":{"trace_id":"{T}"},"span_id":"{S}"}"#, "{T} {S}"),
        (r#"{"traceparent":"00-{T}-{S}-01"}"#, "{T} {S}"),
        (r#"{"uber-trace-id":"{T}:{S}:0:1"}"#, "{T} {S}"),
        (r#"10.0.0.7 - "GET /cart HTTP/1.1" 200 512 "00-{T}-{S}-01""#, "{T} {S}"),
        ("00-{T}-{S}-00 paid", "{T} {S}"),
        ("took 100-00 ms for 00-{T}-{S}-01", "{T} {S}"),
        ("b3: {T}-{S}-1", "{T} {S}"),
        (r#"{"B3":"{S}-{S2}"}"#, "0000000000000000{S} {S2}"),
        ("b3={T}-{S}-d-{S2}", "{T} {S}"),
        ("b3={T2}-{S2}-1 trace_id={T} span_id={S}", "{T} {S}"),
        (
            "Uber-Trace-Id: a3ce929d0e0e4736:f067aa0ba902b7:0:1",
            "0000000000000000a3ce929d0e0e4736 {S}",
        ),
        (r#"{"log":"{\"trace_id\":\"{T}\",\"span_id\":\"{S}\"}"}"#, "{T} {S}"),
        ("level=info msg=paid trace_id={T} span_id={S} status=200", "{T} {S}"),
        (r#"traceId="{T}" spanId="{S}""#, "{T} {S}"),
        ("trace_id = {T}", "{T}"),
        ("{'trace_id': '{T}', 'span_id': '{S}'}", "{T} {S}"),
        ("12:00 INFO [trace_id={T} span_id={S}] paid", "{T} {S}"),
        ("12:00 INFO {traceId={T}, spanId={S}} paid", "{T} {S}"),
        ("charged, traceId: {T}.", "{T}"),
        ("INFO f.m.s.PriceService#90 TraceID: {T} SpanID: {S} [Query price]", "{T} {S}"),
        ("> traceparent: 00-{T}-{S}-01", "{T} {S}"),
        ("traceparent=00-{T}-{S}-", "{T} {S}"),
        ("Gespräch trace_id={T}\u{1f600}", "{T}"),
    ] {
        check(line, expect);
    }
    let upper = format!("trace_id={} span_id={}", T.to_uppercase(), S.to_uppercase());
    check(&upper, "{T} {S}");
}

#[test]
fn the_first_id_wins_and_a_json_lines_own_members_before_what_its_texts_quote() {
    for (line, expect) in [
        ("trace_id={T} span_id={S} trace_id={T2} span_id={S2}", "{T} {S}"),
        (r#"{"trace_id":"{T}","traceId":"{T2}"}"#, "{T}"),
        (r#"{"msg":"saw trace_id={T2} span_id={S2}","trace_id":"{T}","span_id":"{S}"}"#, "{T} {S}"),
        (r#"{"msg":"{\"trace_id\":\"{T2}\"}","trace_id":"{T}"}"#, "{T}"),
        (r#"{"msg":"[trace_id={T} span_id={S}] paid"}"#, "{T} {S}"),
        (r#"trace_id={T} sent {"trace_id":"{T2}"}"#, "{T}"),
        ("trace_id=none trace_id={T} span_id=none span_id={S}", "{T} {S}"),
        ("traceparent=00-{T}-{S}-01 span_id={S2}", "{T} {S}"),
    ] {
        check(line, expect);
    }
}

#[test]
fn what_is_no_id_is_passed_over() {
    let (short, long) = (&T[1..], format!("{T}0"));
    let zeros = "0".repeat(32);
    for value in [
        "",
        "none",
        "0",
        "\"",
        "1234567890123456789",
        short,
        &long,
        &zeros,
        "{T}-1",
        "{T}_",
        "{T}g",
    ] {
        check(&format!("trace_id={value} span_id={{S}}"), "");
    }
    for value in ["", "0", "f067aa0ba902b7", "00f067aa0ba902b70", "0000000000000000", "{T}"] {
        check(&format!("trace_id={{T}} span_id={value}"), "{T}");
    }
    for value in
        ["", "0:{S}:0:1", "{T}", "{T}:", "{T}:{S}", "{T}:0:0:1", "{T}0:{S}:0:1", "{T}:{S}0:0:1"]
    {
        check(&format!("uber-trace-id={value}"), "");
    }
    for line in [
        "",
        "a race in spain",
        "Traceback (most recent call last):",
        "span_id={S}",
        "{T} {S}",
        "trace_id",
        "trace_id {T}",
        "x00-{T}-{S}-01",
        "2100-{T}-{S}-01",
        "00-{T}-{S}",
        "00-{T}-{S}-0",
        "00-{T}-{S}-010",
        "00-{T}-{S}-xy",
        "b3: 0",
        "b3: {T}",
        "b3={T}-{S}0",
        "sub3={T}-{S}-1",
        "b3 {T}-{S}-1",
        "trace_id=0000000000000000",
        "dd.trace_id=0",
        "dd.trace_id=18446744073709551616",
        "dd.trace_id=12x",
        "my_trace_id={T}",
        "parent.trace_id={T}",
        "x-trace_id={T}",
        "trace_ids={T}",
        "TRACE_ID={T}",
        r#"{"trace_id":["{T}"]}"#,
        "traceparent=01-{T}-{S}-01",
        "traceparent=00-{T}-{S}",
        "traceparent=00-{S}-{T}-01",
        "traceparent={T}",
    ] {
        check(line, "");
    }
}

#[test]
fn names_are_looked_for_to_the_limit_and_no_further() {
    let line = |before: usize| format!("{}trace_id={T}", " ".repeat(before));
    let within = TRACE_NAMES_BYTES - "trace".len();
    assert_eq!(shown(&line(within)), T);
    assert_eq!(shown(&line(within + 1)), "");
    let too_long = format!("{}0", line(within));
    assert_eq!(shown(&too_long), "", "an id is read to its end, wherever the names' limit is");
}

#[test]
fn no_name_is_longer_than_what_is_looked_at_around_its_letters() {
    let names = TRACE_NAMES.iter().chain(&SPAN_NAMES).chain(&CONTEXT_NAMES).chain(&JAEGER_NAMES);
    assert_eq!(names.map(|name| name.len()).max(), Some(NAME_BYTES_MAX));
}

proptest! {
    #[test]
    fn nothing_is_found_that_is_not_written(
        parts in prop::collection::vec(prop_oneof![
            Just("trace_id"), Just("traceparent"), Just("otelTraceID"), Just("span_id"), Just("\""),
            Just("\\\""), Just("="), Just(":"), Just(" "), Just("{"), Just("00-"), Just("-"),
            Just(T), Just(S), Just("0"), Just("é"), Just("race"), Just("pan"),
        ], 0..24),
        noise in ".{0,20}",
        at in 0_usize..24,
    ) {
        let mut parts = parts;
        parts.insert(at.min(parts.len()), &noise);
        let line = parts.concat();
        let (shown, line) = (shown(&line), line.to_lowercase());
        let is_written = |id: &str| {
            let half = id.strip_prefix("0000000000000000");
            line.contains(id) || half.is_some_and(|half| line.contains(half))
        };
        prop_assert!(shown.split_whitespace().all(is_written), "{}", line);
    }

    #[test]
    fn an_id_is_found_among_any_words(before in "[a-qs-z =:\"{},]{0,40}", behind in "[ ,;}].{0,40}") {
        prop_assume!(!before.ends_with(char::is_alphanumeric));
        let line = format!("{before}trace_id={T}{behind}");
        prop_assert!(shown(&line).starts_with(T), "{}", line);
    }
}
