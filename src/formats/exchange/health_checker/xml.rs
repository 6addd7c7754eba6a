//! HealthChecker's own objects in its `HealthChecker-SERVER-….xml`, which
//! `Export-Clixml` wrote.
//!
//! Exchange's objects in it are those of the CLIXML reader. The script makes
//! others: certificates with what they are used for, adapters with their
//! addresses, settings of TLS, the text of `applicationHost.config` and of the
//! `web.config` files. They become the records that their own exports give. One
//! pass; only what the open objects show is held.
//!
//! Names of properties: the scripts in `Diagnostics/HealthChecker/DataCollection` and
//! `Shared` of microsoft/CSS-Exchange, in their versions since 2020. Versions since
//! 2023 export less deeply (`-Depth 2`), so that some of it is not there.

use std::borrow::Cow;
use std::net::IpAddr;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::embedded::{Embedded, MOST};
use crate::formats::exchange::clixml::text::decode;
use crate::formats::exchange::value::Raw;
use crate::formats::iis::{self, Level, attribute};
use crate::formats::registry::tls_records;
use crate::formats::windows_host::objects::{Object, Objects};
use crate::formats::{Content, Ledger, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span, floor, head};

/// The object that such a file is made of.
const MARK: &str = "HealthCheckerExchangeServer";
/// Where it must be named, in bytes.
const HEAD: usize = 64 * 1024;
/// How the records are known, for a person.
const WHAT: &str = "objects of HealthChecker";
/// Most values of one object that are held, and most items of one list.
const MOST_VALUES: usize = 1024;
/// Most values of an item that is an object.
const MOST_OF_ITEM: usize = 8;
/// Properties that are objects and that something is read of.
const LISTS: &[&str] = &["IPv4Addresses", "IPv6Addresses", "Namespaces", "DnsServer"];
const PARTS: &[&str] = &["Services", "ConfigurationFileInfo"];
const TOO_LONG: &str = "the list has more items than are read";
/// Elements nest at most this deep.
const MAX_DEPTH: usize = 256;

/// Whether a file of CLIXML is one of HealthChecker.
#[must_use]
pub fn is_report(file: &SourceFile) -> bool {
    head(file.text(), HEAD).contains(MARK)
}

/// A value: its text as it is written, its place, and its element's number.
#[derive(Debug, Clone, Copy)]
struct Leaf<'f> {
    name: &'f str,
    raw: &'f str,
    span: Span,
    element: usize,
}

/// What an object shows of itself.
#[derive(Debug, Default)]
struct Shown<'f> {
    name: &'f str,
    values: Vec<Leaf<'f>>,
    /// Items of its list.
    items: Vec<Leaf<'f>>,
    printed: Option<Leaf<'f>>,
    /// Those of its parts that something is read of, and items that are objects.
    parts: Vec<Shown<'f>>,
    /// Items were left out.
    cut: bool,
}

impl<'f> Shown<'f> {
    fn value(&self, name: &str) -> Option<Leaf<'f>> {
        let mut all = self.values.iter();
        all.find(|leaf| leaf.name.eq_ignore_ascii_case(name))
            .copied()
    }

    fn part(&self, name: &str) -> Option<&Shown<'f>> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// Adds an item that is an object; of its values only the first matter.
    fn add_item(&mut self, mut item: Shown<'f>) {
        if self.parts.len() >= MOST_VALUES {
            self.cut = true;
            return;
        }
        item.values.truncate(MOST_OF_ITEM);
        item.values.shrink_to_fit();
        item.items = Vec::new();
        item.parts = Vec::new();
        self.parts.push(item);
    }

    /// The texts of a property that is a list or a value, and whether some are
    /// missing.
    fn texts(&self, name: &str) -> (Vec<Leaf<'f>>, bool) {
        match self.part(name) {
            Some(part) => {
                let of_parts = part.parts.iter().filter_map(|item| item.printed);
                let all = part.items.iter().copied().chain(of_parts);
                (all.collect(), part.cut)
            }
            None => (self.value(name).into_iter().collect(), false),
        }
    }
}

/// An open element.
enum Frame<'f> {
    Object(Shown<'f>),
    /// A list, a bag of properties and so on.
    Structure,
    Value {
        name: Option<&'f str>,
        tag: Tag,
        start: usize,
        element: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Printed,
    Text,
    Other,
}

struct Report<'f, 'l> {
    file: &'f SourceFile,
    ledger: &'l mut Ledger,
    objects: Objects,
    host: Option<Cow<'f, str>>,
    contents: Vec<Content>,
    problems: Vec<Problem>,
}

/// Reads the objects of a file; the ledger has its elements already.
pub fn read(file: &SourceFile, ledger: &mut Ledger) -> (Vec<Content>, Vec<Problem>) {
    let mut report = Report {
        file,
        ledger,
        objects: Objects::default(),
        host: None,
        contents: Vec::new(),
        problems: Vec::new(),
    };
    report.walk();
    report.problems.append(&mut report.objects.problems);
    if file.omitted().is_some() {
        let span = Span::of(file.id(), 0..0);
        report.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "of a file this large, HealthChecker's own objects are read only in part"
                .to_owned(),
            hint: Some("give the .txt report of HealthChecker as well".to_owned()),
            span,
        });
    }
    let mut contents = report.contents;
    contents.extend(report.objects.finish());
    (contents, report.problems)
}

