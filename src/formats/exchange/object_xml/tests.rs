//! Shapes of both programs, and what they must not be taken for.

use super::*;
use crate::formats::exchange::testing::{at, flags, list, named, records, runs, text, value};
use crate::model::exchange::Value;

/// As the wizard writes: no root, one element for each cmdlet.
const LOG: &str = r#"<invoke type="OnPremises" cmdlet="Get-ReceiveConnector" start="2020-05-26T14:09:03Z" duration="00:00:01">
  <!-- Get-ReceiveConnector -->
  <results>
    <object type="Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector">
      <property name="AuthMechanism" type="System.String" value="Tls, BasicAuth" valueIsNull="False" />
      <property name="Banner" type="System.String" value="" valueIsNull="True" />
      <property name="Bindings" type="Deserialized.Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Data.IPBinding]]" value="[::]:25, 0.0.0.0:25" valueIsNull="False" />
      <property name="TlsDomainCapabilities" type="Deserialized.Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Data.SmtpReceiveDomainCapabilities]]" value="" valueIsNull="False" />
      <property name="RequireTLS" type="System.Boolean" value="False" valueIsNull="False" />
      <property name="Fqdn" type="System.String" value="ex1.contoso.com &amp; co" valueIsNull="False" />
      <property name="Identity" type="System.String" value="EX1\Default Frontend EX1" valueIsNull="False" />
    </object>
  </results>
</invoke>
<invoke type="OnPremises" cmdlet="Get-EdgeSubscription" start="2020-05-26T14:09:05Z" duration="00:00:01"><!-- Get-EdgeSubscription --><results /></invoke>
<invoke type="OnPremises" cmdlet="Get-RemoteDomain" start="" duration=""><!-- Get-RemoteDomain -Identity 'contoso.mail.onmicrosoft.com' --><results /></invoke>
<invoke type="OnPremises" cmdlet="Get-ForeignConnector" start="" duration=""><!-- Get-ForeignConnector --><error>it failed</error><results /></invoke>
<invoke type="Tenant" cmdlet="Get-AcceptedDomain" start="" duration=""><!-- Get-AcceptedDomain --><results>
  <object type="Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain"><property name="Identity" type="System.String" value="contoso.com" valueIsNull="False" /></object></results></invoke>
<invoke type="Tenant" cmdlet="Get-TransportConfig"><!-- Get-TransportConfig --><results /></invoke>
"#;

#[test]
fn the_log_of_the_wizard_shows_what_exchange_on_the_premises_returned() {
    let file = named("20200526_140900.xhcw", LOG);
    assert!(detect(&file).is_some_and(|evidence| evidence.strength >= 90));
    let document = parse(&file);
    assert_eq!(document.problems, []);
    let found = records(&document);
    let [connector] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(connector.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(
        value(connector, "AuthMechanism"),
        &flags(&["Tls", "BasicAuth"])
    );
    assert_eq!(at(&file, connector, "AuthMechanism"), "Tls, BasicAuth");
    assert_eq!(value(connector, "Banner"), &Value::Null);
    assert_eq!(
        value(connector, "Bindings"),
        &list(&["[::]:25", "0.0.0.0:25"])
    );
    assert_eq!(value(connector, "TlsDomainCapabilities"), &list(&[]));
    assert_eq!(value(connector, "RequireTLS"), &Value::Bool(false));
    assert_eq!(value(connector, "Fqdn"), &text("ex1.contoso.com & co"));
    assert!(connector.properties.get("PermissionGroups").is_none());
}

#[test]
fn only_an_unfiltered_command_without_an_error_tells_that_there_is_nothing() {
    let document = parse(&named("a.xhcw", LOG));
    let empty: Vec<_> = runs(&document)
        .into_iter()
        .filter(|run| run.records.is_empty())
        .map(|run| run.cmdlet)
        .collect();
    assert_eq!(empty, [Some("Get-EdgeSubscription")]);
}

#[test]
fn of_several_answers_about_one_object_the_last_counts_and_a_note_says_so() {
    let again = LOG.replace("Tls, BasicAuth", "Tls");
    let document = parse(&named("a.xhcw", &format!("<root>{LOG}{again}</root>")));
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(value(found[0], "AuthMechanism"), &flags(&["Tls"]));
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.level == ProblemLevel::Note)
    );
}

