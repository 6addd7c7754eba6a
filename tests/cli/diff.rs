//! `exlint diff`: whole outputs on edited copies of estates.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::estate::{Estate, FIREWALL, INVENTORY, Outcome};

const SYNC: &str = "access-list inside_in extended permit tcp object-group EXCH-HUBS host 192.0.2.10 object-group EDGESYNC\n";

/// The small estate before a change, and after one of its firewall.
fn changed(edit: impl Fn(String) -> String) -> Estate {
    let estate = Estate::small();
    let exports = estate.path().join("exports");
    let mut after = Estate::empty();
    for side in ["base", "head"] {
        for entry in fs::read_dir(&exports).expect("a folder") {
            let entry = entry.expect("an entry");
            let content = fs::read(entry.path()).expect("a file");
            let name = entry.file_name().into_string().expect("UTF-8");
            let content = match (side, name.as_str()) {
                ("head", "inner.cfg") => {
                    let edited = edit(FIREWALL.to_owned());
                    assert_ne!(edited, FIREWALL, "the edit changes nothing");
                    edited.into_bytes()
                }
                _ => content,
            };
            after = after.with(&format!("{side}/{name}"), content);
        }
    }
    after
}

fn diff(estate: &Estate, more: &[&str]) -> Outcome {
    let mut args = vec!["diff", "base", "head"];
    args.extend(more);
    estate.run(&args)
}

fn json(estate: &Estate, more: &[&str]) -> (Value, i32) {
    let mut args = vec!["--format", "json"];
    args.extend(more);
    let outcome = diff(estate, &args);
    (valid(&outcome.out), outcome.code)
}

/// The object, which keeps to the schema.
pub fn valid(text: &str) -> Value {
    let read = |name: &str| -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schemas")
            .join(name);
        serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON")
    };
    let schema = read("diff.schema.json");
    jsonschema::draft202012::meta::validate(&schema).expect("a valid schema");
    let registry = jsonschema::Registry::new()
        .add(
            "https://exlint.invalid/schemas/findings.schema.json",
            read("findings.schema.json"),
        )
        .expect("an address")
        .prepare()
        .expect("a registry");
    let validator = jsonschema::options()
        .with_registry(&registry)
        .build(&schema)
        .expect("a schema that compiles");
    let value: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

