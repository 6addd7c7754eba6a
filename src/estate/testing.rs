//! Estates for tests, built by hand: every fact has a real span in a real text.

use std::sync::Arc;

use super::{Estate, FirewallId, Options, ServerId, join_contents};
use crate::formats::detect::{Detection, detect};
use crate::formats::inventory;
use crate::formats::{CmdletRun, Content, FORMATS};
use crate::model::exchange::{Properties, Property, Record, Value};
use crate::model::firewall::{
    Action, AddressMatch, AddressView, Filter, FilterDefault, FilterId, Firewall, Interface,
    InterfaceAddress, InterfaceId, InterfaceMatch, Nat, NatKind, NatRule, Passage, Route, Rule,
    ServiceMatch, Stage, StateMatch,
};
use crate::model::net::IpRange;
use crate::source::{FileId, SourceFile, Sources, Span, Spanned};

/// The files of a run.
#[derive(Debug, Default, Clone)]
pub(crate) struct Lab {
    pub sources: Sources,
    pub contents: Vec<(FileId, Content)>,
}

impl Lab {
    pub fn new() -> Self {
        Self::default()
    }

    fn next_id(&self) -> FileId {
        FileId(u32::try_from(self.sources.files().len()).expect("few files"))
    }

    fn add(&mut self, name: &str, text: String, contents: Vec<Content>) -> FileId {
        let id = self.sources.add(|id| SourceFile::from_text(id, name, text));
        self.contents
            .extend(contents.into_iter().map(|content| (id, content)));
        id
    }

    /// An `exlint.toml` without faults.
    pub fn inventory(&mut self, text: &str) -> &mut Self {
        let id = self.next_id();
        let file = SourceFile::from_text(id, "exlint.toml", text);
        let document = (inventory::FORMAT.parse)(&file);
        assert_eq!(document.problems, []);
        self.add("exlint.toml", text.to_owned(), document.content);
        self
    }

    /// A firewall's configuration in `fw/NAME.cfg`.
    pub fn firewall(&mut self, name: &str, build: impl FnOnce(&mut FirewallBuilder)) -> &mut Self {
        self.firewall_in(&format!("fw/{name}.cfg"), name, build)
    }

    /// A firewall's configuration in a named file.
    pub fn firewall_in(
        &mut self,
        file: &str,
        name: &str,
        build: impl FnOnce(&mut FirewallBuilder),
    ) -> &mut Self {
        let mut builder = FirewallBuilder::new(self.next_id(), name);
        build(&mut builder);
        let FirewallBuilder { text, firewall, .. } = builder;
        self.add(file, text, vec![Content::Firewall(Box::new(firewall))]);
        self
    }

    /// The output of one cmdlet: records as text, one property a line, an
    /// empty line between records.
    pub fn export(&mut self, file: &str, cmdlet: &'static str, records: &str) -> &mut Self {
        self.export_on(file, cmdlet, None, records)
    }

    /// The same, taken on a host that the file tells.
    pub fn export_on(
        &mut self,
        file: &str,
        cmdlet: &'static str,
        host: Option<&str>,
        records: &str,
    ) -> &mut Self {
        let id = self.next_id();
        let run = read_records(id, cmdlet, host, records);
        self.add(file, records.to_owned(), vec![Content::Exchange(run)]);
        self
    }

    /// A file as people have it, read by its format.
    pub fn file(&mut self, name: &str, text: &str) -> &mut Self {
        let file = SourceFile::from_text(self.next_id(), name, text);
        let Detection::Recognised { format, .. } = detect(&file, FORMATS, &[]) else {
            panic!("no format reads {name}");
        };
        let document = (format.parse)(&file);
        self.add(name, text.to_owned(), document.content);
        self
    }

    /// A captured routing table.
    pub fn routes(
        &mut self,
        file: &str,
        device: Option<&str>,
        routes: &[(&str, &str)],
    ) -> &mut Self {
        let id = self.next_id();
        let routes = routes
            .iter()
            .map(|(interface, network)| {
                let route = Route {
                    interface: InterfaceId(0),
                    network: range(network),
                    next_hop: None,
                    metric: 110,
                    table: 0,
                    span: Span::new(id, 0, 1),
                };
                ((*interface).to_owned(), route)
            })
            .collect();
        let content = Content::Routes {
            device: device.map(str::to_owned),
            routes,
        };
        self.add(file, "O 10.0.0.0 …".to_owned(), vec![content]);
        self
    }

