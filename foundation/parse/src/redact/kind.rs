//! The kinds of secrets: their names in marks, counters and settings.
//!
//! Invariant: in the order of how much they tell; where two find the same, the first is named.

/// A kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "their names say what they are; docs/redaction.md has the table")]
pub enum Kind {
    PrivateKey,
    Aws,
    Azure,
    Gcp,
    Github,
    Gitlab,
    Slack,
    Stripe,
    Twilio,
    Sendgrid,
    Npm,
    Pypi,
    Digitalocean,
    Huggingface,
    Openai,
    Anthropic,
    Newrelic,
    Discord,
    Telegram,
    Shopify,
    Cloudflare,
    Vault,
    Grafana,
    Databricks,
    Alibaba,
    Vendor,
    Jwt,
    Card,
    UrlPassword,
    Authorization,
    Password,
    Secret,
    Email,
    Phone,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::PrivateKey,
        Self::Aws,
        Self::Azure,
        Self::Gcp,
        Self::Github,
        Self::Gitlab,
        Self::Slack,
        Self::Stripe,
        Self::Twilio,
        Self::Sendgrid,
        Self::Npm,
        Self::Pypi,
        Self::Digitalocean,
        Self::Huggingface,
        Self::Openai,
        Self::Anthropic,
        Self::Newrelic,
        Self::Discord,
        Self::Telegram,
        Self::Shopify,
        Self::Cloudflare,
        Self::Vault,
        Self::Grafana,
        Self::Databricks,
        Self::Alibaba,
        Self::Vendor,
        Self::Jwt,
        Self::Card,
        Self::UrlPassword,
        Self::Authorization,
        Self::Password,
        Self::Secret,
        Self::Email,
        Self::Phone,
    ];

    /// Its name everywhere.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Slack => "slack",
            Self::Stripe => "stripe",
            Self::Twilio => "twilio",
            Self::Sendgrid => "sendgrid",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Digitalocean => "digitalocean",
            Self::Huggingface => "huggingface",
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Newrelic => "newrelic",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
            Self::Shopify => "shopify",
            Self::Cloudflare => "cloudflare",
            Self::Vault => "vault",
            Self::Grafana => "grafana",
            Self::Databricks => "databricks",
            Self::Alibaba => "alibaba",
            Self::Vendor => "vendor",
            Self::Jwt => "jwt",
            Self::Card => "card",
            Self::UrlPassword => "url_password",
            Self::Authorization => "authorization",
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is looked for unless somebody says otherwise.
    #[must_use]
    pub fn is_default(self) -> bool {
        !matches!(self, Self::Email | Self::Phone)
    }

    /// The pattern of a kind that has no anchor to search for.
    pub(super) fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Email => Some(
                r"(?:^|[^A-Za-z0-9._%+@-])(?<secret>[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})\b",
            ),
            Self::Phone => Some(
                r"(?:^|[^A-Za-z0-9+._/-])(?<secret>\+[1-9](?:[ .-]?\(?[0-9]{1,4}\)?){2,5}[0-9]|(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4})(?:$|[^A-Za-z0-9_.-]|\.(?:$|\s))",
            ),
            _ => None,
        }
    }
}
