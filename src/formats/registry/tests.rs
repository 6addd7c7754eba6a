//! Files of keys and values as people have them.

use super::FORMAT;
use crate::formats::exchange::testing::{list, named, records, says_nothing, text, value};
use crate::formats::{Content, Document, LineState};
use crate::model::exchange::Value;
use crate::source::{FileId, SourceFile};

const RPC: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Rpc\\Internet";
const STORE: &str =
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\ParametersSystem";

fn parse(content: &str) -> Document {
    (FORMAT.parse)(&named("hub1.reg", content))
}

fn messages(document: &Document) -> Vec<(&str, Option<&str>)> {
    let all = document.problems.iter();
    all.map(|problem| (problem.message.as_str(), problem.hint.as_deref()))
        .collect()
}

fn version_5(body: &str) -> String {
    format!("Windows Registry Editor Version 5.00\r\n\r\n{body}")
}

#[test]
fn the_range_of_rpc_reads_alike_from_every_form() {
    let wide = "\"Ports\"=hex(7):35,00,30,00,30,00,30,00,2d,00,35,00,31,00,30,00,30,00,00,00,\\\r\n  00,00";
    let single = "\"Ports\"=hex(7):35,30,30,30,2d,35,31,30,30,00,00";
    let flags = "\"PortsInternetAvailable\"=\"Y\"\r\n\"UseInternetPorts\"=\"Y\"\r\n";
    let forms = [
        version_5(&format!("[{RPC}]\r\n{wide}\r\n{flags}")),
        format!("REGEDIT4\r\n\r\n[{RPC}]\r\n{single}\r\n{flags}"),
        format!(
            "! REG.EXE VERSION 3.0\r\n\r\n{RPC}\r\n    Ports\tREG_MULTI_SZ\t5000-5100\\0\\0\r\n    PortsInternetAvailable\tREG_SZ\tY\r\n    UseInternetPorts\tREG_SZ\tY\r\n"
        ),
        format!(
            "\r\n{RPC}\r\n    Ports    REG_MULTI_SZ    5000-5100\r\n    PortsInternetAvailable    REG_SZ    Y\r\n    UseInternetPorts    REG_SZ    Y\r\n\r\n"
        ),
    ];
    for form in &forms {
        let document = parse(form);
        let all = records(&document);
        assert_eq!(all.len(), 1, "{form}");
        let record = all[0];
        assert_eq!(record.cmdlet, Some("Get-ItemProperty"));
        assert_eq!(value(record, "Ports"), &list(&["5000-5100"]), "{form}");
        assert_eq!(value(record, "UseInternetPorts"), &text("Y"));
        let path = format!("Microsoft.PowerShell.Core\\Registry::{RPC}");
        assert_eq!(value(record, "PSPath"), &text(&path));
        assert!(document.problems.is_empty(), "{form}");
        let unread = document.ledger.totals().unrecognised;
        assert_eq!(unread, 0, "{form}");
        assert!((FORMAT.detect)(&named("x", form)).is_some(), "{form}");
    }
}

#[test]
fn what_powershell_prints_of_a_key_gives_the_same_facts() {
    let printed = format!(
        "[PS] C:\\>Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Rpc\\Internet | fl\r\n\r\n\r\n\
         Ports                  : {{5000-5100}}\r\n\
         PortsInternetAvailable : Y\r\n\
         UseInternetPorts       : Y\r\n\
         PSPath                 : Microsoft.PowerShell.Core\\Registry::{RPC}\r\n\
         PSChildName            : Internet\r\n"
    );
    let file = named("x.txt", &printed);
    let printed = (crate::formats::exchange::LIST.parse)(&file);
    let exported = parse(&format!(
        "{RPC}\r\n    Ports    REG_MULTI_SZ    5000-5100\r\n    PortsInternetAvailable    REG_SZ    Y\r\n    UseInternetPorts    REG_SZ    Y\r\n"
    ));
    let facts = |document: &Document| -> Vec<(String, Value)> {
        let all = records(document);
        assert_eq!(all.len(), 1);
        let properties = all[0].properties.iter();
        properties
            .map(|p| (p.name.to_string(), p.value.clone()))
            .collect()
    };
    assert_eq!(facts(&printed), facts(&exported));
}

#[test]
fn a_value_of_a_wrong_type_is_explained_with_the_command_that_mends_it() {
    let document = parse(&version_5(&format!(
        "[{STORE}]\r\n\"TCP/IP Port\"=\"5000\"\r\n[{RPC}]\r\n\"Ports\"=\"5000-5100\"\r\n"
    )));
    assert_eq!(
        messages(&document),
        [
            (
                "Windows ignores TCP/IP Port because it is REG_SZ and not REG_DWORD",
                Some(
                    "reg add \"HKLM\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIS\\ParametersSystem\" \
                     /v \"TCP/IP Port\" /t REG_DWORD /d 5000 /f"
                )
            ),
            (
                "Windows ignores Ports because it is REG_SZ and not REG_MULTI_SZ",
                Some(
                    "reg add \"HKLM\\SOFTWARE\\Microsoft\\Rpc\\Internet\" /v \"Ports\" /t REG_MULTI_SZ \
                     /d 5000-5100 /f"
                )
            ),
        ]
    );
    for record in records(&document) {
        let name = if record.properties.get("Ports").is_some() {
            "Ports"
        } else {
            "TCP/IP Port"
        };
        assert!(says_nothing(record, name));
    }
    assert_eq!(document.ledger.totals().not_modelled, 2);
}

