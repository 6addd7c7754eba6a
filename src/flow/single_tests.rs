//! The fast path against the set engine.

use proptest::prelude::*;

use super::super::tests::{build, generate, naive};
use super::*;
use crate::flow::packets::PacketSet;
use crate::flow::sets::{IpSet, ProtocolSet};
use crate::model::firewall::*;

/// Random firewalls; `EXLINT_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("EXLINT_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(48)
}

fn context(established: bool, egress: Option<u32>) -> Context {
    Context {
        ingress: Some(InterfaceId(0)),
        egress: egress.map(InterfaceId),
        state: if established {
            ConnectionState::Established
        } else {
            ConnectionState::New
        },
        new_destination: None,
    }
}

/// Both answers for some packets are the same, where the fast path has one.
fn agree(firewall: &Firewall, asked: &[Cube], context: &Context) -> Result<(), TestCaseError> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let single = Single::new(&engine);
    for packets in asked {
        for index in 0..firewall.filters.len() {
            let filter = FilterId(index as u32);
            let Some(decided) = single.decide(filter, packets, context) else {
                continue;
            };
            let set = PacketSet::from(packets.clone());
            let parts = engine.evaluate_filter(filter, &set, context);
            prop_assert_eq!(parts.len(), 1, "{:?}", parts);
            prop_assert_eq!(parts[0].outcome.verdict, decided.verdict);
            prop_assert_eq!(&parts[0].outcome.by, &vec![decided.by]);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_single_packet_gets_the_answer_of_the_set_engine(
        firewall in generate::any_firewall(12),
        established in any::<bool>(),
        egress in proptest::option::of(0..2u32),
    ) {
        let packets: Vec<Cube> = naive::universe().iter().map(Cube::of).collect();
        agree(&firewall, &packets, &context(established, egress))?;
    }

    #[test]
    fn a_range_of_ports_gets_the_answer_of_the_set_engine_or_none(
        firewall in generate::any_firewall(12),
        ports in (18..30u16, 0..8u16),
        addresses in (0..8u32, 0..8u32),
    ) {
        let host = |n: u32| IpSet::host(std::net::IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0A00_0000 + n)));
        let cube = Cube {
            source: host(addresses.0),
            destination: host(addresses.1),
            protocols: ProtocolSet::one(Protocol::TCP),
            source_ports: PortSet::ALL,
            destination_ports: PortSet::range(ports.0, ports.0 + ports.1),
        };
        agree(&firewall, &[cube], &context(false, Some(1)))?;
    }
}

#[test]
fn the_fast_path_decides_most_packets() {
    let mut rules = Vec::new();
    for n in 0..200u32 {
        let net = format!("10.{}.{}.0/24", n / 100, n % 100);
        let action = if n % 3 == 0 {
            Action::Deny
        } else {
            Action::Permit
        };
        rules.push(build::rule(
            action,
            "any",
            &net,
            build::tcp(20 + (n % 5) as u16, 25),
        ));
    }
    let firewall = build::firewall("f", vec![build::filter("list", rules, Action::Deny)]);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let single = Single::new(&engine);
    for n in 0..200u32 {
        let packet = crate::flow::Packet {
            source: "192.0.2.1".parse().unwrap(),
            destination: format!("10.{}.{}.9", n / 100, n % 100).parse().unwrap(),
            protocol: Protocol::TCP,
            source_port: 40_000,
            destination_port: 25,
        };
        let decided = single
            .decide(FilterId(0), &Cube::of(&packet), &context(false, None))
            .expect("no rule is uncertain");
        assert_eq!(
            decided.by.rule,
            Some(n),
            "rule {n} is the only one for its network"
        );
        assert_eq!(decided.verdict == PartVerdict::Deny, n % 3 == 0);
    }
}

#[test]
fn a_list_that_calls_itself_is_left_to_the_set_engine() {
    let calls = build::rule(Action::Jump(FilterId(0)), "any", "any", ServiceMatch::Any);
    let firewall = build::firewall("f", vec![build::filter("list", vec![calls], Action::Deny)]);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let packet = naive::universe().into_iter().next().expect("a packet");
    let single = Single::new(&engine);
    assert_eq!(
        single.decide(FilterId(0), &Cube::of(&packet), &context(false, None)),
        None
    );
}

#[test]
fn networks_are_no_single_packets() {
    let firewall = build::firewall("f", vec![build::filter("list", Vec::new(), Action::Permit)]);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    assert_eq!(
        Single::new(&engine).decide(FilterId(0), &Cube::ALL, &context(false, None)),
        None
    );
}
