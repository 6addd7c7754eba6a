//! Policy routes, route maps of translations, and the direction of inspections.

use super::*;

#[test]
fn a_policy_route_out_of_the_usual_interface_leaves_nothing_open() {
    let routed = |hop: &str| {
        let rest = format!(
            "access-list 102 permit tcp any any eq 443\nroute-map web permit 10\n set ip next-hop {hop}\n"
        );
        let inside = "ip policy route-map web";
        router("ip access-group 102 out", inside, "no shutdown", &rest)
    };
    for hop in ["192.0.2.77", "192.0.2.77 192.0.2.78"] {
        assert_eq!(verdict(&routed(hop), MAIL, PEER, 443), Verdict::Permit);
        assert_eq!(verdict(&routed(hop), MAIL, PEER, 25), Verdict::Deny);
        // To the perimeter, the policy sends them another way.
        let dmz = verdict(&routed(hop), MAIL, "10.2.0.25", 443);
        assert_eq!(dmz, Verdict::Inconclusive);
    }
    for hop in [
        "10.2.0.9",
        "192.0.2.77 10.2.0.9",
        "203.0.113.9",
        "verify-availability 192.0.2.77 10 track 1",
    ] {
        let verdict = verdict(&routed(hop), MAIL, PEER, 443);
        assert_eq!(verdict, Verdict::Inconclusive, "{hop}");
    }
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
