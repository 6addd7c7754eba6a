//! Scripts without indentation, where `exit` alone tells where a stanza ends.

use super::*;

#[test]
fn exit_leaves_a_class_and_not_its_policy() {
    let script = "class-map type inspect match-any MAIL\nmatch protocol smtp\nexit\n\
        class-map type inspect match-any WEB\nmatch protocol http\nexit\n\
        class-map type inspect match-any OTHER\nmatch protocol tcp\nexit\n\
        policy-map type inspect IN\nclass type inspect MAIL\ninspect\nexit\n\
        class type inspect WEB\ndrop\nexit\n!\nclass type inspect OTHER\ninspect\nexit\nexit\n\
        zone security inside\nzone security outside\n\
        zone-pair security p source outside destination inside\nservice-policy type inspect IN\nexit\n";
    let typed: String = script
        .lines()
        .map(|line| format!("r1(config-pmap)# {line}\n"))
        .collect();
    for policies in [script.to_owned(), typed] {
        let text = router(
            "zone-member security outside",
            "zone-member security inside",
            "no shutdown",
            &policies,
        );
        assert_eq!(
            verdict(&text, PEER, MAIL, 25),
            Verdict::Permit,
            "{policies}"
        );
        assert_eq!(verdict(&text, PEER, MAIL, 80), Verdict::Deny, "{policies}");
        assert_eq!(
            verdict(&text, PEER, MAIL, 443),
            Verdict::Permit,
            "{policies}"
        );
    }
}

/// A script without indentation: `exit` leaves the standby group alone.
#[test]
fn exit_leaves_a_part_of_an_interface_and_not_the_interface() {
    let script = |list: &str| {
        format!(
            "hostname r1\nfeature hsrp\ninterface Vlan10\nip address 192.0.2.1/24\nhsrp 10\nip 192.0.2.254\nexit\n{list}exit\n\
             interface Vlan20\nip address 10.1.0.1/16\nexit\nip route 0.0.0.0/0 192.0.2.253\n\
             ip access-list MAIL\npermit tcp any any eq smtp\nexit\n"
        )
    };
    for text in [
        script("ip access-group MAIL in\n"),
        script("ip access-group MAIL in\nno shutdown\n"),
    ] {
        let firewall = nexus(&text);
        assert_eq!(
            verdict(&firewall, PEER, MAIL, 25),
            Verdict::Permit,
            "{text}"
        );
        assert_eq!(verdict(&firewall, PEER, MAIL, 80), Verdict::Deny, "{text}");
    }
    // Which interface a line is for may be lost.
    let lost = format!("ip access-group MAIL in\n{}", script(""));
    let firewall = nexus(&lost);
    assert_eq!(verdict(&firewall, PEER, MAIL, 80), Verdict::Inconclusive);
}

#[test]
fn a_range_of_interfaces_is_each_of_them() {
    let list = "ip access-list extended a\n deny tcp any any eq 25\n permit ip any any\n";
    let through = |text: &str| [25, 80].map(|port| verdict(&ios(text), PEER, MAIL, port));
    for range in [
        "interface range GigabitEthernet0/0 - 2",
        "interface range Gi0/0-1 , Gi0/2",
        "int range gi0/0, gi0/1",
    ] {
        let text = format!("{ROUTER}{list}{range}\n ip access-group a in\n");
        assert_eq!(through(&text), [Verdict::Deny, Verdict::Permit], "{range}");
        // What stands at one of them later, holds.
        let later = format!("{text}interface GigabitEthernet0/0\n no ip access-group a in\n");
        assert_eq!(through(&later), [Verdict::Permit; 2], "{range}");
    }
    let other = format!("{ROUTER}{list}interface range Gi0/1-2\n ip access-group a in\n");
    assert_eq!(through(&other), [Verdict::Permit; 2]);
    let unread = format!("{ROUTER}{list}interface range macro uplinks\n ip access-group a in\n");
    assert_eq!(through(&unread), [Verdict::Inconclusive; 2]);
    let switch = "version 9.3(3)\nip access-list a\n  10 deny tcp any any eq smtp\n  20 permit ip any any\n\
                  interface Ethernet1/1\n  no switchport\n  ip address 192.0.2.1/24\n\
                  interface Ethernet1/2\n  no switchport\n  ip address 10.1.0.1/16\n\
                  interface Ethernet1/1-2\n  ip access-group a in\n";
    let device = nexus(switch);
    assert_eq!(verdict(&device, "192.0.2.9", MAIL, 25), Verdict::Deny);
    assert_eq!(device.interfaces.len(), 2);
}

#[test]
fn an_interface_may_go_back_to_its_defaults() {
    let text = router(" ip access-group a in", "", "", "");
    assert_eq!(verdict(&text, PEER, MAIL, 25), Verdict::Permit, "no list a");
    let list = "ip access-list extended a\n deny tcp any any eq 25\n permit ip any any\n";
    let again = "interface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n";
    let bound = |before: &str| {
        let text = router(
            " ip access-group a in",
            "",
            "",
            &format!("{list}{before}{again}"),
        );
        verdict(&text, PEER, MAIL, 25)
    };
    assert_eq!(bound(""), Verdict::Deny);
    assert_eq!(
        bound("default interface GigabitEthernet0/0\n"),
        Verdict::Permit
    );
    assert_eq!(
        bound("default interface range Gi0/0 , Gi0/2\n"),
        Verdict::Permit
    );
    assert_eq!(
        bound("default interface GigabitEthernet0/2\n"),
        Verdict::Deny
    );
}
