//! Templates that were not filled in, given as configurations.

use super::build;
use crate::flow::*;

const ASA: &str = "\
ASA Version 9.8(2)
hostname gate
interface GigabitEthernet1/1
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.0
interface GigabitEthernet1/2
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
{% if ntp %}
ntp server 10.1.0.123
{% endif %}
!
[if]
access-list in extended deny tcp any host 10.1.0.25 eq smtp
[end]
!
access-list in extended permit tcp any host 10.1.0.25
access-group in in interface outside
route outside 0.0.0.0 0.0.0.0 203.0.113.1
";

const IOS: &str = "\
version 15.4
hostname gate
interface GigabitEthernet0/0
 ip address 203.0.113.2 255.255.255.0
 ip access-group in in
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.0.0
{% if ntp %}
ntp server 10.1.0.123
{% endif %}
ip access-list extended in
[if]
 deny tcp any host 10.1.0.25 eq smtp
[end]
 permit tcp any host 10.1.0.25
ip route 0.0.0.0 0.0.0.0 203.0.113.1
";

const JUNOS: &str = "\
set version 21.4R3.15
set system host-name gate
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/16
set routing-options static route 0.0.0.0/0 next-hop 203.0.113.1
set security zones security-zone out interfaces ge-0/0/0.0
set security zones security-zone in interfaces ge-0/0/1.0
{% if ntp %}
set system ntp server 10.1.0.123
{% endif %}
[if]
set security policies from-zone out to-zone in policy no match source-address any destination-address any application junos-smtp
set security policies from-zone out to-zone in policy no then deny
[end]
set security policies from-zone out to-zone in policy all match source-address any destination-address any application any
set security policies from-zone out to-zone in policy all then permit
";

fn verdict(format: &str, text: &str) -> Verdict {
    build::tcp_verdict(build::read(format, text), "198.51.100.7", "10.1.0.25", 25)
}

/// With a template's lines around the rule that denies.
fn around(text: &str, opens: &str, closes: &str) -> String {
    text.replace("[if]", opens).replace("[end]", closes)
}

#[test]
fn a_rule_that_a_template_may_leave_out_decides_nothing() {
    for (format, text) in [("cisco-asa", ASA), ("cisco-ios", IOS), ("junos", JUNOS)] {
        for (opens, closes) in [
            ("{% if strict %}", "{% endif %}"),
            ("%{ if strict }", "%{ endif }"),
            ("<% if strict %>", "<% end %>"),
        ] {
            let verdict = verdict(format, &around(text, opens, closes));
            assert_eq!(verdict, Verdict::Inconclusive, "{format} {opens}");
        }
        let inserted = verdict(format, &around(text, "{% include 'rules.j2' %}", ""));
        assert_eq!(inserted, Verdict::Inconclusive, "{format}");
    }
}

#[test]
fn a_line_that_may_be_left_out_and_decides_nothing_changes_nothing() {
    for (format, text) in [("cisco-asa", ASA), ("cisco-ios", IOS), ("junos", JUNOS)] {
        let plain = text
            .replace("{% if ntp %}\n", "")
            .replace("{% endif %}\n", "");
        let denied = |text: &str| verdict(format, &around(text, "", ""));
        assert_eq!(denied(&plain), Verdict::Deny, "{format}");
        assert_eq!(denied(text), Verdict::Deny, "{format}");
    }
}