    pub fn join(&self) -> Estate {
        let options = Options {
            reference_date: None,
            default_date: "2009-11-02".to_owned(),
        };
        join_contents(self.contents.clone(), &self.sources, &options)
    }
}

/// Reads `Name : Value` lines: `{a, b}` is a list, `True` a truth value, an
/// empty value null, `a...` cut off.
fn read_records(id: FileId, cmdlet: &'static str, host: Option<&str>, text: &str) -> CmdletRun {
    let file = SourceFile::from_text(id, "records", text);
    let mut records: Vec<Record> = Vec::new();
    let mut open = false;
    for (span, line) in file.lines() {
        let Some((name, value)) = line.split_once(':') else {
            open = false;
            continue;
        };
        if !open {
            records.push(Record {
                cmdlet: Some(cmdlet),
                cmdlet_evidence: None,
                host: host.map(Arc::from),
                properties: Properties::default(),
                span,
            });
            open = true;
        }
        let record = records.last_mut().expect("a record");
        record.span = record.span.to(span);
        let value = value.trim();
        let property = Property {
            name: name.trim().into(),
            value: read_value(name.trim(), value),
            span: file
                .span_of(value)
                .filter(|_| !value.is_empty())
                .unwrap_or(span),
        };
        record.properties.insert(property);
    }
    CmdletRun {
        cmdlet: Some(cmdlet),
        host: host.map(Arc::from),
        records,
        span: Span::of(id, 0..text.len()),
    }
}

fn read_value(name: &str, text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    if text.ends_with("...}") {
        return Value::Truncated(text.into());
    }
    if let Some(items) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        let items = items
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        return Value::List(items.map(|item| Value::Text(item.into())).collect());
    }
    match text {
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        _ if matches!(name, "ServerRole" | "AuthMechanism") => {
            Value::Flags(text.split(", ").map(Arc::from).collect())
        }
        _ => Value::Text(text.into()),
    }
}

/// A network, range or address of a test.
pub(crate) fn range(text: &str) -> IpRange {
    match text.split_once('/') {
        Some((address, length)) => IpRange::network(
            address.parse().expect("an address"),
            length.parse().expect("a length"),
        )
        .expect("a network"),
        None => IpRange::host(text.parse().expect("an address")),
    }
}

/// Writes a configuration and its model at once.
#[derive(Debug)]
pub(crate) struct FirewallBuilder {
    file: FileId,
    text: String,
    pub firewall: Firewall,
}

impl FirewallBuilder {
    fn new(file: FileId, name: &str) -> Self {
        let mut builder = Self {
            file,
            text: String::new(),
            firewall: Firewall {
                name: Spanned::new(name.to_owned(), Span::new(file, 0, 0)),
                platform: "cisco-asa",
                software: None,
                transparent: None,
                stateful: true,
                interfaces: Vec::new(),
                routes: Vec::new(),
                dynamic_routing: Vec::new(),
                policy_routing: Vec::new(),
                address_objects: Vec::new(),
                service_objects: Vec::new(),
                filters: Vec::new(),
                stages: Vec::new(),
                nat: Nat::default(),
                inspections: Vec::new(),
                tunnels: Vec::new(),
                not_modelled: Vec::new(),
                references: Default::default(),
            },
        };
        builder.firewall.name.span = builder.line(&format!("hostname {name}"));
        builder
    }

    fn line(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        self.text.push('\n');
        Span::of(self.file, start..start + text.len())
    }

    /// The interface of a name.
    pub fn id(&self, name: &str) -> InterfaceId {
        let position = self
            .firewall
            .interfaces
            .iter()
            .position(|interface| interface.name.value == name)
            .expect("an interface");
        InterfaceId(u32::try_from(position).expect("few interfaces"))
    }

