//! Export forms: both syntaxes, markup, captures, groups, deactivation.

use super::*;
use crate::formats::ProblemLevel;

/// The same configuration in curly braces, as set commands, in XML and JSON.
const CURLY: &str = "\
## Last commit: 2009-10-01 08:00:00 JST by admin
version 12.1X44-D10.4;
system {
    host-name srx1;
    root-authentication {
        encrypted-password \"$1$S3cret$x\"; ## SECRET-DATA
    }
}
security {
    policies {
        from-zone untrust to-zone trust {
            /* change 47 */
            policy mail {
                match {
                    source-address any;
                    destination-address [ hub1 hub2 ];
                    application junos-smtp;
                }
                then {
                    permit;
                    log {
                        session-init;
                    }
                }
            }
            inactive: policy old {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                }
                then {
                    permit;
                }
            }
        }
    }
    address-book {
        global {
            address hub1 10.1.0.11/32;
            inactive: address hub3 10.1.0.13/32;
            address hub2 {
                range-address 10.1.0.12 {
                    to {
                        10.1.0.14;
                    }
                }
            }
        }
    }
    zones {
        security-zone untrust {
            interfaces {
                ge-0/0/1.0;
            }
        }
        security-zone trust {
            host-inbound-traffic {
                system-services {
                    ssh;
                }
            }
            interfaces {
                ge-0/0/0.0;
            }
        }
    }
}
interfaces {
    ge-0/0/0 {
        unit 0 {
            family inet {
                address 10.1.0.1/16;
            }
        }
    }
    ge-0/0/1 {
        unit 0 {
            family inet {
                address 192.0.2.1/24;
            }
        }
    }
}
routing-options {
    static {
        route 0.0.0.0/0 next-hop 192.0.2.254;
    }
}
";

const SET: &str = "\
set version 12.1X44-D10.4
set system host-name srx1
set system root-authentication encrypted-password \"$1$S3cret$x\"
set security policies from-zone untrust to-zone trust policy mail match source-address any
set security policies from-zone untrust to-zone trust policy mail match destination-address hub1
set security policies from-zone untrust to-zone trust policy mail match destination-address hub2
set security policies from-zone untrust to-zone trust policy mail match application junos-smtp
set security policies from-zone untrust to-zone trust policy mail then permit
set security policies from-zone untrust to-zone trust policy mail then log session-init
set security policies from-zone untrust to-zone trust policy old match source-address any
set security policies from-zone untrust to-zone trust policy old match destination-address any
set security policies from-zone untrust to-zone trust policy old match application any
set security policies from-zone untrust to-zone trust policy old then permit
deactivate security policies from-zone untrust to-zone trust policy old
set security address-book global address hub1 10.1.0.11/32
set security address-book global address hub3 10.1.0.13/32
deactivate security address-book global address hub3
set security address-book global address hub2 range-address 10.1.0.12 to 10.1.0.14
set security zones security-zone untrust interfaces ge-0/0/1.0
set security zones security-zone trust host-inbound-traffic system-services ssh
set security zones security-zone trust interfaces ge-0/0/0.0
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254
";

const XML: &str = r#"<rpc-reply xmlns:junos="http://xml.juniper.net/junos/12.1X44/junos">
<configuration junos:commit-seconds="1254351600" junos:commit-user="admin">
<version>12.1X44-D10.4</version>
<system><host-name>srx1</host-name>
<root-authentication><encrypted-password>$1$S3cret$x</encrypted-password></root-authentication></system>
<security>
<policies>
<policy>
<from-zone-name>untrust</from-zone-name>
<to-zone-name>trust</to-zone-name>
<policy>
<name>mail</name>
<match><source-address>any</source-address>
<destination-address>hub1</destination-address>
<destination-address>hub2</destination-address>
<application>junos-smtp</application></match>
<then><permit></permit><log><session-init/></log></then>
</policy>
<policy inactive="inactive">
<name>old</name>
<match><source-address>any</source-address><destination-address>any</destination-address><application>any</application></match>
<then><permit/></then>
</policy>
</policy>
</policies>
<address-book><name>global</name>
<address><name>hub1</name><ip-prefix>10.1.0.11/32</ip-prefix></address>
<address inactive="inactive"><name>hub3</name><ip-prefix>10.1.0.13/32</ip-prefix></address>
<address><name>hub2</name><range-address><name>10.1.0.12</name><to><range-high>10.1.0.14</range-high></to></range-address></address>
</address-book>
<zones>
<security-zone><name>untrust</name><interfaces><name>ge-0/0/1.0</name></interfaces></security-zone>
<security-zone><name>trust</name>
<host-inbound-traffic><system-services><name>ssh</name></system-services></host-inbound-traffic>
<interfaces><name>ge-0/0/0.0</name></interfaces></security-zone>
</zones>
</security>
<interfaces>
<interface><name>ge-0/0/0</name><unit><name>0</name><family><inet><address><name>10.1.0.1/16</name></address></inet></family></unit></interface>
<interface><name>ge-0/0/1</name><unit><name>0</name><family><inet><address><name>192.0.2.1/24</name></address></inet></family></unit></interface>
</interfaces>
<routing-options><static><route><name>0.0.0.0/0</name><next-hop>192.0.2.254</next-hop></route></static></routing-options>
</configuration>
</rpc-reply>
"#;

