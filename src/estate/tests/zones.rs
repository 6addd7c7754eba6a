use super::*;
use crate::model::firewall::AddressView;

/// Two firewalls back to back with a public perimeter between them.
fn back_to_back() -> Lab {
    let mut lab = Lab::new();
    lab.firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("dmz", 50, "192.0.2.1/24")
            .interface("transit", 100, "10.0.0.1/30")
            .route("outside", "0.0.0.0/0", "203.0.113.1");
    })
    .firewall("inner", |f| {
        f.interface("outside", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .route("outside", "0.0.0.0/0", "192.0.2.1")
            .route("inside", "10.2.0.0/16", "10.1.0.254");
    });
    lab
}

fn class(estate: &Estate, name: &str) -> Option<ZoneClass> {
    zone(estate, name).class
}

#[test]
fn interfaces_in_one_connected_network_share_a_zone() {
    let estate = back_to_back().join();
    let names: Vec<&str> = estate.zones.iter().map(|zone| zone.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "inner:outside",
            "inner:inside",
            "outer:outside",
            "outer:transit"
        ]
    );
    assert_eq!(zone(&estate, "inner:outside").attachments.len(), 2);
    let networks: Vec<String> = zone(&estate, "inner:inside")
        .networks
        .iter()
        .map(|network| network.value.to_string())
        .collect();
    assert_eq!(networks, ["10.1.0.0/24", "10.2.0.0/16"]);
}

#[test]
fn one_private_address_on_two_firewalls_does_not_join_them() {
    let mut lab = Lab::new();
    for name in ["a", "b"] {
        lab.firewall(name, |f| {
            f.interface("management", 100, "192.168.1.1/24");
        });
    }
    let estate = lab.join();
    assert_eq!(estate.zones.len(), 2);
}

#[test]
fn the_internet_is_behind_a_default_route_to_a_public_next_hop() {
    let estate = back_to_back().join();
    assert_eq!(class(&estate, "outer:outside"), Some(ZoneClass::Internet));
    // The inner firewall's default route leads to the outer one.
    assert_ne!(class(&estate, "inner:outside"), Some(ZoneClass::Internet));

    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("outside", 0, "10.9.9.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .route("outside", "0.0.0.0/0", "10.9.9.1");
    });
    assert_eq!(class(&lab.join(), "f:outside"), None);
}

#[test]
fn a_default_route_into_a_network_of_known_servers_is_not_the_internet() {
    let mut lab = Lab::new();
    lab.firewall("inner", |f| {
        f.interface("outside", 0, "192.0.2.2/24")
            .interface("inside", 100, "10.1.0.1/24")
            .route("outside", "0.0.0.0/0", "192.0.2.1");
    })
    .inventory("[[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.10\"]\n");
    let estate = lab.join();
    assert_eq!(class(&estate, "inner:outside"), None);
    assert!(asks(&estate, "zone-class", "inner:outside"));
}

#[test]
fn a_perimeter_needs_weight_three_from_two_kinds_of_signals() {
    // Security level 2 and public addresses 1.
    let estate = back_to_back().join();
    let perimeter = zone(&estate, "inner:outside");
    assert_eq!(perimeter.class, Some(ZoneClass::Perimeter));
    assert!(perimeter.signals.len() >= 2);
    assert_ne!(perimeter.strength, Strength::Declared);

    // The level alone.
    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("farm", 50, "10.5.0.1/24")
            .interface("inside", 100, "10.1.0.1/24");
    });
    assert_eq!(class(&lab.join(), "f:farm"), None);
}

#[test]
fn levels_that_are_all_one_hundred_tell_nothing() {
    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("dmz", 100, "192.0.2.1/24")
            .interface("inside", 100, "10.1.0.1/24");
    });
    let estate = lab.join();
    assert_eq!(class(&estate, "f:inside"), None);
    assert_eq!(class(&estate, "f:dmz"), None);
}

#[test]
fn a_domain_controller_speaks_against_a_perimeter() {
    let mut lab = back_to_back();
    lab.inventory("[[host]]\nname = \"dc1\"\nroles = [\"ad\"]\naddresses = [\"192.0.2.5\"]\n");
    assert_eq!(class(&lab.join(), "inner:outside"), None);
}

#[test]
fn the_only_trusted_private_network_is_internal() {
    let estate = back_to_back().join();
    assert_eq!(class(&estate, "inner:inside"), Some(ZoneClass::Internal));
}

