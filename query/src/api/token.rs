//! What opens the door: a secret, what its holder may do, and whose records it is about.
//!
//! Invariants:
//! - a secret is never printed, and is compared in a time that does not depend on its text;
//! - tokens change while the process runs: whoever asks looks at those that hold now.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use nilometer_model::Tenant;
use tokio::sync::watch;

use super::access::Need;

/// The tokens that hold now. Whoever reads the tokens file has the other end.
pub type Tokens = watch::Receiver<Arc<[Token]>>;

/// One line of the tokens file.
#[derive(Debug, Clone)]
pub struct Token {
    pub role: Role,
    pub tenant: Tenant,
    pub secret: Secret,
    /// Names the token where its text must not stand.
    pub fingerprint: Arc<str>,
}

/// What a token's holder may do: people from read to admin, machines ingest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Ingest,
    Read,
    Write,
    Admin,
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ingest" => Some(Self::Ingest),
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    /// The role's name, as it stands in the tokens file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    pub(crate) fn may(self, need: Need) -> bool {
        match need {
            Need::Open | Need::ReadOrIngest => true,
            Need::Ingest => matches!(self, Self::Ingest | Self::Admin),
            Need::Read => matches!(self, Self::Read | Self::Write | Self::Admin),
            Need::Write => matches!(self, Self::Write | Self::Admin),
            Need::Admin => self == Self::Admin,
        }
    }
}

/// A token's text.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Looks at every byte, whichever is wrong. That the length shows is no loss: all secrets that
    /// we make are of one length.
    fn is(&self, text: &str) -> bool {
        let (a, b) = (self.0.as_bytes(), text.as_bytes());
        let differs = a.iter().zip(b).fold(0, |differs, (a, b)| black_box(differs | (a ^ b)));
        !a.is_empty() && a.len() == b.len() && differs == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The token with that text. Looks at every token, whichever it is.
pub(crate) fn find<'a>(tokens: &'a [Token], text: &str) -> Option<&'a Token> {
    tokens.iter().fold(None, |found, token| if token.secret.is(text) { Some(token) } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let text = format!("{:?}", Secret::new("hunter2".to_owned()));
        assert_eq!(text, "Secret(..)");
    }

    #[test]
    fn only_the_whole_text_is_the_secret() {
        let secret = Secret::new("hunter2".to_owned());
        for (text, is) in [("hunter2", true), ("hunter", false), ("hunter3", false), ("", false)] {
            assert_eq!(secret.is(text), is, "{text}");
        }
        assert!(!Secret::new(String::new()).is(""), "an empty secret opens nothing");
    }
}
