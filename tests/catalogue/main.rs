//! The catalogue against its source: every row of the four tables of the
//! Exchange Server 2007 Data Path Security Reference is there, and every cell
//! says what the document says.
//!
//! Two independent readings are compared: expectations written by hand from
//! the document (here, always run), and the document's own text, parsed cell
//! by cell (`document`, only where `../shared/reference` is present).

mod document;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

const CATALOGUE: &str = include_str!("../../policies/catalogue/exchange-2007.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "fields are read to prove that every entry has them"
)]
struct Catalogue {
    edition: String,
    title: Words,
    versions: BTreeMap<String, String>,
    statements: Vec<String>,
    rows: BTreeMap<String, usize>,
    dynamic_profiles: Vec<Profile>,
    intents: Vec<Intent>,
    discrepancies: Vec<Discrepancy>,
    paths: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    en: String,
    ja: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "fields are read to prove that every entry has them"
)]
struct Profile {
    name: String,
    protocol: String,
    first: Option<u16>,
    last: Option<u16>,
    from: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    name: String,
    en: String,
    ja: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Discrepancy {
    id: String,
    en: String,
    ja: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "fields are read to prove that every entry has them"
)]
struct Entry {
    id: String,
    note: bool,
    table: String,
    row: usize,
    title: Words,
    source: Vec<String>,
    destination: Vec<String>,
    services: Vec<Service>,
    dynamic_ports: DynamicPorts,
    authentication: Authentication,
    encryption: Encryption,
    intent: String,
    #[serde(deserialize_with = "present")]
    condition: Option<String>,
    statements: Vec<String>,
    #[serde(deserialize_with = "present")]
    same_flow_as: Option<String>,
    provenance: Provenance,
    remarks: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "fields are read to prove that every entry has them"
)]
struct Service {
    protocol: String,
    port: u16,
    application: String,
    tls: String,
    need: String,
    #[serde(deserialize_with = "present")]
    group: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DynamicPorts {
    kind: String,
    profiles: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "fields are read to prove that every entry has them"
)]
struct Authentication {
    default: Vec<String>,
    supported: Vec<String>,
    #[serde(deserialize_with = "present")]
    condition: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encryption {
    supported: String,
    #[serde(deserialize_with = "present")]
    mechanism: Option<String>,
    by_default: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provenance {
    literal: Vec<String>,
    inferred: Vec<Inferred>,
    discrepancies: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inferred {
    field: String,
    confidence: String,
    from: String,
}

/// Reads a key that may be null but must be written.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(value)
}

fn catalogue() -> Catalogue {
    serde_norway::from_str(CATALOGUE).expect("the catalogue has the schema of this test")
}

fn entry<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Entry {
    catalogue
        .paths
        .iter()
        .find(|entry| entry.id == id)
        .unwrap_or_else(|| panic!("no path {id}"))
}

const TABLES: [(&str, usize); 4] = [
    ("transport", 11),
    ("mailbox", 22),
    ("client-access", 14),
    ("unified-messaging", 5),
];

fn row<'a>(catalogue: &'a Catalogue, table: &str, row: usize) -> &'a Entry {
    catalogue
        .paths
        .iter()
        .find(|entry| !entry.note && entry.table == table && entry.row == row)
        .unwrap_or_else(|| panic!("no row {row} in table {table}"))
}

#[test]
fn every_row_of_the_four_tables_is_there_once_and_in_order() {
    let catalogue = catalogue();
    for (table, count) in TABLES {
        let rows: Vec<usize> = catalogue
            .paths
            .iter()
            .filter(|entry| !entry.note && entry.table == table)
            .map(|entry| entry.row)
            .collect();
        assert_eq!(rows, (1..=count).collect::<Vec<_>>(), "table {table}");
        assert_eq!(catalogue.rows.get(table), Some(&count), "declared rows");
    }
    let rows = catalogue.paths.iter().filter(|entry| !entry.note).count();
    assert_eq!(rows, 52);
    let notes: Vec<&Entry> = catalogue.paths.iter().filter(|entry| entry.note).collect();
    assert_eq!(notes.len(), 11);
    assert!(notes.iter().all(|entry| entry.table == "notes"));
    let ids: BTreeSet<&str> = catalogue
        .paths
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids.len(), 63, "ids are unique");
}

