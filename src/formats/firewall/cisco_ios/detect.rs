//! Is this a configuration of IOS, IOS-XE or NX-OS?

use crate::formats::Evidence;
use crate::source::{SourceFile, Span, is_markup};

use super::address::quad;
use super::capture::prompt;
use super::commands::table;
use super::lists::{Numbered, numbered};
use super::rules::clipped;
use super::words::{Words, number};

/// Lines that are looked at.
const LINES: usize = 4_000;

/// What a file says about its platform.
#[derive(Debug, Default)]
struct Signs {
    /// For the family.
    family: i32,
    /// For IOS rather than NX-OS.
    ios: i32,
    /// For NX-OS rather than IOS.
    nxos: i32,
    /// Lines that neither knows.
    strange: usize,
    /// Lines that the family knows.
    known: usize,
    best: Option<(i32, Span, String)>,
}

/// IOS and IOS-XE.
pub fn ios(file: &SourceFile) -> Option<Evidence> {
    let signs = signs(file)?;
    (signs.ios >= signs.nxos).then(|| evidence(signs)).flatten()
}

/// NX-OS.
pub fn nxos(file: &SourceFile) -> Option<Evidence> {
    let signs = signs(file)?;
    (signs.nxos > signs.ios).then(|| evidence(signs)).flatten()
}

fn evidence(signs: Signs) -> Option<Evidence> {
    let output = signs.strange < 10_000
        && signs
            .best
            .as_ref()
            .is_some_and(|(_, _, what)| what.starts_with("Zone-pair:"));
    if signs.family < 4 || (signs.strange > signs.known.saturating_add(8) && !output) {
        return None;
    }
    let (_, span, what) = signs.best?;
    let strength = signs
        .family
        .saturating_mul(3)
        .saturating_add(45)
        .clamp(1, 95);
    Some(Evidence {
        strength: u8::try_from(strength).unwrap_or(95),
        what: format!("`{what}`"),
        span,
    })
}

/// Weighs the lines of a file. `None` when it is surely something else.
fn signs(file: &SourceFile) -> Option<Signs> {
    let head = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if head.starts_with(['{', '[']) || !any_signature(file) || is_markup(head) {
        return None;
    }
    let mut signs = Signs::default();
    let mut banner: Option<char> = None;
    for (span, text) in file.lines().take(LINES) {
        // What a banner says decides nothing.
        if let Some(end) = banner {
            if text.contains(end) {
                banner = None;
            }
            continue;
        }
        if let Some(rest) = text.strip_prefix("banner ") {
            let body = rest.split_once(' ').map_or("", |(_, body)| body);
            banner = body
                .chars()
                .next()
                .filter(|end| !body.get(end.len_utf8()..).is_some_and(|b| b.contains(*end)));
        }
        let typed = prompt(text).map(|prompt| prompt.typed);
        let line = typed.unwrap_or(text).trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with(['!', '%', '^']) {
            comment(line, span, &mut signs);
            continue;
        }
        if line.starts_with("=") && line.ends_with("=") && line.len() > 1 {
            // Sections of a test suite that quotes configurations.
            signs.strange = signs.strange.saturating_add(50);
            continue;
        }
        if foreign(line) {
            return None;
        }
        let (family, nexus) = signature(line);
        if family > 0 {
            signs.family = signs.family.saturating_add(family);
            if nexus > 0 {
                signs.nxos = signs.nxos.saturating_add(nexus);
            } else {
                signs.ios = signs.ios.saturating_sub(nexus);
            }
            if signs.best.as_ref().is_none_or(|(best, ..)| family > *best) {
                signs.best = Some((family, span, clipped(line)));
            }
        }
        let word = Words::new(line).next().unwrap_or_default();
        if family > 0 || table().starts_any_line(word) || number::<u32>(word).is_some() {
            signs.known = signs.known.saturating_add(1);
        } else {
            signs.strange = signs.strange.saturating_add(1);
        }
    }
    Some(signs)
}

/// Whether any line speaks for the family: most files have none, and need not
/// be looked at word by word.
fn any_signature(file: &SourceFile) -> bool {
    file.lines().take(LINES).any(|(_, text)| {
        let line = prompt(text).map_or(text, |prompt| prompt.typed).trim();
        line.starts_with('!') || signature(line).0 > 0
    })
}

