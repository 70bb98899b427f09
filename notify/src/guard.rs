//! Where nothing is ever sent, whatever a name resolves to.
//!
//! Invariant: an address is looked at after its name was resolved, each time, and the one that was looked at is used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether it is one of the addresses at which clouds hand out credentials, or of the same kind.
pub(crate) fn is_forbidden(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            let aws = v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
            aws || v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified()
        }
    }
}

/// Whether the URL names such an address itself, so that nothing is resolved.
pub(crate) fn names_forbidden(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok_and(is_forbidden)
}

/// The addresses of a host that may be asked.
pub(crate) async fn addresses(host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let found = tokio::net::lookup_host((host, port)).await?;
    let allowed: Vec<SocketAddr> = found.filter(|address| !is_forbidden(address.ip())).collect();
    if allowed.is_empty() {
        let problem = format!("{host} has no address that may be asked (link-local ones may not)");
        return Err(std::io::Error::other(problem));
    }
    Ok(allowed)
}

/// Resolves names for an HTTP client.
#[derive(Debug)]
pub(crate) struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let name = Arc::<str>::from(name.as_str());
        Box::pin(async move {
            let found = addresses(&name, 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_addresses_are_never_asked_however_they_are_written() {
        for (ip, forbidden) in [
            ("169.254.169.254", true),
            ("::ffff:169.254.169.254", true),
            ("fe80::1", true),
            ("fd00:ec2::254", true),
            ("0.0.0.0", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("93.184.216.34", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_forbidden(ip.parse().unwrap()), forbidden, "{ip}");
        }
        for (url, forbidden) in [
            ("http://169.254.169.254/latest", true),
            ("http://2852039166/", true),
            ("http://[fe80::1]:80/", true),
            ("http://localhost/", false),
        ] {
            assert_eq!(names_forbidden(&Url::parse(url).unwrap()), forbidden, "{url}");
        }
    }
}
