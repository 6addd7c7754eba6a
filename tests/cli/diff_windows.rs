//! `exlint diff` on exported rules of Windows Firewall: a change of form is
//! silent, a change of meaning is told as the machine means it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::diff::valid;
use crate::estate::Estate;

/// A rule as the machine has it.
#[derive(Clone)]
struct Rule {
    name: &'static str,
    enabled: bool,
    action: &'static str,
    remote: &'static str,
    port: &'static str,
    program: &'static str,
}

fn rule(name: &'static str, remote: &'static str, port: &'static str) -> Rule {
    Rule {
        name,
        enabled: true,
        action: "Allow",
        remote,
        port,
        program: "Any",
    }
}

fn rules() -> Vec<Rule> {
    vec![
        rule("SMTP", "10.1.0.0/24,10.2.0.10-10.2.0.20", "25,587"),
        rule("OWA", "Any", "443"),
        Rule {
            action: "Block",
            ..rule("No directory", "Any", "50389")
        },
    ]
}

fn netsh(rules: &[Rule]) -> String {
    let line = "-".repeat(70);
    let mut text = String::new();
    for rule in rules {
        let mut put = |label: &str, value: &str| {
            let _ = write!(text, "{:<38}{value}\r\n", format!("{label}:"));
        };
        put("\r\nRule Name", rule.name);
        put(&line, "");
        put("Enabled", if rule.enabled { "Yes" } else { "No" });
        put("Direction", "In");
        put("Profiles", "Domain,Private,Public");
        put("Grouping", "");
        put("LocalIP", "Any");
        put("RemoteIP", rule.remote);
        put("Protocol", "TCP");
        put("LocalPort", rule.port);
        put("RemotePort", "Any");
        put("Edge traversal", "No");
        if rule.program != "Any" {
            put("Program", rule.program);
        }
        put("InterfaceTypes", "Any");
        put("Security", "NotRequired");
        put("Rule source", "Local Setting");
        put("Action", rule.action);
        text = text.replace(&format!("{line}:"), &line);
    }
    for profile in ["Domain", "Private", "Public"] {
        let _ = write!(
            text,
            "\r\n{profile} Profile Settings: \r\n{line}\r\n\
             State                                 ON\r\n\
             Firewall Policy                       BlockInbound,AllowOutbound\r\n\
             LocalFirewallRules                    N/A (GPO-store only)\r\n"
        );
    }
    text + "Ok.\r\n"
}

/// Properties of a rule as `Select-Object` joins them from its filters.
fn properties(rule: &Rule) -> Vec<(&'static str, String)> {
    [
        ("Name", rule.name),
        ("DisplayName", rule.name),
        ("Enabled", if rule.enabled { "True" } else { "False" }),
        ("Profile", "Any"),
        ("Direction", "Inbound"),
        ("Action", rule.action),
        ("LocalAddress", "Any"),
        ("RemoteAddress", rule.remote),
        ("Protocol", "TCP"),
        ("LocalPort", rule.port),
        ("RemotePort", "Any"),
        ("IcmpType", "Any"),
        ("Program", rule.program),
        ("Service", "Any"),
        ("InterfaceAlias", "Any"),
        ("InterfaceType", "Any"),
        ("Authentication", "NotRequired"),
        ("Encryption", "NotRequired"),
        ("OverrideBlockRules", "False"),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.to_owned()))
    .collect()
}

const PROFILES: [&str; 3] = ["Domain", "Private", "Public"];

fn list(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        for (name, value) in properties(rule) {
            let value = match value.contains(',') {
                true => format!("{{{}}}", value.replace(',', ", ")),
                false => value,
            };
            let _ = writeln!(text, "{name:<20} : {value}");
        }
        text.push('\n');
    }
    for profile in PROFILES {
        let _ = writeln!(
            text,
            "Name                            : {profile}\nEnabled                         : True\n\
             DefaultInboundAction            : Block\nDefaultOutboundAction           : Allow\n"
        );
    }
    text
}

fn csv(rules: &[Rule]) -> String {
    let names: Vec<_> = properties(&rules[0])
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let mut text = names.join(";") + "\r\n";
    for rule in rules {
        let cells = properties(rule).into_iter();
        let cells: Vec<String> = cells.map(|(_, value)| format!("\"{value}\"")).collect();
        text += &(cells.join(";") + "\r\n");
    }
    text
}

fn json(rules: &[Rule]) -> String {
    let items = |text: &str| text.split(',').map(Value::from).collect::<Value>();
    let rules = rules.iter().map(|rule| {
        serde_json::json!({
            "Name": rule.name, "DisplayName": rule.name, "Enabled": if rule.enabled { 1 } else { 2 },
            "Profile": 0, "Direction": 1, "Action": if rule.action == "Allow" { 2 } else { 4 },
            "PortFilter": {"Protocol": "TCP", "LocalPort": items(rule.port), "RemotePort": "Any", "IcmpType": "Any"},
            "AddressFilter": {"LocalAddress": "Any", "RemoteAddress": items(rule.remote)},
            "ApplicationFilter": {"Program": rule.program, "Package": null},
            "ServiceFilter": {"Service": "Any"},
            "InterfaceFilter": {"InterfaceAlias": "Any"},
            "InterfaceTypeFilter": {"InterfaceType": 0},
            "SecurityFilter": {"Authentication": 0, "Encryption": 0, "OverrideBlockRules": false, "LocalUser": "Any"},
        })
    });
    let profiles = PROFILES.map(|name| {
        serde_json::json!({"Name": name, "Enabled": 1, "DefaultInboundAction": 4, "DefaultOutboundAction": 2})
    });
    serde_json::json!({"Profiles": profiles, "Rules": rules.collect::<Value>()}).to_string()
}

