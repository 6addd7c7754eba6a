//! Certificates in files: PEM and DER, alone or as chains in PKCS #7.
//!
//! A certificate becomes a record of `Get-PfxCertificate` with what it says of
//! itself: names, dates, key, usages, and whether it names itself as its
//! issuer. Whether anybody trusts it is not judged: that depends on stores and
//! on lists of revoked certificates which no file here shows.
//!
//! A private key is never read: its text is masked, and the user is told that
//! it lies among the exports.

mod chain;
mod pem;
mod usage;

use std::sync::Arc;

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::formats::exchange::by_line::{LineCollector, cmdlet};
use crate::formats::exchange::certificate::described;
use crate::formats::{Content, Document, Evidence, Format, LineState, ProblemLevel};
use crate::source::{SourceFile, Span};
use pem::{Block, Holds, blocks};

/// Certificates in PEM, DER and PKCS #7.
pub const FORMAT: Format = Format {
    id: "certificates",
    title: "certificates (PEM, DER, PKCS #7)",
    detect,
    parse,
};

/// Certificates read of a file; a bundle of all public authorities has some
/// hundred.
const MOST_CERTIFICATES: usize = 5000;

fn detect(file: &SourceFile) -> Option<Evidence> {
    let first = pem::first(file)?;
    let before = file
        .text()
        .get(..first.span.range().start)
        .unwrap_or_default();
    let strength = if before
        .trim_matches(['\u{feff}', ' ', '\r', '\n'])
        .is_empty()
    {
        96
    } else {
        70
    };
    Some(Evidence {
        strength,
        what: format!("-----BEGIN {}-----", first.label),
        span: first.span,
    })
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = LineCollector::new(file);
    let what: Arc<str> = "certificate in a file".into();
    let mut secrets = Vec::new();
    let mut read = 0_usize;
    let whole = Span::of(file.id(), 0..file.text().len());
    // Text around certificates describes them for people.
    collector.mark(whole, LineState::Irrelevant);
    for block in blocks(file) {
        match block.holds {
            Holds::Key => {
                secrets.extend(block.body);
                key(&mut collector, &block);
            }
            Holds::Bundle => {
                secrets.extend(block.body);
                collector.note(block.span, LineState::NotModelled, "a PKCS #12 file");
                collector.problem(
                    ProblemLevel::Warning,
                    "a PKCS #12 file (.pfx), which holds a private key, lies among the exports; \
                     it was not read"
                        .to_owned(),
                    "move it away, and export the certificate alone (.cer)",
                    block.span,
                );
            }
            Holds::Other => collector.mark(block.span, LineState::Irrelevant),
            Holds::Certificate | Holds::Chain => {
                let Some(bytes) = block.bytes(file) else {
                    broken(
                        &mut collector,
                        &block,
                        "what stands in the armour is not base64",
                    );
                    continue;
                };
                // Windows writes the label of a certificate over a chain, too.
                let certificates = match (block.holds, chain::certificates(&bytes)) {
                    (Holds::Certificate, None) => Some(vec![bytes.as_slice()]),
                    (_, chain) => chain,
                };
                let Some(certificates) = certificates else {
                    broken(&mut collector, &block, "no PKCS #7 of signed data");
                    continue;
                };
                if certificates.is_empty() {
                    collector.note(block.span, LineState::Irrelevant, "holds no certificate");
                }
                for der in certificates {
                    read = read.saturating_add(1);
                    if read > MOST_CERTIFICATES {
                        let why = "more certificates than are read of one file";
                        collector.note(block.span, LineState::NotModelled, why);
                        break;
                    }
                    add(&mut collector, &block, der, &what);
                }
            }
        }
    }
    let mut document = collector.finish();
    document.content.extend(Content::secrets(secrets));
    document
}

fn key(collector: &mut LineCollector<'_>, block: &Block<'_>) {
    collector.note(
        block.span,
        LineState::Irrelevant,
        "a private key, never read",
    );
    collector.problem(
        ProblemLevel::Warning,
        "a private key lies among the exports; it was not read".to_owned(),
        "move it away: exlint needs the certificate alone, and whoever gets this folder gets the key",
        block.span,
    );
}

fn broken(collector: &mut LineCollector<'_>, block: &Block<'_>, why: &'static str) {
    collector.note(block.span, LineState::NotModelled, why);
    collector.problem(
        ProblemLevel::Error,
        format!("a certificate could not be read: {why}"),
        "export it again as Base-64 encoded X.509 (.cer)",
        block.span,
    );
}

fn add(collector: &mut LineCollector<'_>, block: &Block<'_>, der: &[u8], what: &Arc<str>) {
    let Some(cmdlet) = cmdlet("Get-PfxCertificate") else {
        return;
    };
    let Ok((rest, certificate)) = X509Certificate::from_der(der) else {
        broken(collector, block, "the bytes are no X.509 certificate");
        return;
    };
    let length = der.len().saturating_sub(rest.len());
    let own = der.get(..length).unwrap_or_default();
    let mut properties = described(&certificate, own, block.span);
    properties.extend(usage::properties(&certificate, block.span));
    collector.add(cmdlet, what, &properties, block.span);
}

#[cfg(test)]
mod tests;