fn rules(value: &Value, kind: &str) -> Vec<String> {
    let findings = value["findings"][kind].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["rule"]["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn no_effect(estate: &Estate) {
    let outcome = diff(estate, &[]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.out, outcome.err);
    assert_eq!(
        outcome.out,
        "No effect: every data path, filter and finding is the same.\n"
    );
}

#[test]
fn another_form_of_the_same_rules_has_no_effect() {
    // Lines swapped, a group renamed, a rule split, ports by number, a mask for
    // a host, and a list renamed together with its binding.
    no_effect(&changed(|text| {
        text.replace(
            SYNC,
            "access-list inside_in extended permit tcp host 10.1.0.12 192.0.2.10 255.255.255.255 eq 50636\n\
             access-list inside_in extended permit tcp host 10.1.0.12 host 192.0.2.10 eq 50389\n",
        )
        .replace("EXCH-HUBS", "HUB-SERVERS")
        .replace("eq smtp", "eq 25")
        .replace("dmz_in", "from_dmz")
    }));
}

#[test]
fn a_finding_about_less_than_before_is_not_introduced() {
    // The inspection still strips STARTTLS, of one direction less.
    let line = FIREWALL
        .lines()
        .find(|line| line.starts_with("access-list dmz_in") && line.contains("smtp"))
        .expect("mail from the edge");
    let estate = changed(|text| text.replace(&format!("{line}\n"), ""));
    let (value, _) = json(&estate, &[]);
    let told = [rules(&value, "introduced"), rules(&value, "cured")].concat();
    assert!(!told.contains(&"FU018".to_owned()), "{told:?}");
    // The other way round it is about more than before.
    let value: Value = {
        let outcome = estate.run(&["diff", "head", "base", "--format", "json"]);
        valid(&outcome.out)
    };
    assert!(rules(&value, "introduced").contains(&"FU018".to_owned()));
}

#[test]
fn a_file_with_another_name_and_no_name_of_a_device_in_it_is_the_same_firewall() {
    let unnamed: String = FIREWALL
        .lines()
        .filter(|line| !line.starts_with("hostname"))
        .map(|line| format!("{line}\n"))
        .collect();
    let estate = Estate::empty()
        .with("base/fw-2013-05.cfg", unnamed.clone())
        .with("head/fw-2013-06.cfg", unnamed);
    no_effect(&estate);
}

#[test]
fn what_is_only_undecided_is_counted_apart_and_a_protocol_is_a_word_with_its_number() {
    let list = "hostname r1\ninterface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n \
                ip access-group OUT in\ninterface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.255.0\n\
                ip access-list extended OUT\n permit tcp any host 10.1.0.11 eq smtp dscp ef\n";
    let estate = Estate::empty()
        .with("base/r1.cfg", list)
        .with("head/r1.cfg", list.replace("dscp ef", "dscp cs1"));
    let told = diff(&estate, &[]).out;
    let summary =
        "0 filters treat packets differently · 0 findings introduced, 0 cured, 1 filter undecided";
    assert!(told.contains(summary), "{told}");
    let place = "r1: OUT (ip access-group OUT in on GigabitEthernet0/0)";
    assert!(told.contains(place), "{told}");
    let estate = Estate::empty()
        .with("base/r1.cfg", list)
        .with("head/r1.cfg", format!("{list} permit 132 any any\n"));
    let told = diff(&estate, &[]).out;
    assert!(told.contains("opens protocol 132 from"), "{told}");
}

#[test]
fn a_path_that_is_blocked_is_told_with_both_rules_and_fails_the_gate() {
    let estate = changed(|text| text.replace(SYNC, ""));
    let (value, code) = json(&estate, &[]);
    assert_eq!(code, 1);
    let path = &value["paths"][0];
    assert_eq!(path["id"], "hub-to-edge-edgesync");
    assert_eq!(path["change"], "closed");
    assert_eq!(path["severity"], "error");
    assert_eq!(path["after"], "blocked");
    let service = &path["services"][1];
    assert_eq!(service["service"], "tcp/50636");
    let before = &service["before"]["decided_by"][0];
    assert_eq!(
        (&before["action"], &before["file"]),
        (&"permit".into(), &"base/inner.cfg".into())
    );
    let after = &service["after"]["decided_by"][0];
    assert_eq!(
        (&after["action"], &after["file"]),
        (&"deny".into(), &"head/inner.cfg".into())
    );
    let filter = &value["filters"][0];
    assert_eq!(filter["filter"], "inside_in");
    assert_eq!(filter["counts"]["newly_denied"], 1);
    assert_eq!(filter["counts"]["newly_permitted"], 0);
    let summary = &value["summary"];
    assert_eq!(
        (&summary["filters"], &summary["filters_undecided"]),
        (&1.into(), &0.into())
    );
    let piece = &filter["newly_denied"][0];
    assert_eq!(piece["packets"]["source"][0], "10.1.0.12");
    assert_eq!(
        piece["packets"]["destination_ports"],
        serde_json::json!(["50389", "50636"])
    );
    assert_eq!(piece["end_to_end"]["effect"], "changes");
    assert_eq!(piece["witness"]["destination"], "192.0.2.10");
    assert_eq!(rules(&value, "introduced"), ["FR022"]);
    assert!(rules(&value, "cured").contains(&"FU005".to_owned()));
    insta::assert_snapshot!("diff_blocked", diff(&estate, &["-q"]).shown());
    insta::assert_snapshot!(
        "diff_blocked_markdown",
        diff(&estate, &["-q", "--format", "markdown"]).shown()
    );
    insta::assert_snapshot!(
        "diff_blocked_github",
        diff(&estate, &["-q", "--format", "github"]).shown()
    );
    insta::assert_snapshot!(
        "diff_blocked_ja",
        diff(&estate, &["-q", "--lang", "ja"]).shown()
    );
    // The other way round it opens the path again.
    let back = estate.run(&[
        "diff",
        "head",
        "base",
        "--format",
        "json",
        "--fail-on",
        "error",
    ]);
    let back = valid(&back.out);
    assert_eq!(back["paths"][0]["change"], "opened");
    assert!(rules(&back, "introduced").contains(&"FU005".to_owned()));
    assert_eq!(back["filters"][0]["counts"]["newly_permitted"], 1);
}

#[test]
fn a_pair_of_ends_is_named_once_where_two_paths_have_one_name() {
    let inventory = format!(
        "{INVENTORY}\n[[server]]\nname = \"um1\"\nroles = [\"um\"]\nsite = \"Tokyo\"\naddresses = [\"192.0.2.20\"]\n"
    );
    let rule = "access-list dmz_in extended permit tcp host 192.0.2.20 host 10.1.0.12 eq smtp\n";
    let place = "access-list dmz_in extended deny";
    let base = FIREWALL.replace(place, &format!("{rule}{place}"));
    let estate = Estate::empty()
        .with("base/inner.cfg", base)
        .with("base/exlint.toml", inventory.clone())
        .with("head/inner.cfg", FIREWALL)
        .with("head/exlint.toml", inventory);
    let (value, _) = json(&estate, &[]);
    let paths = value["paths"].as_array().expect("a list");
    let paths = paths.iter().filter(|path| path["source"] == "um1");
    let titles: Vec<_> = paths.map(|path| &path["titles"]["ja"]).collect();
    assert!(titles.len() == 2 && titles[0] == titles[1], "{titles:?}");
    for format in ["human", "markdown", "github"] {
        let outcome = diff(&estate, &["-q", "--lang", "ja", "--format", format]);
        // Findings name ends with a service.
        let all = outcome.out.matches("um1 -> hub1").count();
        let ends = all - outcome.out.matches("um1 -> hub1 (").count();
        assert_eq!(ends, 1, "{}", outcome.out);
    }
}

#[test]
fn what_is_not_modelled_is_undecided_and_never_guessed() {
    let timed = SYNC.replace("\n", " time-range NIGHTS\n");
    let estate = changed(|text| {
        text.replace(SYNC, &timed).replace(
            "!\nobject-group network EXCH-HUBS",
            "!\ntime-range NIGHTS\n periodic daily 22:00 to 23:59\n!\nobject-group network EXCH-HUBS",
        )
    });
    let (value, code) = json(&estate, &[]);
    assert_eq!(code, 1, "a path that may be closed is a warning");
    let filter = &value["filters"][0];
    assert_eq!(filter["counts"]["newly_denied"], 0);
    assert_eq!(filter["counts"]["undecided"], 1);
    let why = filter["undecided"][0]["why"][0].as_str().expect("a reason");
    assert!(why.contains("NIGHTS"), "{why}");
    assert_eq!(value["paths"][0]["change"], "not-decided");
    let (_, code) = json(&estate, &["--fail-on", "error"]);
    assert_eq!(code, 0);
}

#[test]
fn an_unchanged_condition_that_is_not_modelled_is_no_difference() {
    let time = "time-range NIGHTS\n periodic daily 22:00 to 23:59\n!\n";
    let rule = "access-list dmz_in extended permit tcp host 192.0.2.10 host 10.1.0.12 eq 80 time-range NIGHTS\n";
    let place = "access-list dmz_in extended deny";
    let base = FIREWALL
        .replace(
            "!\nobject-group network EXCH-HUBS",
            &format!("!\n{time}object-group network EXCH-HUBS"),
        )
        .replace(place, &format!("{rule}{place}"));
    let head = base.replace("EXCH-HUBS", "HUBS").replace(
        &format!("{rule}{place}"),
        &format!("access-list dmz_in remark later\n{rule}{place}"),
    );
    assert_ne!(base, head);
    let estate = Estate::empty()
        .with("base/inner.cfg", base)
        .with("head/inner.cfg", head);
    no_effect(&estate);
}

#[test]
fn a_list_that_is_no_longer_bound_opens_what_it_stopped() {
    let estate = changed(|text| text.replace("access-group inside_in in interface inside\n", ""));
    let (value, _) = json(&estate, &[]);
    let filter = &value["filters"][0];
    assert_eq!(filter["before"]["filter"], "inside_in");
    assert_eq!(filter["kinship"], "renamed");
    let permitted = filter["newly_permitted"].as_array().expect("a list");
    let texts: Vec<_> = permitted.iter().map(|piece| &piece["text"]).collect();
    assert!(!texts.is_empty());
}

#[test]
fn braces_and_set_lines_of_one_policy_are_the_same() {
    let braces = "\
security {
    zones {
        security-zone dmz { interfaces { ge-0/0/0.0; } address-book { address edge1 192.0.2.10/32; } }
        security-zone inside { interfaces { ge-0/0/1.0; } address-book { address hub1 10.1.0.12/32; } }
    }
    policies {
        from-zone inside to-zone dmz {
            policy sync {
                match { source-address hub1; destination-address edge1; application adam; }
                then { permit; }
            }
        }
        default-policy { deny-all; }
    }
}
interfaces {
    ge-0/0/0 { unit 0 { family inet { address 192.0.2.254/24; } } }
    ge-0/0/1 { unit 0 { family inet { address 10.1.0.1/24; } } }
}
applications { application adam { protocol tcp; destination-port 50636; } }
";
    let braces = format!("system {{\n    host-name inner;\n}}\n{braces}");
    let set = "\
set system host-name inner
set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.254/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24
set applications application adam protocol tcp
set applications application adam destination-port 50636
set security zones security-zone dmz interfaces ge-0/0/0.0
set security zones security-zone dmz address-book address edge1 192.0.2.10/32
set security zones security-zone inside interfaces ge-0/0/1.0
set security zones security-zone inside address-book address hub1 10.1.0.12/32
set security policies from-zone inside to-zone dmz policy sync match source-address hub1
set security policies from-zone inside to-zone dmz policy sync match destination-address edge1
set security policies from-zone inside to-zone dmz policy sync match application adam
set security policies from-zone inside to-zone dmz policy sync then permit
set security policies default-policy deny-all
";
    let estate = Estate::empty()
        .with("base/inner.conf", braces)
        .with("head/inner.conf", set)
        .with("wide/inner.conf", set.replace("50636", "50389-50636"));
    no_effect(&estate);
    let wide = estate.run(&["diff", "head", "wide", "-q"]);
    assert!(
        wide.out.contains("tcp 50389-50635 from 10.1.0.12"),
        "{}",
        wide.out
    );
}

