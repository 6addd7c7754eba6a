use super::*;

const SERVERS: &str = "[[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.10\"]\n\
    [[server]]\nname = \"cas1\"\nroles = [\"cas\"]\naddresses = [\"10.1.0.11\"]\n\
    [[server]]\nname = \"hub1\"\nroles = [\"hub\"]\naddresses = [\"10.1.0.12\"]\n\
    [[server]]\nname = \"mbx1\"\nroles = [\"mailbox\"]\naddresses = [\"10.3.0.21\"]\n\
    [[server]]\nname = \"far1\"\nroles = [\"hub\"]\naddresses = [\"172.16.0.5\"]\n\
    [[server]]\nname = \"two1\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.11\", \"10.1.0.99\"]\n\
    [[server]]\nname = \"ccr1\"\nroles = [\"mailbox\"]\naddresses = [\"10.3.0.31\", \"192.168.77.1\"]\n\
    [[server]]\nname = \"none\"\nroles = [\"hub\"]\n";

fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("dmz", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .interface("core", 90, "10.2.0.1/24")
            .route("core", "10.3.0.0/16", "10.2.0.254");
    })
    .inventory(SERVERS);
    lab
}

fn answer(estate: &Estate, a: &str, b: &str) -> (Answer, Vec<String>) {
    let id = firewall(estate, "inner");
    let crossing = between(estate, id, server(estate, a), server(estate, b));
    let back = between(estate, id, server(estate, b), server(estate, a));
    assert_eq!(crossing.answer, back.answer, "both ways alike");
    (crossing.answer, crossing.why)
}

#[test]
fn the_longest_prefix_decides_and_a_connected_network_wins_a_tie() {
    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("a", 0, "10.0.0.1/8")
            .interface("b", 50, "10.1.0.1/16")
            .interface("c", 60, "192.168.0.1/24")
            .route("c", "10.1.2.0/24", "192.168.0.9")
            .route("c", "10.1.0.0/16", "192.168.0.9")
            .route("a", "0.0.0.0/0", "10.0.0.9");
    });
    let estate = lab.join();
    let known = &estate.firewalls.first().expect("a firewall").firewall;
    let at = |ip: &str| {
        let (id, strength, _) = interface_of(known, ip.parse().expect("an address"))?;
        let name = known.interfaces.get(id.0 as usize)?.name.value.clone();
        Some((name, strength))
    };
    let expected = |name: &str, strength| Some((name.to_owned(), strength));
    assert_eq!(at("10.9.9.9"), expected("a", Strength::Connected));
    assert_eq!(at("10.1.9.9"), expected("b", Strength::Connected));
    assert_eq!(at("10.1.2.9"), expected("c", Strength::Routed));
    assert_eq!(at("8.8.8.8"), expected("a", Strength::DefaultRoute));
    assert_eq!(at("2001:db8::1"), None);
}

#[test]
fn interfaces_that_are_shut_down_place_nothing() {
    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("a", 0, "10.0.0.1/24");
        let span = f.firewall.name.span;
        f.firewall.interfaces[0].shutdown = Some(span);
    });
    let estate = lab.join();
    let known = &estate.firewalls.first().expect("a firewall").firewall;
    assert_eq!(
        interface_of(known, "10.0.0.9".parse().expect("an address")),
        None
    );
    assert_eq!(estate.zones.len(), 0);
}

#[test]
fn a_firewall_is_between_machines_behind_different_interfaces() {
    let estate = lab().join();
    assert_eq!(answer(&estate, "edge1", "hub1"), (Answer::Yes, vec![]));
    assert_eq!(answer(&estate, "cas1", "mbx1"), (Answer::Yes, vec![]));
    assert_eq!(answer(&estate, "cas1", "hub1"), (Answer::No, vec![]));
    assert_eq!(answer(&estate, "cas1", "cas1"), (Answer::No, vec![]));
    let id = firewall(&estate, "inner");
    let crossing = between(
        &estate,
        id,
        server(&estate, "cas1"),
        server(&estate, "mbx1"),
    );
    assert_eq!(crossing.weakest, Strength::Routed);
    let (a, b) = crossing.sides.expect("two sides");
    assert_eq!(
        (a.ip.to_string(), b.ip.to_string()),
        ("10.1.0.11".into(), "10.3.0.21".into())
    );
    assert_ne!(a.place.interface, b.place.interface);
}

#[test]
fn a_firewall_without_a_route_to_a_machine_is_not_between() {
    let estate = lab().join();
    assert_eq!(answer(&estate, "far1", "hub1").0, Answer::No);
}

#[test]
fn a_default_route_alone_leaves_the_answer_open() {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("dmz", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .route("dmz", "0.0.0.0/0", "192.0.2.1");
    })
    .inventory(SERVERS);
    let estate = lab.join();
    let (result, why) = answer(&estate, "far1", "hub1");
    assert_eq!(result, Answer::Unknown);
    assert_eq!(why, ["only the default route of inner leads to 172.16.0.5"]);
    // Both by the default route: the same interface.
    assert_eq!(answer(&estate, "far1", "mbx1").0, Answer::No);
}

