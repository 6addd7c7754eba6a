//! The catalogue against the document's own text and its digest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{TABLES, catalogue, entry, row};

/// The folder of the source document, or `None` with a word on standard error.
fn reference() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference");
    let source = beside.join("data-path-security-reference.ja.txt");
    let found = source.is_file().then_some(beside);
    if found.is_none() {
        eprintln!(
            "skipped: ../shared/reference is absent, so the source document was not compared"
        );
    }
    found
}

/// The cells of one row of the source document. The last is absent where the
/// copy lost it.
#[derive(Debug)]
struct SourceRow {
    title: String,
    ports: String,
    default: String,
    supported: String,
    encryption: String,
    by_default: Option<String>,
}

/// Cells of the last column that the copy kept.
fn is_last_cell(line: &str) -> bool {
    line == "不可" || line.starts_with("自己署名入り証明書を使用して") || line == "SIP の場合は可"
}

fn source_tables(text: &str) -> Vec<Vec<SourceRow>> {
    let text = text.replace('\u{a0}', " ");
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    let mut tables = Vec::new();
    while let Some(line) = lines.next() {
        if !line.starts_with("データ パス 必要なポート") {
            continue;
        }
        let mut rows = Vec::new();
        while lines
            .peek()
            .is_some_and(|line| !line.ends_with("に関する注"))
        {
            let title = lines.next().expect("peeked").to_owned();
            if lines.peek().is_some_and(|line| line.starts_with("note")) {
                lines.next();
                lines.next();
            }
            let mut cell = || lines.next().unwrap_or_default().to_owned();
            let (ports, default, supported, encryption) = (cell(), cell(), cell(), cell());
            let by_default = lines
                .peek()
                .filter(|line| is_last_cell(line))
                .map(|line| (*line).to_owned());
            if by_default.is_some() {
                lines.next();
            }
            rows.push(SourceRow {
                title,
                ports,
                default,
                supported,
                encryption,
                by_default,
            });
        }
        tables.push(rows);
    }
    tables
}

/// Ports of a cell such as `25/TCP (TLS)、389/TCP/UDP`, with the TLS that the
/// remark in parentheses says; no protocol means TCP.
fn ports_of(cell: &str) -> BTreeSet<(String, u16, &'static str)> {
    let mut found = BTreeSet::new();
    let pattern = regex::Regex::new(r"(\d{2,5})((?:/TCP)?(?:/UDP)?) ?(\([^)]*\))?").expect("valid");
    for capture in pattern.captures_iter(cell) {
        let port: u16 = capture[1].parse().expect("a port");
        let remark = capture.get(3).map_or("", |remark| remark.as_str());
        let tls = if remark.contains("SSL なし") {
            "none"
        } else if remark.contains("SSL") || port == 5061 {
            "implicit"
        } else if remark.contains("TLS") {
            "starttls"
        } else if port == 5062 {
            "unknown"
        } else {
            "none"
        };
        let protocols = &capture[2];
        if protocols.contains("UDP") {
            found.insert(("udp".to_owned(), port, tls));
        }
        if protocols.is_empty() || protocols.contains("TCP") {
            found.insert(("tcp".to_owned(), port, tls));
        }
    }
    found
}

