//! What is left out changes nothing that is read, nor where it stands.

use std::io::Write as _;

use super::*;
use crate::formats::exchange::{CLIXML, corpus};
use crate::formats::{Content, Document};
use crate::source::Span;

fn condensed(bytes: &[u8]) -> Option<SourceFile> {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("room");
    let condensed = condense(&mut file).expect("readable")?;
    Some(SourceFile::condensed(FileId(0), "export.xml", condensed))
}

fn whole(bytes: &[u8]) -> SourceFile {
    SourceFile::decode(FileId(0), "export.xml", bytes.to_vec())
}

/// Every record with the lines and columns of its values.
fn told(file: &SourceFile) -> Vec<String> {
    let Document {
        content, problems, ..
    } = (CLIXML.parse)(file);
    let place = |span: Span| {
        let (start, end) = (file.position(span.start), file.end_position(span.end));
        format!(
            "{}:{} {}:{}",
            start.line, start.column, end.line, end.column
        )
    };
    let mut told = Vec::new();
    for run in content {
        let Content::Exchange(run) = run else {
            continue;
        };
        for record in run.records {
            told.push(format!("{:?} {}", record.cmdlet, place(record.span)));
            for property in &record.properties {
                let value = format!("{:?}", property.value);
                told.push(format!(
                    "{} = {value} at {}",
                    property.name,
                    place(property.span)
                ));
            }
        }
    }
    told.extend(problems.into_iter().map(|problem| problem.message));
    told
}

const SAMPLE: &str = r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0">
    <TN RefId="0">
      <T>Contoso.Telephone</T>
      <T>System.Object</T>
    </TN>
    <ToString>one</ToString>
    <Props>
      <S N="Extension">1</S>
      <Obj N="Shared" RefId="1">
        <ToString>shared.contoso.com</ToString>
        <Props>
          <S N="Inner">x</S>
        </Props>
      </Obj>
    </Props>
  </Obj>
  <Obj RefId="2">
    <TNRef RefId="0" />
    <ToString>two</ToString>
    <Props>
      <S N="Extension">2</S>
    </Props>
  </Obj>
  <Obj RefId="3">
    <TN RefId="1">
      <T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T>
      <T>System.Object</T>
    </TN>
    <ToString>HUB1\Default HUB1</ToString>
    <Props>
      <Obj N="AuthMechanism" RefId="4">
        <TN RefId="2">
          <T>Microsoft.Exchange.Data.Directory.SystemConfiguration.AuthMechanisms</T>
          <T>System.Enum</T>
        </TN>
        <ToString>Tls, BasicAuth</ToString>
        <I32>3</I32>
      </Obj>
      <Obj N="Bindings" RefId="5">
        <TN RefId="3">
          <T>System.Collections.ArrayList</T>
        </TN>
        <LST>
          <Obj RefId="6">
            <TNRef RefId="3" />
            <ToString>10.1.0.11:25</ToString>
            <Props>
              <Obj N="Address" RefId="7">
                <ToString>10.1.0.11</ToString>
                <Props>
                  <I32 N="ScopeId">0</I32>
                </Props>
              </Obj>
              <I32 N="Port">25</I32>
            </Props>
          </Obj>
        </LST>
      </Obj>
      <Ref N="Fqdn" RefId="1" />
      <Ref N="DefaultDomain" RefId="7" />
      <S N="Identity">HUB1\Default HUB1</S>
    </Props>
  </Obj>
  <Obj RefId="8">
    <TNRef RefId="0" />
    <ToString>three</ToString>
    <Props>
      <S N="Extension">3</S>
    </Props>
  </Obj>
</Objs>
"#;

#[test]
fn records_and_their_places_are_those_of_the_whole_file() {
    for text in [
        SAMPLE.to_owned(),
        SAMPLE.replace("\n", ""),
        SAMPLE.replace('\n', "\r\n"),
    ] {
        let part = condensed(text.as_bytes()).expect("condensed");
        let all = told(&whole(text.as_bytes()));
        assert_eq!(told(&part), all);
        assert!(
            all.iter().any(|line| line.contains("shared.contoso.com")),
            "{all:#?}"
        );
        assert!(
            all.iter().any(|line| line.contains("Text(\"10.1.0.11\")")),
            "{all:#?}"
        );
        assert!(part.text().len() < text.len());
        assert!(!part.text().contains("ScopeId"));
        assert!(!part.text().contains("three"));
    }
}

#[test]
fn utf_16_reads_the_same() {
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(SAMPLE.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let part = condensed(&wide).expect("condensed");
    assert_eq!(told(&part), told(&whole(&wide)));
}

#[test]
fn what_is_left_out_is_counted() {
    let part = condensed(SAMPLE.as_bytes()).expect("condensed");
    let document = (CLIXML.parse)(&part);
    let all = (CLIXML.parse)(&whole(SAMPLE.as_bytes()));
    let (left, right) = (document.ledger.totals(), all.ledger.totals());
    assert_eq!(left.total, right.total);
    assert_eq!(left.unrecognised, 0);
    let remarks = |document: &Document| -> Vec<String> {
        let notes = document.ledger.notes().iter();
        notes.map(|note| note.why.to_string()).collect()
    };
    assert_eq!(remarks(&document), remarks(&all));
    assert_eq!(
        remarks(&all),
        ["3 objects of Contoso.Telephone, which no rule reads"]
    );
}

#[test]
fn lines_that_are_shown_are_those_of_the_file() {
    let part = condensed(SAMPLE.as_bytes()).expect("condensed");
    for (number, line) in SAMPLE.lines().enumerate() {
        if let Some(kept) = part.line(number) {
            assert_eq!(kept, line);
        }
    }
    let last = SAMPLE.lines().count() - 1;
    assert_eq!(part.line(last), Some("</Objs>"));
}

#[test]
fn what_is_not_well_formed_is_not_condensed() {
    for text in [
        SAMPLE.replace("</Objs>", ""),
        SAMPLE.replace("  <Obj RefId=\"8\">", "  <!-- x --><Obj RefId=\"8\">"),
        SAMPLE.replace("</Objs>", "</Objs></Objs>"),
        "<Objs>".to_owned(),
        String::new(),
    ] {
        assert!(condensed(text.as_bytes()).is_none());
    }
}

#[test]
fn every_export_of_the_corpus_tells_the_same_in_part() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let mut compared = 0;
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.expect("readable");
        let Ok(bytes) = std::fs::read(entry.path()) else {
            continue;
        };
        if let Some(part) = condensed(&bytes) {
            assert_eq!(
                told(&part),
                told(&whole(&bytes)),
                "{}",
                entry.path().display()
            );
            compared += 1;
        }
    }
    assert!(compared > 10, "only {compared}");
}