#[test]
fn an_edge_is_no_evidence_about_itself() {
    let mut lab = Lab::new();
    lab.firewall("f", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("farm", 50, "10.5.0.1/24")
            .interface("inside", 100, "10.1.0.1/24");
    })
    .inventory(
        "[[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"10.5.0.10\"]\n\
         [[server]]\nname = \"cas1\"\nroles = [\"cas\"]\naddresses = [\"10.5.0.11\"]\n",
    );
    let estate = lab.join();
    let farm = zone(&estate, "f:farm");
    assert_eq!(farm.class, Some(ZoneClass::Perimeter));
    assert_eq!(class_for(farm, find(&estate, "edge1")), None);
    assert_eq!(
        class_for(farm, find(&estate, "cas1")),
        Some(ZoneClass::Perimeter)
    );
}

#[test]
fn a_published_network_apart_from_the_domain_controllers_may_be_a_perimeter() {
    let build = |controller: &str| {
        let mut lab = Lab::new();
        lab.firewall("f", |f| {
            f.interface("outside", 0, "203.0.113.2/28")
                .interface("dmz", 40, "10.5.0.1/24")
                .interface("inside", 40, "10.1.0.1/24")
                .route("outside", "0.0.0.0/0", "203.0.113.1")
                .publishes(("dmz", "10.5.0.10"), ("outside", "203.0.113.10"))
                .permits("outside", "203.0.113.10");
        })
        .inventory(&format!(
            "[[host]]\nname = \"dc1\"\nroles = [\"ad\"]\naddresses = [\"{controller}\"]\n"
        ));
        lab.join()
    };
    // Published 2, interface name 1.
    assert_eq!(
        class(&build("10.1.0.5"), "f:dmz"),
        Some(ZoneClass::Perimeter)
    );
    assert_eq!(class(&build("10.5.0.5"), "f:dmz"), None);
}

#[test]
fn a_declared_class_decides_and_takes_the_interfaces_of_its_network() {
    let mut lab = back_to_back();
    lab.inventory(
        "[[zone]]\nname = \"shared\"\nclass = \"partner\"\nat = [\"outer:dmz\"]\n\
         [[zone]]\nname = \"servers\"\nclass = \"internal\"\nnetworks = [\"10.1.0.0/16\"]\n",
    );
    let estate = lab.join();
    assert_eq!(class(&estate, "shared"), Some(ZoneClass::Partner));
    assert_eq!(zone(&estate, "shared").strength, Strength::Declared);
    assert_eq!(zone(&estate, "shared").attachments.len(), 2);
    assert_eq!(zone(&estate, "servers").attachments.len(), 1);
    assert_eq!(problems(&estate), [] as [&str; 0]);
}

#[test]
fn one_network_in_two_declared_zones_is_a_contradiction() {
    let mut lab = back_to_back();
    lab.inventory(
        "[[zone]]\nname = \"dmz\"\nat = [\"outer:dmz\"]\n\
         [[zone]]\nname = \"front\"\nat = [\"inner:outside\"]\n",
    );
    assert_eq!(
        contradictions(&lab.join()),
        ["IN004 inner:outside zone: dmz / front"]
    );
}

#[test]
fn a_declared_network_behind_another_interface_is_a_contradiction() {
    let mut lab = back_to_back();
    lab.inventory(
        "[[zone]]\nname = \"servers\"\nclass = \"internal\"\nat = [\"inner:outside\"]\n\
         networks = [\"10.1.0.0/24\"]\n",
    );
    assert_eq!(
        contradictions(&lab.join()),
        ["IN004 servers zone: 10.1.0.0/24 at inner:outside / 10.1.0.0/24 at inner:inside"]
    );
}

#[test]
fn a_firewall_is_known_by_its_file_or_host_name() {
    let mut lab = Lab::new();
    lab.firewall_in("export/fw/one.cfg", "asa-tokyo-1", |f| {
        f.interface("outside", 0, "203.0.113.2/28");
    })
    .firewall_in("two.cfg", "inner", |f| {
        f.interface("inside", 100, "10.1.0.1/24");
    })
    .inventory(
        "[[firewall]]\nname = \"outer\"\nconfig = \"fw/one.cfg\"\n\
         [[firewall]]\nname = \"INNER\"\n\
         [[firewall]]\nname = \"third\"\nconfig = \"fw/three.cfg\"\n",
    );
    let estate = lab.join();
    let names: Vec<&str> = estate.firewalls.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["outer", "INNER"]);
    assert_eq!(
        problems(&estate),
        [
            "config of firewall `third` is not among the inputs: fw/three.cfg (give its folder \
             on the command line, or correct the path)"
        ]
    );
}

