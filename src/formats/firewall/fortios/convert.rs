//! From a file to its firewalls: one for each virtual domain.

use crate::formats::firewall::shared::capture::Clean;
use crate::formats::firewall::shared::discards;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::model::firewall::Firewall;
use crate::source::{SourceFile, Span, Spanned};

use super::device::Device;
use super::lex::TERMINAL;
use super::reader::{self, Read};
use super::tree::{LEFT_OPEN, NodeId, ROOT};
use super::{
    addresses, helpers, host, interface_policies, interfaces, nat, policies, redirects, routes,
    schedules, services, tls_inspection, torn, vips,
};

/// Reads a file.
pub fn read(file: &SourceFile) -> Document {
    if file.text().trim_start().starts_with("#FGBK") {
        return encrypted(file);
    }
    let clean = Clean::new(file, TERMINAL);
    let mut read = reader::read(&clean);
    let mut content = Vec::new();
    for domain in domains(&read) {
        let firewall = convert(&clean, &mut read, &domain);
        if !is_empty(&firewall) || content.is_empty() && domain.policies {
            content.push(Content::Firewall(Box::new(firewall)));
        }
    }
    interfaces::cover_others(&mut read);
    let ledger = read.ledger(&clean);
    Document {
        content,
        ledger,
        problems: read.problems,
    }
}

fn encrypted(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let span = file
        .lines()
        .next()
        .map_or(Span::of(file.id(), 0..0), |(span, _)| span);
    ledger.note(LineState::Unrecognised, "the backup is encrypted", span);
    Document {
        content: Vec::new(),
        ledger,
        problems: vec![Problem {
            level: ProblemLevel::Error,
            message: "the FortiOS backup is encrypted".to_owned(),
            hint: Some("export it without a password (`execute backup config` without one), or save what `show full-configuration` prints".to_owned()),
            span,
        }],
    }
}

/// A virtual domain of a file.
struct Domain {
    root: NodeId,
    global: NodeId,
    name: Option<String>,
    /// Whether its policies are in the file.
    policies: bool,
}

fn domains(read: &Read<'_>) -> Vec<Domain> {
    let global = read.tree.find(ROOT, false, "global").unwrap_or(ROOT);
    let only = read
        .header
        .and_then(|header| header.split("vd_name=").nth(1));
    let mut found = Vec::new();
    for node in read.tree.entries(ROOT, "vdom") {
        let first = read.divided && read.tree.name(node) == "root";
        if first || !read.tree.children(node).is_empty() {
            found.push(Domain {
                root: node,
                global,
                name: Some(read.tree.name(node).to_owned()),
                policies: true,
            });
        }
    }
    if found.is_empty() {
        let whole = global == ROOT;
        found.push(Domain {
            root: global,
            global,
            name: only.map(str::to_owned),
            policies: whole,
        });
    }
    found
}

fn is_empty(firewall: &Firewall) -> bool {
    firewall.interfaces.is_empty()
        && firewall.routes.is_empty()
        && firewall.address_objects.is_empty()
        && firewall.service_objects.is_empty()
        && firewall
            .filters
            .iter()
            .all(|filter| filter.rules.iter().all(|rule| rule.implicit.is_some()))
}

/// The host name, and the statement that gives it.
fn host_name(clean: &Clean<'_>, read: &Read<'_>, global: NodeId) -> Spanned<String> {
    for root in [global, ROOT] {
        let Some(node) = read.tree.find(root, false, "system global") else {
            continue;
        };
        let values = read.tree.values(node);
        if let Some(value) = values.iter().find(|value| value.key == "hostname")
            && !value.words.is_empty()
        {
            return Spanned::new(value.first().to_owned(), clean.span_of(value.raw));
        }
    }
    if let Some(host) = read.host {
        return Spanned::new(host.to_owned(), clean.span_of(host));
    }
    let file = clean.file();
    let stem = file.name().rsplit('/').next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    Spanned::new(stem.to_owned(), Span::of(file.id(), 0..0))
}

/// `7.0.14` of a header or of `Version: FortiGate-61F v7.0.14,build…`.
fn version<'t>(read: &Read<'t>) -> Option<&'t str> {
    if let Some(header) = read.header {
        let text = header.split('-').nth(2)?;
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(text);
        }
    }
    let text = read.version?.split(" v").nth(1)?;
    text.split([',', ' ', '-']).next()
}

fn numbers(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split('.').map(str::parse::<u16>);
    let major = parts.next()?.ok()?;
    let minor = parts.next()?.ok()?;
    let patch = parts.next().and_then(Result::ok).unwrap_or(0);
    Some((major, minor, patch))
}