/// What the JSON form of nftables says of limits and ports is a part of the
/// condition; handles, counters and the name of a chain are not.
#[test]
fn a_changed_limit_in_json_is_no_silence() {
    let rules = |handle: u16, packets: u16, chain: &str, limit: u16| {
        format!(
            r#"{{"nftables": [{{"table": {{"family": "inet", "name": "t", "handle": 1}}}},
{{"chain": {{"family": "inet", "table": "t", "name": "{chain}", "handle": 2, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}}},
{{"rule": {{"family": "inet", "table": "t", "chain": "{chain}", "handle": {handle}, "expr": [{{"match": {{"op": "==", "left": {{"payload": {{"protocol": "tcp", "field": "dport"}}}}, "right": 25}}}}, {{"limit": {{"rate": {limit}, "burst": 5, "per": "second"}}}}, {{"counter": {{"packets": {packets}, "bytes": 0}}}}, {{"accept": null}}]}}}}]}}"#
        )
    };
    let estate = Estate::empty()
        .with("base/gw.json", rules(3, 0, "forward", 10))
        .with("head/gw.json", rules(9, 7, "transit", 10))
        .with("more/gw.json", rules(3, 0, "forward", 20));
    no_effect(&estate);
    let more = estate.run(&["diff", "base", "more", "-q"]);
    assert!(!more.out.contains("No effect"), "{}", more.out);
    assert!(more.out.contains("gw.json:3"), "{}", more.out);
}

