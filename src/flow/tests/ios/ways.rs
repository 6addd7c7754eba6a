//! Policy routes, route maps of translations, and the direction of inspections.

use super::*;

#[test]
fn a_policy_route_to_the_usual_router_leaves_nothing_open() {
    let routed = |hop: &str| {
        let rest = format!(
            "access-list 102 permit tcp any any eq 443\nroute-map web permit 10\n set ip next-hop {hop}\n"
        );
        let inside = "ip policy route-map web";
        router("ip access-group 102 out", inside, "no shutdown", &rest)
    };
    for hop in ["192.0.2.254", "192.0.2.254 192.0.2.254"] {
        assert_eq!(verdict(&routed(hop), MAIL, PEER, 443), Verdict::Permit);
        assert_eq!(verdict(&routed(hop), MAIL, PEER, 25), Verdict::Deny);
        // To the perimeter, and to a neighbour of the router, the policy sends them
        // another way.
        for other in ["10.2.0.25", "192.0.2.50"] {
            let there = verdict(&routed(hop), MAIL, other, 443);
            assert_eq!(there, Verdict::Inconclusive, "{other}");
        }
    }
    // Another router lies behind the same interface: what it lets pass is not the
    // same.
    for hop in [
        "192.0.2.77",
        "192.0.2.254 192.0.2.77",
        "10.2.0.9",
        "192.0.2.254 10.2.0.9",
        "203.0.113.9",
        "verify-availability 192.0.2.254 10 track 1",
    ] {
        let verdict = verdict(&routed(hop), MAIL, PEER, 443);
        assert_eq!(verdict, Verdict::Inconclusive, "{hop}");
    }
}

#[test]
fn a_policy_route_by_another_router_is_not_walked_like_the_usual_way() {
    let near = "interface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n\
                interface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.0.0\n \
                ip policy route-map w\nip route 0.0.0.0 0.0.0.0 192.0.2.254\n\
                route-map w permit 10\n set ip next-hop 192.0.2.HOP\n";
    let far = "interface GigabitEthernet0/0\n ip address 192.0.2.254 255.255.255.0\n \
               ip access-group 101 in\ninterface GigabitEthernet0/1\n \
               ip address 198.51.100.1 255.255.255.0\n\
               ip route 10.1.0.0 255.255.0.0 192.0.2.1\n\
               access-list 101 permit tcp any any eq 443\n";
    let asked = |hop: &str, port: u16| {
        let near = ios(&near.replace("HOP", hop));
        let estate = build::estate(vec![near, ios(far)], Vec::new(), Vec::new());
        let [from, to] = [MAIL, PEER].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
        let query = Query::new(from, to, to_port(port));
        Network::new(&estate).reach(&query).verdict
    };
    assert_eq!(asked("254", 443), Verdict::Permit);
    assert_eq!(asked("254", 25), Verdict::Deny);
    assert_eq!(asked("77", 443), Verdict::Inconclusive);
    // What the usual router denies, the other one may pass.
    assert_eq!(asked("77", 25), Verdict::Inconclusive);
    // So may a router that a protocol tells of.
    assert_eq!(asked("254\nrouter ospf 1", 25), Verdict::Inconclusive);
}

#[test]
fn the_first_entry_of_a_route_map_that_matches_decides_the_way() {
    let asked = |first: &str, to: &str, port: u16| {
        let rest = format!(
            "access-list 102 permit tcp any any eq 443\naccess-list 120 permit ip any host {PEER}\n\
             access-list 121 deny ip any host {PEER}\naccess-list 121 permit ip any any\n\
             {first}route-map web permit 10\n set ip next-hop 10.2.0.9\n"
        );
        let inside = "ip policy route-map web";
        let firewall = router("ip access-group 102 out", inside, "no shutdown", &rest);
        verdict(&firewall, MAIL, to, port)
    };
    for kept in ["deny 5", "permit 5"] {
        let entry = format!("route-map web {kept}\n match ip address 120\n");
        assert_eq!(asked(&entry, PEER, 443), Verdict::Permit, "{kept}");
        assert_eq!(asked(&entry, PEER, 25), Verdict::Deny, "{kept}");
        let other = asked(&entry, "198.51.100.9", 443);
        assert_eq!(other, Verdict::Inconclusive, "{kept}");
        // Without a match, it decides for all.
        let all = format!("route-map web {kept}\n");
        assert_eq!(asked(&all, PEER, 443), Verdict::Permit, "{kept}");
        // What its list denies goes to the next entry.
        let entry = format!("route-map web {kept}\n match ip address 121\n");
        assert_eq!(asked(&entry, PEER, 443), Verdict::Inconclusive, "{kept}");
        for open in [" match length 3 200\n", " continue 10\n"] {
            let entry = format!("route-map web {kept}\n match ip address 120\n{open}");
            assert_eq!(asked(&entry, PEER, 443), Verdict::Inconclusive, "{open}");
        }
    }
}

