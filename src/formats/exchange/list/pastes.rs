//! Whole pastes, and texts that nobody would paste.

use super::tests::{flags, list, named, read, records, runs, text, value};
use super::{LIST, parse};
use crate::formats::LineState;
use crate::model::exchange::Value;

#[test]
fn captures_inside_markdown_are_read() {
    let pasted = r#"# Certificates on the access servers

Note: the *root* was not what we expected, see [the page](https://contoso.com/a:b).

```powershell
[PS] C:\Scripts>Get-ExchangeCertificate -Server cas1 -Thumbprint xxxxx | fl


AccessRules        : {System.Security.AccessControl.CryptoKeyAccessRule,
                        System.Security.AccessControl.CryptoKeyAccessRule,
                        System.Security.AccessControl.CryptoKeyAccessRule}
CertificateDomains : {owa.contoso.com, autodiscover.contoso.com}
HasPrivateKey      : True
IsSelfSigned       : False
Issuer             : CN=Contoso ICA, O=Contoso Limited, C=BM
NotAfter           : 31/12/2018 1:53:00 PM
Services           : IMAP, POP, IIS, SMTP
Status             : Valid
```

The connectors that a script printed with joined lists:

```text
Identity         : HUB1\Default Frontend HUB1
Bindings         : 10.0.1.11:25
RemoteIPRanges   : 0.0.0.0-255.255.255.255
PermissionGroups : AnonymousUsers, ExchangeServers, ExchangeLegacyServers
AuthMechanism    : Tls, Integrated, BasicAuth, BasicAuthRequireTLS, ExchangeServer

Identity         : HUB1\smtp-noauth
Bindings         : 10.0.1.13:25
RemoteIPRanges   : 10.0.20.22,10.0.21.11,10.0.21.12
PermissionGroups : AnonymousUsers, Custom
AuthMechanism    : Tls
```

Thanks: the team
"#;
    let document = read(pasted);
    let summary: Vec<_> = runs(&document)
        .iter()
        .map(|run| (run.cmdlet, run.host.clone(), run.records.len()))
        .collect();
    assert_eq!(
        summary,
        [
            (Some("Get-ExchangeCertificate"), Some("cas1".into()), 1),
            (Some("Get-ReceiveConnector"), None, 2),
        ]
    );
    let records = records(&document);
    let certificate = records.first().expect("a certificate");
    assert_eq!(value(certificate, "NotAfter"), text("2018-12-31T13:53:00"));
    assert!(matches!(
        value(certificate, "AccessRules"),
        Value::Unusable(_)
    ));
    let relay = records.get(2).expect("a relay");
    assert_eq!(
        value(relay, "RemoteIPRanges"),
        list(&["10.0.20.22", "10.0.21.11", "10.0.21.12"])
    );
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

const RELAY: [(&str, &str); 6] = [
    ("Name", "Relay HUB1"),
    ("Identity", "HUB1\\Relay HUB1"),
    ("Bindings", "{0.0.0.0:25}"),
    ("PermissionGroups", "AnonymousUsers"),
    ("RemoteIPRanges", "{10.0.0.0/8}"),
    ("Enabled", "True"),
];

/// Tickets show properties as items of a list, documents in Chinese and
/// Japanese with their own colon.
#[test]
fn items_of_a_list_and_wide_colons_are_properties() {
    let plain: String = RELAY
        .iter()
        .map(|(name, value)| format!("{name:<17}: {value}\n"))
        .collect();
    let expected = read(&plain);
    let expected: Vec<_> = records(&expected)[0]
        .properties
        .iter()
        .map(|p| (p.name.to_string(), p.value.clone()))
        .collect();
    assert_eq!(expected.len(), 6);
    for (before, between) in [
        ("- ", ": "),
        ("* ", ": "),
        ("• ", ": "),
        ("", "： "),
        ("", "          ： "),
        ("・", ": "),
    ] {
        let text: String = RELAY
            .iter()
            .map(|(name, value)| format!("{before}{name}{between}{value}\n"))
            .collect();
        let document = read(&format!("The relay as it is today\n\n{text}\n"));
        let all = records(&document);
        if before == "・" {
            assert!(all.is_empty(), "a mark that is not known stays text");
            continue;
        }
        assert_eq!(all.len(), 1, "{text}");
        let found: Vec<_> = all[0]
            .properties
            .iter()
            .map(|p| (p.name.to_string(), p.value.clone()))
            .collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(document.ledger.totals().unrecognised, 0, "{text}");
    }
}

proptest::proptest! {
    /// A line that is repaired is one that the look at the whole text finds.
    #[test]
    fn every_repaired_line_is_found(line in "[-*•‣·>` \t]{0,3}[ \t]{0,2}(Enabled|Name|Get|x)?[-–—：: &;*\x7f\x1b\\[mA]{0,6}(True|amp;)?") {
        use super::{line::clean, pasted};
        let found = pasted::needs_repair(line.as_bytes());
        let repaired = matches!(clean(&line), std::borrow::Cow::Owned(_));
        proptest::prop_assert!(!repaired || found, "{line:?}");
    }

    #[test]
    fn no_text_makes_the_reader_panic(pieces in proptest::collection::vec(
        proptest::sample::select(vec![
            "[PS] C:\\>Get-ReceiveConnector | fl\n", "Result from: Get-", "Identity : ", "\n", "\n\n",
            "Bindings   : {0.0.0.0:25", "}\n", "...}", "    ", "\t", "境界", "\u{3000}", "\u{1b}[3", ": ",
            "---- ----\n", "AuthMechanism : Tls, Bas", "WARNING: x\n", "`", "> ", "-Server:", "\r", "é\u{301}",
            "1/2/2003 4:5:6 PM\n", "Name Enabled\n", "{{", "System.Object[]", "|", ";",
        ]), 0..60)) {
        let noise = pieces.concat();
        let source = named("HUB1_x_No_Result.txt", &noise);
        let _ = (LIST.detect)(&source);
        let document = parse(&source);
        proptest::prop_assert_eq!(document.ledger.totals().total, source.line_count());
        let document = read(&noise);
        proptest::prop_assert_eq!(document.ledger.totals().total, source.line_count());
    }
}

/// The default tables of three cmdlets tell which they are without a command;
/// a remark of a script ends one.
#[test]
fn default_tables_are_known_by_their_columns() {
    for (table, cmdlet, names) in [
        (
            "Identity                                Bindings                                Enabled\n\
             --------                                --------                                -------\n\
             HUB1\\Default HUB1                       {0.0.0.0:25, [::]:25}                   True\n\
             HUB1\\Client HUB1                        {[::]:587, 0.0.0.0:587}                 True\n",
            "Get-ReceiveConnector",
            ["HUB1\\Default HUB1", "HUB1\\Client HUB1"],
        ),
        (
            "<#OUTPUT\n\
             \x20 Thumbprint                                Services   Subject     \n\
             \x20 ----------                                --------   -------     \n\
             \x20 B8FFF722AAF9E4CFA055581061F6020C70BAC8AF  ...WS..    CN=mail.contoso.com, O=Contoso, C=JP\n\
             \x20 51F481DC19DB6E95FE834EA3B179BBD4ACD210AF  IP.WS..    CN=HUB1\n#>\n",
            "Get-ExchangeCertificate",
            [
                "B8FFF722AAF9E4CFA055581061F6020C70BAC8AF",
                "51F481DC19DB6E95FE834EA3B179BBD4ACD210AF",
            ],
        ),
        (
            "Identity                                           Enabled         Priority\n\
             --------                                           -------         --------\n\
             Transport Rule Agent                               True            1\n\
             Journaling Agent                                   True            2\n",
            "Get-TransportAgent",
            ["Transport Rule Agent", "Journaling Agent"],
        ),
    ] {
        let document = read(table);
        let found = records(&document);
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        let shown: Vec<_> = found
            .iter()
            .filter_map(|record| {
                assert_eq!(record.cmdlet, Some(cmdlet));
                let key = if cmdlet == "Get-ExchangeCertificate" {
                    "Thumbprint"
                } else {
                    "Identity"
                };
                record.text(key).map(|(text, _)| text)
            })
            .collect();
        assert_eq!(shown, names);
    }
}

/// A table of something else is not said to be crooked.
#[test]
fn a_table_whose_cmdlet_is_not_known_is_said_to_be_that() {
    let document = parse(&named(
        "x.txt",
        "[PS] C:\\>Get-AcceptedDomain\n\n\
         Name         DomainName   DomainType     Default\n\
         ----         ----------   ----------     -------\n\
         contoso.com  contoso.com  Authoritative  True\n\n\
         [PS] C:\\>$x\n\n\
         Name   Enabled  Priority\n----   -------  --------\nA      True     1\n",
    ));
    let notes: Vec<_> = document
        .ledger
        .notes()
        .iter()
        .map(|note| &*note.why)
        .collect();
    assert!(notes.contains(&"a table of an unnamed cmdlet"), "{notes:?}");
}

/// A page whose source was copied, a wiki's fence, and a mail that was answered
/// twice: what stands in them is the same.
#[test]
fn the_marks_of_pages_wikis_and_mail_are_taken_off() {
    const OUTPUT: &str = "[PS] C:\\>Get-PopSettings | fl\n\n\
        Name                     : 1\n\
        UnencryptedOrTLSBindings : {0.0.0.0:110}\n\
        SSLBindings              : {0.0.0.0:995}\n\
        LoginType                : SecureLogin\n\
        X509CertificateName      : pop.contoso.com\n\
        Server                   : CAS1\n";
    let page = OUTPUT.replace('>', "&gt;").replace("  ", "&nbsp; ");
    let wiki = format!("{{code}}\n{OUTPUT}{{code}}\n");
    let quote = |mark: &str| -> String {
        OUTPUT
            .lines()
            .map(|line| format!("{mark}{line}\n"))
            .collect()
    };
    let typeset = OUTPUT.replace("Get-", "Get\u{2013}");
    for pasted in [
        page,
        wiki,
        quote(">> "),
        quote(">>"),
        quote("> > "),
        typeset,
    ] {
        let file = named("mail.txt", &pasted);
        let evidence = (LIST.detect)(&file).unwrap_or_else(|| panic!("{pasted}"));
        assert!(evidence.strength >= 92, "told by the command: {pasted}");
        let document = parse(&file);
        let found = records(&document);
        let [record] = found.as_slice() else {
            panic!("{pasted}");
        };
        assert_eq!(record.cmdlet, Some("Get-PopSettings"));
        assert_eq!(record.properties.len(), 6, "{pasted}");
        assert_eq!(value(record, "SSLBindings"), list(&["0.0.0.0:995"]));
        assert_eq!(value(record, "LoginType"), text("SecureLogin"));
    }
}

/// `fl Name,*auth*` prints what both list twice; a page may have taken the stars.
#[test]
fn a_property_that_a_command_lists_twice_stays_in_its_object() {
    for listed in [
        "InternalClientAuthenticationMethod,*authen*,InternalHostname",
        "InternalClientAuthenticationMethod, authen,InternalHostname",
    ] {
        let object = |host: &str| {
            format!(
                "InternalClientAuthenticationMethod : Ntlm\n\
                 ExternalClientAuthenticationMethod : Negotiate\n\
                 InternalClientAuthenticationMethod : Ntlm\n\
                 IISAuthenticationMethods           : {{Basic, Ntlm}}\n\
                 InternalHostname                   : {host}\n"
            )
        };
        for between in ["\n", ""] {
            let (one, two) = (object("a.contoso.example"), object("b.contoso.example"));
            let pasted =
                format!("[PS] C:\\>Get-OutlookAnywhere | fl {listed}\n\n{one}{between}{two}");
            let document = read(&pasted);
            let found = records(&document);
            assert_eq!(found.len(), 2, "{pasted}");
            for (record, host) in found.iter().zip(["a.contoso.example", "b.contoso.example"]) {
                let methods = list(&["Basic", "Ntlm"]);
                assert_eq!(value(record, "IISAuthenticationMethods"), methods);
                assert_eq!(value(record, "InternalHostname"), text(host));
            }
        }
    }
    // A command without a prompt that ends in a star.
    let document = read(
        "Get-ActiveSyncVirtualDirectory | fl *url, *auth*\n\n<# OUTPUT:\n\n\
         MobileClientCertificateAuthorityURL :\n\
         InternalUrl                         : https://mail.contoso.example/Microsoft-Server-ActiveSync\n\
         MobileClientCertificateAuthorityURL :\n\
         BasicAuthEnabled                    : True\n\n#>\n",
    );
    assert_eq!(records(&document).len(), 1);
    // Objects of one property each, without a line between them.
    let document = read(
        "[PS] C:\\>Get-SendConnector | fl Name\n\nName : A\nName : B\n\n[PS] C:\\>Get-SendConnector | fl \
         Fqdn,Name\n\nFqdn : a\nName : A\nFqdn : b\nName : B\n",
    );
    assert_eq!(records(&document).len(), 4);
}

#[test]
fn items_below_a_name_leave_its_value_open() {
    let document = read(
        "Identity: HUB1\\Relay\nRemoteIPRanges:\n  - 10.1.2.3\n  - 10.1.2.4\nAuthMechanism: Tls\nPermissionGroups: \
         AnonymousUsers\n",
    );
    let found = records(&document);
    let ranges: Vec<_> = found
        .iter()
        .filter_map(|record| record.properties.get("RemoteIPRanges"))
        .collect();
    assert_eq!(ranges.len(), 1);
    assert!(
        matches!(ranges[0].value, Value::Unusable(_)),
        "{:?}",
        ranges[0]
    );
}

/// `Format-Table -Wrap`: where a column that every object has tells them apart.
#[test]
fn cells_that_go_on_in_the_next_row_are_put_together() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector | ft Name,Bindings,RequireTLS,AuthMechanism -Wrap\n\n\
         Name                 Bindings       RequireTLS AuthMechanism\n\
         ----                 --------       ---------- -------------\n\
         Relay for printers   {0.0.0.0:25}        False Tls, Integrated,\n\
         and scanners                                   BasicAuth, Exchang\n\
         \u{20}                                              eServer\n\
         Default HUB1         {0.0.0.0:2525,      False Tls\n\
         \u{20}                    [fe80::1%1234:\n\
         \u{20}                    2525]:2525}\n\n",
    );
    let found = records(&document);
    let [relay, default] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        value(relay, "Name"),
        text("Relay for printers and scanners")
    );
    assert_eq!(value(relay, "Bindings"), list(&["0.0.0.0:25"]));
    assert_eq!(value(relay, "RequireTLS"), Value::Bool(false));
    let expected = flags(&["Tls", "Integrated", "BasicAuth", "ExchangeServer"]);
    assert_eq!(value(relay, "AuthMechanism"), expected);
    let expected = list(&["0.0.0.0:2525", "[fe80::1%1234:2525]:2525"]);
    assert_eq!(value(default, "Bindings"), expected);
    assert_eq!(document.ledger.totals().not_modelled, 0);
}