#[test]
fn the_numbers_of_the_tables_are_those_of_the_source() {
    // Counted in the document: 16 cells deny encryption (4 rows of "supported"
    // and 12 of "by default"), 2 name the self-signed certificate, 2 limit it
    // to SIP, and the 36 lost cells said yes.
    let catalogue = catalogue();
    let rows = || catalogue.paths.iter().filter(|entry| !entry.note);
    let by_default = |value: &str| rows().filter(|e| e.encryption.by_default == value).count();
    assert_eq!(by_default("yes"), 36);
    assert_eq!(by_default("no"), 12);
    assert_eq!(by_default("yes-self-signed"), 2);
    assert_eq!(by_default("signalling-only"), 2);
    let supported = |value: &str| rows().filter(|e| e.encryption.supported == value).count();
    assert_eq!(supported("yes"), 46);
    assert_eq!(supported("no"), 4);
    assert_eq!(supported("partial"), 2);
    let mechanism = |value: &str| {
        rows()
            .filter(|e| e.encryption.mechanism.as_deref() == Some(value))
            .count()
    };
    assert_eq!(mechanism("ipsec"), 7);
    assert_eq!(mechanism("rpc-encryption"), 12);
    assert_eq!(mechanism("https"), 10);
    assert_eq!(mechanism("kerberos-encryption"), 5);
    // Every row names a service, or says that the port is drawn at run time.
    for entry in rows() {
        let dynamic = entry.dynamic_ports.kind != "none";
        assert!(!entry.services.is_empty() || dynamic, "{}", entry.id);
        assert!(!entry.authentication.default.is_empty(), "{}", entry.id);
        assert!(!entry.authentication.supported.is_empty(), "{}", entry.id);
    }
    // The lost cells are marked as such, and no others are.
    for entry in rows() {
        let marked = entry.provenance.discrepancies.iter().any(|d| d == "D01");
        assert_eq!(marked, entry.encryption.by_default == "yes", "{}", entry.id);
    }
}

#[test]
fn every_value_comes_from_a_closed_vocabulary() {
    let catalogue = catalogue();
    let intents: BTreeSet<&str> = catalogue.intents.iter().map(|i| i.name.as_str()).collect();
    let profiles: BTreeSet<&str> = catalogue
        .dynamic_profiles
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let known: BTreeSet<&str> = catalogue
        .discrepancies
        .iter()
        .map(|d| d.id.as_str())
        .collect();
    assert_eq!(known.len(), 23);
    let roles = [
        "hub",
        "edge",
        "mailbox",
        "cas",
        "um",
        "ad",
        "adam",
        "client",
        "internet",
        "other-org-edge",
        "legacy-mailbox",
        "ip-gateway",
        "cluster-node",
        "backup",
        "admin-workstation",
        "exchange-server",
        "dns",
    ];
    for entry in &catalogue.paths {
        let id = &entry.id;
        assert!(
            !entry.title.en.is_empty() && !entry.title.ja.is_empty(),
            "{id}"
        );
        assert!(
            !entry.remarks.en.is_empty() && !entry.remarks.ja.is_empty(),
            "{id}"
        );
        assert!(
            intents.contains(entry.intent.as_str()),
            "{id}: {}",
            entry.intent
        );
        for role in entry.source.iter().chain(&entry.destination) {
            assert!(roles.contains(&role.as_str()), "{id}: {role}");
        }
        for service in &entry.services {
            assert!(["tcp", "udp"].contains(&service.protocol.as_str()), "{id}");
            assert!(
                ["none", "starttls", "implicit", "unknown"].contains(&service.tls.as_str()),
                "{id}"
            );
            let grouped = match service.need.as_str() {
                "required" | "optional" | "local" => false,
                "alternative" | "conditional" => true,
                other => panic!("{id}: need {other}"),
            };
            assert_eq!(service.group.is_some(), grouped, "{id}: {}", service.port);
        }
        for profile in &entry.dynamic_ports.profiles {
            assert!(profiles.contains(profile.as_str()), "{id}: {profile}");
        }
        assert_eq!(
            entry.dynamic_ports.kind == "none",
            entry.dynamic_ports.profiles.is_empty(),
            "{id}"
        );
        for discrepancy in &entry.provenance.discrepancies {
            assert!(known.contains(discrepancy.as_str()), "{id}: {discrepancy}");
        }
        for statement in &entry.statements {
            let number: u8 = statement.trim_start_matches('S').parse().unwrap_or(0);
            assert!((1..=64).contains(&number), "{id}: {statement}");
        }
        for inferred in &entry.provenance.inferred {
            assert!(!inferred.from.is_empty(), "{id}: {}", inferred.field);
            assert!(
                ["certain", "high", "medium", "low"].contains(&inferred.confidence.as_str()),
                "{id}"
            );
            assert!(
                !(entry.provenance.literal.contains(&inferred.field)
                    && inferred.field != "services"),
                "{id}: {} is both literal and inferred",
                inferred.field
            );
        }
        if let Some(twin) = &entry.same_flow_as {
            assert!(
                catalogue.paths.iter().any(|other| &other.id == twin),
                "{id}: {twin}"
            );
        }
    }
    for intent in &catalogue.intents {
        assert!(!intent.en.is_empty() && !intent.ja.is_empty());
    }
    for discrepancy in &catalogue.discrepancies {
        assert!(!discrepancy.en.is_empty() && !discrepancy.ja.is_empty());
    }
}