    /// An interface with `address/length`.
    pub fn interface(&mut self, name: &str, level: u8, address: &str) -> &mut Self {
        let span = self.line(&format!("nameif {name}"));
        let level_span = self.line(&format!("security-level {level}"));
        let address_span = self.line(&format!("ip address {address}"));
        let host = address.split('/').next().expect("an address");
        self.firewall.interfaces.push(Interface {
            name: Spanned::new(name.to_owned(), span),
            hardware: None,
            zone: None,
            addresses: vec![InterfaceAddress {
                address: range(host),
                network: range(address),
                span: address_span,
            }],
            security_level: Some(Spanned::new(level, level_span)),
            shutdown: None,
            dynamic_address: None,
            table: 0,
            span,
        });
        self
    }

    pub fn route(&mut self, interface: &str, network: &str, next_hop: &str) -> &mut Self {
        let span = self.line(&format!("route {interface} {network} {next_hop}"));
        let route = Route {
            interface: self.id(interface),
            network: range(network),
            next_hop: Some(range(next_hop)),
            metric: 1,
            table: 0,
            span,
        };
        self.firewall.routes.push(route);
        self
    }

    pub fn software(&mut self, version: &str) -> &mut Self {
        let span = self.line(&format!("ASA Version {version}"));
        self.firewall.software = Some(Spanned::new(version.to_owned(), span));
        self
    }

    pub fn transparent(&mut self) -> &mut Self {
        let span = self.line("firewall transparent");
        self.firewall.transparent = Some(span);
        self
    }

    pub fn dynamic_routing(&mut self) -> &mut Self {
        let span = self.line("router ospf 1");
        self.firewall.dynamic_routing.push(span);
        self
    }

    /// A list for packets that come in at an interface, with one permit.
    pub fn permits(&mut self, interface: &str, destination: &str) -> &mut Self {
        let span = self.line(&format!(
            "access-list {interface}_in permit ip any {destination}"
        ));
        let filter = FilterId(u32::try_from(self.firewall.filters.len()).expect("few filters"));
        self.firewall.filters.push(Filter {
            name: format!("{interface}_in"),
            rules: vec![Rule {
                action: Action::Permit,
                enabled: true,
                logs: false,
                ingress: InterfaceMatch::Any,
                egress: InterfaceMatch::Any,
                source: AddressMatch::Any,
                destination: match destination {
                    "any" => AddressMatch::Any,
                    host => AddressMatch::One(range(host).into()),
                },
                service: ServiceMatch::Any,
                state: StateMatch::Any,
                conditions: Box::new([]),
                implicit: None,
                span,
            }],
            default: FilterDefault {
                action: Action::Deny,
                label: "implicit deny".to_owned(),
                span,
            },
            span,
            filters_traffic: true,
        });
        let stage = Stage {
            passage: Passage::Transit,
            label: format!("access-group {interface}_in in interface {interface}"),
            ingress: InterfaceMatch::One(self.id(interface)),
            egress: InterfaceMatch::Any,
            filter,
            view: AddressView::Unknown,
            span,
        };
        self.firewall.stages.push(stage);
        self
    }

    /// A static translation.
    pub fn publishes(&mut self, real: (&str, &str), mapped: (&str, &str)) -> &mut Self {
        let span = self.line(&format!(
            "static ({},{}) {} {}",
            real.0, mapped.0, mapped.1, real.1
        ));
        let rule = NatRule {
            kind: NatKind::Static,
            real_interface: Some(self.id(real.0)),
            mapped_interface: Some(self.id(mapped.0)),
            real_source: AddressMatch::One(range(real.1).into()),
            mapped_source: AddressMatch::One(range(mapped.1).into()),
            mapped_destination: AddressMatch::Any,
            real_destination: AddressMatch::Any,
            service: None,
            destination_service: None,
            policy: None,
            unidirectional: false,
            enabled: true,
            conditions: Box::new([]),
            span,
        };
        self.firewall.nat.rules.push(rule);
        self
    }
}

/// The id of a server.
pub(crate) fn server(estate: &Estate, name: &str) -> ServerId {
    let position = estate
        .servers
        .iter()
        .position(|server| server.name == name)
        .unwrap_or_else(|| panic!("no server {name}"));
    ServerId(u32::try_from(position).expect("few servers"))
}

/// The id of a firewall.
pub(crate) fn firewall(estate: &Estate, name: &str) -> FirewallId {
    let position = estate
        .firewalls
        .iter()
        .position(|known| known.name == name)
        .unwrap_or_else(|| panic!("no firewall {name}"));
    FirewallId(u32::try_from(position).expect("few firewalls"))
}