/// Authentication methods named in a cell, in our vocabulary.
fn methods_of(cell: &str) -> BTreeSet<&'static str> {
    // Longer names first: each hit is removed before the next is looked for.
    const NAMES: [(&str, &[&str]); 18] = [
        (
            "同じサーバー上にハブ トランスポート サーバーの役割およびメールボックス サーバーの役割がある場合は、Kerberos が使用されます。",
            &[],
        ),
        (
            "ネゴシエート (Kerberos から NTLM またはオプションで基本へのフォールバック)",
            &["negotiate"],
        ),
        ("統合 Windows 認証 (ネゴシエート)", &["integrated-windows"]),
        ("Outlook Web Access フォーム ベース認証", &["forms"]),
        ("フォーム ベース認証", &["forms"]),
        ("ネゴシエート (Kerberos)", &["negotiate"]),
        ("ネゴシエート", &["negotiate"]),
        ("NTLM (v2 のみ)", &["ntlm-v2"]),
        ("POP/IMAP テキスト", &["pop-imap-plain-text"]),
        ("IP アドレスごと", &["by-ip-address"]),
        ("NTLM/Kerberos", &["ntlm", "kerberos"]),
        ("Kerberos", &["kerberos"]),
        ("NTLM", &["ntlm"]),
        ("HTTP 基本", &["basic"]),
        ("基本", &["basic"]),
        ("ダイジェスト", &["digest"]),
        ("直接信頼", &["direct-trust"]),
        ("証明書", &["certificate"]),
    ];
    let mut rest = cell.to_owned();
    let mut found = BTreeSet::new();
    for (name, methods) in NAMES {
        if rest.contains(name) {
            rest = rest.replace(name, "");
            found.extend(methods.iter().copied());
        }
    }
    if rest.contains("匿名") {
        rest = rest.replace("匿名", "");
        found.insert("anonymous");
    }
    for separator in ["、", "/", "または", "。", " "] {
        rest = rest.replace(separator, "");
    }
    assert_eq!(
        rest, "",
        "an authentication that this test does not know in {cell:?}"
    );
    found
}

#[test]
fn every_cell_of_the_source_document_is_in_the_catalogue() {
    let Some(folder) = reference() else { return };
    let text = std::fs::read_to_string(folder.join("data-path-security-reference.ja.txt"))
        .expect("the source document is UTF-8");
    let tables = source_tables(&text);
    let counts: Vec<usize> = tables.iter().map(Vec::len).collect();
    assert_eq!(counts, [11, 22, 14, 5]);
    let catalogue = catalogue();
    for ((table, _), rows) in TABLES.iter().zip(&tables) {
        for (index, source) in rows.iter().enumerate() {
            let found = row(&catalogue, table, index + 1);
            let place = format!("{} (`{}`)", found.id, source.title);

            let ports: BTreeSet<(String, u16, &str)> = found
                .services
                .iter()
                .map(|s| (s.protocol.clone(), s.port, s.tls.as_str()))
                .collect();
            let mut expected = ports_of(&source.ports);
            match found.id.as_str() {
                // No number in the cell: SMB and RPC.
                "vss-backup" => expected.extend([("tcp".to_owned(), 445, "none")]),
                "cas-to-mailbox-rpc" => expected.extend([("tcp".to_owned(), 135, "none")]),
                // Discrepancy D04: the cell says SSL of what is STARTTLS on 25.
                "um-to-hub-smtp-um-table" => {
                    assert_eq!(source.ports, "25/TCP (SSL)");
                    expected = BTreeSet::from([("tcp".to_owned(), 25, "starttls")]);
                }
                _ => {}
            }
            assert_eq!(ports, expected, "ports of {place}");
            let random = source.ports.contains("ランダム") || source.ports.contains("動的");
            let rpc = source.ports.contains("RPC");
            assert_eq!(
                found.dynamic_ports.kind != "none",
                random || rpc,
                "dynamic of {place}"
            );

            let names = |list: &[String]| list.iter().cloned().collect::<BTreeSet<String>>();
            let owned = |set: BTreeSet<&str>| set.into_iter().map(str::to_owned).collect();
            let default: BTreeSet<String> = owned(methods_of(&source.default));
            assert_eq!(
                names(&found.authentication.default),
                default,
                "default of {place}"
            );
            let supported: BTreeSet<String> = owned(methods_of(&source.supported));
            assert_eq!(
                names(&found.authentication.supported),
                supported,
                "supported of {place}"
            );

            let (answer, mechanism) = match source.encryption.as_str() {
                "可 (TLS)" => ("yes", &["tls", "mutual-tls", "opportunistic-tls"][..]),
                "可 (RPC 暗号化)" => ("yes", &["rpc-encryption"][..]),
                "可 (LDAPS)" => ("yes", &["ldaps"][..]),
                "可 (Kerberos 暗号化)" => ("yes", &["kerberos-encryption"][..]),
                "可 (IPSec)" => ("yes", &["ipsec"][..]),
                "可 (HTTPS)" => ("yes", &["https"][..]),
                "可 (SSL、TLS)" => ("yes", &["ssl-or-tls"][..]),
                "可 (SSL)" => ("yes", &["ssl"][..]),
                "可 (SIP [セッション開始プロトコル] over TLS)" => {
                    ("yes", &["sip-over-tls"][..])
                }
                "SIP over TLS、ただしメディアは暗号化されない" => {
                    ("partial", &["sip-over-tls"][..])
                }
                "不可" => ("no", &[][..]),
                other => panic!("an encryption cell that this test does not know: {other:?}"),
            };
            assert_eq!(found.encryption.supported, answer, "encryption of {place}");
            match &found.encryption.mechanism {
                Some(found) => assert!(mechanism.contains(&found.as_str()), "{place}: {found}"),
                None => assert!(mechanism.is_empty(), "{place} names no mechanism"),
            }
            let by_default = match source.by_default.as_deref() {
                None => "yes",
                Some("不可") => "no",
                Some("SIP の場合は可") => "signalling-only",
                Some(_) => "yes-self-signed",
            };
            assert_eq!(
                found.encryption.by_default, by_default,
                "by default of {place}"
            );
            let lost = source.by_default.is_none();
            let inferred = found
                .provenance
                .inferred
                .iter()
                .any(|i| i.field == "encryption.by_default");
            assert_eq!(inferred, lost, "provenance of the last cell of {place}");
            assert_eq!(found.title.ja, source.title, "title of {place}");
        }
    }
}