#[test]
fn rows_that_may_go_on_or_begin_an_object_are_not_read() {
    let document = read(
        "[PS] C:\\>Get-SendConnector | ft Name,Fqdn,Comment -Wrap\n\n\
         Name               Fqdn               Comment\n\
         ----               ----               -------\n\
         To the Internet by mail.contoso.example  Asked for\n\
         way of Fabrikam\n\n\
         [PS] C:\\>Get-SendConnector | ft Name,Fqdn -Wrap\n\n\
         Name               Fqdn\n\
         ----               ----\n\
         To the Internet by mail.contoso.example\n\
         way of Fabrikam\n\n\
         [PS] C:\\>Get-SendConnector | ft Name,Fqdn -Wrap\n\n\
         Name               Fqdn\n\
         ----               ----\n\
         Internet           mail.contoso.example\n\
         Partner            edge.contoso.example\n\n",
    );
    let found = records(&document);
    let names: Vec<_> = found.iter().map(|record| value(record, "Name")).collect();
    assert_eq!(names, [text("Internet"), text("Partner")]);
    assert_eq!(document.problems.len(), 2, "{:?}", document.problems);
}

/// What a console of 120 columns printed, and a page took the blanks behind the names.
const SQUEEZED: &str = "RunspaceId : 804765a5-173e-4d79-b593-b0086e22135e

