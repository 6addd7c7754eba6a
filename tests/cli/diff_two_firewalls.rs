//! `exlint diff` where packets meet two firewalls on their way.

use serde_json::Value;

use crate::estate::Estate;

const OUTER: &str = "\
ASA Version 9.1(7)
hostname outer
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
interface GigabitEthernet0/1
 nameif dmz
 security-level 50
 ip address 192.0.2.254 255.255.255.0
RULES
access-list outside_in extended deny ip any any
access-group outside_in in interface outside
route outside 0.0.0.0 0.0.0.0 203.0.113.254 1
route dmz 10.1.0.0 255.255.255.0 192.0.2.1 1
: end
";

const INNER: &str = "\
ASA Version 9.1(7)
hostname inner
interface GigabitEthernet0/0
 nameif dmz
 security-level 50
 ip address 192.0.2.1 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
RULES
access-list dmz_in extended deny ip any any
access-group dmz_in in interface dmz
route dmz 0.0.0.0 0.0.0.0 192.0.2.254 1
: end
";

const INVENTORY: &str = "\
[[firewall]]
name = \"outer\"
config = \"outer.cfg\"

[[firewall]]
name = \"inner\"
config = \"inner.cfg\"

[[zone]]
name = \"internet\"
class = \"internet\"
at = [\"outer:outside\"]
networks = [\"0.0.0.0/0\"]

[[zone]]
name = \"dmz\"
class = \"perimeter\"
at = [\"outer:dmz\", \"inner:dmz\"]
networks = [\"192.0.2.0/24\"]

[[zone]]
name = \"servers\"
class = \"internal\"
at = [\"inner:inside\"]
networks = [\"10.1.0.0/24\"]

[[server]]
name = \"hub1\"
roles = [\"hub\"]
site = \"Tokyo\"
addresses = [\"10.1.0.12\"]
";

const SMTP_FROM_ANY: &str = "extended permit tcp any host 10.1.0.12 eq smtp";

/// What there is with rules of both firewalls before and after a change.
fn estate(outer: [&str; 2], inner: [&str; 2]) -> Estate {
    let mut estate = Estate::empty();
    for (side, at) in [("base", 0), ("head", 1)] {
        let rules = |list: &str, rule: &str| match rule {
            "" => "!".to_owned(),
            rule => format!("access-list {list} {rule}"),
        };
        estate = estate
            .with(
                &format!("{side}/outer.cfg"),
                OUTER.replace("RULES", &rules("outside_in", outer[at])),
            )
            .with(
                &format!("{side}/inner.cfg"),
                INNER.replace("RULES", &rules("dmz_in", inner[at])),
            )
            .with(&format!("{side}/exlint.toml"), INVENTORY);
    }
    estate
}

/// The pieces of a filter of one kind: words, effect and witness from end to
/// end, and the witness that is shown.
fn pieces(value: &Value, filter: &str, kind: &str) -> Vec<(String, String, Value, Value)> {
    let filters = value["filters"].as_array().expect("a list");
    let filters = filters.iter().filter(|known| known["filter"] == filter);
    filters
        .flat_map(|known| known[kind].as_array().expect("a list"))
        .map(|piece| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (
                text(&piece["text"]),
                text(&piece["end_to_end"]["effect"]),
                piece["end_to_end"]["witness"].clone(),
                piece["witness"].clone(),
            )
        })
        .collect()
}

fn compared(estate: &Estate) -> Value {
    let outcome = estate.run(&["diff", "-q", "base", "head", "--format", "json"]);
    serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err))
}

#[test]
fn what_another_firewall_blocks_at_the_same_time_does_not_arrive() {
    // The outer firewall opens what the inner one closes: mail from the
    // Internet is stopped before and after, that of the perimeter only after.
    let estate = estate(["", SMTP_FROM_ANY], [SMTP_FROM_ANY, ""]);
    let value = compared(&estate);
    let outer = pieces(&value, "outside_in", "newly_permitted");
    assert_eq!(outer.len(), 1, "{value:#}");
    assert_eq!(outer[0].1, "hidden", "{outer:?}");
    assert!(outer[0].2.is_null(), "{outer:?}");
    let inner = pieces(&value, "dmz_in", "newly_denied");
    assert_eq!(inner.len(), 1, "{value:#}");
    assert_eq!(inner[0].1, "changes", "{inner:?}");
    // The packet that is shown is one that the change stops on its whole way.
    let source = inner[0].2["source"].as_str().expect("an address");
    assert!(source.starts_with("192.0.2."), "{inner:?}");
    assert_eq!(inner[0].2, inner[0].3);
    let human = estate.run(&["diff", "-q", "base", "head"]);
    assert!(
        !human.out.contains("This change opens tcp 25"),
        "{}",
        human.out
    );
    assert!(
        human.out.contains("This change blocks tcp 25"),
        "{}",
        human.out
    );
}

#[test]
fn what_arrives_at_another_filter_is_no_effect_of_this_one() {
    // Both firewalls open mail to the Hub server, the inner one only for the
    // perimeter: what the outer one lets in still does not arrive.
    let estate = estate(
        ["", SMTP_FROM_ANY],
        [
            "",
            "extended permit tcp 192.0.2.0 255.255.255.0 host 10.1.0.12 eq smtp",
        ],
    );
    let value = compared(&estate);
    let outer = pieces(&value, "outside_in", "newly_permitted");
    assert_eq!(outer[0].1, "hidden", "{outer:?}");
    let inner = pieces(&value, "dmz_in", "newly_permitted");
    assert_eq!(inner[0].1, "changes", "{inner:?}");
    assert!(inner[0].0.contains("from dmz"), "{inner:?}");
}

#[test]
fn all_with_exceptions_is_told_as_all_and_not_as_the_internet() {
    let estate = estate(
        ["", ""],
        [
            "",
            "extended deny ip 198.51.100.0 255.255.255.0 any\n\
             access-list dmz_in extended permit tcp any host 10.1.0.12 eq 587",
        ],
    );
    let value = compared(&estate);
    let inner = pieces(&value, "dmz_in", "newly_permitted");
    assert_eq!(
        inner[0].0,
        "tcp 587 (submission) from any (IPv4) except 198.51.100.0/24 to hub1 (10.1.0.12)"
    );
}