#[test]
fn a_machine_with_addresses_on_both_sides_leaves_the_answer_open() {
    let estate = lab().join();
    let (result, why) = answer(&estate, "two1", "hub1");
    assert_eq!(result, Answer::Unknown);
    assert_eq!(
        why,
        [
            "inner stands between 192.0.2.11 and 10.1.0.12",
            "inner does not stand between 10.1.0.99 and 10.1.0.12",
        ]
    );
}

#[test]
fn a_heartbeat_network_that_no_firewall_touches_does_not_count() {
    let estate = lab().join();
    assert_eq!(answer(&estate, "ccr1", "cas1").0, Answer::Yes);
}

#[test]
fn a_machine_without_an_address_leaves_the_answer_open() {
    let estate = lab().join();
    let (result, why) = answer(&estate, "none", "hub1");
    assert_eq!(result, Answer::Unknown);
    assert_eq!(why, ["no address of none is known"]);
}

#[test]
fn a_transparent_firewall_leaves_the_answer_open() {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("outside", 0, "10.1.0.1/24").transparent();
    })
    .inventory(SERVERS);
    let estate = lab.join();
    let (result, why) = answer(&estate, "cas1", "hub1");
    assert_eq!(result, Answer::Unknown);
    assert_eq!(why, ["inner is transparent: both sides have one network"]);
    assert!(asks(&estate, "device-mode", "inner"));
}

#[test]
fn dynamic_routing_leaves_routed_places_open_and_connected_ones_certain() {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("dmz", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .interface("core", 90, "10.2.0.1/24")
            .route("core", "10.3.0.0/16", "10.2.0.254")
            .dynamic_routing();
    })
    .inventory(SERVERS);
    let estate = lab.join();
    assert_eq!(answer(&estate, "edge1", "hub1").0, Answer::Yes);
    assert_eq!(answer(&estate, "cas1", "mbx1").0, Answer::Unknown);
    assert_eq!(answer(&estate, "far1", "hub1").0, Answer::Unknown);
}

#[test]
fn contexts_that_use_one_address_space_leave_the_answer_open() {
    let mut lab = Lab::new();
    for name in ["inner", "other"] {
        lab.firewall(name, |f| {
            f.interface("dmz", 0, "192.0.2.2/24")
                .interface("inside", 100, "10.1.0.1/24");
        });
    }
    lab.inventory(SERVERS);
    let estate = lab.join();
    let (result, why) = answer(&estate, "edge1", "hub1");
    assert_eq!(result, Answer::Unknown);
    assert!(
        why.iter().any(|why| why.contains("several networks")),
        "{why:?}"
    );
    assert!(asks(&estate, "server-zone", "hub1"));
}

#[test]
fn a_declared_zone_places_addresses_that_no_route_shows() {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("dmz", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24");
    })
    .inventory(&format!(
        "{SERVERS}[[zone]]\nname = \"far\"\nclass = \"internal\"\nat = [\"inner:inside\"]\n\
         networks = [\"172.16.0.0/16\"]\n"
    ));
    let estate = lab.join();
    assert_eq!(answer(&estate, "far1", "edge1").0, Answer::Yes);
    assert_eq!(answer(&estate, "far1", "hub1").0, Answer::No);
    let address = find(&estate, "far1").addresses.first().expect("an address");
    let zone = address.zone.and_then(|id| estate.zones.get(id.0 as usize));
    assert_eq!(zone.map(|zone| zone.name.as_str()), Some("far"));
}

#[test]
fn a_route_to_another_firewall_of_the_run_places_nothing_in_the_zone_between() {
    let mut lab = Lab::new();
    lab.firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("dmz", 50, "192.0.2.1/24")
            .route("dmz", "10.0.0.0/8", "192.0.2.2");
    })
    .firewall("inner", |f| {
        f.interface("dmz", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24");
    })
    .inventory(SERVERS);
    let estate = lab.join();
    let zone_name = |ip: &str| match zone_of(&estate, ip.parse().expect("an address")) {
        ZonePlacement::In { zone, .. } => estate.zones.get(zone.0 as usize).map(|z| z.name.clone()),
        _ => None,
    };
    assert_eq!(zone_name("10.1.0.11").as_deref(), Some("inner:inside"));
    assert_eq!(zone_name("10.3.0.21"), None);
    assert_eq!(zone_name("192.0.2.10").as_deref(), Some("inner:dmz"));
    // Seen from the outer firewall, both are behind the perimeter.
    let outer = firewall(&estate, "outer");
    let crossing = between(
        &estate,
        outer,
        server(&estate, "edge1"),
        server(&estate, "hub1"),
    );
    assert_eq!(crossing.answer, Answer::No);
}

#[test]
fn a_nodes_address_proves_nothing_about_its_cluster() {
    let mut lab = lab();
    lab.export(
        "m.txt",
        "Get-MailboxServer",
        "Name : CMS1\nRedundantMachines : {NODE1, NODE2}\n",
    )
    .export_on(
        "n.txt",
        "Get-NetworkConnectionInfo",
        Some("NODE1"),
        "Name : NIC\nIPAddresses : {10.3.0.41}\n",
    );
    let estate = lab.join();
    let (result, why) = answer(&estate, "cms1", "cas1");
    assert_eq!(result, Answer::Unknown);
    assert!(
        why.iter().any(|why| why.contains("cluster's node")),
        "{why:?}"
    );
}