#[test]
fn the_rules_of_a_route_map_grow_with_its_entries_and_not_with_its_uses() {
    let size = |uses: usize| {
        let mut text =
            "access-list 110 permit ip any any\naccess-list 102 permit tcp any any\n".to_owned();
        for use_ in 0..uses {
            text.push_str(&format!(
                "interface GigabitEthernet0/{use_}\n ip address 10.{use_}.0.1 255.255.0.0\n \
                 ip policy route-map M\n ip access-group 102 out\n"
            ));
        }
        for entry in 1..=100 {
            text.push_str(&format!(
                "route-map M permit {entry}\n match ip address 110\n set interface Null0\n"
            ));
        }
        let filters = ios(&text).filters;
        filters
            .iter()
            .map(|filter| filter.rules.len())
            .sum::<usize>()
    };
    assert!(size(41) < size(1) + 40 * 10);
}

/// Whether the way of a mail connection takes STARTTLS out of it.
fn strips(firewall: &Firewall, from: &str, to: &str) -> bool {
    let estate = build::estate(vec![firewall.clone()], Vec::new(), Vec::new());
    let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
    let answer = Network::new(&estate).reach(&Query::new(from, to, to_port(25)));
    let kinds = answer.parts.iter().flat_map(|part| &part.effects);
    kinds
        .map(|effect| effect.kind)
        .any(|kind| kind == crate::flow::EffectKind::StripsStarttls)
}

#[test]
fn a_zone_pair_inspects_in_its_direction_what_its_class_is_the_first_to_match() {
    let inspected = |outward: &str, inward: &str| {
        let rest = ZONES
            .replace("ACTION", "inspect")
            .replace(" match protocol udp\n", outward)
            .replace(" class type inspect TO-MAIL\n", inward);
        router(
            "zone-member security OUTSIDE",
            "zone-member security INSIDE",
            "zone-member security DMZ",
            &format!("{rest}class-map type inspect SMTP\n match protocol smtp\n"),
        )
    };
    let mail = " class type inspect TO-MAIL\n";
    // `match protocol tcp` stands before it in the class.
    let behind = inspected(" match protocol smtp\n", mail);
    assert!(!strips(&behind, MAIL, PEER));
    let only = inspected(" match protocol udp\n", " class type inspect SMTP\n");
    assert!(strips(&only, PEER, "10.2.0.25"));
    assert!(!strips(&only, MAIL, PEER));
    let passed = inspected(
        " match protocol udp\n",
        " class type inspect SMTP\n  pass\n class type inspect TO-MAIL\n",
    );
    assert!(!strips(&passed, PEER, "10.2.0.25"));
}

#[test]
fn a_zone_pair_inspects_what_a_nested_class_map_names() {
    let inspected = |outer: &str, inner: &str| {
        let classes = format!(
            "class-map type inspect match-any S\n{inner}class-map type inspect match-{outer}\n\
             ip access-list extended A\n permit ip any host {PEER}\nclass-map type inspect ALL\n"
        );
        let rest = ZONES
            .replace("ACTION", "inspect")
            .replace("class-map type inspect match-any ALL\n", &classes)
            .replace(
                " match protocol tcp\n match protocol udp\n",
                " match class-map O\n",
            );
        router(
            "zone-member security OUTSIDE",
            "zone-member security INSIDE",
            "zone-member security DMZ",
            &rest,
        )
    };
    let smtp = " match protocol smtp\n";
    let any = "any O\n match class-map S";
    assert!(strips(&inspected(any, smtp), MAIL, PEER));
    assert!(!strips(&inspected(any, smtp), PEER, MAIL));
    let listed = "all O\n match class-map S\n match access-group name A";
    assert!(strips(&inspected(listed, smtp), MAIL, PEER));
    assert!(!strips(&inspected(listed, smtp), MAIL, "198.51.100.77"));
    // Of a class map with several statements, one alone is inspected, and not all
    // that the class around it selects.
    let several = " match class-map W\n match protocol tcp\n";
    let one = format!(
        "ip access-list extended B\n permit ip any host {PEER}\n\
         class-map type inspect match-all W\n match access-group name B\n match protocol smtp\n"
    );
    let around = "all O\n match class-map S\n match protocol tcp";
    let mixed = inspected(&format!("{around}\n{one}"), several);
    assert!(strips(&mixed, MAIL, PEER));
    assert!(!strips(&mixed, MAIL, "198.51.100.77"));
    // Another statement is the first to match, outside or inside.
    let behind = "any O\n match protocol tcp\n match class-map S";
    assert!(!strips(&inspected(behind, smtp), MAIL, PEER));
    let inner = " match protocol tcp\n match protocol smtp\n";
    assert!(!strips(&inspected(any, inner), MAIL, PEER));
}

