//! Tokens that are known by their shape: a fixed beginning, then so many characters of a set.
//!
//! Invariant: the beginning and the length together are unmistakable; what could be anything is only
//! found beside a name that says what it is.

use super::Found;
use super::kind::Kind;
use super::mark::is_mark;
use super::place::{begins, is_word_at, run, run_before};
use crate::limits::TOKEN_BYTES_MAX;

/// The shape of a token.
#[derive(Debug)]
pub(super) struct Shape {
    kind: Kind,
    /// What is searched for; a part of `beginning`.
    pub(super) anchor: &'static str,
    beginning: &'static str,
    body: Body,
    bytes_min: usize,
    bytes_max: usize,
    /// Only what follows the beginning is secret.
    keeps_beginning: bool,
}

/// What a token's body is made of.
#[derive(Debug, Clone, Copy)]
enum Body {
    Hex,
    /// Capital letters and digits.
    Upper,
    Alnum,
    /// And `_`.
    Word,
    /// And `-`.
    Dash,
    /// And `.`.
    Dot,
    /// Letters, digits, `+`, `/`, `=`, and `%` of their escapes.
    Base64,
    /// The rest of a webhook's path.
    Path,
}

impl Body {
    fn holds(self, byte: u8) -> bool {
        let alnum = byte.is_ascii_alphanumeric();
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => alnum,
            Self::Word => alnum || byte == b'_',
            Self::Dash => alnum || matches!(byte, b'_' | b'-'),
            Self::Dot => alnum || matches!(byte, b'_' | b'-' | b'.' | b'='),
            Self::Base64 => alnum || matches!(byte, b'+' | b'/' | b'=' | b'%'),
            Self::Path => alnum || matches!(byte, b'_' | b'-' | b'/' | b'+' | b'@'),
        }
    }
}

const fn token(kind: Kind, beginning: &'static str, body: Body, bytes_min: usize) -> Shape {
    let (anchor, bytes_max) = (beginning, TOKEN_BYTES_MAX);
    Shape { kind, anchor, beginning, body, bytes_min, bytes_max, keeps_beginning: false }
}

const fn exact(kind: Kind, beginning: &'static str, body: Body, bytes: usize) -> Shape {
    Shape { bytes_max: bytes, ..token(kind, beginning, body, bytes) }
}

const fn at(anchor: &'static str, shape: Shape) -> Shape {
    Shape { anchor, ..shape }
}

const fn behind(shape: Shape) -> Shape {
    Shape { keeps_beginning: true, ..shape }
}

