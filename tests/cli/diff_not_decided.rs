//! `exlint diff`: findings that are not told any more and yet not cured.

use serde_json::Value;

use crate::diff::valid;
use crate::estate::{CONNECTORS, Estate, FIREWALL, INVENTORY, Outcome};

/// What the path and the connector of the small estate are, both with faults:
/// FU005 on the firewall, RC001 on the connector.
const FILES: [(&str, &str); 3] = [
    ("inner.cfg", FIREWALL),
    ("exlint.toml", INVENTORY),
    ("hub1.txt", CONNECTORS),
];

/// The small estate before a change, and after one of its files; without it
/// where there is no other.
fn changed(file: &str, after: Option<&str>) -> Estate {
    let mut estate = Estate::empty();
    for (name, content) in FILES {
        estate = estate.with(&format!("base/{name}"), content);
        let now = if name == file { after } else { Some(content) };
        if let Some(now) = now {
            estate = estate.with(&format!("head/{name}"), now);
        }
    }
    estate
}

fn diff(estate: &Estate, more: &[&str]) -> Outcome {
    let mut args = vec!["diff", "-q", "base", "head"];
    args.extend(more);
    estate.run(&args)
}

fn json(estate: &Estate, more: &[&str]) -> (Value, i32) {
    let mut args = vec!["--format", "json"];
    args.extend(more);
    let outcome = diff(estate, &args);
    (valid(&outcome.out), outcome.code)
}

/// Rules of the findings of one kind.
fn rules(value: &Value, kind: &str) -> Vec<String> {
    let findings = value["findings"][kind].as_array().expect("a list");
    let rule = |item: &Value| {
        let rule = item["finding"]["rule"].as_object();
        let rule = rule.or(item["rule"].as_object()).expect("a rule");
        rule["id"].as_str().expect("an id").to_owned()
    };
    findings.iter().map(rule).collect()
}

fn whys(value: &Value) -> Vec<String> {
    let findings = value["findings"]["not_decided"].as_array().expect("a list");
    findings
        .iter()
        .map(|item| item["why"].as_str().expect("a text").to_owned())
        .collect()
}

/// What is told of a change after which nothing is decided, in every format.
fn told_as_not_decided(estate: &Estate, rule: &str) -> Value {
    let (value, code) = json(estate, &[]);
    assert!(
        rules(&value, "not_decided").contains(&rule.to_owned()),
        "{value:#}"
    );
    assert!(!rules(&value, "cured").contains(&rule.to_owned()));
    assert_eq!(code, 1, "it counts as a warning");
    assert_eq!(json(estate, &["--fail-on", "error"]).1, 0);
    assert_eq!(value["summary"]["worst"], "warning");
    let human = diff(estate, &[]).out;
    assert!(human.contains("Findings not decided any more"), "{human}");
    assert!(!human.contains("Findings cured"), "{human}");
    assert!(human.contains("not decided any more\n"), "{human}");
    let markdown = diff(estate, &["--format", "markdown"]).out;
    assert!(
        markdown.contains("### Findings not decided any more ("),
        "{markdown}"
    );
    let github = diff(estate, &["--format", "github"]).out;
    let line = format!("title={rule} Findings not decided any more");
    assert!(github.contains(&line), "{github}");
    assert!(github.contains("::warning "), "{github}");
    let japanese = diff(estate, &["--lang", "ja"]).out;
    assert!(
        japanese.contains("判定できなくなった検出結果"),
        "{japanese}"
    );
    value
}

#[test]
fn an_export_that_is_missing_cures_nothing() {
    let value = told_as_not_decided(&changed("hub1.txt", None), "RC001");
    assert!(whys(&value).iter().all(|why| !why.is_empty()));
}

#[test]
fn an_export_that_breaks_off_cures_nothing() {
    // The connector stands behind another one, and the file ends before it.
    let other = CONNECTORS
        .replace("Client HUB1", "Default HUB1")
        .replace("Tls, BasicAuth", "Tls, ExchangeServer");
    let second = CONNECTORS.split_once("\n\n").expect("a head").1;
    let whole = format!("{other}{second}");
    let cut = other.split_once("ObjectClass").expect("a property").0;
    let estate = Estate::empty()
        .with("base/hub1.txt", whole.clone())
        .with("base/exlint.toml", INVENTORY)
        .with("base/inner.cfg", FIREWALL)
        .with("head/hub1.txt", format!("{cut}Obj"))
        .with("head/exlint.toml", INVENTORY)
        .with("head/inner.cfg", FIREWALL);
    let value = told_as_not_decided(&estate, "RC001");
    assert!(
        whys(&value)
            .iter()
            .any(|why| why.contains("breaks off at head/hub1.txt:")),
        "{value:#}"
    );
    // A whole export that lists the connector no longer is a cure.
    let estate = estate.with("head/hub1.txt", other);
    let (value, _) = json(&estate, &[]);
    assert!(rules(&value, "cured").contains(&"RC001".to_owned()));
    assert_eq!(value["summary"]["not_decided"], 0, "{value:#}");
}