/// Two outputs of nft 1.0.6 of one ruleset, as text and as JSON, which do not say
/// it with the same words.
#[test]
fn limits_and_marks_of_nftables_are_the_same_in_both_forms() {
    let text = |rate: &str, mark: &str, quota: &str| {
        format!(
            "table inet filter {{
\tlimit slow {{
\t\trate 400/minute
\t}}

\tquota much {{
\t\t{quota} mbytes
\t}}

\tset blocked {{
\t\ttype ipv4_addr
\t\tsize 65535
\t\tflags dynamic,timeout
\t\ttimeout 1h
\t\telements = {{ 192.0.2.7 expires 59m59s992ms, 192.0.2.9 expires 59m59s992ms }}
\t}}

\tchain pre {{
\t\ttype filter hook prerouting priority mangle; policy accept;
\t\tiifname \"eth0\" meta mark set {mark}
\t}}

\tchain forward {{
\t\ttype filter hook forward priority filter; policy drop;
\t\tip saddr @blocked drop
\t\ttcp dport 25 limit rate {rate} accept
\t\ttcp dport 27 limit rate 512 kbytes/second burst 1 mbytes accept
\t\ttcp dport 29 quota over 1000 mbytes drop
\t\ttcp dport 31 ct count over 20 drop
\t\ttcp dport 32 limit name \"slow\" accept
\t\ttcp dport 33 quota name \"much\" accept
\t\ttcp dport 34 add @blocked {{ ip saddr limit rate 3/second }} accept
\t\tmeta mark 0x00000001 tcp dport 587 accept
\t}}
}}
"
        )
    };
    let rule = |port: u16, rest: &str| {
        format!(
            r#"{{"rule": {{"family": "inet", "table": "filter", "chain": "forward", "handle": {port}, "expr": [{{"match": {{"op": "==", "left": {{"payload": {{"protocol": "tcp", "field": "dport"}}}}, "right": {port}}}}}, {rest}]}}}}"#
        )
    };
    let records = [
        r#"{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}"#.to_owned(),
        r#"{"table": {"family": "inet", "name": "filter", "handle": 1}}"#.to_owned(),
        r#"{"limit": {"family": "inet", "name": "slow", "table": "filter", "handle": 5, "rate": 400, "per": "minute", "burst": 5}}"#.to_owned(),
        r#"{"quota": {"family": "inet", "name": "much", "table": "filter", "handle": 6, "bytes": 26214400, "used": 0, "inv": false}}"#.to_owned(),
        r#"{"set": {"family": "inet", "name": "blocked", "table": "filter", "type": "ipv4_addr", "handle": 7, "size": 65535, "flags": ["timeout"], "timeout": 3600, "elem": [{"elem": {"val": "192.0.2.7", "expires": 3599}}, {"elem": {"val": "192.0.2.9", "expires": 3599}}]}}"#.to_owned(),
        r#"{"chain": {"family": "inet", "table": "filter", "name": "pre", "handle": 4, "type": "filter", "hook": "prerouting", "prio": -150, "policy": "accept"}}"#.to_owned(),
        r#"{"rule": {"family": "inet", "table": "filter", "chain": "pre", "handle": 8, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "eth0"}}, {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}]}}"#.to_owned(),
        r#"{"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 3, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}"#.to_owned(),
        r#"{"rule": {"family": "inet", "table": "filter", "chain": "forward", "handle": 9, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@blocked"}}, {"drop": null}]}}"#.to_owned(),
        rule(25, r#"{"limit": {"rate": 10, "burst": 5, "per": "second"}}, {"accept": null}"#),
        rule(27, r#"{"limit": {"rate": 512, "burst": 1, "per": "second", "rate_unit": "kbytes", "burst_unit": "mbytes"}}, {"accept": null}"#),
        rule(29, r#"{"quota": {"val": 1000, "val_unit": "mbytes", "inv": true}}, {"drop": null}"#),
        rule(31, r#"{"ct count": {"val": 20, "inv": true}}, {"drop": null}"#),
        rule(32, r#"{"limit": "slow"}, {"accept": null}"#),
        rule(33, r#"{"quota": "much"}, {"accept": null}"#),
        rule(34, r#"{"set": {"op": "add", "elem": {"payload": {"protocol": "ip", "field": "saddr"}}, "set": "@blocked", "stmt": [{"limit": {"rate": 3, "burst": 5, "per": "second"}}]}}, {"accept": null}"#),
        r#"{"rule": {"family": "inet", "table": "filter", "chain": "forward", "handle": 25, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 1}}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 587}}, {"accept": null}]}}"#.to_owned(),
    ];
    let json = format!("{{\"nftables\": [{}]}}", records.join(", "));
    let estate = Estate::empty()
        .with("base/gw.nft", text("10/second", "0x00000001", "25"))
        .with("head/gw.json", json)
        .with("rate/gw.nft", text("20/second", "0x00000001", "25"))
        .with("mark/gw.nft", text("10/second", "0x00000002", "25"))
        .with("quota/gw.nft", text("10/second", "0x00000001", "26"));
    no_effect(&estate);
    for (other, port) in [("rate", "25"), ("mark", "587"), ("quota", "33")] {
        let told = estate.run(&["diff", other, "head"]).out;
        assert!(told.contains(&format!("? tcp {port} ")), "{other}: {told}");
        let sets = told.matches("\n  ? ").count();
        assert_eq!(
            told.matches(&format!("? tcp {port} ")).count(),
            sets,
            "{told}"
        );
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file");
        }
    }
}

/// Copies of contoso with edits of its firewalls: `(file, from, to)`.
fn contoso(edits: &[(&str, &str, &str)]) -> Estate {
    let estate = Estate::empty();
    let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso");
    copy(&fixture, &estate.path().join("base"));
    copy(&fixture, &estate.path().join("head"));
    for (file, from, to) in edits {
        let path = estate.path().join("head/fw").join(file);
        let bytes = fs::read(&path).expect("a file");
        let at = bytes
            .windows(from.len())
            .position(|window| window == from.as_bytes())
            .unwrap_or_else(|| panic!("{from} is not in {file}"));
        let edited = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
        fs::write(&path, edited).expect("a file");
    }
    estate
}

#[test]
fn edits_of_contoso_without_effect_are_silent() {
    no_effect(&contoso(&[
        (
            "inner.cfg",
            "access-list servers_in extended permit tcp host WSUS1 host PROXY1 eq 8080 \naccess-list servers_in extended permit tcp host AV1 host PROXY1 eq 8080 \n",
            "access-list servers_in extended permit tcp host AV1 host PROXY1 eq 8080 \naccess-list servers_in extended permit tcp host WSUS1 host PROXY1 eq 8080 \n",
        ),
        (
            "inner.cfg",
            "access-list servers_in extended permit tcp object-group EXCH_HUBS object-group EXCH_EDGES eq smtp \n",
            "access-list servers_in extended permit tcp host HUB1 host EDGE1 eq smtp \naccess-list servers_in extended permit tcp host HUB1 host EDGE2 eq smtp \n",
        ),
    ]));
}

#[test]
fn edits_of_contoso_are_told_apart_by_what_can_be_seen_from_end_to_end() {
    let estate = contoso(&[
        (
            "inner.cfg",
            "access-list servers_in extended permit tcp object-group EXCH_HUBS object-group EXCH_EDGES object-group EDGESYNC_PORTS",
            "access-list servers_in extended deny tcp object-group EXCH_HUBS object-group EXCH_EDGES object-group EDGESYNC_PORTS",
        ),
        (
            "inner.cfg",
            "access-list dmz_in extended deny ip any any log",
            "access-list dmz_in extended permit tcp 10.20.10.0 255.255.255.0 host MAIL1 eq 445 \naccess-list dmz_in extended deny ip any any log",
        ),
        (
            "outer.cfg",
            "access-list web_in extended deny ip any any log",
            "access-list web_in extended permit tcp 10.20.20.0 255.255.255.0 host 10.1.0.30 eq 3389 \naccess-list web_in extended deny ip any any log",
        ),
    ]);
    let (value, code) = json(&estate, &["--reference-date", "2013-06-01"]);
    assert_eq!(code, 1);
    let paths: Vec<_> = value["paths"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|path| (path["id"].as_str(), path["change"].as_str()))
        .collect();
    assert!(
        paths.contains(&(Some("hub-to-edge-edgesync"), Some("closed"))),
        "{paths:?}"
    );
    let seen: Vec<_> = value["filters"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|filter| {
            ["newly_permitted", "newly_denied"]
                .into_iter()
                .flat_map(move |kind| {
                    filter[kind]
                        .as_array()
                        .expect("a list")
                        .iter()
                        .map(move |piece| {
                            let text = piece["text"].as_str().expect("a text").to_owned();
                            let effect = piece["end_to_end"]["effect"]
                                .as_str()
                                .expect("a word")
                                .to_owned();
                            (
                                filter["filter"].as_str().expect("a name").to_owned(),
                                kind,
                                text,
                                effect,
                            )
                        })
                })
        })
        .collect();
    let told = |filter: &str, kind: &str, effect: &str, words: &[&str]| {
        seen.iter().any(|known| {
            known.0 == filter
                && known.1 == kind
                && known.3 == effect
                && words.iter().all(|word| known.2.contains(word))
        })
    };
    assert!(
        told(
            "servers_in",
            "newly_denied",
            "changes",
            &["50636", "hub1", "edge1"]
        ),
        "{seen:#?}"
    );
    assert!(
        told(
            "dmz_in",
            "newly_permitted",
            "changes",
            &["tcp 445 (smb)", "dmz", "mail1"]
        ),
        "{seen:#?}"
    );
    assert!(
        told(
            "web_in",
            "newly_permitted",
            "hidden",
            &["3389 (rdp)", "mail1"]
        ),
        "{seen:#?}"
    );
    assert_eq!(seen.len(), 3, "{seen:#?}");
    let introduced = rules(&value, "introduced");
    for rule in ["FR005", "FR022", "FU002"] {
        assert!(
            introduced.iter().any(|id| id == rule),
            "{rule}: {introduced:?}"
        );
    }
}

/// A listing and a dump that contradict each other decide nothing.
#[test]
fn a_side_that_could_not_be_read_is_never_without_effect() {
    let rules = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";
    let cut = format!("{rules}-A FORWARD -p tcp -m tcp --dport 25 -j ACCEPT\n");
    let estate = Estate::empty()
        .with("base/gw.rules", cut.clone())
        .with("head/gw.rules", cut);
    for format in ["human", "markdown", "github"] {
        let outcome = diff(&estate, &["--format", format]);
        assert_eq!(outcome.code, 2, "{format}");
        assert!(!outcome.out.contains("No effect"), "{}", outcome.out);
        assert!(
            outcome.out.contains("could not be read or evaluated"),
            "{format}: {}",
            outcome.out
        );
    }
    let (value, code) = json(&estate, &[]);
    assert_eq!((code, &value["head"]["incomplete"]), (2, &true.into()));
}

#[test]
fn what_cannot_be_compared_is_an_error_with_help() {
    let estate = Estate::small().with("other/a.txt", "x\n");
    for (args, code, words) in [
        (&["diff"][..], 2, "exlint diff BASE HEAD"),
        (&["diff", "exports"], 2, "exlint diff BASE HEAD"),
        (&["diff", "exports", "nowhere"], 2, "nowhere"),
        (&["diff", "other", "exports"], 3, "other: "),
        (
            &["diff", "exports", "exports", "--output", "no/such/file"],
            2,
            "no/such/file",
        ),
    ] {
        let outcome = estate.run(args);
        assert_eq!(outcome.code, code, "{args:?}: {}", outcome.err);
        assert!(outcome.err.contains(words), "{args:?}: {}", outcome.err);
        assert!(outcome.out.is_empty(), "{args:?}: {}", outcome.out);
    }
}
