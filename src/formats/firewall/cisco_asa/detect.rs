//! Is this a configuration of an ASA, PIX or FWSM?

use crate::formats::Evidence;
use crate::source::{SourceFile, is_markup};

use super::commands;
use super::lex::prompt;
use super::words::{Words, interface_pair, ipv4, parenthesised};

/// Lines that are looked at.
const LINES: usize = 4_000;

/// Looks for a version line, else for commands that only this family has.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let head = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if head.starts_with(['{', '[']) || is_markup(head) && !head.starts_with("<---") {
        return None;
    }
    let mut known: usize = 0;
    let mut strange: usize = 0;
    let mut score: i32 = 0;
    let mut best: Option<(i32, crate::source::Span, &str)> = None;
    for (span, text) in file.lines().take(LINES) {
        let text = prompt(text).map_or(text, |prompt| prompt.typed);
        if let Some(product) = version_line(text)
            && strange <= known.saturating_add(20)
        {
            return Some(Evidence {
                strength: 98,
                what: format!("`{}`", clipped(product)),
                span,
            });
        }
        let trimmed = text.trim();
        let Some(word) = Words::new(trimmed).next() else {
            continue;
        };
        if trimmed.starts_with(['!', ':']) {
            continue;
        }
        if trimmed.starts_with('=') && trimmed.ends_with('=') {
            // Sections of a test suite that quotes configurations.
            strange = strange.saturating_add(50);
            continue;
        }
        let against = foreign(trimmed);
        if against > 0 {
            score = score.saturating_sub(against);
            strange = strange.saturating_add(2);
            continue;
        }
        let weight = signature(trimmed);
        if weight > 0 {
            score = score.saturating_add(weight);
            if best.is_none_or(|(old, ..)| weight > old) {
                best = Some((weight, span, trimmed));
            }
        }
        if weight > 0 || commands::is_top_level(word) || commands::starts_any_line(word) {
            known = known.saturating_add(1);
        } else if !looks_encoded(trimmed) {
            strange = strange.saturating_add(1);
        }
    }
    let (_, span, line) = best?;
    if score < 4 || strange > known {
        return None;
    }
    let strength =
        u8::try_from(score.saturating_mul(4).saturating_add(40).clamp(1, 90)).unwrap_or(90);
    Some(Evidence {
        strength,
        what: format!("`{}`", clipped(line)),
        span,
    })
}

/// `ASA Version 9.8(2)`, `PIX Version 6.3(5)`, `FWSM Version 4.1(4) <context>`,
/// `NGFW Version 6.2.3` (the packet filter of Firepower Threat Defense), and
/// the first line of `show version`.
pub fn version_line(text: &str) -> Option<&str> {
    // Some tools put the line behind a colon, as the lines around it are.
    let text = text.trim_start_matches([':', ' ', '\t']).trim_end();
    let rest = [
        "ASA Version ",
        "PIX Version ",
        "FWSM Version ",
        "NGFW Version ",
    ]
    .iter()
    .find_map(|product| text.strip_prefix(product))?;
    rest.starts_with(|c: char| c.is_ascii_digit())
        .then_some(text)
}

/// How strongly a line speaks for the family.
fn signature(line: &str) -> i32 {
    let mut words = Words::new(line);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    match first {
        "access-list" => {
            let entry = matches!(
                third,
                "extended" | "standard" | "ethertype" | "webtype" | "advanced"
            );
            let shown = third == "line" || (second.ends_with(';') && line.contains(" element"));
            let masked = matches!(third, "permit" | "deny")
                && line.split(' ').any(|w| w.starts_with("255."));
            if entry || shown {
                5
            } else if masked {
                2
            } else {
                0
            }
        }
        "access-group" if matches!(third, "in" | "out") && line.contains(" interface ") => 5,
        "access-group" if third == "global" => 5,
        "object-group" if matches!(second, "network" | "service" | "protocol" | "icmp-type") => 1,
        "network-object" | "service-object" | "port-object" | "protocol-object" | "icmp-object" => {
            3
        }
        "object" if matches!(second, "network" | "service") => 4,
        "nat" if interface_pair(second).is_some() || parenthesised(second).is_some() => 5,
        "nat-control"
        | "nameif"
        | "security-level"
        | "same-security-traffic"
        | "fixup"
        | "conduit" => 5,
        "global" if parenthesised(second).is_some() => 5,
        "static" if interface_pair(second).is_some() => 5,
        "route" if ipv4(third).is_some() => 2,
        "name" if ipv4(second).is_some() && !third.is_empty() => 2,
        "tunnel-group" | "group-policy" | "asdm" | "pdm" | "sysopt" => 4,
        "crypto" if matches!((second, third), ("map", _) | ("ikev1" | "ikev2", "policy")) => 2,
        "crypto" if second == "ipsec" && matches!(third, "ikev1" | "ikev2") => 4,
        "ipv6" if second == "access-list" && line.contains(" permit ") => 2,
        "translate_hits" => 2,
        _ if second.starts_with('(') && third == "to" && line.contains(" source ") => 2,
        "Manual" | "Auto" if line.contains("NAT Policies (Section") => 5,
        _ => 0,
    }
}

/// How strongly a line speaks for a look-alike: IOS, NX-OS, EOS and others.
fn foreign(line: &str) -> i32 {
    const NEVER: i32 = 60;
    let mut words = Words::new(line);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    match first {
        "version" if second.starts_with(|c: char| c.is_ascii_digit()) => NEVER,
        "Current" if second == "configuration" => NEVER,
        "line" if matches!(second, "vty" | "con" | "aux" | "console") => NEVER,
        "feature" | "vdc" | "vrf" | "control-plane" | "spanning-tree" | "zone-pair" => NEVER,
        "ip" if matches!(
            second,
            "access-list" | "cef" | "classless" | "subnet-zero" | "nat" | "inspect"
        ) =>
        {
            NEVER
        }
        "ip" if matches!(second, "access-group" | "route") => 4,
        "ipv6" if second == "access-list" && matches!(third, "extended" | "standard" | "") => 5,
        "class-map" if third == "inspect" && line.contains(" match-a") => 10,
        "match" if second == "access-group" => 5,
        // A standard list of IOS has no mask or an inverted one.
        "access-list" if is_inverted(line) => 10,
        "access-list" if matches!(third, "permit" | "deny") => {
            let address = words.next().unwrap_or_default();
            let bare = ipv4(address).is_some() || (address == "any" && words.is_empty());
            if bare { 10 } else { 0 }
        }
        _ if ipv4(first).is_some() && ipv4(second).is_some() => 5,
        _ => 0,
    }
}

/// Whether a line has an inverted mask (`0.0.0.255`).
fn is_inverted(line: &str) -> bool {
    line.split(' ').any(|word| {
        word.starts_with("0.")
            && ipv4(word).is_some_and(|mask| mask > 0 && super::words::mask_length(!mask).is_some())
    })
}

/// Certificates and other blocks of data say nothing about the format.
fn looks_encoded(line: &str) -> bool {
    line.bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b' ')
}

/// The start of a line, for a message.
fn clipped(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}
