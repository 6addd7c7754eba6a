//! Bridge groups of an ASA that routes.

use super::build;
use crate::flow::*;
use crate::model::firewall::Firewall;

/// `outside`, and `inside` with two members. ALL stands for the members' level.
const BRANCH: &str = "\
ASA Version 9.8(2)
hostname branch
interface GigabitEthernet1/1
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet1/2
 bridge-group 1
 nameif inside_1
 security-level ALL
interface GigabitEthernet1/3
 bridge-group 1
 nameif inside_2
 security-level ALL
interface BVI1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
object network first
 subnet 10.1.0.0 255.255.0.0
object network second
 subnet 10.1.0.0 255.255.0.0
object network mail
 host 10.1.0.25
access-list in extended permit tcp any host 10.1.0.25 eq smtp
access-list web extended permit tcp any any eq www
access-list mail extended permit tcp any any eq smtp
access-list both extended permit tcp any any eq smtp
access-list both extended permit tcp any any eq www
access-group in in interface outside
route outside 0.0.0.0 0.0.0.0 203.0.113.1
";

fn read(text: &str) -> Firewall {
    build::read("cisco-asa", text).remove(0)
}

fn verdict(firewall: &Firewall, from: &str, to: &str, port: u16) -> Verdict {
    build::tcp_verdict(vec![firewall.clone()], from, to, port)
}

fn branch(level: &str, more: &str) -> Firewall {
    read(&format!("{}{more}", BRANCH.replace("ALL", level)))
}

const PEER: &str = "198.51.100.7";
const CLIENT: &str = "10.1.0.5";
const MAIL: &str = "10.1.0.25";

use Verdict::{Deny, Inconclusive, Permit};

/// Mail and web from inside to outside.
fn out(level: &str, more: &str) -> [Verdict; 2] {
    let device = branch(level, more);
    [25, 80].map(|port| verdict(&device, CLIENT, PEER, port))
}

#[test]
fn packets_leave_and_enter_by_the_virtual_interface() {
    let device = branch("100", "");
    assert_eq!(verdict(&device, CLIENT, PEER, 25), Permit);
    assert_eq!(verdict(&device, PEER, MAIL, 25), Permit);
    assert_eq!(verdict(&device, PEER, MAIL, 80), Deny);
}

#[test]
fn lists_of_members_and_of_the_virtual_interface_both_count() {
    let own = "access-group mail in interface inside\n";
    assert_eq!(out("100", own), [Permit, Deny]);
    let members = |one: &str, two: &str| {
        format!(
            "access-group {one} in interface inside_1\naccess-group {two} in interface inside_2\n"
        )
    };
    assert_eq!(out("100", &(members("web", "web") + own)), [Deny, Deny]);
    assert_eq!(out("100", &(members("both", "both") + own)), [Permit, Deny]);
    // Which member the client is on, the file does not tell.
    assert_eq!(
        out("100", &(members("web", "both") + own)),
        [Inconclusive, Deny]
    );
    let one = "access-group web in interface inside_1\n";
    assert_eq!(out("100", &(one.to_owned() + own)), [Inconclusive, Deny]);
    // Whether levels still count where members alone have lists, no guide says.
    assert_eq!(out("100", &members("both", "both")), [Inconclusive; 2]);
    let device = branch("100", "access-group web out interface inside_1\n");
    assert_eq!(verdict(&device, PEER, MAIL, 25), Inconclusive);
    let device = branch("100", "access-group web out interface inside\n");
    assert_eq!(verdict(&device, PEER, MAIL, 25), Deny);
}

#[test]
fn a_level_of_a_member_that_differs_leaves_packets_open() {
    assert_eq!(out("50", ""), [Inconclusive; 2]);
    let own = "access-group mail in interface inside\n";
    assert_eq!(out("50", own), [Inconclusive, Deny]);
    let device = branch("50", "");
    assert_eq!(verdict(&device, PEER, MAIL, 25), Inconclusive);
}

#[test]
fn translations_of_members_are_those_of_the_virtual_interface() {
    let all = "object network first\n nat (inside_1,outside) dynamic interface\n\
               object network second\n nat (inside_2,outside) dynamic interface\n\
               object network mail\n nat (inside_1,outside) static 203.0.113.25\n";
    let device = branch("100", all);
    assert_eq!(verdict(&device, CLIENT, PEER, 25), Permit);
    assert_eq!(verdict(&device, PEER, "203.0.113.25", 25), Permit);
    assert_eq!(verdict(&device, PEER, "203.0.113.25", 80), Deny);
    let certain = |device: &Firewall| {
        let rules = device.nat.rules.iter();
        rules
            .map(|rule| rule.conditions.is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(certain(&device), [true; 3]);
    let one = "object network first\n nat (inside_1,outside) dynamic interface\n";
    assert_eq!(certain(&branch("100", one)), [false]);
}