const JSON: &str = r#"{
 "configuration" : {
  "@" : { "xmlns" : "http://xml.juniper.net/xnm/1.1/xnm", "junos:commit-user" : "admin" },
  "version" : "12.1X44-D10.4",
  "system" : { "host-name" : "srx1", "root-authentication" : { "encrypted-password" : "$1$S3cret$x" } },
  "security" : {
   "policies" : { "policy" : [ {
     "from-zone-name" : "untrust", "to-zone-name" : "trust",
     "policy" : [
      { "name" : "mail",
        "match" : { "source-address" : ["any"], "destination-address" : ["hub1", "hub2"], "application" : ["junos-smtp"] },
        "then" : { "permit" : [null], "log" : { "session-init" : [null] } } },
      { "@" : { "inactive" : true }, "name" : "old",
        "match" : { "source-address" : ["any"], "destination-address" : ["any"], "application" : ["any"] },
        "then" : { "permit" : [null] } } ] } ] },
   "address-book" : [ { "name" : "global", "address" : [
     { "name" : "hub1", "ip-prefix" : "10.1.0.11/32" },
     { "@" : { "inactive" : true }, "name" : "hub3", "ip-prefix" : "10.1.0.13/32" },
     { "name" : "hub2", "range-address" : [ { "name" : "10.1.0.12", "to" : { "range-high" : "10.1.0.14" } } ] } ] } ],
   "zones" : { "security-zone" : [
     { "name" : "untrust", "interfaces" : [ { "name" : "ge-0/0/1.0" } ] },
     { "name" : "trust", "host-inbound-traffic" : { "system-services" : [ { "name" : "ssh" } ] }, "interfaces" : [ { "name" : "ge-0/0/0.0" } ] } ] }
  },
  "interfaces" : { "interface" : [
    { "name" : "ge-0/0/0", "unit" : [ { "name" : 0, "family" : { "inet" : { "address" : [ { "name" : "10.1.0.1/16" } ] } } } ] },
    { "name" : "ge-0/0/1", "unit" : [ { "name" : 0, "family" : { "inet" : { "address" : [ { "name" : "192.0.2.1/24" } ] } } } ] } ] },
  "routing-options" : { "static" : { "route" : [ { "name" : "0.0.0.0/0", "next-hop" : ["192.0.2.254"] } ] } }
 }
}
"#;

