//! What files of a Windows machine tell of its server.

use super::{contradictions, find, ips};
use crate::estate::testing::{Lab, server};
use crate::estate::{Estate, HostPorts};
use crate::model::net::PortRange;

const RPC: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Rpc\\Internet";
const STORE: &str =
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\ParametersSystem";

fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.export(
        "ExchangeServer.xml",
        "Get-ExchangeServer",
        "Name : MBX1\nFqdn : mbx1.contoso.com\nServerRole : {Mailbox}\n\nName : HUB1\nServerRole : {HubTransport}\n",
    );
    lab
}

fn ports<'e>(estate: &'e Estate, name: &str) -> Option<&'e HostPorts> {
    estate.host_ports.get(&server(estate, name))
}

fn ranges(estate: &Estate, name: &str) -> Vec<PortRange> {
    let known = ports(estate, name).into_iter();
    known
        .flat_map(|ports| ports.rpc.iter().map(|range| range.value))
        .collect()
}

#[test]
fn the_registry_of_a_server_tells_its_ports() {
    let mut lab = lab();
    lab.file(
        "MBX1.reg",
        &format!(
            "{RPC}\n    Ports    REG_MULTI_SZ    5000-5100\\06000\n    PortsInternetAvailable    REG_SZ    Y\n    UseInternetPorts    REG_SZ    Y\n\
             {STORE}\n    TCP/IP Port    REG_DWORD    0x1770\n"
        ),
    );
    let estate = lab.join();
    let expected = [PortRange::new(5000, 5100), PortRange::new(6000, 6000)];
    let expected: Vec<_> = expected.into_iter().flatten().collect();
    assert_eq!(ranges(&estate, "mbx1"), expected);
    let fixed = &ports(&estate, "mbx1").expect("known").fixed;
    assert_eq!(fixed.get("store").map(|port| port.value), Some(6000));
    assert_eq!(ports(&estate, "hub1"), None);
}

#[test]
fn ports_that_are_kept_from_rpc_are_no_range() {
    for (available, used) in [("Y", "N"), ("N", "Y"), ("", "Y")] {
        let mut lab = lab();
        lab.file(
            "MBX1.txt",
            &format!(
                "{RPC}\n    Ports    REG_MULTI_SZ    5000-5100\n    PortsInternetAvailable    REG_SZ    {available}\n    UseInternetPorts    REG_SZ    {used}\n"
            ),
        );
        assert_eq!(ranges(&lab.join(), "mbx1"), [], "{available} {used}");
    }
}

#[test]
fn a_value_that_windows_ignores_fixes_no_port() {
    let mut lab = lab();
    lab.file(
        "MBX1.txt",
        &format!("{STORE}\n    TCP/IP Port    REG_SZ    6000\n"),
    );
    assert_eq!(ports(&lab.join(), "mbx1"), None);
}

#[test]
fn two_exports_that_disagree_fix_no_port_and_are_told() {
    let mut lab = lab();
    for (name, port) in [("a/MBX1.txt", "0x1770"), ("b/MBX1.txt", "0x1771")] {
        lab.file(
            name,
            &format!("{STORE}\n    TCP/IP Port    REG_DWORD    {port}\n"),
        );
    }
    let estate = lab.join();
    assert_eq!(ports(&estate, "mbx1"), None);
    let told = contradictions(&estate);
    assert!(
        told.iter().any(|told| told.contains("6000 / 6001")),
        "{told:?}"
    );
}

