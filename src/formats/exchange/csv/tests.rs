use super::*;
use crate::formats::Content;
use crate::formats::exchange::testing::{
    at, flags, list, named, records, runs, says_nothing, text, value,
};
use crate::model::exchange::Value;

const TYPED: &str = "\
#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\r
\"AuthMechanism\",\"Banner\",\"Bindings\",\"Enabled\",\"Fqdn\",\"PermissionGroups\",\"RequireTLS\",\"Server\",\"Name\"\r
\"Tls, ExchangeServer\",,\"Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding]\",\"True\",\"hub1.contoso.com\",\"ExchangeServers\",\"False\",\"HUB1\",\"Default \"\"HUB1\"\"\"\r
";

#[test]
fn the_type_line_tells_the_cmdlet_and_type_names_are_no_values() {
    let file = named("x.csv", TYPED);
    let evidence = detect(&file).expect("recognised");
    assert_eq!(evidence.strength, CERTAIN);
    let document = parse(&file);
    let [record] = records(&document)[..] else {
        panic!("{document:#?}");
    };
    assert_eq!(record.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(
        value(record, "AuthMechanism"),
        &flags(&["Tls", "ExchangeServer"])
    );
    assert_eq!(value(record, "Banner"), &Value::Null);
    assert_eq!(value(record, "Enabled"), &Value::Bool(true));
    assert_eq!(value(record, "Name"), &text("Default \"HUB1\""));
    assert!(says_nothing(record, "Bindings"));
    assert!(
        record.properties.get("RemoteIPRanges").is_none(),
        "not selected"
    );
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.contains("Bindings"))
    );
}

#[test]
fn a_place_is_that_of_the_cell_without_its_quotes() {
    let file = named("x.csv", TYPED);
    let document = parse(&file);
    let record = records(&document)[0];
    assert_eq!(at(&file, record, "Fqdn"), "hub1.contoso.com");
    assert_eq!(at(&file, record, "Name"), "Default \"\"HUB1\"\"");
    let position = file.position(record.properties.get("Fqdn").expect("there").span.start);
    assert_eq!((position.line, position.column), (3, 115));
}

#[test]
fn columns_tell_the_cmdlet_where_no_type_does() {
    for separator in [",", ";", "\t"] {
        let rows = [
            [
                "Identity",
                "AuthMechanism",
                "PermissionGroups",
                "RemoteIPRanges",
            ],
            [
                "HUB1\\Relay",
                "None",
                "AnonymousUsers",
                "192.0.2.7|192.0.2.8",
            ],
        ];
        let csv = rows.map(|row| row.join(separator)).join("\n");
        let file = named("export.csv", &csv);
        assert!(detect(&file).is_some(), "{csv}");
        let document = parse(&file);
        let record = records(&document)[0];
        assert_eq!(record.cmdlet, Some("Get-ReceiveConnector"));
        assert_eq!(value(record, "AuthMechanism"), &flags(&[]));
        assert_eq!(
            value(record, "RemoteIPRanges"),
            &list(&["192.0.2.7", "192.0.2.8"])
        );
    }
}

#[test]
fn what_a_spreadsheet_saved_again_is_read() {
    let csv = "\"#TYPE Selected.Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain\";;;\n\
        Name;DomainName;DomainType;Default;;\n\
        Contoso;contoso.com;Authoritative;TRUE;;\n\
        ;;;;;\n";
    let file = named("book.csv", csv);
    let document = parse(&file);
    let record = records(&document)[0];
    assert_eq!(records(&document).len(), 1);
    assert_eq!(record.cmdlet, Some("Get-AcceptedDomain"));
    assert_eq!(value(record, "Default"), &Value::Bool(true));
    let hinted = format!("sep=;\r\n{}", csv.split_once('\n').expect("lines").1);
    assert!(detect(&named("AcceptedDomain.csv", &hinted)).is_some());
}

