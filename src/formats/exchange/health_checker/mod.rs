//! The report of Microsoft's Exchange HealthChecker in text:
//! `HealthChecker-HUB1-….txt`, or the same pasted from a console.
//!
//! It tells of one server after the other what `Get-ExchangeServer`, `ipconfig`,
//! `Get-ExchangeCertificate` and the configuration of IIS ([`iis`]) tell, in words of its own; they become the
//! records of those. Labels and sections are those of the script's analyzers
//! (microsoft/CSS-Exchange, `Diagnostics/HealthChecker/Analyzer`). What the
//! report only judges is marked as irrelevant.

mod embedded;
mod iis;
pub mod xml;

use std::borrow::Cow;
use std::net::IpAddr;

use crate::formats::windows_host::objects::{Object, Objects};
use crate::formats::{CERTAIN, Document, Evidence, Format, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span};

/// Reports of HealthChecker in text.
pub const HEALTH_CHECKER: Format = Format {
    id: "exchange-health-checker",
    title: "Exchange HealthChecker report (text)",
    detect,
    parse,
};

/// Lines in which the report must show itself.
const HEAD_LINES: usize = 200;

/// How the records are known, for a person.
const WHAT: &str = "report of HealthChecker";

fn detect(file: &SourceFile) -> Option<Evidence> {
    let named = file.lines().take(HEAD_LINES).find(|(_, line)| {
        let line = line.trim().to_ascii_lowercase();
        line.starts_with("exchange health checker version")
    });
    let (span, line) = named?;
    Some(Evidence {
        strength: CERTAIN,
        what: line.trim().chars().take(80).collect(),
        span,
    })
}

/// A part of the report, by its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Exchange,
    Adapters,
    Security,
    Iis,
    Other,
}

fn section(heading: &str) -> Section {
    match heading.trim() {
        "Exchange Information" => Section::Exchange,
        "NIC Settings Per Active Adapter" => Section::Adapters,
        "Security Settings" | "Exchange Certificates" => Section::Security,
        "Exchange IIS Information" => Section::Iis,
        _ => Section::Other,
    }
}

struct Reader<'f> {
    file: &'f SourceFile,
    ledger: Ledger,
    objects: Objects,
    section: Section,
    host: Option<&'f str>,
    server: Option<Object<'f>>,
    adapter: Option<Adapter<'f>>,
    certificate: Option<Certificate<'f>>,
    table: Option<iis::Table<'f>>,
    bindings: iis::Bindings<'f>,
}

