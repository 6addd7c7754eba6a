//! `dsquery` and `dsget`: quoted names, tables and lists.

use super::Reader;
use super::columns::{cells, starts};
use crate::formats::LineState;
use crate::formats::directory::distinguished_name::{Place, leaf, parts, place};
use crate::formats::exchange::by_line::{cmdlet, text};
use crate::formats::exchange::record::RawProperty;
use crate::source::Span;

/// Headings of tables: the switches of `dsget` and attributes that `dsquery *
/// -attr` may print (Microsoft Learn, *Dsget server*, *Dsget subnet*, *Dsquery **).
const HEADINGS: [&str; 20] = [
    "dn",
    "dnsname",
    "site",
    "desc",
    "loc",
    "isgc",
    "samid",
    "sid",
    "secgrp",
    "scope",
    "name",
    "cn",
    "distinguishedName",
    "siteObject",
    "dNSHostName",
    "location",
    "description",
    "disabled",
    "serverReference",
    "objectClass",
];

/// A table that is read.
#[derive(Debug)]
pub struct Table<'a> {
    headings: Vec<&'a str>,
    starts: Vec<usize>,
}

/// The distinguished name that a line is, in quotes.
pub fn quoted_name(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    parts(inner).map(|_| inner)
}

/// Whether a line is the heading of a table: known words, indented by two.
pub fn is_heading(line: &str) -> bool {
    let known = |word: &str| {
        HEADINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    };
    let telling = |word: &str| {
        [
            "dnsname",
            "site",
            "siteObject",
            "dn",
            "dNSHostName",
            "distinguishedName",
        ]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
    };
    let mut words = line.split_whitespace();
    line.starts_with("  ")
        && words.clone().count() > 0
        && words.clone().all(known)
        && words.any(telling)
}

/// Reads a line; `false` where it is none of these tools.
pub fn line<'a>(reader: &mut Reader<'a>, span: Span, line: &'a str) -> bool {
    if let Some(name) = quoted_name(line) {
        distinguished(reader, span, name);
        return true;
    }
    if is_heading(line) {
        reader.table = Some(Table {
            headings: line.split_whitespace().collect(),
            starts: starts(line),
        });
        reader.collector.mark(span, LineState::Irrelevant);
        return true;
    }
    if let Some(table) = &reader.table {
        match cells(line, &table.starts) {
            Some(cells) => {
                let cells: Vec<(&'a str, &'a str)> =
                    table.headings.iter().copied().zip(cells).collect();
                row(reader, span, &cells);
            }
            None => {
                let why = "the columns of this row run into each other";
                reader.collector.note(span, LineState::NotModelled, why);
            }
        }
        return true;
    }
    short_name(reader, span, line)
}

/// A name in quotes: a member where members were asked for, else what its
/// place in the directory says.
fn distinguished<'a>(reader: &mut Reader<'a>, span: Span, name: &'a str) {
    let at = reader.collector.file.span_of(name).unwrap_or(span);
    let command = reader.command.as_ref();
    if let Some(command) = command.filter(|command| command.has("-members")) {
        let group = command.group();
        let mut properties = vec![text("DistinguishedName", name, at)];
        properties.extend(group.clone().map(|group| text("Group", group, at)));
        properties.extend(leaf(name).map(|leaf| text("Name", leaf, at)));
        if let (Some(cmdlet), Some(_)) = (cmdlet("Get-ADGroupMember"), group) {
            reader
                .collector
                .add(cmdlet, &reader.what, &properties, span);
        } else {
            let why = "a member of a group that the command does not name";
            reader.collector.note(span, LineState::NotModelled, why);
        }
        return;
    }
    match place(name) {
        Place::Subnet(subnet) => {
            let site = command.and_then(|command| command.site());
            let mut properties = vec![
                text("Name", subnet, at),
                text("DistinguishedName", name, at),
            ];
            properties.extend(site.map(|site| text("Site", site, at)));
            add(reader, "Get-ADReplicationSubnet", &properties, span);
        }
        Place::Site(site) => {
            let properties = [text("Name", site, at), text("DistinguishedName", name, at)];
            add(reader, "Get-ADReplicationSite", &properties, span);
        }
        // `dsquery server` finds domain controllers (Microsoft Learn, *Dsquery server*).
        Place::Server { name: server, site } | Place::Agent { name: server, site } => {
            let properties = [
                text("Name", server, at),
                text("Site", site, at),
                text("ServerObjectDN", name, at),
            ];
            add(reader, "Get-ADDomainController", &properties, span);
        }
        Place::Link(link) => {
            let properties = [text("Name", link, at), text("DistinguishedName", name, at)];
            add(reader, "Get-ADReplicationSiteLink", &properties, span);
        }
        Place::Other if command.is_some() => {
            reader.collector.mark(span, LineState::Irrelevant);
        }
        Place::Other => {
            reader.open.get_or_insert(span);
            let why = "a name without the command that printed it";
            reader.collector.note(span, LineState::NotModelled, why);
        }
    }
}

