//! Line -> format, severity, attributes.

use nilometer_model::Severity::{self, Debug, Error, Fatal, Info, Trace, Unset, Warn};

use super::*;

/// Every sample, for the tests of what holds for any line.
pub(super) fn samples() -> impl Iterator<Item = &'static str> {
    [ACCESS, JSON, PAIRS, LEADS, SERVERS].into_iter().flatten().map(|(line, ..)| *line)
}

type Sample = (&'static str, Form, Severity, &'static str);

#[track_caller]
fn check(samples: &[Sample]) {
    for (line, form, severity, attributes) in samples {
        let (meaning, found) = read_line(line);
        assert_eq!((meaning.form, meaning.severity), (*form, *severity), "{line}");
        assert_eq!(found, *attributes, "{line}");
    }
}

const ACCESS: &[Sample] = &[
    (
        r#"10.0.0.1 - - [21/Nov/2026:04:06:00 +0000] "GET /a?b=c HTTP/1.1" 500 512"#,
        Form::Access,
        Unset,
        r#"{"http.request.method":"GET","url.path":"/a","url.query":"b=c","http.response.status_code":500,"client.address":"10.0.0.1","http.response.body.size":512}"#,
    ),
    (
        r#"::1 - ann [21/Nov/2026:04:06:00 +0000] "POST /a HTTP/2.0" 304 - "-" "curl/8 \"x\"""#,
        Form::Access,
        Unset,
        r#"{"http.request.method":"POST","url.path":"/a","http.response.status_code":304,"client.address":"::1","user.name":"ann","user_agent.original":"curl/8 \\\"x\\\""}"#,
    ),
    (
        r#"shop.test:80 10.0.0.1 - - [21/Nov/2026:04:06:00 +0000] "GET / HTTP/1.0" 200 7 "http://a/" "b""#,
        Form::Access,
        Unset,
        r#"{"http.request.method":"GET","url.path":"/","http.response.status_code":200,"client.address":"10.0.0.1","http.response.body.size":7,"user_agent.original":"b"}"#,
    ),
    (
        r#"10.0.0.1 - - [21/Nov/2026:04:06:00 +0000] "-" 400 0 "-" "-""#,
        Form::Access,
        Unset,
        r#"{"http.response.status_code":400,"client.address":"10.0.0.1","http.response.body.size":0}"#,
    ),
    (
        r#"10.0.0.1 - - [21/Nov/2026:04:06:00 +0000] "GET / HTTP/1.1" 200 7 "-" "-" 3 "web@docker" "http://10.0.0.2:80" 12ms"#,
        Form::Access,
        Unset,
        r#"{"http.request.method":"GET","url.path":"/","http.response.status_code":200,"client.address":"10.0.0.1","http.response.body.size":7,"traefik.router":"web@docker","upstream.address":"http://10.0.0.2:80","duration_ms":12}"#,
    ),
    (
        r#"[2026-11-21T04:06:00.123Z] "GET /a HTTP/2" 503 UF 0 91 7 - "10.0.0.1" "curl/8" "c0ffee00-1" "shop" "10.0.0.2:80""#,
        Form::Envoy,
        Unset,
        r#"{"http.request.method":"GET","url.path":"/a","http.response.status_code":503,"envoy.response_flags":"UF","http.request.body.size":0,"http.response.body.size":91,"duration_ms":7,"client.address":"10.0.0.1","user_agent.original":"curl/8","request_id":"c0ffee00-1","server.address":"shop","upstream.address":"10.0.0.2:80"}"#,
    ),
    (
        r#"[2026-11-21T04:06:00.123Z] "GET /a HTTP/1.1" 200 - via_upstream - "-" 0 91 7 6 "-" "curl/8" "c0ffee00-1" "shop" "10.0.0.2:80" inbound|80|| 127.0.0.1:1 10.0.0.2:80"#,
        Form::Envoy,
        Unset,
        r#"{"http.request.method":"GET","url.path":"/a","http.response.status_code":200,"http.request.body.size":0,"http.response.body.size":91,"duration_ms":7,"upstream_duration_ms":6,"user_agent.original":"curl/8","request_id":"c0ffee00-1","server.address":"shop","upstream.address":"10.0.0.2:80"}"#,
    ),
    (
        r#"Nov 21 04:06:00 lb haproxy[7]: 10.0.0.1:5 [21/Nov/2026:04:06:00.123] web~ shop/s1 1/2/3/4/10 200 512 - - ---- 1/1/0/0/0 0/0 "GET /a HTTP/1.1""#,
        Form::HaProxy,
        Unset,
        r#"{"appname":"haproxy","process.pid":7,"client.address":"10.0.0.1","haproxy.frontend":"web","haproxy.server":"shop/s1","http.response.status_code":200,"http.response.body.size":512,"duration_ms":10,"http.request.method":"GET","url.path":"/a"}"#,
    ),
];

