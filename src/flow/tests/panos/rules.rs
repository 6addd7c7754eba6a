//! Order, types, zones, negation, what is switched off.

use super::*;

const SMTP: Question<'static> = ("10.1.0.5", "192.0.2.9", Protocol::TCP, 25);

#[test]
fn the_first_rule_that_matches_decides() {
    let text = one("source hub\ndestination edge\nservice smtp");
    assert_eq!(out(&text, SMTP), 'P');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 26)), 'D');
    assert_eq!(out(&text, tcp("10.1.0.6", "192.0.2.9", 25)), 'D');
    let denied = format!("{BASE}{}{}", rule("a", "deny", ""), rule("b", "allow", ""));
    assert_eq!(out(&denied, SMTP), 'D');
    for action in ["drop", "reset-client", "reset-server", "reset-both"] {
        let text = format!("{BASE}{}{}", rule("a", action, ""), rule("b", "allow", ""));
        assert_eq!(out(&text, SMTP), 'D', "{action}");
    }
}

#[test]
fn an_unknown_action_leaves_its_packets_undecided() {
    let text = format!("{BASE}{}", rule("a", "permit-maybe", "service smtp"));
    assert_eq!(out(&text, SMTP), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 26)), 'D');
}

/// Administrator's Guide, "Security Policy": `intrazone-default` allows,
/// `interzone-default` denies.
#[test]
fn without_a_rule_a_zone_passes_within_and_not_to_another() {
    let firewall = firewall(BASE);
    let within = tcp("10.1.0.5", "10.4.0.5", 25);
    assert_eq!(passes(&firewall, "ethernet1/1", "ethernet1/4", within), 'P');
    assert_eq!(passes(&firewall, "ethernet1/1", "ethernet1/2", SMTP), 'D');
}

#[test]
fn the_default_rules_can_be_overridden() {
    let text = format!(
        "{BASE}set rulebase default-security-rules rules intrazone-default action deny\n\
         set rulebase default-security-rules rules interzone-default action allow\n"
    );
    let firewall = firewall(&text);
    let within = tcp("10.1.0.5", "10.4.0.5", 25);
    assert_eq!(passes(&firewall, "ethernet1/1", "ethernet1/4", within), 'D');
    assert_eq!(passes(&firewall, "ethernet1/1", "ethernet1/2", SMTP), 'P');
}

#[test]
fn an_interface_in_no_zone_passes_nothing() {
    let text = one("from any\nto any");
    let firewall = firewall(&text);
    let third = tcp("10.3.0.5", "192.0.2.9", 25);
    assert_eq!(passes(&firewall, "ethernet1/3", "ethernet1/2", third), 'D');
    let back = tcp("10.1.0.5", "10.3.0.5", 25);
    assert_eq!(passes(&firewall, "ethernet1/1", "ethernet1/3", back), 'D');
}

#[test]
fn the_type_of_a_rule_tells_for_which_pairs_of_zones_it_is() {
    let within = tcp("10.1.0.5", "10.4.0.5", 25);
    for (kind, inner, outer) in [
        ("universal", 'D', 'D'),
        ("intrazone", 'D', 'P'),
        ("interzone", 'P', 'D'),
    ] {
        let first = rule("a", "deny", &format!("from any\nto any\nrule-type {kind}"));
        let text = format!("{BASE}{first}{}", rule("b", "allow", "from any\nto any"));
        let firewall = firewall(&text);
        assert_eq!(
            passes(&firewall, "ethernet1/1", "ethernet1/4", within),
            inner,
            "{kind}"
        );
        assert_eq!(
            passes(&firewall, "ethernet1/1", "ethernet1/2", SMTP),
            outer,
            "{kind}"
        );
    }
}

#[test]
fn a_negated_address_matches_all_others() {
    let text = one("destination edge\nnegate-destination yes");
    assert_eq!(out(&text, SMTP), 'D');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.8", 25)), 'P');
    let nothing = one("source any\nnegate-source yes");
    assert_eq!(out(&nothing, SMTP), 'D');
}

#[test]
fn a_disabled_rule_does_nothing() {
    assert_eq!(out(&one("disabled yes"), SMTP), 'D');
    assert_eq!(out(&one("disabled no"), SMTP), 'P');
}

