//! Where notices go: a `[[notify]]` table of the configuration file, as written and as meant.
//!
//! ```text
//!   [[notify]]
//!   name = "chat"    kind = "slack"   url = "https://hooks.example.org/..."
//! ```
//! Invariant: a destination is the operator's word: it stands in a file, no request can name an address.

use lettre::message::Mailbox;
use reqwest::Url;
use serde::Deserialize;

use crate::body::Body;

/// A checked destination.
#[derive(Clone)]
pub struct Destination {
    pub name: String,
    pub kind: Kind,
}

/// How it is told.
#[derive(Clone)]
pub enum Kind {
    /// Alertmanager's payload, version 4, or a body of its own; signed when there is a secret.
    Webhook { url: Url, secret: Option<String>, body: Option<Body> },
    /// A text, as Slack, Mattermost and others take it.
    Slack { url: Url },
    /// A message over SMTP; the URL says the server, who logs in, and by `smtps` that it speaks TLS at once.
    Email { url: String, from: Mailbox, to: Vec<Mailbox> },
    /// Alertmanager's API, version 2.
    Alertmanager { url: Url },
}

/// The table as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDestination {
    name: Option<String>,
    kind: Option<String>,
    url: Option<String>,
    secret: Option<String>,
    body: Option<String>,
    from: Option<String>,
    to: Option<Vec<String>>,
}

/// What is wrong with one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct DestinationError {
    /// The member.
    pub field: &'static str,
    /// What is wrong with it, and what is allowed.
    pub problem: String,
}

/// Its secrets are not for logs.
impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Destination").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Destination {
    /// The URL that is asked, if it is asked over HTTP; it may hold a secret.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match &self.kind {
            Kind::Webhook { url, .. } | Kind::Slack { url } | Kind::Alertmanager { url } => {
                Some(url.to_string())
            }
            Kind::Email { .. } => None,
        }
    }
}

fn wrong(field: &'static str, problem: impl Into<String>) -> DestinationError {
    DestinationError { field, problem: problem.into() }
}

impl RawDestination {
    /// The destination that is meant.
    ///
    /// # Errors
    /// [`DestinationError`]: what is missing or cannot be; never the secret.
    pub fn check(self) -> Result<Destination, DestinationError> {
        let name = self.name.filter(|name| (1..=64).contains(&name.len()));
        let name = name.ok_or_else(|| wrong("name", "a text of 1 to 64 bytes"))?;
        let url = self.url.ok_or_else(|| wrong("url", "it is missing"))?;
        let kind = match self.kind.as_deref() {
            Some("webhook") => {
                let body = self.body.clone().map(Body::parse).transpose();
                let body = body.map_err(|problem| wrong("body", problem))?;
                Kind::Webhook { url: web(&url)?, secret: self.secret.clone(), body }
            }
            Some("slack") => Kind::Slack { url: web(&url)? },
            Some("alertmanager") => Kind::Alertmanager { url: web(&url)? },
            Some("email") => {
                email(url, self.from.as_deref(), &self.to.clone().unwrap_or_default())?
            }
            _ => return Err(wrong("kind", "webhook, slack, email or alertmanager")),
        };
        let is_email = matches!(kind, Kind::Email { .. });
        if !is_email && (self.from.is_some() || self.to.is_some()) {
            return Err(wrong("to", "only an email has `from` and `to`"));
        }
        let is_webhook = matches!(kind, Kind::Webhook { .. });
        if self.secret.is_some() && !is_webhook {
            return Err(wrong("secret", "only a webhook is signed"));
        }
        if self.body.is_some() && !is_webhook {
            return Err(wrong("body", "only a webhook has a body of its own"));
        }
        Ok(Destination { name, kind })
    }
}

fn web(text: &str) -> Result<Url, DestinationError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.filter(Url::has_host)
        .ok_or_else(|| wrong("url", "a URL such as https://hooks.example.org/x"))
}

fn email(url: String, from: Option<&str>, to: &[String]) -> Result<Kind, DestinationError> {
    let parsed = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "smtp" | "smtps"));
    if !parsed.is_some_and(|url| url.has_host()) {
        let allowed = "a URL such as smtps://user:password@mail.example.org or smtp://127.0.0.1:25";
        return Err(wrong("url", allowed));
    }
    let mailbox = |field: &'static str, text: &str| {
        text.parse::<Mailbox>()
            .map_err(|_| wrong(field, "an address such as \"Alerts <a@example.org>\""))
    };
    let from = mailbox("from", from.ok_or_else(|| wrong("from", "it is missing"))?)?;
    let to = to.iter().map(|to| mailbox("to", to)).collect::<Result<Vec<_>, _>>()?;
    if to.is_empty() {
        return Err(wrong("to", "a list of addresses"));
    }
    Ok(Kind::Email { url, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: Result<(), &str>) {
        let raw: RawDestination = serde_json::from_str(json).unwrap();
        let said = raw.check().map(drop).map_err(|error| error.to_string());
        assert_eq!(said, expect.map_err(str::to_owned), "{json}");
    }

    #[test]
    fn each_kind_has_what_it_needs_and_nothing_else() {
        check(
            r#"{"name": "a", "kind": "webhook", "url": "https://h.example/x", "secret": "s"}"#,
            Ok(()),
        );
        check(
            r#"{"name": "a", "kind": "email", "url": "smtp://127.0.0.1:25", "from": "a@b.example", "to": ["C <c@b.example>"]}"#,
            Ok(()),
        );
        check(
            r#"{"name": "a", "kind": "irc", "url": "https://h"}"#,
            Err("kind: webhook, slack, email or alertmanager"),
        );
        check(
            r#"{"name": "a", "kind": "slack", "url": "ftp://h"}"#,
            Err("url: a URL such as https://hooks.example.org/x"),
        );
        check(
            r#"{"name": "a", "kind": "slack", "url": "http://h", "secret": "s"}"#,
            Err("secret: only a webhook is signed"),
        );
        check(
            r#"{"name": "a", "kind": "email", "url": "smtp://h", "from": "nobody", "to": []}"#,
            Err("from: an address such as \"Alerts <a@example.org>\""),
        );
        check(
            r#"{"name": "a", "kind": "email", "url": "smtp://h", "from": "a@b.example", "to": []}"#,
            Err("to: a list of addresses"),
        );
        check(
            r#"{"name": "a", "kind": "webhook", "url": "http://h", "body": "{{ statsu }}"}"#,
            Err("body: there is no place 'statsu'"),
        );
        check(
            r#"{"name": "a", "kind": "slack", "url": "http://h", "body": "{}"}"#,
            Err("body: only a webhook has a body of its own"),
        );
        check(r#"{"kind": "slack", "url": "http://h"}"#, Err("name: a text of 1 to 64 bytes"));
    }
}