/// Whether STARTTLS is surely or maybe stripped between two hosts.
fn stripping(firewall: &Firewall, from: &str, to: &str) -> Vec<bool> {
    let estate = build::estate(vec![firewall.clone()], Vec::new(), Vec::new());
    let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
    let answer = Network::new(&estate).reach(&Query::new(from, to, to_port(25)));
    let effects = answer.parts.iter().flat_map(|part| &part.effects);
    effects
        .filter(|effect| effect.kind == crate::flow::EffectKind::StripsStarttls)
        .map(|effect| effect.certain)
        .collect()
}

#[test]
fn class_maps_that_are_not_followed_may_inspect() {
    let inspecting = |classes: &str| {
        let rest = ZONES
            .replace("ACTION", "inspect")
            .replace(
                "class-map type inspect match-any ALL\n",
                &format!("{classes}class-map type inspect match-any ALL\n"),
            )
            .replace(
                " match protocol tcp\n match protocol udp\n",
                " match class-map C1\n",
            );
        router(
            "zone-member security OUTSIDE",
            "zone-member security INSIDE",
            "zone-member security DMZ",
            &rest,
        )
    };
    // Class maps in class maps, up to a depth.
    let deep = |depth: u32, word: &str| {
        let mut classes = String::new();
        for n in 1..depth {
            classes += &format!(
                "class-map type inspect match-any C{n}\n match class-map C{}\n",
                n + 1
            );
        }
        classes + &format!("class-map type inspect match-any C{depth}\n match protocol {word}\n")
    };
    assert_eq!(stripping(&inspecting(&deep(4, "smtp")), MAIL, PEER), [true]);
    let open = stripping(&inspecting(&deep(14, "smtp")), MAIL, PEER);
    assert!(!open.is_empty() && open.iter().all(|certain| !certain));
    assert_eq!(
        stripping(&inspecting(&deep(14, "http")), MAIL, PEER),
        [false; 0]
    );

    // One class map behind many ways.
    let mut classes = String::from("class-map type inspect match-any S\n match protocol smtp\n");
    let mut outer = String::from("class-map type inspect match-any C1\n");
    for n in 1..=12 {
        classes += &format!(
            "ip access-list extended A{n}\n permit ip any host 198.51.100.{}\n\
             class-map type inspect match-all W{n}\n match access-group name A{n}\n match class-map S\n",
            100 + n
        );
        outer += &format!(" match class-map W{n}\n");
    }
    let many = inspecting(&(classes + &outer));
    assert!(stripping(&many, MAIL, "198.51.100.101").contains(&true));
    let open = stripping(&many, MAIL, "198.51.100.112");
    assert_eq!(open, [false]);
    assert_eq!(stripping(&many, MAIL, "198.51.100.150"), [false; 0]);
}

#[test]
fn a_pair_of_one_zone_with_itself_lets_replies_back() {
    let within = |action: &str| {
        let rest = ZONES.replace("ACTION", action).replace(
            "source INSIDE destination OUTSIDE",
            "source INSIDE destination INSIDE",
        );
        router(
            "zone-member security OUTSIDE",
            "zone-member security INSIDE",
            "zone-member security INSIDE",
            &rest.replace(" match protocol tcp\n", " match access-group name SENT\n")
                .replace("ip access-list extended MAILHOST", &format!(
                    "ip access-list extended SENT\n permit tcp host {MAIL} any\nip access-list extended MAILHOST"
                )),
        )
    };
    let asked = |action: &str| verdict(&within(action), MAIL, "10.2.0.25", 25);
    assert_eq!(asked("inspect"), Verdict::Permit);
    assert_ne!(asked("pass"), Verdict::Permit);
    assert_eq!(
        verdict(&within("inspect"), "10.2.0.25", MAIL, 25),
        Verdict::Deny
    );
}