/// The schedule of a PAN-OS rule is not ignored: a row of "What peers get wrong".
#[test]
fn a_schedule_limits_a_rule() {
    let with = |schedule: &str| {
        let text = one("schedule s");
        format!("{text}set schedule s schedule-type {schedule}\n")
    };
    let past = with("non-recurring 2012/01/01@00:00-2012/06/01@00:00");
    assert_eq!(out(&past, SMTP), 'D');
    let now = with("non-recurring 2013/01/01@00:00-2014/01/01@00:00");
    assert_eq!(out(&now, SMTP), 'P');
    assert_eq!(out(&with("recurring daily 08:00-18:00"), SMTP), 'I');
    assert_eq!(out(&one("schedule s"), SMTP), 'I');
}

#[test]
fn users_profiles_and_categories_leave_a_rule_undecided() {
    for word in [
        "source-user contoso\\bob",
        "category news",
        "source-hip compliant",
        "hip-profiles x",
    ] {
        assert_eq!(out(&one(word), SMTP), 'I', "{word}");
        let key = word.split(' ').next().expect("a key");
        assert_eq!(out(&one(&format!("{key} any")), SMTP), 'P', "{key}");
    }
}

#[test]
fn a_word_that_nobody_knows_leaves_its_rule_undecided() {
    let text = one("service smtp\nquantum-state up");
    assert_eq!(out(&text, SMTP), 'I');
    assert_eq!(out(&text, tcp("10.1.0.5", "192.0.2.9", 26)), 'D');
}

#[test]
fn an_incomplete_rule_is_undecided() {
    let text = format!(
        "{BASE}set rulebase security rules r from inside\nset rulebase security rules r action allow\n"
    );
    assert_eq!(out(&text, SMTP), 'I');
}

#[test]
fn a_placeholder_of_a_template_is_never_guessed() {
    for word in [
        "source {{ HUB }}",
        "destination ${edge}",
        "service {{SVC}}",
        "from {{ zone }}",
        "source <office>",
        "from <zone>",
    ] {
        assert_eq!(out(&one(word), SMTP), 'I', "{word}");
    }
}

#[test]
fn rules_of_forwarding_and_authentication_may_stop_what_the_policy_allows() {
    let with = |line: &str| {
        let words = "source any\ndestination edge\nservice any";
        let mut text = one("");
        for word in words.lines() {
            text += &format!("set rulebase {line} {word}\n");
        }
        text
    };
    let forward = with("pbf rules x")
        + "set rulebase pbf rules x from zone inside\nset rulebase pbf rules x action forward egress-interface ethernet1/3\n";
    assert_eq!(out(&forward, SMTP), 'I');
    assert_eq!(out(&forward, tcp("10.1.0.5", "192.0.2.8", 25)), 'P');
    let discard = with("pbf rules x")
        + "set rulebase pbf rules x from zone inside\nset rulebase pbf rules x action discard\n";
    assert_eq!(out(&discard, SMTP), 'D');
    let sign_in = with("authentication rules x")
        + "set rulebase authentication rules x from inside\nset rulebase authentication rules x to outside\nset rulebase authentication rules x authentication-enforcement web\n";
    assert_eq!(out(&sign_in, SMTP), 'I');
}

#[test]
fn two_routers_without_a_route_between_them_may_not_talk() {
    let routers = "set network virtual-router a interface ethernet1/1\nset network virtual-router b interface ethernet1/2\n";
    let apart = format!("{}{routers}", one(""));
    assert_eq!(out(&apart, SMTP), 'I');
    assert_eq!(out(&format!("{BASE}{routers}"), SMTP), 'D');
    let joined = format!(
        "{apart}set network virtual-router a routing-table ip static-route d destination 0.0.0.0/0\nset network virtual-router a routing-table ip static-route d nexthop next-vr b\n"
    );
    assert_eq!(out(&joined, SMTP), 'P');
}

#[test]
fn virtual_systems_are_devices_of_their_own() {
    let text = "\
set deviceconfig system hostname pa1
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16
set network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24
set vsys vsys1 import network interface ethernet1/1
set vsys vsys1 zone a network layer3 ethernet1/1
set vsys vsys2 import network interface ethernet1/2
set vsys vsys2 zone b network layer3 ethernet1/2
";
    let all = firewalls(text);
    let names: Vec<&str> = all.iter().map(|one| one.name.value.as_str()).collect();
    assert_eq!(names, ["pa1/vsys1", "pa1/vsys2"]);
    let own: Vec<Vec<&str>> = all
        .iter()
        .map(|one| {
            one.interfaces
                .iter()
                .map(|i| i.name.value.as_str())
                .collect()
        })
        .collect();
    assert_eq!(own, [["ethernet1/1"], ["ethernet1/2"]]);
}
