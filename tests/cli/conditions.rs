//! Conditions that are not modelled, before and after: the same one under another
//! name is silent, one that asks something else is not.

use std::path::Path;

use crate::diff::valid;
use crate::estate::Estate;

/// An edit: words and what they become; and what the difference must show, if
/// there is one.
struct Edit(&'static [(&'static str, &'static str)], Shows);

enum Shows {
    Nothing,
    Lines(&'static [&'static str]),
}
use Shows::{Lines, Nothing};

fn check(name: &str, edits: &[Edit]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/conditions");
    let before = std::fs::read_to_string(folder.join(name)).expect("a file");
    let mut wrong = Vec::new();
    for Edit(words, shows) in edits {
        let mut after = before.clone();
        for (old, new) in *words {
            assert!(after.contains(old), "{name}: nothing says {old:?}");
            after = after.replace(old, new);
        }
        let estate = Estate::empty()
            .with(&format!("base/{name}"), before.clone())
            .with(&format!("head/{name}"), after);
        let told = estate.run(&["diff", "base", "head"]).out;
        // All formats show the same; one object is checked against the schema.
        if words == &edits[0].0 {
            let json = valid(
                &estate
                    .run(&["diff", "base", "head", "--format", "json"])
                    .out,
            );
            assert_eq!(json["filters"].as_array().map(Vec::len), Some(1), "{json}");
            assert_eq!(json["summary"]["filters_undecided"], 1, "{json}");
        }
        let silent = told.starts_with("No effect");
        let right = match shows {
            Nothing => silent,
            Lines(lines) => !silent && lines.iter().all(|line| told.contains(line)),
        };
        if !right {
            wrong.push(format!("{words:?}\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
}

#[test]
fn conditions_of_fortios() {
    check(
        "fortios.conf",
        &[
            Edit(
                &[("mail.example.com", "mail.example.net")],
                Lines(&["mail.example.com", "mail.example.net"]),
            ),
            Edit(&[("\"CH\"", "\"DE\"")], Lines(&["CH", "DE"])),
            Edit(&[("\"bob\"", "\"carol\"")], Lines(&["bob", "carol"])),
            Edit(&[("Office365", "Azure")], Lines(&["Office365", "Azure"])),
            Edit(&[("18:00", "19:00")], Lines(&["18:00", "19:00"])),
            Edit(&[("list.txt", "other.txt")], Lines(&[])),
            Edit(&[("\"ext\"", "\"partner-mx\"")], Nothing),
            Edit(&[("\"partners\"", "\"peers\"")], Nothing),
            Edit(&[("mailusers", "mu")], Nothing),
            Edit(&[("\"isg\"", "\"services\"")], Nothing),
            Edit(&[("\"work\"", "\"office hours\"")], Nothing),
            Edit(&[("\"bad-ips\"", "\"worse\"")], Nothing),
            Edit(
                &[
                    ("set comment \"partner\"", "set comment \"x\""),
                    ("from partners", "y"),
                ],
                Nothing,
            ),
            Edit(&[("11111111-", "22222222-")], Nothing),
            Edit(
                &[("edit 1\n", "edit 17\n"), ("in-smtp", "mail in")],
                Nothing,
            ),
            Edit(
                &[
                    ("edit 2\n", "edit 27\n"),
                    ("edit 3\n", "edit 37\n"),
                    ("edit 4\n", "edit 47\n"),
                ],
                Nothing,
            ),
            Edit(&[("\"ext\" \"ext2\"", "\"ext2\" \"ext\"")], Nothing),
            Edit(&[("monday tuesday", "monday")], Lines(&[])),
            Edit(&[("\"ext\" \"ext2\"", "\"ext\"")], Lines(&[])),
        ],
    );
}

#[test]
fn conditions_of_panos() {
    check(
        "panos.xml",
        &[
            Edit(
                &[("mail.example.com", "mail.example.net")],
                Lines(&["mail.example"]),
            ),
            Edit(&[("'red'", "'green'")], Lines(&[])),
            Edit(&[("a.txt", "b.txt")], Lines(&["a.txt", "b.txt"])),
            Edit(&[("EHLO", "HELO")], Lines(&[])),
            Edit(&[("18:00", "19:00")], Lines(&["18:00", "19:00"])),
            Edit(&[("corp\\alice", "corp\\bob")], Lines(&["alice", "bob"])),
            Edit(&[("\"mx\"", "\"mx1\""), (">mx<", ">mx1<")], Nothing),
            Edit(&[("dag", "blues")], Nothing),
            Edit(&[("edl1", "edl9")], Nothing),
            Edit(&[("custom-mail", "our-mail")], Nothing),
            Edit(&[("\"work\"", "\"wk\""), (">work<", ">wk<")], Nothing),
            Edit(
                &[
                    ("\"r1\"", "\"one\""),
                    ("\"r2\"", "\"two\""),
                    ("\"r3\"", "\"three\""),
                    ("\"r4\"", "\"four\""),
                ],
                Nothing,
            ),
            Edit(
                &[
                    ("x1", "x2"),
                    ("d1", "d2"),
                    ("uuid=\"1111\"", "uuid=\"2222\""),
                ],
                Nothing,
            ),
        ],
    );
}

#[test]
fn conditions_of_junos() {
    check(
        "junos.conf",
        &[
            Edit(
                &[("mail.example.com", "mail.example.net")],
                Lines(&["mail.example"]),
            ),
            Edit(&[("alice", "bob")], Lines(&["alice", "bob"])),
            Edit(&[("18:00", "19:00")], Lines(&["18:00", "19:00"])),
            Edit(
                &[("junos:SMTP", "junos:IMAP")],
                Lines(&["junos:SMTP", "junos:IMAP"]),
            ),
            Edit(&[("a.txt", "b.txt")], Lines(&[])),
            Edit(&[(" mx", " mx9")], Nothing),
            Edit(&[(" work", " wk")], Nothing),
            Edit(
                &[
                    ("policy p1", "policy x1"),
                    ("policy p2", "policy x2"),
                    ("policy p3", "policy x3"),
                    ("policy p4", "policy x4"),
                    ("policy p5", "policy x5"),
                ],
                Nothing,
            ),
            Edit(&[("\"d1\"", "\"d2\"")], Nothing),
            Edit(&[(" bad", " evil")], Nothing),
        ],
    );
}

#[test]
fn conditions_of_asa() {
    check(
        "asa.cfg",
        &[
            Edit(
                &[("mail.example.com", "mail.example.net")],
                Lines(&["mail.example.com", "mail.example.net"]),
            ),
            Edit(&[("18:00", "19:00")], Lines(&["18:00", "19:00"])),
            Edit(&[("CORP\\bob", "CORP\\carol")], Lines(&["bob", "carol"])),
            Edit(&[("alice", "dave")], Lines(&["alice", "dave"])),
            Edit(&[("SG1", "SG2")], Lines(&["SG1", "SG2"])),
            Edit(&[("MX", "MAILX")], Nothing),
            Edit(&[("WORK", "OFFICE")], Nothing),
            Edit(&[("STAFF", "TEAM")], Nothing),
            Edit(&[(" G", " HUBS"), ("HUBSigabit", "Gigabit")], Nothing),
            Edit(&[("OUT", "OUTSIDE_IN")], Nothing),
            Edit(&[("remark mail", "remark x"), ("d1", "d2")], Nothing),
            Edit(&[("eq https time", "eq https log time")], Nothing),
            Edit(
                &[(
                    "network-object host 10.1.0.11",
                    "network-object host 10.1.0.12",
                )],
                Lines(&[]),
            ),
        ],
    );
}

#[test]
fn conditions_of_ios() {
    check(
        "ios.cfg",
        &[
            Edit(&[("dscp ef", "dscp cs1")], Lines(&["ef", "cs1"])),
            Edit(&[("18:00", "19:00")], Lines(&["18:00", "19:00"])),
            Edit(&[("ttl eq 5", "ttl eq 6")], Lines(&[])),
            Edit(&[("+ack -syn", "+ack -urg")], Lines(&[])),
            Edit(&[("WORK", "OFFICE"), ("OUT", "IN1")], Nothing),
            Edit(&[(" 20 ", " 25 "), (" 30 ", " 35 ")], Nothing),
            Edit(&[(" 10 remark mail\n", "")], Nothing),
        ],
    );
}

#[test]
fn conditions_of_nftables() {
    check(
        "nftables.nft",
        &[
            Edit(&[("192.0.2.9", "192.0.2.10")], Lines(&["?"])),
            Edit(&[("timeout 1h", "timeout 2h")], Lines(&["?"])),
            Edit(
                &[("10/second", "20/second")],
                Lines(&["10/second", "20/second"]),
            ),
            Edit(
                &[("meta mark 0x1", "meta mark 0x2")],
                Lines(&["0x1", "0x2"]),
            ),
            Edit(&[("198.51.100.0/24", "198.51.101.0/24")], Lines(&[])),
            Edit(&[("blocked", "evil")], Nothing),
            Edit(&[(" mail", " smtp")], Nothing),
            Edit(&[("\"submission\"", "\"sub\"")], Nothing),
            Edit(&[(" comment \"submission\"", "")], Nothing),
            Edit(
                &[(
                    "10/second accept",
                    "10/second counter packets 4 bytes 8 accept",
                )],
                Nothing,
            ),
            Edit(&[("192.0.2.7, 192.0.2.9", "192.0.2.9, 192.0.2.7")], Nothing),
            Edit(
                &[(
                    "tcp dport { 80, 443 } accept",
                    "tcp dport 80 accept\n tcp dport 443 accept",
                )],
                Nothing,
            ),
            Edit(&[("inet filter", "inet fw")], Nothing),
            Edit(
                &[(
                    "tcp dport 25 limit rate 10/second accept",
                    "tcp dport 25 limit rate 10/second accept\n tcp dport 25 limit rate 10/second accept",
                )],
                Lines(&[]),
            ),
        ],
    );
}

#[test]
fn conditions_of_iptables() {
    check(
        "iptables.rules",
        &[
            Edit(&[("--mark 0x1 ", "--mark 0x2 ")], Lines(&["0x2"])),
            Edit(&[("198.51.100.0/24", "198.51.101.0/24")], Lines(&[])),
            Edit(&[("10/sec", "20/sec")], Lines(&["10/sec", "20/sec"])),
            Edit(&[("burst 20", "burst 30")], Lines(&["30"])),
            Edit(&[("5/sec", "6/sec")], Lines(&["5/sec", "6/sec"])),
            Edit(&[("18:00:00", "19:00:00")], Lines(&["18:00", "19:00"])),
            Edit(&[("clients", "others")], Lines(&["clients", "others"])),
            Edit(&[("MAIL", "SMTP")], Nothing),
            Edit(&[("\"imap\"", "\"imap2\"")], Nothing),
            Edit(&[("-m comment --comment \"imap\" ", "")], Nothing),
            Edit(
                &[
                    (
                        "--dport 993 -m set --match-set clients src",
                        "-m set --match-set clients src --dport 993",
                    ),
                    ("-p tcp -m tcp -m set", "-p tcp -m tcp -m set"),
                ],
                Nothing,
            ),
            Edit(
                &[
                    ("-m multiport --dports 80,443", "-m tcp --dport 80"),
                    (
                        "--dport 80 -j ACCEPT",
                        "--dport 80 -j ACCEPT\n-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT",
                    ),
                ],
                Nothing,
            ),
            Edit(&[("-A FORWARD", "[3:4] -A FORWARD")], Nothing),
        ],
    );
}
