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