#[test]
fn ipconfig_tells_addresses_and_the_whole_name_of_a_server() {
    let mut lab = lab();
    lab.file(
        "anything.txt",
        "Windows IP Configuration\n\n   Host Name . . . . . . . . . . . . : HUB1\n   Primary Dns Suffix  . . . . . . . : contoso.com\n\n\
         Ethernet adapter Public:\n\n   IPv4 Address. . . . . . . . . . . : 10.1.0.11(Preferred)\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0\n\
         \x20  IPv6 Address. . . . . . . . . . . : 2001:db8::11(Preferred)\n   Link-local IPv6 Address . . . . . : fe80::1%11(Preferred)\n\
         \nTunnel adapter Teredo:\n\n   IPv6 Address. . . . . . . . . . . : 2001:0:4136:e378::1(Preferred)\n",
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.11", "2001:db8::11"]);
    let name = find(&estate, "hub1").fqdn.as_ref();
    assert_eq!(
        name.map(|name| name.value.as_str()),
        Some("hub1.contoso.com")
    );
}

#[test]
fn settings_of_a_machine_that_no_file_names_are_asked_about_once() {
    let mut lab = lab();
    lab.file(
        "network.txt",
        "Ethernet adapter A:\n\n   IPv4 Address. . . . . . . . . . . : 10.1.0.11\n\nEthernet adapter B:\n\n   IPv4 Address. . . . . . . . . . . : 10.2.0.11\n",
    );
    let estate = lab.join();
    let asked = estate.questions.iter().filter(|q| q.kind == "export-host");
    assert_eq!(asked.count(), 1);
}

#[test]
fn each_filter_of_a_rule_of_ipsec_is_an_object_of_its_own() {
    let filter = |address: &str| {
        format!(
            "Description            : NONE\nMirrored               : YES\nSource IP Address      : <My IP Address>\nDestination IP Address : {address}\nDestination Mask       : 255.255.255.255\nDestination Port       : 445\n\n"
        )
    };
    let mut lab = lab();
    lab.file(
        "MBX1_IPsec.txt",
        &format!(
            "Policy Name            : P\nAssigned               : YES\nRule ID                : 1\nRule Name              : R\nFilterList Name        : L\nNo. of Filters         : 2\n{}{}FilterAction Name      : A\nAction                 : PERMIT\n",
            filter("10.1.0.22"),
            filter("10.1.0.23")
        ),
    );
    let estate = lab.join();
    let rules = estate
        .objects
        .iter()
        .filter(|o| o.cmdlet == "Get-NetIPsecRule");
    assert_eq!(rules.count(), 2);
    assert!(contradictions(&estate).is_empty());
}

#[test]
fn outputs_of_two_machines_in_one_file_are_told_apart() {
    let output = |name: &str, address: &str| {
        format!(
            "Windows IP Configuration\n\n   Host Name . . . . . . . . . . . . : {name}\n\nEthernet adapter Public:\n\n   IPv4 Address. . . . . . . . . . . : {address}(Preferred)\n\n"
        )
    };
    let mut lab = lab();
    lab.file(
        "MBX1_and_others.txt",
        &format!(
            "{}{}",
            output("MBX1", "10.1.0.21"),
            output("HUB1", "10.1.0.11")
        ),
    );
    lab.file(
        "MBX1_registry.txt",
        &format!(
            "{STORE}\n    TCP/IP Port    REG_DWORD    0x1770\n\n\\\\HUB1\\{RPC}\n    Ports    REG_MULTI_SZ    5000-5100\n    PortsInternetAvailable    REG_SZ    Y\n    UseInternetPorts    REG_SZ    Y\n"
        ),
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "mbx1"), ["10.1.0.21"]);
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.11"]);
    assert_eq!(ranges(&estate, "mbx1"), []);
    assert_eq!(ranges(&estate, "hub1").len(), 1);
}

#[test]
fn files_of_two_machines_that_nothing_names_do_not_disagree() {
    let mut lab = lab();
    for (file, port) in [("first.txt", "0x1770"), ("second.txt", "0x1771")] {
        lab.file(
            file,
            &format!("{STORE}\n    TCP/IP Port    REG_DWORD    {port}\n"),
        );
    }
    let estate = lab.join();
    assert!(contradictions(&estate).is_empty());
    let keys = |estate: &Estate| {
        let objects = estate.objects.iter();
        objects
            .filter(|object| object.cmdlet == "Get-ItemProperty")
            .count()
    };
    assert_eq!(keys(&estate), 2);
    assert!(estate.host_ports.is_empty());
}

