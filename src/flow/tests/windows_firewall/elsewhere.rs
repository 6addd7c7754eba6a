//! Rules that are in force in other profiles: they decide nothing, and explain
//! a denial.

use super::profiles::current;
use super::{filter, firewall, netsh_rule, tcp};
use crate::flow::{ConnectionState, Context, Cube, Engine, Lack, Packet, RuleRef};
use crate::model::firewall::Firewall;
use crate::model::net::Protocol;

const ON: &str = "BlockInbound,AllowOutbound";
const DOMAIN: (&str, &str) = ("Profiles", "Domain");

fn in_public(rules: &[String]) -> Firewall {
    let text = format!("{}Ok.\r\n{}", rules.concat(), current("Public", "ON", ON));
    firewall(&[("edge1.txt", &text)])
}

/// What the permits nearest to a mail lack, where a rule or the default denies.
fn lacks(host: &Firewall, denied_by: Option<u32>) -> Vec<Lack> {
    let inbound = filter(host, "inbound").expect("one list");
    let engine = Engine::new(host, "2013-06-03", &[]);
    let packet = Packet {
        source: "10.9.0.1".parse().unwrap(),
        destination: "10.1.0.11".parse().unwrap(),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: 25,
    };
    let context = Context {
        state: ConnectionState::New,
        ..Context::default()
    };
    let by = RuleRef {
        filter: inbound,
        rule: denied_by,
    };
    let near = engine.near_permits(inbound, by, &Cube::of(&packet), &context, 4);
    near.into_iter().flat_map(|near| near.lacks).collect()
}

#[test]
fn a_rule_of_another_profile_decides_nothing_and_is_near() {
    let host = in_public(&[netsh_rule("SMTP", &[DOMAIN])]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'D');
    let [
        Lack::Profiles {
            profiles, surely, ..
        },
    ] = &lacks(&host, None)[..]
    else {
        panic!("{:?}", lacks(&host, None));
    };
    assert_eq!((profiles.as_str(), *surely), ("Domain", true));
}

#[test]
fn it_is_nearer_than_a_rule_that_is_switched_off() {
    let off = netsh_rule("Old", &[("Enabled", "No"), ("RemoteIP", "10.9.0.1/32")]);
    let host = in_public(&[off, netsh_rule("SMTP", &[DOMAIN])]);
    let all = lacks(&host, None);
    assert!(matches!(all[0], Lack::Profiles { .. }), "{all:?}");
    assert_eq!(all[1], Lack::Disabled);
}

#[test]
fn one_that_is_bound_to_a_program_may_be_meant_for_it() {
    let program = ("+Program", "C:\\Tools\\scan.exe");
    let host = in_public(&[netsh_rule("Scan", &[DOMAIN, program])]);
    let all = lacks(&host, None);
    assert!(
        matches!(all[..], [Lack::Profiles { surely: false, .. }]),
        "{all:?}"
    );
}

#[test]
fn one_below_a_block_rule_lacks_more_than_the_profile() {
    let block = netsh_rule("No mail", &[("Action", "Block")]);
    let host = in_public(&[netsh_rule("SMTP", &[DOMAIN]), block]);
    let all = lacks(&host, Some(0));
    assert!(
        matches!(all[..], [Lack::Profiles { surely: false, .. }]),
        "{all:?}"
    );
}

/// Windows comes with rules of the domain profile for ports that RPC chooses:
/// they are not what a mail lacks.
#[test]
fn one_whose_ports_nobody_knows_is_not_near() {
    let host = in_public(&[netsh_rule("Event log", &[DOMAIN, ("LocalPort", "RPC")])]);
    let all = lacks(&host, None);
    assert!(
        all.iter()
            .all(|lack| !matches!(lack, Lack::Profiles { .. })),
        "{all:?}"
    );
}

#[test]
fn a_block_rule_and_one_that_is_off_are_not_listed_where_they_are_not_in_force() {
    let host = in_public(&[
        netsh_rule("No mail", &[DOMAIN, ("Action", "Block")]),
        netsh_rule("Old", &[DOMAIN, ("Enabled", "No")]),
    ]);
    assert!(host.filters.iter().all(|filter| filter.rules.is_empty()));
}