fn comment(line: &str, span: Span, signs: &mut Signs) {
    let nexus = line.starts_with("!Command:")
        || line.starts_with("!Running configuration last done")
        || line.contains("RANCID-CONTENT-TYPE: cisco-nx")
        || line.contains("Cisco Nexus Operating System");
    let ios = line.starts_with("! Last configuration change at")
        || line.starts_with("! NVRAM config last updated")
        || line.contains("RANCID-CONTENT-TYPE: cisco")
        || line.contains("Cisco IOS Software");
    if nexus || ios {
        signs.family = signs.family.saturating_add(8);
        if nexus {
            signs.nxos = signs.nxos.saturating_add(20);
        } else {
            signs.ios = signs.ios.saturating_add(8);
        }
        signs.best = Some((30, span, clipped(line)));
    }
    let other = line.contains("IOS XR Configuration")
        || line.contains("EOS-")
        || line.contains("device: ")
        || line.contains("RANCID-CONTENT-TYPE: arista")
        || line.contains("RANCID-CONTENT-TYPE: foundry")
        || line.contains("Compiled for pix")
        || line.contains("Compiled for fwsm")
        || line.contains("Compiled for procurve");
    if other {
        signs.strange = signs.strange.saturating_add(10_000);
    }
}

/// How strongly a line speaks for the family, and for which member: positive
/// for NX-OS, negative for IOS.
fn signature(line: &str) -> (i32, i32) {
    let mut words = Words::new(line);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    match first {
        "Building" if line.starts_with("Building configuration") => (6, 0),
        "Current" if second == "configuration" => (8, -4),
        "version" if second.starts_with(|c: char| c.is_ascii_digit()) => {
            if second.contains('(') {
                (4, 10)
            } else {
                (4, -4)
            }
        }
        "ip" => match second {
            "access-list" if matches!(third, "extended" | "standard") => (5, -4),
            "access-list" if !third.is_empty() && words.is_empty() => (4, 3),
            "access-group" if !third.is_empty() => (4, 0),
            "nat" if matches!(third, "inside" | "outside" | "pool") => (5, -2),
            "inspect" if third == "name" => (5, -4),
            "cef" | "classless" | "subnet-zero" | "forward-protocol" => (2, -2),
            "route" => (1, 0),
            "helper-address" | "virtual-reassembly" => (1, -1),
            _ => (0, 0),
        },
        "ipv6" if second == "access-list" && !third.is_empty() => (3, 0),
        "ipv6" if second == "traffic-filter" => (4, 0),
        "access-list" => numbered_signature(second, third, words),
        "Standard" | "Extended" | "Reflexive" if second == "IP" && third == "access" => (8, -6),
        "IPv6" if second == "access" && third == "list" => (5, 0),
        "IP" if second == "access" && third == "list" => (6, 6),
        "IPV4" | "IPV6" | "MAC" if second == "ACL" => (6, 8),
        "Network" | "Service" if second == "object" && third == "group" => (5, -4),
        "V6-Network" | "V6-Service" if second == "object" => (5, -4),
        "object-group" if second == "ip" && matches!(third, "address" | "port") => (5, 2),
        "object-group" if matches!(second, "network" | "service") => (1, -1),
        "zone-pair" | "zone" if second == "security" => (6, -6),
        "Zone-pair:" => (6, -4),
        "Total" if second == "ACEs" => (1, 2),
        "Configured" | "Active" if second == "on" && third == "interfaces:" => (1, 2),
        "no" if second == "feature" => (3, 6),
        _ if line.ends_with("(Router ACL)") || line.ends_with(" - ingress") => (1, 1),
        "Service-policy" if second == "inspect" => (3, -2),
        "Role-based" | "FQDN" if second == "IP" && third == "access" => (8, -6),
        "IPv6" if second == "FQDN" => (8, -6),
        "policy" if second == "exists" && third == "on" => (6, -4),
        "policy-map" if second == "type" && third == "inspect" => (4, -4),
        "class-map" if second == "type" && third == "inspect" && line.contains(" match-a") => {
            (4, -4)
        }
        "line" if matches!(second, "vty" | "con" | "aux" | "console") => {
            (3, if second == "console" { 2 } else { -1 })
        }
        "service" if matches!(second, "timestamps" | "password-encryption") => (4, -3),
        "boot-start-marker" | "boot-end-marker" => (4, -4),
        "interface" => interface_signature(second),
        "feature" if !second.is_empty() && !second.contains(['=', ':']) => (3, 6),
        "vdc" if third == "id" => (5, 10),
        "vrf" if second == "context" => (3, 6),
        "vrf" if second == "member" => (2, 4),
        "encapsulation" if matches!(second, "dot1Q" | "dot1q" | "frame-relay") => (2, -1),
        "zone-member" if second == "security" => (5, -4),
        "router" if matches!(second, "ospf" | "eigrp" | "bgp" | "rip") => (1, 0),
        "permit" | "deny" => entry_signature(line, second),
        _ if number::<u32>(first).is_some() && matches!(second, "permit" | "deny") => {
            (2, i32::from(line.contains('/')))
        }
        "show" if line.contains("access-list") => (2, 0),
        _ => (0, 0),
    }
}

