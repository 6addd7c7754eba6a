//! Rules that name an address which a translation keeps from those that the rule
//! is for, and addresses that show several servers.

use crate::estate::Estate;

fn findings(estate: &Estate, rule: &str) -> Vec<String> {
    let outcome = estate.run(&["check", "--format", "concise"]);
    let mark = format!("[{rule}]");
    let lines = outcome.out.lines().filter(|line| line.contains(&mark));
    lines.map(str::to_owned).collect()
}

const ASA: &str = "\
ASA Version 8.2(5)
!
hostname fw1
interface Vlan1
 nameif inside
 security-level 100
 ip address 192.168.1.3 255.255.255.0
interface Vlan2
 nameif outside
 security-level 0
 ip address 203.0.113.10 255.255.255.252
access-list outside_in extended permit tcp any 192.168.1.0 255.255.255.0 eq 3389
global (outside) 1 interface
nat (inside) 1 0.0.0.0 0.0.0.0
static (inside,outside) tcp interface smtp 192.168.1.20 smtp netmask 255.255.255.255
access-group outside_in in interface outside
route outside 0.0.0.0 0.0.0.0 203.0.113.9 1
";

const INVENTORY: &str = r#"
[[zone]]
name = "internet"
class = "internet"
at = ["fw1:outside"]

[[zone]]
name = "lan"
class = "internal"
at = ["fw1:inside"]

[[server]]
name = "mbx1"
roles = ["mailbox"]
addresses = ["192.168.1.20"]
"#;

/// Cisco ASA 5500 Configuration Guide 8.2, "Asymmetric NAT rules matched for forward
/// and reverse flows": a packet to a real address is dropped where the reply would be
/// translated.
#[test]
fn a_permit_for_a_real_address_opens_nothing_where_replies_would_be_translated() {
    let estate = |config: String| {
        Estate::empty()
            .with("fw1.cfg", config)
            .with("exlint.toml", INVENTORY)
    };
    assert_eq!(findings(&estate(ASA.to_owned()), "FH002"), [""; 0]);
    // Without translation the same rule opens the server.
    let plain: String = ASA
        .lines()
        .filter(|line| {
            !["global", "nat ", "static"]
                .iter()
                .any(|w| line.starts_with(w))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(findings(&estate(plain), "FH002").len(), 1);
    // So it does where `nat 0` exempts the server for everybody, and not where it
    // does so for a site at the end of a tunnel alone.
    let exempt = |to: &str| {
        ASA.replace(
            "global (outside)",
            &format!(
                "access-list nonat extended permit ip 192.168.1.0 255.255.255.0 {to}\n\
                 nat (inside) 0 access-list nonat\nglobal (outside)"
            ),
        )
    };
    assert_eq!(findings(&estate(exempt("any")), "FH002").len(), 1);
    let tunnel = exempt("10.9.0.0 255.255.255.0");
    assert_eq!(findings(&estate(tunnel), "FH002"), [""; 0]);
}

const ROUTER: &str = "\
version 12.4
hostname rtr1
interface FastEthernet0/0
 ip address 203.0.113.2 255.255.255.248
 ip access-group OUTSIDE in
 ip nat outside
interface FastEthernet0/1
 ip address 10.1.1.1 255.255.255.0
 ip nat inside
ip route 0.0.0.0 0.0.0.0 203.0.113.1
ip nat inside source static tcp 10.1.1.10 50636 203.0.113.3 50636 extendable
ip nat inside source static tcp 10.1.1.11 443 203.0.113.3 443 extendable
ip access-list extended OUTSIDE
 permit tcp any host 203.0.113.3
 deny ip any any log
end
";

/// Cisco IOS NAT: an entry of a port leads that port alone to its host.
#[test]
fn an_address_that_shows_two_servers_leads_to_each_on_its_own_ports() {
    let estate = Estate::empty().with("rtr1.cfg", ROUTER).with(
        "exlint.toml",
        r#"
[[zone]]
name = "internet"
class = "internet"
at = ["rtr1:FastEthernet0/0"]

[[zone]]
name = "lan"
class = "internal"
at = ["rtr1:FastEthernet0/1"]

[[server]]
name = "edge1"
roles = ["edge"]
addresses = ["10.1.1.10"]

[[server]]
name = "cas1"
roles = ["cas"]
addresses = ["10.1.1.11"]
"#,
    );
    let found = findings(&estate, "FH002");
    assert_eq!(found.len(), 1, "{found:?}");
    let told = found.first().expect("one");
    assert!(told.contains("reach edge1 on tcp/50636;"), "{told}");
    // Nor is every port of TCP open.
    assert_eq!(findings(&estate, "FH003"), [""; 0]);
}
