//! The other end of a connection: its address, and whom its certificate says that it is.
//!
//! Invariant: where client certificates are asked for, a collector speaks for its own node only, whatever
//! token it shows: with one that was stolen nobody adds to another node's files. (Lines of NDJSON are a
//! program's, and name any node.)

use std::net::SocketAddr;
use std::sync::Arc;

use super::error::ApiError;

/// Put among a request's extensions by whoever listens.
#[derive(Debug, Clone)]
pub struct Peer {
    pub address: SocketAddr,
    /// Whether nobody in between can read along.
    pub tls: bool,
    pub certificate: PeerCertificate,
}

/// What a connection's other end has shown of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PeerCertificate {
    /// This listener asks for none.
    #[default]
    NotAsked,
    /// The names in the one that was verified; empty when none was shown.
    Asked(Arc<[String]>),
}

impl PeerCertificate {
    /// Whether the other end may say something about `node`.
    pub(crate) fn may_speak_for(&self, node: &str) -> Result<(), ApiError> {
        let Self::Asked(names) = self else { return Ok(()) };
        if names.iter().any(|name| name.eq_ignore_ascii_case(node)) {
            return Ok(());
        }
        let message = if names.is_empty() {
            format!("no client certificate was shown, and the request is about node '{node}'")
        } else {
            let names = names.join("', '");
            format!(
                "the client certificate is for '{names}', and the request is about node '{node}'"
            )
        };
        let hint = "give the collector a certificate (--tls-cert, --tls-key) whose DNS name or common \
                    name is its --node";
        Err(ApiError::forbidden(message, hint).about("node"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(certificate: &PeerCertificate, node: &str, refusal: Option<&str>) {
        let error = certificate.may_speak_for(node).err();
        let said = error.map(|error| serde_json::to_value(error).unwrap());
        let said = said.as_ref().and_then(|error| error["error"]["message"].as_str());
        assert_eq!(said, refusal, "{certificate:?} about {node}");
    }

    #[test]
    fn a_certificate_speaks_for_the_nodes_that_it_names_and_no_other() {
        let names = |names: &[&str]| {
            PeerCertificate::Asked(names.iter().map(|&name| name.to_owned()).collect())
        };
        check(&PeerCertificate::NotAsked, "n1", None);
        check(&names(&["n1"]), "n1", None);
        check(&names(&["other", "N1.example"]), "n1.example", None);
        check(
            &names(&["n1", "n1.example"]),
            "n2",
            Some(
                "the client certificate is for 'n1', 'n1.example', and the request is about node 'n2'",
            ),
        );
        check(
            &names(&["*"]),
            "n2",
            Some("the client certificate is for '*', and the request is about node 'n2'"),
        );
        check(
            &names(&[]),
            "n1",
            Some("no client certificate was shown, and the request is about node 'n1'"),
        );
        check(
            &names(&["n1"]),
            "",
            Some("the client certificate is for 'n1', and the request is about node ''"),
        );
    }
}
