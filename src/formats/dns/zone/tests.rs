//! Zones in the forms of BIND, of Windows and of their tools.

use super::*;
use crate::formats::exchange::testing::{at, named, records, text, value};
use crate::model::exchange::Value;

/// Names with their type and their data, as a person would write them.
fn answers(document: &Document) -> Vec<String> {
    let data = ["IPAddress", "NameHost", "NameExchange", "NameTarget"];
    records(document)
        .iter()
        .map(|record| {
            let word = |key: &str| record.text(key).map_or("?", |(text, _)| text);
            let found = data.iter().find_map(|key| record.text(key));
            format!(
                "{} {} {}",
                word("Name"),
                word("Type"),
                found.expect("data").0
            )
        })
        .collect()
}

const BIND: &str = "\
$ORIGIN contoso.com.     ; designates the start of this zone file
$TTL 1h
@       IN      SOA     ns1 hostmaster.contoso.com. (
                        2009110201 ; serial
                        1d 2h 4w 1h )
        IN      NS      ns1
        NS      ns.provider.example.
@       MX      10 edge1
        MX      20 edge2.contoso.com.
ns1     3600 IN A       192.0.2.53
edge1   IN 300 A        192.0.2.25
        AAAA    2001:db8::25
mail    CNAME   edge1
_autodiscover._tcp SRV 0 0 443 mail
txt     TXT     \"v=spf1 mx -all; ok\"
sub     DNAME   example.net.
$ORIGIN tokyo.contoso.com.
hub1    A       10.1.0.21
";

#[test]
fn a_zone_file_of_bind_is_read_with_relative_names_and_inherited_owners() {
    let file = named("db.contoso", BIND);
    assert!((ZONE.detect)(&file).is_some_and(|found| found.strength >= 90));
    let document = parse(&file);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    assert_eq!(
        answers(&document),
        [
            "contoso.com NS ns1.contoso.com",
            "contoso.com NS ns.provider.example",
            "contoso.com MX edge1.contoso.com",
            "contoso.com MX edge2.contoso.com",
            "ns1.contoso.com A 192.0.2.53",
            "edge1.contoso.com A 192.0.2.25",
            "edge1.contoso.com AAAA 2001:db8::25",
            "mail.contoso.com CNAME edge1.contoso.com",
            "_autodiscover._tcp.contoso.com SRV mail.contoso.com",
            "hub1.tokyo.contoso.com A 10.1.0.21",
        ]
    );
    let found = records(&document);
    assert_eq!(at(&file, found[5], "IPAddress"), "192.0.2.25");
    assert_eq!(value(found[5], "TTL"), &Value::Integer(300));
    assert_eq!(value(found[6], "TTL"), &Value::Integer(3600));
    assert_eq!(value(found[2], "Preference"), &Value::Integer(10));
    assert_eq!(value(found[9], "ZoneName"), &text("contoso.com"));
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 1));
}

/// As `dnscmd /zoneprint` prints an Active Directory zone, owners inherited
/// after tabs, with the time of registration.
const ZONEPRINT: &str = ";\r\n;  Zone:    contoso.com\r\n;  Server:  dc1.contoso.com\r\n\
;  Time:    Mon Nov 02 09:00:00 2009\r\n;\r\n\
@ [Aging:3577548] 600 A\t10.1.0.10\r\n\
\t\t [Aging:3577549] 600 A\t10.2.0.10\r\n\
\t\t 3600 NS\tdc1.contoso.com.\r\n\
\t\t 3600 SOA\tdc1.contoso.com. hostmaster.contoso.com. 57 900 600 86400 3600\r\n\
_ldap._tcp.Tokyo._sites [Aging:3577548] 600 SRV\t0 100 389\tdc1.contoso.com.\r\n\
hub1 [Aging:3577550] 1200 A\t10.1.0.21\r\n\
;\r\n;  Finished zone: 4 nodes and 6 records in 0 seconds\r\n;\r\n\r\n\
Command completed successfully.\r\n";

