//! What a certificate's DER says, for exports that carry nothing else.
//!
//! `Export-Clixml` of `Get-ExchangeCertificate` holds only `RawData`. Which
//! services Exchange uses a certificate for stands in the directory and the
//! metabase, not in the certificate: `Services` stays unknown.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use super::date::whole_seconds;
use super::record::RawProperty;
use super::value::Raw;
use crate::source::Span;

/// Certificates larger than this are not decoded (a real one has about 2 kB).
const MAX_BASE64: usize = 256 * 1024;

/// The properties that `Get-ExchangeCertificate` would show, read from the
/// DER in `base64`; the reason where that fails.
///
/// # Errors
/// When the text is not base64 or not an X.509 certificate.
pub fn properties(base64: &str, span: Span) -> Result<Vec<RawProperty<'static>>, &'static str> {
    if base64.len() > MAX_BASE64 {
        return Err("the certificate is larger than 256 kB");
    }
    let compact: Vec<u8> = base64
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    let der = STANDARD
        .decode(compact)
        .map_err(|_| "the certificate's bytes are not base64")?;
    let (rest, certificate) =
        X509Certificate::from_der(&der).map_err(|_| "the bytes are no X.509 certificate")?;
    let length = der.len().saturating_sub(rest.len());
    let own = der.get(..length).unwrap_or_default();
    let mut properties = described(&certificate, own, span);
    properties.push(RawProperty {
        name: "Services",
        raw: Raw::Opaque(
            "Export-Clixml holds only the certificate itself; run Get-ExchangeCertificate | fl",
        ),
        span,
    });
    properties.sort_by_key(|property| property.name);
    Ok(properties)
}

/// What a certificate says of itself, by the names of .NET; `der` are its own
/// bytes.
#[must_use]
pub fn described(
    certificate: &X509Certificate<'_>,
    der: &[u8],
    span: Span,
) -> Vec<RawProperty<'static>> {
    let subject = distinguished_name(certificate.subject());
    let issuer = distinguished_name(certificate.issuer());
    let instant = |seconds| Timestamp::from_second(seconds).ok().and_then(whole_seconds);
    let self_signed = certificate.subject().as_raw() == certificate.issuer().as_raw();
    let validity = certificate.validity();
    let mut properties = Vec::new();
    let mut add = |name, raw| properties.push(RawProperty { name, raw, span });
    add("CertificateDomains", Raw::List(domains(certificate)));
    add(
        "IsSelfSigned",
        text(if self_signed { "True" } else { "False" }),
    );
    add("Issuer", text(issuer));
    for (name, time) in [
        ("NotAfter", validity.not_after.timestamp()),
        ("NotBefore", validity.not_before.timestamp()),
    ] {
        let unusable = Raw::Opaque("the certificate's date is out of range");
        add(name, instant(time).map_or(unusable, text));
    }
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => add("PublicKeySize", text(key.key_size().to_string())),
        Ok(PublicKey::EC(point)) => add("PublicKeySize", text(point.key_size().to_string())),
        _ => {}
    }
    add("SerialNumber", text(hexadecimal(certificate.raw_serial())));
    add("Subject", text(subject));
    add("Thumbprint", text(hexadecimal(&Sha1::digest(der))));
    properties
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.push_str(&format!("{byte:02X}"));
        text
    })
}

fn text(value: impl Into<Cow<'static, str>>) -> Raw<'static> {
    Raw::Text(value.into())
}

/// A name as .NET prints it: the last part first, with .NET's short names
/// (`S` for the state, `E` for the mail address).
fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter()
        .map(|part| {
            let attributes: Vec<String> = part
                .iter()
                .map(|attribute| {
                    let id = attribute.attr_type().to_id_string();
                    let value = attribute.as_str().unwrap_or_default();
                    match short_name(&id) {
                        Some(short) => format!("{short}={}", quoted(value)),
                        None => format!("OID.{id}={}", quoted(value)),
                    }
                })
                .collect();
            attributes.join(" + ")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

/// Short names of attributes in .NET, from the `CertNameToStr` page of Win32.
const SHORT_NAMES: [(&str, &str); 14] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "E"),
];

fn short_name(id: &str) -> Option<&'static str> {
    SHORT_NAMES
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, short)| *short)
}

fn quoted(value: &str) -> Cow<'_, str> {
    let special = value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';'])
        || value.starts_with(' ')
        || value.ends_with(' ');
    if special {
        Cow::Owned(format!("\"{}\"", value.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(value)
    }
}

/// DNS names of the certificate, as `CertificateDomains` shows them: the
/// alternative names, else the subject's common name.
fn domains(certificate: &X509Certificate<'_>) -> Rc<[Cow<'static, str>]> {
    let mut names: Vec<Cow<'static, str>> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(Cow::Owned(name.to_owned()));
        }
    };
    if let Ok(Some(extension)) = certificate.subject_alternative_name() {
        for name in &extension.value.general_names {
            if let GeneralName::DNSName(name) = name {
                add(name);
            }
        }
    }
    for name in certificate.subject().iter_common_name() {
        if let Ok(name) = name.as_str()
            && name.contains('.')
            && !name.contains(' ')
        {
            add(name);
        }
    }
    names.into()
}