#[test]
fn files_of_one_machine_that_differ_disagree() {
    let mut lab = lab();
    for (file, port) in [("MBX1_first.txt", "0x1770"), ("MBX1_second.txt", "0x1771")] {
        lab.file(
            file,
            &format!("{STORE}\n    TCP/IP Port    REG_DWORD    {port}\n"),
        );
    }
    assert!(!contradictions(&lab.join()).is_empty());
}

const RULES: &str = "C:\\>netsh advfirewall firewall show rule name=all verbose\r\n\r\n\
    Rule Name:                            SMTP\r\n\
    ----------------------------------------------------------------------\r\n\
    Enabled:                              Yes\r\n\
    Direction:                            In\r\n\
    Profiles:                             Domain\r\n\
    Grouping:                             \r\n\
    LocalIP:                              Any\r\n\
    RemoteIP:                             Any\r\n\
    Protocol:                             TCP\r\n\
    LocalPort:                            25\r\n\
    RemotePort:                           Any\r\n\
    Edge traversal:                       No\r\n\
    InterfaceTypes:                       Any\r\n\
    Security:                             NotRequired\r\n\
    Rule source:                          Local Setting\r\n\
    Action:                               Allow\r\n\
    Ok.\r\n";
const IN_DOMAIN: &str = "C:\\>netsh advfirewall show currentprofile\r\n\r\n\
    Domain Profile Settings: \r\n\
    ----------------------------------------------------------------------\r\n\
    State                                 ON\r\n\
    Firewall Policy                       BlockInbound,AllowOutbound\r\n\
    Ok.\r\n";

/// The lists of the firewall in a file for connections to the host, in an
/// estate whose inventory declares a network profile.
fn lists(file: &str, text: &str, inventory: &str) -> (Vec<String>, Estate) {
    let mut lab = Lab::new();
    lab.file(file, text).inventory(inventory);
    let estate = lab.join();
    let filters = &estate.firewalls[0].firewall.filters;
    let inbound = filters.iter().map(|filter| filter.name.clone());
    let inbound = inbound.filter(|name| name.starts_with("inbound"));
    (inbound.collect(), estate)
}

fn declares(profile: &str) -> String {
    format!(
        "[[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.10\"]\n{profile}"
    )
}

#[test]
fn the_inventory_tells_which_network_profile_is_in_force() {
    let public = declares("network_profile = \"public\"\n");
    for file in ["EDGE1/netsh.txt", "edge1_rules.txt"] {
        assert_eq!(
            lists(file, RULES, &declares("")).0,
            ["inbound (Domain)", "inbound (Private, Public)", "inbound"]
        );
        let (names, estate) = lists(file, RULES, &public);
        assert_eq!(names, ["inbound"], "{file}");
        assert!(contradictions(&estate).is_empty());
    }
    let named = format!("[[firewall]]\nname = \"edge1\"\nconfig = \"netsh.txt\"\n\n{public}");
    assert_eq!(lists("netsh.txt", RULES, &named).0, ["inbound"]);
    let other = public.replace("edge1", "edge2");
    assert_eq!(lists("EDGE1/netsh.txt", RULES, &other).0.len(), 3);
}

#[test]
fn the_export_counts_before_another_network_profile_of_the_inventory() {
    let text = format!("{RULES}{IN_DOMAIN}");
    let (names, estate) = lists(
        "EDGE1/netsh.txt",
        &text,
        &declares("network_profile = \"public\"\n"),
    );
    assert_eq!(names, ["inbound"]);
    let rule = &estate.firewalls[0].firewall.filters[0].rules[0];
    assert!(rule.enabled, "as in the domain");
    let told = contradictions(&estate);
    assert!(
        told.iter().any(|told| told.contains("network profile")),
        "{told:?}"
    );
}
