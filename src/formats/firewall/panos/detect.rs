//! Is this a configuration of PAN-OS?

use crate::formats::Evidence;
use crate::source::{SourceFile, Span, head, is_markup};

use super::markup;
use super::running_policy;
use super::words::{Words, prompt};

/// Lines that are looked at.
const LINES: usize = 4_000;
/// How much of an XML or JSON file is looked at.
const HEAD: usize = 200_000;

/// What a configuration of PAN-OS has near its start, and nothing else has.
const OWN: &[&str] = &[
    "<mgt-config",
    "<deviceconfig",
    "<phash>",
    "<rulebase>",
    "<pre-rulebase>",
    "<device-group>",
    "<template-stack>",
    "urldb=",
    "localhost.localdomain",
];
/// What it has and others may have.
const COMMON: &[&str] = &[
    "<entry name=",
    "<member>",
    "<vsys>",
    "<shared>",
    "<devices>",
];

/// Looks for what only PAN-OS writes, in any of its forms.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text();
    let head = head(text, HEAD);
    if markup::starts(text).is_some() {
        let count = |marks: &[&str]| marks.iter().filter(|mark| head.contains(**mark)).count();
        let at = head.find("<config").or_else(|| head.find("<response"))?;
        if head.lines().any(running_policy::is_mark) {
            return evidence(file, at, 90);
        }
        let sure = count(OWN) > 0 && count(COMMON) > 0 || count(OWN) > 1;
        let strength = match (sure, count(COMMON)) {
            (true, _) => 97,
            (false, 3..) => 60,
            _ => return None,
        };
        return evidence(file, at, strength);
    }
    let body = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if body.starts_with('{') && !body.starts_with("{%") && !body.starts_with("{#") {
        let marks = [
            "\"mgt-config\"",
            "\"deviceconfig\"",
            "\"vsys\"",
            "\"device-group\"",
            "\"rulebase\"",
        ];
        let seen = marks.iter().filter(|mark| head.contains(**mark)).count();
        let at = head.find("\"config\"")?;
        return (seen > 0).then(|| evidence(file, at, 90)).flatten();
    }
    if is_markup(text) {
        return None;
    }
    lines(file)
}

fn evidence(file: &SourceFile, at: usize, strength: u8) -> Option<Evidence> {
    let line = file.line(file.line_of(u32::try_from(at).ok()?))?.trim();
    Some(Evidence {
        strength,
        what: format!("`{}`", line.chars().take(60).collect::<String>()),
        span: file.span_of(line)?,
    })
}

/// `set` commands and curly braces.
fn lines(file: &SourceFile) -> Option<Evidence> {
    let (mut score, mut strange) = (0i32, 0i32);
    let mut best: Option<(i32, Span, &str)> = None;
    let mut blocks: Vec<&str> = Vec::new();
    for (span, line) in file.lines().take(LINES) {
        let line = line.trim();
        let line = prompt(line).map_or(line, |prompt| prompt.typed);
        let weight = if let Some(rest) = line.strip_prefix("set ") {
            command(rest)
        } else if running_policy::is_mark(line) {
            6
        } else if let Some(name) = line.strip_suffix('{') {
            let name = name.trim();
            let weight = block(&blocks, name);
            if blocks.len() < 64 {
                blocks.push(name);
            }
            weight
        } else {
            if line == "}" {
                blocks.pop();
            }
            0
        };
        if weight < 0 {
            strange = strange.saturating_sub(weight);
        } else {
            score = score.saturating_add(weight);
        }
        if weight > best.map_or(0, |(held, ..)| held) {
            best = Some((weight, span, line));
        }
    }
    let (_, span, line) = best?;
    if score < 3 || strange.saturating_mul(2) > score {
        return None;
    }
    let strength = (score.saturating_mul(2).saturating_add(70)).min(96);
    Some(Evidence {
        strength: u8::try_from(strength).unwrap_or(96),
        what: format!("`{}`", line.chars().take(60).collect::<String>()),
        span,
    })
}

