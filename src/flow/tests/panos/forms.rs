//! Export forms: XML, `set`, curly braces, JSON, captures, commands.

use super::*;
use crate::formats::{LineState, ProblemLevel};

const XML: &str = r#"<?xml version="1.0"?>
<config version="10.1.0" urldb="paloaltonetworks">
  <mgt-config>
    <users>
      <entry name="admin">
        <phash>$5$S3cret$x</phash>
      </entry>
    </users>
  </mgt-config>
  <shared>
    <address>
      <entry name="a &amp; b" admin="bob" dirtyId="3" time="2013/05/01 10:00:00">
        <ip-netmask>192.0.2.9</ip-netmask>
      </entry>
    </address>
  </shared>
  <devices>
    <entry name="localhost.localdomain">
      <deviceconfig>
        <system>
          <hostname>pa1</hostname>
        </system>
      </deviceconfig>
      <network>
        <interface>
          <ethernet>
            <entry name="ethernet1/1">
              <layer3>
                <ip>
                  <entry name="10.1.0.1/16"/>
                </ip>
              </layer3>
            </entry>
            <entry name="ethernet1/2">
              <layer3>
                <ip>
                  <entry name="192.0.2.1/24"/>
                </ip>
              </layer3>
            </entry>
          </ethernet>
        </interface>
      </network>
      <vsys>
        <entry name="vsys1">
          <zone>
            <entry name="inside">
              <network>
                <layer3>
                  <member>ethernet1/1</member>
                </layer3>
              </network>
            </entry>
            <entry name="outside">
              <network>
                <layer3>
                  <member>ethernet1/2</member>
                </layer3>
              </network>
            </entry>
          </zone>
          <service>
            <entry name="smtp">
              <protocol>
                <tcp>
                  <port>25,587</port>
                </tcp>
              </protocol>
            </entry>
          </service>
          <rulebase>
            <security>
              <rules>
                <entry name="mail out">
                  <from>
                    <member>inside</member>
                  </from>
                  <to>
                    <member>outside</member>
                  </to>
                  <source>
                    <member>any</member>
                  </source>
                  <destination>
                    <member>a &amp; b</member>
                    <member>192.0.2.10</member>
                  </destination>
                  <application>
                    <member>any</member>
                  </application>
                  <service>
                    <member>smtp</member>
                  </service>
                  <action>allow</action>
                  <log-end>yes</log-end>
                </entry>
              </rules>
            </security>
          </rulebase>
        </entry>
      </vsys>
    </entry>
  </devices>
</config>
"#;

const SET: &str = r#"set mgt-config users admin phash $5$S3cret$x
set shared address "a & b" ip-netmask 192.0.2.9
set deviceconfig system hostname pa1
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16
set network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24
set vsys vsys1 zone inside network layer3 ethernet1/1
set vsys vsys1 zone outside network layer3 ethernet1/2
set vsys vsys1 service smtp protocol tcp port 25,587
set vsys vsys1 rulebase security rules "mail out" from inside
set vsys vsys1 rulebase security rules "mail out" to outside
set vsys vsys1 rulebase security rules "mail out" source any
set vsys vsys1 rulebase security rules "mail out" destination [ "a & b" 192.0.2.10 ]
set vsys vsys1 rulebase security rules "mail out" application any
set vsys vsys1 rulebase security rules "mail out" service smtp
set vsys vsys1 rulebase security rules "mail out" action allow
set vsys vsys1 rulebase security rules "mail out" log-end yes
"#;

