//! What `nslookup` prints, of Windows in several languages and of BIND.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::{Answer, Data, is_name};
use crate::formats::exchange::by_line::LineCollector;
use crate::formats::{Document, Evidence, Format, LineState};
use crate::source::{SourceFile, Span};

/// Output of nslookup.
pub const NSLOOKUP: Format = Format {
    id: "nslookup",
    title: "DNS answers (nslookup)",
    detect,
    parse,
};

const LABELS: &str = include_str!("data/nslookup.tsv");

/// Lines that detection looks at.
const DETECT_LINES: usize = 400;

/// What a labelled line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Server,
    Name,
    Address,
    Aliases,
    Frame,
}

/// The label before the first colon, with what follows.
fn label(line: &str) -> Option<(Label, &str)> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let (word, rest) = line.split_once([':', '\u{ff1a}'])?;
    let word = word.trim();
    let kind = LABELS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .find(|(_, known)| known.eq_ignore_ascii_case(word))?
        .0;
    let label = match kind {
        "server" => Label::Server,
        "name" => Label::Name,
        "address" => Label::Address,
        "aliases" => Label::Aliases,
        _ => Label::Frame,
    };
    Some((label, rest.trim()))
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut server: Option<Span> = None;
    let mut before = None;
    for (span, line) in file.lines().take(DETECT_LINES) {
        let found = label(line);
        match (before, found) {
            (Some(Label::Server), Some((Label::Address, rest))) if address(rest).is_some() => {
                server = Some(span);
                break;
            }
            _ => before = found.map(|(label, _)| label),
        }
    }
    let span = server?;
    Some(Evidence {
        strength: 90,
        what: format!("a server and its address: `{}`", file.slice(span).trim()),
        span,
    })
}

/// `8.8.8.8#53` and `fe80::1%5` without their ends.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.split(['#', '%']).next().unwrap_or_default();
    text.trim().parse().ok()
}

/// What the lines that follow belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Nothing,
    /// The server that was asked.
    Server,
    /// Addresses of a name.
    Name(&'a str),
    /// Further names of a name.
    Aliases(&'a str),
}

struct Reader<'a> {
    collector: LineCollector<'a>,
    part: Part<'a>,
    what: Arc<str>,
    /// An SRV record whose lines are not all read: owner and its place.
    service: Option<(&'a str, Span, Data<'a>)>,
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader {
        collector: LineCollector::new(file),
        part: Part::Nothing,
        what: "answer of nslookup".into(),
        service: None,
    };
    for (span, line) in file.lines() {
        reader.line(span, line);
    }
    reader.collector.finish()
}

