//! Files of certificates: right ones, wrong ones, and ones that end.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

use super::*;

/// A key and a certificate that it signed itself, as PEM.
fn made(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    change(&mut params);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// The files of a pair with these texts.
fn files(dir: &Path, cert: &str, key: &str) -> PairFiles {
    let files = PairFiles { cert: dir.join("c.pem"), key: dir.join("k.pem") };
    std::fs::write(&files.cert, cert).unwrap();
    std::fs::write(&files.key, key).unwrap();
    files
}

#[track_caller]
fn refused(cert: &str, key: &str, expect: &str) {
    let dir = tempfile::tempdir().unwrap();
    let error = read_pair(&files(dir.path(), cert, key)).unwrap_err().to_string();
    assert_eq!(error.replace(&format!("{}/", dir.path().display()), ""), expect);
}

#[test]
fn a_pair_reads_back_with_the_end_of_its_shortest_certificate() {
    let (cert, key) = made(|params| params.not_after = rcgen::date_time_ymd(2031, 2, 3));
    let (shorter, _) = made(|params| params.not_after = rcgen::date_time_ymd(2030, 2, 3));
    let dir = tempfile::tempdir().unwrap();
    let pair = read_pair(&files(dir.path(), &(cert + &shorter), &key)).unwrap();
    assert_eq!(pair.ends.to_string(), "2030-02-03T00:00:00.000000000Z");
}

#[test]
fn a_wrong_file_is_named_with_what_is_wanted() {
    let (cert, key) = made(|_| {});
    let (_, other) = made(|_| {});
    let want = "want certificates in PEM form (-----BEGIN CERTIFICATE-----)";
    refused("", &key, &format!("--tls-cert c.pem: holds no certificate; {want}"));
    refused("\u{0}binary", &key, &format!("--tls-cert c.pem: holds no certificate; {want}"));
    refused(&key, &cert, &format!("--tls-cert c.pem: holds no certificate; {want}"));
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    refused(empty, &key, &format!("--tls-cert c.pem: a certificate in it cannot be read; {want}"));
    let want =
        "want one private key in PEM form, without a passphrase (-----BEGIN PRIVATE KEY-----)";
    refused(&cert, "", &format!("--tls-key k.pem: holds no private key that can be used; {want}"));
    refused(
        &cert,
        &other,
        "--tls-cert c.pem: k.pem (--tls-key) is not its key; want the certificate's own private key there",
    );
    let dir = tempfile::tempdir().unwrap();
    let error = read_authorities(&dir.path().join("ca.pem")).unwrap_err().to_string();
    assert!(error.starts_with("--tls-ca ") && error.contains("ca.pem: No such file"), "{error}");
}

#[test]
fn authorities_are_as_many_as_the_file_holds() {
    let ca =
        |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, made(ca).0 + &made(ca).0).unwrap();
    assert_eq!(read_authorities(&path).unwrap().len(), 2);
}

#[test]
fn a_certificate_is_known_by_its_dns_names_and_its_common_name() {
    let named = |alternatives: &[&str], common: &str| {
        let (cert, _) = made(|params| {
            *params = CertificateParams::new(
                alternatives.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(),
            )
            .unwrap();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::OrganizationName, "not a name");
            params.distinguished_name.push(DnType::CommonName, common);
        });
        names(&CertificateDer::from_pem_slice(cert.as_bytes()).unwrap())
    };
    assert_eq!(named(&[], "worker-1"), ["worker-1"]);
    assert_eq!(named(&["w1.example", "10.0.0.1", "w1"], "w1"), ["w1.example", "w1"]);
    assert_eq!(names(&CertificateDer::from(vec![0])), [""; 0]);
}

#[test]
fn an_end_is_told_from_14_days_before_and_once_a_day() {
    const DAY: i64 = 86_400 * NS_PER_S;
    let ends = Timestamp(100 * DAY);
    let mut expiry = Expiry::of(Path::new("c.pem"), ends);
    let at = |before_s: i64| Timestamp(ends.0 - before_s * NS_PER_S);
    let text = |left: &str| format!("the certificate in c.pem {left} {ends}");
    for (before_s, expect) in [
        (EXPIRY_WARNING_S + 1, None),
        (EXPIRY_WARNING_S, Some(text("ends at") + ", in 14 days")),
        (EXPIRY_ERROR_S, Some(text("ends at") + ", in 3 days")),
        (1, Some(text("ends at") + ", in 0 days")),
        (0, Some(text("has ended at"))),
        (-5, Some(text("has ended at"))),
    ] {
        assert_eq!(expiry.warning(at(before_s)), expect, "{before_s} s before");
    }
    expiry.say(at(EXPIRY_WARNING_S + 1));
    assert_eq!(expiry.said, None);
    expiry.say(at(EXPIRY_WARNING_S));
    let first = expiry.said;
    assert_eq!(first, Some(at(EXPIRY_WARNING_S)));
    expiry.say(at(EXPIRY_WARNING_S - EXPIRY_SAID_EVERY_S + 1));
    assert_eq!(expiry.said, first, "not twice within a day");
    expiry.say(at(EXPIRY_WARNING_S - EXPIRY_SAID_EVERY_S));
    assert_ne!(expiry.said, first);
}