/// How much the words behind `set` say for PAN-OS (or, below 0, against it).
fn command(rest: &str) -> i32 {
    let mut words = Words { rest };
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    if first == "service" && rest.contains(" src-port ") {
        // ScreenOS.
        return -4;
    }
    match (first, second, third) {
        ("deviceconfig", "system" | "setting" | "high-availability", _)
        | ("mgt-config", "users" | "password-complexity" | "devices", _)
        | ("rulebase" | "pre-rulebase" | "post-rulebase", _, "rules")
        | ("rulebase", "default-security-rules", _)
        | (
            "network",
            "interface",
            "ethernet" | "aggregate-ethernet" | "loopback" | "tunnel" | "vlan",
        )
        | ("network", "virtual-router" | "logical-router" | "profiles", _)
        | ("device-group", _, "devices" | "pre-rulebase" | "post-rulebase" | "address")
        | ("template", _, "config")
        | ("template-stack", _, "templates" | "devices" | "config")
        | ("vsys", _, "rulebase" | "zone" | "import" | "address")
        | ("policy", "panorama", _) => 6,
        ("address", _, "ip-netmask" | "ip-range" | "fqdn" | "ip-wildcard")
        | ("address-group", _, "static" | "dynamic")
        | ("service", _, "protocol")
        | ("zone", _, "network")
        | ("vsys", _, _)
        | ("cli", "config-output-format", _)
        | (
            "shared",
            "address" | "service" | "log-settings" | "pre-rulebase" | "post-rulebase",
            _,
        ) => 3,
        (
            "tag" | "profiles" | "profile-group" | "log-settings" | "application-group" | "shared",
            _,
            _,
        ) => 1,
        // ScreenOS.
        (
            "clock" | "vrouter" | "auth-server" | "admin" | "interface" | "flow" | "pki" | "ike"
            | "url",
            _,
            _,
        )
        | ("policy", "id", _)
        | ("zone", _, "vrouter" | "tcp-rst" | "block" | "screen") => -4,
        // Junos.
        (
            "system" | "interfaces" | "security" | "routing-options" | "firewall"
            | "policy-options" | "protocols" | "version" | "groups" | "applications",
            _,
            _,
        ) => -4,
        _ => 0,
    }
}

/// How much a block says.
fn block(blocks: &[&str], name: &str) -> i32 {
    match (blocks, name) {
        ([], "mgt-config" | "deviceconfig") => 6,
        (["config"], "devices" | "mgt-config" | "shared") | (["policy"], "panorama") => 6,
        ([.., "rulebase" | "pre-rulebase" | "post-rulebase"], "security" | "nat") => 6,
        ([.., "deviceconfig"], "system" | "setting") => 6,
        ([], "rulebase" | "vsys" | "device-group" | "template") => 3,
        ([], "system" | "interfaces" | "security" | "firewall" | "routing-options") => -4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use crate::source::{FileId, SourceFile};

    fn strength(text: &str) -> Option<u8> {
        let file = SourceFile::from_text(FileId(0), "x", text);
        detect(&file).map(|evidence| evidence.strength)
    }

    #[test]
    fn commands_of_other_systems_are_not_taken() {
        for text in [
            "set version 20.4R3\nset system host-name srx1\nset security zones security-zone a\n",
            "set clock timezone 0\nset zone \"Trust\" vrouter \"trust-vr\"\nset service \"x\" protocol tcp src-port 0-65535 dst-port 25-25\n",
            "set firewall name WAN default-action drop\nset interfaces ethernet eth0 address dhcp\n",
            "<config><item>1</item></config>\n",
            "<?xml version=\"1.0\"?>\n<pfsense><version>21</version></pfsense>\n",
            "{ \"configuration\": { \"security\": {} } }\n",
            "{ \"config\": { \"port\": 25 } }\n",
        ] {
            assert_eq!(strength(text), None, "{text}");
        }
    }

    #[test]
    fn a_few_commands_are_enough() {
        for text in [
            "set rulebase security rules a from any\n",
            "set deviceconfig system hostname pa1\n",
            "set device-group g pre-rulebase security rules a action allow\n",
            "admin@pa1# set address a ip-netmask 192.0.2.1\n",
            "<h1>Edge</h1>\n\n```\nset rulebase security rules a from any\n```\n",
        ] {
            assert!(strength(text).is_some(), "{text}");
        }
    }
}
