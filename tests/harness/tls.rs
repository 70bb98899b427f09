//! Certificates of one test: an authority, what it vouches for, and clients that believe it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::Scratch;

/// Days that a certificate is good for when a test does not care.
const DAYS: i64 = 365;

/// Who vouches for certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Issued {
    cert: String,
    key: String,
    /// The certificate's bytes.
    pub der: Vec<u8>,
}

impl Authority {
    /// A new one, whose certificate lies in the file `NAME.pem`.
    pub fn new(scratch: &Scratch, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        scratch.write(&format!("{name}.pem"), &pem);
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for these names, good for a year.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_for(names, DAYS)
    }

    /// A certificate that ends half a day and so many days from now.
    #[expect(clippy::disallowed_methods, reason = "the product reads the real clock as well")]
    pub fn issue_for(&self, names: &[&str], days: i64) -> Issued {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = DistinguishedName::new();
        let left = Duration::from_secs(days.unsigned_abs() * 86_400);
        let noon = SystemTime::now() + Duration::from_secs(43_200);
        params.not_after = (if days < 0 { noon - left } else { noon + left }).into();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        Issued { cert: cert.pem(), key: key.serialize_pem(), der: cert.der().to_vec() }
    }

    /// A client that believes this authority, and shows a certificate if it has one.
    pub fn client(&self, shown: Option<&Issued>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        match shown {
            None => builder.with_no_client_auth(),
            Some(shown) => {
                let key = PrivateKeyDer::from_pem_slice(shown.key.as_bytes()).unwrap();
                let chain = vec![CertificateDer::from(shown.der.clone())];
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        }
    }
}

impl Issued {
    /// A server that shows it, and asks nobody who he is.
    pub fn server(&self) -> ServerConfig {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.der.clone())], key)
            .unwrap()
    }

    /// Writes `NAME.crt` and `NAME.key`, and says how a command is told of them.
    pub fn files(&self, scratch: &Scratch, name: &str) -> [String; 4] {
        let cert = scratch.write(&format!("{name}.crt"), &self.cert).display().to_string();
        let key = scratch.write(&format!("{name}.key"), &self.key).display().to_string();
        ["--tls-cert".to_owned(), cert, "--tls-key".to_owned(), key]
    }
}