/// A model without places, to compare.
fn shape(firewall: &Firewall) -> String {
    let text = format!("{firewall:#?}");
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("span: Span {") || line.trim() == "Span {" {
            let indent = line.len() - line.trim_start().len();
            for inner in lines.by_ref() {
                if inner.len() - inner.trim_start().len() <= indent {
                    break;
                }
            }
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[test]
fn all_forms_of_one_configuration_give_one_model() {
    let curly = firewall(CURLY);
    assert_eq!(curly.name.value, "srx1");
    let named = |object: &&AddressObject| !object.name.is_empty();
    assert_eq!(
        curly.address_objects.iter().filter(named).count(),
        2,
        "the deactivated address is gone"
    );
    let policies = curly
        .filters
        .iter()
        .find(|filter| filter.name.starts_with("from-zone"))
        .expect("policies");
    assert_eq!(
        policies
            .rules
            .iter()
            .map(|rule| rule.enabled)
            .collect::<Vec<_>>(),
        [true, false]
    );
    let curly = shape(&curly);
    for (form, text) in [("set", SET), ("xml", XML), ("json", JSON)] {
        let other = shape(&firewall(text));
        if let Some((left, right)) = curly
            .lines()
            .zip(other.lines())
            .find(|(left, right)| left != right)
        {
            panic!("{form}: {left} and {right}\n{other}");
        }
        assert_eq!(curly.len(), other.len(), "{form}");
    }
}

#[test]
fn every_line_of_every_form_is_known() {
    for (form, text) in [("curly", CURLY), ("set", SET), ("xml", XML), ("json", JSON)] {
        for (number, state) in states(text).iter().enumerate() {
            assert_ne!(
                *state,
                LineState::Unrecognised,
                "{form}: line {}",
                number + 1
            );
        }
    }
}

#[test]
fn detection_cites_what_it_saw() {
    for (text, what) in [
        (CURLY, "## Last commit"),
        (SET, "set "),
        (XML, "<configuration"),
        (JSON, "\"configuration\""),
        (
            "{primary:node0}\nadmin@srx1> show configuration | display set\nset version 12.1X44-D10.4\nset system host-name srx1\n",
            "admin@srx1>",
        ),
    ] {
        let evidence = (FORMAT.detect)(&file(text)).expect("Junos");
        assert!(evidence.what.contains(what), "{}", evidence.what);
    }
}

#[test]
fn look_alikes_are_left_to_their_readers() {
    for text in [
        "set deviceconfig system hostname pa1\nset rulebase security rules r from any\nset zone trust network layer3 ethernet1/1\nset address a ip-netmask 10.0.0.1/32\n",
        "config firewall policy\n    edit 1\n        set srcintf \"port1\"\n    next\nend\n",
        "set zone \"Trust\" vrouter \"trust-vr\"\nset policy id 1 from \"Trust\" to \"Untrust\" \"Any\" \"Any\" \"MAIL\" permit\n",
        "set interfaces ethernet eth0 address 10.0.0.1/24\nset system host-name vyos\nset firewall name OUT default-action drop\n",
        "interface Vlan1\n nameif inside\naccess-list a extended permit ip any any\n",
        "{\"configuration\": {\"name\": \"build\"}}\n",
        "<configuration>\n<system.webServer/>\n</configuration>\n",
        "<configuration xmlns=\"urn:microsoft-catalog:XML_Metabase_V64_0\">\n</configuration>\n",
        "table inet filter {\n    chain input {\n        type filter hook input priority 0; policy drop;\n    }\n}\n",
    ] {
        assert_eq!((FORMAT.detect)(&file(text)), None, "{text}");
    }
}

#[test]
fn a_capture_with_prompts_and_pagers_is_read() {
    let text = "\
login: admin
--- JUNOS 12.1X44-D10.4 built 2013-01-08 05:52:53 UTC\r
{primary:node0}\r
admin@srx1> show configuration security policies \r
from-zone untrust to-zone trust {\r
    policy mail {\r
---(more 10%)---\r                                        \r        match {\r
            source-address any;\r
            destination-address any;\r
            application junos-smtp;\r
        }\r
        then {\r
            permit;\r
        }\r
    }\r
}\r
\r
{primary:node0}\r
admin@srx1> show security policies hit-count \r
 Index   From zone        To zone           Name           Policy count\r
 1       untrust          trust             mail           17\r
{primary:node0}\r
admin@srx1> show configuration | display set | match zones \r
set security zones security-zone untrust interfaces ge-0/0/1.0\r
set security zones security-zone trust interfaces ge-0/0/0.0\r
\r
admin@srx1> \r
";
    assert!((FORMAT.detect)(&file(text)).is_some());
    let found = firewall(text);
    assert_eq!(found.name.value, "srx1");
    let question = tcp("203.0.113.5", "10.1.0.9", 25);
    assert_eq!(
        passes(
            &found,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            question,
            ConnectionState::New
        ),
        'P'
    );
    assert!(
        !states(text).contains(&LineState::Unrecognised),
        "{:?}",
        states(text)
    );
}

#[test]
fn deactivate_comes_after_what_it_disables_and_may_name_an_inner_statement() {
    let text = format!(
        "{ZONES}set security address-book global address a 203.0.113.0/24\n\
         set security policies from-zone untrust to-zone trust policy p match source-address a\n\
         set security policies from-zone untrust to-zone trust policy p match source-address any\n\
         set security policies from-zone untrust to-zone trust policy p match destination-address any\n\
         set security policies from-zone untrust to-zone trust policy p match application any\n\
         set security policies from-zone untrust to-zone trust policy p then permit\n\
         deactivate security policies from-zone untrust to-zone trust policy p match source-address any\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'P'
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("198.51.100.5", "10.1.0.9", 25)
        ),
        'D'
    );
    let again = text
        + "activate security policies from-zone untrust to-zone trust policy p match source-address any\n";
    assert_eq!(
        between(
            &again,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("198.51.100.5", "10.1.0.9", 25)
        ),
        'P'
    );
}

#[test]
fn an_inactive_statement_on_one_line_is_gone_as_a_whole() {
    let text = "\
security {
    zones {
        security-zone trust { interfaces { ge-0/0/0.0; } }
        security-zone untrust { interfaces { ge-0/0/1.0; } }
    }
    policies {
        from-zone untrust to-zone trust {
            policy p {
                match { source-address any; destination-address any; application a; }
                then { permit; }
            }
        }
    }
}
applications {
    application a {
        inactive: term one protocol tcp destination-port 25;
        term two protocol tcp destination-port 26;
    }
}
";
    assert_eq!(
        between(
            text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'D'
    );
    assert_eq!(
        between(
            text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 26)
        ),
        'P'
    );
}