#[test]
fn the_declared_software_decides_which_addresses_lists_name() {
    let view = |declared: &str, stated: Option<&str>| {
        let mut lab = Lab::new();
        lab.firewall("outer", |f| {
            f.interface("outside", 0, "203.0.113.2/28")
                .permits("outside", "any");
            if let Some(stated) = stated {
                f.software(stated);
                for stage in &mut f.firewall.stages {
                    stage.view = AddressView::Mapped;
                }
            }
        })
        .inventory(&format!(
            "[[firewall]]\nname = \"outer\"\nsoftware = \"{declared}\"\n"
        ));
        let estate = lab.join();
        let view = estate
            .firewalls
            .first()
            .and_then(|f| f.firewall.stages.first())
            .map(|stage| stage.view);
        (view, contradictions(&estate).len())
    };
    assert_eq!(view("8.2", None), (Some(AddressView::Mapped), 0));
    assert_eq!(view("9.1", None), (Some(AddressView::Real), 0));
    assert_eq!(view("8.2", Some("8.2(5)")), (Some(AddressView::Mapped), 0));
    assert_eq!(view("9.1", Some("8.2(5)")), (Some(AddressView::Unknown), 1));
}

#[test]
fn a_captured_routing_table_settles_dynamic_routing() {
    let mut lab = Lab::new();
    lab.firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28")
            .interface("inside", 100, "10.0.0.1/24")
            .dynamic_routing();
    });
    let before = lab.join();
    assert!(asks(&before, "dynamic-routing", "outer"));
    lab.routes("route.txt", Some("OUTER"), &[("inside", "10.7.0.0/16")]);
    let estate = lab.join();
    assert!(!asks(&estate, "dynamic-routing", "outer"));
    let address = "10.7.1.1".parse().expect("an address");
    let known = estate.firewalls.first().expect("a firewall");
    assert_eq!(
        interface_of(&known.firewall, address).map(|(_, strength, _)| strength),
        Some(Strength::Routed)
    );
}

#[test]
fn a_routing_table_of_an_unknown_device_is_a_problem() {
    let mut lab = Lab::new();
    lab.firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28");
    })
    .routes("route.txt", Some("core"), &[("inside", "10.7.0.0/16")]);
    let messages = problems(&lab.join());
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0].contains("belongs to no firewall"),
        "{messages:?}"
    );
}

#[test]
fn two_files_of_one_firewall_are_two_firewalls_and_a_problem() {
    let mut lab = Lab::new();
    lab.firewall_in("a.cfg", "outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28");
    })
    .firewall_in("b.cfg", "outer", |f| {
        f.interface("outside", 0, "203.0.113.3/28");
    })
    .firewall_in("c.cfg", "outer", |f| {
        f.interface("outside", 0, "203.0.113.2/28");
    });
    let estate = lab.join();
    let names: Vec<&str> = estate.firewalls.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["outer", "outer@b"]);
    assert_eq!(problems(&estate).len(), 1);
}

#[test]
fn servers_without_a_known_network_or_class_raise_questions() {
    let mut lab = back_to_back();
    lab.inventory(
        "[[server]]\nname = \"mbx1\"\nroles = [\"mailbox\"]\naddresses = [\"172.16.5.5\"]\n\
         [[server]]\nname = \"mbx2\"\nroles = [\"mailbox\"]\n\
         [[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"10.0.0.2\"]\n\
         [[server]]\nname = \"hub1\"\nroles = [\"hub\"]\naddresses = [\"10.1.0.12\"]\n",
    );
    let estate = lab.join();
    assert!(asks(&estate, "server-zone", "mbx1"));
    assert!(asks(&estate, "server-address", "mbx2"));
    assert!(asks(&estate, "zone-class", "outer:transit"));
    assert!(!asks(&estate, "zone-class", "inner:inside"));
    assert!(
        !estate
            .questions
            .iter()
            .any(|question| question.subject == "hub1")
    );
    for question in &estate.questions {
        assert!(!question.settle.is_empty());
        assert!(lab.sources.locate(question.span).is_some());
    }
}

#[test]
fn without_firewalls_no_network_is_asked_for() {
    let mut lab = Lab::new();
    lab.inventory(
        "[[server]]\nname = \"mbx1\"\nroles = [\"mailbox\"]\naddresses = [\"10.1.0.21\"]\n",
    );
    assert_eq!(lab.join().questions.len(), 0);
}

#[test]
fn every_signal_has_a_place() {
    let mut lab = back_to_back();
    lab.inventory(
        "[[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.10\"]\n\
         [[host]]\nname = \"dc1\"\nroles = [\"ad\"]\naddresses = [\"10.1.0.5\"]\n",
    );
    let estate = lab.join();
    let signals: Vec<&Signal> = estate.zones.iter().flat_map(|zone| &zone.signals).collect();
    assert!(signals.len() >= 6);
    for signal in signals {
        let file = lab.sources.get(signal.span.file).expect("a file");
        assert!(!file.slice(signal.span).is_empty(), "{}", signal.what);
    }
}
