//! Each kind by itself: what it is in plain text, and what only looks like it.

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const MIXED: &str = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kM9nP2rS5uV8xA1cD4fG7iL0oQ3tU6wX9zB2eD5gF8hI1jK4lM7nO0pQ3r";

/// Tokens of the vendors, made of nothing real.
fn tokens() -> Vec<(&'static str, String)> {
    let mixed = |bytes: usize| &MIXED[..bytes];
    vec![
        ("aws", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("aws", "ASIAY34FZKBOKMUTVV7A".to_owned()),
        ("gcp", format!("AIza{}", mixed(35))),
        ("gcp", format!("ya29.{}", mixed(60))),
        ("gcp", format!("GOCSPX-{}", mixed(28))),
        ("github", format!("ghp_{}", mixed(36))),
        ("github", format!("gho_{}", mixed(36))),
        ("github", format!("ghu_{}", mixed(36))),
        ("github", format!("ghs_{}", mixed(36))),
        ("github", format!("ghr_{}", mixed(36))),
        ("github", format!("github_pat_{}_{}", mixed(22), mixed(59))),
        ("gitlab", format!("glpat-{}", mixed(20))),
        ("gitlab", format!("gldt-{}", mixed(20))),
        ("gitlab", format!("glrt-{}", mixed(20))),
        ("slack", format!("xoxb-123456789012-123456789012-{}", mixed(24))),
        ("slack", format!("xoxp-123456789012-123456789012-123456789012-{}", &HEX[..32])),
        ("slack", format!("xapp-1-A0123456789-1234567890123-{HEX}")),
        ("stripe", format!("sk_live_{}", mixed(24))),
        ("stripe", format!("rk_live_{}", mixed(24))),
        ("stripe", format!("sk_test_{}", mixed(24))),
        ("twilio", format!("SK{}", &HEX[..32])),
        ("sendgrid", format!("SG.{}.{}", mixed(22), mixed(43))),
        ("npm", format!("npm_{}", mixed(36))),
        ("pypi", format!("pypi-AgEIcHlwaS5vcmc{}", mixed(60))),
        ("digitalocean", format!("dop_v1_{HEX}")),
        ("huggingface", format!("hf_{}", mixed(34))),
        ("openai", format!("sk-{}", mixed(48))),
        ("openai", format!("sk-proj-{}", mixed(48))),
        ("anthropic", format!("sk-ant-api03-{}", mixed(90))),
        ("newrelic", format!("NRAK-{}", &MIXED.to_uppercase()[..27])),
        ("telegram", format!("123456789:AA{}", mixed(33))),
        ("shopify", format!("shpat_{}", &HEX[..32])),
        ("shopify", format!("shpss_{}", &HEX[..32])),
        ("cloudflare", format!("v1.0-{}-{HEX}{HEX}{}", &HEX[..24], &HEX[..18])),
        ("vault", format!("hvs.{}", mixed(90))),
        ("grafana", format!("glsa_{}_01234567", mixed(32))),
        ("databricks", format!("dapi{}", &HEX[..32])),
        ("alibaba", format!("LTAI{}", mixed(20))),
        ("vendor", format!("rubygems_{}", &HEX[..48])),
        ("jwt", JWT.to_owned()),
    ]
}

const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

#[test]
fn tokens_of_vendors_are_found_wherever_they_stand() {
    for (kind, token) in tokens() {
        let mark = format!("REDACTED-{kind}");
        for around in [
            "{}",
            "got {} today",
            "got {}, and more",
            r#"{"k":"{}","n":1}"#,
            r#"{"body":"{\"k\":\"{}\"}"}"#,
            "level=info k={} n=1",
            "GET /path?k={}&n=1 HTTP/1.1",
            "GET /path?q=%3D{} HTTP/1.1",
            "X-Thing: {}\r\nHost: a",
            "one\\n{}\\ntwo",
            "('{}')",
        ] {
            check(&around.replace("{}", &token), &around.replace("{}", &mark));
        }
    }
}

#[test]
fn a_token_with_one_character_too_few_is_none() {
    for (kind, token) in tokens() {
        let exact =
            ["aws", "gcp", "github", "npm", "twilio", "huggingface", "shopify", "databricks"];
        if exact.contains(&kind) && !token.starts_with("github_pat") && !token.starts_with("ya29") {
            untouched(&token[..token.len() - 1]);
        }
    }
}

#[test]
fn a_token_longer_than_the_limit_is_something_else() {
    let most = crate::limits::TOKEN_BYTES_MAX;
    check(&format!("npm_{}", "a".repeat(most)), "REDACTED-npm");
    untouched(&format!("npm_{}", "a".repeat(most + 1)));
}

#[test]
fn of_a_webhook_the_address_stays() {
    check(
        "POST https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX 200",
        "POST https://hooks.slack.com/services/REDACTED-slack 200",
    );
    let token = "a".repeat(68);
    check(
        &format!("https://discord.com/api/webhooks/123456789012345678/{token}"),
        "https://discord.com/api/webhooks/REDACTED-discord",
    );
    check(
        &format!("https://api.telegram.org/bot123456789:AA{}/getMe", "b".repeat(33)),
        "https://api.telegram.org/botREDACTED-telegram/getMe",
    );
    check(
        "https://a.blob.core.windows.net/c/b?sv=2022&sig=Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9v%3D&se=1",
        "https://a.blob.core.windows.net/c/b?sv=2022&sig=REDACTED-azure&se=1",
    );
    check(
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9vYmFy0Zm9vYmFy==;EndpointSuffix=core.windows.net",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=REDACTED-secret;EndpointSuffix=core.windows.net",
    );
}

#[test]
fn a_jwt_needs_a_header_with_an_algorithm() {
    check(&format!("saw {JWT}."), "saw REDACTED-jwt.");
    check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "REDACTED-jwt");
    untouched("cursor eyJwYWdlIjoyfQ.eyJwYWdlIjoyfQ.abc");
    untouched("cursor eyJhbGciOiJIUzI1NiJ9 alone");
    untouched("eyJx.eyJ.eyJ");
}