/// All shapes.
pub(super) static SHAPES: &[Shape] = &[
    exact(Kind::Aws, "AKIA", Body::Upper, 16),
    exact(Kind::Aws, "ASIA", Body::Upper, 16),
    exact(Kind::Aws, "ABIA", Body::Upper, 16),
    exact(Kind::Aws, "ACCA", Body::Upper, 16),
    token(Kind::Aws, "ABSK", Body::Base64, 100),
    behind(token(Kind::Azure, "sig=", Body::Base64, 43)),
    token(Kind::Gcp, "AIza", Body::Dash, 35),
    token(Kind::Gcp, "ya29.", Body::Dot, 20),
    at("GOCSPX", token(Kind::Gcp, "GOCSPX-", Body::Dash, 28)),
    token(Kind::Github, "ghp_", Body::Alnum, 36),
    token(Kind::Github, "gho_", Body::Alnum, 36),
    token(Kind::Github, "ghu_", Body::Alnum, 36),
    token(Kind::Github, "ghs_", Body::Dot, 36),
    token(Kind::Github, "ghr_", Body::Alnum, 36),
    token(Kind::Github, "github_pat_", Body::Word, 60),
    token(Kind::Gitlab, "glpat-", Body::Dot, 20),
    token(Kind::Gitlab, "glptt-", Body::Hex, 40),
    token(Kind::Gitlab, "gldt-", Body::Dash, 20),
    token(Kind::Gitlab, "glrt-", Body::Dot, 20),
    token(Kind::Gitlab, "glft-", Body::Dash, 20),
    token(Kind::Gitlab, "glcbt-", Body::Dash, 22),
    token(Kind::Gitlab, "glsoat-", Body::Dash, 20),
    token(Kind::Gitlab, "glimt-", Body::Dash, 25),
    token(Kind::Gitlab, "glagent-", Body::Dash, 50),
    token(Kind::Gitlab, "gloas-", Body::Dash, 64),
    at("xox", token(Kind::Slack, "xoxb-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxp-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxa-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxr-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxs-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxo-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxc-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxd-", Body::Base64, 20)),
    at("xox", token(Kind::Slack, "xoxe-", Body::Dash, 20)),
    at("xox", token(Kind::Slack, "xoxe.xox", Body::Dash, 20)),
    token(Kind::Slack, "xapp-", Body::Dash, 20),
    at("hooks", behind(token(Kind::Slack, "hooks.slack.com/services/", Body::Path, 20))),
    at("hooks", behind(token(Kind::Slack, "hooks.slack.com/workflows/", Body::Path, 20))),
    at("hooks", behind(token(Kind::Slack, "hooks.slack.com/triggers/", Body::Path, 20))),
    at("hooks", behind(token(Kind::Discord, "discord.com/api/webhooks/", Body::Path, 60))),
    at("hooks", behind(token(Kind::Discord, "discordapp.com/api/webhooks/", Body::Path, 60))),
    at("k_live_", token(Kind::Stripe, "sk_live_", Body::Alnum, 10)),
    at("k_live_", token(Kind::Stripe, "rk_live_", Body::Alnum, 10)),
    at("k_test_", token(Kind::Stripe, "sk_test_", Body::Alnum, 10)),
    at("k_test_", token(Kind::Stripe, "rk_test_", Body::Alnum, 10)),
    token(Kind::Stripe, "whsec_", Body::Base64, 32),
    token(Kind::Sendgrid, "SG.", Body::Dot, 60),
    token(Kind::Npm, "npm_", Body::Alnum, 36),
    token(Kind::Pypi, "pypi-", Body::Dash, 50),
    at("_v1_", token(Kind::Digitalocean, "dop_v1_", Body::Hex, 64)),
    at("_v1_", token(Kind::Digitalocean, "doo_v1_", Body::Hex, 64)),
    at("_v1_", token(Kind::Digitalocean, "dor_v1_", Body::Hex, 64)),
    token(Kind::Huggingface, "hf_", Body::Alnum, 34),
    token(Kind::Huggingface, "api_org_", Body::Alnum, 34),
    at("sk-", token(Kind::Anthropic, "sk-ant-", Body::Dash, 20)),
    at("sk-", token(Kind::Openai, "sk-proj-", Body::Dash, 20)),
    at("sk-", token(Kind::Openai, "sk-svcacct-", Body::Dash, 20)),
    at("sk-", token(Kind::Openai, "sk-admin-", Body::Dash, 20)),
    at("sk-", token(Kind::Openai, "sk-or-v1-", Body::Hex, 64)),
    at("sk-", token(Kind::Openai, "sk-", Body::Alnum, 32)),
    token(Kind::Newrelic, "NRAK-", Body::Upper, 27),
    token(Kind::Newrelic, "NRJS-", Body::Hex, 19),
    at("shp", token(Kind::Shopify, "shpat_", Body::Hex, 32)),
    at("shp", token(Kind::Shopify, "shpca_", Body::Hex, 32)),
    at("shp", token(Kind::Shopify, "shppa_", Body::Hex, 32)),
    at("shp", token(Kind::Shopify, "shpss_", Body::Hex, 32)),
    token(Kind::Cloudflare, "v1.0-", Body::Dash, 100),
    token(Kind::Vault, "hvs.", Body::Dash, 24),
    token(Kind::Vault, "hvb.", Body::Dash, 24),
    token(Kind::Grafana, "glc_", Body::Base64, 32),
    token(Kind::Grafana, "glsa_", Body::Word, 41),
    token(Kind::Databricks, "dapi", Body::Hex, 32),
    token(Kind::Alibaba, "LTAI", Body::Alnum, 20),
    token(Kind::Vendor, "PMAK-", Body::Dash, 59),
    token(Kind::Vendor, "lin_api_", Body::Alnum, 40),
    token(Kind::Vendor, "rubygems_", Body::Hex, 48),
    token(Kind::Vendor, "dt0c01.", Body::Dot, 60),
    token(Kind::Vendor, "sntryu_", Body::Hex, 64),
    token(Kind::Vendor, "sntrys_", Body::Base64, 60),
    token(Kind::Vendor, "xkeysib-", Body::Dash, 80),
    token(Kind::Vendor, "AGE-SECRET-KEY-1", Body::Upper, 58),
];

/// Its anchor has two letters only, so it is searched for apart.
pub(super) static TWILIO: Shape = exact(Kind::Twilio, "SK", Body::Hex, 32);

impl Shape {
    /// The token whose anchor begins at `at`, if it is one.
    pub(super) fn find(&self, text: &[u8], at: usize) -> Option<Found> {
        let start = at.checked_sub(self.beginning.find(self.anchor)?)?;
        if !text[start..].starts_with(self.beginning.as_bytes()) {
            return None;
        }
        let body = start + self.beginning.len();
        let bytes = run(text, body, |byte| self.body.holds(byte));
        let fits = (self.bytes_min..=self.bytes_max).contains(&bytes);
        if !fits || !(self.keeps_beginning || begins(text, start)) {
            return None;
        }
        let end = body + bytes;
        if self.bytes_min == self.bytes_max && is_word_at(text, end) || is_mark(&text[body..end]) {
            return None;
        }
        let start = if self.keeps_beginning { body } else { start };
        Some(Found::word(self.kind, start, end))
    }
}

/// A bot's number, `:AA` and 33 more characters; the anchor is its middle.
pub(super) fn telegram(text: &[u8], at: usize) -> Option<Found> {
    const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 8..=10;
    const BODY_BYTES: usize = 35;
    let digits = run_before(text, at, TOKEN_BYTES_MAX, |byte| byte.is_ascii_digit());
    let body = run(text, at + 1, |byte| Body::Dash.holds(byte));
    let fits = NUMBER_DIGITS.contains(&digits) && body == BODY_BYTES;
    fits.then(|| Found::word(Kind::Telegram, at - digits, at + 1 + body))
}