impl<'a> Reader<'a> {
    fn line(&mut self, span: Span, line: &'a str) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            self.part = match self.part {
                Part::Server => Part::Nothing,
                part => part,
            };
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        if self.service_line(span, trimmed) || self.record(span, trimmed) {
            return;
        }
        match label(line) {
            Some((Label::Server, _)) => {
                self.part = Part::Server;
                self.collector.mark(span, LineState::Irrelevant);
            }
            Some((Label::Frame, _)) => self.collector.mark(span, LineState::Irrelevant),
            Some((Label::Name, name)) => {
                self.part = Part::Name(name);
                self.collector.mark(span, LineState::Modelled);
            }
            Some((Label::Address, rest)) => self.address(span, rest),
            Some((Label::Aliases, alias)) => self.alias(span, alias),
            None if line.starts_with([' ', '\t']) => match self.part {
                Part::Aliases(_) => self.alias(span, trimmed),
                _ => self.address(span, trimmed),
            },
            None if trimmed.starts_with(['>', '*']) || trimmed.contains("nslookup") => {
                self.collector.mark(span, LineState::Irrelevant);
            }
            None => self.collector.mark(span, LineState::Unrecognised),
        }
    }

    fn address(&mut self, span: Span, rest: &'a str) {
        let name = match self.part {
            Part::Name(name) | Part::Aliases(name) => name,
            Part::Server | Part::Nothing => {
                let known = self.part == Part::Server && address(rest).is_some();
                let state = if known {
                    LineState::Irrelevant
                } else {
                    LineState::Unrecognised
                };
                self.collector.mark(span, state);
                return;
            }
        };
        let mut found = false;
        for word in rest.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
            if let Some(ip) = address(word) {
                found = true;
                let kind = if ip.is_ipv4() { "A" } else { "AAAA" };
                let at = self.collector.file.span_of(word).unwrap_or(span);
                self.deliver(
                    name,
                    kind,
                    vec![("IPAddress", ip.to_string().into(), at)],
                    span,
                );
            }
        }
        if !found {
            self.collector.mark(span, LineState::Unrecognised);
        }
    }

    /// A further name: the one that was asked for, and leads to the name above.
    fn alias(&mut self, span: Span, rest: &'a str) {
        let (Part::Name(name) | Part::Aliases(name)) = self.part else {
            self.collector.mark(span, LineState::Unrecognised);
            return;
        };
        self.part = Part::Aliases(name);
        for alias in rest.split([',', ' ', '\t']).filter(|alias| is_name(alias)) {
            let host = whole(name);
            self.deliver(alias, "CNAME", vec![("NameHost", host, span)], span);
        }
    }

    /// `contoso.com  MX preference = 10, mail exchanger = mail.contoso.com` and
    /// its like, of Windows and of BIND.
    fn record(&mut self, span: Span, line: &'a str) -> bool {
        let Some((head, value)) = line.split_once(" = ") else {
            return false;
        };
        let Some((owner, what)) = head.split_once([' ', '\t']) else {
            return false;
        };
        if !is_name(owner) {
            return false;
        }
        let value = value.trim();
        let at = |word: &str| self.collector.file.span_of(word).unwrap_or(span);
        let ip = |word: &'a str| {
            let ip = address(word)?;
            Some(vec![("IPAddress", ip.to_string().into(), at(word))])
        };
        let host = |word: &'a str| {
            let name = is_name(word).then(|| whole(word))?;
            Some(vec![("NameHost", name, at(word))])
        };
        let exchanger = |preference: &'a str, name: &'a str| {
            preference.parse::<u16>().ok()?;
            let host = is_name(name).then(|| whole(name))?;
            Some(vec![
                ("Preference", preference.into(), at(preference)),
                ("NameExchange", host, at(name)),
            ])
        };
        let (kind, data) = match what.trim() {
            "internet address" => ("A", ip(value)),
            "AAAA IPv6 address" | "has AAAA address" => ("AAAA", ip(value)),
            "canonical name" => ("CNAME", host(value)),
            "nameserver" => ("NS", host(value)),
            "name" => ("PTR", host(value)),
            "MX preference" => {
                let parts = value.split_once(", mail exchanger = ");
                (
                    "MX",
                    parts.and_then(|(number, name)| exchanger(number, name.trim())),
                )
            }
            "mail exchanger" => {
                let parts = value.split_once(' ');
                (
                    "MX",
                    parts.and_then(|(number, name)| exchanger(number, name.trim())),
                )
            }
            _ => return false,
        };
        match data {
            Some(data) => self.deliver(owner, kind, data, span),
            None => self.collector.mark(span, LineState::Unrecognised),
        }
        true
    }

    /// The lines of an SRV record of Windows: `priority = 0` … below
    /// `_ldap._tcp.contoso.com SRV service location:`.
    fn service_line(&mut self, span: Span, line: &'a str) -> bool {
        if let Some(owner) = line.strip_suffix("SRV service location:") {
            self.service = Some((owner.trim(), span, Vec::new()));
            self.collector.mark(span, LineState::Modelled);
            return true;
        }
        let Some((owner, start, mut data)) = self.service.take() else {
            return false;
        };
        let part = line
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim()));
        let at = |word: &str| self.collector.file.span_of(word).unwrap_or(span);
        match part {
            Some(("priority", value)) => data.push(("Priority", value.into(), at(value))),
            Some(("weight", value)) => data.push(("Weight", value.into(), at(value))),
            Some(("port", value)) => data.push(("Port", value.into(), at(value))),
            Some(("svr hostname", value)) if is_name(value) => {
                data.push(("NameTarget", whole(value), at(value)));
                self.deliver(owner, "SRV", data, start.to(span));
                return true;
            }
            _ => return false,
        }
        self.collector.mark(span, LineState::Modelled);
        self.service = Some((owner, start, data));
        true
    }

    fn deliver(&mut self, name: &'a str, kind: &'static str, data: Data<'a>, span: Span) {
        let at = self.collector.file.span_of(name).unwrap_or(span);
        let answer = Answer {
            name: whole(name),
            name_span: at,
            kind,
            ttl: None,
            data,
            zone: None,
            span,
        };
        answer.deliver(&mut self.collector, &self.what);
    }
}

