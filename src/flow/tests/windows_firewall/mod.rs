//! Windows Firewall: whole files in every form, and what they mean.

mod elsewhere;
mod forms;
mod hostile;
mod languages;
mod legacy;
mod meaning;
mod profile_records;
mod profiles;

use crate::flow::{ConnectionState, Context, Cube, Engine, Packet, PacketSet, PartVerdict};
use crate::formats::Content;
use crate::formats::firewall::windows_firewall::{FORMAT, assemble};
use crate::model::firewall::{FilterId, Firewall};
use crate::model::net::Protocol;
use crate::source::{FileId, SourceFile};

/// The firewall of files in one folder.
pub fn firewall(files: &[(&str, &str)]) -> Firewall {
    let mut parts = Vec::new();
    for (number, (name, text)) in (0u32..).zip(files) {
        let file = SourceFile::from_text(FileId(number), name, *text);
        assert!((FORMAT.detect)(&file).is_some(), "{name} is not recognised");
        for content in (FORMAT.parse)(&file).content {
            match content {
                Content::HostFirewall(part) => parts.push((FileId(number), *part)),
                // Profiles are records, too.
                Content::Exchange(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let mut all = assemble(parts, |_| "exports".to_owned(), |_, _, _| None);
    assert_eq!(all.len(), 1, "one host");
    all.remove(0).1
}

/// What the rules of a direction do with a new connection: `P`, `D` or `I`.
pub fn ask(
    firewall: &Firewall,
    filter: &str,
    from: &str,
    to: &str,
    protocol: u8,
    port: u16,
) -> char {
    let id = self::filter(firewall, filter).unwrap_or_else(|| panic!("no filter {filter}"));
    let engine = Engine::new(firewall, "2013-06-03", &[]);
    let packet = Packet {
        source: from.parse().unwrap(),
        destination: to.parse().unwrap(),
        protocol: Protocol(protocol),
        source_port: if matches!(protocol, 6 | 17) {
            40_000
        } else {
            0
        },
        destination_port: port,
    };
    let context = Context {
        state: ConnectionState::New,
        ..Context::default()
    };
    let parts = engine.evaluate_filter(id, &PacketSet::from(Cube::of(&packet)), &context);
    match parts.first().map(|part| part.outcome.verdict) {
        Some(PartVerdict::Permit) => 'P',
        Some(PartVerdict::Deny) => 'D',
        Some(PartVerdict::Inconclusive) => 'I',
        None => '?',
    }
}

/// The filter of a name.
pub fn filter(firewall: &Firewall, name: &str) -> Option<FilterId> {
    let at = firewall
        .filters
        .iter()
        .position(|known| known.name == name)?;
    u32::try_from(at).ok().map(FilterId)
}

/// TCP to the host.
pub fn tcp(firewall: &Firewall, from: &str, port: u16) -> char {
    ask(firewall, "inbound", from, "10.1.0.11", 6, port)
}

/// Why a firewall does not know something.
pub fn reasons(firewall: &Firewall) -> Vec<&str> {
    firewall
        .not_modelled
        .iter()
        .map(|known| known.reason.as_str())
        .collect()
}

/// A rule of netsh in English, verbose; each line of `more` replaces the line
/// with its label.
pub fn netsh_rule(name: &str, more: &[(&str, &str)]) -> String {
    let defaults = [
        ("Enabled", "Yes"),
        ("Direction", "In"),
        ("Profiles", "Domain,Private,Public"),
        ("Grouping", ""),
        ("LocalIP", "Any"),
        ("RemoteIP", "Any"),
        ("Protocol", "TCP"),
        ("LocalPort", "25"),
        ("RemotePort", "Any"),
        ("Edge traversal", "No"),
        ("InterfaceTypes", "Any"),
        ("Security", "NotRequired"),
        ("Rule source", "Local Setting"),
        ("Action", "Allow"),
    ];
    let mut text = format!(
        "\r\nRule Name:                            {name}\r\n{}\r\n",
        "-".repeat(70)
    );
    for (label, value) in defaults {
        let value = more
            .iter()
            .find(|(known, _)| *known == label)
            .map_or(value, |(_, value)| *value);
        text += &format!("{:<38}{value}\r\n", format!("{label}:"));
        if label == "RemotePort" {
            for (label, value) in more.iter().filter(|(known, _)| known.starts_with('+')) {
                text += &format!("{:<38}{value}\r\n", format!("{}:", &label[1..]));
            }
        }
    }
    text
}

/// Profile settings as netsh prints them.
pub fn netsh_profiles(state: &str, policy: &str) -> String {
    let mut text = String::new();
    for profile in ["Domain", "Private", "Public"] {
        text += &format!(
            "\r\n{profile} Profile Settings: \r\n{}\r\n\
             State                                 {state}\r\n\
             Firewall Policy                       {policy}\r\n\
             LocalFirewallRules                    N/A (GPO-store only)\r\n\
             LocalConSecRules                      N/A (GPO-store only)\r\n\
             InboundUserNotification               Disable\r\n\
             RemoteManagement                      Disable\r\n\
             UnicastResponseToMulticast            Enable\r\n\r\n\
             Logging:\r\n\
             LogAllowedConnections                 Disable\r\n\
             LogDroppedConnections                 Disable\r\n\
             FileName                              %systemroot%\\system32\\LogFiles\\Firewall\\pfirewall.log\r\n\
             MaxFileSize                           4096\r\n\r\n",
            "-".repeat(70)
        );
    }
    text + "Ok.\r\n"
}
