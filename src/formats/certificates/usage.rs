//! What a certificate may be used for, and with which algorithms it was made.

use std::borrow::Cow;

use x509_parser::extensions::{ExtendedKeyUsage, KeyUsage};
use x509_parser::prelude::X509Certificate;

use crate::formats::exchange::by_line::{list, text};
use crate::formats::exchange::record::RawProperty;
use crate::source::Span;

/// Names of algorithms and usages: `OID <TAB> name`.
const NAMES: &str = include_str!("names.tsv");

/// The name that Windows shows for an object identifier; else the identifier.
fn name(id: &str) -> Cow<'static, str> {
    NAMES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .find(|(known, _)| *known == id)
        .map_or_else(
            || Cow::Owned(id.to_owned()),
            |(_, name)| Cow::Borrowed(name),
        )
}

/// Key usages, extended ones as the provider of certificates of PowerShell
/// shows them, and algorithms. An extension that is absent leaves its property
/// absent: then the certificate may be used for anything (RFC 5280 4.2.1.12).
pub fn properties(certificate: &X509Certificate<'_>, span: Span) -> Vec<RawProperty<'static>> {
    let signature = name(&certificate.signature_algorithm.algorithm.to_id_string());
    let key = name(&certificate.public_key().algorithm.algorithm.to_id_string());
    let authority = match certificate.basic_constraints() {
        Ok(Some(constraints)) if constraints.value.ca => "True",
        _ => "False",
    };
    let mut properties = vec![
        text("IsCertificateAuthority", authority, span),
        text("PublicKeyAlgorithm", key, span),
        text("SignatureAlgorithm", signature, span),
        text(
            "Version",
            certificate.version().0.saturating_add(1).to_string(),
            span,
        ),
    ];
    if let Ok(Some(usage)) = certificate.key_usage() {
        properties.push(list("KeyUsage", key_usages(usage.value), span));
    }
    if let Ok(Some(usage)) = certificate.extended_key_usage() {
        let usages = extended_usages(usage.value);
        properties.push(list("EnhancedKeyUsageList", usages, span));
    }
    properties
}

/// The flags by the names of `X509KeyUsageFlags` of .NET.
fn key_usages(usage: &KeyUsage) -> Vec<Cow<'static, str>> {
    [
        (usage.digital_signature(), "DigitalSignature"),
        (usage.non_repudiation(), "NonRepudiation"),
        (usage.key_encipherment(), "KeyEncipherment"),
        (usage.data_encipherment(), "DataEncipherment"),
        (usage.key_agreement(), "KeyAgreement"),
        (usage.key_cert_sign(), "KeyCertSign"),
        (usage.crl_sign(), "CrlSign"),
        (usage.encipher_only(), "EncipherOnly"),
        (usage.decipher_only(), "DecipherOnly"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| Cow::Borrowed(name))
    .collect()
}

/// `Server Authentication (1.3.6.1.5.5.7.3.1)`.
fn extended_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<Cow<'static, str>> {
    let known = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set);
    let others = usage.other.iter().map(|id| id.to_id_string());
    let ids = known.map(|(_, id)| id.to_owned()).chain(others);
    ids.map(|id| {
        let name = name(&id);
        if name == id {
            Cow::Owned(id)
        } else {
            Cow::Owned(format!("{name} ({id})"))
        }
    })
    .collect()
}