#[test]
fn bytes_of_the_other_version_and_typographic_quotation_marks_are_explained() {
    let single = "\"Ports\"=hex(7):35,30,30,30,2d,35,31,30,30,00,00";
    let document = parse(&version_5(&format!(
        "[{RPC}]\r\n{single}\r\n\u{201c}UseInternetPorts\u{201d}=\u{201c}Y\u{201d}\r\n"
    )));
    let found = messages(&document);
    assert!(found[0].0.contains("single bytes"), "{found:?}");
    assert!(
        found[0]
            .1
            .is_some_and(|hint| hint.contains("/d 5000-5100 "))
    );
    assert!(found[1].0.contains("typographic"), "{found:?}");
}

#[test]
fn values_that_no_port_has_are_not_used() {
    for (line, what) in [
        ("\"TCP/IP Port\"=dword:00013880", "no port has that number"),
        ("\"TCP/IP Port\"=hex(4):88,13", "its bytes are no REG_DWORD"),
    ] {
        let document = parse(&version_5(&format!("[{STORE}]\r\n{line}\r\n")));
        let found = messages(&document);
        assert!(found.iter().any(|(m, _)| m.contains(what)), "{found:?}");
        assert!(says_nothing(records(&document)[0], "TCP/IP Port"));
    }
}

#[test]
fn rules_of_the_firewall_and_other_keys_of_one_file_give_both() {
    let document = parse(&version_5(&format!(
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules]\r\n\
         \"SMTP\"=\"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|Name=SMTP|\"\r\n\
         [{STORE}]\r\n\"TCP/IP Port\"=dword:00001388\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso]\r\n\"x\"=hex:00,\\\r\n  01\r\n"
    )));
    assert!(
        document
            .content
            .iter()
            .any(|content| matches!(content, Content::HostFirewall(_)))
    );
    let all = records(&document);
    assert_eq!(value(all[0], "TCP/IP Port"), &Value::Integer(5000));
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

#[test]
fn only_the_control_set_in_force_counts() {
    let stored = STORE.replace("CurrentControlSet", "ControlSet001");
    let document = parse(&version_5(&format!(
        "[{stored}]\r\n\"TCP/IP Port\"=dword:00001388\r\n[-{RPC}]\r\n\"Ports\"=-\r\n"
    )));
    assert!(records(&document).is_empty());
    assert!(document.ledger.notes()[0].why.contains("control set"));
}

#[test]
fn a_remote_prompt_and_a_remote_key_tell_the_computer() {
    let document = parse(&format!(
        "[HUB1]: PS C:\\> reg query HKLM\\X\n\n{STORE}\n    TCP/IP Port    REG_DWORD    0x1388\n\n\
         \\\\MBX1\\{STORE}\n    TCP/IP Port    REG_DWORD    0x1389\n"
    ));
    let hosts: Vec<_> = records(&document).iter().map(|r| r.host.clone()).collect();
    assert_eq!(hosts, [Some("HUB1".into()), Some("MBX1".into())]);
}

#[test]
fn a_password_in_a_key_is_kept_out_of_every_output() {
    let body = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso]\r\n\"DefaultPassword\"=\"geheim\"\r\n";
    let document = parse(&version_5(body));
    assert!(matches!(document.content.as_slice(), [Content::Secrets(spans)] if spans.len() == 1));
}

#[test]
fn every_truncation_and_every_byte_is_read_without_a_fault() {
    let whole = version_5(&format!(
        "[{RPC}]\r\n\"Ports\"=hex(7):35,00,30,00,\\\r\n  00,00,00,00\r\n\"UseInternetPorts\"=\"\\\\Y\\\"\"\r\n@=dword:1\r\n\
         \\\\HUB1\\{STORE}\r\n    TCP/IP Port    REG_DWORD    0x1388\r\n"
    ));
    for end in 0..=whole.len() {
        let bytes = whole.as_bytes()[..end].to_vec();
        let file = SourceFile::decode(FileId(0), "x.reg", bytes);
        let document = (FORMAT.parse)(&file);
        assert_eq!(document.ledger.states().len(), file.line_count());
    }
    for byte in 0..=u8::MAX {
        let mut bytes = whole.clone().into_bytes();
        for at in (0..bytes.len()).step_by(7) {
            bytes[at] = byte;
        }
        let file = SourceFile::decode(FileId(0), "x.reg", bytes);
        let _ = (FORMAT.parse)(&file);
    }
}

#[test]
fn a_value_without_end_takes_time_of_its_length_only() {
    let line = "  35,00,30,00,30,00,30,00,2d,00,35,00,31,00,30,00,30,00,00,00,\\\r\n";
    let text = version_5(&format!(
        "[{RPC}]\r\n\"Ports\"=hex(7):\\\r\n{}",
        line.repeat(20_000)
    ));
    let document = parse(&text);
    assert_eq!(document.ledger.state(5), Some(LineState::Modelled));
}
