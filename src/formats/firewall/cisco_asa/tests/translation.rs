//! Address translation of both eras.

use super::*;
use crate::model::firewall::{NatKind, NatRule};

fn nat(text: &str) -> (Firewall, Vec<NatRule>) {
    let firewall = firewall(&format!("{INTERFACES}{text}"));
    let rules = firewall.nat.rules.clone();
    (firewall, rules)
}

fn name(firewall: &Firewall, id: Option<crate::model::firewall::InterfaceId>) -> String {
    id.map(|id| firewall.interfaces[id.0 as usize].name.value.clone())
        .unwrap_or_default()
}

#[test]
fn object_nat_publishes_a_server_with_its_port() {
    let (firewall, rules) = nat(
        "object network exch\n host 10.1.0.4\n nat (inside,outside) static interface service tcp smtp 2525\n",
    );
    let rule = &rules[0];
    assert_eq!(rule.kind, NatKind::Static);
    assert_eq!(
        (
            name(&firewall, rule.real_interface),
            name(&firewall, rule.mapped_interface)
        ),
        ("inside".into(), "outside".into())
    );
    let service = rule.service.as_ref().expect("a service");
    assert_eq!(
        (service.real, service.mapped),
        (PortRange::one(25), PortRange::one(2525))
    );
    assert!(matches!(
        rule.mapped_source,
        AddressMatch::One(AddressTerm::Interface(_))
    ));
}

#[test]
fn an_address_in_place_maps_as_many_addresses_as_the_object_has() {
    let (_, rules) = nat(
        "object network lan\n subnet 10.1.1.0 255.255.255.0\n nat (inside,outside) static 192.0.2.0\n",
    );
    assert_eq!(
        rules[0].mapped_source,
        AddressMatch::One(v4([192, 0, 2, 0], [192, 0, 2, 255]))
    );
}

#[test]
fn sections_follow_each_other_and_object_rules_order_themselves() {
    let (firewall, rules) = nat(
        "object network b\n host 10.1.0.5\nobject network a\n host 10.1.0.4\nobject network lan\n subnet 10.1.0.0 255.255.0.0\n\
        object network srv\n subnet 10.1.2.0 255.255.255.0\n\
        nat (inside,outside) after-auto source dynamic any interface\n\
        nat (inside,outside) source static lan lan destination static srv srv\n\
        object network lan\n nat (inside,outside) dynamic interface\nobject network b\n nat (inside,outside) static 192.0.2.5\n\
        object network a\n nat (inside,outside) static 192.0.2.4\nobject network srv\n nat (inside,outside) static 192.0.2.128\n",
    );
    let order: Vec<_> = rules
        .iter()
        .map(|rule| match &rule.real_source {
            AddressMatch::One(AddressTerm::Object(id)) => {
                firewall.address_objects[id.0 as usize].name.as_str()
            }
            _ => "any",
        })
        .collect();
    assert_eq!(order, ["lan", "a", "b", "srv", "lan", "any"]);
    assert_eq!(rules[0].kind, NatKind::Exempt, "identity on both sides");
    assert_eq!(rules[4].kind, NatKind::Dynamic);
}

#[test]
fn twice_nat_names_the_mapped_destination_first() {
    let (firewall, rules) = nat(
        "object network real\n host 10.1.0.4\nobject network mapped\n host 192.0.2.4\nobject network clients\n subnet 10.2.0.0 255.255.255.0\n\
        nat (dmz,inside) source static clients clients destination static mapped real unidirectional no-proxy-arp inactive description to the mail server\n",
    );
    let rule = &rules[0];
    let object = |side: &AddressMatch| match side {
        AddressMatch::One(AddressTerm::Object(id)) => {
            firewall.address_objects[id.0 as usize].name.clone()
        }
        other => format!("{other:?}"),
    };
    assert_eq!(object(&rule.mapped_destination), "mapped");
    assert_eq!(object(&rule.real_destination), "real");
    assert!(rule.unidirectional && !rule.enabled);
    assert!(rule.conditions.is_empty());
}

