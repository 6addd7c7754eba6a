//! Hosts files: an address and the names that one computer gives it.
//!
//! The form is that of hosts(5) and of `%SystemRoot%\System32\drivers\etc\hosts`.

use std::net::IpAddr;
use std::sync::Arc;

use super::answer::{Answer, is_name};
use crate::formats::exchange::by_line::LineCollector;
use crate::formats::{Document, Evidence, Format, LineState};
use crate::source::{SourceFile, Span};

/// Hosts files.
pub const HOSTS: Format = Format {
    id: "hosts-file",
    title: "hosts file",
    detect,
    parse,
};

/// Lines that detection looks at.
const DETECT_LINES: usize = 2000;

/// What a line of a hosts file says.
enum Line<'a> {
    /// Nothing, or a comment.
    Blank,
    /// Names of an address.
    Names(IpAddr, &'a str, Vec<&'a str>),
    /// Something else.
    Other,
}

fn read(line: &str) -> Line<'_> {
    let line = line.trim_start_matches('\u{feff}');
    let content = line.split('#').next().unwrap_or_default();
    let mut words = content.split_whitespace();
    let Some(first) = words.next() else {
        return Line::Blank;
    };
    let bare = first.split_once('%').map_or(first, |(address, _)| address);
    let names: Vec<&str> = words.collect();
    match bare.parse() {
        Ok(ip) if !names.is_empty() && names.iter().all(|name| is_host(name)) => {
            Line::Names(ip, first, names)
        }
        _ => Line::Other,
    }
}

/// A name with a letter in it: a column of numbers is no name.
fn is_host(word: &str) -> bool {
    is_name(word) && word.contains(|c: char| c.is_alphabetic())
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut first: Option<Span> = None;
    let (mut marked, mut several) = (false, 0_usize);
    for (span, line) in file.lines().take(DETECT_LINES) {
        match read(line) {
            Line::Blank => {
                marked |= line.contains("HOSTS") && line.contains("TCP/IP");
            }
            Line::Names(ip, _, names) => {
                first.get_or_insert(span);
                several = several.saturating_add(1);
                let local = |name: &&str| name.to_ascii_lowercase().starts_with("localhost");
                marked |= ip.is_loopback() && names.iter().any(local);
            }
            Line::Other => return None,
        }
    }
    let span = first?;
    let what = file.slice(span).trim().to_owned();
    let strength = match (marked, several) {
        (true, _) => 92,
        (false, 1) => 55,
        (false, _) => 75,
    };
    Some(Evidence {
        strength,
        what,
        span,
    })
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = LineCollector::new(file);
    let what: Arc<str> = "hosts file".into();
    for (span, line) in file.lines() {
        let (ip, address, names) = match read(line) {
            Line::Blank => {
                collector.mark(span, LineState::Irrelevant);
                continue;
            }
            Line::Other => continue,
            Line::Names(ip, address, names) => (ip, address, names),
        };
        if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
            collector.mark(span, LineState::Irrelevant);
            continue;
        }
        let kind = if ip.is_ipv4() { "A" } else { "AAAA" };
        for name in names {
            let (Some(at), Some(place)) = (file.span_of(name), file.span_of(address)) else {
                continue;
            };
            let answer = Answer {
                name: name.trim_end_matches('.').into(),
                name_span: at,
                kind,
                ttl: None,
                data: vec![("IPAddress", address.into(), place)],
                zone: None,
                span,
            };
            answer.deliver(&mut collector, &what);
        }
    }
    collector.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{at, named, records, text, value};

    const WINDOWS: &str = "# Copyright (c) 1993-2009 Microsoft Corp.\r\n#\r\n\
        # This is a sample HOSTS file used by Microsoft TCP/IP for Windows.\r\n#\r\n\
        #      102.54.94.97     rhino.acme.com          # source server\r\n\r\n\
        127.0.0.1       localhost\r\n::1             localhost\r\n\
        10.1.0.21\thub1.contoso.com hub1 # Tokyo\r\n2001:db8::21 HUB1.contoso.com\r\n";

    #[test]
    fn every_name_of_a_line_has_its_address_and_the_loopback_has_none() {
        let file = named("hosts", WINDOWS);
        assert_eq!((HOSTS.detect)(&file).map(|e| e.strength), Some(92));
        let document = parse(&file);
        let found = records(&document);
        let shown: Vec<_> = found
            .iter()
            .map(|record| (value(record, "Name"), value(record, "IPAddress")))
            .collect();
        assert_eq!(
            shown,
            [
                (&text("hub1.contoso.com"), &text("10.1.0.21")),
                (&text("hub1"), &text("10.1.0.21")),
                (&text("HUB1.contoso.com"), &text("2001:db8::21")),
            ]
        );
        assert_eq!(at(&file, found[0], "IPAddress"), "10.1.0.21");
        assert_eq!(document.ledger.totals().unrecognised, 0);
        assert_eq!(document.ledger.totals().modelled, 2);
    }

    #[test]
    fn other_tables_that_begin_with_addresses_are_no_hosts_file() {
        for other in [
            "10.0.0.0 255.255.255.0 10.0.0.1\n",
            "10.0.0.1 permit any; then\n",
            "address name\n10.0.0.1 a\n",
            "",
            "# only a comment\n",
        ] {
            assert!((HOSTS.detect)(&named("x", other)).is_none(), "{other}");
        }
    }
}
