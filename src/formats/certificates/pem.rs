//! The textual encoding of certificates (RFC 7468), with text around it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::source::{SourceFile, Span};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Larger blocks are not decoded.
const MAX_BASE64: usize = 2 * 1024 * 1024;

/// What a block holds, by its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One certificate.
    Certificate,
    /// Certificates in PKCS #7.
    Chain,
    /// A private key.
    Key,
    /// Certificate and key behind a password (PKCS #12).
    Bundle,
    /// Requests, lists of revoked certificates, public keys, parameters.
    Other,
}

/// A block between `-----BEGIN …-----` and `-----END …-----`.
#[derive(Debug)]
pub struct Block<'a> {
    /// The words after `BEGIN`.
    pub label: &'a str,
    /// What it holds.
    pub holds: Holds,
    /// Both lines and what is between them.
    pub span: Span,
    /// What is between them, where there is something.
    pub body: Option<Span>,
}

/// Labels and what they stand for: RFC 7468, and those of OpenSSL (pem.h).
fn holds(label: &str) -> Option<Holds> {
    Some(match label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "X.509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
            Holds::Certificate
        }
        "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Holds::Chain,
        "PKCS12" => Holds::Bundle,
        "CERTIFICATE REQUEST"
        | "NEW CERTIFICATE REQUEST"
        | "X509 CRL"
        | "CRL"
        | "PUBLIC KEY"
        | "RSA PUBLIC KEY"
        | "DH PARAMETERS"
        | "X9.42 DH PARAMETERS"
        | "DSA PARAMETERS"
        | "EC PARAMETERS"
        | "CERTIFICATE CHAIN"
        | "ATTRIBUTE CERTIFICATE" => Holds::Other,
        _ if label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK") => Holds::Key,
        _ => return None,
    })
}

/// The label of a line that begins a block.
fn label(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches('\u{feff}');
    line.strip_prefix(BEGIN)?.strip_suffix(DASHES)
}

/// The first block with a known label, which begins a line.
pub fn first(file: &SourceFile) -> Option<Block<'_>> {
    memchr::memmem::find(file.text().as_bytes(), BEGIN.as_bytes())?;
    file.lines().find_map(|(span, line)| {
        let indented = line.starts_with([' ', '\t']);
        let label = label(line).filter(|_| !indented)?;
        let holds = holds(label)?;
        Some(Block {
            label,
            holds,
            span,
            body: None,
        })
    })
}

/// All blocks in order. A private key that is not closed reaches to the end of
/// the file: nothing behind it is shown.
pub fn blocks(file: &SourceFile) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (span, line) in file.lines() {
        if let Some(block) = &mut open {
            if line.trim_start().starts_with(END) {
                block.span = block.span.to(span);
                blocks.extend(open.take());
                continue;
            }
            if label(line).is_none() {
                block.span = block.span.to(span);
                block.body = Some(block.body.map_or(span, |body| body.to(span)));
                continue;
            }
            // Another block begins before this one ends.
            blocks.extend(open.take());
        }
        if let Some(label) = label(line)
            && let Some(holds) = holds(label)
        {
            open = Some(Block {
                label,
                holds,
                span,
                body: None,
            });
        }
    }
    blocks.extend(open);
    blocks
}

impl Block<'_> {
    /// The bytes that the armour stands for; `None` where it is no base64.
    pub fn bytes(&self, file: &SourceFile) -> Option<Vec<u8>> {
        let text = file.slice(self.body?);
        if text.len() > MAX_BASE64 {
            return None;
        }
        // Headers of RFC 1421 (`Proc-Type: …`) end in an empty line.
        let base64: String = text
            .lines()
            .filter(|line| !line.contains(':'))
            .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
            .collect();
        STANDARD
            .decode(base64)
            .ok()
            .filter(|bytes| !bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::named;

    #[test]
    fn a_block_ends_at_its_end_at_another_begin_or_with_the_file() {
        let file = named(
            "x.pem",
            "subject=x\n-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN RSA PRIVATE KEY-----\nBBBB\n\
             -----END RSA PRIVATE KEY-----\nrest\n-----BEGIN PRIVATE KEY-----\nCCCC\nDDDD\n",
        );
        let found: Vec<_> = blocks(&file)
            .iter()
            .map(|block| (block.holds, block.body.map(|body| file.slice(body))))
            .collect();
        assert_eq!(
            found,
            [
                (Holds::Certificate, Some("AAAA")),
                (Holds::Key, Some("BBBB")),
                (Holds::Key, Some("CCCC\nDDDD")),
            ]
        );
    }

    #[test]
    fn labels_of_other_armours_are_not_known() {
        for text in [
            "-----BEGIN PGP MESSAGE-----\nAAAA\n",
            " -----BEGIN CERTIFICATE-----\nAAAA\n",
            "set certificate \"-----BEGIN CERTIFICATE-----\n",
        ] {
            assert!(first(&named("x", text)).is_none(), "{text}");
        }
    }
}