#[test]
fn a_value_that_the_export_cut_off_cures_nothing() {
    let cut = CONNECTORS.replace("Tls, BasicAuth", "Tls, Basic...");
    told_as_not_decided(&changed("hub1.txt", Some(&cut)), "RC001");
    let mended = CONNECTORS.replace(
        "RequireTLS                              : False",
        "RequireTLS                              : True",
    );
    let mended = mended.replace("Tls, BasicAuth", "Tls, BasicAuth, BasicAuthRequireTLS");
    let (value, _) = json(&changed("hub1.txt", Some(&mended)), &[]);
    assert!(rules(&value, "cured").contains(&"RC001".to_owned()));
}

#[test]
fn a_rule_that_holds_at_times_only_cures_nothing() {
    let rule = "access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 object-group EDGESYNC\n";
    let timed = FIREWALL
        .replace(rule, &rule.replace('\n', " time-range NIGHTS\n"))
        .replace(
            "!\nobject-group network EXCH-HUBS",
            "!\ntime-range NIGHTS\n periodic daily 22:00 to 23:59\n!\nobject-group network EXCH-HUBS",
        );
    let value = told_as_not_decided(&changed("inner.cfg", Some(&timed)), "FU005");
    let path = &value["paths"][0];
    assert_eq!(path["change"], "not-decided");
    assert_eq!(path["after"], "undecided");
    assert_eq!(path["severity"], "warning");
}

#[test]
fn a_firewall_whose_file_is_missing_decides_nothing() {
    let estate = changed("inner.cfg", None);
    let (value, code) = json(&estate, &[]);
    assert_eq!(code, 1);
    assert_eq!(value["devices"][0]["change"], "missing");
    assert!(rules(&value, "cured").is_empty(), "{value:#}");
    for path in value["paths"].as_array().expect("a list") {
        assert_eq!(path["change"], "not-decided", "{path:#}");
    }
    // An inventory that does not name it any more says that it is gone.
    let inventory = INVENTORY
        .replace(
            "[[firewall]]\nname = \"inner\"\nconfig = \"inner.cfg\"\n",
            "",
        )
        .replace("at = [\"inner:dmz\"]\n", "")
        .replace("at = [\"inner:inside\"]\n", "");
    let gone = estate.with("head/exlint.toml", inventory);
    let (value, _) = json(&gone, &[]);
    assert_eq!(value["devices"][0]["change"], "removed");
}

#[test]
fn a_server_that_no_export_names_any_more_is_not_known_to_be_gone() {
    let servers = "\
[PS] C:\\>Get-ExchangeServer | fl *

Name                : HUB1
Fqdn                : hub1.contoso.com
ServerRole          : HubTransport
Site                : contoso.com/Configuration/Sites/Tokyo
AdminDisplayVersion : Version 8.3 (Build 83.6)
Identity            : HUB1
ObjectClass         : {top, server, msExchExchangeServer}

Name                : HUB2
Fqdn                : hub2.contoso.com
ServerRole          : HubTransport
Site                : contoso.com/Configuration/Sites/Tokyo
AdminDisplayVersion : Version 8.3 (Build 83.6)
Identity            : HUB2
ObjectClass         : {top, server, msExchExchangeServer}

";
    let inventory = "[exchange]\nreference_date = 2009-11-02\n";
    let estate = Estate::empty()
        .with("base/servers.txt", servers)
        .with("base/exlint.toml", inventory)
        .with("base/inner.cfg", FIREWALL)
        .with("head/exlint.toml", inventory)
        .with("head/inner.cfg", FIREWALL);
    let turns = |value: &Value| -> Vec<String> {
        let paths = value["paths"].as_array().expect("a list");
        let paths = paths
            .iter()
            .filter(|path| path["id"] == "hub-to-hub-smtp")
            .map(|path| path["change"].as_str().expect("a word").to_owned());
        paths.collect()
    };
    let missing = estate.with("head/hub1.txt", CONNECTORS);
    let (value, _) = json(&missing, &[]);
    assert_eq!(turns(&value), ["not-decided", "not-decided"], "{value:#}");
    let one = servers.split("Name                : HUB2").next();
    let retired = missing.with("head/servers.txt", one.expect("a part"));
    let (value, _) = json(&retired, &[]);
    assert_eq!(turns(&value), ["removed", "removed"], "{value:#}");
}