#[test]
fn an_inspection_looks_in_its_direction() {
    let rules = "ip inspect name fw smtp\n";
    let out = router("ip inspect fw out", "no shutdown", "no shutdown", rules);
    assert!(strips(&out, MAIL, PEER));
    assert!(!strips(&out, PEER, MAIL));
    let both = router("no shutdown", "ip inspect fw in", "no shutdown", rules);
    assert!(strips(&both, MAIL, PEER));
    assert!(!strips(&both, PEER, MAIL));
}

/// A router that translates what a route map selects, and asks its list of the
/// provider's side for the translated source.
fn translating(route_map: &str) -> Firewall {
    let rest = format!(
        "ip nat inside source route-map nat interface GigabitEthernet0/0 overload\n\
         access-list 102 permit ip host 192.0.2.1 any\naccess-list 102 deny ip any any\n\
         access-list 110 permit ip 10.1.0.0 0.0.255.255 any\n\
         access-list 111 deny ip any 198.51.100.128 0.0.0.127\naccess-list 111 permit ip any any\n\
         access-list 112 permit ip any host {PEER}\n{route_map}"
    );
    let outside = "ip nat outside\n ip access-group 102 out";
    router(outside, "ip nat inside", "no shutdown", &rest)
}

#[test]
fn a_route_map_of_a_translation_selects_entry_by_entry() {
    let all = "route-map nat permit 10\n match ip address 110\n";
    let asked = |entries: &str| verdict(&translating(entries), MAIL, PEER, 443);
    assert_eq!(asked(all), Verdict::Permit);
    // What an earlier entry denies is not translated; what its list denies is left
    // to the next.
    let not_peer = "route-map nat deny 5\n match ip address 112\n";
    assert_eq!(asked(&format!("{all}{not_peer}")), Verdict::Deny);
    let others = "route-map nat deny 5\n match ip address 111\n";
    assert_eq!(asked(&format!("{others}{all}")), Verdict::Deny);
    let far = verdict(
        &translating(&format!("{others}{all}")),
        MAIL,
        "198.51.100.200",
        443,
    );
    assert_eq!(far, Verdict::Permit);
    // An entry without a match is for all packets.
    assert_eq!(asked("route-map nat permit 10\n"), Verdict::Permit);
    assert_eq!(asked("route-map nat deny 10\n"), Verdict::Deny);
    let unknown = "route-map nat permit 10\n match ip address 110\n match tag 5\n";
    assert_eq!(asked(unknown), Verdict::Inconclusive);
}

#[test]
fn a_route_map_of_a_translation_may_ask_for_the_way_out() {
    let asked = |interface: &str| {
        let entries = format!(
            "route-map nat permit 10\n match ip address 110\n match interface {interface}\n"
        );
        verdict(&translating(&entries), MAIL, PEER, 443)
    };
    assert_eq!(asked("GigabitEthernet0/0"), Verdict::Permit);
    assert_eq!(asked("Gi0/2 gi0/0"), Verdict::Permit);
    assert_eq!(asked("GigabitEthernet0/2"), Verdict::Deny);
    assert_eq!(asked("Dialer7"), Verdict::Inconclusive);
}

#[test]
fn route_maps_of_translations_are_followed_once_for_each_way_out() {
    let size = |statements: usize, outside: usize, asked: &str| {
        let mut text = "access-list 110 permit ip any any\n".to_owned();
        for interface in 0..outside {
            text.push_str(&format!(
                "interface GigabitEthernet0/{interface}\n ip address 10.{interface}.0.1 255.255.0.0\n ip nat outside\n"
            ));
        }
        for _ in 0..statements {
            text.push_str(
                "ip nat inside source route-map M interface GigabitEthernet0/0 overload\n",
            );
        }
        for entry in 1..=20 {
            text.push_str(&format!(
                "route-map M permit {entry}\n match ip address 110\n{asked}"
            ));
        }
        ios(&text).filters.len()
    };
    // Each further interface has a filter of its own for what enters there.
    assert_eq!(size(30, 20, ""), size(1, 1, "") + 19);
    let asks = " match interface GigabitEthernet0/0\n";
    assert_eq!(size(30, 20, asks), size(1, 20, asks));
}

#[test]
fn a_group_of_networks_may_tell_lengths() {
    let a = ios(
        "object-group network g\n 10.1.0.0 /24\n 10.2.0.0/24\n 10.3.0.0 255.255.255.0\n\
         ip access-list extended a\n permit tcp any object-group g eq smtp\n",
    );
    for destination in ["10.1.0.25", "10.2.0.25", "10.3.0.25"] {
        assert_eq!(tcp(&a, PEER, destination, 25), PartVerdict::Permit);
    }
    assert_eq!(tcp(&a, PEER, "10.1.1.25", 25), PartVerdict::Deny);
}
