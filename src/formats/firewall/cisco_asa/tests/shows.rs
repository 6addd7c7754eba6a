//! Output of `show access-list` and `show route`.

use super::*;
use crate::formats::Content;

#[test]
fn expanded_children_are_not_counted_twice() {
    let text = "object-group network srv\n network-object host 10.1.0.4\n network-object host 10.1.0.5\n\
        access-list out; 2 elements; name hash: 0x178be4f2\n\
        access-list out line 1 extended permit tcp any object-group srv eq smtp (hitcnt=3) 0xb8411547 \n  \
        access-list out line 1 extended permit tcp any host 10.1.0.4 eq smtp (hitcnt=3) 0xb86c056b \n  \
        access-list out line 1 extended permit tcp any host 10.1.0.5 eq smtp (hitcnt=0) 0x5eb7814e \n\
        access-list out line 2 extended deny ip any any (hitcnt=9) 0x5eb7814f\n";
    let firewall = firewall(text);
    assert_eq!(filter(&firewall, "out").rules.len(), 2);
    assert!(
        states(text)[5..7]
            .iter()
            .all(|state| *state == LineState::Irrelevant)
    );
}

#[test]
fn children_stand_in_for_an_entry_whose_groups_are_not_in_the_file() {
    let text = "access-list out line 1 extended permit tcp any object-group srv eq smtp (hitcnt=3) 0xb8411547\n  \
        access-list out line 1 extended permit tcp any host 10.1.0.4 eq smtp (hitcnt=3) 0xb86c056b\n  \
        access-list out line 1 extended permit tcp any range 10.1.0.6 10.1.0.9 range 587 588 (hitcnt=0) 0x5eb7814e\n";
    let rules = rules(text);
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].destination, host([10, 1, 0, 4]));
    assert_eq!(
        rules[1].destination,
        AddressMatch::One(v4([10, 1, 0, 6], [10, 1, 0, 9]))
    );
    assert!(rules.iter().all(|rule| rule.conditions.is_empty()));
}

#[test]
fn children_without_leading_blanks_are_children_by_their_number() {
    let text = "access-list a line 1 extended permit icmp object-group g any\naccess-list a line 1 extended permit icmp host 192.0.2.9 any (hitcnt=0)\n";
    assert_eq!(rules(text).len(), 1);
}

#[test]
fn inactive_entries_and_names_that_were_not_resolved_are_told() {
    let text = "access-list a line 1 extended permit tcp any any eq 25 inactive (hitcnt=0) (inactive) 0x20db5032\n\
        access-list a line 2 extended permit ip object n any (hitcnt=0) 0x1\n  access-list a line 2 extended permit ip fqdn mail.contoso.com (unresolved) any (inactive) 0x0397cac0\n";
    let rules = rules(text);
    assert!(!rules[0].enabled);
    assert!(matches!(
        rules[1].source,
        AddressMatch::One(AddressTerm::Unknown(_))
    ));
}

#[test]
fn a_listing_after_the_configuration_repeats_it() {
    let text = "access-list a extended permit tcp any any eq 25\naccess-group a in interface outside\nfw# show access-list\n\
        access-list a; 1 elements; name hash: 0x1\naccess-list a line 1 extended permit tcp any any eq smtp (hitcnt=7) 0x2\n";
    let firewall = firewall(text);
    assert_eq!(filter(&firewall, "a").rules.len(), 1);
}

#[test]
fn a_routing_table_becomes_routes_by_interface_name() {
    let text = "fw# show route\n\nCodes: C - connected, S - static, I - IGRP, R - RIP, M - mobile, B - BGP\n       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area\n\
        Gateway of last resort is 192.0.2.254 to network 0.0.0.0\n\n\
        C    10.1.0.0 255.255.0.0 is directly connected, inside\nS*   0.0.0.0 0.0.0.0 [1/0] via 192.0.2.254, outside\n\
        O IA 10.9.0.0 255.255.0.0 [110/11] via 10.1.0.254, 3:21:21, inside\nO    10.20.30.0 255.255.255.0\n           [110/20] via 10.1.0.253, 0:00:01, inside\n";
    let document = read(text);
    let [Content::Routes { device, routes }] = &document.content[..] else {
        panic!("routes: {:?}", document.content)
    };
    assert_eq!(device.as_deref(), Some("fw"));
    let shown: Vec<_> = routes
        .iter()
        .map(|(interface, route)| {
            (
                interface.as_str(),
                route.network.to_string(),
                route.next_hop.map(|h| h.to_string()),
                route.metric,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("inside", "10.1.0.0/16".to_owned(), None, 0),
            (
                "outside",
                "0.0.0.0/0".to_owned(),
                Some("192.0.2.254".to_owned()),
                1
            ),
            (
                "inside",
                "10.9.0.0/16".to_owned(),
                Some("10.1.0.254".to_owned()),
                110
            ),
            (
                "inside",
                "10.20.30.0/24".to_owned(),
                Some("10.1.0.253".to_owned()),
                110
            ),
        ]
    );
    assert!(
        states(text)
            .iter()
            .all(|state| *state != LineState::Unrecognised),
        "{:?}",
        states(text)
    );
}

#[test]
fn the_routing_table_of_pix_is_read_too() {
    let text = "pix# show route\n\toutside 0.0.0.0 0.0.0.0 192.0.2.254 1 OTHER static\n\tinside 10.1.0.0 255.255.0.0 10.1.0.1 1 CONNECT static\n";
    let document = read(text);
    let [Content::Routes { routes, .. }] = &document.content[..] else {
        panic!("routes")
    };
    assert_eq!(
        routes[0].1.next_hop.map(|h| h.to_string()).as_deref(),
        Some("192.0.2.254")
    );
    assert_eq!(
        (routes[1].0.as_str(), routes[1].1.next_hop),
        ("inside", None)
    );
}

#[test]
fn a_route_without_an_interface_is_not_modelled() {
    let text = "fw# show route\nB    10.9.0.0 255.255.0.0 [20/0] via 10.1.0.254, 00:12:33\nS    0.0.0.0 0.0.0.0 [255/0] via 10.1.0.1, inside tunneled\n";
    assert_eq!(
        states(text),
        [
            LineState::Irrelevant,
            LineState::NotModelled,
            LineState::NotModelled
        ]
    );
}

#[test]
fn a_brief_listing_is_recognised_and_tells_nothing() {
    let text =
        "access-list out; 3 elements; name hash: 0xcb4257a3\nca10ca21 44ae5901 00000001 4a68aa7e\n";
    assert!((FORMAT.detect)(&file(text)).is_some());
    assert_eq!(states(text), [LineState::Irrelevant; 2]);
}