struct Adapter<'f> {
    object: Object<'f>,
    v4: Vec<(&'f str, Span)>,
    v6: Vec<(&'f str, Span)>,
    gateways: Vec<(&'f str, Span)>,
    servers: Vec<(&'f str, Span)>,
}

struct Certificate<'f> {
    object: Object<'f>,
    /// Lines are names until the next label.
    names: Option<Vec<(&'f str, Span)>>,
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader {
        file,
        ledger: Ledger::new(Unit::Lines, file.line_count()),
        objects: Objects::default(),
        section: Section::Other,
        host: None,
        server: None,
        adapter: None,
        certificate: None,
        table: None,
        bindings: Vec::new(),
    };
    let lines: Vec<(Span, &str)> = file.lines().collect();
    for (number, (span, line)) in lines.iter().enumerate() {
        reader.ledger.set(number, LineState::Irrelevant);
        if line.trim().is_empty() {
            reader.end_table();
            continue;
        }
        let mut after = lines.iter().skip(number.saturating_add(1));
        let below = after.find(|(_, line)| !line.trim().is_empty());
        if below.is_some_and(|(_, line)| is_ruler(line)) {
            reader.begin(section(line));
        } else if reader.section == Section::Iis {
            let next = lines.get(number.saturating_add(1)).map_or("", |(_, l)| *l);
            let state = reader.iis(line.trim_end(), next);
            reader.ledger.set(number, state);
        } else if reader.line(*span, line.trim()) {
            reader.ledger.set(number, LineState::Modelled);
        }
    }
    reader.begin(Section::Other);
    reader.end_server();
    let problems = std::mem::take(&mut reader.objects.problems);
    Document {
        content: reader.objects.finish().collect(),
        ledger: reader.ledger,
        problems,
    }
}

/// Whether a line only underlines the one above.
fn is_ruler(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 8 && line.bytes().all(|byte| byte == b'-')
}

impl<'f> Reader<'f> {
    /// Begins a section; that of the server begins a server.
    fn begin(&mut self, section: Section) {
        self.end_adapter();
        self.end_certificate();
        self.end_table();
        if section == Section::Exchange {
            self.end_server();
            self.bindings.clear();
        }
        self.section = section;
    }

    /// Reads a line; `false` where it tells nothing that becomes a record.
    fn line(&mut self, span: Span, line: &'f str) -> bool {
        let (label, value) = match line.split_once(':') {
            Some((label, value)) => (label.trim(), value.trim()),
            None => ("", line),
        };
        let at = self.file.span_of(value).unwrap_or(span);
        match self.section {
            Section::Exchange => self.server(label, value, at),
            Section::Adapters => self.adapter(label, value, at),
            Section::Security => self.certificate(label, line, value, at),
            Section::Iis | Section::Other => false,
        }
    }

    /// Reads a line of the part about IIS; `next` is the line below.
    fn iis(&mut self, line: &'f str, next: &str) -> LineState {
        if let Some(table) = iis::begins(line, next.trim_end()) {
            self.end_table();
            self.table = Some(table);
            return LineState::Modelled;
        }
        let Some(table) = &mut self.table else {
            return LineState::Irrelevant;
        };
        if line.trim_start().starts_with('-') {
            return LineState::Modelled;
        }
        let (kept, done) = table.line(self.file, line, &mut self.bindings);
        if let Some(object) = done {
            self.objects.add(object, self.host, WHAT);
        }
        if kept {
            LineState::Modelled
        } else {
            // The columns are lost from here on: a paste that moved them.
            self.table = None;
            LineState::NotModelled
        }
    }

    fn end_table(&mut self) {
        if let Some(mut table) = self.table.take()
            && let Some(object) = table.finish(&mut self.bindings)
        {
            self.objects.add(object, self.host, WHAT);
        }
    }

    fn server(&mut self, label: &str, value: &'f str, at: Span) -> bool {
        if value.is_empty() {
            return false;
        }
        let server = self
            .server
            .get_or_insert_with(|| Object::new("Get-ExchangeServer", at));
        match label {
            "Name" => {
                self.host = Some(value);
                server.text("Name", value, at);
            }
            "AD Site" => server.text("Site", value, at),
            "Server Role" => match roles(value) {
                Some(roles) => server.text("ServerRole", roles, at),
                None => return false,
            },
            "Build Number" => match version(value) {
                Some(version) => server.text("AdminDisplayVersion", version, at),
                None => return false,
            },
            "Edition" => server.text("Edition", value, at),
            _ => return false,
        }
        true
    }

    fn end_server(&mut self) {
        if let Some(server) = self.server.take()
            && self.host.is_some()
        {
            self.objects.add(server, None, WHAT);
        }
        self.host = None;
    }

    fn adapter(&mut self, label: &str, value: &'f str, at: Span) -> bool {
        if label == "Interface Description" {
            self.end_adapter();
            let (description, alias) =
                match value.strip_suffix(']').and_then(|v| v.rsplit_once(" [")) {
                    Some((description, alias)) => (description, alias),
                    None => (value, value),
                };
            let mut object = Object::new("Get-NetIPConfiguration", at);
            object.text("InterfaceAlias", alias, at);
            object.text("InterfaceDescription", description, at);
            self.adapter = Some(Adapter {
                object,
                v4: Vec::new(),
                v6: Vec::new(),
                gateways: Vec::new(),
                servers: Vec::new(),
            });
            return true;
        }
        let Some(adapter) = &mut self.adapter else {
            return false;
        };
        let file = self.file;
        let place = |text: &str| file.span_of(text).unwrap_or(at);
        match label {
            "Address" => {
                let mut words = value.split_ascii_whitespace();
                let address = words.next().unwrap_or_default();
                let ip = address.split(['\\', '/']).next().unwrap_or_default();
                let gateway = words.skip_while(|word| *word != "Gateway:").nth(1);
                match ip.parse::<IpAddr>() {
                    Ok(IpAddr::V4(_)) => adapter.v4.push((ip, place(ip))),
                    Ok(IpAddr::V6(_)) => adapter.v6.push((ip, place(ip))),
                    Err(_) => return false,
                }
                let gateway = gateway.filter(|text| text.parse::<std::net::Ipv4Addr>().is_ok());
                adapter
                    .gateways
                    .extend(gateway.map(|text| (text, place(text))));
                true
            }
            "DNS Server" => {
                let words = value.split_ascii_whitespace();
                let known = words.filter(|text| text.parse::<IpAddr>().is_ok());
                adapter
                    .servers
                    .extend(known.map(|text| (text, place(text))));
                !adapter.servers.is_empty()
            }
            _ => false,
        }
    }

    fn end_adapter(&mut self) {
        let Some(adapter) = self.adapter.take() else {
            return;
        };
        let mut object = adapter.object;
        object.list("IPv4Address", &adapter.v4);
        object.list("IPv6Address", &adapter.v6);
        object.list("IPv4DefaultGateway", &adapter.gateways);
        object.list("DNSServer", &adapter.servers);
        self.objects.add(object, self.host, WHAT);
    }

    fn certificate(&mut self, label: &str, line: &'f str, value: &'f str, at: Span) -> bool {
        if label == "Certificate" && value.is_empty() {
            self.end_certificate();
            self.certificate = Some(Certificate {
                object: Object::new("Get-ExchangeCertificate", at),
                names: None,
            });
            return true;
        }
        let Some(certificate) = &mut self.certificate else {
            return false;
        };
        if let Some(names) = &mut certificate.names {
            let name = !line.is_empty() && !line.contains([':', ' ']);
            if name {
                names.push((line, self.file.span_of(line).unwrap_or(at)));
                return true;
            }
            if line.is_empty() {
                return false;
            }
            // A certificate without names of hosts is called by a phrase.
            let Some((_, _)) = line.split_once(": ") else {
                return false;
            };
            self.end_certificate();
            return false;
        }
        let property = match label {
            "FriendlyName" => "FriendlyName",
            "Thumbprint" => "Thumbprint",
            "Certificate status" => "Status",
            "Key size" => "PublicKeySize",
            "Signature Algorithm" => "SignatureAlgorithm",
            "Bound to services" => "Services",
            "Namespaces" => {
                certificate.names = Some(Vec::new());
                return true;
            }
            _ => return false,
        };
        if !value.is_empty() {
            certificate.object.text(property, value, at);
        }
        !value.is_empty()
    }

    fn end_certificate(&mut self) {
        if let Some(certificate) = self.certificate.take() {
            let mut object = certificate.object;
            object.list("CertificateDomains", &certificate.names.unwrap_or_default());
            self.objects.add(object, self.host, WHAT);
        }
    }
}

/// Roles as the script names them, in the names of the cmdlet: `MultiRole` is
/// a server of 2013 with both of its roles.
fn roles(value: &str) -> Option<Cow<'_, str>> {
    Some(match value {
        "MultiRole" => "Mailbox, ClientAccess".into(),
        "Hub" => "HubTransport".into(),
        "None" => return None,
        _ => value.into(),
    })
}

/// `15.1.2044.4` as the cmdlet prints it: `Version 15.1 (Build 2044.4)`.
fn version(value: &str) -> Option<String> {
    let number = value.split_ascii_whitespace().next()?;
    let parts: Vec<u32> = number
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    match parts.as_slice() {
        [major, minor, build, revision] => Some(format!(
            "Version {major}.{minor} (Build {build}.{revision})"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