fn add<'a>(reader: &mut Reader<'a>, name: &str, properties: &[RawProperty<'a>], span: Span) {
    if let Some(cmdlet) = cmdlet(name) {
        reader.collector.add(cmdlet, &reader.what, properties, span);
    }
}

/// A row of a table of `dsget` or `dsquery * -attr`.
fn row<'a>(reader: &mut Reader<'a>, span: Span, cells: &[(&'a str, &'a str)]) {
    let of = |names: &[&str]| {
        let mut found = cells
            .iter()
            .filter(|(heading, _)| names.iter().any(|name| name.eq_ignore_ascii_case(heading)));
        found
            .next()
            .map(|(_, value)| *value)
            .filter(|value| !value.is_empty())
    };
    let at = |word: &str| reader.collector.file.span_of(word).unwrap_or(span);
    let dn = of(&["dn", "distinguishedName"]);
    let site = of(&["site", "siteObject"]);
    let host = of(&["dnsname", "dNSHostName"]);
    let name = of(&["name", "cn"]);
    let object = reader
        .command
        .as_ref()
        .map(|command| command.object().to_ascii_lowercase());
    let subnet = match dn.map(place) {
        Some(Place::Subnet(name)) => Some(name),
        _ if of(&["siteObject"]).is_some() => name.map(str::to_owned),
        _ => None,
    };
    let place = dn.map(place);
    let mut properties = Vec::new();
    if let Some(subnet) = subnet {
        let place = dn.or(name).map_or(span, at);
        properties.push(text("Name", subnet, place));
        properties.extend(site.map(|site| text("Site", site, at(site))));
        add(reader, "Get-ADReplicationSubnet", &properties, span);
        return;
    }
    let server = matches!(place, Some(Place::Server { .. }))
        || object.as_deref() == Some("server")
        || (object.is_none() && host.is_some() && site.is_some());
    if server && (host.is_some() || place.is_some()) {
        match &place {
            Some(Place::Server { name, site }) => {
                let place = dn.map_or(span, at);
                properties.push(text("Name", name.clone(), place));
                properties.push(text("Site", site.clone(), place));
            }
            _ => properties.extend(site.map(|site| text("Site", site, at(site)))),
        }
        if let Some(host) = host {
            if properties.iter().all(|property| property.name != "Name") {
                let short = host.split('.').next().unwrap_or(host);
                properties.push(text("Name", short, at(host)));
            }
            properties.push(text("HostName", host, at(host)));
        }
        if let Some(catalog) = of(&["isgc"]) {
            let yes = if catalog.eq_ignore_ascii_case("yes") {
                "True"
            } else {
                "False"
            };
            properties.push(text("IsGlobalCatalog", yes, at(catalog)));
        }
        add(reader, "Get-ADDomainController", &properties, span);
        return;
    }
    let why = "a row that does not tell what it is about";
    reader.collector.note(span, LineState::NotModelled, why);
}

/// Names that `dsquery subnet -o rdn` and `dsquery site -o rdn` print.
fn short_name<'a>(reader: &mut Reader<'a>, span: Span, line: &'a str) -> bool {
    let Some(command) = &reader.command else {
        return false;
    };
    if command.program() != "dsquery" || !command.prints_short_names() {
        return false;
    }
    let name = line.trim().trim_matches('"');
    let at = reader.collector.file.span_of(name).unwrap_or(span);
    let mut properties = vec![text("Name", name, at)];
    let site = command.site().map(|site| text("Site", site, at));
    let kind = match command.object().to_ascii_lowercase().as_str() {
        "subnet" => {
            properties.extend(site);
            "Get-ADReplicationSubnet"
        }
        "site" => "Get-ADReplicationSite",
        "server" => {
            properties.extend(site);
            "Get-ADDomainController"
        }
        _ => return false,
    };
    add(reader, kind, &properties, span);
    true
}