#[test]
fn insert_and_delete_and_edit_are_carried_out() {
    let text = format!(
        "{ZONES}edit security policies from-zone untrust to-zone trust\n\
         set policy a match source-address any destination-address any application junos-smtp\n\
         set policy a then permit\n\
         set policy b match source-address any destination-address any application junos-smtp\n\
         set policy b then deny\n\
         insert policy b before policy a\n\
         top\n\
         set security policies default-policy permit-all\n"
    );
    let question = tcp("203.0.113.5", "10.1.0.9", 25);
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question), 'D');
    let text = format!("{text}delete security policies from-zone untrust to-zone trust policy b\n");
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question), 'P');
}

#[test]
fn groups_are_applied_with_wildcards_and_exceptions() {
    let text = format!(
        "{ZONES}set groups last security policies from-zone <*> to-zone <*> policy log-all match source-address any destination-address any application any\n\
         set groups last security policies from-zone <*> to-zone <*> policy log-all then permit\n\
         set apply-groups last\n\
         set security policies from-zone untrust to-zone trust policy no-mail match source-address any destination-address any application junos-smtp\n\
         set security policies from-zone untrust to-zone trust policy no-mail then deny\n"
    );
    let to = |port| tcp("203.0.113.5", "10.1.0.9", port);
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'D');
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", to(80)), 'P');
    // The pair that is not there gets no policy.
    assert_eq!(
        between(
            &text,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            tcp("10.1.0.9", "203.0.113.5", 80)
        ),
        'D'
    );
    let except = format!(
        "{text}set security policies from-zone untrust to-zone trust apply-groups-except last\n"
    );
    assert_eq!(between(&except, "ge-0/0/1.0", "ge-0/0/0.0", to(80)), 'D');
    let gone = text.replace("set apply-groups last", "set apply-groups elsewhere");
    assert_eq!(between(&gone, "ge-0/0/1.0", "ge-0/0/0.0", to(80)), 'I');
}

#[test]
fn the_own_value_counts_before_the_groups() {
    let text = format!(
        "{ZONES}set groups g security policies default-policy permit-all\nset apply-groups g\nset security policies default-policy deny-all\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'D'
    );
}

#[test]
fn the_groups_of_cluster_nodes_are_harmless_while_they_only_name_the_nodes() {
    let text = format!(
        "{ZONES}set groups node0 system host-name a\nset groups node1 system host-name b\nset groups node0 interfaces fxp0 unit 0 family inet address 10.9.0.1/24\nset apply-groups \"${{node}}\"\nset security policies default-policy permit-all\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'P'
    );
}

#[test]
fn two_devices_in_a_file_are_two_firewalls() {
    let text = format!("{CURLY}{}", CURLY.replace("srx1", "srx2"));
    let names: Vec<_> = firewalls(&text)
        .into_iter()
        .map(|firewall| firewall.name.value)
        .collect();
    assert_eq!(names, ["srx1", "srx2"]);
    let text = format!("{SET}{}", SET.replace("srx1", "srx2"));
    assert_eq!(firewalls(&text).len(), 2);
}

#[test]
fn a_logical_system_is_a_firewall_of_its_own() {
    let text = format!(
        "{ZONES}set logical-systems mail interfaces ge-0/0/5 unit 0 family inet address 10.5.0.1/24\nset logical-systems mail security zones security-zone a interfaces ge-0/0/5.0\n"
    );
    let names: Vec<_> = firewalls(&text)
        .into_iter()
        .map(|firewall| firewall.name.value)
        .collect();
    assert_eq!(names, ["srx1", "srx1/mail"]);
}