#[derive(Deserialize)]
struct Digest {
    paths: Vec<DigestPath>,
    note_paths: Vec<DigestNote>,
}

#[derive(Deserialize)]
struct DigestPath {
    id: String,
    table: String,
    row: usize,
    source: DigestRoles,
    destination: DigestRoles,
    ports: Vec<DigestPort>,
    firewall_intent: DigestValue,
}

#[derive(Deserialize)]
struct DigestRoles {
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct DigestPort {
    proto: String,
    port: u16,
    tls: Option<String>,
}

#[derive(Deserialize)]
struct DigestValue {
    value: String,
}

#[derive(Deserialize)]
struct DigestNote {
    id: String,
    source: Vec<String>,
    destination: Vec<String>,
    ports: Vec<DigestPort>,
}

#[test]
fn roles_services_and_intents_agree_with_the_digest_of_the_document() {
    let Some(folder) = reference() else { return };
    let text = std::fs::read_to_string(folder.join("data-paths.yaml")).expect("UTF-8");
    let digest: Digest = serde_norway::from_str(&text).expect("the digest has its known shape");
    let catalogue = catalogue();
    assert_eq!(digest.paths.len(), 52);
    assert_eq!(digest.note_paths.len(), 11);
    for expected in &digest.paths {
        let found = row(&catalogue, &expected.table, expected.row);
        assert_eq!(found.id, expected.id);
        assert_eq!(found.source, expected.source.roles, "{}", found.id);
        assert_eq!(
            found.destination, expected.destination.roles,
            "{}",
            found.id
        );
        assert_eq!(found.intent, expected.firewall_intent.value, "{}", found.id);
        let services: Vec<(&str, u16, &str)> = found
            .services
            .iter()
            .map(|s| (s.protocol.as_str(), s.port, s.tls.as_str()))
            .collect();
        let ports: Vec<(&str, u16, &str)> = expected
            .ports
            .iter()
            .map(|p| (p.proto.as_str(), p.port, p.tls.as_deref().unwrap_or("none")))
            .collect();
        assert_eq!(services, ports, "{}", found.id);
    }
    for expected in &digest.note_paths {
        let found = entry(&catalogue, &expected.id);
        assert!(found.note);
        assert_eq!(found.source, expected.source, "{}", found.id);
        assert_eq!(found.destination, expected.destination, "{}", found.id);
        let services: Vec<(&str, u16)> = found
            .services
            .iter()
            .map(|s| (s.protocol.as_str(), s.port))
            .collect();
        let ports: Vec<(&str, u16)> = expected
            .ports
            .iter()
            .map(|p| (p.proto.as_str(), p.port))
            .collect();
        assert_eq!(services, ports, "{}", found.id);
    }
}
