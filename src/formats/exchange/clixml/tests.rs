use super::*;
use crate::formats::exchange::cmdlets::table;
use crate::formats::exchange::corpus;
use crate::formats::exchange::testing::{named, runs};
use crate::model::exchange::{Lookup, Record, Value};
use crate::source::FileId;

const HEADER: &str =
    r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">"#;

fn file(body: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "export.xml", format!("{HEADER}{body}</Objs>"))
}

fn records(document: &Document) -> Vec<&Record> {
    document
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Exchange(run) => Some(run),
            _ => None,
        })
        .flat_map(|run| &run.records)
        .collect()
}

fn read(body: &str) -> Document {
    parse(&file(body))
}

fn only(document: &Document) -> &Record {
    match records(document).as_slice() {
        [one] => one,
        other => panic!("{} records", other.len()),
    }
}

fn value<'r>(record: &'r Record, name: &str) -> &'r Value {
    let property = record.properties.get(&name.to_ascii_lowercase());
    &property.unwrap_or_else(|| panic!("no {name}")).value
}

const CONNECTOR: &str = r#"<Obj RefId="0"><TN RefId="0">
  <T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T><T>System.Object</T></TN>
  <ToString>HUB1\Default HUB1</ToString><Props>
  <Obj N="AuthMechanism" RefId="1"><TN RefId="1"><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.AuthMechanisms</T><T>System.Enum</T></TN>
    <ToString>Tls, Integrated</ToString><I32>3</I32></Obj>
  <Obj N="PermissionGroups" RefId="2"><I32>6</I32></Obj>
  <S N="Banner"></S><Nil N="DefaultDomain" /><B N="RequireTLS">true</B><I32 N="MaxHopCount">60</I32>
  <Obj N="Bindings" RefId="3"><TN RefId="3"><T>Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Data.IPBinding]]</T></TN>
    <LST><Obj RefId="4"><ToString>0.0.0.0:25</ToString><Props><I32 N="Port">25</I32>
      <Obj N="Address" RefId="9"><ToString>0.0.0.0</ToString></Obj></Props></Obj><S>[::]:25</S></LST></Obj>
  <Obj N="RemoteIPRanges" RefId="5"><TNRef RefId="3" /><LST /></Obj>
  <Obj N="Identity" RefId="6"><ToString>HUB1\Default HUB1</ToString></Obj><Ref N="Id" RefId="6" />
  <Ref N="Fqdn" RefId="9" /><TS N="ConnectionTimeout">PT10M</TS>
  <S N="Comment">a_x000D__x000A_b &amp; c</S>
</Props><MS><S N="PSComputerName">hub1.contoso.com</S><BA N="SerializationData">AAEA</BA></MS></Obj>"#;

