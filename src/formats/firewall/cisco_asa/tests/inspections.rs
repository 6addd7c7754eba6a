//! Inspections with their hidden defaults.

use super::*;
use crate::model::firewall::{Inspection, InspectionEffect};

const DEFAULT: &str = "ASA Version 8.2(5)\nclass-map inspection_default\n match default-inspection-traffic\npolicy-map global_policy\n \
    class inspection_default\n  inspect esmtp\n  inspect sip\n  inspect ftp\nservice-policy global_policy global\n";

fn smtp(firewall: &Firewall) -> Vec<&Inspection> {
    firewall
        .inspections
        .iter()
        .filter(|i| i.protocol.ends_with("smtp"))
        .collect()
}

#[test]
fn smtp_inspection_without_a_map_strips_starttls_by_a_hidden_default() {
    let firewall = firewall(DEFAULT);
    let [esmtp] = smtp(&firewall)[..] else {
        panic!("one")
    };
    assert_eq!(esmtp.effect, InspectionEffect::StripsStarttls);
    assert!(esmtp.default && esmtp.interface.is_none() && esmtp.filter.is_none());
    assert_eq!(esmtp.ports, [(Protocol::TCP, PortRange::one(25))]);
    assert_eq!(cited(DEFAULT, esmtp.span), "inspect esmtp");
    assert!(
        esmtp
            .related
            .iter()
            .any(|span| cited(DEFAULT, *span).starts_with("service-policy"))
    );
}

#[test]
fn whether_the_default_strips_starttls_is_open_where_the_release_does_not_tell() {
    let open = |version: &str| {
        let firewall = firewall(&DEFAULT.replace("ASA Version 8.2(5)\n", version));
        let esmtp = smtp(&firewall)[0].clone();
        assert_eq!(esmtp.effect, InspectionEffect::StripsStarttls);
        esmtp.filter.map(|id| {
            let rule = &firewall.filters[id.0 as usize].rules[0];
            assert_eq!(rule.conditions.len(), 1);
            firewall.not_modelled[0].reason.clone()
        })
    };
    // Cisco changed the default in 9.4(1) and in late builds of older trains.
    for certain in [
        "8.2(5)",
        "8.4(7)",
        "8.4(7.24)",
        "9.1(2)",
        "9.1(6)",
        "9.2(3)",
        "9.3(1)",
    ] {
        assert_eq!(open(&format!("ASA Version {certain}\n")), None, "{certain}");
    }
    for changed in [
        "8.4(7.25)",
        "8.4(7)30",
        "9.1(6.1)",
        "9.1(7)",
        "9.3(2)",
        "9.4(1)",
        "9.8(2)",
    ] {
        let reason = open(&format!("ASA Version {changed}\n")).expect("open");
        assert!(reason.contains(changed), "{reason}");
    }
    assert!(open("").expect("open").contains("release is not known"));
}

#[test]
fn allow_tls_in_the_map_lets_tls_pass() {
    let with = |line: &str| {
        let text = format!(
            "policy-map type inspect esmtp mail\n parameters\n  {line}\n{}",
            DEFAULT.replace("inspect esmtp", "inspect esmtp mail")
        );
        smtp(&firewall(&text))[0].clone()
    };
    assert_eq!(with("allow-tls").effect, InspectionEffect::AllowsTls);
    assert_eq!(
        with("allow-tls action log").effect,
        InspectionEffect::AllowsTls
    );
    assert_eq!(
        with("no allow-tls").effect,
        InspectionEffect::StripsStarttls
    );
    assert!(!with("no allow-tls").default);
    assert_eq!(with("mask-banner").effect, InspectionEffect::StripsStarttls);
}

#[test]
fn a_policy_that_is_not_applied_inspects_nothing() {
    let text = DEFAULT.replace("service-policy global_policy global\n", "");
    assert!(
        firewall(&format!("{INTERFACES}{text}"))
            .inspections
            .is_empty()
    );
}

#[test]
fn dcerpc_is_only_inspected_where_it_is_configured() {
    assert!(
        !firewall(DEFAULT)
            .inspections
            .iter()
            .any(|i| i.effect == InspectionEffect::OpensRpc)
    );
    let text = DEFAULT.replace("inspect ftp", "inspect dcerpc");
    let firewall = firewall(&text);
    let rpc = firewall
        .inspections
        .iter()
        .find(|i| i.effect == InspectionEffect::OpensRpc)
        .expect("dcerpc");
    assert_eq!(rpc.ports, [(Protocol::TCP, PortRange::one(135))]);
}

#[test]
fn a_class_by_port_or_list_narrows_the_inspection() {
    let text = "access-list mail extended permit tcp any host 192.0.2.10 eq smtp\nclass-map by-list\n match access-list mail\n\
        class-map by-port\n match port tcp eq 587\npolicy-map p\n class by-list\n  inspect esmtp\n class by-port\n  inspect esmtp\n\
        service-policy p interface outside\n";
    let firewall = firewall(&format!("{INTERFACES}{text}"));
    let [list, port] = smtp(&firewall)[..] else {
        panic!("two")
    };
    assert!(list.filter.is_some() && list.interface.is_some());
    assert_eq!(list.ports, [(Protocol::TCP, PortRange::ANY)]);
    assert_eq!(port.ports, [(Protocol::TCP, PortRange::one(587))]);
}

#[test]
fn an_interface_policy_overrules_the_global_one_for_its_inspections() {
    let text = format!(
        "{INTERFACES}{DEFAULT}policy-map type inspect esmtp open\n parameters\n  allow-tls\npolicy-map outer\n class inspection_default\n  inspect esmtp open\n\
        service-policy outer interface outside\n"
    );
    let firewall = firewall(&text);
    let on = |name: &str| {
        let at = firewall
            .interfaces
            .iter()
            .position(|i| i.name.value == name)
            .expect("there");
        let found: Vec<_> = smtp(&firewall)
            .into_iter()
            .filter(|i| i.interface.is_some_and(|id| id.0 as usize == at))
            .map(|i| i.effect)
            .collect();
        found
    };
    assert_eq!(on("outside"), [InspectionEffect::AllowsTls]);
    assert_eq!(on("inside"), [InspectionEffect::StripsStarttls]);
    assert_eq!(on("dmz"), [InspectionEffect::StripsStarttls]);
}

#[test]
fn fixup_protocol_smtp_is_the_inspection_of_pix() {
    let text = "PIX Version 6.3(5)\nnameif ethernet0 outside security0\nfixup protocol smtp 25\nfixup protocol h323 ras 1718-1719\nfixup protocol sip 5060\n";
    let pix = firewall(text);
    let [smtp] = smtp(&pix)[..] else {
        panic!("one")
    };
    assert_eq!(
        (smtp.effect, smtp.ports.as_slice()),
        (
            InspectionEffect::StripsStarttls,
            &[(Protocol::TCP, PortRange::one(25))][..]
        )
    );
    let off = text.replace("fixup protocol smtp 25", "no fixup protocol smtp 25");
    assert!(super::inspections::smtp(&firewall(&off)).is_empty());
}

#[test]
fn a_service_policy_without_its_policy_map_is_a_problem() {
    let document = read("service-policy gone global\naccess-list a permit ip any any\n");
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn an_inspection_that_is_taken_away_again_is_gone() {
    let text = DEFAULT.replace("  inspect sip\n", "  no inspect esmtp\n");
    assert!(smtp(&firewall(&text)).is_empty());
}
