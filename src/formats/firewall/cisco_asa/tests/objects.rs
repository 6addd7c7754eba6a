//! Names, objects and groups.

use super::*;
use crate::model::firewall::IcmpMatch;

fn members(firewall: &Firewall, name: &str) -> Vec<AddressTerm> {
    let object = firewall
        .address_objects
        .iter()
        .find(|o| o.name == name)
        .expect("the object is there");
    object
        .members
        .iter()
        .map(|member| member.value.clone())
        .collect()
}

fn services(firewall: &Firewall, name: &str) -> Vec<ServiceTerm> {
    let object = firewall
        .service_objects
        .iter()
        .find(|o| o.name == name)
        .expect("the object is there");
    object
        .services
        .iter()
        .map(|service| service.value.clone())
        .collect()
}

fn inline(protocol: Protocol, source: PortMatch, destination: PortMatch) -> ServiceTerm {
    ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source,
        destination,
    }
}

#[test]
fn objects_hold_hosts_networks_ranges_and_names() {
    let text = "object network EXCHANGE_SMTP(SSL)\n host 10.1.0.4\nobject network lan\n subnet 10.1.0.0 255.255.0.0\n\
        object network pool\n range 10.1.0.10 10.1.0.20\nobject network six\n subnet 2001:db8::/32\n\
        object network web\n fqdn v4 www.fabrikam.com\n";
    let firewall = firewall(text);
    assert_eq!(
        members(&firewall, "EXCHANGE_SMTP(SSL)"),
        [v4([10, 1, 0, 4], [10, 1, 0, 4])]
    );
    assert_eq!(
        members(&firewall, "lan"),
        [v4([10, 1, 0, 0], [10, 1, 255, 255])]
    );
    assert_eq!(
        members(&firewall, "pool"),
        [v4([10, 1, 0, 10], [10, 1, 0, 20])]
    );
    assert!(matches!(
        members(&firewall, "six")[..],
        [AddressTerm::V6(_)]
    ));
    let [AddressTerm::Unknown(reason)] = members(&firewall, "web")[..] else {
        panic!("unknown")
    };
    let reason = &firewall.not_modelled[reason.0 as usize].reason;
    assert!(reason.contains("www.fabrikam.com"), "{reason}");
}

#[test]
fn a_second_stanza_of_an_object_replaces_its_address() {
    let firewall = firewall("object network a\n host 10.1.0.4\nobject network a\n host 10.1.0.5\n");
    assert_eq!(members(&firewall, "a"), [v4([10, 1, 0, 5], [10, 1, 0, 5])]);
    assert_eq!(firewall.address_objects.len(), 1);
}

#[test]
fn object_names_are_case_sensitive() {
    let firewall =
        firewall("object network Mail\n host 10.1.0.4\nobject network mail\n host 10.1.0.5\n");
    assert_eq!(firewall.address_objects.len(), 2);
}

#[test]
fn an_object_and_a_group_of_one_name_are_two_things() {
    let text = "object network mail\n host 10.1.0.4\nobject-group network mail\n network-object host 10.1.0.5\n\
        access-list a extended permit ip object mail object-group mail\n";
    let firewall = firewall(text);
    let rule = &filter(&firewall, "a").rules[0];
    assert_ne!(rule.source, rule.destination);
}

#[test]
fn a_missing_or_empty_object_is_unknown_and_never_empty() {
    let text = "object network hollow\nobject-group network empty\n\
        access-list a extended permit ip object missing object hollow\n\
        access-list a extended permit ip object-group empty any\n";
    let firewall = firewall(text);
    for name in ["missing", "hollow", "empty"] {
        assert!(
            matches!(members(&firewall, name)[..], [AddressTerm::Unknown(_)]),
            "{name}"
        );
    }
}

#[test]
fn groups_nest_and_may_be_defined_after_their_use() {
    let text = "object-group network all\n group-object sites\n network-object object lone\n\
        object-group network sites\n network-object 10.2.0.0 255.255.0.0\n network-object host 10.3.0.1\n\
        object network lone\n host 10.4.0.1\n";
    let firewall = firewall(text);
    assert!(matches!(
        members(&firewall, "all")[..],
        [AddressTerm::Object(_), AddressTerm::Object(_)]
    ));
    assert_eq!(members(&firewall, "sites").len(), 2);
}

#[test]
fn a_group_that_holds_itself_is_cut_where_it_does() {
    let text = "object-group network a\n group-object b\n network-object host 10.1.0.1\n\
        object-group network b\n group-object a\n network-object host 10.1.0.2\n\
        object-group service s\n group-object s\n service-object tcp destination eq 25\n";
    let firewall = firewall(text);
    let unknown = |name| {
        members(&firewall, name)
            .iter()
            .filter(|m| matches!(m, AddressTerm::Unknown(_)))
            .count()
    };
    assert_eq!(unknown("a") + unknown("b"), 1);
    assert!(matches!(
        services(&firewall, "s")[0],
        ServiceTerm::Unknown(_)
    ));
}