#[test]
fn access_lines_give_who_asked_for_what_and_a_status_is_no_severity() {
    check(ACCESS);
}

const JSON: &[Sample] = &[
    (
        r#"{"level":50,"time":1700000000000,"pid":7,"msg":"failed","err":{"code":"E1"}}"#,
        Form::Json,
        Error,
        r#"{"pid":7,"err":{"code":"E1"}}"#,
    ),
    (
        r#"{"@timestamp":"2026-11-21T04:06:00Z","log.level":"warn","message":"m","service.name":"shop","log":{"logger":"a"}}"#,
        Form::Json,
        Warn,
        r#"{"service.name":"shop","log":{"logger":"a"}}"#,
    ),
    (r#"{"log":{"level":"error"},"a":1}"#, Form::Json, Error, r#"{"log":{"level":"error"},"a":1}"#),
    (
        r#"{"t":{"$date":"2026-11-21T04:06:00Z"},"s":"W","c":"NETWORK","id":7,"ctx":"conn1","msg":"m"}"#,
        Form::Json,
        Warn,
        r#"{"c":"NETWORK","id":7,"ctx":"conn1"}"#,
    ),
    (
        r#"{"@t":"2026-11-21T04:06:00Z","@mt":"m {User}","@l":"Fatal","User":"ann"}"#,
        Form::Json,
        Fatal,
        r#"{"User":"ann"}"#,
    ),
    (
        r#"{"LogLevel":"Information","Category":"Shop","State":{"Id":7}}"#,
        Form::Json,
        Info,
        r#"{"Category":"Shop","State":{"Id":7}}"#,
    ),
    (
        r#"{"severity":"NOTICE","requestId":"ab-12","time":12,"a":"x","a":"y"}"#,
        Form::Json,
        Info,
        r#"{"request_id":"ab-12","time":12,"a":"x"}"#,
    ),
    (r#"{"a":1,"b":"breaks of"#, Form::Json, Unset, r#"{"a":1}"#),
    (r#"{"level":"seven","a":1}"#, Form::Json, Unset, r#"{"level":"seven","a":1}"#),
    (r"{}", Form::Text, Unset, ""),
    (r"{not json}", Form::Text, Unset, ""),
];

#[test]
fn a_json_line_gives_its_own_members_but_for_what_the_record_has() {
    check(JSON);
}

const PAIRS: &[Sample] = &[
    (
        r#"time=2026-11-21T04:06:00Z level=warn msg="it \"went\"" took=3.5 path=/a err="a \"b\"" id=007"#,
        Form::Logfmt,
        Warn,
        r#"{"took":3.5,"path":"/a","err":"a \"b\"","id":"007"}"#,
    ),
    (
        "logger=settings t=2026-11-21T04:06:00Z level=info msg=hi",
        Form::Logfmt,
        Info,
        r#"{"logger":"settings"}"#,
    ),
    ("a=1 b=2 c=3", Form::Logfmt, Unset, r#"{"a":1,"b":2,"c":3}"#),
    ("a=1 b=2", Form::Text, Unset, ""),
    ("a=1 and then some b=2 c=3", Form::Text, Unset, ""),
    ("the user=ann has logged in", Form::Text, Unset, ""),
    (
        "E0102 15:04:05.678901       7 main.go:42] went wrong: a=b",
        Form::Klog,
        Error,
        r#"{"code.file.path":"main.go","code.line.number":42}"#,
    ),
    (
        r#"I0102 15:04:05.678901       7 main.go:42] "Synced" pod="a/b" took="3ms" n=7"#,
        Form::Klog,
        Info,
        r#"{"code.file.path":"main.go","code.line.number":42,"pod":"a/b","took":"3ms","n":7}"#,
    ),
];

#[test]
fn pairs_are_read_where_a_line_is_made_of_them_and_not_in_a_sentence() {
    check(PAIRS);
}

const LEADS: &[Sample] = &[
    (
        "2026-11-21 04:06:00,123 INFO  [main] org.acme.Shop - text",
        Form::Lead,
        Info,
        r#"{"logger":"org.acme.Shop"}"#,
    ),
    (
        "2026-11-21 04:06:00.123 [http-nio-1] ERROR o.acme.Shop - failed: a.b",
        Form::Lead,
        Error,
        r#"{"logger":"o.acme.Shop"}"#,
    ),
    (
        "2026-11-21T04:06:00.123Z  WARN 7 --- [shop] [  exec-1] o.acme.Shop                : text",
        Form::Lead,
        Warn,
        r#"{"logger":"o.acme.Shop"}"#,
    ),
    (
        "2026-11-21 04:06:00.123 DEBUG [shop,4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7] 7 --- [exec-1] o.acme.Shop : text",
        Form::Lead,
        Debug,
        r#"{"logger":"o.acme.Shop"}"#,
    ),
    (
        "2026-11-21 04:06:00,123 INFO  [org.acme.security] (Pool -- 27) ELY1: text",
        Form::Lead,
        Info,
        r#"{"logger":"org.acme.security"}"#,
    ),
    (
        "2026-11-21 04:06:00,123 [myid:1] - WARN  [Worker:2:Manager$Send@1283] - text",
        Form::Lead,
        Warn,
        r#"{"logger":"Manager$Send"}"#,
    ),
    ("04:06:00.123 INFO  f.m.Shop#90 text", Form::Lead, Info, r#"{"logger":"f.m.Shop#90"}"#),
    (
        "261121 040600 6035 INFO dfs.Node$Responder: text",
        Form::Lead,
        Info,
        r#"{"logger":"dfs.Node$Responder"}"#,
    ),
    ("26/11/21 04:06:00 INFO acme.Shop: text", Form::Lead, Info, r#"{"logger":"acme.Shop"}"#),
    ("2026-11-21 04:06:00,123 - acme - ERROR - text", Form::Lead, Error, r#"{"logger":"acme"}"#),
    ("WARNING:acme.shop:text", Form::Lead, Warn, r#"{"logger":"acme.shop"}"#),
    ("2012-07-02 10:22:40,672:DEBUG:foo bar baz", Form::Lead, Debug, ""),
    (
        "[2026-11-21T04:06:00Z INFO  acme::shop] text",
        Form::Lead,
        Info,
        r#"{"logger":"acme::shop"}"#,
    ),
    (
        "\u{1b}[2m2026-11-21T04:06:00.123Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m \u{1b}[2macme::shop\u{1b}[0m: text",
        Form::Lead,
        Error,
        r#"{"logger":"acme::shop"}"#,
    ),
    (
        "2026-11-21T04:06:00.123Z  INFO request{id=7 path=\"/a\"}: acme::shop: text",
        Form::Lead,
        Info,
        r#"{"logger":"acme::shop","id":7,"path":"/a"}"#,
    ),
    ("[2026-11-21 04:06:00.123][7][info][main] [source/server.cc:1] text", Form::Lead, Info, ""),
    (
        "[2026-11-21T04:06:00,123][WARN ][o.e.n.Node ] [node-1] text",
        Form::Lead,
        Warn,
        r#"{"logger":"o.e.n.Node"}"#,
    ),
    ("2026-11-21T04:06:00.123Z\tinfo\tMetrics\t{\"a\": 1}", Form::Lead, Info, ""),
    (
        "2026-11-21 04:06:00.123 | ERROR    | acme.shop:run:7 - text",
        Form::Lead,
        Error,
        r#"{"logger":"acme.shop:run:7"}"#,
    ),
    ("2026-11-21 04:06:00, Info                  CBS    text", Form::Lead, Info, ""),
    ("2026-11-21 04:06:00 TRACE text", Form::Lead, Trace, ""),
    ("2026-11-21 04:06:00 error rates are fine", Form::Text, Unset, ""),
    ("ERROR: it failed", Form::Lead, Error, ""),
    ("INFO text", Form::Lead, Info, ""),
    (
        "fail: Shop.Orders[42]\n      text",
        Form::DotNet,
        Error,
        r#"{"logger":"Shop.Orders","event.id":42}"#,
    ),
    ("[2026-11-21 04:06:00] local.ERROR: text", Form::Laravel, Error, r#"{"logger":"local"}"#),
    ("info: it went well [7]", Form::Text, Info, ""),
];

#[test]
fn what_frameworks_set_before_a_sentence_is_read() {
    check(LEADS);
}

const SERVERS: &[Sample] = &[
    (
        "[Sat Nov 21 04:06:00.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.1:5] text",
        Form::ApacheError,
        Error,
        r#"{"apache.module":"core","process.pid":7,"client.address":"10.0.0.1"}"#,
    ),
    ("[Sat Nov 21 04:06:00 2026] [notice] text", Form::ApacheError, Info, ""),
    (
        r#"2026/11/21 04:06:00 [error] 7#8: *9 open() failed, client: 10.0.0.1, server: shop, request: "GET /a HTTP/1.1", host: "b""#,
        Form::NginxError,
        Error,
        r#"{"process.pid":7,"client.address":"10.0.0.1","server.name":"shop","http.request.method":"GET","url.path":"/a","server.address":"b"}"#,
    ),
    ("2026/11/21 04:06:00 [notice] 7#8: start", Form::NginxError, Info, r#"{"process.pid":7}"#),
    (
        "Nov 21 04:06:00 host sshd[7]: Failed password",
        Form::Syslog,
        Unset,
        r#"{"appname":"sshd","process.pid":7}"#,
    ),
    (
        "<11>Nov 21 04:06:00 host app: text",
        Form::Syslog,
        Error,
        r#"{"host.name":"host","appname":"app","syslog.facility":1}"#,
    ),
    (
        r#"<165>1 2026-11-21T04:06:00Z host app 7 ID47 [x@1 a="b"][y@1] text"#,
        Form::Syslog,
        Info,
        r#"{"host.name":"host","appname":"app","process.pid":7,"syslog.msgid":"ID47","a":"b","syslog.facility":20}"#,
    ),
    ("<500>not a priority", Form::Text, Unset, ""),
    (
        "2026-11-21 04:06:00.123 UTC [7] ann@shop FATAL:  text",
        Form::Postgres,
        Fatal,
        r#"{"process.pid":7,"user.name":"ann","db.namespace":"shop"}"#,
    ),
    ("2026-11-21 04:06:00.123 PDT [7] LOG:  text", Form::Postgres, Info, r#"{"process.pid":7}"#),
    (
        "2026-11-21T04:06:00.123456Z 0 [Warning] [MY-012487] [InnoDB] text",
        Form::Mysql,
        Warn,
        r#"{"thread.id":0,"error.code":"MY-012487","mysql.subsystem":"InnoDB"}"#,
    ),
    (
        "2026-11-21T04:06:00.123456Z\t14 Query\tSELECT 1",
        Form::Mysql,
        Unset,
        r#"{"thread.id":14,"mysql.command":"Query"}"#,
    ),
    (
        "1:M 21 Nov 2026 04:06:00.123 # text",
        Form::Redis,
        Warn,
        r#"{"process.pid":1,"redis.role":"primary"}"#,
    ),
    (
        "[7:S] 21 Nov 2026 04:06:00.123 . text",
        Form::Redis,
        Debug,
        r#"{"process.pid":7,"redis.role":"replica"}"#,
    ),
    (
        "2026-11-21T04:06:00.123-0500 E STORAGE  [conn7] text",
        Form::MongoDb,
        Error,
        r#"{"mongodb.component":"STORAGE","mongodb.context":"conn7"}"#,
    ),
    (
        "11-21 04:06:00.123  6439  9325 W Power: text",
        Form::Android,
        Warn,
        r#"{"process.pid":6439,"logger":"Power"}"#,
    ),
];

#[test]
fn the_lines_of_servers_are_read() {
    check(SERVERS);
}

#[test]
fn a_request_id_is_found_under_any_of_its_names() {
    for (line, expect) in [
        ("done request_id=ab-12 ok", Some("ab-12")),
        ("done X-Request-ID: 4bf92f35-77b3", Some("4bf92f35-77b3")),
        (r#"said \"requestId\":\"ab12\" there"#, Some("ab12")),
        ("[request-id=abc1]", Some("abc1")),
        ("RequestId: 7f00aa", Some("7f00aa")),
        (r#"{"req_id":"r-1"}"#, Some("r-1")),
        ("a request id was found", None),
        ("request_id=none", None),
        ("request ideas: 1234", None),
        ("request: 1234", None),
        ("[queryForTravel][RouteId: 9916065b]", None),
    ] {
        let (_, attributes) = read_line(line);
        let expect = expect.map_or(String::new(), |id| format!(r#"{{"request_id":"{id}"}}"#));
        assert_eq!(attributes, expect, "{line}");
    }
}

#[test]
fn springs_bracket_names_trace_and_span() {
    let trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
    let span = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
    let half = u128::from(u64::from_be_bytes(span)).to_be_bytes();
    for (line, trace) in [
        (
            "2026-11-21 04:06:00 INFO [shop,4bf92f3577b34da6a3ce929d0e0e4736,00f067aa0ba902b7] x",
            trace,
        ),
        ("2026-11-21 04:06:00 INFO [shop,00f067aa0ba902b7,00f067aa0ba902b7,true] x", half),
        (
            "2026-11-21T04:06:00Z INFO 7 --- [shop] [main] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] o.a.S : x",
            trace,
        ),
    ] {
        let (meaning, _) = read_line(line);
        assert_eq!(meaning.ids, Some(TraceIds { trace, span: Some(span) }), "{line}");
    }
}
