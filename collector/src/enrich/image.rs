//! The name of an image: `registry:5000/shop/checkout:1.4.2@sha256:…` -> repository, tag, digest.

/// The parts of an image's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Image<'a> {
    /// Without tag and digest.
    pub(super) repository: &'a str,
    /// Empty when there is none.
    pub(super) tag: &'a str,
    /// `sha256:…`; empty when there is none.
    pub(super) digest: &'a str,
}

impl<'a> Image<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        if is_digest(text) {
            return Self { repository: "", tag: "", digest: text };
        }
        // What some runtimes write before an image's id.
        let text = text.split_once("://").map_or(text, |(_, name)| name);
        let (name, digest) = text.split_once('@').unwrap_or((text, ""));
        // A colon before the last slash is a registry's port.
        let at = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name[at..].split_once(':') {
            Some((last, tag)) => (&name[..at + last.len()], tag),
            None => (name, ""),
        };
        Self { repository, tag, digest }
    }

    /// What a version is called: the tag, else the digest.
    pub(super) fn version(&self) -> &'a str {
        if self.tag.is_empty() { self.digest } else { self.tag }
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_repository_and_perhaps_a_tag_and_a_digest() {
        for (text, repository, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1.27", "nginx", "1.27", ""),
            ("registry:5000/shop/cart", "registry:5000/shop/cart", "", ""),
            ("registry:5000/shop/cart:v2", "registry:5000/shop/cart", "v2", ""),
            ("ghcr.io/a/b:v1@sha256:0af", "ghcr.io/a/b", "v1", "sha256:0af"),
            ("docker-pullable://nginx@sha256:0af", "nginx", "", "sha256:0af"),
            ("sha256:0af", "", "", "sha256:0af"),
            ("", "", "", ""),
        ] {
            assert_eq!(Image::parse(text), Image { repository, tag, digest }, "{text}");
        }
    }

    #[test]
    fn a_version_is_the_tag_else_the_digest() {
        for (text, version) in
            [("a:1@sha256:0", "1"), ("a@sha256:0", "sha256:0"), ("a", ""), ("sha256:0", "sha256:0")]
        {
            assert_eq!(Image::parse(text).version(), version, "{text}");
        }
    }
}