#[test]
fn what_dnscmd_prints_names_its_zone_in_a_comment() {
    let file = named("zone.txt", ZONEPRINT);
    assert_eq!(
        (ZONE.detect)(&file).map(|found| found.strength),
        Some(CERTAIN)
    );
    let document = parse(&file);
    assert_eq!(
        answers(&document),
        [
            "contoso.com A 10.1.0.10",
            "contoso.com A 10.2.0.10",
            "contoso.com NS dc1.contoso.com",
            "_ldap._tcp.Tokyo._sites.contoso.com SRV dc1.contoso.com",
            "hub1.contoso.com A 10.1.0.21",
        ]
    );
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn a_zone_file_of_windows_names_its_zone_in_the_header() {
    let zone = ";\n;  Database file contoso.com.dns for contoso.com zone.\n;      Zone version:  106\n;\n\n\
        @                       IN  SOA dc1.contoso.com.  hostmaster.contoso.com. (\n\
        \t106          ; serial number\n\t900          ; refresh\n\t600          ; retry\n\
        \t86400        ; expire\n\t3600       ) ; default TTL\n\n;\n;  Zone NS records\n;\n\n\
        @                       NS\tdc1.contoso.com.\ndc1                     A\t10.1.0.10\n\
        @                       WINS\tL2 C900 ( 10.1.0.10 )\n";
    let document = parse(&named("x.txt", zone));
    assert_eq!(
        answers(&document),
        [
            "contoso.com NS dc1.contoso.com",
            "dc1.contoso.com A 10.1.0.10"
        ]
    );
    assert_eq!(document.ledger.totals().not_modelled, 1);
}

#[test]
fn the_command_line_names_the_zone_of_listed_records() {
    let listing = "C:\\Users\\admin>dnscmd /enumrecords contoso.com @ /type A\n\nReturned records:\n\
        @                [Aging:3705469] 600 A\t10.1.0.4\ncluster  \t\t 3600 A\t10.1.0.51\n\n\
        Command completed successfully.\n";
    let file = named("records.txt", listing);
    assert!((ZONE.detect)(&file).is_some());
    let document = parse(&file);
    assert_eq!(
        answers(&document),
        ["contoso.com A 10.1.0.4", "cluster.contoso.com A 10.1.0.51"]
    );
    assert!(document.problems.is_empty());
}

#[test]
fn a_zone_without_a_name_is_said_and_the_name_of_the_file_helps() {
    let zone = "$TTL 3600\n@ SOA ns1 root 1 2 3 4 5\nhub1 A 10.1.0.21\n";
    let open = parse(&named("zone.txt", zone));
    assert_eq!(answers(&open), ["hub1 A 10.1.0.21"]);
    assert_eq!(open.problems.len(), 1);
    assert_eq!(open.problems[0].level, ProblemLevel::Warning);
    let told = parse(&named("dns/db.contoso.com", zone));
    assert_eq!(answers(&told), ["hub1.contoso.com A 10.1.0.21"]);
    assert_eq!(told.problems[0].level, ProblemLevel::Note);
}

#[test]
fn what_is_not_followed_is_said() {
    let zone = "$ORIGIN contoso.com.\n$INCLUDE other.zone\n$GENERATE 1-9 host$ A 10.0.0.$\n\
        a A 10.1.0.1\nb A ten\nc CH TXT x\n{ d }\n";
    let document = parse(&named("zone.txt", zone));
    assert_eq!(answers(&document), ["a.contoso.com A 10.1.0.1"]);
    let totals = document.ledger.totals();
    assert_eq!(
        (totals.not_modelled, totals.unrecognised, totals.irrelevant),
        (2, 2, 1)
    );
    assert_eq!(document.problems.len(), 2);
}

#[test]
fn other_texts_are_no_zones() {
    for other in [
        "interface A\n ip address 10.0.0.1 255.0.0.0\n",
        "access-list out permit tcp any any\n",
        "Name : HUB1\nFqdn : hub1.contoso.com\n",
        "a A 10.0.0.1\n",
        "; only a comment\n",
        "set security zones\nDS record\n",
    ] {
        assert!((ZONE.detect)(&named("x", other)).is_none(), "{other}");
    }
}
