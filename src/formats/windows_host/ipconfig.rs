//! `ipconfig` and `ipconfig /all`, from Windows 2000 on.
//!
//! Each adapter becomes a record of `Get-NetIPConfiguration`, each of its
//! addresses one of `Get-NetIPAddress` with the length of its prefix, and the
//! names of the computer one of `Get-DnsClientGlobalSetting`.
//!
//! Sources: outputs of eleven languages in public repositories; "ipconfig" on
//! learn.microsoft.com.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use super::objects::{Object, Objects};
use crate::formats::firewall::shared::tables::rows;
use crate::formats::firewall::windows_firewall::words::Words;
use crate::formats::prompt;
use crate::formats::{Content, Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span};

/// Columns that a value goes on at in the next line; labels begin before it.
const VALUE_COLUMN: usize = 20;
const WHAT: &str = "output of ipconfig";

fn label(text: &str) -> Option<&'static str> {
    static LABELS: OnceLock<Words> = OnceLock::new();
    let labels =
        LABELS.get_or_init(|| Words::new(include_str!("data/ipconfig_labels.tsv"), 2, |_| true));
    labels.get(text)
}

fn words(wanted: &str) -> impl Iterator<Item = &'static str> {
    static WORDS: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        rows(include_str!("data/ipconfig_words.tsv"))
            .filter_map(|row| Some((*row.first()?, *row.get(2)?)))
            .collect()
    });
    words
        .iter()
        .filter(move |(what, _)| *what == wanted)
        .map(|(_, word)| *word)
}

/// Whether a line heads the output.
#[must_use]
pub fn is_heading(line: &str) -> bool {
    static HEADINGS: OnceLock<Words> = OnceLock::new();
    let headings = HEADINGS.get_or_init(|| {
        let table = include_str!("data/ipconfig_words.tsv");
        Words::new(table, 2, |what| what == "heading")
    });
    let line = line.trim_matches([' ', '\t', '\u{feff}', '\0', ':']);
    headings.get(line).is_some()
}

/// Whether a line names an adapter and settings of it stand below: a part that
/// somebody copied without its heading.
#[must_use]
pub fn is_adapter(file: &SourceFile, index: usize) -> bool {
    let line = file.line(index).unwrap_or_default();
    adapter(line).is_some() && settings_below(file, index)
}

/// Whether settings of a connection stand below a line.
fn settings_below(file: &SourceFile, index: usize) -> bool {
    let below = (1..6).filter_map(|more| file.line(index.saturating_add(more)));
    let mut labels = below.filter_map(|line| split(line.trim()));
    labels.any(|(text, _)| label(text).is_some())
}

/// The connection that a line of a known kind names.
fn adapter(line: &str) -> Option<&str> {
    let name = line.trim().strip_suffix([':', '：'])?;
    let known = words("adapter").any(|kind| name.starts_with(kind));
    known.then(|| connection(name))
}

/// Reads a file; lines that are blank or not of ipconfig are left to others.
#[must_use]
pub fn read(file: &SourceFile) -> Document {
    let mut reader = Reader {
        file,
        objects: Objects::default(),
        host: None,
        prompt_host: None,
        suffix: None,
        search: Vec::new(),
        adapter: None,
        open: "",
    };
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for index in 0..file.line_count() {
        let line = file.line(index).unwrap_or_default();
        let state = reader.line(index, line);
        ledger.set(index, state);
        if state == LineState::Unrecognised && !line.trim().is_empty() {
            let span = reader.span(line.trim());
            ledger.note(state, "no line of ipconfig reads like this", span);
        }
    }
    reader.end();
    let mut objects = reader.objects;
    let problems = std::mem::take(&mut objects.problems);
    let content: Vec<Content> = objects.finish().collect();
    Document {
        content,
        ledger,
        problems,
    }
}