/// One row as a person read it in the document.
struct Expected {
    table: &'static str,
    row: usize,
    id: &'static str,
    services: &'static [(&'static str, u16, &'static str)],
    dynamic: &'static str,
    default: &'static [&'static str],
    supported: &'static [&'static str],
    encryption: (&'static str, Option<&'static str>, &'static str),
}

const AD: &[(&str, u16, &str)] = &[
    ("tcp", 389, "none"),
    ("udp", 389, "none"),
    ("tcp", 3268, "none"),
    ("tcp", 88, "none"),
    ("udp", 88, "none"),
    ("tcp", 53, "none"),
    ("udp", 53, "none"),
    ("tcp", 135, "none"),
];

const WEB: &[(&str, u16, &str)] = &[("tcp", 80, "none"), ("tcp", 443, "implicit")];

const EXPECTED: &[Expected] = &[
    Expected {
        table: "transport",
        row: 1,
        id: "hub-to-hub-smtp",
        services: &[("tcp", 25, "starttls")],
        dynamic: "none",
        default: &["kerberos"],
        supported: &["kerberos"],
        encryption: ("yes", Some("tls"), "yes"),
    },
    Expected {
        table: "transport",
        row: 2,
        id: "hub-to-edge-smtp",
        services: &[("tcp", 25, "starttls")],
        dynamic: "none",
        default: &["direct-trust"],
        supported: &["direct-trust"],
        encryption: ("yes", Some("mutual-tls"), "yes"),
    },
    Expected {
        table: "transport",
        row: 4,
        id: "edge-to-edge-smtp",
        services: &[
            ("tcp", 25, "starttls"),
            ("tcp", 389, "none"),
            ("udp", 389, "none"),
            ("tcp", 80, "none"),
        ],
        dynamic: "none",
        default: &["anonymous", "certificate"],
        supported: &["anonymous", "certificate"],
        encryption: ("yes", Some("opportunistic-tls"), "yes"),
    },
    Expected {
        table: "transport",
        row: 8,
        id: "hub-to-edge-edgesync",
        services: &[("tcp", 50636, "implicit"), ("tcp", 50389, "none")],
        dynamic: "none",
        default: &["basic"],
        supported: &["basic"],
        encryption: ("yes", Some("ldaps"), "yes"),
    },
    Expected {
        table: "transport",
        row: 9,
        id: "edge-local-adam",
        services: &[("tcp", 50389, "none")],
        dynamic: "none",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("no", None, "no"),
    },
    Expected {
        table: "transport",
        row: 10,
        id: "hub-to-ad",
        services: AD,
        dynamic: "rpc",
        default: &["kerberos"],
        supported: &["kerberos"],
        encryption: ("yes", Some("kerberos-encryption"), "yes"),
    },
    Expected {
        table: "transport",
        row: 11,
        id: "smtp-client-to-hub",
        services: &[("tcp", 25, "starttls"), ("tcp", 587, "starttls")],
        dynamic: "none",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("yes", Some("tls"), "yes"),
    },
    Expected {
        table: "mailbox",
        row: 1,
        id: "ccr-scr-log-shipping",
        services: &[("tcp", 445, "none")],
        dynamic: "none",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("yes", Some("ipsec"), "no"),
    },
    Expected {
        table: "mailbox",
        row: 2,
        id: "ccr-scr-seeding",
        services: &[],
        dynamic: "random",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("yes", Some("ipsec"), "no"),
    },
    Expected {
        table: "mailbox",
        row: 7,
        id: "mailbox-assistants",
        services: &[("tcp", 135, "none")],
        dynamic: "rpc",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("no", None, "no"),
    },
    Expected {
        table: "mailbox",
        row: 13,
        id: "rus-rpc",
        services: &[("tcp", 135, "none")],
        dynamic: "rpc",
        default: &["kerberos"],
        supported: &["kerberos"],
        encryption: ("yes", Some("rpc-encryption"), "yes"),
    },
    Expected {
        table: "mailbox",
        row: 22,
        id: "webdav-mailbox",
        services: WEB,
        dynamic: "none",
        default: &["basic", "ntlm", "negotiate"],
        supported: &["basic", "ntlm", "negotiate"],
        encryption: ("yes", Some("https"), "yes"),
    },
    Expected {
        table: "client-access",
        row: 3,
        id: "owa",
        services: WEB,
        dynamic: "none",
        default: &["forms"],
        supported: &[
            "basic",
            "digest",
            "forms",
            "ntlm-v2",
            "kerberos",
            "certificate",
        ],
        encryption: ("yes", Some("https"), "yes-self-signed"),
    },
    Expected {
        table: "client-access",
        row: 4,
        id: "pop3",
        services: &[("tcp", 110, "starttls"), ("tcp", 995, "implicit")],
        dynamic: "none",
        default: &["basic", "ntlm", "kerberos"],
        supported: &["basic", "ntlm", "kerberos"],
        encryption: ("yes", Some("ssl-or-tls"), "yes"),
    },
    Expected {
        table: "client-access",
        row: 9,
        id: "cas-to-legacy-mailbox",
        services: WEB,
        dynamic: "none",
        default: &["ntlm", "kerberos"],
        supported: &["negotiate", "pop-imap-plain-text"],
        encryption: ("yes", Some("ipsec"), "no"),
    },
    Expected {
        table: "client-access",
        row: 10,
        id: "cas-to-mailbox-rpc",
        services: &[("tcp", 135, "none")],
        dynamic: "rpc",
        default: &["kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("yes", Some("rpc-encryption"), "yes"),
    },
    Expected {
        table: "client-access",
        row: 14,
        id: "outlook-oab-cas",
        services: WEB,
        dynamic: "none",
        default: &["ntlm", "kerberos"],
        supported: &["ntlm", "kerberos"],
        encryption: ("yes", Some("https"), "no"),
    },
    Expected {
        table: "unified-messaging",
        row: 2,
        id: "um-phone",
        services: &[
            ("tcp", 5060, "none"),
            ("tcp", 5061, "implicit"),
            ("tcp", 5062, "unknown"),
        ],
        dynamic: "um",
        default: &["by-ip-address"],
        supported: &["by-ip-address"],
        encryption: ("partial", Some("sip-over-tls"), "signalling-only"),
    },
];

#[test]
fn rows_read_by_hand_in_the_document_say_the_same_here() {
    let catalogue = catalogue();
    for expected in EXPECTED {
        let found = row(&catalogue, expected.table, expected.row);
        assert_eq!(found.id, expected.id);
        let services: Vec<(&str, u16, &str)> = found
            .services
            .iter()
            .map(|s| (s.protocol.as_str(), s.port, s.tls.as_str()))
            .collect();
        assert_eq!(services, expected.services, "services of {}", expected.id);
        assert_eq!(
            found.dynamic_ports.kind, expected.dynamic,
            "{}",
            expected.id
        );
        assert_eq!(
            found.authentication.default, expected.default,
            "{}",
            expected.id
        );
        assert_eq!(
            found.authentication.supported, expected.supported,
            "{}",
            expected.id
        );
        let encryption = (
            found.encryption.supported.as_str(),
            found.encryption.mechanism.as_deref(),
            found.encryption.by_default.as_str(),
        );
        assert_eq!(encryption, expected.encryption, "{}", expected.id);
    }
}

#[test]
fn clear_text_adam_is_never_something_a_firewall_should_open() {
    let catalogue = catalogue();
    for id in ["hub-to-edge-edgesync", "edge-local-adam"] {
        let service = entry(&catalogue, id)
            .services
            .iter()
            .find(|service| service.port == 50389)
            .expect("50389 is listed");
        assert_eq!(service.need, "local", "{id}");
    }
    let sync = entry(&catalogue, "hub-to-edge-edgesync");
    assert!(
        sync.services
            .iter()
            .any(|s| s.port == 50636 && s.need == "required")
    );
}