#[test]
fn twice_nat_with_source_services_is_port_translation() {
    let (_, rules) = nat(
        "object network s\n host 10.1.0.4\nobject service smtp\n service tcp source eq smtp\nobject service alt\n service tcp source eq 2525\n\
        object service web\n service tcp destination eq www\n\
        nat (inside,outside) source static s interface service smtp alt\n\
        nat (inside,outside) source dynamic any interface destination static s s service web web\n",
    );
    let service = rules[0].service.as_ref().expect("a service");
    assert_eq!(
        (service.real, service.mapped),
        (PortRange::one(25), PortRange::one(2525))
    );
    let service = rules[1].destination_service.as_ref().expect("a service");
    assert_eq!(
        (service.real, service.mapped),
        (PortRange::one(80), PortRange::one(80))
    );
    assert!(rules.iter().all(|rule| rule.conditions.is_empty()));
}

#[test]
fn pools_may_fall_back_to_the_interface() {
    let (_, rules) = nat("object network pool\n range 192.0.2.50 192.0.2.60\n\
        nat (inside,outside) source dynamic any pat-pool pool round-robin interface\nnat (any,outside) source dynamic any pool interface\n");
    for rule in &rules {
        assert!(
            matches!(&rule.mapped_source, AddressMatch::AnyOf(terms) if terms.len() == 2),
            "{rule:?}"
        );
        assert!(rule.conditions.is_empty());
    }
    assert_eq!(rules[1].real_interface, None, "any is every interface");
}

#[test]
fn an_unknown_option_makes_the_rule_uncertain() {
    let (_, rules) = nat(
        "object network a\n host 10.1.0.4\n nat (inside,outside) static 192.0.2.4 frobnicate\n",
    );
    assert!(!rules[0].conditions.is_empty());
}

#[test]
fn a_static_of_the_old_kind_names_the_mapped_address_first() {
    let (firewall, rules) =
        nat("static (inside,outside) 192.0.2.10 10.1.0.4 netmask 255.255.255.255 0 0\n");
    let rule = &rules[0];
    assert_eq!(rule.mapped_source, host([192, 0, 2, 10]));
    assert_eq!(rule.real_source, host([10, 1, 0, 4]));
    assert_eq!(
        (
            name(&firewall, rule.real_interface),
            name(&firewall, rule.mapped_interface)
        ),
        ("inside".into(), "outside".into())
    );
    assert!(rule.conditions.is_empty());
}

#[test]
fn static_port_translation_names_the_mapped_port_first() {
    let (_, rules) =
        nat("static (inside,outside) tcp interface 3391 10.1.0.3 3389 netmask 255.255.255.255\n");
    let service = rules[0].service.as_ref().expect("a service");
    assert_eq!(
        (service.mapped, service.real),
        (PortRange::one(3391), PortRange::one(3389))
    );
    assert!(matches!(
        rules[0].mapped_source,
        AddressMatch::One(AddressTerm::Interface(_))
    ));
}

#[test]
fn a_static_of_an_address_to_itself_is_an_exemption() {
    let (_, rules) = nat("static (inside,dmz) 10.1.0.0 10.1.0.0 netmask 255.255.0.0\n");
    assert_eq!(rules[0].kind, NatKind::Exempt);
}

#[test]
fn old_rules_go_exemption_static_policy_and_then_the_best_match() {
    let text = "nat (inside) 1 0.0.0.0 0.0.0.0\nnat (inside) 2 10.1.5.0 255.255.255.0\nnat (inside) 3 access-list pol\n\
        nat (inside) 0 access-list nonat\nglobal (outside) 1 interface\nglobal (outside) 2 192.0.2.50-192.0.2.60 netmask 255.255.255.0\n\
        global (outside) 3 192.0.2.70\nglobal (dmz) 1 interface\nstatic (inside,outside) 192.0.2.10 10.1.0.4\n\
        access-list nonat permit ip any 10.8.0.0 255.255.0.0\naccess-list pol permit ip any host 198.51.100.1\n";
    let (firewall, rules) = nat(text);
    // Interfaces without a pool of the number have rules without an address.
    let (rules, without): (Vec<_>, Vec<_>) = rules.into_iter().partition(
        |rule| !matches!(&rule.mapped_source, AddressMatch::AnyOf(none) if none.is_empty()),
    );
    let sides = |rules: &[NatRule]| -> Vec<_> {
        rules
            .iter()
            .map(|rule| (rule.kind, name(&firewall, rule.mapped_interface)))
            .collect()
    };
    let to = |kind, side: &str| (kind, side.to_owned());
    assert_eq!(
        sides(&without),
        [
            to(NatKind::Dynamic, "inside"),
            to(NatKind::Dynamic, "dmz"),
            to(NatKind::Dynamic, "inside"),
            to(NatKind::Dynamic, "dmz"),
            to(NatKind::Dynamic, "inside"),
        ]
    );
    assert_eq!(
        sides(&rules),
        [
            to(NatKind::Exempt, ""),
            to(NatKind::Static, "outside"),
            to(NatKind::Dynamic, "outside"),
            to(NatKind::Dynamic, "outside"),
            to(NatKind::Dynamic, "outside"),
            to(NatKind::Dynamic, "dmz"),
        ]
    );
    assert!(rules[0].policy.is_some() && rules[2].policy.is_some());
    assert_eq!(
        rules[3].mapped_source,
        AddressMatch::One(v4([192, 0, 2, 50], [192, 0, 2, 60]))
    );
}

