//! Every dimension of a packet is exact, a witness is a packet that a person
//! recognises, and a set reads like a rule.

use std::net::IpAddr;

use super::build::*;
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{PortRange, Protocol};

fn packet(protocol: Protocol, ends: [&str; 2], ports: [u16; 2]) -> Packet {
    let [source, destination] = ends.map(|end| end.parse().unwrap());
    Packet {
        source,
        destination,
        protocol,
        source_port: ports[0],
        destination_port: ports[1],
    }
}

const ENDS: [&str; 2] = ["10.1.0.9", "192.0.2.10"];

/// The verdict of a list of one permit on a packet.
fn permits(rule: Rule, packet: &Packet, state: ConnectionState) -> bool {
    let firewall = firewall("one", vec![filter("list", vec![rule], Action::Deny)]);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let context = Context {
        state,
        ..Context::default()
    };
    let set = PacketSet::from(Cube::of(packet));
    let parts = engine.evaluate_filter(FilterId(0), &set, &context);
    let [part] = parts.as_slice() else {
        panic!("{} parts for one packet", parts.len());
    };
    part.outcome.verdict == PartVerdict::Permit
}

fn new(rule: &Rule, packet: &Packet) -> bool {
    permits(rule.clone(), packet, ConnectionState::New)
}

#[test]
fn a_source_and_a_destination_end_at_their_last_address() {
    for (low, high, family) in [
        ("10.1.0.8", "10.1.0.15", "10.1.0.8/29"),
        ("2001:db8::8", "2001:db8::f", "2001:db8::8/125"),
    ] {
        let other = if low.contains(':') {
            "2001:db8:1::1"
        } else {
            "192.0.2.10"
        };
        let step = |text: &str, by: i8| match text.parse::<IpAddr>().unwrap() {
            IpAddr::V4(a) => IpAddr::from(a.to_bits().wrapping_add_signed(by.into()).to_be_bytes()),
            IpAddr::V6(a) => IpAddr::from(a.to_bits().wrapping_add_signed(by.into()).to_be_bytes()),
        };
        let from = rule(Action::Permit, family, "any", ServiceMatch::Any);
        let to = rule(Action::Permit, "any", family, ServiceMatch::Any);
        for (address, inside) in [
            (step(low, -1), false),
            (step(low, 0), true),
            (step(high, 0), true),
            (step(high, 1), false),
        ] {
            let address = address.to_string();
            let there = packet(Protocol::TCP, [&address, other], [40_000, 25]);
            let back = packet(Protocol::TCP, [other, &address], [40_000, 25]);
            assert_eq!(new(&from, &there), inside, "{there}");
            assert_eq!(new(&to, &back), inside, "{back}");
        }
    }
}

#[test]
fn an_ipv4_rule_says_nothing_about_ipv6() {
    let any4 = Rule {
        source: AddressMatch::One(AddressTerm::Any4),
        ..rule(Action::Permit, "any", "any", ServiceMatch::Any)
    };
    let v6 = packet(Protocol::TCP, ["2001:db8::1", "2001:db8::2"], [40_000, 25]);
    assert!(!new(&any4, &v6));
    assert!(new(&any4, &packet(Protocol::TCP, ENDS, [40_000, 25])));
}

#[test]
fn ports_end_at_their_last_port_on_both_sides() {
    let ports = |low, high| PortMatch::Range(PortRange::new(low, high).unwrap());
    let service = |source, destination| {
        let term = ServiceTerm::Inline {
            protocol: ProtocolMatch::One(Protocol::UDP),
            source,
            destination,
        };
        rule(Action::Permit, "any", "any", ServiceMatch::One(term))
    };
    for (low, high) in [(0u16, 0u16), (500, 510), (65_535, 65_535), (0, 65_535)] {
        let near = [low.saturating_sub(1), low, high, high.saturating_add(1)];
        for port in near {
            let inside = (low..=high).contains(&port);
            let from = packet(Protocol::UDP, ENDS, [port, 53]);
            let to = packet(Protocol::UDP, ENDS, [1024, port]);
            assert_eq!(
                new(&service(ports(low, high), PortMatch::Any), &from),
                inside
            );
            assert_eq!(new(&service(PortMatch::Any, ports(low, high)), &to), inside);
        }
    }
    let other = packet(Protocol::TCP, ENDS, [1024, 505]);
    assert!(!new(&service(PortMatch::Any, ports(500, 510)), &other));
}

#[test]
fn every_protocol_is_told_from_its_neighbours() {
    for number in 0..=u8::MAX {
        let protocol = Protocol(number);
        let term = ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Any,
        };
        let one = rule(Action::Permit, "any", "any", ServiceMatch::One(term));
        for other in [number.wrapping_sub(1), number, number.wrapping_add(1)] {
            let packet = packet(Protocol(other), ENDS, [0, 0]);
            assert_eq!(new(&one, &packet), other == number, "{number} and {other}");
        }
    }
}

#[test]
fn type_and_code_of_icmp_are_told_apart() {
    for protocol in [Protocol::ICMP, Protocol::ICMP6] {
        let ends = if protocol == Protocol::ICMP {
            ENDS
        } else {
            ["2001:db8::1", "2001:db8::2"]
        };
        let only = |kind, code| {
            let term = ServiceTerm::Icmp(IcmpMatch {
                protocol,
                kind,
                code,
            });
            rule(Action::Permit, "any", "any", ServiceMatch::One(term))
        };
        let sent = |kind: u16, code: u16| packet(protocol, ends, [0, kind << 8 | code]);
        assert!(new(&only(Some(3), Some(4)), &sent(3, 4)));
        assert!(!new(&only(Some(3), Some(4)), &sent(3, 3)));
        assert!(!new(&only(Some(3), Some(4)), &sent(4, 4)));
        assert!(new(&only(Some(3), None), &sent(3, 255)));
        assert!(!new(&only(Some(3), None), &sent(4, 0)));
        assert!(!new(&only(Some(3), None), &sent(2, 255)));
        assert!(new(&only(None, None), &sent(255, 255)));
        let udp = packet(Protocol::UDP, ends, [0, 3 << 8 | 4]);
        assert!(!new(&only(Some(3), Some(4)), &udp));
    }
}

