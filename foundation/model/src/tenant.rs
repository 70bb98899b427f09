//! Who owns records. What one tenant sends, no other ever sees.
//!
//! Invariant: a [`Tenant`] that exists has a name of 1 to 64 printable ASCII characters without blanks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest name, bytes.
const TENANT_BYTES_MAX: usize = 64;

/// The owner of records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tenant(String);

/// A name that no tenant may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is 1 to {TENANT_BYTES_MAX} printable ASCII characters without blanks")]
pub struct TenantError;

impl Tenant {
    /// The tenant of that name.
    ///
    /// # Errors
    /// When it is empty, too long, or holds anything but printable ASCII.
    pub fn parse(name: &str) -> Result<Self, TenantError> {
        let fits = (1..=TENANT_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(name.to_owned())) } else { Err(TenantError) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The tenant of whoever is not asked for a token.
impl Default for Tenant {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Tenant {
    type Error = TenantError;
    fn try_from(name: String) -> Result<Self, TenantError> {
        Self::parse(&name)
    }
}

impl From<Tenant> for String {
    fn from(tenant: Tenant) -> Self {
        tenant.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_printable() {
        let longest = "t".repeat(TENANT_BYTES_MAX);
        assert_eq!(Tenant::parse(&longest).unwrap().name(), longest);
        for name in ["", "two words", "tab\t", "é", "nul\0", &format!("{longest}t")] {
            Tenant::parse(name).expect_err(name);
        }
        assert_eq!(Tenant::parse("default").unwrap(), Tenant::default());
    }
}