ForceWebReadyDocumentViewingFirstOnPrivateComputers : False

WebReadyMimeTypes : {application/vnd.openxmlformats-officedocument.presentationml.pre

sentation, application/vnd.openxmlformats-officedocument.wordproc

essingml.document, application/vnd.ms-powerpoint,

application/pdf}

Name : owa (Default Web Site)

InternalAuthenticationMethods : {Basic, Fba}

MetabasePath : IIS://cas1.corp.contoso.com/W3SVC/1/ROOT/owa

BasicAuthentication : True

Server : CAS1

DistinguishedName : CN=owa (Default Web

Site),CN=HTTP,CN=Protocols,CN=CAS1,CN=Servers,CN=Exchange

Administrative Group (FYDIBOHF23SPDLT),CN=Administrative

Groups,CN=Contoso,CN=Microsoft

Exchange,CN=Services,CN=Configuration,DC=corp,DC=contoso,DC=com

Identity : CAS1\\owa (Default Web Site)

ObjectCategory : corp.contoso.com/Configuration/Schema/ms-Exch-OWA-Virtual-Direct

ory
";

#[test]
fn words_that_a_console_broke_get_no_blank() {
    let document = read(SQUEEZED);
    let records = records(&document);
    let [directory] = records.as_slice() else {
        panic!("{records:?}")
    };
    assert_eq!(
        value(directory, "WebReadyMimeTypes"),
        list(&[
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.ms-powerpoint",
            "application/pdf",
        ])
    );
    assert_eq!(
        value(directory, "ObjectCategory"),
        text("corp.contoso.com/Configuration/Schema/ms-Exch-OWA-Virtual-Directory")
    );
    assert_eq!(
        value(directory, "DistinguishedName"),
        text(
            "CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=CAS1,CN=Servers,CN=Exchange \
             Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,CN=Contoso,\
             CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=corp,DC=contoso,DC=com"
        )
    );
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

#[test]
fn an_object_without_its_blanks_is_told_where_nothing_names_its_cmdlet() {
    let pasted = "These are the settings:

InternalUrl : https://mail.contoso.com/a

ExternalUrl :

BasicAuthentication : True

WindowsAuthentication : False
";
    let document = read(pasted);
    assert!(records(&document).is_empty());
    assert_eq!(document.ledger.totals().not_modelled, 4);
    let prose = "To do : everything\nWhy : it is late\n";
    assert_eq!(read(prose).ledger.totals().not_modelled, 0);
}

#[test]
fn what_a_script_prints_is_read_by_its_properties() {
    let capture = r"[PS] C:\scripts>.\Get-Urls.ps1 -Server CAS1

Server      : CAS1
Name        : owa (Default Web Site)
InternalUrl : http://cas1.contoso.com/owa
ExternalUrl :

Server      : CAS1
Name        : ecp (Default Web Site)
InternalUrl : https://cas1.contoso.com/ecp
ExternalUrl :
";
    let document = read(capture);
    let found: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(
        found,
        [
            Some("Get-OwaVirtualDirectory"),
            Some("Get-EcpVirtualDirectory")
        ]
    );
    let records = records(&document);
    let owa = records.first().expect("a directory");
    assert_eq!(
        value(owa, "InternalUrl"),
        text("http://cas1.contoso.com/owa")
    );
}

#[test]
fn a_thumbprint_of_one_letter_is_none() {
    let table = r"[PS] C:\Windows\system32>Get-ExchangeCertificate

Thumbprint                                Services   Subject
----------                                --------   -------
yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy  .P....     CN=cas1
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  I..W..     CN=mail.contoso.com
";
    let document = read(table);
    let records = records(&document);
    let services: Vec<_> = records.iter().map(|r| value(r, "Services")).collect();
    assert_eq!(services, [flags(&["POP"]), flags(&["IMAP", "IIS"])]);
    for record in records {
        assert!(matches!(value(&record, "Thumbprint"), Value::Unusable(_)));
    }
}

#[test]
fn a_row_of_dashes_under_all_headings_draws_no_columns() {
    let table = r"Get-ExchangeServer | Format-Table Name,Edition,AdminDisplayVersion,ServerRole

Name      Edition     AdminDisplayVersion                 ServerRole
---------------------------------------------------------------------
HUB1      Enterprise  Version 8.3 (Build 83.6)            Mailbox, HubTransport
EDGE1     Standard    Version 8.3 (Build 83.6)            Edge
";
    let document = read(table);
    let records = records(&document);
    let roles: Vec<_> = records.iter().map(|r| value(r, "ServerRole")).collect();
    assert_eq!(
        roles,
        [flags(&["Mailbox", "HubTransport"]), flags(&["Edge"])]
    );
}

#[test]
fn markdown_that_begins_with_a_tag_is_no_page() {
    let pasted = "<h1>Servers</h1>

```powershell
[PS] C:\\>Get-ReceiveConnector | fl Identity,Bindings,AuthMechanism

Identity      : HUB1\\Default HUB1
Bindings      : {0.0.0.0:25}
AuthMechanism : Tls
```
";
    let file = named("notes.md", pasted);
    assert!((LIST.detect)(&file).is_some());
    assert_eq!(records(&parse(&file)).len(), 1);
}

#[test]
fn text_behind_the_fence_leaves_the_name_of_the_command() {
    let named_by = |behind: &str| {
        let pasted = format!(
            "The domain controllers:\n\n```\n[PS] C:\\>Get-ExchangeServer HUB1 -Status | fl current*\n\nCurrentDomainControllers : {{DC1.contoso.com}}\n{behind}"
        );
        let document = read(&pasted);
        let found = records(&document);
        let [server] = found.as_slice() else {
            panic!("{found:?}")
        };
        server.properties.get("Name").map(|name| name.value.clone())
    };
    assert_eq!(named_by("```\n\nThese may be used.\n"), Some(text("HUB1")));
    assert_eq!(named_by(""), Some(text("HUB1")));
    // Inside the capture a text may tell that it is another one.
    assert_eq!(named_by("\nThese are those of EDGE1.\n```\n"), None);
}

#[test]
fn a_default_table_of_servers_is_read_without_its_columns() {
    let pasted = r"[PS] C:\Windows\system32>Get-ExchangeServer

Name Site ServerRole Edition AdminDisplayVersion

HUB1 contoso.com/Con... Mailbox,... Enterprise Version 8.3 (Bui...

CAS1 contoso.com/Con... ClientAccess Standard Version 8.3 (Bui...

EDGE1 Edge Standard Version 8.3 (Bui...
";
    let document = read(pasted);
    let found = records(&document);
    let names: Vec<_> = found.iter().map(|server| value(server, "Name")).collect();
    assert_eq!(names, [text("HUB1"), text("CAS1")]);
    assert!(matches!(
        value(&found[0], "ServerRole"),
        Value::Truncated(_)
    ));
    assert_eq!(value(&found[1], "ServerRole"), flags(&["ClientAccess"]));
    assert!(matches!(value(&found[1], "Site"), Value::Truncated(_)));
    // A server without a site splits in no way, and the line is said.
    assert_eq!(document.ledger.state(8), Some(LineState::NotModelled));
}

#[test]
fn a_row_that_does_not_split_costs_itself_and_the_row_above() {
    // The paste left one blank between the cells; EX2 has no version.
    let text_of = |rows: &str| {
        format!(
            "[PS] C:\\>Get-ExchangeServer | ft Name,ServerRole,AdminDisplayVersion\n\
             Name ServerRole AdminDisplayVersion\n---- ---------- -------------------\n{rows}"
        )
    };
    let rows = "EX1 Mailbox, ClientAccess Version 15.1 (Build 2507.6)\nEX2 Edge\n\
                EX3 Mailbox Version 15.1 (Build 2507.6)\n";
    let document = read(&text_of(rows));
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(value(&found[0], "Name"), text("EX3"));
    let state = |line| document.ledger.state(line);
    assert_eq!(state(3), Some(LineState::NotModelled));
    assert_eq!(state(4), Some(LineState::NotModelled));
    assert_eq!(document.problems.len(), 1);
    // Tabs leave no doubt.
    let tabs = "EX1\tMailbox, ClientAccess\tVersion 15.1 (Build 2507.6)\nEX2\tEdge\t\n";
    let heading = text_of(tabs)
        .replace(
            "Name ServerRole AdminDisplayVersion",
            "Name\tServerRole\tAdminDisplayVersion",
        )
        .replace("---- ---------- ---", "----\t----------\t---");
    let document = read(&heading);
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_eq!(value(&found[1], "ServerRole"), flags(&["Edge"]));
    assert_eq!(value(&found[1], "AdminDisplayVersion"), Value::Null);
}

#[test]
fn an_edge_subscription_has_the_class_of_a_server_and_is_none() {
    // The subscription is a view of the server's object in the directory.
    let document = read(
        "[PS] C:\\>Get-EdgeSubscription | fl\n\nSite           : contoso.com/Configuration/Sites/HQ\n\
         Domain         : contoso.com\nName           : EDGE01\nIdentity       : EDGE01\n\
         ObjectCategory : contoso.com/Configuration/Schema/ms-Exch-Exchange-Server\n\
         ObjectClass    : {top, server, msExchExchangeServer}\n",
    );
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].cmdlet, Some("Get-EdgeSubscription"));
}

#[test]
fn what_a_script_writes_for_nothing_is_no_value() {
    let document = read(
        "[PS] C:\\>Get-ExchangeCertificate | fl\n\nThumbprint         : -\nServices           : N/A\n\
         CertificateDomains : -\nNotAfter           : n/a\nSubject            : CN=a\n",
    );
    let found = records(&document);
    for name in ["Thumbprint", "Services", "CertificateDomains", "NotAfter"] {
        let shown = format!("{:?}", found[0].properties.get(name));
        assert!(shown.contains("in the place of a value"), "{name}: {shown}");
    }
    assert_eq!(value(&found[0], "Subject"), text("CN=a"));
}