fn interface_signature(name: &str) -> (i32, i32) {
    const KINDS: [&str; 14] = [
        "GigabitEthernet",
        "FastEthernet",
        "TenGigabitEthernet",
        "Ethernet",
        "Vlan",
        "Serial",
        "Loopback",
        "Tunnel",
        "Dialer",
        "Port-channel",
        "BVI",
        "ATM",
        "mgmt",
        "FastEther",
    ];
    let kind = name.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
    if KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        (1, if kind == "mgmt" { 4 } else { 0 })
    } else {
        (0, 0)
    }
}

/// `access-list 101 permit ip 10.0.0.0 0.255.255.255 any`.
fn numbered_signature(second: &str, third: &str, mut words: Words<'_>) -> (i32, i32) {
    let Some(number) = number::<u32>(second) else {
        return (0, 0);
    };
    if !matches!(third, "permit" | "deny" | "remark" | "dynamic") {
        return (0, 0);
    }
    let wildcard = |word: &str| word.starts_with("0.") && quad(word).is_some_and(|mask| mask > 0);
    let netmask = |word: &str| word.starts_with("255.") && word != "255.255.255.255";
    let (mut good, mut bad) = (false, false);
    let first = words.peek().unwrap_or_default();
    while let Some(word) = words.next() {
        good |= wildcard(word);
        bad |= netmask(word);
    }
    let standard = numbered(number) == Numbered::Standard
        && (quad(first).is_some() || matches!(first, "any" | "host"));
    match (good, bad) {
        (true, _) => (4, -3),
        (false, true) => (0, 0),
        (false, false) if standard => (4, -3),
        (false, false) if third == "remark" => (0, 0),
        (false, false) => (1, -1),
    }
}

/// An entry of a named list.
fn entry_signature(line: &str, second: &str) -> (i32, i32) {
    let protocol = matches!(
        second,
        "ip" | "tcp" | "udp" | "icmp" | "esp" | "gre" | "ospf" | "object-group"
    );
    if !protocol {
        return (0, 0);
    }
    let wildcard = line
        .split(' ')
        .any(|word| word.starts_with("0.") && quad(word).is_some());
    (1, if wildcard { -1 } else { 0 })
}

/// Lines that none of the family writes.
fn foreign(line: &str) -> bool {
    let mut words = Words::new(line);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    match first {
        "ASA" | "PIX" | "FWSM" | "NGFW" => {
            second == "Version" && third.starts_with(|c: char| c.is_ascii_digit())
        }
        "nameif" | "security-level" => !second.is_empty() && third.is_empty(),
        "access-list" => {
            matches!(
                third,
                "extended" | "standard" | "ethertype" | "webtype" | "line" | "advanced"
            )
        }
        "access-group" => line.contains(" interface ") || third == "global",
        "same-security-traffic" | "fixup" | "conduit" | "asdm" | "pdm" => !second.is_empty(),
        "set" => matches!(
            second,
            "system" | "security" | "interfaces" | "firewall" | "deviceconfig" | "policy-options"
        ),
        "config" => second == "system" || second == "firewall",
        "ipv4" => second == "access-list" || second == "address",
        "daemon" => second == "TerminAttr",
        "transceiver" => second == "qsfp",
        "frr" | "ip-address" | "zebra" => second == "version",
        "hostname-prefix" | "mlag" => true,
        _ => line.starts_with("#!") || line.starts_with("*filter") || line.starts_with(":INPUT"),
    }
}