#[test]
fn nat_control_is_off_from_7_0_unless_stated_and_always_on_before() {
    let control = |text: &str| {
        firewall(&format!("{text}{INTERFACES}"))
            .nat
            .control
            .is_some()
    };
    assert!(!control("ASA Version 8.0(4)\n"));
    assert!(control("ASA Version 8.0(4)\nnat-control\n"));
    assert!(!control("ASA Version 8.0(4)\nno nat-control\n"));
    assert!(control("PIX Version 6.3(5)\n"));
}

#[test]
fn alias_is_not_modelled_and_says_so() {
    let text = "alias (inside) 10.1.0.4 192.0.2.10 255.255.255.255\n";
    assert_eq!(states(text), [LineState::NotModelled]);
    let (_, rules) = nat(text);
    assert!(!rules[0].conditions.is_empty());
}

#[test]
fn nat_control_is_on_without_a_command_before_pix_7_and_fwsm_3_1_only() {
    for (version, control) in [
        ("PIX Version 6.3(5)", true),
        ("PIX Version 7.0(1)", false),
        ("FWSM Version 2.3(4)", true),
        ("FWSM Version 3.1(4)", false),
        ("FWSM Version 4.0(3)", false),
        ("ASA Version 8.0(4)", false),
    ] {
        let text = format!("{version}\nhostname inner\naccess-list a permit ip any any\n");
        assert_eq!(firewall(&text).nat.control.is_some(), control, "{version}");
        let text = format!("{text}nat-control\n");
        assert!(firewall(&text).nat.control.is_some(), "{version}");
    }
}

#[test]
fn a_destination_service_names_the_mapped_port_first() {
    let text = "object network real\n host 10.2.0.10\nobject network public\n host 203.0.113.50\n\
        object service s25\n service tcp destination eq 25\nobject service s2525\n service tcp destination eq 2525\n\
        nat (outside,dmz) source static any any destination static public real service s2525 s25\n\
        nat (outside,dmz) source static any any destination static public real service s2525 none\n";
    let rules = firewall(text).nat.rules;
    let service = rules[0].destination_service.as_ref().expect("a service");
    assert_eq!(
        (service.mapped, service.real),
        (PortRange::one(2525), PortRange::one(25))
    );
    assert!(rules[0].conditions.is_empty() && rules[0].service.is_none());
    assert_eq!(rules[1].conditions.len(), 1, "an undefined service");
}

#[test]
fn a_policy_static_takes_its_real_address_and_port_from_its_list() {
    let text = "access-list ps extended permit tcp host 10.2.0.10 eq smtp any\n\
        access-list two extended permit ip host 10.2.0.10 any\naccess-list two extended permit ip host 10.2.0.11 any\n\
        static (dmz,outside) tcp 203.0.113.50 2525 access-list ps\n\
        static (dmz,outside) 203.0.113.51 access-list ps\n\
        static (dmz,outside) 203.0.113.52 access-list two\n";
    let rules = firewall(text).nat.rules;
    assert_eq!(rules[0].real_source, host([10, 2, 0, 10]));
    assert_eq!(rules[0].mapped_source, host([203, 0, 113, 50]));
    let service = rules[0].service.as_ref().expect("a service");
    assert_eq!(
        (service.mapped, service.real),
        (PortRange::one(2525), PortRange::one(25))
    );
    assert_eq!(rules[1].real_source, host([10, 2, 0, 10]));
    assert!(rules[1].service.is_none() && rules[1].conditions.is_empty());
    assert_eq!(rules[2].conditions.len(), 1, "two real addresses");
}
