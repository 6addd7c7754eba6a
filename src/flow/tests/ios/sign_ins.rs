//! Connections to the device itself: access classes of lines, lists of interfaces.

use super::*;
use crate::model::firewall::{InterfaceId, Passage};

/// What the device says to a connection with its own address: `P`, `D` or `I`.
fn own(firewall: &Firewall, ingress: &str, source: &str, destination: &str, port: u16) -> char {
    let mut names = firewall.interfaces.iter().map(|known| &known.name.value);
    let at = names.position(|name| name == ingress).unwrap();
    let ingress = InterfaceId(at as u32);
    let packet = Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: port,
    };
    let context = Context {
        ingress: Some(ingress),
        ..Context::default()
    };
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let mut verdict = 'P';
    let stages = firewall.stages.iter();
    for stage in stages.filter(|stage| stage.passage == Passage::ToHost) {
        if !stage.ingress.contains(ingress) {
            continue;
        }
        let packets = PacketSet::from(Cube::of(&packet));
        let parts = engine.evaluate_filter(stage.filter, &packets, &context);
        assert_eq!(parts.len(), 1, "one packet has one verdict");
        match parts[0].outcome.verdict {
            PartVerdict::Deny => return 'D',
            PartVerdict::Inconclusive => verdict = 'I',
            PartVerdict::Permit => {}
        }
    }
    verdict
}

const PORTS: &str = "\
hostname edge
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.0.0
 ipv6 address 2001:db8:1::1/64
interface GigabitEthernet0/1
 vrf forwarding other
 ip address 10.2.0.1 255.255.0.0
ip access-list standard a
 permit 10.1.0.5
ip access-list standard b
 permit 10.1.0.5
 permit 10.1.0.6
ipv6 access-list six
 permit ipv6 2001:db8:1::/64 any
";

/// What hosts `.5`, `.6` and `.7` hear over IPv4, and one over IPv6.
fn signs_in(lines: &str) -> String {
    let device = ios(&format!("{PORTS}{lines}"));
    let four = ["10.1.0.5", "10.1.0.6", "10.1.0.7"].map(|source| {
        let answer = |port| own(&device, "GigabitEthernet0/0", source, "10.1.0.1", port);
        assert_eq!(answer(443), 'P', "only sign-ins have access classes");
        assert_eq!(answer(22), answer(23));
        answer(22)
    });
    let (from, to) = ("2001:db8:2::5", "2001:db8:1::1");
    let six = own(&device, "GigabitEthernet0/0", from, to, 22);
    four.into_iter().chain([' ', six]).collect()
}

#[test]
fn an_access_class_is_for_its_address_family() {
    assert_eq!(signs_in("line vty 0 4\n access-class a in\n"), "PDD P");
    assert_eq!(
        signs_in("line vty 0 4\n ipv6 access-class six in\n"),
        "PPP D"
    );
    let both = "line vty 0 4\n access-class a in\n ipv6 access-class six in\n";
    assert_eq!(signs_in(both), "PDD D");
    let nexus = nexus(
        "version 9.3(3)\nip access-list a\n  10 permit tcp 10.1.0.0/24 any eq 22\n\
         ipv6 access-list six\n  10 deny ipv6 any any\ninterface mgmt0\n  ip address 10.1.0.1/24\n\
         line vty\n  access-class a in\n  ipv6 access-class six in\n",
    );
    let answer = |source| own(&nexus, "mgmt0", source, "10.1.0.1", 22);
    assert_eq!([answer("10.1.0.5"), answer("10.3.0.5")], ['P', 'D']);
}

#[test]
fn lines_with_different_access_classes_leave_it_open() {
    let lines = "line vty 0 4\n access-class a in\nline vty 5 15\n access-class b in\n";
    assert_eq!(signs_in(lines), "PID P");
    let lines = "line vty 0 4\n access-class a in\nline vty 5 15\n login local\n";
    assert_eq!(signs_in(lines), "PII P");
    let lines = "line vty 0 4\n access-class a in\nline vty 5 15\n access-class a in\n";
    assert_eq!(signs_in(lines), "PDD P");
    // Nobody signs in at the console over the network.
    let lines = "line con 0\n access-class a in\nline vty 0 4\n login local\n";
    assert_eq!(signs_in(lines), "PPP P");
}

#[test]
fn an_access_class_may_be_replaced_and_removed() {
    let lines = "line vty 0 4\n access-class a in\n access-class b in\n";
    assert_eq!(signs_in(lines), "PPD P");
    let lines = "line vty 0 4\n access-class a in\n login local\n\
                 line vty 0 4\n no access-class a in\n";
    assert_eq!(signs_in(lines), "PPP P");
    let lines = "line vty 0 4\n access-class a out\n";
    assert_eq!(signs_in(lines), "PPP P");
}

#[test]
fn an_access_class_may_not_be_for_a_vrf() {
    let other = |class: &str| {
        let list = "ip access-list standard c\n permit 10.2.0.5\n";
        let device = ios(&format!(
            "{PORTS}{list}line vty 0 4\n access-class c in{class}\n"
        ));
        ["10.2.0.5", "10.2.0.6"]
            .map(|source| own(&device, "GigabitEthernet0/1", source, "10.2.0.1", 22))
    };
    assert_eq!(other(" vrf-also"), ['P', 'D']);
    assert_eq!(other(""), ['I', 'D']);
    assert_eq!(other(" vrfname other"), ['P', 'I']);
}

#[test]
fn the_list_of_an_interface_is_for_its_address_family() {
    let text = |filters: &str| {
        PORTS.replace(
            " ipv6 address 2001:db8:1::1/64\n",
            &format!(" ipv6 address 2001:db8:1::1/64\n{filters}"),
        )
    };
    let answers = |filters: &str| {
        let device = ios(&text(filters));
        let at = "GigabitEthernet0/0";
        [
            own(&device, at, "10.1.0.7", "10.1.0.1", 25),
            own(&device, at, "2001:db8:2::5", "2001:db8:1::1", 25),
        ]
    };
    assert_eq!(answers(" ip access-group a in\n"), ['D', 'P']);
    assert_eq!(answers(" ipv6 traffic-filter six in\n"), ['P', 'D']);
    let both = " ip access-group a in\n ipv6 traffic-filter six in\n";
    assert_eq!(answers(both), ['D', 'D']);
}