impl<'f> Report<'f, '_> {
    fn walk(&mut self) {
        let text = self.file.text();
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        let mut stack: Vec<Frame<'f>> = Vec::new();
        let mut too_deep = 0_usize;
        let mut element = 0_usize;
        let offset = |position: u64| floor(text, usize::try_from(position).unwrap_or(usize::MAX));
        loop {
            let before = offset(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Start(tag)) => {
                    let own = element;
                    element = element.saturating_add(1);
                    if too_deep > 0 || stack.len() >= MAX_DEPTH {
                        too_deep = too_deep.saturating_add(1);
                        continue;
                    }
                    let name = attribute(self.file, &tag, "N").map(|(name, _)| name);
                    let start = offset(reader.buffer_position());
                    stack.push(frame(tag.local_name().as_ref(), name, start, own));
                }
                Ok(Event::Empty(_)) => element = element.saturating_add(1),
                Ok(Event::End(_)) if too_deep > 0 => too_deep = too_deep.saturating_sub(1),
                Ok(Event::End(_)) => match stack.pop() {
                    Some(Frame::Object(object)) => self.end(object, &mut stack),
                    Some(Frame::Value {
                        name,
                        tag,
                        start,
                        element,
                    }) => {
                        let span = Span::of(self.file.id(), start..before.max(start));
                        let leaf = Leaf {
                            name: name.unwrap_or_default(),
                            raw: self.file.slice(span),
                            span,
                            element,
                        };
                        self.leaf(leaf, tag, &mut stack);
                    }
                    Some(Frame::Structure) | None => {}
                },
                // The reader of the objects of Exchange tells of it.
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }

    fn leaf(&mut self, leaf: Leaf<'f>, tag: Tag, stack: &mut [Frame<'f>]) {
        let is_object = |frame: &&Frame<'_>| matches!(frame, Frame::Object(_));
        let at_root = stack.iter().filter(is_object).count() == 1;
        let Some(object) = innermost(stack) else {
            return;
        };
        match tag {
            Tag::Printed => object.printed = Some(leaf),
            Tag::Text if !leaf.name.is_empty() => {
                let of_server = object.name == MARK || at_root;
                if object.values.len() < MOST_VALUES {
                    object.values.push(leaf);
                }
                if of_server && leaf.name == "ServerName" {
                    self.host = Some(decode(leaf.raw.trim()));
                    self.used(leaf);
                }
            }
            Tag::Text if object.items.len() < MOST_VALUES => object.items.push(leaf),
            Tag::Text => object.cut = true,
            Tag::Other => {}
        }
    }

    fn used(&mut self, leaf: Leaf<'_>) {
        if self.ledger.state(leaf.element).is_some() {
            self.ledger.set(leaf.element, LineState::Modelled);
        }
    }

    /// Makes of an object what it tells, and hands it to the one that holds it.
    fn end(&mut self, object: Shown<'f>, stack: &mut [Frame<'f>]) {
        if object.value("TLSVersion").is_some() || object.value("NetVersion").is_some() {
            self.tls(&object);
        } else if object.value("Thumbprint").is_some() && object.value("LifetimeInDays").is_some() {
            self.certificate(&object);
        } else if object.value("Description").is_some()
            && (object.part("IPv4Addresses").is_some() || object.part("IPv6Addresses").is_some())
        {
            self.adapter(&object);
        } else if let Some(text) = object.value("ApplicationHostConfig") {
            self.configuration(text, None);
        } else if let Some(information) = object.part("ConfigurationFileInfo") {
            let place = object
                .value("FriendlyName")
                .or_else(|| object.value("Name"));
            if let (Some(text), Some(place)) = (information.value("Content"), place) {
                let place = decode(place.raw).trim_end_matches('/').to_owned();
                let path = information.value("Location");
                let path = path.map(|leaf| decode(leaf.raw).into_owned());
                self.configuration(text, Some((place, path)));
            }
        }
        let Some(holder) = innermost(stack) else {
            return;
        };
        if object.name.is_empty() {
            if LISTS.contains(&holder.name) {
                holder.add_item(object);
            }
        } else if (LISTS.contains(&object.name) || PARTS.contains(&object.name))
            && holder.part(object.name).is_none()
        {
            holder.parts.push(object);
        }
    }

    fn tls(&mut self, object: &Shown<'f>) {
        let values: Vec<(&str, &str, Span)> = object
            .values
            .iter()
            .map(|leaf| (leaf.name, leaf.raw.trim(), leaf.span))
            .collect();
        for leaf in &object.values {
            self.used(*leaf);
        }
        tls_records(&values, self.host.as_deref(), &mut self.objects);
    }

    fn certificate(&mut self, object: &Shown<'f>) {
        let Some(thumbprint) = object.value("Thumbprint") else {
            return;
        };
        let mut record = Object::new("Get-ExchangeCertificate", thumbprint.span);
        for name in [
            "Thumbprint",
            "Issuer",
            "Subject",
            "PublicKeySize",
            "SignatureAlgorithm",
            "Status",
        ] {
            // The script writes `Unknown` for what the certificate does not have.
            let value = object.value(name);
            if let Some(leaf) = value.filter(|leaf| !matches!(leaf.raw, "" | "Unknown")) {
                record.text(name, decode(leaf.raw), leaf.span);
                self.used(leaf);
            }
        }
        let services = object.value("Services");
        let services = services.or_else(|| object.part("Services")?.printed);
        if let Some(leaf) = services {
            record.text("Services", decode(leaf.raw), leaf.span);
            self.used(leaf);
        }
        let (mut names, cut) = object.texts("Namespaces");
        names.retain(|leaf| leaf.raw != "None");
        self.list(&mut record, "CertificateDomains", &names, cut);
        self.objects.add(record, self.host.as_deref(), WHAT);
    }

    fn adapter(&mut self, object: &Shown<'f>) {
        let Some(description) = object.value("Description") else {
            return;
        };
        let mut record = Object::new("Get-NetIPConfiguration", description.span);
        let alias = object.value("Name").unwrap_or(description);
        record.text("InterfaceAlias", decode(alias.raw), alias.span);
        record.text(
            "InterfaceDescription",
            decode(description.raw),
            description.span,
        );
        for (list, address, gateway) in [
            ("IPv4Addresses", "IPv4Address", "IPv4DefaultGateway"),
            ("IPv6Addresses", "IPv6Address", "IPv6DefaultGateway"),
        ] {
            let part = object.part(list);
            let rows = part.map_or(&[][..], |part| part.parts.as_slice());
            let cut = part.is_some_and(|part| part.cut);
            let of = |name: &str| -> Vec<Leaf<'f>> {
                let found = rows.iter().filter_map(|row| row.value(name));
                found.filter(|leaf| is_address(leaf.raw)).collect()
            };
            self.list(&mut record, address, &of("Address"), cut);
            let mut gateways = of("DefaultGateway");
            gateways.dedup_by(|one, two| one.raw == two.raw);
            self.list(&mut record, gateway, &gateways, cut);
        }
        let (mut servers, cut) = object.texts("DnsServer");
        servers.retain(|leaf| is_address(leaf.raw));
        self.list(&mut record, "DNSServer", &servers, cut);
        self.objects.add(record, self.host.as_deref(), WHAT);
    }

    fn list(
        &mut self,
        record: &mut Object<'f>,
        name: &'static str,
        leaves: &[Leaf<'f>],
        cut: bool,
    ) {
        let Some(first) = leaves.first() else { return };
        let items = leaves.iter().map(|leaf| decode(leaf.raw));
        let list = if cut {
            Raw::Opaque(TOO_LONG)
        } else {
            Raw::List(items.collect())
        };
        record.raw(name, list, first.span);
        for leaf in leaves {
            self.used(*leaf);
        }
    }

    /// The text of a file of IIS; a `web.config` with its place.
    fn configuration(&mut self, leaf: Leaf<'f>, level: Option<Level>) {
        if leaf.raw.trim().is_empty() {
            return;
        }
        if leaf.raw.len() > MOST {
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "a configuration of IIS this large was not read".to_owned(),
                hint: Some("give applicationHost.config itself".to_owned()),
                span: Span::new(leaf.span.file, leaf.span.start, leaf.span.start),
            });
            let host = self.host.as_deref();
            let unread = level.map(|level| iis::unread(leaf.span, host, Some(level)));
            self.contents.extend(unread);
            return;
        }
        self.used(leaf);
        let start = leaf.span.range().start;
        let embedded = Embedded::new(leaf.raw, leaf.span.file, start);
        let host = self.host.as_deref();
        let contents = iis::embedded(
            self.file,
            &embedded.text,
            &|range| embedded.place(range),
            (host, level),
            &mut self.problems,
        );
        self.contents.extend(contents);
    }
}

fn is_address(text: &str) -> bool {
    text.trim().parse::<IpAddr>().is_ok()
}

fn frame<'f>(tag: &str, name: Option<&'f str>, start: usize, element: usize) -> Frame<'f> {
    let value = |tag| Frame::Value {
        name,
        tag,
        start,
        element,
    };
    match tag {
        "Obj" => Frame::Object(Shown {
            name: name.unwrap_or_default(),
            ..Shown::default()
        }),
        "ToString" => value(Tag::Printed),
        "S" | "I32" | "I64" | "U32" | "B" | "By" | "U16" | "I16" | "Version" | "URI" => {
            value(Tag::Text)
        }
        "Objs" | "MS" | "Props" | "LST" | "IE" | "STK" | "QUE" | "DCT" | "En" | "TN" => {
            Frame::Structure
        }
        // Secrets among them: only their places are passed.
        _ => value(Tag::Other),
    }
}

/// The object that an element stands in.
fn innermost<'s, 'f>(stack: &'s mut [Frame<'f>]) -> Option<&'s mut Shown<'f>> {
    stack.iter_mut().rev().find_map(|frame| match frame {
        Frame::Object(object) => Some(object),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
