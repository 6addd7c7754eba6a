//! Is this a configuration of a Junos device?

use crate::formats::Evidence;
use crate::source::{SourceFile, Span, is_markup};

use super::markup;
use super::tables;
use super::words::{Words, is_edit_banner, is_node_banner, prompt};

/// Lines that are looked at.
const LINES: usize = 4_000;

/// Looks for what only Junos writes, in either syntax, and weighs it against
/// what its look-alikes write.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    if let Some((what, span)) = markup::recognise(file) {
        return Some(Evidence {
            strength: 97,
            what: format!("`{}`", clipped(what)),
            span,
        });
    }
    let head = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let first = head.lines().next().unwrap_or_default().trim_end();
    if is_markup(head) || head.starts_with('{') && !is_node_banner(first) || head.starts_with("[{")
    {
        return None;
    }
    let mut score = 0i32;
    let mut best: Option<(i32, Span, &str)> = None;
    let (mut known, mut strange) = (0usize, 0usize);
    let mut depth = 0i32;
    let mut blocks: Vec<&str> = Vec::new();
    for (span, text) in file.lines().take(LINES) {
        let mut text =
            text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        if let Some(typed) = prompt(text) {
            if typed.typed.contains("display set") || typed.typed.starts_with("show configuration")
            {
                weigh(&mut score, &mut best, 6, span, text);
                known = known.saturating_add(1);
                continue;
            }
            if typed.sure && !typed.typed.is_empty() {
                text = typed.typed;
            }
        }
        if text.is_empty() || is_node_banner(text) {
            continue;
        }
        let weight = signature(text, &blocks);
        if weight < 0 {
            score = score.saturating_add(weight);
            strange = strange.saturating_add(1);
        } else if weight > 0 {
            weigh(&mut score, &mut best, weight, span, text);
            known = known.saturating_add(1);
        } else if text.ends_with([';', '{', '}']) {
            known = known.saturating_add(1);
        } else if !text.starts_with('#') && !text.starts_with("/*") && !is_edit_banner(text) {
            let word = Words { rest: text }.next().unwrap_or_default();
            if depth == 0 && !tables::is_verb(word) {
                strange = strange.saturating_add(1);
            }
        }
        if text.ends_with('{') {
            depth = depth.saturating_add(1);
            if blocks.len() < 64 {
                let name = text.trim_end_matches('{').trim();
                let name = name.rsplit_once(": ").map_or(name, |(_, name)| name);
                blocks.push(name);
            }
        } else if text == "}" {
            depth = depth.saturating_sub(1);
            blocks.pop();
        }
    }
    let (_, span, line) = best?;
    if score < 4 || strange > known.saturating_add(4) {
        return None;
    }
    let strength =
        u8::try_from(score.saturating_mul(4).saturating_add(40).clamp(1, 95)).unwrap_or(95);
    Some(Evidence {
        strength,
        what: format!("`{}`", clipped(line)),
        span,
    })
}

fn weigh<'t>(
    score: &mut i32,
    best: &mut Option<(i32, Span, &'t str)>,
    weight: i32,
    span: Span,
    text: &'t str,
) {
    *score = score.saturating_add(weight);
    if best.is_none_or(|(old, ..)| weight > old) {
        *best = Some((weight, span, text));
    }
}

/// How strongly a line speaks for Junos; below zero, for a look-alike.
fn signature(text: &str, blocks: &[&str]) -> i32 {
    let mut words = Words { rest: text };
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    let release = |word: &str| {
        let word = word.trim_end_matches(';');
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.contains(['R', 'X', 'B', 'I', '.'])
            && word.len() > 3
    };
    match first {
        "##" if second == "Last" && matches!(third, "commit:" | "changed:") => 12,
        "set" | "deactivate" | "delete" | "activate" => match (second, third) {
            ("version", word) if release(word) && !text.ends_with(';') => 6,
            (
                "security",
                "policies"
                | "zones"
                | "nat"
                | "address-book"
                | "ike"
                | "ipsec"
                | "screen"
                | "alg"
                | "flow"
                | "log"
                | "idp"
                | "utm"
                | "forwarding-options"
                | "key-chain"
                | "certificates"
                | "authentication-key-chains",
            ) => 6,
            ("applications", "application" | "application-set") => 6,
            ("firewall", "family" | "filter" | "policer") => 6,
            ("policy-options", _)
            | ("routing-instances", _)
            | ("forwarding-options", _)
            | ("routing-options", _) => 6,
            (
                "chassis" | "class-of-service" | "snmp" | "groups" | "apply-groups"
                | "event-options" | "schedulers",
                _,
            ) => 2,
            (
                "interfaces",
                "ethernet" | "loopback" | "bonding" | "wireguard" | "bridge" | "openvpn" | "pppoe"
                | "tunnel" | "vti" | "dummy",
            ) => -12,
            ("interfaces", _) if text.contains(" unit ") => 6,
            ("interfaces", _) => 1,
            ("protocols", "static") => -6,
            ("protocols", _) => 2,
            ("system", "host-name" | "root-authentication" | "services" | "syslog" | "login") => 2,
            (
                "deviceconfig" | "rulebase" | "shared" | "device-group" | "mgt-config" | "network"
                | "template" | "zone" | "address" | "service" | "address-group" | "policy"
                | "interface" | "vsys" | "vrouter" | "clock" | "ike" | "firewall" | "nat" | "tag"
                | "application" | "route" | "admin" | "ha" | "hostname" | "pppoe" | "ntp"
                | "console" | "auth" | "alg" | "flow" | "vpn" | "url" | "group" | "user",
                _,
            ) => -12,
            _ => 0,
        },
        "version" if release(second) && text.ends_with(';') => 8,
        "config" if matches!(second, "firewall" | "system" | "router" | "vpn") => -12,
        "from-zone" if text.contains(" to-zone ") && text.ends_with('{') => 8,
        "security-zone" if text.ends_with('{') => 6,
        "security" | "policies" | "applications" | "policy-options" | "routing-options"
        | "routing-instances" | "forwarding-options"
            if text.ends_with('{') && second == "{" =>
        {
            3
        }
        "replace:" | "inactive:" if text.ends_with(['{', ';']) => 3,
        "source-address" | "destination-address" | "application"
            if text.ends_with(';') && blocks.last() == Some(&"match") =>
        {
            3
        }
        "host-inbound-traffic" if text.ends_with('{') => 4,
        "family" if matches!(second, "inet" | "inet6") && text.ends_with('{') => 3,
        "host-name" | "root-authentication"
            if text.ends_with([';', '{']) && blocks.last() == Some(&"system") =>
        {
            4
        }
        "term" if text.ends_with('{') && third == "{" => 2,
        "filter" if text.ends_with('{') && third == "{" => 2,
        "encrypted-password" if text.contains("## SECRET-DATA") => 4,
        _ => 0,
    }
}

/// The start of a line, for a message.
fn clipped(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}
