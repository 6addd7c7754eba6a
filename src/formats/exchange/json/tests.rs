use super::*;
use crate::formats::Content;
use crate::formats::exchange::testing::{
    at, flags, list, named, records, runs, says_nothing, text, value,
};
use crate::model::exchange::Value;

/// Windows PowerShell 5.1, two objects.
const WINDOWS_POWERSHELL: &str = r#"[
    {
        "AuthMechanism":  31,
        "Bindings":  {
                         "value":  [
                                       "0.0.0.0:25",
                                       "[::]:25"
                                   ],
                         "Count":  2
                     },
        "Enabled":  true,
        "PermissionGroups":  14,
        "ConnectionTimeout":  {
                                  "Ticks":  6000000000,
                                  "TotalSeconds":  600
                              },
        "Banner":  null,
        "WhenChanged":  "\/Date(1257159600000)\/",
        "Identity":  "HUB1\\Default HUB1"
    },
    {
        "AuthMechanism":  2,
        "Bindings":  "Microsoft.Exchange.Data.MultiValuedProperty`1[Microsoft.Exchange.Data.IPBinding]",
        "Enabled":  false,
        "PermissionGroups":  32,
        "Identity":  "HUB1\\Relay"
    }
]"#;

#[test]
fn numbers_wrappers_dates_and_cut_values_of_windows_powershell_are_read() {
    let file = named("x.json", WINDOWS_POWERSHELL);
    assert_eq!(detect(&file).map(|e| e.strength), Some(90));
    let document = parse(&file);
    let found = records(&document);
    let (first, second) = (found[0], found[1]);
    assert_eq!(first.cmdlet, Some("Get-ReceiveConnector"));
    let all = [
        "Tls",
        "Integrated",
        "BasicAuth",
        "BasicAuthRequireTLS",
        "ExchangeServer",
    ];
    assert_eq!(value(first, "AuthMechanism"), &flags(&all));
    assert_eq!(value(first, "Bindings"), &list(&["0.0.0.0:25", "[::]:25"]));
    assert_eq!(value(first, "Enabled"), &Value::Bool(true));
    assert_eq!(value(first, "ConnectionTimeout"), &text("00:10:00"));
    assert_eq!(value(first, "Banner"), &Value::Null);
    assert_eq!(value(first, "WhenChanged"), &text("2009-11-02T11:00:00Z"));
    assert_eq!(value(first, "Identity"), &text("HUB1\\Default HUB1"));
    assert!(says_nothing(second, "Bindings"));
    assert!(
        says_nothing(second, "PermissionGroups"),
        "32 is not confirmed"
    );
    assert!(second.properties.get("Banner").is_none(), "not selected");
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.contains("Bindings"))
    );
}

#[test]
fn a_place_is_that_of_the_value() {
    let file = named("x.json", WINDOWS_POWERSHELL);
    let document = parse(&file);
    let first = records(&document)[0];
    assert_eq!(at(&file, first, "AuthMechanism"), "31");
    assert_eq!(at(&file, first, "Identity"), r#""HUB1\\Default HUB1""#);
    let position = file.position(first.properties.get("Enabled").expect("there").span.start);
    assert_eq!((position.line, position.column), (11, 21));
}

#[test]
fn one_object_names_and_dates_of_powershell_7_are_read() {
    let json = r#"{"Name":"Out","AddressSpaces":["SMTP:*;1"],"SmartHosts":[],"TlsAuthLevel":2,
        "SmartHostAuthMechanism":"None","RequireTLS":true,"WhenCreated":"2024-05-06T07:08:09Z"}"#;
    let document = parse(&named("x.json", json));
    let record = records(&document)[0];
    assert_eq!(record.cmdlet, Some("Get-SendConnector"));
    assert_eq!(value(record, "AddressSpaces"), &list(&["SMTP:*;1"]));
    assert_eq!(value(record, "SmartHosts"), &list(&[]));
    assert_eq!(
        value(record, "TlsAuthLevel"),
        &text("CertificateValidation")
    );
    assert_eq!(value(record, "WhenCreated"), &text("2024-05-06T07:08:09Z"));
}

#[test]
fn what_the_depth_cut_off_says_nothing() {
    let json = r#"{"Identity":"HUB1\\R","AuthMechanism":"Tls","PermissionGroups":"AnonymousUsers",
        "RemoteIPRanges":"192.0.2.7 192.0.2.9","TlsDomainCapabilities":"a.contoso.com b.contoso.com",
        "Server":"@{Name=HUB1; Parent=Servers}","Bindings":["",""],
        "Fqdn":"Microsoft.Exchange.Data.Fqdn"}"#;
    let document = parse(&named("x.json", json));
    let record = records(&document)[0];
    let ranges = list(&["192.0.2.7", "192.0.2.9"]);
    assert_eq!(
        value(record, "RemoteIPRanges"),
        &ranges,
        "addresses cannot be mistaken"
    );
    for name in ["TlsDomainCapabilities", "Server", "Bindings", "Fqdn"] {
        assert!(says_nothing(record, name), "{name}");
    }
}

