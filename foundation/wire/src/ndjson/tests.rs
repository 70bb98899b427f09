//! Lines of NDJSON, by table: what each key may hold and what is said when it does not.

use proptest::prelude::*;

use super::*;

const RECEIVED: Timestamp = Timestamp(77);

fn parse(line: &str) -> NdjsonLine<'_> {
    parse_line(line.as_bytes(), RECEIVED).unwrap_or_else(|e| panic!("{line}: {e}"))
}

#[track_caller]
fn check_time(value: &str, ns: i64) {
    assert_eq!(parse(&format!(r#"{{"time":{value}}}"#)).time.0, ns, "{value}");
}

#[track_caller]
fn check_error(line: &str, error: &str) {
    match parse_line(line.as_bytes(), RECEIVED) {
        Ok(line) => panic!("{line:?} should not parse"),
        Err(e) => assert!(e.to_string().starts_with(error), "{line}: {e}"),
    }
}

#[test]
fn a_record_as_we_export_it_comes_back() {
    let line = parse(
        r#"{"time":"2026-11-21T04:06:00.123456789Z","component":"shop","node":"n1","instance":"shop-1",
            "version":"1.2","zone":"a","stream":"stderr","severity":"error","message":"a \"b\"",
            "trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"00000000000000ff",
            "attributes":{"k":1.50,"l":{"m": [1]}},"source":"00ff","position":9,"received":"x","cursor":"c"}"#,
    );
    assert_eq!(line.time.to_string(), "2026-11-21T04:06:00.123456789Z");
    assert_eq!((&*line.component, &*line.instance, &*line.node), ("shop", "shop-1", "n1"));
    assert_eq!((&*line.version, &*line.zone), ("1.2", "a"));
    assert_eq!((line.stream, line.severity), (Stream::Stderr, Severity::Error));
    assert_eq!(line.message, r#"a "b""#);
    assert_eq!(line.attributes, r#"{"k":1.50,"l":{"m": [1]}}"#);
    assert_eq!(line.trace_id, Some([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]));
    assert_eq!(line.span_id, Some([0, 0, 0, 0, 0, 0, 0, 255]));
}

#[test]
fn what_a_line_does_not_say_has_defaults() {
    let line = parse("{}");
    assert_eq!((line.time, &*line.component), (RECEIVED, "unknown"));
    assert_eq!((line.stream, line.severity), (Stream::Ingest, Severity::Unset));
    assert_eq!((&*line.message, &*line.attributes, &*line.node), ("", "", ""));
    let nulls =
        parse(r#"{"time":null,"message":null,"level":null,"trace_id":null,"component":""}"#);
    assert_eq!(nulls, line);
}

#[test]
fn every_alias_is_known() {
    for key in ["time", "_time", "@timestamp", "timestamp", "ts"] {
        assert_eq!(parse(&format!(r#"{{"{key}":1}}"#)).time.0, 1_000_000_000, "{key}");
    }
    for key in ["message", "_msg", "msg", "body", "log"] {
        assert_eq!(parse(&format!(r#"{{"{key}":"x"}}"#)).message, "x", "{key}");
    }
    for key in ["severity", "level"] {
        assert_eq!(parse(&format!(r#"{{"{key}":"WARNING"}}"#)).severity, Severity::Warn, "{key}");
    }
    assert_eq!(parse(r#"{"pod":"p"}"#).instance, "p");
}

#[test]
fn a_name_that_is_outranked_is_kept_as_an_attribute() {
    for line in [r#"{"msg":"a","message":"b"}"#, r#"{"message":"b","msg":"a"}"#] {
        let line = parse(line);
        assert_eq!((&*line.message, &*line.attributes), ("b", r#"{"msg":"a"}"#));
    }
}

#[test]
fn times_are_rfc_3339_or_numbers_whose_size_tells_the_unit() {
    check_time("1700000000", 1_700_000_000_000_000_000);
    check_time("1700000000123", 1_700_000_000_123_000_000);
    check_time("1700000000123456", 1_700_000_000_123_456_000);
    check_time("1700000000123456789", 1_700_000_000_123_456_789);
    check_time("\"1700000000\"", 1_700_000_000_000_000_000);
    check_time("\"1970-01-01T00:00:01Z\"", 1_000_000_000);
    check_time("-1", -1_000_000_000);
    check_error(r#"{"ts":"yesterday"}"#, "ts: want RFC 3339");
    check_error(r#"{"ts":1.5}"#, "ts: want RFC 3339");
    check_error(r#"{"ts":99999999999999999999}"#, "ts: want RFC 3339");
}

#[test]
fn a_level_that_is_no_word_we_know_is_kept_as_an_attribute() {
    let line = parse(r#"{"level":30,"a":1}"#);
    assert_eq!((line.severity, &*line.attributes), (Severity::Unset, r#"{"a":1,"level":30}"#));
    assert_eq!(parse(r#"{"level":"quiet"}"#).attributes, r#"{"level":"quiet"}"#);
    assert_eq!(parse(r#"{"level":" Crit "}"#).severity, Severity::Fatal);
}

#[test]
fn other_keys_become_attributes_as_they_were_written() {
    let line = parse(r#"{"a":1.0,"b":{"c":"\u00e9"},"k\n":null,"attributes":{"a":2,"d":[ ]}}"#);
    assert_eq!(line.attributes, r#"{"a":1.0,"b":{"c":"\u00e9"},"k\n":null,"d":[ ]}"#);
    assert_eq!(parse(r#"{"attributes":7}"#).attributes, r#"{"attributes":7}"#);
    assert_eq!(parse(r#"{"attributes":{}}"#).attributes, "");
}

#[test]
fn a_message_that_is_no_text_is_its_json() {
    assert_eq!(parse(r#"{"body":{"a":1}}"#).message, r#"{"a":1}"#);
    assert_eq!(parse(r#"{"message":true}"#).message, "true");
}

#[test]
fn ids_are_hex_and_zero_means_none() {
    let short = parse(r#"{"trace_id":"00000000000000FF"}"#);
    assert_eq!(short.trace_id.unwrap()[15], 255);
    assert_eq!(parse(r#"{"trace_id":"","span_id":"0000000000000000"}"#).span_id, None);
    check_error(r#"{"trace_id":"xyz"}"#, "trace_id: want 32 hex digits");
    check_error(r#"{"span_id":"zz00000000000000"}"#, "span_id: want 16 hex digits");
    check_error(r#"{"span_id":5}"#, "span_id: want 16 hex digits");
}

#[test]
fn what_is_no_object_is_refused_with_a_reason() {
    for line in ["", "[]", "1", "{", r#"{"a":}"#, "{} {}", "null", "{\"a\":\"\u{1}\"}"] {
        check_error(line, "not a JSON object: ");
    }
    assert!(parse_line(b"{\"a\":\"\xff\"}", RECEIVED).is_err());
    check_error(r#"{"stream":"tty"}"#, "stream: want stdout");
    check_error(r#"{"component":5}"#, "component: want a text");
    check_error(r#"{"message":"\ud800"}"#, "message: want a text");
}

#[test]
fn limits_hold_at_the_limit_and_not_beyond() {
    let named = |bytes: usize| format!(r#"{{"component":"{}"}}"#, "n".repeat(bytes));
    assert_eq!(parse(&named(NAME_BYTES_MAX)).component.len(), NAME_BYTES_MAX);
    check_error(&named(NAME_BYTES_MAX + 1), "component: 1025 bytes, at most 1024");

    let said = |bytes: usize| format!(r#"{{"message":"{}"}}"#, "m".repeat(bytes));
    assert_eq!(parse(&said(MESSAGE_BYTES_MAX)).message.len(), MESSAGE_BYTES_MAX);
    check_error(&said(MESSAGE_BYTES_MAX + 1), "message: ");

    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(!parse(&nested(ATTRIBUTE_DEPTH_MAX)).attributes.is_empty());
    check_error(&nested(ATTRIBUTE_DEPTH_MAX + 1), "a: 65 levels");

    let value = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "v".repeat(bytes - 2));
    assert!(!parse(&value(ATTRIBUTE_VALUE_BYTES_MAX)).attributes.is_empty());
    check_error(&value(ATTRIBUTE_VALUE_BYTES_MAX + 1), "a: 65537 bytes");

    let many = |keys: usize| {
        let keys: Vec<_> = (0..keys).map(|key| format!(r#""k{key}":1"#)).collect();
        format!("{{{}}}", keys.join(","))
    };
    assert!(!parse(&many(ATTRIBUTES_PER_RECORD_MAX)).attributes.is_empty());
    check_error(&many(ATTRIBUTES_PER_RECORD_MAX + 1), "attributes: 1001 keys");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_line(&line, RECEIVED);
    }

    #[test]
    fn whatever_text_is_sent_is_kept(message in ".*", key in "[^a-z]{1,8}", value in ".*") {
        let sent = serde_json::json!({"message": message, &key: value}).to_string();
        let line = parse(&sent);
        prop_assert_eq!(&*line.message, &*message);
        let kept: serde_json::Value = serde_json::from_str(&line.attributes).unwrap();
        prop_assert_eq!(kept, serde_json::json!({key: value}));
    }

    #[test]
    fn a_cut_or_changed_line_never_panics(at in 0_usize..120, byte in any::<u8>()) {
        let mut line = br#"{"time":1,"message":"a\u00e9\n","trace_id":"00000000000000ff","attributes":{"a":[1,{"b":null}]},"x":"y"}"#.to_vec();
        let at = at.min(line.len() - 1);
        let _ = parse_line(&line[..at], RECEIVED);
        line[at] = byte;
        let _ = parse_line(&line, RECEIVED);
    }
}
