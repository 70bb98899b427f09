//! Secrets beside their names, in whatever a log may be written in.

use super::*;

#[test]
fn a_password_is_found_in_every_way_of_writing_a_pair() {
    for (text, expect) in [
        ("password=hunter2 user=a", "password=¤ user=a"),
        ("password = hunter2", "password = ¤"),
        ("DB_PASSWORD=hunter2", "DB_PASSWORD=¤"),
        ("db_pass=hunter2", "db_pass=¤"),
        ("spring.datasource.password: hunter2", "spring.datasource.password: ¤"),
        ("Password: correcthorse", "Password: ¤"),
        ("passwd='hunter 2'", "passwd='¤'"),
        ("pwd=hunter2;Server=s", "pwd=¤;Server=s"),
        ("User Id=a;Password=b;Server=s", "User Id=a;Password=¤;Server=s"),
        ("{user=a, password=b, x=c}", "{user=a, password=¤, x=c}"),
        ("Conn(user=a,password=b,x=c)", "Conn(user=a,password=¤,x=c)"),
        ("login(password=b)", "login(password=¤)"),
        ("GET /?user=a&password=b&x=1 HTTP/1.1", "GET /?user=a&password=¤&x=1 HTTP/1.1"),
        (r#"{"password":"hunter2","a":1}"#, r#"{"password":"¤","a":1}"#),
        (r#"{"password": "hun\"ter2", "a":1}"#, r#"{"password": "¤", "a":1}"#),
        (r#"{"m":"{\"password\":\"h\\\"2\",\"a\":1}"}"#, r#"{"m":"{\"password\":\"¤\",\"a\":1}"}"#),
        (
            r#"{"m":"{\"m\":\"{\\\"password\\\":\\\"h\\\"}\"}"}"#,
            r#"{"m":"{\"m\":\"{\\\"password\\\":\\\"¤\\\"}\"}"}"#,
        ),
        (r#"{"password":"cut of"#, r#"{"password":"¤"#),
        ("{'password': 'hunter2', 'a': 1}", "{'password': '¤', 'a': 1}"),
        ("<password>hunter2</password>", "<password>¤</password>"),
        ("mysql --password hunter2 -h db", "mysql --password ¤ -h db"),
        ("mysql --password=hunter2 -h db", "mysql --password=¤ -h db"),
        ("password => hunter2", "password => ¤"),
        ("password := \"hunter2\"", "password := \"¤\""),
        ("newPassword2=a password_confirmation=b", "newPassword2=¤ password_confirmation=¤"),
        ("map[password:hunter2 user:a]", "map[password:¤ user:a]"),
    ] {
        check(text, &expect.replace('¤', "REDACTED-password"));
    }
}

#[test]
fn keys_and_tokens_are_found_beside_their_names() {
    for (text, expect) in [
        ("token=abcdef1", "token=S"),
        ("api_key=abcdef", "api_key=S"),
        ("apiKey: abc123def", "apiKey: S"),
        ("X-Api-Key: 12345-abcde", "X-Api-Key: S"),
        ("API key: abc123def", "API key: S"),
        ("access_key=abcdef", "access_key=S"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = S",
        ),
        ("TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef", "TWILIO_AUTH_TOKEN=S"),
        (r#""client_secret" : "abcdef""#, r#""client_secret" : "S""#),
        (r#"{"DD_API_KEY":"0123456789abcdef"}"#, r#"{"DD_API_KEY":"S"}"#),
        ("//registry/:_authToken=abcdef-1", "//registry/:_authToken=S"),
        ("?access_token=abc123&x=1", "?access_token=S&x=1"),
        ("secret=0123456789abcdef0123456789abcdef", "secret=S"),
        ("--token abc123def", "--token S"),
    ] {
        check(
            text,
            &expect.replace('S', "REDACTED-secret").replace("REDACTED-secretECRET", "SECRET"),
        );
    }
}

#[test]
fn of_an_authorization_the_scheme_stays() {
    for (text, expect) in [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer A"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic A"),
        (r#"{"Authorization":"Bearer abc123def"}"#, r#"{"Authorization":"Bearer A"}"#),
        (r#"{"Authorization":["Bearer abc123def"]}"#, r#"{"Authorization":["Bearer A"]}"#),
        (
            "map[Authorization:[Bearer abc123def] Host:[h]]",
            "map[Authorization:[Bearer A] Host:[h]]",
        ),
        (
            "curl -H 'Authorization: Bearer abcdefgh1' https://h",
            "curl -H 'Authorization: Bearer A' https://h",
        ),
        (
            "Proxy-Authorization: Basic dXNlcjpwYXNz\r\nHost: h",
            "Proxy-Authorization: Basic A\r\nHost: h",
        ),
        ("sent Bearer abcdefgh12345", "sent Bearer A"),
        ("Authorization: abc123def", "Authorization: A"),
    ] {
        check(text, &expect.replace(" A", " REDACTED-authorization"));
    }
}

#[test]
fn words_of_a_sentence_and_placeholders_are_no_secrets() {
    for text in [
        "Failed password for root from 10.0.0.1",
        "password incorrect",
        "Invalid token: unexpected end",
        "Unexpected token: } at 5",
        "token: expired and refused",
        "password=",
        "password: ",
        "password=***",
        "password=${DB_PASSWORD}",
        "password={{ pw }}",
        "password=%s",
        "password=<hidden>",
        r#"{"password":"","token":null,"secret":false}"#,
        r#"{"token":{"id":1}}"#,
        "PWD=/root ; USER=root",
        "chpasswd[12]: pam_unix(chpasswd:chauthtok)",
        "key=value",
        "monkey=banana1",
        "keyspace: abc123",
        "tokens=123456",
        "max_tokens: 123456",
        "token_type=Bearer",
        "secret_name=db-1",
        "primary key: 123456",
        "Authorization failed: 401",
        "Bearer authentication",
        "authorization: required",
        "author: abc123",
        "Authorization: Digest username=me1",
        "next_token=abc123def",
        "token=Token{a64f992 x1}",
        "activity token: android.os.BinderProxy@2bd79ce",
        "password [FILTERED]",
        "password=[FILTERED]",
        "the secret: keep it",
        "passwordless: yes 1",
        "public_key=abcdef12",
        "bytes: keys=12345678",
        "password https://h/reset",
        "Key: Value",
    ] {
        untouched(text);
    }
}

#[test]
fn a_secret_that_is_a_bare_number_of_json_becomes_a_number() {
    let (redacted, _) = redacted(r#"{"password":123456,"pin":1,"token":12345678}"#);
    let json: serde_json::Value = serde_json::from_str(&redacted).unwrap();
    assert!(json["password"].is_i64() && json["token"].is_i64(), "{redacted}");
    assert!(!redacted.contains("123456") && json["pin"] == 1);
}

/// Texts with a hole.
const AROUND: [&str; 12] = [
    "password={}",
    "login user=a password={} from 10.0.0.1",
    r#"{"password":"{}","a":[1,2]}"#,
    r#"{"a":{"client_secret":"{}"},"b":"c"}"#,
    r#"{"message":"{\"token\":\"{}\"}","n":1}"#,
    "https://user:{}@host/path?x=1",
    "GET /x?api_key={}&y=2 HTTP/1.1",
    "Authorization: Bearer {}",
    "X-Auth-Token: {}\r\nHost: h",
    "level=info access_token=\"{}\" msg=done",
    "<Password>{}</Password>",
    "{'apiKey': '{}'}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn a_planted_secret_is_never_left(
        secret in "[A-Za-z0-9+_.~-]{4,30}[0-9][A-Za-z]{2}",
        at in 0..AROUND.len(),
        before in "[ !#-&(-\\[\\]-_a-~]{0,20} ",
    ) {
        let text = AROUND[at].replace("{}", &secret);
        let (redacted, _) = redacted(&text);
        prop_assert!(!redacted.contains(&secret), "{} -> {}", text, redacted);
        // Nor when something else stands before it; a quote there could open what goes on behind it.
        let (redacted, _) = super::redacted(&format!("{before}{text}"));
        prop_assert!(!redacted.contains(&secret), "{}{} -> {}", before, text, redacted);
    }

    #[test]
    fn json_stays_json(
        name in prop::sample::select(&["password", "token", "api_key", "authorization", "card", "x"][..]),
        text in "\\PC{0,30}",
        number in any::<i64>(),
    ) {
        let value = serde_json::json!({
            name: text.clone(), "a": { name: number, "b": [number, text.clone()] },
            "c": serde_json::json!({ name: text, "n": { name: number } }).to_string(),
        });
        let (redacted, _) = redacted(&value.to_string());
        let read: Result<serde_json::Value, _> = serde_json::from_str(&redacted);
        prop_assert!(read.is_ok(), "{} -> {}", value, redacted);
    }

    #[test]
    fn a_text_without_secrets_comes_back_as_it_was(words in prop::collection::vec("[a-z]{1,8}", 0..12)) {
        prop_assume!(!words.iter().any(|word| word.ends_with("key")));
        untouched(&words.join(" "));
    }
}

#[test]
fn json_stays_json_whatever_quotes_a_text_in_it_has() {
    for (text, expect) in [
        (r#"{"u":"password:`b c","v":1}"#, r#"{"u":"password:`¤","v":1}"#),
        (r#"{"a":"password='x","b":"it's"}"#, r#"{"a":"password='¤","b":"it's"}"#),
        (r#"{a:"password='x","b":"it's"}"#, r#"{a:"password='¤'s"}"#),
        (r#"{"a":["x password="],"b":1}"#, r#"{"a":["x password="],"b":1}"#),
    ] {
        check(text, &expect.replace('¤', "REDACTED-password"));
        assert_eq!(redacted(&redacted(text).0).0, redacted(text).0, "{text}");
    }
}

#[test]
fn a_private_key_whose_lines_are_the_strings_of_an_array_is_gone_from_all_of_them() {
    let text =
        r#"["-----BEGIN PRIVATE KEY-----","MIIEvQIBADAN","","Bgkq","-----END PRIVATE KEY-----"]"#;
    let mark = "REDACTED-private_key";
    check(text, &text.replace("MIIEvQIBADAN", mark).replace("Bgkq", mark));
}

#[test]
fn a_number_stays_one_whatever_its_name_begins_with() {
    for text in
        [r#"{"my token":12345678}"#, r#"{"\u00fctoken":12345678}"#, r#"{"\"token":12345678}"#]
    {
        let (redacted, _) = redacted(text);
        assert_ne!(redacted, text);
        serde_json::from_str::<serde_json::Value>(&redacted)
            .unwrap_or_else(|_| panic!("{redacted}"));
    }
}

#[test]
fn a_bearers_token_is_gone_at_once_however_many_equals_signs_are_in_it() {
    let text = format!("Bearer a1b2c3d4{} end", "=x9".repeat(20));
    check(&text, "Bearer REDACTED-authorization end");
}

#[test]
fn a_mark_in_the_place_of_a_webhooks_path_is_no_path() {
    let text =
        "POST https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX 200";
    let (once, counts) = redacted(text);
    assert_eq!(counts, [("slack".to_owned(), 1)]);
    assert_eq!(redacted(&once).0, once);
}