#[test]
fn a_value_may_hold_separators_and_line_breaks() {
    let csv = "Identity,AuthMechanism,Comment,PermissionGroups\n\
        \"HUB1\\R\",Tls,\"first line\nsecond, line\",AnonymousUsers\n";
    let file = named("x.csv", csv);
    let document = parse(&file);
    let record = records(&document)[0];
    assert_eq!(value(record, "Comment"), &text("first line second, line"));
    assert_eq!(
        value(record, "PermissionGroups"),
        &flags(&["AnonymousUsers"])
    );
}

#[test]
fn a_row_that_leaves_the_columns_is_refused() {
    let csv = "Identity,AuthMechanism,PermissionGroups\n\
        HUB1\\A,Tls, BasicAuth,AnonymousUsers\n\
        HUB1\\B,Tls\n\
        HUB1\\C,Tls,AnonymousUsers\n";
    let document = parse(&named("x.csv", csv));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert!(
        says_nothing(found[0], "PermissionGroups"),
        "the row is short"
    );
    assert_eq!(
        value(found[1], "PermissionGroups"),
        &flags(&["AnonymousUsers"])
    );
    assert_eq!(document.ledger.totals().not_modelled, 2);
    assert_eq!(document.problems.len(), 2);
}

#[test]
fn a_file_that_is_cut_off_keeps_what_came_before() {
    let csv = "Identity,AuthMechanism,Fqdn\nHUB1\\A,Tls,a\n\"HUB1\\B\",\"Tls\",\"hub1.con";
    let document = parse(&named("x.csv", csv));
    let found = records(&document);
    assert_eq!(value(found[0], "Fqdn"), &text("a"));
    assert!(says_nothing(found[1], "Fqdn"));
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.level == ProblemLevel::Error)
    );
}

#[test]
fn columns_without_rows_are_an_empty_result() {
    let csv = "\"Identity\",\"AuthMechanism\",\"PermissionGroups\"\r\n";
    let file = named("HUB1_ReceiveConnector.csv", csv);
    assert!(detect(&file).is_some());
    let document = parse(&file);
    let [run] = runs(&document)[..] else {
        panic!("{document:#?}");
    };
    assert_eq!(run.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(run.host.as_deref(), Some("HUB1"));
    assert!(run.records.is_empty());
}

#[test]
fn the_name_of_the_file_settles_what_columns_leave_open() {
    let csv = "Server,LoginType,X509CertificateName\nCAS1,SecureLogin,mail.contoso.com\n";
    let document = parse(&named("CAS1_PopSettings.csv", csv));
    let run = runs(&document)[0];
    assert_eq!(run.cmdlet, Some("Get-PopSettings"));
    assert_eq!(run.host.as_deref(), Some("CAS1"));
    let file = named("settings.csv", csv);
    assert_eq!(detect(&file).map(|e| e.strength), Some(50));
    let document = parse(&file);
    assert!(runs(&document).is_empty());
    assert!(document.problems[0].message.contains("which cmdlet"));
    assert_eq!(document.ledger.totals().not_modelled, 1);
}

#[test]
fn rows_of_several_cmdlets_are_told_apart_by_their_values() {
    let csv = "Identity,InternalUrl,ExternalUrl\n\
        CAS1\\owa (Default Web Site),https://cas1.contoso.com/owa,\n\
        CAS1\\EWS (Default Web Site),https://cas1.contoso.com/EWS/Exchange.asmx,\n";
    let document = parse(&named("urls.csv", csv));
    let cmdlets: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(
        cmdlets,
        [
            Some("Get-OwaVirtualDirectory"),
            Some("Get-WebServicesVirtualDirectory")
        ]
    );
}

#[test]
fn a_date_of_the_file_settles_the_order_of_all() {
    let csv = "Thumbprint,Services,NotAfter,NotBefore\n\
        AA,SMTP,02/01/2030 10:00:00,01/02/2020 10:00:00\n\
        BB,IIS,31/12/2030 10:00:00,01/02/2020 10:00:00\n";
    let document = parse(&named("x.csv", csv));
    let found = records(&document);
    let first = match value(found[0], "NotAfter") {
        Value::Text(date) => date.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(first.starts_with("2030-01-02T10:00:00"), "{first}");
}

#[test]
fn other_tables_are_left_to_others() {
    for csv in [
        "Name,Enabled,Server\na,True,x\n",
        "source,destination,port,action\n10.0.0.1,10.0.0.2,25,permit\n",
        "\"Name\",\"DisplayName\",\"Direction\",\"Action\",\"Enabled\",\"LocalPort\"\n\"a\",\"b\",\"Inbound\",\"Allow\",\"True\",\"25\"\n",
        "#TYPE System.Diagnostics.Process\n\"Name\",\"Id\"\n\"a\",\"1\"\n",
        "Get-OutlookAnywhere | ft ServerName, InternalHostname, ExternalHostname\nServerName InternalHostname\n",
        "PS C:\\>Get-OutlookAnywhere | ft ServerName, InternalHostname, ExternalHostname\n",
        "hostname hub1, a switch\ninterface Gi0/1\n",
        "",
    ] {
        assert_eq!(detect(&named("x.csv", csv)), None, "{csv}");
    }
}

#[test]
fn objects_of_exchange_that_no_rule_reads_are_irrelevant_not_lost() {
    let csv = "#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.AddressBookBase\n\
        \"Name\",\"Path\"\n\"All Users\",\"\\All Users\"\n";
    let file = named("x.csv", csv);
    assert!(detect(&file).is_some());
    let totals = parse(&file).ledger.totals();
    assert_eq!((totals.total, totals.irrelevant), (1, 1));
}

#[test]
fn secrets_are_dropped_and_their_places_are_told() {
    let csv = "Identity,AddressSpaces,SmartHosts,AuthenticationCredential,RelayPassword\n\
        Out,SMTP:*;1,mail.contoso.com,contoso\\relay:geheim1,geheim2\n";
    let file = named("x.csv", csv);
    let document = parse(&file);
    let record = records(&document)[0];
    assert_eq!(value(record, "AuthenticationCredential"), &Value::Secret);
    assert_eq!(value(record, "RelayPassword"), &Value::Secret);
    assert!(!format!("{document:?}").contains("geheim"));
    let places: Vec<&str> = document
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Secrets(spans) => Some(spans),
            _ => None,
        })
        .flatten()
        .map(|span| file.slice(*span))
        .collect();
    assert_eq!(places, ["contoso\\relay:geheim1", "geheim2"]);
}