const CURLY: &str = r#"mgt-config {
  users {
    admin {
      phash $5$S3cret$x;
    }
  }
}
shared {
  address {
    "a & b" {
      ip-netmask 192.0.2.9;
    }
  }
}
deviceconfig {
  system {
    hostname pa1;
  }
}
network {
  interface {
    ethernet {
      ethernet1/1 {
        layer3 {
          ip {
            10.1.0.1/16;
          }
        }
      }
      ethernet1/2 {
        layer3 {
          ip {
            192.0.2.1/24;
          }
        }
      }
    }
  }
}
vsys {
  vsys1 {
    zone {
      inside {
        network {
          layer3 ethernet1/1;
        }
      }
      outside {
        network {
          layer3 ethernet1/2;
        }
      }
    }
    service {
      smtp {
        protocol {
          tcp {
            port 25,587;
          }
        }
      }
    }
    rulebase {
      security {
        rules {
          "mail out" {
            from inside;
            to outside;
            source any;
            destination [ "a & b" 192.0.2.10];
            application any;
            service smtp;
            action allow;
            log-end yes;
          }
        }
      }
    }
  }
}
"#;

const JSON: &str = r#"{ "config": { "@version": "10.1.0", "@urldb": "paloaltonetworks",
  "mgt-config": { "users": { "entry": [ { "@name": "admin", "phash": "$5$S3cret$x" } ] } },
  "shared": { "address": { "entry": [ { "ip-netmask": "192.0.2.9", "@name": "a \u0026 b" } ] } },
  "devices": { "entry": [ { "@name": "localhost.localdomain",
    "deviceconfig": { "system": { "hostname": "pa1" } },
    "network": { "interface": { "ethernet": { "entry": [
      { "@name": "ethernet1/1", "layer3": { "ip": { "entry": [ { "@name": "10.1.0.1/16" } ] } } },
      { "@name": "ethernet1/2", "layer3": { "ip": { "entry": [ { "@name": "192.0.2.1/24" } ] } } } ] } } },
    "vsys": { "entry": [ { "@name": "vsys1",
      "zone": { "entry": [
        { "@name": "inside", "network": { "layer3": { "member": [ "ethernet1/1" ] } } },
        { "@name": "outside", "network": { "layer3": { "member": [ "ethernet1/2" ] } } } ] },
      "service": { "entry": [ { "@name": "smtp", "protocol": { "tcp": { "port": "25,587" } } } ] },
      "rulebase": { "security": { "rules": { "entry": [ { "@name": "mail out",
        "from": { "member": [ "inside" ] }, "to": { "member": [ "outside" ] },
        "source": { "member": [ "any" ] }, "destination": { "member": [ "a \u0026 b", "192.0.2.10" ] },
        "application": { "member": [ "any" ] }, "service": { "member": [ "smtp" ] },
        "action": "allow", "log-end": "yes" } ] } } } } ] } } ] } } }
"#;