#[test]
fn what_was_read_from_the_directory_only_does_not_tell_the_settings_of_iis() {
    let log = r#"<invoke type="OnPremises" cmdlet="Get-WebServicesVirtualDirectory"><!-- Get-WebServicesVirtualDirectory -ADPropertiesOnly -->
<results><object type="Deserialized.Microsoft.Exchange.Data.Directory.SystemConfiguration.ADWebServicesVirtualDirectory">
<property name="Identity" type="System.String" value="EX1\EWS (Default Web Site)" valueIsNull="False" />
<property name="BasicAuthentication" type="System.Boolean" value="False" valueIsNull="False" />
</object></results></invoke>"#;
    let document = parse(&named("a.xhcw", log));
    let found = records(&document);
    assert!(matches!(
        value(found[0], "BasicAuthentication"),
        Value::Unusable(_)
    ));
}

#[test]
fn names_that_hold_the_separator_of_lists_are_not_split() {
    let log = LOG.replace("[::]:25, 0.0.0.0:25", "CN=a, O=b");
    let document = parse(&named("a.xhcw", &log));
    assert!(matches!(
        value(records(&document)[0], "Bindings"),
        Value::Unusable(_)
    ));
}

/// As `Get-ReceiveConnector | ConvertTo-Xml -As String` prints.
const CONVERTED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Objects>
  <Object Type="Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector">
    <Property Name="AuthMechanism" Type="Microsoft.Exchange.Data.Directory.SystemConfiguration.AuthMechanisms">Tls, ExchangeServer</Property>
    <Property Name="Banner" Type="System.String" />
    <Property Name="Bindings" Type="Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding]">
      <Property Type="Microsoft.Exchange.Data.IPBinding">0.0.0.0:25</Property>
      <Property Type="Microsoft.Exchange.Data.IPBinding">[::]:25</Property>
    </Property>
    <Property Name="TlsDomainCapabilities" Type="Microsoft.Exchange.Data.MultiValuedProperty`1[X]" />
    <Property Name="Server" Type="Microsoft.Exchange.Data.Directory.ADObjectId"><Property Name="Rdn" Type="x">CN=HUB1</Property></Property>
    <Property Name="Enabled" Type="System.Boolean">True</Property>
    <Property Name="Fqdn" Type="System.String">a &amp; b</Property>
    <Property Name="Identity" Type="Microsoft.Exchange.Data.Directory.ADObjectId">HUB1\Default HUB1</Property>
  </Object>
</Objects>"#;

#[test]
fn converted_objects_keep_their_lists() {
    let file = named("x.xml", CONVERTED);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let found = records(&document);
    let [connector] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        value(connector, "AuthMechanism"),
        &flags(&["Tls", "ExchangeServer"])
    );
    assert_eq!(value(connector, "Banner"), &Value::Null);
    assert_eq!(
        value(connector, "Bindings"),
        &list(&["0.0.0.0:25", "[::]:25"])
    );
    assert_eq!(value(connector, "TlsDomainCapabilities"), &list(&[]));
    assert_eq!(value(connector, "Enabled"), &Value::Bool(true));
    assert_eq!(value(connector, "Fqdn"), &text("a & b"));
    assert!(matches!(value(connector, "Server"), Value::Unusable(_)));
}

#[test]
fn a_file_that_breaks_off_says_so_and_loses_no_whole_object() {
    let end = LOG.find("Get-EdgeSubscription").expect("there");
    let document = parse(&named("a.xhcw", &LOG[..end]));
    assert_eq!(records(&document).len(), 1);
    assert_eq!(document.problems[0].level, ProblemLevel::Error);
    assert!(runs(&document).iter().all(|run| !run.records.is_empty()));
}

#[test]
fn other_xml_is_left_to_others() {
    for xml in [
        "<Objects><Object Type=\"System.ServiceProcess.ServiceController\"><Property Name=\"Name\">x</Property></Object></Objects>",
        "<configuration><invoke method=\"x\"/></configuration>",
        "<Objs Version=\"1.1.0.1\"><Obj/></Objs>",
        "Get-ReceiveConnector | ConvertTo-Xml",
    ] {
        assert_eq!(detect(&named("x.xml", xml)), None, "{xml}");
    }
}
