//! `nltest /dclist`, `/dsgetdc` and `/dsgetsite`.
//!
//! The program prints the same English words on every Windows.

use std::net::IpAddr;

use super::Reader;
use crate::formats::LineState;
use crate::formats::dns::is_name;
use crate::formats::exchange::by_line::{cmdlet, text};
use crate::formats::exchange::record::RawProperty;
use crate::source::Span;

/// What has been read of an output.
#[derive(Debug, Default)]
pub struct State<'a> {
    /// The domain whose controllers are listed.
    domain: Option<&'a str>,
    /// The controller that `/dsgetdc` describes, line by line.
    found: Vec<RawProperty<'a>>,
    /// Its lines.
    span: Option<Span>,
}

/// Whether a line is of `nltest` and of nothing else.
pub fn is_telling(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("Get list of DCs in domain")
        || line.starts_with("Dom Guid: ")
        || line.starts_with("Dc Site Name: ")
        || (line.contains("[DS]") && controller(line).is_some())
}

/// `DC1.contoso.com [PDC]  [DS] Site: Tokyo`, `\\DC1 (PDC)`: the name and the site.
fn controller(line: &str) -> Option<(&str, Option<&str>)> {
    let line = line.trim();
    let (head, site) = match line.split_once("Site:") {
        Some((head, site)) => (head, Some(site.trim())),
        None => (line, None),
    };
    let mut words = head.split_whitespace();
    let name = words.next()?;
    let marks = words.clone().count();
    let known = |word: &str| ["[PDC]", "[DS]", "(PDC)", "[RODC]"].contains(&word);
    let bare = name.strip_prefix("\\\\");
    let told = words.all(known) && (marks > 0 || bare.is_some());
    (told && is_name(bare.unwrap_or(name))).then_some((bare.unwrap_or(name), site))
}

/// Reads a line; `false` where it is not of `nltest`.
pub fn line<'a>(reader: &mut Reader<'a>, span: Span, line: &'a str) -> bool {
    let trimmed = line.trim();
    if let Some(rest) = trimmed.strip_prefix("Get list of DCs in domain") {
        let quoted = rest.trim_start();
        let domain = quoted.split(['\'', '"']).nth(1);
        reader.nltest.domain = domain;
        reader.collector.mark(span, LineState::Irrelevant);
        return true;
    }
    let nltest = reader
        .command
        .as_ref()
        .is_some_and(|command| command.program() == "nltest");
    if (nltest || trimmed.contains("[DS]") || reader.nltest.domain.is_some())
        && let Some((name, site)) = controller(trimmed)
    {
        listed(reader, span, name, site);
        return true;
    }
    if described(reader, span, trimmed) {
        return true;
    }
    let asks_site = reader
        .command
        .as_ref()
        .is_some_and(|command| nltest && command.has("/dsgetsite"));
    if asks_site && trimmed.split_whitespace().count() == 1 {
        let at = reader.collector.file.span_of(trimmed).unwrap_or(span);
        let properties = [
            text("Name", trimmed, at),
            text("OfThisComputer", "True", at),
        ];
        if let Some(cmdlet) = cmdlet("Get-ADReplicationSite") {
            reader
                .collector
                .add(cmdlet, &reader.what, &properties, span);
        }
        return true;
    }
    // Messages of `nltest` about itself.
    let message = trimmed.starts_with("You don't have access to DsBind")
        || trimmed.starts_with("Flags: ")
        || trimmed.starts_with("List of ")
        || is_trust(trimmed);
    if message {
        reader.collector.mark(span, LineState::Irrelevant);
    }
    message
}

/// `0: CONTOSO contoso.com (NT 5) (Forest Tree Root)`, of `nltest /domain_trusts`.
fn is_trust(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(number, rest)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && rest.contains(" (NT ")
    })
}

fn listed<'a>(reader: &mut Reader<'a>, span: Span, name: &'a str, site: Option<&'a str>) {
    let at = |word: &str| reader.collector.file.span_of(word).unwrap_or(span);
    let mut properties = vec![text(
        "Name",
        name.split('.').next().unwrap_or(name),
        at(name),
    )];
    if name.contains('.') {
        properties.push(text("HostName", name, at(name)));
    }
    properties.extend(site.map(|site| text("Site", site, at(site))));
    // The domain is the DNS name, or only its NetBIOS name.
    let domain = reader.nltest.domain.filter(|domain| domain.contains('.'));
    properties.extend(domain.map(|domain| text("Domain", domain, at(domain))));
    if let Some(cmdlet) = cmdlet("Get-ADDomainController") {
        reader
            .collector
            .add(cmdlet, &reader.what, &properties, span);
    }
}

/// A line of `nltest /dsgetdc:`, which describes one controller.
fn described<'a>(reader: &mut Reader<'a>, span: Span, line: &'a str) -> bool {
    let Some((key, value)) = line.split_once(": ") else {
        return false;
    };
    let value = value.trim();
    let bare = value.strip_prefix("\\\\").unwrap_or(value);
    let open = !reader.nltest.found.is_empty();
    let at = reader.collector.file.span_of(bare).unwrap_or(span);
    let mut properties = Vec::new();
    match key.trim() {
        "DC" => {
            finish(reader);
            properties.push(text("Name", bare.split('.').next().unwrap_or(bare), at));
            if bare.contains('.') {
                properties.push(text("HostName", bare, at));
            }
        }
        "Address" if open => match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => properties.push(text("IPv4Address", bare, at)),
            Ok(IpAddr::V6(_)) => properties.push(text("IPv6Address", bare, at)),
            Err(_) => {}
        },
        "Dom Name" if open => properties.push(text("Domain", bare, at)),
        "Forest Name" if open => properties.push(text("Forest", bare, at)),
        "Dc Site Name" if open => properties.push(text("Site", bare, at)),
        "Flags" if open => {
            let catalog = value.split_whitespace().any(|flag| flag == "GC");
            let catalog = if catalog { "True" } else { "False" };
            properties.push(text("IsGlobalCatalog", catalog, at));
        }
        "Our Site Name" if open => {
            finish(reader);
            let properties = [text("Name", bare, at), text("OfThisComputer", "True", at)];
            if let Some(cmdlet) = cmdlet("Get-ADReplicationSite") {
                reader
                    .collector
                    .add(cmdlet, &reader.what, &properties, span);
            }
            return true;
        }
        "Dom Guid" if open => {}
        _ => return false,
    }
    let state = &mut reader.nltest;
    state.found.append(&mut properties);
    state.span = Some(state.span.map_or(span, |known| known.to(span)));
    reader.collector.mark(span, LineState::Modelled);
    true
}

/// Delivers the controller that was described.
pub fn finish(reader: &mut Reader<'_>) {
    let properties = std::mem::take(&mut reader.nltest.found);
    let span = reader.nltest.span.take();
    if let (Some(cmdlet), Some(span), false) = (
        cmdlet("Get-ADDomainController"),
        span,
        properties.is_empty(),
    ) {
        reader
            .collector
            .add(cmdlet, &reader.what, &properties, span);
    }
    reader.nltest.domain = None;
}