/// A model without places, to compare.
pub fn shape(firewall: &Firewall) -> String {
    let text = format!("{firewall:#?}");
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        if start.starts_with("span: Span {") || start == "Span {" {
            let indent = line.len() - start.len();
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
    let mut set = firewall(SET);
    assert_eq!(set.name.value, "pa1");
    set.software = None;
    let set = shape(&set);
    for (form, text) in [("xml", XML), ("curly", CURLY), ("json", JSON)] {
        let mut other = firewall(text);
        let version = other.software.take().map(|version| version.value);
        assert_eq!(
            version.as_deref(),
            (form != "curly").then_some("10.1.0"),
            "{form}"
        );
        let other = shape(&other);
        let mut lines = set.lines().zip(other.lines());
        if let Some((left, right)) = lines.find(|(left, right)| left != right) {
            panic!("{form}: {left} and {right}\n{other}");
        }
        assert_eq!(set.len(), other.len(), "{form}");
    }
}

#[test]
fn an_identifier_behind_the_name_of_a_rule_says_nothing() {
    // As `show` of PAN-OS 9.0 and later prints rules.
    let named = CURLY.replace(
        "\"mail out\" {",
        "\"mail out\" 7b981534-88a4-4936-aa3c-eea3c4da8e67 {",
    );
    assert_ne!(named, CURLY);
    assert_eq!(shape(&firewall(&named)), shape(&firewall(CURLY)));
    let wrapped =
        format!("config {{\n  devices {{\n    localhost.localdomain {{\n{named}    }}\n  }}\n}}\n");
    let document = read(&wrapped);
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

#[test]
fn every_form_is_recognised_and_read_to_its_last_statement() {
    for text in [XML, SET, CURLY, JSON] {
        let source = file(text);
        let evidence = (FORMAT.detect)(&source).expect("it is PAN-OS");
        assert!(evidence.strength >= 90, "{evidence:?}");
        let totals = read(text).ledger.totals();
        assert_eq!(totals.unrecognised, 0, "{text}");
        assert_eq!(totals.not_modelled, 0, "{text}");
        let found = firewall(text);
        assert_eq!(
            passes(
                &found,
                "ethernet1/1",
                "ethernet1/2",
                tcp("10.1.0.5", "192.0.2.9", 587)
            ),
            'P'
        );
        assert_eq!(
            passes(
                &found,
                "ethernet1/1",
                "ethernet1/2",
                tcp("10.1.0.5", "192.0.2.9", 80)
            ),
            'D'
        );
    }
}

#[test]
fn the_place_of_a_rule_is_its_line_or_its_tag() {
    for (text, expected) in [
        (XML, "<entry name=\"mail out\">"),
        (
            SET,
            "set vsys vsys1 rulebase security rules \"mail out\" from inside",
        ),
        (CURLY, "\"mail out\" {"),
    ] {
        let source = file(text);
        let firewall = firewall(text);
        let rules = firewall.filters.iter().flat_map(|filter| &filter.rules);
        let rule = rules
            .clone()
            .find(|rule| rule.implicit.is_none() && rule.logs);
        let span = rule.expect("the rule is there").span;
        assert_eq!(source.text().get(span.range()), Some(expected));
    }
}

#[test]
fn a_captured_session_is_read() {
    let text = format!(
        "Last login: Mon May  6 08:00:00 2013 from 10.1.0.7\n\nadmin@pa9(active)> set cli pager off\n\
         admin@pa9(active)> set cli config-output-format set\nadmin@pa9(active)> configure\n\
         Entering configuration mode\n[edit]\nadmin@pa9(active)# show\n{}[edit]\nadmin@pa9(active)# exit\n",
        SET.replace("set deviceconfig system hostname pa1\n", "")
    );
    assert_eq!(read(&text).ledger.totals().unrecognised, 0);
    assert_eq!(firewall(&text).name.value, "pa9");
    let answer = format!(
        "<response status=\"success\"><result>{}</result></response>\n",
        XML.replace("<?xml version=\"1.0\"?>\n", "")
    );
    assert_eq!(firewall(&answer).name.value, "pa1");
}

#[test]
fn commands_that_change_the_configuration_are_carried_out() {
    let text = format!(
        "{BASE}{}{}{}",
        rule("a", "deny", ""),
        rule("b", "allow", ""),
        rule("c", "deny", "")
    );
    let question = tcp("10.1.0.5", "192.0.2.9", 25);
    for (commands, verdict) in [
        ("", 'D'),
        ("move rulebase security rules b top\n", 'P'),
        ("move rulebase security rules a bottom\n", 'P'),
        ("move rulebase security rules b before a\n", 'P'),
        ("move rulebase security rules a after b\n", 'P'),
        ("delete rulebase security rules a\n", 'P'),
        ("rename rulebase security rules a to d\n", 'D'),
        (
            "delete rulebase security rules a source any\nset rulebase security rules a source edge\n",
            'P',
        ),
        ("move rulebase security rules b before nobody\n", 'I'),
        ("load config from other.xml\n", 'I'),
    ] {
        assert_eq!(
            out(&format!("{text}{commands}"), question),
            verdict,
            "{commands}"
        );
    }
}

#[test]
fn a_value_of_several_lines_is_one_statement() {
    let text = format!(
        "{}set address x description \"one\ntwo 'three\nfour\"\n",
        one("service smtp")
    );
    let document = read(&text);
    assert_eq!(document.ledger.totals().unrecognised, 0);
    let last = document.ledger.states().last();
    assert_eq!(last, Some(&LineState::Irrelevant));
}

#[test]
fn the_corpus_pair_of_iron_skillet_gives_equal_models() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus/firewall/paloalto_panos");
    let name = "PaloAltoNetworks+iron-skillet__panos_full_iron_skillet_panos_full.xml";
    let Ok(xml) = std::fs::read_to_string(folder.join(name)) else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    // The lines of the template's own language decide between statements.
    let plain: String = xml
        .lines()
        .filter(|line| !line.trim_start().starts_with("{%"))
        .map(|line| format!("{line}\n"))
        .collect();
    let set = as_commands(&plain);
    let (mut left, right) = (firewall(&plain), firewall(&set));
    left.software = None;
    let (left, right) = (shape(&left), shape(&right));
    let mut lines = left.lines().zip(right.lines());
    if let Some((left, right)) = lines.find(|(left, right)| left != right) {
        panic!("{left} and {right}");
    }
    assert_eq!(left.len(), right.len());
}

/// An XML configuration as `set` commands, with a reader of a few lines.
fn as_commands(xml: &str) -> String {
    let mut out = String::new();
    let mut path: Vec<String> = Vec::new();
    let mut rest = xml;
    let mut leaf = false;
    while let Some((text, tail)) = rest.split_once('<') {
        let (tag, after) = tail.split_once('>').expect("tags are closed");
        rest = after;
        let text = text.trim();
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if tag.starts_with('/') {
            let member = path.last().is_some_and(|last| last == "member");
            if leaf || member {
                let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
                words.retain(|word| *word != "member");
                let value = text
                    .replace("&gt;", ">")
                    .replace("&lt;", "<")
                    .replace("&amp;", "&")
                    .replace("&apos;", "'")
                    .replace("&quot;", "\"")
                    .replace('\n', " ");
                let value = if value.is_empty() {
                    value
                } else {
                    format!(" \"{value}\"")
                };
                out += &format!("set {}{value}\n", words.join(" "));
            }
            path.pop();
            leaf = false;
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let word = match attributes.split_once("name=\"") {
            Some((_, value)) if name == "entry" => {
                format!("\"{}\"", value.split('"').next().unwrap_or_default())
            }
            _ => name.to_owned(),
        };
        if closed {
            out += &format!("set {} {word}\n", path.join(" "));
        } else {
            path.push(word);
        }
        leaf = !closed;
    }
    out
}

#[test]
fn a_difference_or_a_template_line_is_told() {
    let smtp = tcp("10.1.0.5", "192.0.2.9", 25);
    for line in [
        "{% if x %}",
        "%{ if x }",
        "%{~ endif ~}",
        "<% if x %>",
        "${more_rules}",
        "{{ rules }}",
        "{% include 'rules.j2' %}",
    ] {
        let text = format!("{}{line}\n", one(""));
        let document = read(&text);
        assert_eq!(document.problems[0].level, ProblemLevel::Error, "{line}");
        assert_eq!(out(&text, smtp), 'I', "{line}");
    }
    for line in ["{# rules #}", "{% set port = 25 %}"] {
        let text = format!("{}{line}\n", one(""));
        assert_eq!(read(&text).ledger.totals().unrecognised, 0, "{line}");
        assert_ne!(out(&text, smtp), 'I', "{line}");
    }
}

/// What a directive within a command makes of it, only the filled-in template says.
#[test]
fn a_template_within_a_command_leaves_its_rule_or_object_open() {
    let smtp = tcp("10.1.0.5", "192.0.2.9", 25);
    let rest = rule("other", "deny", "");
    let command = |words: &str| {
        format!(
            "{BASE}set rulebase security rules mail from inside to outside source any destination edge application any service any {words}\n{rest}"
        )
    };
    assert_eq!(out(&command("action allow"), smtp), 'P');
    for words in [
        "action allow {% if x %}disabled yes{% endif %}",
        "action allow {% if x %} disabled yes {% endif %}",
        "action allow %{ if x ~} disabled yes %{ endif ~}",
        "action allow <% if x %> disabled yes <% end %>",
        "action allow {{ more }}",
        "{{ more }} action allow",
        "action {% if x %}deny{% else %}allow{% endif %}",
        "{% if x %}negate-source yes {% endif %}action allow",
    ] {
        assert_eq!(out(&command(words), smtp), 'I', "{words}");
        // What the rule asks for may be wider than it reads.
        let other = tcp("10.1.0.5", "192.0.2.8", 25);
        assert_eq!(out(&command(words), other), 'I', "{words}");
    }
    for words in [
        "action allow description \"{{ text }}\"",
        "action allow log-setting {{ profile }}",
    ] {
        assert_eq!(out(&command(words), smtp), 'P', "{words}");
    }
    let address = one("destination site").replace(
        BASE,
        &format!("{BASE}set address site ip-netmask 192.0.2.9 {{% if x %}}tag dmz{{% endif %}}\n"),
    );
    assert_eq!(out(&address, tcp("10.1.0.5", "192.0.2.8", 25)), 'I');
    let zone = format!(
        "{}set zone outside network layer3 {{% if x %}} ethernet1/4\n",
        one("")
    );
    assert_eq!(out(&zone, smtp), 'I');
}

/// Source: Palo Alto Networks, "PAN-OS CLI Quick Start", "CLI Command Hierarchy":
/// keys of a rule may follow each other in one command, in any order.
#[test]
fn one_command_may_give_several_values() {
    let head = "set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16\nset network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24\nset zone inside network layer3 ethernet1/1\nset zone outside network layer3 [ ethernet1/2 ] zone-protection-profile strict\nset address web ip-netmask 192.0.2.9 description \"from to\" tag dmz\nset service tcp-8080 protocol tcp port 8080 source-port 1024-65535\n";
    let rules = "set rulebase security rules mail from inside to outside source any destination web application any service [ service-http tcp-8080 ] action allow profile-setting group default\nset rulebase security rules dns action allow from any to any source [ 10.1.0.5 10.1.0.6 ] destination any profile-setting profiles virus default spyware strict log-end yes\nset rulebase security rules dns application ping service application-default\n";
    let text = format!("{head}{rules}");
    let read = read(&text);
    assert_eq!(read.ledger.totals().unrecognised, 0);
    let firewall = firewall(&text);
    let ask = |question| passes(&firewall, "ethernet1/1", "ethernet1/2", question);
    assert_eq!(ask(tcp("10.1.0.7", "192.0.2.9", 80)), 'P');
    assert_eq!(ask(tcp("10.1.0.7", "192.0.2.9", 8080)), 'P');
    assert_eq!(ask(tcp("10.1.0.7", "192.0.2.8", 80)), 'D');
    assert_eq!(ask(tcp("10.1.0.7", "192.0.2.9", 443)), 'D');
    let ping = |from| ask((from, "192.0.2.8", Protocol::ICMP, 8));
    assert_eq!(ping("10.1.0.6"), 'P');
    assert_eq!(ping("10.1.0.7"), 'D');
}

#[test]
fn one_command_and_many_say_the_same_of_a_translation() {
    let head = "set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16\nset network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24\nset zone inside network layer3 ethernet1/1\nset zone outside network layer3 ethernet1/2\nset service tcp-25 protocol tcp port 25\n";
    let one = "set rulebase nat rules in from outside to outside source any destination 192.0.2.25 service tcp-25 destination-translation translated-address 10.1.0.25 translated-port 2525\nset rulebase security rules in from outside to inside source any destination 192.0.2.25 application any service any action allow\n";
    let many = "set rulebase nat rules in from outside\nset rulebase nat rules in to outside\nset rulebase nat rules in source any\nset rulebase nat rules in destination 192.0.2.25\nset rulebase nat rules in service tcp-25\nset rulebase nat rules in destination-translation translated-address 10.1.0.25\nset rulebase nat rules in destination-translation translated-port 2525\nset rulebase security rules in from outside\nset rulebase security rules in to inside\nset rulebase security rules in source any\nset rulebase security rules in destination 192.0.2.25\nset rulebase security rules in application any\nset rulebase security rules in service any\nset rulebase security rules in action allow\n";
    let [one, many] = [one, many].map(|rules| firewall(&format!("{head}{rules}")));
    let shown = |firewall: &Firewall| {
        let rules = firewall.nat.rules.iter();
        let translations: Vec<String> = rules
            .map(|rule| {
                format!(
                    "{:?} {:?} {:?} {:?}",
                    rule.kind, rule.real_source, rule.mapped_source, rule.service
                )
            })
            .collect();
        (
            translations,
            firewall.filters.len(),
            firewall.not_modelled.len(),
        )
    };
    assert_eq!(shown(&one), shown(&many));
    assert!(
        one.nat
            .rules
            .iter()
            .any(|rule| format!("{rule:?}").contains("2525"))
    );
}

/// A rule as `show running security-policy` prints it (PAN-OS 10).
fn printed(name: &str, index: usize, action: &str) -> String {
    format!(
        "\"{name}; index: {index}\" {{\n        from inside;\n        source [ 10.1.0.0/16 192.0.2.9 ];\n        \
         source-region none;\n        to outside;\n        destination any;\n        destination-region none;\n        \
         user any;\n        source-device any;\n        destinataion-device any;\n        category any;\n        \
         application/service [0:any/tcp/any/25 1:smtp/tcp/any/587 ];\n        action {action};\n        \
         icmp-unreachable: no\n        terminal yes;\n}}\n\n"
    )
}

fn listing(rules: &[(&str, &str)]) -> String {
    let mut text = "admin@pa1> show running security-policy\n\n".to_owned();
    let mut index = 0;
    for (name, action) in rules {
        index += 1;
        text.push_str(&printed(name, index, action));
    }
    text.push_str(&printed("intrazone-default", index + 1, "allow"));
    text.push_str("dynamic url: no\npol objs matched\n\nadmin@pa1> \n");
    text
}

#[test]
fn the_policy_of_the_data_plane_alone_is_known_and_decides_nothing() {
    let text = listing(&[("mail", "allow"), ("rest", "deny")]);
    let wrapped = format!("<response status=\"success\"><result>{text}</result></response>\n");
    let bare = text.split_once('\n').expect("a prompt").1.to_owned();
    for text in [text, wrapped, bare] {
        let found = (FORMAT.detect)(&file(&text));
        assert!(found.is_some(), "{text}");
        let document = read(&text);
        assert!(document.content.is_empty(), "{text}");
        let problem = &document.problems[0];
        assert_eq!(problem.level, ProblemLevel::Error);
        let hint = problem.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("config-output-format set"), "{hint}");
        assert_eq!(document.ledger.totals().unrecognised, 0, "{text}");
    }
}

#[test]
fn a_policy_of_the_data_plane_that_differs_from_the_configuration_opens_it() {
    let rules = one("application any service any")
        + &rule("old", "deny", "application any service any")
        + "set rulebase security rules old disabled yes\n"
        + &rule("rest", "deny", "application any service any");
    let question = || tcp("10.1.2.3", "192.0.2.200", 25);
    assert_eq!(out(&rules, question()), 'P');
    for (others, told, verdict) in [
        (&[("mail", "allow"), ("rest", "deny")][..], false, 'P'),
        (&[("mail", "deny"), ("rest", "deny")], true, 'I'),
        (&[("rest", "deny"), ("mail", "allow")], true, 'I'),
        (&[("mail", "allow")], true, 'I'),
        (
            &[("new", "deny"), ("mail", "allow"), ("rest", "deny")],
            true,
            'I',
        ),
    ] {
        let text = format!("{rules}{}", listing(others));
        assert_eq!(out(&text, question()), verdict, "{text}");
        let problems = read(&text).problems;
        assert_eq!(problems.len(), usize::from(told), "{problems:?}");
    }
    // What a test prints is a part of the rules.
    let test = listing(&[("rest", "deny")]).replace(
        "show running security-policy",
        "test security-policy-match protocol 6",
    );
    assert_eq!(out(&format!("{rules}{test}"), question()), 'P');
}