/// The files of a form.
fn files(form: &str, rules: &[Rule]) -> Vec<(String, String)> {
    let of = |name: &str, text: String| (format!("HUB1/{name}"), text);
    match form {
        "netsh" => vec![of("firewall.txt", netsh(rules))],
        "list" => vec![of("rules.txt", list(rules))],
        "json" => vec![of("rules.json", json(rules))],
        _ => vec![of("rules.csv", csv(rules)), of("profiles.txt", list(&[]))],
    }
}

const FORMS: [&str; 4] = ["netsh", "list", "csv", "json"];

/// What a change does: the outputs for people and for programs.
fn changed(before: (&str, &[Rule]), after: (&str, &[Rule])) -> (String, Value) {
    let mut estate = Estate::empty();
    for (side, (form, rules)) in [("base", before), ("head", after)] {
        for (name, text) in files(form, rules) {
            estate = estate.with(&format!("{side}/{name}"), text);
        }
    }
    let told = estate.run(&["diff", "base", "head"]).out;
    let json = estate
        .run(&["diff", "base", "head", "--format", "json"])
        .out;
    (told, valid(&json))
}

#[test]
fn another_form_other_names_and_another_order_are_silent() {
    let mut renamed = rules();
    renamed.reverse();
    renamed[0].name = "Directory from elsewhere";
    renamed[2].name = "Mail";
    for before in FORMS {
        for after in FORMS {
            for rules_after in [&rules(), &renamed] {
                let (told, _) = changed((before, &rules()), (after, rules_after));
                assert!(told.starts_with("No effect"), "{before} to {after}: {told}");
            }
        }
    }
}

/// Sets of a kind as text.
fn sets(json: &Value, kind: &str) -> Vec<String> {
    let filters = json["filters"].as_array().expect("a list").iter();
    filters
        .flat_map(|filter| filter[kind].as_array().expect("a list"))
        .map(|piece| {
            let packets = &piece["packets"];
            format!("{} {}", packets["source"], packets["destination_ports"])
        })
        .collect()
}

#[test]
fn what_a_rule_lets_in_is_told_as_packets() {
    let with = |change: fn(&mut Vec<Rule>)| {
        let mut rules = rules();
        change(&mut rules);
        rules
    };
    // An edit, and what is newly permitted and newly denied; whether all is certain.
    let edits: [(Vec<Rule>, &[&str], &[&str]); 5] = [
        (
            with(|rules| rules[0].enabled = false),
            &[],
            &[r#"["10.1.0.0/24","10.2.0.10-10.2.0.20"] ["25","587"]"#],
        ),
        (
            with(|rules| rules[0].remote = "10.1.0.0/25,10.2.0.10-10.2.0.20"),
            &[],
            &[r#"["10.1.0.128/25"] ["25","587"]"#],
        ),
        (
            with(|rules| rules[0].port = "25,587,2525"),
            &[r#"["10.1.0.0/24","10.2.0.10-10.2.0.20"] ["2525"]"#],
            &[],
        ),
        // A block comes before what is allowed, wherever it stands.
        (
            with(|rules| {
                rules.push(Rule {
                    action: "Block",
                    ..rule("No", "10.2.0.0/16", "25")
                });
            }),
            &[],
            &[r#"["10.2.0.10-10.2.0.20"] ["25"]"#],
        ),
        // What was blocked is not allowed by that alone.
        (
            with(|rules| {
                rules.pop();
            }),
            &[],
            &[],
        ),
    ];
    for form in FORMS {
        for (after, permitted, denied) in &edits {
            let (told, json) = changed(("netsh", &rules()), (form, after));
            assert_eq!(sets(&json, "newly_permitted"), *permitted, "{form}: {told}");
            assert_eq!(sets(&json, "newly_denied"), *denied, "{form}: {told}");
            assert_eq!(json["summary"]["filters_undecided"], 0, "{told}");
        }
    }
}

#[test]
fn a_rule_that_is_bound_to_a_program_permits_only_perhaps() {
    let mut after = rules();
    after[1].program = "%SystemRoot%\\System32\\inetsrv\\w3wp.exe";
    for form in FORMS {
        let (told, json) = changed((form, &rules()), (form, &after));
        assert_eq!(sets(&json, "newly_denied"), Vec::<String>::new(), "{told}");
        let undecided = sets(&json, "undecided");
        assert!(
            undecided.iter().all(|set| set.ends_with(r#"["443"]"#)),
            "{undecided:?}"
        );
        assert!(!undecided.is_empty(), "{form}: {told}");
        let counts = (
            &json["summary"]["filters"],
            &json["summary"]["filters_undecided"],
        );
        assert_eq!(counts, (&1.into(), &1.into()), "{told}");
    }
}
