//! ASA and Threat Defense configurations with what the device does: what is
//! easy to get wrong. The configurations are ours.

use super::build;
use crate::flow::*;

use Verdict::{Deny, Inconclusive, Permit};

fn verdict(text: &str, from: &str, to: &str, port: u16) -> Verdict {
    build::tcp_verdict(build::read("cisco-asa", text), from, to, port)
}

/// Threat Defense with its policy: telnet is blocked, mail from one network is
/// trusted, https is allowed, all else is blocked.
const THREAT_DEFENSE: &str = "\
NGFW Version 6.6.5
hostname ftd
interface GigabitEthernet0/0
 nameif outside
 cts manual
  propagate sgt preserve-untag
  policy static sgt disabled trusted
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 0
 ip address 10.1.0.1 255.255.0.0
object network mail
 host 10.1.0.25
object network mail-outside
 host 203.0.113.25
access-list CSM_FW_ACL_ remark rule-id 1: L4 RULE: telnet
access-list CSM_FW_ACL_ advanced deny tcp any object mail eq telnet rule-id 1 event-log flow-start
access-list CSM_FW_ACL_ advanced trust tcp ifc outside 198.51.100.0 255.255.255.0 ifc inside object mail eq smtp rule-id 2
access-list CSM_FW_ACL_ remark rule-id 3: L7 RULE: web
access-list CSM_FW_ACL_ advanced permit tcp any object mail eq https rule-id 3 event-log both
access-list CSM_FW_ACL_ advanced trust tcp ifc inside any ifc outside any eq https rule-id 4
access-list CSM_FW_ACL_ advanced trust tcp any object mail eq https rule-id 5
access-list CSM_FW_ACL_ advanced deny ip any any rule-id 6 event-log flow-start
access-group CSM_FW_ACL_ global
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
";

#[test]
fn threat_defense_has_no_levels_and_what_snort_gets_is_open() {
    let ask = |from, port| verdict(THREAT_DEFENSE, from, "10.1.0.25", port);
    // Document 212321: `deny` drops before Snort, `trust` passes without it.
    assert_eq!(ask("198.51.100.7", 25), Permit);
    assert_eq!(ask("198.51.101.7", 25), Deny);
    assert_eq!(ask("198.51.100.7", 23), Deny);
    // `permit` hands to Snort, and the entries behind it are not asked.
    assert_eq!(ask("198.51.100.7", 443), Inconclusive);
    // Document 200908: all interfaces have level 0, which forbids nothing.
    let out = |port| verdict(THREAT_DEFENSE, "10.1.0.25", "198.51.100.7", port);
    assert_eq!(out(443), Permit);
    assert_eq!(out(25), Deny);
}

#[test]
fn lists_of_threat_defense_speak_of_real_addresses_in_every_release() {
    let text =
        format!("{THREAT_DEFENSE}object network mail\n nat (inside,outside) static mail-outside\n");
    for release in ["6.0.1", "6.6.5", "7.4.2"] {
        let text = text.replace("6.6.5", release);
        assert_eq!(verdict(&text, "198.51.100.7", "203.0.113.25", 25), Permit);
        assert_eq!(verdict(&text, "198.51.100.7", "203.0.113.25", 23), Deny);
    }
}

#[test]
fn threat_defense_without_its_policy_is_open() {
    let text = THREAT_DEFENSE.replace("access-group CSM_FW_ACL_ global\n", "");
    assert_eq!(
        verdict(&text, "198.51.100.7", "10.1.0.25", 25),
        Inconclusive
    );
    assert_eq!(
        verdict(&text, "10.1.0.25", "198.51.100.7", 25),
        Inconclusive
    );
}

const MANAGED: &str = "\
ASA Version RELEASE
hostname edge
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
interface Management0/0
 management-only
 nameif mgmt
 security-level 100
 ip address 192.168.45.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
route mgmt 0.0.0.0 0.0.0.0 192.168.45.254 1
route mgmt 10.99.0.0 255.255.0.0 192.168.45.254 1
route inside 10.0.0.0 255.0.0.0 10.1.0.254 1
";

/// From 9.5 routes of management-only interfaces lead no packet that passes.
#[test]
fn routes_of_a_management_only_interface_lead_nothing_through() {
    let new = MANAGED.replace("RELEASE", "9.16(4)");
    assert_eq!(verdict(&new, "10.1.0.25", "198.51.100.7", 25), Permit);
    assert_eq!(verdict(&new, "10.99.0.25", "198.51.100.7", 25), Permit);
    // A host of the management network comes in there, and goes nowhere.
    assert_eq!(verdict(&new, "192.168.45.9", "198.51.100.7", 25), Deny);
    // The data table would send it outside; that it means the network there
    // is left open.
    assert_eq!(verdict(&new, "10.1.0.25", "192.168.45.9", 25), Inconclusive);
    let old = MANAGED.replace("RELEASE", "9.4(4)");
    assert_eq!(verdict(&old, "10.1.0.25", "198.51.100.7", 25), Inconclusive);
}

/// Where two interfaces lead to the source equally well, packets may come in
/// at either.
#[test]
fn packets_come_in_at_any_of_equally_good_interfaces() {
    let text = "\
ASA Version 9.16(4)
hostname edge
interface GigabitEthernet0/0
 nameif one
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/2
 nameif two
 security-level 0
 ip address 192.0.2.2 255.255.255.0
access-list one extended permit tcp any host 10.1.0.25 eq smtp
access-list one extended permit tcp any host 10.1.0.25 eq https
access-list two extended permit tcp any host 10.1.0.25 eq smtp
access-group one in interface one
access-group two in interface two
route one 0.0.0.0 0.0.0.0 203.0.113.1 1
route two 0.0.0.0 0.0.0.0 192.0.2.1 1
";
    let ask = |port| verdict(text, "198.51.100.7", "10.1.0.25", port);
    assert_eq!([25, 443, 80].map(ask), [Permit, Inconclusive, Deny]);
}

/// Cisco Secure Firewall Management Center Device Configuration Guide 7.0,
/// "Virtual Routers".
#[test]
fn a_virtual_router_of_threat_defense_has_its_own_routes() {
    let text = "\
NGFW Version 7.2.0
hostname ftd
vrf guest
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 0
 ip address 10.2.0.1 255.255.0.0
interface GigabitEthernet0/2
 vrf forwarding guest
 nameif guest-out
 security-level 0
 ip address 192.0.2.2 255.255.255.0
interface GigabitEthernet0/3
 vrf forwarding guest
 nameif guest-in
 security-level 0
 ip address 10.1.0.1 255.255.0.0
access-list CSM_FW_ACL_ advanced trust tcp ifc guest-in any ifc guest-out any eq https rule-id 1
access-list CSM_FW_ACL_ advanced trust tcp ifc inside any ifc outside any eq smtp rule-id 2
access-list CSM_FW_ACL_ advanced deny ip any any rule-id 3
access-group CSM_FW_ACL_ global
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
route vrf guest guest-out 0.0.0.0 0.0.0.0 192.0.2.1 1
";
    let out = |from, port| verdict(text, from, "198.51.100.7", port);
    assert_eq!([443, 25].map(|port| out("10.1.0.9", port)), [Permit, Deny]);
    assert_eq!([443, 25].map(|port| out("10.2.0.9", port)), [Deny, Permit]);
    // Whether the guest router knows the network of the other one is not told.
    assert_eq!(verdict(text, "10.1.0.9", "10.2.0.9", 443), Inconclusive);
}
