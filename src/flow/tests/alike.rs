//! Servers of one class are answered alike.

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::generate::any_firewall;
use crate::estate::{Role, ServerId};
use crate::flow::*;
use crate::model::firewall::*;

/// Eight servers on two sides of a firewall, four on each.
fn placed(mut firewall: Firewall) -> Firewall {
    firewall.interfaces = vec![
        interface("left", "198.51.100.1", "10.0.0.0/30", 0),
        interface("right", "198.51.100.2", "10.0.0.4/30", 100),
    ];
    firewall.stages = vec![
        stage(Some(0), None, 0, AddressView::Real),
        stage(Some(1), None, 0, AddressView::Real),
    ];
    firewall
}

fn check(firewall: &Firewall) -> Result<(), TestCaseError> {
    let servers = (0..8)
        .map(|host| server(&format!("s{host}"), Role::Hub, &format!("10.0.0.{host}")))
        .collect();
    let estate = estate(vec![firewall.clone()], servers, Vec::new());
    let network = Network::new(&estate);
    let classes = network.classes();
    let verdict = |a: u32, b: u32, port| {
        let [from, to] = [a, b].map(|id| Endpoint::Server(ServerId(id)));
        network.reach(&Query::new(from, to, to_port(port))).verdict
    };
    for a in 0..8 {
        for b in a + 1..8 {
            if classes.of(ServerId(a)) != classes.of(ServerId(b)) {
                continue;
            }
            for other in (0..8).filter(|other| *other != a && *other != b) {
                for port in [20, 23, 25, 27] {
                    prop_assert_eq!(verdict(a, other, port), verdict(b, other, port));
                    prop_assert_eq!(verdict(other, a, port), verdict(other, b, port));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn servers_of_one_class_are_answered_alike(firewall in any_firewall(3)) {
        let firewall = placed(firewall);
        shown(&[&firewall], check(&firewall))?;
    }
}

#[test]
fn addresses_that_no_statement_tells_apart_are_one_class() {
    let rules = vec![
        rule(Action::Permit, "10.0.0.0/31", "any", tcp(25, 25)),
        rule(Action::Deny, "any", "10.0.0.6", tcp(25, 25)),
    ];
    let firewall = placed(firewall("two", vec![filter("list", rules, Action::Permit)]));
    let servers = (0..8)
        .map(|host| server(&format!("s{host}"), Role::Hub, &format!("10.0.0.{host}")))
        .collect();
    let estate = estate(vec![firewall], servers, Vec::new());
    let network = Network::new(&estate);
    let groups: Vec<Vec<u32>> = (0..8)
        .filter_map(|class| {
            let members = network.classes().members(class);
            (!members.is_empty()).then(|| members.iter().map(|id| id.0).collect())
        })
        .collect();
    assert_eq!(groups, [vec![0, 1], vec![2, 3], vec![4, 5, 7], vec![6]]);
}

#[test]
fn what_a_static_translation_changes_is_alone() {
    let mut firewall = placed(firewall(
        "nat",
        vec![filter("list", Vec::new(), Action::Permit)],
    ));
    firewall.nat.rules = vec![nat(
        NatKind::Static,
        ("10.0.0.4/31", 1),
        ("192.0.2.4/31", 0),
    )];
    let servers = (4..8)
        .map(|host| server(&format!("s{host}"), Role::Hub, &format!("10.0.0.{host}")))
        .collect();
    let estate = estate(vec![firewall], servers, Vec::new());
    let network = Network::new(&estate);
    let of = |id| network.classes().of(ServerId(id)).unwrap();
    assert_ne!(of(0), of(1));
    assert_eq!(of(2), of(3));
}