fn convert<'t>(clean: &'t Clean<'_>, read: &mut Read<'t>, domain: &Domain) -> Firewall {
    let mut name = host_name(clean, read, domain.global);
    if let Some(of) = &domain.name {
        name.value = format!("{}/{of}", name.value);
    }
    let software = version(read).map(|text| Spanned::new(text.to_owned(), clean.span_of(text)));
    let mut device = Device::new(clean, read, domain.root, domain.global, name);
    device.version = software.as_ref().and_then(|text| numbers(&text.value));
    device.firewall.software = software;
    settings(&mut device, domain);
    unknown_sections(&mut device);
    interfaces::read(&mut device, domain.name.as_deref());
    interfaces::zones(&mut device);
    routes::read(&mut device);
    schedules::define(&mut device);
    vips::read(&mut device);
    addresses::read(&mut device);
    services::read(&mut device);
    services::cover(&mut device);
    nat::define(&mut device);
    interface_policies::compile(&mut device);
    host::access_lists(&mut device);
    let policies = policies::read(&mut device);
    policies::compile(&mut device, &policies);
    discards::stage(&mut device.firewall);
    tls_inspection::compile(&mut device, &policies);
    nat::compile(&mut device, &policies);
    host::compile(&mut device);
    helpers::read(&mut device);
    device.firewall
}

fn unknown_sections(device: &mut Device<'_, '_>) {
    if let Some(at) = device.read.stray {
        // `FGT (policy) # edit 2`, behind a `config` that the capture lacks.
        let span = device.span_of(at);
        device.doubt(
            "statements stand in no section: they may be policies, or what policies name",
            span,
        );
    }
    if let Some(at) = device.read.torn {
        let span = device.span_of(at);
        device.doubt(torn::WHY, span);
    }
    if let Some(at) = device.read.template {
        let span = device.span_of(at);
        device.doubt(reader::TEMPLATE, span);
    }
    for (node, at) in device.read.unknown.clone() {
        let carries = at.starts_with("config firewall");
        if carries && (node == device.root || node == device.global) {
            let span = device.span_of(at);
            device.doubt("a section about packets is not known to exlint", span);
        }
    }
    // Sections that are known and not modelled, as a whole.
    let mut sections = device.tree().children(device.root);
    if device.global != device.root {
        sections.extend(device.tree().children(device.global));
    }
    for child in sections {
        let noted = device
            .tree()
            .node(child)
            .is_some_and(|node| node.state == Some(LineState::NotModelled) && !node.entry);
        if noted {
            let empty = device.tree().children(child).is_empty();
            let state = if empty {
                LineState::Irrelevant
            } else {
                LineState::NotModelled
            };
            device.cover(child, state);
        }
    }
}

/// `system global` and `system settings`.
fn settings(device: &mut Device<'_, '_>, domain: &Domain) {
    for root in [domain.global, domain.root] {
        if let Some(node) = device.tree().find(root, false, "system global") {
            device.modelled(node, "hostname");
            for (key, _) in redirects::SETTINGS {
                device.modelled(node, key);
            }
            device.cover(node, LineState::Irrelevant);
            device.read.tree.mark_node(node, LineState::Modelled);
        }
    }
    let root = domain.root;
    if let Some(node) = device.tree().find(root, false, "system settings") {
        for value in device.values(node) {
            let span = device.span_of(value.raw);
            let decides = matches!(
                value.key,
                "opmode" | "central-nat" | "ngfw-mode" | "asymroute"
            );
            if decides && value.is_open() {
                device.not_modelled(node, &value, LEFT_OPEN);
                device.doubt(LEFT_OPEN, span);
                continue;
            }
            match (value.key, value.first()) {
                ("opmode", mode) => {
                    device.firewall.transparent = (mode == "transparent").then_some(span);
                }
                ("central-nat", _) => device.central_nat = value.is_on(),
                ("ngfw-mode", "policy-based") => {
                    device.not_modelled(
                        node,
                        &value,
                        "in this mode applications decide, in `firewall security-policy`",
                    );
                    device.doubt(
                        "in this mode applications decide, in `firewall security-policy`",
                        span,
                    );
                    continue;
                }
                ("default-voip-alg-mode" | "ngfw-mode", _) => {}
                ("asymroute", _) if value.is_on() => {
                    device.noted(
                        node,
                        &value,
                        "packets without a connection pass while asymmetric routes are allowed",
                    );
                    device.firewall.stateful = false;
                    continue;
                }
                _ => continue,
            }
            device.modelled(node, value.key);
        }
        device.cover(node, LineState::Irrelevant);
        device.read.tree.mark_node(node, LineState::Modelled);
    }
    if let Some(node) = device.section("firewall security-policy") {
        let used = !device.tree().children(node).is_empty();
        let line = device.line(node);
        device.cover(
            node,
            if used {
                LineState::NotModelled
            } else {
                LineState::Irrelevant
            },
        );
        if used && device.doubts.is_empty() {
            device.doubt(
                "policies by application (`firewall security-policy`) are not modelled",
                line,
            );
        }
    }
    if !domain.policies {
        let span = device.firewall.name.span;
        device.doubt(
            "the policies of the virtual domains are not in this file",
            span,
        );
    }
}