#[test]
fn service_objects_know_source_and_destination() {
    let one = |port| PortMatch::Range(PortRange::one(port));
    let text = "object service a\n service tcp source eq https destination eq 8443\n\
        object service b\n service 41\nobject service c\n service icmp echo\n\
        object-group service d\n service-object udp eq 1235\n service-object tcp-udp destination eq sip\n service-object esp\n service-object ip\n";
    let firewall = firewall(text);
    assert_eq!(
        services(&firewall, "a"),
        [inline(Protocol::TCP, one(443), one(8443))]
    );
    assert_eq!(
        services(&firewall, "b"),
        [inline(Protocol(41), PortMatch::Any, PortMatch::Any)]
    );
    let echo = IcmpMatch {
        protocol: Protocol::ICMP,
        kind: Some(8),
        code: None,
    };
    assert_eq!(services(&firewall, "c"), [ServiceTerm::Icmp(echo)]);
    assert_eq!(
        services(&firewall, "d"),
        [
            inline(Protocol::UDP, PortMatch::Any, one(1235)),
            inline(Protocol::TCP, PortMatch::Any, one(5060)),
            inline(Protocol::UDP, PortMatch::Any, one(5060)),
            inline(Protocol(50), PortMatch::Any, PortMatch::Any),
            ServiceTerm::Inline {
                protocol: ProtocolMatch::Any,
                source: PortMatch::Any,
                destination: PortMatch::Any
            },
        ]
    );
}

#[test]
fn port_groups_hold_ports_and_are_unknown_as_services() {
    let text = "object-group service mail tcp\n description web and mail\n port-object eq smtp\n port-object range 587 588\n group-object web\n\
        object-group service web tcp\n port-object eq www\n";
    let firewall = firewall(text);
    let mail = firewall
        .service_objects
        .iter()
        .find(|o| o.name == "mail")
        .expect("mail");
    assert_eq!(mail.ports.len(), 3);
    assert!(matches!(
        mail.services[..],
        [crate::source::Spanned {
            value: ServiceTerm::Unknown(_),
            ..
        }]
    ));
}

#[test]
fn an_unknown_port_or_protocol_is_unknown_and_the_line_says_so() {
    let text = "object-group service mail tcp\n port-object eq frobnicate\nobject-group protocol p\n protocol-object frobnicate\n";
    assert_eq!(
        states(text),
        [
            LineState::Modelled,
            LineState::NotModelled,
            LineState::Modelled,
            LineState::NotModelled
        ]
    );
}

#[test]
fn definitions_and_uses_of_names_are_recorded() {
    let text = "object network mail\n host 10.1.0.4\naccess-list a extended permit tcp any object mail eq smtp\n\
        access-group a in interface outside\n";
    let firewall = firewall(text);
    let has = |kind: &str, name: &str, definition: bool| {
        firewall
            .references
            .iter()
            .any(|r| r.kind == kind && r.name == name && r.definition == definition)
    };
    for definition in [true, false] {
        assert!(has("object network", "mail", definition));
        assert!(has("access-list", "a", definition));
    }
}

#[test]
fn redacted_addresses_are_unknown_and_take_their_mask_with_them() {
    let text = "access-list a extended permit tcp any xx.xx.xxx.xx 255.255.255.248 eq smtp\n";
    let rule = rule(text);
    assert!(matches!(
        rule.destination,
        AddressMatch::One(AddressTerm::Unknown(_))
    ));
    assert_eq!(rule.service, to_port(Protocol::TCP, 25));
}

#[test]
fn a_member_that_cannot_be_read_stays_in_its_group_as_unknown() {
    let text = "\
object-group network servers
 network-object host 10.1.2.3
 network-object
 network-objet host 10.1.2.4
object-group service mail tcp
 port-object eq 25
 port-object eq
object-group service all
 service-object tcp eq 25
 service-object tcp eq
object-group protocol both
 protocol-object tcp
 protocol-object
object-group icmp-type pings
 icmp-object echo
 icmp-object
access-list a extended permit ip any any
";
    let firewall = firewall(text);
    let servers = &firewall.address_objects[0].members;
    assert_eq!(servers.len(), 3);
    for member in &servers[1..] {
        assert!(matches!(member.value, AddressTerm::Unknown(_)));
    }
    let mail = &firewall.service_objects[0].ports;
    assert!(matches!(mail[1].value, PortMatch::Unknown(_)));
    for group in &firewall.service_objects[1..] {
        assert!(
            matches!(group.services[1].value, ServiceTerm::Unknown(_)),
            "{}",
            group.name
        );
    }
    let lost = states(text)
        .iter()
        .filter(|state| **state == LineState::NotModelled)
        .count();
    assert_eq!(lost, 6);
}

#[test]
fn a_member_without_indentation_that_cannot_be_read_is_unknown_too() {
    let text = "\
object-group network servers
network-object host 10.1.2.3
network-objet host 10.1.2.4
access-list a extended permit ip any any
";
    let firewall = firewall(text);
    let servers = &firewall.address_objects[0].members;
    assert!(matches!(servers[1].value, AddressTerm::Unknown(_)));
}
