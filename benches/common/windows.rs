//! Exports of Windows Firewall, of any number of lines.

use std::fmt::Write as _;

use super::Numbers;

/// Addresses, a port and whether a rule allows.
fn rule(numbers: &mut Numbers) -> (String, u64, bool) {
    let (a, b) = (numbers.below(256), numbers.below(256));
    let addresses = format!("10.{a}.{b}.0/24");
    (
        addresses,
        1024 + numbers.below(60_000),
        numbers.below(8) != 0,
    )
}

/// `netsh advfirewall firewall show rule name=all verbose`: 19 lines a rule.
#[must_use]
pub fn netsh(lines: usize) -> String {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    for index in 0..lines / 19 {
        let (addresses, port, allows) = rule(&mut numbers);
        let action = if allows { "Allow" } else { "Block" };
        let _ = write!(
            text,
            "\nRule Name:                            Rule {index}\n{}\n",
            "-".repeat(70)
        );
        for (label, value) in [
            ("Description", "Inbound rule of a service"),
            ("Enabled", "Yes"),
            ("Direction", "In"),
            ("Profiles", "Domain,Private,Public"),
            ("Grouping", ""),
            ("LocalIP", "Any"),
            ("RemoteIP", &addresses),
            ("Protocol", "TCP"),
            ("LocalPort", &port.to_string()),
            ("RemotePort", "Any"),
            ("Edge traversal", "No"),
            ("Program", "System"),
            ("InterfaceTypes", "Any"),
            ("Security", "NotRequired"),
            ("Rule source", "Local Setting"),
            ("Action", action),
        ] {
            let _ = writeln!(text, "{:<38}{value}", format!("{label}:"));
        }
    }
    text + "Ok.\n"
}

/// Rules joined with their filters, as scripts export them with `Export-Csv`.
#[must_use]
pub fn csv(lines: usize) -> String {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut text = String::from(
        "Name;DisplayName;Description;Group;Enabled;Profile;Platform;Direction;Action;EdgeTraversalPolicy;\
         LooseSourceMapping;LocalOnlyMapping;Owner;LocalAddress;RemoteAddress;Protocol;LocalPort;RemotePort;IcmpType;\
         DynamicTarget;Program;Package;Service;InterfaceAlias;InterfaceType;LocalUser;RemoteUser;RemoteMachine;\
         Authentication;Encryption;OverrideBlockRules\r\n",
    );
    for index in 1..lines {
        let (addresses, port, allows) = rule(&mut numbers);
        let action = if allows { "Allow" } else { "Block" };
        let _ = write!(
            text,
            "\"{{1f6a3a20-6a0e-4b0b-9a43-{index:012}}}\";\"Rule {index}\";\"\";\"\";\"True\";\"Any\";\"\";\"Inbound\";\
             \"{action}\";\"Block\";\"False\";\"False\";\"\";\"Any\";\"{addresses}\";\"TCP\";\"{port}\";\"Any\";\"Any\";\
             \"Any\";\"Any\";\"\";\"Any\";\"Any\";\"Any\";\"Any\";\"Any\";\"Any\";\"NotRequired\";\"NotRequired\";\"False\"\r\n"
        );
    }
    text
}

/// The same with `ConvertTo-Json`: filters inside rules, 20 lines each.
#[must_use]
pub fn json(lines: usize) -> String {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut text = String::from("[\r\n");
    for index in 0..(lines / 20).max(1) {
        let (addresses, port, allows) = rule(&mut numbers);
        let comma = if index == 0 { "" } else { ",\r\n" };
        let _ = write!(
            text,
            "{comma}    {{\r\n        \"Name\":  \"{{{index}}}\",\r\n        \"DisplayName\":  \"Rule {index}\",\r\n        \
             \"Description\":  null,\r\n        \"Enabled\":  1,\r\n        \"Profile\":  0,\r\n        \"Direction\":  1,\r\n        \
             \"Action\":  {},\r\n        \"EdgeTraversalPolicy\":  0,\r\n        \"PolicyStoreSourceType\":  1,\r\n        \
             \"PrimaryStatus\":  1,\r\n        \
             \"PortFilter\":  {{\"Protocol\":  \"TCP\", \"LocalPort\":  \"{port}\", \"RemotePort\":  \"Any\", \"IcmpType\":  \"Any\", \
             \"InstanceID\":  \"{{{index}}}\"}},\r\n        \
             \"AddressFilter\":  {{\"LocalAddress\":  \"Any\", \"RemoteAddress\":  \"{addresses}\"}},\r\n        \
             \"ApplicationFilter\":  {{\"Program\":  \"Any\", \"Package\":  null}},\r\n        \
             \"ServiceFilter\":  {{\"Service\":  \"Any\"}},\r\n        \
             \"InterfaceFilter\":  {{\"InterfaceAlias\":  \"Any\"}},\r\n        \
             \"InterfaceTypeFilter\":  {{\"InterfaceType\":  0}},\r\n        \
             \"SecurityFilter\":  {{\"Authentication\":  0, \"Encryption\":  0, \"OverrideBlockRules\":  false, \
             \"LocalUser\":  \"Any\"}}\r\n    }}",
            if allows { 2 } else { 4 }
        );
    }
    text + "\r\n]\r\n"
}

/// A registry export of the rules: a line each.
#[must_use]
pub fn registry(lines: usize) -> String {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let key = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy";
    let mut text = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n{key}\\DomainProfile]\r\n\"EnableFirewall\"=dword:00000001\r\n\r\n\
         {key}\\FirewallRules]\r\n"
    );
    for index in 0..lines.saturating_sub(6) {
        let (addresses, port, allows) = rule(&mut numbers);
        let action = if allows { "Allow" } else { "Block" };
        let _ = write!(
            text,
            "\"{{1f6a3a20-6a0e-4b0b-9a43-{index:012}}}\"=\"v2.10|Action={action}|Active=TRUE|Dir=In|Protocol=6|\
             Profile=Domain|LPort={port}|RA4={addresses}|App=System|Name=Rule {index}|Desc=Inbound rule of a service|\"\r\n"
        );
    }
    text
}
