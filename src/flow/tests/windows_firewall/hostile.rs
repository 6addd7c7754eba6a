//! Broken and hostile input.

use super::{netsh_profiles, netsh_rule};
use crate::formats::firewall::windows_firewall::FORMAT;
use crate::formats::{LineState, Unit};
use crate::source::{FileId, SourceFile};

fn read_all(text: &str) {
    let file = SourceFile::from_text(FileId(0), "hub1.txt", text);
    let document = (FORMAT.parse)(&file);
    if document.ledger.unit == Unit::Lines {
        assert_eq!(document.ledger.states().len(), file.line_count());
    }
    for problem in &document.problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
    }
    for note in document.ledger.notes() {
        assert!(text.get(note.span.range()).is_some(), "{note:?}");
    }
}

#[test]
fn a_listing_cut_off_anywhere_is_read_as_far_as_it_goes() {
    let text = netsh_rule("Größe", &[]) + &netsh_profiles("ON", "BlockInbound,AllowOutbound");
    for (at, _) in text.char_indices() {
        read_all(&text[..at]);
        read_all(&text[at..]);
    }
}

#[test]
fn json_and_csv_cut_off_anywhere_are_read_as_far_as_they_go() {
    let json = r#"[{"Name":"a","DisplayName":"é\"","Enabled":1,"Direction":1,"Action":2,"LocalPort":["25",{"value":["1"]}]}]"#;
    let csv = "Name;Enabled;Direction;Action;LocalPort\n\"a\";True;\"In\"\"bound\";Allow;25\n";
    for text in [json, csv] {
        for (at, _) in text.char_indices() {
            read_all(&text[..at]);
        }
    }
    let strange = "[{\"Name\":\"a\",\"Direction\":\u{661}1,\"Action\":2,\"Enabled\":\\\u{661}}]";
    read_all(strange);
    read_all(&("[".repeat(5_000) + r#"{"Direction":1,"Action":2,"DisplayName":"a"}"#));
}

#[test]
fn other_texts_are_not_taken_for_a_firewall() {
    for text in [
        "Name : HUB1\nEdition : Standard\n",
        "Rule Name: x\nnothing below\n",
        "規則名: 任意の名前\n",
        "{\"Direction\": 1}",
        "interface GigabitEthernet0/1\n ip access-group x in\n",
        "netsh advfirewall firewall add rule name=\"x\" dir=in action=allow\n",
    ] {
        let file = SourceFile::from_text(FileId(0), "a.txt", text);
        assert!((FORMAT.detect)(&file).is_none(), "{text}");
    }
}

#[test]
fn no_line_of_a_listing_is_left_unrecognised() {
    let text = "C:\\>netsh advfirewall firewall show rule name=all verbose\r\n".to_owned()
        + &netsh_rule(
            "SMTP",
            &[("+Program", "C:\\a.exe"), ("+Service", "msftpsvc")],
        )
        + &netsh_profiles("ON", "BlockInbound,AllowOutbound")
        + "\r\nC:\\>exit\r\n";
    let file = SourceFile::from_text(FileId(0), "hub1.txt", text.as_str());
    let document = (FORMAT.parse)(&file);
    let unread = document
        .ledger
        .states()
        .iter()
        .filter(|state| **state == LineState::Unrecognised)
        .count();
    assert_eq!(unread, 0, "{:?}", document.ledger.notes());
}
