//! Rules of IPsec and their records.

use std::net::Ipv4Addr;

use super::word;
use crate::formats::windows_host::ipconfig::prefix_of;
use crate::formats::windows_host::objects::Object;
use crate::source::Span;

/// A text and its place.
pub type Placed<'f> = (&'f str, Span);

/// Which packets a rule is for.
#[derive(Clone, Default)]
pub struct Filter<'f> {
    pub source: Option<Placed<'f>>,
    pub source_mask: Option<Placed<'f>>,
    pub destination: Option<Placed<'f>>,
    pub destination_mask: Option<Placed<'f>>,
    pub protocol: Option<Placed<'f>>,
    pub source_port: Option<Placed<'f>>,
    pub destination_port: Option<Placed<'f>>,
    pub mirrored: Option<Placed<'f>>,
}

/// What is done with packets.
#[derive(Clone, Default)]
pub struct Action<'f> {
    pub action: Option<Placed<'f>>,
    pub fallback: bool,
    pub passthrough: bool,
    /// Security methods, each with whether it encrypts.
    pub methods: Vec<(bool, Span)>,
}

/// A rule of a policy: it ties a list of filters to an action.
#[derive(Clone, Default)]
pub struct Rule<'f> {
    pub name: Option<Placed<'f>>,
    pub policy: Option<Placed<'f>>,
    pub assigned: Option<Placed<'f>>,
    pub activated: Option<Placed<'f>>,
    pub list: Option<&'f str>,
    pub action: Option<&'f str>,
}

/// The record of one filter of a rule.
pub fn object<'f>(rule: &Rule<'f>, action: Option<&Action<'f>>, filter: &Filter<'f>) -> Object<'f> {
    let start = filter.source.or(filter.destination).or(rule.policy);
    let span = start.map_or(Span::of(crate::source::FileId(0), 0..0), |(_, span)| span);
    let mut object = Object::new("Get-NetIPsecRule", span);
    let own = rule
        .name
        .filter(|(name, _)| !name.eq_ignore_ascii_case("none"));
    if let Some((name, at)) = own {
        object.shared_text("DisplayName", name, at);
    } else if let Some(list) = rule.list {
        object.text("DisplayName", list, span);
    }
    let flag = |object: &mut Object<'f>, name, placed: Option<Placed<'f>>| {
        let known = placed.and_then(|(text, at)| Some((word(text)?, at)));
        match known {
            Some(("yes", at)) => object.shared_text(name, "True", at),
            Some(("no", at)) => object.shared_text(name, "False", at),
            _ => {}
        }
    };
    if let Some((name, at)) = rule.policy {
        object.shared_text("PolicyName", name, at);
    }
    flag(&mut object, "PolicyAssigned", rule.assigned);
    flag(&mut object, "Enabled", rule.activated);
    flag(&mut object, "Mirrored", filter.mirrored);
    // The side that is this machine is the local one.
    let to_me = filter
        .destination
        .is_some_and(|(text, _)| word(text) == Some("me"));
    let source = (filter.source, filter.source_mask, filter.source_port);
    let destination = (
        filter.destination,
        filter.destination_mask,
        filter.destination_port,
    );
    let (local, remote) = if to_me {
        (destination, source)
    } else {
        (source, destination)
    };
    let sides = [
        (local, "LocalAddress", "LocalPort"),
        (remote, "RemoteAddress", "RemotePort"),
    ];
    for ((ip, mask, port), address_name, port_name) in sides {
        if let Some((text, at)) = ip {
            object.text(address_name, address(text, mask.map(|(mask, _)| mask)), at);
        }
        if let Some((text, at)) = port {
            let any = word(text) == Some("any");
            object.text(port_name, if any { "Any" } else { text }, at);
        }
    }
    if let Some((text, at)) = filter.protocol {
        let any = word(text) == Some("any");
        object.text("Protocol", if any { "Any" } else { text }, at);
    }
    if let Some((known, at)) = action.and_then(|a| a.action) {
        of_action(&mut object, action, word(known), at);
    }
    object
}

fn of_action<'f>(
    object: &mut Object<'f>,
    action: Option<&Action<'f>>,
    known: Option<&'static str>,
    at: Span,
) {
    let Some(action) = action else { return };
    match known {
        Some("permit") => {
            object.shared_text("Action", "Permit", at);
            object.shared_text("Encryption", "None", at);
        }
        Some("block") => object.shared_text("Action", "Block", at),
        Some("negotiate") => {
            object.shared_text("Action", "Negotiate", at);
            let inbound = if action.passthrough || action.fallback {
                "Request"
            } else {
                "Require"
            };
            object.shared_text("InboundSecurity", inbound, at);
            let outbound = if action.fallback {
                "Request"
            } else {
                "Require"
            };
            object.shared_text("OutboundSecurity", outbound, at);
            let encrypting = action.methods.iter().filter(|(encrypts, _)| *encrypts);
            let all = encrypting.clone().count() == action.methods.len();
            let Some((_, at)) = action.methods.first() else {
                return;
            };
            let encryption = if encrypting.clone().next().is_none() {
                "None"
            } else if all && !action.fallback && !action.passthrough {
                "Required"
            } else {
                "Offered"
            };
            object.shared_text("Encryption", encryption, *at);
        }
        _ => {}
    }
}

/// `Any`, `Me`, `10.1.0.0/24`.
fn address(text: &str, mask: Option<&str>) -> String {
    match word(text) {
        Some("any") => return "Any".to_owned(),
        Some("me") => return "Me".to_owned(),
        _ => {}
    }
    let prefix = mask
        .and_then(|mask| mask.parse::<Ipv4Addr>().ok())
        .and_then(prefix_of);
    match prefix.filter(|prefix| *prefix < 32) {
        Some(prefix) => format!("{text}/{prefix}"),
        None => text.to_owned(),
    }
}