#[test]
fn a_connector_is_read_with_every_kind_of_value() {
    let document = read(CONNECTOR);
    let record = only(&document);
    assert_eq!(record.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(record.host.as_deref(), Some("hub1.contoso.com"));
    let text = |s: &str| Value::Text(s.into());
    let flags = |names: &[&str]| Value::Flags(names.iter().map(|n| (*n).into()).collect());
    assert_eq!(
        value(record, "AuthMechanism"),
        &flags(&["Tls", "Integrated"])
    );
    assert_eq!(
        value(record, "PermissionGroups"),
        &flags(&["ExchangeUsers", "ExchangeServers"])
    );
    assert_eq!(value(record, "Banner"), &Value::Null);
    assert_eq!(value(record, "DefaultDomain"), &Value::Null);
    assert_eq!(value(record, "RequireTLS"), &Value::Bool(true));
    assert_eq!(value(record, "MaxHopCount"), &Value::Integer(60));
    assert_eq!(
        value(record, "Bindings"),
        &Value::List(vec![text("0.0.0.0:25"), text("[::]:25")].into())
    );
    assert_eq!(
        value(record, "RemoteIPRanges"),
        &Value::List(Vec::new().into())
    );
    assert_eq!(value(record, "Id"), &text("HUB1\\Default HUB1"));
    assert_eq!(value(record, "Fqdn"), &text("0.0.0.0"));
    assert_eq!(value(record, "ConnectionTimeout"), &text("00:10:00"));
    assert_eq!(value(record, "Comment"), &text("a b & c"));
    assert_eq!(record.get("SerializationData"), Lookup::Absent);
    assert!(document.problems.is_empty());
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn the_span_of_a_property_is_its_element() {
    let source = file(CONNECTOR);
    let document = parse(&source);
    let record = only(&document);
    let slice = |name: &str| {
        let span = record.properties.get(name).map(|p| p.span);
        span.map(|span| source.slice(span).to_owned())
            .unwrap_or_default()
    };
    assert_eq!(slice("requiretls"), r#"<B N="RequireTLS">true</B>"#);
    assert_eq!(slice("id"), r#"<Ref N="Id" RefId="6" />"#);
    assert_eq!(slice("defaultdomain"), r#"<Nil N="DefaultDomain" />"#);
    assert!(slice("bindings").starts_with(r#"<Obj N="Bindings""#));
    assert!(slice("bindings").ends_with("</Obj>"));
}

#[test]
fn deserialised_and_selected_types_are_the_same_cmdlet() {
    for prefix in ["Deserialized.", "Selected."] {
        let body = CONNECTOR.replace(
            "<T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector",
            &format!(
                "<T>{prefix}Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector"
            ),
        );
        assert_eq!(
            only(&read(&body)).cmdlet,
            Some("Get-ReceiveConnector"),
            "{prefix}"
        );
    }
}

#[test]
fn objects_in_lists_and_in_other_objects_are_found() {
    let list = format!(
        "<Obj RefId=\"90\"><TN RefId=\"90\"><T>System.Object[]</T></TN><LST>{CONNECTOR}</LST></Obj>"
    );
    assert_eq!(records(&read(&list)).len(), 1);
    let nested = format!(
        "<Obj RefId=\"90\"><TN RefId=\"90\"><T>System.Management.Automation.PSCustomObject</T></TN>\
         <MS><S N=\"Server\">x</S><Obj N=\"Connectors\" RefId=\"91\"><LST>{CONNECTOR}</LST></Obj></MS></Obj>"
    );
    assert_eq!(only(&read(&nested)).cmdlet, Some("Get-ReceiveConnector"));
    let table = format!(
        "<Obj RefId=\"90\"><TN RefId=\"90\"><T>System.Collections.Hashtable</T></TN>\
         <DCT><En><S N=\"Key\">a</S>{}</En></DCT></Obj>",
        CONNECTOR.replacen("<Obj RefId=\"0\"", "<Obj N=\"Value\" RefId=\"0\"", 1)
    );
    assert_eq!(only(&read(&table)).cmdlet, Some("Get-ReceiveConnector"));
}

#[test]
fn a_custom_object_is_told_from_its_properties() {
    let document = read(
        r#"<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>
        <S N="Name">Relay</S><S N="AuthMechanism">Tls, BasicAuth</S><S N="PermissionGroups">AnonymousUsers</S></MS></Obj>"#,
    );
    let record = only(&document);
    assert_eq!(record.cmdlet, Some("Get-ReceiveConnector"));
    assert!(
        record
            .cmdlet_evidence
            .as_ref()
            .is_some_and(|(what, _)| what.contains("AuthMechanism"))
    );
}

#[test]
fn secrets_are_dropped_while_reading() {
    let document = read(
        r#"<Obj RefId="0"><TN RefId="0"><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig</T></TN><Props>
        <S N="Name">Internet</S>
        <Obj N="AuthenticationCredential" RefId="1"><TN RefId="1"><T>System.Management.Automation.PSCredential</T></TN>
          <ToString>System.Management.Automation.PSCredential</ToString>
          <Props><S N="UserName">svc-relay</S><SS N="Password">01000000d08c9ddf</SS></Props></Obj>
        <SS N="Other">01000000d08c9ddf</SS></Props></Obj>"#,
    );
    let record = only(&document);
    assert!(matches!(
        value(record, "AuthenticationCredential"),
        Value::Secret
    ));
    assert!(matches!(value(record, "Other"), Value::Secret));
    let shown = format!("{document:?}");
    assert!(!shown.contains("svc-relay") && !shown.contains("d08c9ddf"));
}

#[test]
fn a_file_that_ends_early_keeps_what_was_read() {
    let whole = format!("{HEADER}{CONNECTOR}");
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let text = whole.get(..end).unwrap_or_default();
        let document = parse(&SourceFile::from_text(FileId(0), "x.xml", text));
        assert!(records(&document).len() <= 1);
        if end > HEADER.len() {
            let worst = document.problems.iter().map(|p| p.level).max();
            assert_eq!(worst, Some(ProblemLevel::Error), "cut at {end}");
        }
    }
    let cut = whole.find("<S N=\"Comment\"").expect("a property");
    let text = whole.get(..cut).unwrap_or_default();
    let document = parse(&SourceFile::from_text(FileId(0), "x.xml", text));
    assert_eq!(value(only(&document), "RequireTLS"), &Value::Bool(true));
}

#[test]
fn deep_nesting_is_bounded() {
    let deep = "<Obj><LST>".repeat(100_000);
    let document = parse(&SourceFile::from_text(
        FileId(0),
        "x.xml",
        format!("{HEADER}{deep}"),
    ));
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.contains("deeper"))
    );
    assert_eq!(document.ledger.totals().total, 200_001);
    let closed = format!("{deep}{}{CONNECTOR}", "</LST></Obj>".repeat(100_000));
    assert_eq!(records(&read(&closed)).len(), 1);
}

#[test]
fn a_document_type_is_ignored_and_entities_stay_as_written() {
    let text = format!(
        "<!DOCTYPE Objs [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>{HEADER}{}</Objs>",
        CONNECTOR.replace("a_x000D__x000A_b &amp; c", "&b;")
    );
    let document = parse(&SourceFile::from_text(FileId(0), "x.xml", text));
    assert_eq!(
        value(only(&document), "Comment"),
        &Value::Text("&b;".into())
    );
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.contains("document type"))
    );
}

#[test]
fn references_that_lead_nowhere_are_unusable() {
    let document = read(&CONNECTOR.replace(
        "<Ref N=\"Fqdn\" RefId=\"9\" />",
        "<Ref N=\"Fqdn\" RefId=\"77\" />",
    ));
    assert!(matches!(value(only(&document), "Fqdn"), Value::Unusable(_)));
    assert!(document.ledger.totals().not_modelled > 0);
}

#[test]
fn an_export_without_objects_is_an_empty_result_when_the_name_tells_of_what() {
    let empty = |name: &str| {
        let text = format!("{HEADER}</Objs>");
        parse(&SourceFile::from_text(FileId(0), name, text))
    };
    let document = empty("EDGE1_EdgeSubscription.xml");
    let [Content::Exchange(run)] = document.content.as_slice() else {
        panic!("one run");
    };
    assert_eq!(
        (run.cmdlet, run.records.len()),
        (Some("Get-EdgeSubscription"), 0)
    );
    assert!(empty("export.xml").content.is_empty());
}

#[test]
fn only_clixml_is_claimed() {
    let claims = |text: &str| {
        let file = SourceFile::from_text(FileId(0), "x", text);
        (CLIXML.detect)(&file).is_some()
    };
    assert!(claims(&format!(
        "\u{feff}<?xml version=\"1.0\"?>\r\n{HEADER}"
    )));
    assert!(claims(&format!("#< CLIXML\r\n{HEADER}")));
    for other in [
        "",
        "<configuration xmlns=\"urn:microsoft-catalog:XML_Metabase_V54_0\">",
        "<Objs>",
        "hostname fw\n! <Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">",
        "<html><body>&lt;Objs Version</body></html>",
    ] {
        assert!(!claims(other), "{other}");
    }
}

/// Objects at the root of a file, counted without the reader under test:
/// every root object of `Export-Clixml` is indented by two blanks.
fn root_objects(text: &str) -> usize {
    text.lines()
        .filter(|line| line.starts_with("  <Obj "))
        .count()
}

#[test]
fn every_export_of_the_corpus_is_read() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let mut seen = 0;
    for source in corpus::files(&folder, "xml") {
        if !source.text().contains(NAMESPACE) {
            assert!((CLIXML.detect)(&source).is_none(), "{}", source.name());
            continue;
        }
        seen += 1;
        assert!((CLIXML.detect)(&source).is_some(), "{}", source.name());
        let document = parse(&source);
        assert!(
            document.problems.is_empty(),
            "{}: {:?}",
            source.name(),
            document.problems
        );
        assert_eq!(
            document.ledger.totals().unrecognised,
            0,
            "{}",
            source.name()
        );
        let opened = source.text().matches('<').count() - source.text().matches("</").count();
        assert_eq!(document.ledger.totals().total, opened, "{}", source.name());
        let cmdlet = source
            .name()
            .rsplit('/')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        if let Some(known) = table().cmdlet(&cmdlet) {
            let records = records(&document);
            assert_eq!(
                records.len(),
                root_objects(source.text()),
                "{}",
                source.name()
            );
            for record in records {
                assert_eq!(record.cmdlet, Some(known.name), "{}", source.name());
                // What Windows itself returns does not name its host.
                let of_windows = known.name == "Get-SmbServerConfiguration";
                let unnamed = of_windows || source.name().contains("FromServer");
                assert!(record.host.is_some() || unnamed, "{}", source.name());
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn certificates_of_the_corpus_are_read_from_their_der() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    for source in corpus::files(&folder.join("Get-ExchangeCertificate"), "xml") {
        for record in records(&parse(&source)) {
            // The printed form of the object, which the reader does not use,
            // shows the thumbprint and the subject.
            let (thumbprint, _) = record.text("Thumbprint").expect("a thumbprint");
            assert!(
                source.text().contains(&format!("  {thumbprint}_x000D_")),
                "{}",
                source.name()
            );
            for (property, heading) in [
                ("Subject", "Subject"),
                ("Issuer", "Issuer"),
                ("SerialNumber", "Serial Number"),
            ] {
                let (text, _) = record.text(property).expect(property);
                let shown = format!("[{heading}]_x000D__x000A_  {text}_x000D_");
                assert!(source.text().contains(&shown), "{}: {shown}", source.name());
            }
            let (not_after, _) = record.text("NotAfter").expect("a date");
            assert!(
                not_after.len() == 20 && not_after.ends_with('Z'),
                "{not_after}"
            );
            assert!(matches!(record.get("Services"), Lookup::Unknown(..)));
            assert!(matches!(
                record.get("IsSelfSigned"),
                Lookup::Known(Value::Bool(_), _)
            ));
        }
    }
}

#[test]
fn xml_that_breaks_beside_a_wide_character_is_reported_between_characters() {
    let object = "<Obj RefId=\"0\"><Props><S N=\"Name\">HUB1</S></Props></Obj>";
    for wide in ["þ", "境", "\u{1f511}"] {
        for broken in ["<", "<S\0N", "</", "<!", "<!-", "<?", "&", "<S N=", "</X>"] {
            for at in 0..=object.len() {
                let (before, after) = object.split_at(at);
                for text in [
                    format!("{HEADER}{before}{wide}{broken}"),
                    format!("{HEADER}{before}{broken}{wide}"),
                    format!("{HEADER}{before}{wide}{broken}{wide}{after}</Objs>"),
                ] {
                    let file = SourceFile::from_text(FileId(0), "export.xml", text);
                    for problem in parse(&file).problems {
                        let range = problem.span.range();
                        assert!(file.text().get(range).is_some(), "{problem:?}");
                    }
                }
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_markup_makes_the_reader_panic(pieces in proptest::collection::vec(
        proptest::sample::select(vec![
            "<Obj RefId=\"0\">", "<Obj N=\"A\">", "</Obj>", "<TN RefId=\"0\">", "</TN>", "<T>System.Object</T>",
            "<T>Microsoft.Exchange.X.ReceiveConnector</T>", "<TNRef RefId=\"0\"/>", "<Props>", "</Props>", "<MS>", "</MS>",
            "<S N=\"Name\">a_x00", "</S>", "<Nil N=\"b\"/>", "<LST>", "</LST>", "<DCT>", "<En>", "</En>", "</DCT>",
            "<Ref RefId=\"0\"/>", "<Ref N=\"c\" RefId=", "&amp;", "&x", "<![CDATA[", "]]>", "<!--", "-->", "<ToString>",
            "</ToString>", "<BA N=\"RawData\">MIIB", "</BA>", "<SS N=\"p\">", "</SS>", "<?x ?>", "\u{3000}", "<", ">",
        ]), 0..60)) {
        let _ = read(&pieces.concat());
    }
}

/// HealthChecker puts Exchange's own objects into objects of its own
/// (`Get-ExchangeInformation.ps1` of microsoft/CSS-Exchange).
#[test]
fn the_exchange_objects_inside_those_of_healthchecker_are_read() {
    let text = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\
<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS>\
<Obj N=\"HealthCheckerExchangeServer\" RefId=\"1\"><TNRef RefId=\"0\"/><MS><S N=\"ServerName\">EX1</S>\
<Obj N=\"ExchangeInformation\" RefId=\"2\"><TNRef RefId=\"0\"/><MS>\
<Obj N=\"GetExchangeServer\" RefId=\"3\"><TN RefId=\"1\"><T>Deserialized.Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN>\
<ToString>EX1</ToString><Props><S N=\"Name\">EX1</S><S N=\"ServerRole\">Mailbox</S><S N=\"AdminDisplayVersion\">Version 15.2 (Build 858.5)</S></Props></Obj>\
<Obj N=\"VirtualDirectories\" RefId=\"4\"><TNRef RefId=\"0\"/><MS><Obj N=\"GetOwaVirtualDirectory\" RefId=\"5\"><TN RefId=\"2\"><T>System.Object[]</T></TN><LST>\
<Obj RefId=\"6\"><TN RefId=\"3\"><T>Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.ADOwaVirtualDirectory</T></TN>\
<Props><S N=\"Identity\">EX1\\owa (Default Web Site)</S><URI N=\"ExternalUrl\">https://mail.contoso.com/owa</URI></Props></Obj>\
</LST></Obj></MS></Obj></MS></Obj></MS></Obj></MS></Obj></Objs>";
    let file = named("HealthChecker-EX1-20240101.xml", text);
    let document = parse(&file);
    assert_eq!(document.problems, []);
    let mut found: Vec<_> = runs(&document)
        .into_iter()
        .flat_map(|run| &run.records)
        .map(|record| record.cmdlet)
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [Some("Get-ExchangeServer"), Some("Get-OwaVirtualDirectory")]
    );
}