#[test]
fn peers_of_tunnels_and_units_of_tenants_are_known() {
    let text = format!(
        "{ZONES}set interfaces lt-0/0/0 unit 0 encapsulation ethernet\nset interfaces lt-0/0/0 unit 0 peer-unit 1\n\
         set tenants T1 interfaces ge-0/0/5.0\nset tenants T1 security zones security-zone a interfaces ge-0/0/5.0\n"
    );
    let unread = states(&text)
        .into_iter()
        .filter(|state| *state == LineState::Unrecognised);
    assert_eq!(unread.count(), 0);
}

#[test]
fn a_part_shown_without_its_path_is_placed() {
    let text = "\
from-zone untrust to-zone trust {
    policy mail {
        match {
            source-address any;
            destination-address any;
            application junos-smtp;
        }
        then {
            permit;
        }
    }
}
";
    assert!((FORMAT.detect)(&file(text)).is_some());
    assert_eq!(
        between(text, "untrust", "trust", tcp("203.0.113.5", "10.1.0.9", 25)),
        'P'
    );
    assert_eq!(
        between(text, "untrust", "trust", tcp("203.0.113.5", "10.1.0.9", 80)),
        'D'
    );
}

#[test]
fn a_comparison_is_no_configuration_and_says_so() {
    let text = "admin@srx1# show | compare \n[edit security policies]\n+     from-zone a to-zone b {\n+         policy p;\n+     }\n[edit]\nadmin@srx1# \n";
    let document = read(text);
    assert!(document.ledger.states().contains(&LineState::NotModelled));
    let text = "[edit security policies]\n+     from-zone a to-zone b {\n-         policy p;\n";
    let document = read(text);
    assert!(
        document
            .problems
            .iter()
            .any(|problem| problem.level == ProblemLevel::Error && problem.hint.is_some())
    );
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let text = format!("\u{feff}{}", SET.replace('\n', "\r\n"));
    assert_eq!(shape(&firewall(&text)), shape(&firewall(SET)));
}

/// The set commands of a configuration in curly braces, by its lines alone:
/// one statement a line, as devices print it.
fn as_set_commands(curly: &str) -> String {
    let mut path: Vec<String> = Vec::new();
    let (mut sets, mut off) = (String::new(), String::new());
    for line in curly.lines().map(str::trim) {
        let line = line.split(" ## ").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with(['#', '/', '-']) || line.contains("@ctso") {
            continue;
        }
        if line.starts_with('{') {
            continue;
        }
        if line == "}" {
            path.pop();
            continue;
        }
        let (inactive, line) = match line.strip_prefix("inactive: ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let outer = path
            .iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ");
        let head = line.trim_end_matches([';', '{', ' ']);
        if inactive {
            off.push_str(&format!("deactivate {outer} {head}\n"));
        }
        if line.ends_with('{') {
            path.push(head.to_owned());
            continue;
        }
        // Some blocks stand on one line.
        if let Some((head, body)) = line.split_once(" {") {
            for value in body
                .trim_end_matches('}')
                .split(';')
                .map(str::trim)
                .filter(|value| !value.is_empty())
            {
                sets.push_str(&format!("set {outer} {head} {value}\n"));
            }
            continue;
        }
        match head.split_once(" [ ") {
            Some((key, list)) => {
                for value in list.trim_end_matches([' ', ']']).split(' ') {
                    sets.push_str(&format!("set {outer} {key} {value}\n"));
                }
            }
            None => sets.push_str(&format!("set {outer} {head}\n")),
        }
    }
    sets + &off
}

/// What was found before is in the same order as with the other syntax: only
/// where references stand in the text may differ.
#[test]
fn the_fixture_says_the_same_as_set_commands() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/platforms/srx/fw/srx.conf"
    );
    let curly = std::fs::read_to_string(path).expect("the fixture is there");
    // Which node of the cluster it is, both captures tell.
    let set = format!(
        "{{primary:node0}}\n{}",
        as_set_commands(&curly.replace("\r\n", "\n"))
    );
    assert!(set.lines().count() > 300, "{set}");
    let (one, other) = (shape(&firewall(&curly)), shape(&firewall(&set)));
    if let Some((left, right)) = one
        .lines()
        .zip(other.lines())
        .find(|(left, right)| left != right)
    {
        panic!("{left} and {right}");
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn a_line_of_a_template_takes_no_statement_with_it() {
    let text = format!(
        "{{% set name = 'srx1' %}}\n{ZONES}{{% for zone in zones %}}\nset security policies default-policy deny-all\n{{% endfor %}}\n"
    );
    let unread = |state: &LineState| *state == LineState::Unrecognised;
    let states = states(&text);
    let lines: Vec<usize> = (0..states.len())
        .filter(|line| unread(&states[*line]))
        .collect();
    assert_eq!(lines, [0, 8, 10]);
}