#[test]
fn the_state_of_a_connection_is_a_condition_of_its_own() {
    let packet = packet(Protocol::TCP, ENDS, [40_000, 25]);
    for (wanted, on_new, on_established) in [
        (StateMatch::Any, true, true),
        (StateMatch::New, true, false),
        (StateMatch::Established, false, true),
    ] {
        let rule = Rule {
            state: wanted,
            ..rule(Action::Permit, "any", "any", ServiceMatch::Any)
        };
        assert_eq!(permits(rule.clone(), &packet, ConnectionState::New), on_new);
        let established = permits(rule, &packet, ConnectionState::Established);
        assert_eq!(established, on_established);
    }
}

fn set(source: &str, destination: &str, protocols: &[Protocol], ports: &[(u16, u16)]) -> PacketSet {
    let addresses = |text: &str| match text {
        "any" => IpSet::ALL,
        text => IpSet::from(net(text)),
    };
    PacketSet::from(Cube {
        source: addresses(source),
        destination: addresses(destination),
        protocols: protocols.iter().copied().collect(),
        source_ports: PortSet::ALL,
        destination_ports: PortSet::of(ports.to_vec()),
    })
}

#[test]
fn a_witness_is_the_smallest_packet_where_nothing_is_known_by_name() {
    let set = set(
        "10.1.0.16/28",
        "192.0.2.7",
        &[Protocol::UDP],
        &[(9000, 9100)],
    );
    let witness = set.witness(&[]).unwrap();
    // The first address of a network is its own name, not a host.
    assert_eq!(
        witness,
        packet(Protocol::UDP, ["10.1.0.17", "192.0.2.7"], [40_000, 9000])
    );
    // The smallest of several cubes.
    let mut both = set.clone();
    both.insert(&Cube::of(&packet(
        Protocol::UDP,
        ["10.1.0.2", "192.0.2.7"],
        [40_000, 9050],
    )));
    let least = both.witness(&[]).unwrap();
    assert_eq!(least.source.to_string(), "10.1.0.2");
}

#[test]
fn a_witness_names_a_server_before_it_is_small() {
    let named: Vec<IpAddr> = vec!["10.1.0.30".parse().unwrap(), "2001:db8::9".parse().unwrap()];
    let set = set(
        "10.1.0.0/16",
        "any",
        &[Protocol::TCP, Protocol::UDP],
        &[(1, 600)],
    );
    let witness = set.witness(&named).unwrap();
    assert_eq!(witness.source.to_string(), "10.1.0.30");
    assert!(witness.destination.is_ipv4(), "{witness}");
    assert_eq!(
        (witness.protocol, witness.destination_port),
        (Protocol::TCP, 25)
    );
}

#[test]
fn a_witness_of_icmp_is_an_echo_request() {
    for (protocol, ends, echo) in [
        (Protocol::ICMP, ["10.1.0.9", "192.0.2.10"], 8 << 8),
        (Protocol::ICMP6, ["2001:db8::1", "2001:db8::2"], 128 << 8),
    ] {
        let set = set(ends[0], ends[1], &[protocol], &[(0, u16::MAX)]);
        assert_eq!(set.witness(&[]).unwrap().destination_port, echo);
    }
}

#[test]
fn a_set_of_many_pieces_is_described_in_bounded_length() {
    let mut many = PacketSet::EMPTY;
    for host in 0..200u32 {
        many.insert(&Cube {
            source: IpSet::from(net(&format!("10.1.{host}.1"))),
            destination_ports: PortSet::range(host as u16, host as u16 + 300),
            protocols: ProtocolSet::one(Protocol::TCP),
            ..Cube::ALL
        });
    }
    let text = many.describe();
    assert!(
        text.len() < 1_000 && text.ends_with("194 more parts"),
        "{text}"
    );
}

#[test]
fn a_description_reads_like_a_rule() {
    let cases = [
        (
            set(
                "10.1.0.0/16",
                "192.0.2.10",
                &[Protocol::TCP],
                &[(25, 25), (587, 587)],
            ),
            "tcp 25 and 587 from 10.1.0.0/16 to 192.0.2.10",
        ),
        (
            set("2001:db8::/64", "any", &[Protocol::UDP], &[(53, 53)]),
            "udp 53 from 2001:db8::/64 to any",
        ),
        (
            set("any", "any", &[Protocol::ICMP], &[(8 << 8, 8 << 8)]),
            "icmp type 8 code 0 from any to any",
        ),
        (PacketSet::all(), "any protocol from any to any"),
        (PacketSet::EMPTY, "no packet"),
    ];
    for (set, text) in cases {
        assert_eq!(set.describe(), text);
    }
    let hole = IpSet::from(net("10.1.0.0/16")).subtract(&IpSet::from(net("10.1.3.0/24")));
    let ports = PortSet::range(1, 1000).subtract(&PortSet::one(25));
    let set = PacketSet::from(Cube {
        source: hole,
        protocols: ProtocolSet::one(Protocol::TCP),
        destination_ports: ports,
        ..Cube::ALL
    });
    assert_eq!(
        set.describe(),
        "tcp 1-24 and 26-1000 from 10.1.0.0/16 except 10.1.3.0/24 to any"
    );
}
