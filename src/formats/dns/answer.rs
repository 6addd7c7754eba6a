//! A resource record on its way into a record of `Resolve-DnsName`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::formats::exchange::by_line::{LineCollector, cmdlet, text};
use crate::source::Span;

/// The data of a resource record: names of properties with their values.
pub type Data<'a> = Vec<(&'static str, Cow<'a, str>, Span)>;

/// A resource record.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The owner, without the dot at the end.
    pub name: Cow<'a, str>,
    /// Where the owner stands; the record itself where it is inherited.
    pub name_span: Span,
    /// The type's mnemonic in capitals.
    pub kind: &'static str,
    /// Seconds, where they are told.
    pub ttl: Option<(u32, Span)>,
    /// What the name has.
    pub data: Data<'a>,
    /// The zone, where that is known.
    pub zone: Option<Arc<str>>,
    /// The whole record.
    pub span: Span,
}

impl<'a> Answer<'a> {
    /// Adds it to the records of its file; `what` tells where it comes from.
    pub fn deliver(self, collector: &mut LineCollector<'a>, what: &Arc<str>) {
        let Some(cmdlet) = cmdlet("Resolve-DnsName") else {
            return;
        };
        let mut properties = vec![
            text("Name", self.name, self.name_span),
            text("Type", self.kind, self.span),
        ];
        if let Some((seconds, span)) = self.ttl {
            properties.push(text("TTL", seconds.to_string(), span));
        }
        let data = self.data.into_iter();
        properties.extend(data.map(|(name, value, span)| text(name, value, span)));
        if let Some(zone) = &self.zone {
            properties.push(text("ZoneName", zone.to_string(), self.span));
        }
        collector.add(cmdlet, what, &properties, self.span);
    }
}

/// Whether a text can be a domain name, as hosts carry it: letters, digits,
/// hyphens and underscores (RFC 1123 2.1, RFC 2782) in labels of 63 characters,
/// 255 in all (RFC 1035 2.3.4). A wildcard may come first.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let text = text.strip_prefix("*.").unwrap_or(text);
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty()
        && text.len() <= 255
        && text
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63 && label.chars().all(sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts_and_services_are_names_and_sentences_are_none() {
        for name in [
            "dc1",
            "dc1.contoso.com.",
            "_ldap._tcp.contoso.com",
            "*.contoso.com",
        ] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(64);
        for name in ["", ".", "a b", "a..b", "a;b", "{x}", long.as_str()] {
            assert!(!is_name(name), "{name}");
        }
    }
}