struct Reader<'f> {
    file: &'f SourceFile,
    objects: Objects,
    /// The computer's name as ipconfig prints it.
    host: Option<(&'f str, Span)>,
    prompt_host: Option<&'f str>,
    suffix: Option<(&'f str, Span)>,
    search: Vec<(&'f str, Span)>,
    adapter: Option<Adapter<'f>>,
    /// The setting whose value may go on in the next line.
    open: &'static str,
}

struct Adapter<'f> {
    name: &'f str,
    span: Span,
    description: Option<(&'f str, Span)>,
    addresses: Vec<Printed<'f>>,
    gateways: Vec<(&'f str, Span)>,
    dns: Vec<(&'f str, Span)>,
}

/// An address as it is printed.
struct Printed<'f> {
    text: &'f str,
    ip: IpAddr,
    span: Span,
    /// Length of the prefix, and the place of the mask.
    prefix: Option<(u8, Span)>,
    preferred: bool,
}

impl<'f> Reader<'f> {
    fn span(&self, part: &str) -> Span {
        let start = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(start)
    }

    fn line(&mut self, index: usize, raw: &'f str) -> LineState {
        let line = raw.trim_matches([' ', '\t', '\u{feff}', '\0', '\u{a0}']);
        if line.is_empty() {
            return LineState::Irrelevant;
        }
        if is_heading(line) {
            self.end();
            return LineState::Modelled;
        }
        if let Some(prompt) = prompt::read(line) {
            self.end();
            self.prompt_host = prompt.host.or(self.prompt_host);
            return LineState::Irrelevant;
        }
        if prompt::command(line).is_some() || prompt::is_noise(line) || line == ":" {
            return LineState::Irrelevant;
        }
        let indent = raw.len().saturating_sub(raw.trim_start().len());
        // The kinds of connections are many; `Non-authoritative answer:` is none.
        let heads =
            || indent == 0 && line.ends_with([':', '：']) && settings_below(self.file, index);
        if heads() || adapter(line).is_some() {
            self.close();
            self.adapter = Some(Adapter::new(
                connection(line.trim_end_matches([':', '：'])),
                self.span(line),
            ));
            self.open = "";
            return LineState::Modelled;
        }
        if indent >= VALUE_COLUMN {
            return self.value(self.open, line);
        }
        let known = split(line).is_some_and(|(text, _)| label(text).is_some());
        if !known && indent <= 1 && !self.open.is_empty() {
            return self.broken_line(line);
        }
        let Some((text, value)) = split(line) else {
            // A name that the terminal broke: `Drahtlos-LAN-Adapter … Hotspot` and `:`.
            return LineState::Unrecognised;
        };
        let Some(key) = label(text) else {
            self.open = "";
            return LineState::Unrecognised;
        };
        self.open = key;
        self.value(key, value)
    }

    /// Takes the rest of a value that a console of 80 columns, or a form on the
    /// web, broke: ` Ethernet`, ` fe80::1%8(Prefe`, `rred)`.
    fn broken_line(&mut self, line: &'f str) -> LineState {
        let address = line.split(['(', '%']).next().unwrap_or(line).trim();
        if address.parse::<IpAddr>().is_ok() {
            return self.value(self.open, line);
        }
        let end_of_state = line.ends_with(')') && !line.contains('(');
        match self.open {
            "other" | "description" => LineState::Irrelevant,
            "ipv4" | "ipv6" if end_of_state => LineState::Irrelevant,
            _ => LineState::Unrecognised,
        }
    }

    /// Takes a value.
    fn value(&mut self, key: &'static str, given: &'f str) -> LineState {
        if key == "other" || key.is_empty() {
            return if key.is_empty() {
                LineState::Unrecognised
            } else {
                LineState::Irrelevant
            };
        }
        let value = match key {
            "ipv4" | "ipv6" | "mask" | "gateway" | "dns" => without_remark(given),
            _ => given,
        };
        let remark = given.get(value.len()..).unwrap_or_default();
        if names_an_address(remark) {
            return LineState::NotModelled;
        }
        if value.is_empty() {
            return LineState::Modelled;
        }
        let placed = (value, self.span(value));
        match (key, &mut self.adapter) {
            ("host", _) => self.host = Some(placed),
            ("suffix", _) => self.suffix = Some(placed),
            ("search", _) => self.search.push(placed),
            ("description", Some(adapter)) => adapter.description = Some(placed),
            ("ipv4" | "ipv6", Some(adapter)) => return adapter.address(self.file, value),
            ("mask", Some(adapter)) => return adapter.mask(placed),
            ("gateway" | "dns", Some(_)) if !is_address(value) => return LineState::NotModelled,
            ("gateway", Some(adapter)) => adapter.gateways.push(placed),
            ("dns", Some(adapter)) => adapter.dns.push(placed),
            _ => return LineState::Unrecognised,
        }
        LineState::Modelled
    }

    /// Ends the output of one computer.
    fn end(&mut self) {
        self.close();
        let host = self.host.map(|(name, _)| name).or(self.prompt_host);
        if self.suffix.is_some() || !self.search.is_empty() {
            let start = self.host.or(self.suffix).or(self.search.first().copied());
            if let Some((_, span)) = start {
                let mut object = Object::new("Get-DnsClientGlobalSetting", span);
                if let Some((name, span)) = self.host {
                    object.text("ComputerName", name, span);
                }
                if let Some((suffix, span)) = self.suffix {
                    object.text("PrimaryDnsSuffix", suffix, span);
                }
                object.list("SuffixSearchList", &self.search);
                self.objects.add(object, host, WHAT);
            }
        }
        self.host = None;
        self.suffix = None;
        self.search.clear();
        self.open = "";
    }

    /// Ends an adapter.
    fn close(&mut self) {
        let Some(adapter) = self.adapter.take() else {
            return;
        };
        let host = self.host.map(|(name, _)| name).or(self.prompt_host);
        self.objects
            .add(adapter.configuration(self.host), host, WHAT);
        for address in &adapter.addresses {
            self.objects
                .add(adapter.object(address, self.host), host, WHAT);
        }
    }
}

/// A value without the remark that somebody wrote behind it:
/// `192.0.2.1      ← the router`.
fn without_remark(value: &str) -> &str {
    const ARROWS: [&str; 6] = [" ←", " <-", " <=", " →", " ->", " =>"];
    let ends = ARROWS.iter().filter_map(|arrow| value.find(arrow));
    let end = ends.min().unwrap_or(value.len());
    value.get(..end).unwrap_or(value).trim_end()
}

/// Whether a remark holds an address, so that it may be the value that counts:
/// `192.0.2.1 -> 192.0.2.9`.
fn names_an_address(remark: &str) -> bool {
    remark
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'))
        .any(is_address)
}

/// Whether a value is an address, perhaps with its zone (`fe80::1%11`).
fn is_address(value: &str) -> bool {
    let bare = value.split('%').next().unwrap_or(value);
    bare.trim().parse::<IpAddr>().is_ok()
}

impl<'f> Adapter<'f> {
    fn new(name: &'f str, span: Span) -> Self {
        Self {
            name,
            span,
            description: None,
            addresses: Vec::new(),
            gateways: Vec::new(),
            dns: Vec::new(),
        }
    }

    /// `10.1.0.12(Preferred)`, `fe80::1%11(Preferred)`, `10.1.0.12`.
    fn address(&mut self, file: &SourceFile, value: &'f str) -> LineState {
        let (text, state) = match value.find(['(', '（']) {
            Some(at) => value.split_at_checked(at).unwrap_or((value, "")),
            None => (value, ""),
        };
        let text = text.trim();
        let state = state.trim_matches(['(', ')', '（', '）', ' ']);
        let bare = text.split('%').next().unwrap_or(text);
        let Ok(ip) = bare.parse::<IpAddr>() else {
            return LineState::NotModelled;
        };
        let Some(span) = file.span_of(bare) else {
            return LineState::NotModelled;
        };
        let broken = !value.trim_end().ends_with([')', '）']);
        let state_begins = state.to_lowercase();
        let begins = |word: &str| broken && word.to_lowercase().starts_with(&state_begins);
        let preferred = state.is_empty() || is_preferred(state) || words("preferred").any(begins);
        self.addresses.push(Printed {
            text: bare,
            ip,
            span,
            prefix: None,
            preferred,
        });
        LineState::Modelled
    }

    /// The mask of the address above it.
    fn mask(&mut self, (value, span): (&'f str, Span)) -> LineState {
        let prefix = value.parse::<Ipv4Addr>().ok().and_then(prefix_of);
        let last = self.addresses.iter_mut().rev().find(|a| a.ip.is_ipv4());
        match (prefix, last) {
            (Some(prefix), Some(address)) => {
                address.prefix = Some((prefix, span));
                LineState::Modelled
            }
            // The mask of an adapter without an address is 0.0.0.0.
            (Some(_), None) => LineState::Irrelevant,
            (None, _) => LineState::NotModelled,
        }
    }

    fn configuration(&self, host: Option<(&'f str, Span)>) -> Object<'f> {
        let mut object = Object::new("Get-NetIPConfiguration", self.span);
        if let Some((name, span)) = host {
            // The name stands above all adapters.
            object.shared_text("ComputerName", name, span);
        }
        object.text("InterfaceAlias", self.name, self.span);
        if let Some((text, span)) = self.description {
            object.text("InterfaceDescription", text, span);
        }
        let of = |v4: bool| -> Vec<(&'f str, Span)> {
            let all = self.addresses.iter();
            all.filter(|address| address.preferred && address.ip.is_ipv4() == v4)
                .map(|address| (address.text, address.span))
                .collect()
        };
        object.list("IPv4Address", &of(true));
        object.list("IPv6Address", &of(false));
        let gateway = |v4: bool| -> Vec<(&'f str, Span)> {
            let all = self.gateways.iter().copied();
            all.filter(|(text, _)| text.contains(':') != v4).collect()
        };
        object.list("IPv4DefaultGateway", &gateway(true));
        object.list("IPv6DefaultGateway", &gateway(false));
        object.list("DNSServer", &self.dns);
        object
    }

    fn object(&self, address: &Printed<'f>, host: Option<(&'f str, Span)>) -> Object<'f> {
        let mut object = Object::new("Get-NetIPAddress", address.span);
        if let Some((name, span)) = host {
            object.shared_text("ComputerName", name, span);
        }
        object.text("IPAddress", address.text, address.span);
        if let Some((length, span)) = address.prefix {
            object.text("PrefixLength", length.to_string(), span);
        }
        object.shared_text("InterfaceAlias", self.name, self.span);
        let family = if address.ip.is_ipv4() { "IPv4" } else { "IPv6" };
        object.text("AddressFamily", family, address.span);
        let state = if address.preferred {
            "Preferred"
        } else {
            "Other"
        };
        object.text("AddressState", state, address.span);
        object
    }
}

fn is_preferred(state: &str) -> bool {
    static STATES: OnceLock<Words> = OnceLock::new();
    let states = STATES.get_or_init(|| {
        let table = include_str!("data/ipconfig_words.tsv");
        Words::new(table, 2, |what| what == "preferred")
    });
    states.get(state).is_some()
}

/// The name of a connection behind the kind of its adapter.
fn connection(line: &str) -> &str {
    let line = line.trim_end();
    words("adapter")
        .find_map(|kind| line.strip_prefix(kind))
        .unwrap_or(line)
        .trim_matches(['"', ' '])
}

/// `Label . . . . : value`. Behind a label stand dots or nothing; the colon behind
/// dots ends it where another stands in the label (`Vínculo: dirección IPv6 local. . . :`).
fn split(line: &str) -> Option<(&str, &str)> {
    let behind_dots = [". :", ".:"].iter().filter_map(|dots| {
        let at = line.find(dots)?;
        at.checked_add(dots.len())?.checked_sub(1)
    });
    let at = behind_dots.min().or_else(|| line.find([':', '：']))?;
    let (label, rest) = line.split_at_checked(at)?;
    let value = rest.trim_start_matches([':', '：']).trim();
    Some((label.trim_end_matches([' ', '.']), value))
}

/// The length of a mask of ones before zeros.
#[must_use]
pub fn prefix_of(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    let whole = bits.checked_shl(ones).unwrap_or(0) == 0;
    whole.then(|| u8::try_from(ones).ok()).flatten()
}
