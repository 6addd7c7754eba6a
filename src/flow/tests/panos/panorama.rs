//! Panorama: device groups, templates, targets, and what a managed firewall does
//! not show.

use super::*;

const NETWORK: &str = "\
set template T1 config devices localhost.localdomain vsys vsys1 zone inside network layer3 ethernet1/1
set template T1 config devices localhost.localdomain vsys vsys1 zone outside network layer3 ethernet1/2
set template T1 config devices localhost.localdomain network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16
set template T1 config devices localhost.localdomain network interface ethernet ethernet1/2 layer3 ip $outer
set template-stack S1 templates T1
set template-stack S1 devices [ 0001 0002 ]
";

fn pushed(place: &str, name: &str, action: &str, words: &str) -> String {
    let text = rule(name, action, words);
    text.replace("set rulebase", &format!("set {place}"))
}

fn mail(firewall: &Firewall) -> char {
    passes(
        firewall,
        "ethernet1/1",
        "ethernet1/2",
        tcp("10.1.0.5", "192.0.2.9", 25),
    )
}

/// Administrator's Guide, "Device Group Policies".
#[test]
fn layers_are_evaluated_from_shared_pre_rules_to_shared_post_rules() {
    let layers = [
        "shared pre-rulebase",
        "device-group outer pre-rulebase",
        "device-group inner pre-rulebase",
        "device-group inner post-rulebase",
        "device-group outer post-rulebase",
        "shared post-rulebase",
    ];
    let groups = format!(
        "{NETWORK}set device-group inner devices 0001\nset device-group outer description x\n\
         set readonly devices localhost.localdomain device-group inner parent-dg outer\n"
    );
    for (index, first) in layers.iter().enumerate() {
        for second in layers.iter().skip(index + 1) {
            // The second stands first in the file and still decides nothing.
            let text = format!(
                "{groups}{}{}",
                pushed(second, "second", "deny", ""),
                pushed(first, "first", "allow", "")
            );
            let all = firewalls(&text);
            let names: Vec<&str> = all.iter().map(|one| one.name.value.as_str()).collect();
            assert_eq!(names, ["inner"]);
            assert_eq!(mail(&all[0]), 'P', "{first} before {second}");
        }
    }
}

#[test]
fn an_inner_group_overrides_the_objects_of_an_outer_one() {
    let text = format!(
        "{NETWORK}set device-group inner devices 0001\nset device-group inner parent-dg outer\n\
         set device-group outer address x ip-netmask 192.0.2.1\n\
         set device-group inner address x ip-netmask 192.0.2.9\n{}",
        pushed(
            "device-group outer pre-rulebase",
            "r",
            "allow",
            "destination x"
        )
    );
    assert_eq!(mail(&firewall(&text)), 'P');
}

#[test]
fn a_template_variable_has_the_value_of_its_device() {
    let group = "set device-group g devices 0001\n";
    let address = |text: &str| {
        let firewall = firewall(text);
        let outer = firewall
            .interfaces
            .iter()
            .find(|one| one.name.value == "ethernet1/2");
        let outer = outer.expect("the interface is there").clone();
        (outer.addresses.len(), outer.dynamic_address.is_some())
    };
    assert_eq!(address(&format!("{NETWORK}{group}")), (0, true));
    let known =
        format!("{NETWORK}{group}set template T1 variable $outer type ip-netmask 192.0.2.1/24\n");
    assert_eq!(address(&known), (1, false));
    let overridden = format!(
        "{known}set template-stack S1 devices 0001 variable $outer type ip-netmask 192.0.2.7/24\n"
    );
    assert_eq!(address(&overridden), (1, false));
    // Two devices with different values.
    let two = overridden.replace(
        "set device-group g devices 0001",
        "set device-group g devices [ 0001 0002 ]",
    );
    assert_eq!(address(&two), (0, true));
}

#[test]
fn a_rule_for_other_devices_does_not_count() {
    let with = |target: &str| {
        format!(
            "{NETWORK}set device-group g devices [ 0001 0002 ]\n{}",
            pushed("device-group g pre-rulebase", "r", "allow", target)
        )
    };
    assert_eq!(mail(&firewall(&with("target negate no"))), 'P');
    assert_eq!(mail(&firewall(&with("target devices 0009"))), 'D');
    assert_eq!(mail(&firewall(&with("target devices [ 0001 0002 ]"))), 'P');
    assert_eq!(mail(&firewall(&with("target devices 0001"))), 'I');
    assert_eq!(
        mail(&firewall(&with("target devices 0009\ntarget negate yes"))),
        'P'
    );
}

#[test]
fn a_device_group_without_a_template_has_its_zones() {
    let text = pushed("device-group g pre-rulebase", "r", "allow", "service any")
        + "set device-group g devices 0001\n";
    let firewall = firewall(&text);
    assert_eq!(
        passes(
            &firewall,
            "inside",
            "outside",
            tcp("10.1.0.5", "192.0.2.9", 25)
        ),
        'P'
    );
    assert_eq!(
        passes(
            &firewall,
            "outside",
            "inside",
            tcp("192.0.2.9", "10.1.0.5", 25)
        ),
        'D'
    );
}

#[test]
fn a_managed_firewall_without_its_pushed_rules_decides_nothing() {
    let managed = "set deviceconfig system panorama-server 10.1.0.8\n";
    let text = format!("{}{managed}", one(""));
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 25)), 'I');
    let problems = read(&text).problems;
    let hint = problems[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains("show config merged"), "{problems:?}");
    let merged = format!("{text}set policy panorama pre-rulebase security rules x disabled yes\n");
    assert_eq!(out(&merged, tcp("10.1.0.5", "192.0.2.9", 25)), 'P');
}

#[test]
fn pushed_rules_stand_around_the_local_ones() {
    let local = rule("local", "deny", "");
    let push = |layer: &str| pushed(&format!("policy panorama {layer}"), "p", "allow", "");
    assert_eq!(
        out(
            &format!("{BASE}{local}{}", push("pre-rulebase")),
            tcp("10.1.0.5", "192.0.2.9", 25)
        ),
        'P'
    );
    assert_eq!(
        out(
            &format!("{BASE}{local}{}", push("post-rulebase")),
            tcp("10.1.0.5", "192.0.2.9", 25)
        ),
        'D'
    );
}

/// A shared rule is a rule of every device group: what nothing reads of it leaves
/// it undecided in each.
#[test]
fn an_unknown_word_of_a_shared_rule_counts_for_every_device_group() {
    let groups = format!(
        "{NETWORK}set device-group first devices 0001\nset device-group second devices 0002\n"
    );
    let shared = pushed("shared pre-rulebase", "mail", "allow", "");
    for (words, expected) in [
        ("", 'P'),
        (
            "set shared pre-rulebase security rules mail frobnicate yes\n",
            'I',
        ),
    ] {
        let all = firewalls(&format!("{groups}{shared}{words}"));
        assert_eq!(all.len(), 2);
        for firewall in &all {
            assert_eq!(mail(firewall), expected, "{} {words}", firewall.name.value);
        }
    }
}
