//! The algebra of sets against membership of single packets.

use proptest::prelude::*;

use super::cases::cases;
use super::generate::BASE6;
use super::naive::universe;
use crate::flow::*;
use crate::model::net::Protocol;

fn ranges() -> impl Strategy<Value = RangeSet<u16>> {
    proptest::collection::vec((0..12u16, 0..5u16), 0..4)
        .prop_map(|pairs| RangeSet::of(pairs.into_iter().map(|(a, n)| (a, a + n)).collect()))
}

fn edges() -> impl Strategy<Value = RangeSet<u16>> {
    // Both ends of the domain, where adding one overflows.
    proptest::collection::vec((prop_oneof![0..3u16, 65_530..=65_535u16], 0..9u16), 0..4).prop_map(
        |pairs| {
            RangeSet::of(
                pairs
                    .into_iter()
                    .map(|(a, n)| (a, a.saturating_add(n)))
                    .collect(),
            )
        },
    )
}

fn addresses() -> impl Strategy<Value = IpSet> {
    prop_oneof![
        1 => Just(IpSet::ALL),
        1 => Just(IpSet::ALL6),
        2 => (0..4u128, 0..4u128, 0..8u32).prop_map(|(a, n, v4)| IpSet {
            v4: RangeSet::range(0x0A00_0000 + v4, 0x0A00_0007),
            v6: RangeSet::range(BASE6 + a, BASE6 + a + n),
        }),
        6 => proptest::collection::vec((0..8u32, 0..4u32), 0..3).prop_map(|pairs| {
            IpSet {
                v4: RangeSet::of(
                    pairs
                        .into_iter()
                        .map(|(a, n)| (0x0A00_0000 + a, 0x0A00_0000 + a + n))
                        .collect(),
                ),
                v6: RangeSet::EMPTY,
            }
        }),
    ]
}

fn cube() -> impl Strategy<Value = Cube> {
    let protocols = prop_oneof![
        Just(ProtocolSet::ALL),
        Just(ProtocolSet::one(Protocol::TCP)),
        Just([Protocol::TCP, Protocol::UDP].into_iter().collect()),
    ];
    let ports = prop_oneof![
        2 => Just(PortSet::ALL),
        3 => (20..28u16, 0..5u16).prop_map(|(a, n)| PortSet::range(a, a + n)),
    ];
    let sources = prop_oneof![
        3 => Just(PortSet::ALL),
        1 => Just(PortSet::range(1024, u16::MAX)),
    ];
    (addresses(), addresses(), protocols, sources, ports).prop_map(
        |(source, destination, protocols, source_ports, destination_ports)| Cube {
            source,
            destination,
            // A port condition is only for protocols with ports.
            protocols: if source_ports.is_all() && destination_ports.is_all() {
                protocols
            } else {
                protocols.intersect(ProtocolSet::with_ports())
            },
            source_ports,
            destination_ports,
        },
    )
}

fn set() -> impl Strategy<Value = PacketSet> {
    proptest::collection::vec(cube(), 0..4).prop_map(|cubes| {
        let mut set = PacketSet::EMPTY;
        for cube in &cubes {
            set.insert(cube);
        }
        set
    })
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn range_sets_behave_like_sets_of_numbers(
        (a, b) in prop_oneof![(ranges(), ranges()), (edges(), edges())],
    ) {
        let domain = (0..40u16).chain(65_500..=65_535);
        for x in domain {
            let (in_a, in_b) = (a.contains(x), b.contains(x));
            prop_assert_eq!(a.union(&b).contains(x), in_a || in_b);
            prop_assert_eq!(a.intersect(&b).contains(x), in_a && in_b);
            prop_assert_eq!(a.subtract(&b).contains(x), in_a && !in_b);
            prop_assert_eq!(a.complement().contains(x), !in_a);
        }
        let all = || 0..=u16::MAX;
        prop_assert_eq!(a.includes(&b), all().all(|x| !b.contains(x) || a.contains(x)));
        prop_assert_eq!(a.overlaps(&b), all().any(|x| b.contains(x) && a.contains(x)));
        prop_assert_eq!(a.size(), all().filter(|x| a.contains(*x)).count() as u128);
        // Equal sets have one representation.
        prop_assert_eq!(a.subtract(&b).union(&a.intersect(&b)), a.clone());
        prop_assert_eq!(a.complement().complement(), a);
    }

    #[test]
    fn packet_sets_behave_like_sets_of_packets(a in set(), b in set()) {
        let (union, both, less) = (a.union(&b), a.intersect(&b), a.subtract(&b));
        for packet in universe() {
            let (in_a, in_b) = (a.contains(&packet), b.contains(&packet));
            prop_assert_eq!(union.contains(&packet), in_a || in_b);
            prop_assert_eq!(both.contains(&packet), in_a && in_b);
            prop_assert_eq!(less.contains(&packet), in_a && !in_b);
        }
        prop_assert!(less.union(&both).same(&a));
        prop_assert!(union.includes(&a) && union.includes(&b));
        prop_assert_eq!(less.is_empty(), b.includes(&a));
        for set in [&union, &both, &less] {
            for (index, cube) in set.cubes().iter().enumerate() {
                prop_assert!(!cube.is_empty());
                prop_assert!(set.cubes().iter().skip(index + 1).all(|o| !o.overlaps(cube)));
            }
            if let Some(witness) = set.witness(&[]) {
                prop_assert!(set.contains(&witness));
            } else {
                prop_assert!(set.is_empty());
            }
        }
    }
}

#[test]
fn a_witness_prefers_named_addresses_and_known_ports() {
    let set = PacketSet::from(Cube {
        source: IpSet::from(super::build::net("10.1.0.0/16")),
        destination: IpSet::ALL4,
        protocols: ProtocolSet::ALL,
        ..Cube::ALL
    });
    let witness = set.witness(&["10.1.0.25".parse().unwrap()]).unwrap();
    assert_eq!(witness.source.to_string(), "10.1.0.25");
    assert_eq!(
        (witness.source_port, witness.destination_port),
        (40_000, 25)
    );
}

#[test]
fn a_description_names_holes_and_ports() {
    let network = IpSet::from(super::build::net("10.1.0.0/16"));
    let hole = IpSet::from(super::build::net("10.1.3.0/24"));
    let set = PacketSet::from(Cube {
        source: network.subtract(&hole),
        destination: IpSet::ALL,
        protocols: ProtocolSet::one(Protocol::TCP),
        source_ports: PortSet::ALL,
        destination_ports: PortSet::of(vec![(25, 25), (587, 587)]),
    });
    assert_eq!(
        set.describe(),
        "tcp 25 and 587 from 10.1.0.0/16 except 10.1.3.0/24 to any"
    );
}