fn whole(name: &str) -> Cow<'_, str> {
    name.trim_end_matches('.').into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{named, records, text, value};

    fn answers(name: &str) -> Vec<(String, String)> {
        let file = named("lookup.txt", name);
        assert!((NSLOOKUP.detect)(&file).is_some(), "{name}");
        let document = parse(&file);
        assert_eq!(document.ledger.totals().unrecognised, 0, "{name}");
        records(&document)
            .iter()
            .map(|record| {
                let data = ["IPAddress", "NameHost", "NameExchange", "NameTarget"];
                let data = data.iter().find_map(|key| record.text(key));
                (
                    record.text("Name").expect("a name").0.to_owned(),
                    data.expect("data").0.to_owned(),
                )
            })
            .collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn addresses_and_aliases_are_read_in_four_languages() {
        let expected = pairs(&[
            ("hub1.contoso.com", "2001:db8::21"),
            ("hub1.contoso.com", "10.1.0.21"),
            ("mail.contoso.com", "hub1.contoso.com"),
        ]);
        for (server, name) in [("Server", "Name"), ("サーバー", "名前"), ("服务器", "名称")]
        {
            let output = format!(
                "C:\\>nslookup mail\r\n{server}:  dc1.contoso.com\r\nAddress:  10.1.0.2\r\n\r\n\
                 {name}:    hub1.contoso.com\r\nAddresses:  2001:db8::21\r\n          10.1.0.21\r\n\
                 Aliases:  mail.contoso.com\r\n\r\n"
            );
            assert_eq!(answers(&output), expected, "{server}");
        }
        let german = "Server:  dc1.contoso.com\nAddress:  10.1.0.2\n\nNicht autorisierende Antwort:\n\
                      Name:    a.example\nAddress:  192.0.2.4\n";
        assert_eq!(answers(german), pairs(&[("a.example", "192.0.2.4")]));
    }

    #[test]
    fn exchangers_and_services_are_read_with_their_numbers() {
        let output = "Server:  dc1\nAddress:  10.1.0.2\n\n\
            contoso.com\tMX preference = 10, mail exchanger = edge1.contoso.com\n\
            edge1.contoso.com\tinternet address = 192.0.2.25\n\
            _ldap._tcp.contoso.com\tSRV service location:\n\
            \x20         priority       = 0\n          weight         = 100\n\
            \x20         port           = 389\n          svr hostname   = dc1.contoso.com\n";
        assert_eq!(
            answers(output),
            pairs(&[
                ("contoso.com", "edge1.contoso.com"),
                ("edge1.contoso.com", "192.0.2.25"),
                ("_ldap._tcp.contoso.com", "dc1.contoso.com"),
            ])
        );
        let document = parse(&named("x", output));
        let found = records(&document);
        assert_eq!(value(found[2], "Type"), &text("SRV"));
        assert_eq!(
            value(found[2], "Port"),
            &crate::model::exchange::Value::Integer(389)
        );
    }

    #[test]
    fn the_form_of_bind_is_read_too() {
        let output = "Server:\t\t192.0.2.53\nAddress:\t192.0.2.53#53\n\nNon-authoritative answer:\n\
            www.contoso.com\tcanonical name = web.contoso.com.\nName:\tweb.contoso.com\n\
            Address: 203.0.113.9\n";
        assert_eq!(
            answers(output),
            pairs(&[
                ("www.contoso.com", "web.contoso.com"),
                ("web.contoso.com", "203.0.113.9"),
            ])
        );
    }
}