#[test]
fn several_documents_in_one_file_are_read() {
    let one = r#"{"Identity":"HUB1\\A","AuthMechanism":1,"PermissionGroups":1}"#;
    let file = named("x.json", &format!("\u{feff}{one}\r\n{one}\n[{one}]"));
    assert_eq!(records(&parse(&file)).len(), 3);
}

#[test]
fn arrays_under_the_names_of_cmdlets_are_told_by_them() {
    let json = r#"{
        "collected": "2024-05-06",
        "Get-TransportService": [{"Name":"EX1","Identity":"EX1"}],
        "accepted_domains": [{"Name":"contoso","DomainName":"contoso.com","Default":true}],
        "Get-EdgeSubscription": [],
        "remote": {"SendConnectors": [null]},
        "Get-UMServer": null
    }"#;
    let file = named("all.json", json);
    let evidence = detect(&file).expect("recognised");
    assert!(
        evidence.what.contains("Get-TransportService"),
        "{evidence:?}"
    );
    let document = parse(&file);
    let seen: Vec<_> = runs(&document)
        .iter()
        .map(|run| (run.cmdlet.expect("known"), run.records.len()))
        .collect();
    assert_eq!(
        seen,
        [
            ("Get-TransportServer", 1),
            ("Get-AcceptedDomain", 1),
            ("Get-EdgeSubscription", 0),
            ("Get-SendConnector", 0),
        ]
    );
}

#[test]
fn an_empty_array_is_an_empty_result_of_the_cmdlet_in_the_name_of_the_file() {
    for json in ["[]", "\u{feff}[ ]\r\n", "[null]"] {
        let document = parse(&named("HUB1_EdgeSubscription.json", json));
        let [run] = runs(&document)[..] else {
            panic!("{document:#?}");
        };
        assert_eq!(run.cmdlet, Some("Get-EdgeSubscription"));
        assert_eq!(run.host.as_deref(), Some("HUB1"));
        assert!(run.records.is_empty());
    }
    assert!(parse(&named("x.json", "[]")).content.is_empty());
}

#[test]
fn a_file_that_is_cut_off_keeps_what_came_before() {
    let end = WINDOWS_POWERSHELL.rfind("Relay").expect("in the text");
    let document = parse(&named("x.json", &WINDOWS_POWERSHELL[..end]));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_eq!(value(found[1], "AuthMechanism"), &flags(&["Integrated"]));
    assert!(found[1].properties.get("Identity").is_none());
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.level == ProblemLevel::Error)
    );
    assert_eq!(document.ledger.totals().not_modelled, 1);
}

#[test]
fn objects_that_do_not_tell_their_cmdlet_are_doubted() {
    let json = r#"[{"Server":"CAS1","LoginType":3,"X509CertificateName":"mail.contoso.com"}]"#;
    let file = named("x.json", json);
    assert_eq!(detect(&file).map(|e| e.strength), Some(50));
    let document = parse(&file);
    assert!(runs(&document).is_empty());
    assert!(document.problems[0].message.contains("which cmdlet"));
    let by_name = parse(&named("CAS1_ImapSettings.json", json));
    assert_eq!(runs(&by_name)[0].cmdlet, Some("Get-ImapSettings"));
}

#[test]
fn other_json_is_left_to_others() {
    for json in [
        r#"{"nftables":[{"table":{"family":"ip","name":"filter"}}]}"#,
        r#"[{"Name":"a","Enabled":1,"Direction":1,"Action":2,"DisplayName":"b"}]"#,
        r#"{"name":"nsg","properties":{"securityRules":[{"name":"a","properties":{}}]}}"#,
        r#"{"a": [1, 2"#,
        "[[[[[[[[[[",
        "Building configuration...",
    ] {
        assert_eq!(detect(&named("x.json", json)), None, "{json}");
    }
}

#[test]
fn secrets_are_dropped_and_their_places_are_told() {
    let json = r#"{"Name":"Out","AddressSpaces":["SMTP:*;1"],"SmartHosts":["a"],
        "AuthenticationCredential":{"UserName":"relay","Password":"geheim1"},
        "RelayPassword":"geheim2","Nested":{"Secret":{"deep":"geheim3"}}}"#;
    let file = named("x.json", json);
    let document = parse(&file);
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
    assert!(places[0].contains("geheim1") && places[1].contains("geheim2"));
}
