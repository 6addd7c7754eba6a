//! Packets for an address of the device in another zone than they come in by:
//! Juniper KB27211 ("What is local..0 interface?") and KB30997.

use super::policies::to_itself;
use super::*;

/// Zones `trust` and `untrust`, each with services, and `loop` with `lo0.0`.
fn device(more: &str) -> String {
    format!(
        "{ZONES}set interfaces lo0 unit 0 family inet address 203.0.113.1/32\n\
         set security zones security-zone loop interfaces lo0.0 host-inbound-traffic system-services ssh\n\
         set security zones security-zone trust host-inbound-traffic system-services ssh\n\
         set security zones security-zone untrust host-inbound-traffic system-services ssh\n{more}"
    )
}

fn policy(from: &str, to: &str, application: &str, action: &str) -> String {
    let pair = format!("set security policies from-zone {from} to-zone {to} policy p");
    format!(
        "{pair} match source-address any destination-address any application {application}\n\
         {pair} then {action}\n"
    )
}

#[test]
fn a_policy_to_the_zone_of_the_address_is_needed() {
    let text = device("");
    // The address of the interface that the packets come in by needs none.
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "192.0.2.1", 22), 'P');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "10.1.0.1", 22), 'D');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "203.0.113.1", 22), 'D');
    let text = device(&policy("untrust", "loop", "junos-ssh", "permit"));
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "203.0.113.1", 22), 'P');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "10.1.0.1", 22), 'D');
    assert_eq!(to_itself(&text, "ge-0/0/0.0", "203.0.113.1", 22), 'D');
    let text = device("set security policies default-policy permit-all\n");
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "10.1.0.1", 22), 'P');
}

#[test]
fn the_zone_of_the_address_says_what_it_lets_in() {
    let open = policy("untrust", "loop", "any", "permit");
    let text = device(&open);
    let refused = text.replace("lo0.0 host-inbound-traffic system-services ssh", "lo0.0");
    assert_eq!(to_itself(&refused, "ge-0/0/1.0", "203.0.113.1", 22), 'D');
    // Whether the incoming zone is asked as well, is not documented.
    let refused = text.replace(
        "untrust host-inbound-traffic system-services ssh",
        "untrust host-inbound-traffic system-services ping",
    );
    assert_eq!(to_itself(&refused, "ge-0/0/1.0", "203.0.113.1", 22), 'I');
    assert_eq!(to_itself(&refused, "ge-0/0/1.0", "203.0.113.1", 23), 'D');
    assert_eq!(to_itself(&refused, "ge-0/0/1.0", "192.0.2.1", 22), 'D');
}

#[test]
fn policies_to_the_device_are_those_of_the_zone_of_the_address() {
    let open = policy("untrust", "loop", "any", "permit");
    let text = device(&format!(
        "{open}{}",
        policy("loop", "junos-host", "junos-ssh", "deny")
    ));
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "203.0.113.1", 22), 'D');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "192.0.2.1", 22), 'P');
    let text = device(&format!(
        "{open}{}",
        policy("untrust", "junos-host", "junos-ssh", "deny")
    ));
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "203.0.113.1", 22), 'P');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "192.0.2.1", 22), 'D');
}

#[test]
fn another_interface_of_the_zone_is_open_without_a_policy() {
    let more = "set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/16\n\
                set security zones security-zone trust interfaces ge-0/0/2.0\n";
    let text = device(more);
    assert_eq!(to_itself(&text, "ge-0/0/2.0", "10.2.0.1", 22), 'P');
    assert_eq!(to_itself(&text, "ge-0/0/2.0", "10.1.0.1", 22), 'I');
    let text = device(&format!(
        "{more}{}",
        policy("trust", "trust", "any", "permit")
    ));
    assert_eq!(to_itself(&text, "ge-0/0/2.0", "10.1.0.1", 22), 'P');
}