#[test]
fn a_jwts_header_is_limited() {
    let most = crate::limits::JWT_HEADER_BYTES_MAX;
    let of = |bytes: usize| {
        let json = format!(r#"{{"alg":"{}"}}"#, "a".repeat(bytes / 4 * 3 - 10));
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        base64::Engine::encode(&engine, json)
    };
    assert_eq!((of(most).len(), of(most + 4).len()), (most, most + 4));
    check(&format!("{}.a.b", of(most)), "REDACTED-jwt");
    untouched(&format!("{}.a.b", of(most + 4)));
}

#[test]
fn of_a_private_key_its_first_and_last_line_stay() {
    let expect = |end: &str| format!("a {BEGIN}REDACTED-private_key{end} b");
    const BEGIN: &str = "-----BEGIN RSA PRIVATE KEY-----";
    const END: &str = "-----END RSA PRIVATE KEY-----";
    for line_end in ["\n", "\\n", "\\\\n", "\r\n", " "] {
        let body = ["", "MIIEpAIBAAKCAQEA0123", "abcdefg/+==", ""].join(line_end);
        check(&format!("a {BEGIN}{body}{END} b"), &expect(END));
    }
    check(&format!("a {BEGIN}\nMIIEpA\nabc"), &format!("a {BEGIN}REDACTED-private_key"));
    let json =
        format!(r#"{{"private_key":"{BEGIN}\nMIIE\n{END}\n","private_key_id":"{}"}}"#, &HEX[..40]);
    let expect = format!(
        r#"{{"private_key":"{BEGIN}REDACTED-private_key{END}\n","private_key_id":"{}"}}"#,
        &HEX[..40]
    );
    check(&json, &expect);
    untouched("-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----");
    untouched("-----BEGIN PUBLIC KEY-----\nMIID\n-----END PUBLIC KEY-----");
}

#[test]
fn cards_are_known_by_issuer_length_and_check_digit() {
    for card in [
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "30569309025904",
        "38520000023237",
        "3530111333300000",
        "6200000000000005",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "3782 822463 10005",
        "3782-822463-10005",
    ] {
        for around in ["{}", "paid by {}.", "card={} ok", "'{}'", r#"{"card":"{}"}"#, "/cards/{}/x"]
        {
            check(&around.replace("{}", card), &around.replace("{}", "REDACTED-card"));
        }
    }
    check("card: 4222222222222", "card: REDACTED-card");
    check("paid 4111 1111 1111 1111 12/27", "paid REDACTED-card 12/27");
}

#[test]
fn numbers_that_are_no_cards_stay() {
    for number in [
        "4111111111111112",
        "1234567812345670",
        "0000000000000000",
        "4444444444444444",
        "94111111111111111",
        "41111111111111110000",
        "a4111111111111111",
        "4111111111111111f",
        "4111111111111111.5",
        "1.4111111111111111",
        "blk_4111111111111111",
        "-4111111111111111",
        "4111111111111111-0",
        "4111 1111-1111 1111",
        "1234567890123 - 4111.1111.1111.1111",
        "1 4111 1111 1111 1111",
        "41111 1111 1111 111",
        "4111 1111 1111 1111 1111",
        "4222222222222",
        "1700000000000",
        "1700000000000000000",
        "2026-01-01 00:00:00.000",
        "123e4567-e89b-12d3-a456-426614174000",
        "+4111111111111111",
        "traceID=4111111111111111",
        r#""orderId": "4111111111111111""#,
        "+49 4111 1111 1111 1111",
    ] {
        untouched(number);
        untouched(&format!("saw {number} there"));
    }
}

#[test]
fn a_card_that_is_a_bare_number_of_json_becomes_a_number() {
    let text = r#"{"card":4111111111111111,"all":[5555555555554444]}"#;
    let (redacted, _) = redacted(text);
    let json: serde_json::Value = serde_json::from_str(&redacted).unwrap();
    let number = json["card"].as_i64().unwrap();
    assert!(number.to_string().starts_with("8999") && number < 1 << 53, "{number}");
    assert!(json["all"][0].is_i64());
}

#[test]
fn passwords_in_urls_leave_user_and_host() {
    check("postgres://app:s3cr3t@db:5432/x", "postgres://app:REDACTED-url_password@db:5432/x");
    check("redis://:p@ss:w@cache:6379", "redis://:REDACTED-url_password@cache:6379");
    check(r#"{"u":"amqp://a:b@mq/v"}"#, r#"{"u":"amqp://a:REDACTED-url_password@mq/v"}"#);
    check("clone https://me:x1@h/p.git to", "clone https://me:REDACTED-url_password@h/p.git to");
    for text in [
        "https://host:8080/a@b",
        "http://user@host/",
        "see a://b",
        "https://me:***@h",
        "://a:b@c",
        "http://h/p?mail=a:b@c",
        "http://u:@h",
        "https://[::1]:80/@",
        "ftp://h says: me@there",
    ] {
        untouched(text);
    }
}

#[test]
fn a_urls_password_is_looked_for_within_a_limit() {
    let most = crate::limits::URL_AUTHORITY_BYTES_MAX;
    let of = |bytes: usize| format!("http://u:{}@h", "p".repeat(bytes - 3));
    check(&of(most), "http://u:REDACTED-url_password@h");
    untouched(&of(most + 1));
}
