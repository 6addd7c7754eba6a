//! Real certificates of invented names; what is expected of them was printed
//! by `openssl x509`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::FORMAT;
use crate::formats::exchange::testing::{list, named, records, survives_cuts, text, value};
use crate::formats::{Content, Document, ProblemLevel};
use crate::model::exchange::{Record, Value};
use crate::source::{FileId, SourceFile};

const LEAF: &str = include_str!("testdata/leaf.pem");
const ROOT: &str = include_str!("testdata/ca.pem");
const CHAIN: &str = include_str!("testdata/chain.pem");

/// As `openssl x509 -fingerprint -enddate` prints them.
const THUMBPRINT: &str = "5A00200E65F25521F6AA8E80C20D417C14AEC50F";
const NOT_AFTER: &str = "2028-11-25T04:22:45Z";

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).expect("base64")
}

fn check_leaf(record: &Record) {
    assert_eq!(record.cmdlet, Some("Get-PfxCertificate"));
    let domains = [
        "mail.contoso.com",
        "autodiscover.contoso.com",
        "*.tokyo.contoso.com",
    ];
    assert_eq!(value(record, "CertificateDomains"), &list(&domains));
    assert_eq!(value(record, "IsSelfSigned"), &Value::Bool(false));
    assert_eq!(value(record, "PublicKeySize"), &Value::Integer(2048));
    assert_eq!(value(record, "PublicKeyAlgorithm"), &text("RSA"));
    assert_eq!(value(record, "SerialNumber"), &text("1234ABCD"));
    let subject = "CN=mail.contoso.com, O=\"Contoso, Ltd.\", S=Tokyo, C=JP";
    assert_eq!(value(record, "Subject"), &text(subject));
    assert_eq!(
        value(record, "Issuer"),
        &text("CN=Contoso Root, O=Contoso, C=JP")
    );
    let usages = [
        "Server Authentication (1.3.6.1.5.5.7.3.1)",
        "Client Authentication (1.3.6.1.5.5.7.3.2)",
        "Smart Card Logon (1.3.6.1.4.1.311.20.2.2)",
    ];
    assert_eq!(value(record, "EnhancedKeyUsageList"), &list(&usages));
    let usages = ["DigitalSignature", "KeyEncipherment"];
    assert_eq!(value(record, "KeyUsage"), &list(&usages));
    assert_eq!(value(record, "IsCertificateAuthority"), &Value::Bool(false));
    assert_eq!(value(record, "Thumbprint"), &text(THUMBPRINT));
    assert_eq!(value(record, "NotAfter"), &text(NOT_AFTER));
}

fn check_root(record: &Record) {
    assert_eq!(value(record, "IsSelfSigned"), &Value::Bool(true));
    assert_eq!(value(record, "PublicKeySize"), &Value::Integer(256));
    assert_eq!(value(record, "PublicKeyAlgorithm"), &text("ECC"));
    assert_eq!(value(record, "SignatureAlgorithm"), &text("sha256ECDSA"));
    assert_eq!(value(record, "IsCertificateAuthority"), &Value::Bool(true));
    assert_eq!(value(record, "CertificateDomains"), &Value::List([].into()));
    assert!(record.properties.get("KeyUsage").is_none());
}

#[test]
fn several_certificates_with_text_around_them_are_read() {
    let whole = format!(
        "Bag Attributes\n    friendlyName: mail\nsubject=CN = mail\n{LEAF}\nsubject=root\n{ROOT}"
    );
    let file = named("HUB1_chain.pem", &whole);
    assert_eq!((FORMAT.detect)(&file).map(|found| found.strength), Some(70));
    let document = (FORMAT.parse)(&file);
    let found = records(&document);
    assert_eq!(found.len(), 2);
    check_leaf(found[0]);
    check_root(found[1]);
    let totals = document.ledger.totals();
    assert_eq!(
        (totals.unrecognised, totals.not_modelled, totals.irrelevant),
        (0, 0, 5)
    );
    assert!(document.problems.is_empty());
}

#[test]
fn a_certificate_in_der_is_shown_in_its_armour() {
    let file = SourceFile::decode(FileId(0), "mail.cer", der(LEAF));
    assert_eq!(file.binary(), None);
    assert!((FORMAT.detect)(&file).is_some_and(|found| found.strength > 90));
    assert_eq!(file.text(), LEAF);
    check_leaf(records(&(FORMAT.parse)(&file))[0]);
}

#[test]
fn the_certificates_of_a_chain_are_read_from_text_and_from_bytes() {
    let text = named("chain.p7b", CHAIN);
    let bytes = SourceFile::decode(FileId(0), "chain.p7b", der(CHAIN));
    // Windows writes the armour of a certificate around a chain, too.
    let windows = named("chain.p7b", &CHAIN.replace("PKCS7", "CERTIFICATE"));
    for file in [text, bytes, windows] {
        let document = (FORMAT.parse)(&file);
        let found = records(&document);
        assert_eq!(found.len(), 2, "{:?}", document.problems);
        check_leaf(found[0]);
        check_root(found[1]);
    }
}

fn secrets(document: &Document) -> usize {
    let hidden = document.content.iter().filter_map(|content| match content {
        Content::Secrets(spans) => Some(spans.len()),
        _ => None,
    });
    hidden.sum()
}

#[test]
fn a_private_key_is_masked_and_said() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    ] {
        for end in [format!("-----END {label}-----\n"), String::new()] {
            let pem = format!("{ROOT}-----BEGIN {label}-----\nc2VjcmV0\nZ2VoZWlt\n{end}");
            let file = named("key.pem", &pem);
            let document = (FORMAT.parse)(&file);
            assert_eq!(records(&document).len(), 1);
            let [problem] = document.problems.as_slice() else {
                panic!("{:?}", document.problems);
            };
            assert_eq!(problem.level, ProblemLevel::Warning);
            assert_eq!(secrets(&document), 1);
            let Some(Content::Secrets(spans)) = document.content.last() else {
                panic!("no secret");
            };
            assert_eq!(file.slice(spans[0]), "c2VjcmV0\nZ2VoZWlt");
        }
    }
}

#[test]
fn what_is_no_certificate_is_an_error_and_a_request_is_none() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let document = (FORMAT.parse)(&named("x.pem", broken));
    assert_eq!(document.problems[0].level, ProblemLevel::Error);
    assert_eq!(document.ledger.totals().not_modelled, 3);
    let request =
        "-----BEGIN NEW CERTIFICATE REQUEST-----\nAAAA\n-----END NEW CERTIFICATE REQUEST-----\n";
    let document = (FORMAT.parse)(&named("x.req", request));
    assert!(document.problems.is_empty() && records(&document).is_empty());
}

#[test]
fn nothing_breaks_the_reader() {
    let small: String = ROOT.chars().take(160).collect();
    let sample = format!(
        "a\n{small}\n-----BEGIN PKCS7-----\nMIIB\n-----BEGIN EC PRIVATE KEY-----\nA\u{65e2}\n"
    );
    survives_cuts(&FORMAT, "x.pem", &sample);
    for pem in [ROOT, LEAF, CHAIN] {
        let whole = der(pem);
        for length in 0..whole.len() {
            let file = SourceFile::decode(FileId(0), "x.cer", whole[..length].to_vec());
            assert!(file.binary().is_some() || records(&(FORMAT.parse)(&file)).is_empty());
            super::chain::certificates(&whole[..length]);
        }
    }
}
