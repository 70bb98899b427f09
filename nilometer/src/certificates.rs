//! Certificates and keys as files: read, checked, and what they say.
//!
//! Invariants:
//! - every refusal names the file, the option that named it, and what is wanted in it;
//! - a key's text is in no message;
//! - a pair that was read fits together: the key is the first certificate's.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_model::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::asn1::{PrintableStringRef, TeletexStringRef, Utf8StringRef};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::config::PairFiles;
use crate::limits::{EXPIRY_ERROR_S, EXPIRY_SAID_EVERY_S, EXPIRY_WARNING_S, SECRET_FILE_BYTES_MAX};
use crate::metrics;

const CERTIFICATES: &str = "want certificates in PEM form (-----BEGIN CERTIFICATE-----)";
const KEY: &str =
    "want one private key in PEM form, without a passphrase (-----BEGIN PRIVATE KEY-----)";
/// `id-at-commonName`.
const COMMON_NAME: &str = "2.5.4.3";
const NS_PER_S: i64 = 1_000_000_000;

/// A file that cannot be used.
#[derive(Debug)]
pub(crate) struct CertificateError {
    option: &'static str,
    path: PathBuf,
    problem: String,
    wanted: &'static str,
}

impl std::error::Error for CertificateError {}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { option, path, problem, wanted } = self;
        write!(f, "{option} {}: {problem}; {wanted}", path.display())
    }
}

/// A certificate with those that vouch for it, and its key.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) certified: Arc<CertifiedKey>,
    /// When the first of the chain to end ends.
    pub(crate) ends: Timestamp,
}

/// Reads a pair and sees that it is one.
pub(crate) fn read_pair(files: &PairFiles) -> Result<Pair, CertificateError> {
    let refuse = |problem: String, wanted| CertificateError {
        option: "--tls-cert",
        path: files.cert.clone(),
        problem,
        wanted,
    };
    let chain = read_certificates("--tls-cert", &files.cert)?;
    let ends = chain.iter().map(|one| parse(one).map(|one| ends(&one)));
    let ends = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().min());
    let ends =
        ends.ok_or_else(|| refuse("a certificate in it cannot be read".to_owned(), CERTIFICATES))?;
    let key = read_key(&files.key)?;
    let certified = CertifiedKey::from_der(chain, key, &default_provider());
    let certified = certified.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            let problem = format!("{} (--tls-key) is not its key", files.key.display());
            refuse(problem, "want the certificate's own private key there")
        }
        other => refuse(format!("cannot be used with {}: {other}", files.key.display()), KEY),
    })?;
    Ok(Pair { certified: Arc::new(certified), ends })
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let text = read("--tls-key", path, KEY)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| CertificateError {
        option: "--tls-key",
        path: path.to_owned(),
        problem: "holds no private key that can be used".to_owned(),
        wanted: KEY,
    })
}

/// The authorities that are believed.
pub(crate) fn read_authorities(path: &Path) -> Result<RootCertStore, CertificateError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates("--tls-ca", path)? {
        roots.add(certificate).map_err(|error| CertificateError {
            option: "--tls-ca",
            path: path.to_owned(),
            problem: format!("a certificate in it cannot vouch for others: {error}"),
            wanted: CERTIFICATES,
        })?;
    }
    Ok(roots)
}

fn read_certificates(
    option: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let text = read(option, path, CERTIFICATES)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let problem = match found {
        Ok(certificates) if !certificates.is_empty() => return Ok(certificates),
        Ok(_) => "holds no certificate".to_owned(),
        Err(error) => format!("is not in PEM form: {error}"),
    };
    Err(CertificateError { option, path: path.to_owned(), problem, wanted: CERTIFICATES })
}

fn read(
    option: &'static str,
    path: &Path,
    wanted: &'static str,
) -> Result<Vec<u8>, CertificateError> {
    let refuse = |problem| CertificateError { option, path: path.to_owned(), problem, wanted };
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
    file.take(SECRET_FILE_BYTES_MAX + 1)
        .read_to_end(&mut text)
        .map_err(|error| refuse(error.to_string()))?;
    if text.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err(refuse(format!("is larger than {SECRET_FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn parse(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    Certificate::from_der(certificate).ok()
}

fn ends(certificate: &Certificate) -> Timestamp {
    let since = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The DNS names and common names of a certificate that was verified.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Some(certificate) = parse(certificate) else { return Vec::new() };
    let certificate = certificate.tbs_certificate;
    let mut names = Vec::new();
    if let Ok(Some((_, SubjectAltName(alternatives)))) = certificate.get::<SubjectAltName>() {
        names.extend(alternatives.into_iter().filter_map(|name| match name {
            GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
            _ => None,
        }));
    }
    for attribute in certificate.subject.0.iter().flat_map(|part| part.0.iter()) {
        if attribute.oid.to_string() != COMMON_NAME {
            continue;
        }
        let text = match attribute.value.tag() {
            Tag::Utf8String => {
                attribute.value.decode_as().ok().map(|t: Utf8StringRef<'_>| t.to_string())
            }
            Tag::PrintableString => {
                attribute.value.decode_as().ok().map(|t: PrintableStringRef<'_>| t.to_string())
            }
            Tag::TeletexString => {
                attribute.value.decode_as().ok().map(|t: TeletexStringRef<'_>| t.to_string())
            }
            _ => None,
        };
        names.extend(text.filter(|name| !names.contains(name)));
    }
    names
}

/// Says that a certificate will end, in time and once a day; counts when.
#[derive(Debug)]
pub(crate) struct Expiry {
    path: PathBuf,
    ends: Timestamp,
    said: Option<Timestamp>,
}

impl Expiry {
    /// Of a pair that was just read.
    pub(crate) fn of(path: &Path, ends: Timestamp) -> Self {
        metrics::certificate_expires(&path.display().to_string(), ends.0 / NS_PER_S);
        Self { path: path.to_owned(), ends, said: None }
    }

    /// What an operator should know by now.
    pub(crate) fn warning(&self, now: Timestamp) -> Option<String> {
        let left_s = self.left_s(now);
        let (path, ends) = (self.path.display(), self.ends);
        if left_s > EXPIRY_WARNING_S {
            None
        } else if left_s > 0 {
            let days = left_s / 86_400;
            Some(format!("the certificate in {path} ends at {ends}, in {days} days"))
        } else {
            Some(format!("the certificate in {path} has ended at {ends}"))
        }
    }

    /// Says it, unless that was done within a day.
    pub(crate) fn say(&mut self, now: Timestamp) {
        let since_s = |said: Timestamp| (now.0 - said.0) / NS_PER_S;
        if self.said.is_some_and(|said| since_s(said) < EXPIRY_SAID_EVERY_S) {
            return;
        }
        let Some(warning) = self.warning(now) else { return };
        self.said = Some(now);
        if self.left_s(now) > EXPIRY_ERROR_S {
            tracing::warn!("{warning}");
        } else {
            tracing::error!("{warning}");
        }
    }

    fn left_s(&self, now: Timestamp) -> i64 {
        (self.ends.0.saturating_sub(now.0)) / NS_PER_S
    }
}

#[cfg(test)]
mod tests;