const EXCEPTION: &str = "! exlint: ignore[FU005] reason=\"closed with CHG-2027-0113\"\n";

/// The firewall with a comment before the rule that FU005 is about.
fn excepted() -> String {
    let rule = "access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 object-group EDGESYNC\n";
    FIREWALL.replace(rule, &format!("{EXCEPTION}{rule}"))
}

#[test]
fn a_finding_that_an_exception_hides_is_not_cured() {
    let inventory = format!(
        "{INVENTORY}\n[[exception]]\nrule = \"FU005\"\nobject = \"edge1\"\nreason = \"closed with CHG-2027-0113\"\n"
    );
    for (file, after) in [("inner.cfg", excepted()), ("exlint.toml", inventory)] {
        let estate = changed(file, Some(&after));
        let (value, code) = json(&estate, &[]);
        assert_eq!(code, 0, "{file}: {value:#}");
        assert_eq!(rules(&value, "hidden"), ["FU005"], "{file}: {value:#}");
        assert!(rules(&value, "cured").is_empty(), "{file}: {value:#}");
        assert!(value["paths"].as_array().expect("a list").is_empty());
        let hidden = &value["findings"]["hidden"][0];
        assert_eq!(hidden["suppression"]["reason"], "closed with CHG-2027-0113");
        for format in ["human", "markdown"] {
            let outcome = diff(&estate, &["--format", format]);
            assert!(
                outcome.out.contains("Findings hidden by an exception"),
                "{}",
                outcome.out
            );
            assert!(outcome.out.contains("CHG"), "{}", outcome.out);
        }
        let github = diff(&estate, &["--format", "github"]).out;
        assert!(github.contains("::notice file=head/inner.cfg,"), "{github}");
        // Without exceptions there is no change at all, as `check` has it.
        let (value, code) = json(&estate, &["--no-suppressions"]);
        assert_eq!((code, &value["summary"]["hidden"]), (0, &0.into()));
        assert_eq!(value["summary"]["introduced"], 0, "{value:#}");
        // An exception that is taken away brings the finding in.
        let back = estate.run(&["diff", "-q", "head", "base", "--format", "json"]);
        assert_eq!(back.code, 1);
        assert_eq!(rules(&valid(&back.out), "introduced"), ["FU005"]);
        // One that was there before is told no more.
        let same = estate.run(&["diff", "-q", "head", "head"]);
        assert!(same.out.starts_with("No effect"), "{}", same.out);
    }
}

#[test]
fn a_finding_of_a_rule_that_is_turned_off_is_not_cured() {
    let inventory = format!("{INVENTORY}\n[rules]\nFU005 = \"off\"\n");
    let estate = changed("exlint.toml", Some(&inventory));
    let (value, code) = json(&estate, &[]);
    assert_eq!(code, 0, "{value:#}");
    assert_eq!(rules(&value, "unasked"), ["FU005"], "{value:#}");
    assert!(rules(&value, "cured").is_empty(), "{value:#}");
    assert!(
        value["paths"].as_array().expect("a list").is_empty(),
        "{value:#}"
    );
    let human = diff(&estate, &[]).out;
    assert!(human.contains("turned off in exlint.toml"), "{human}");
}

#[test]
fn a_path_that_is_blocked_with_an_exception_passes_the_gate() {
    let rule = "access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 object-group EDGESYNC\n";
    let blocked = FIREWALL.replace(rule, "");
    let (value, code) = json(&changed("inner.cfg", Some(&blocked)), &[]);
    assert_eq!((code, &value["paths"][0]["severity"]), (1, &"error".into()));
    let next = "access-list inside_in extended deny";
    let excepted = blocked.replace(
        next,
        &format!("! exlint: ignore[FR022] reason=\"edge1 is retired with CHG-2027-0114\"\n{next}"),
    );
    let estate = changed("inner.cfg", Some(&excepted));
    let (value, code) = json(&estate, &[]);
    assert_eq!(value["paths"][0]["change"], "closed");
    assert_eq!(code, 0, "{value:#}");
    assert_eq!(json(&estate, &["--no-suppressions"]).1, 1);
}