#[test]
fn a_number_of_the_directory_is_not_taken_for_a_method() {
    let csv = "Server,VirtualDirectory,InternalURL,InternalAuthenticationMethods\n\
        EX1,owa,https://ex1.contoso.com/owa,4\n";
    let document = parse(&named("ConfigNC_msExchVirtualDirectory_All.CSV", csv));
    let record = records(&document)[0];
    assert_eq!(record.cmdlet, Some("Get-OwaVirtualDirectory"));
    assert!(says_nothing(record, "InternalAuthenticationMethods"));
}

/// Excel of another language writes its own words for True and False.
#[test]
fn a_spreadsheet_in_another_language_writes_its_own_true_and_false() {
    for (yes, no) in [
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("VERDADERO", "FALSO"),
        ("VERDADEIRO", "FALSO"),
        ("VERO", "FALSO"),
        ("WAAR", "ONWAAR"),
        ("PRAWDA", "FAŁSZ"),
        ("ИСТИНА", "ЛОЖЬ"),
        ("TRUE", "FALSE"),
    ] {
        let table = format!(
            "Identity;Server;Enabled;RequireTLS;AuthMechanism;Bindings;Comment\r\n\
             HUB1\\Relay;HUB1;{yes};{no};Tls;0.0.0.0:25;{yes}\r\n"
        );
        let document = parse(&named("connectors.csv", &table));
        let record = records(&document)[0];
        assert_eq!(value(record, "Enabled"), &Value::Bool(true), "{yes}");
        assert_eq!(value(record, "RequireTLS"), &Value::Bool(false), "{no}");
        assert_eq!(value(record, "Comment"), &text(yes), "a text stays");
    }
}
