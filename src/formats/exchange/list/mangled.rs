//! What forums take from a capture: columns, indentation, the line of dashes,
//! and the names that only the command tells.

use super::tests::{list, named, read, records, runs, text, value};
use super::{LIST, parse};
use crate::formats::{Document, LineState};
use crate::model::exchange::{Lookup, Value};

/// One blank line more between all lines, as some forums print them.
fn doubled(text: &str) -> String {
    text.lines().map(|line| format!("{line}  \n\n")).collect()
}

#[test]
fn a_table_that_lost_its_columns_is_read_where_its_cells_tell_themselves() {
    let pasted = doubled(
        "[PS] C:\\Windows\\system32>Get-ReceiveConnector\n\
         >\n\
         Identity Bindings Enabled\n\
         HUB1\\Default HUB1 {0.0.0.0:2525, [::]:2525} True\n\
         HUB1\\Relay for printers {10.1.0.11:25} False\n\
         I have restarted the server as well.\n",
    );
    let document = parse(&named("thread.txt", &pasted));
    let found = records(&document);
    let [default, relay] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(default.cmdlet, Some("Get-ReceiveConnector"));
    assert_eq!(value(default, "Identity"), text("HUB1\\Default HUB1"));
    assert_eq!(
        value(default, "Bindings"),
        list(&["0.0.0.0:2525", "[::]:2525"])
    );
    assert_eq!(value(relay, "Identity"), text("HUB1\\Relay for printers"));
    assert_eq!(value(relay, "Enabled"), Value::Bool(false));
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn sentences_below_a_table_are_no_rows() {
    for (table, rows) in [
        (
            "Get-ReceiveConnector | ft Name,Enabled\n\nName Enabled\n\n\
             Default True\nRelay False\n\nI have changed this and it is now True\n",
            2,
        ),
        (
            "Get-TransportAgent\n\nIdentity Enabled Priority\n\nAgent A True 1\n\n\
             the second one is then always True 2\n",
            1,
        ),
        (
            "Get-ReceiveConnector | ft Name,PermissionGroups\n\nName PermissionGroups\n\
             Default ExchangeUsers, ExchangeServers\n\n\
             I have also tried it with AnonymousUsers\n",
            1,
        ),
    ] {
        let document = read(&format!("[PS] C:\\>{table}"));
        assert_eq!(records(&document).len(), rows, "{table}");
    }
}

#[test]
fn rows_that_do_not_split_are_said() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector | ft Identity,Bindings,Enabled\n\n\
         Identity Bindings Enabled\n\
         -------- -------- -------\n\
         HUB1\\Default HUB1 {0.0.0.0:25} True\n\
         HUB1\\Old relay {10.1.0.11:25}\n\n\
         [PS] C:\\>Get-TransportConfig | ft MaxSendSize,MaxReceiveSize\n\n\
         MaxSendSize MaxReceiveSize\n\n\
         Unlimited Unlimited\n",
    );
    let states = document.ledger.states();
    for line in [2, 3, 4, 5] {
        assert_eq!(states[line], LineState::NotModelled, "line {}", line + 1);
    }
    assert!(records(&document).is_empty());
    assert!(
        document
            .problems
            .iter()
            .any(|problem| { problem.message == "a table of the shell could not be read" })
    );
}

#[test]
fn an_object_without_a_name_has_the_one_that_the_command_asked_for() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector \"HUB1\\Relay for printers\" | fl Bindings,RemoteIPRanges\n\n\
         Bindings       : {0.0.0.0:25}\n\
         RemoteIPRanges : {10.1.0.7}\n\n\
         [PS] C:\\>Get-SendConnector -Identity 'To Internet' | fl SmartHosts,RequireTLS\n\n\
         SmartHosts : {[192.0.2.25]}\n\
         RequireTLS : False\n\n\
         [PS] C:\\>Get-ExchangeServer MBX1 -Status | fl current*\n\n\
         CurrentDomainControllers : {dc1.contoso.com}\n\
         CurrentGlobalCatalogs    : {dc1.contoso.com}\n",
    );
    let found = records(&document);
    let [receive, send, server] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(value(receive, "Identity"), text("HUB1\\Relay for printers"));
    assert_eq!(value(send, "Name"), text("To Internet"));
    assert_eq!(value(server, "Name"), text("MBX1"));
}

#[test]
fn a_command_for_several_objects_names_none() {
    for command in [
        "Get-ReceiveConnector HUB1\\* | fl Bindings,AuthMechanism",
        "Get-ReceiveConnector $name | fl Bindings,AuthMechanism",
        "Get-ReceiveConnector -Server HUB1 | fl Bindings,AuthMechanism",
        "Get-ExchangeServer HUB1 | Get-ReceiveConnector | fl Bindings,AuthMechanism",
        "Get-ReceiveConnector 5f1c0e00-aaaa-bbbb-cccc-000000000000 | fl Bindings,AuthMechanism",
    ] {
        let document = read(&format!(
            "[PS] C:\\>{command}\n\nBindings      : {{0.0.0.0:25}}\nAuthMechanism : Tls\n"
        ));
        let found = records(&document);
        for name in ["Identity", "Name"] {
            assert!(matches!(found[0].get(name), Lookup::Absent), "{command}");
        }
    }
    // Two objects cannot both be the one.
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector Relay | fl Bindings,AuthMechanism\n\n\
         Bindings      : {0.0.0.0:25}\nAuthMechanism : Tls\n\n\
         Bindings      : {0.0.0.0:587}\nAuthMechanism : Tls\n",
    );
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|record| record.properties.get("Name").is_none())
    );
}

#[test]
fn what_stands_beside_an_object_may_tell_that_it_is_not_the_one_asked_for() {
    for text in [
        // The list of the command does not hold what is printed.
        "[PS] C:\\>Get-ReceiveConnector Relay | fl AuthMechanism,Enabled\n\n\
         Bindings      : {0.0.0.0:25}\nAuthMechanism : Tls\n",
        "[PS] C:\\>Get-ReceiveConnector HUB1\\Relay | fl Bindings,AuthMechanism\n\n\
         I then tried it with the other one:\n\n\
         Bindings      : {0.0.0.0:25}\nAuthMechanism : Tls\n",
        "[PS] C:\\>Get-ReceiveConnector HUB1\\Relay | fl Bindings,AuthMechanism\n\
         WARNING: the object is corrupted\n\n\
         Bindings      : {0.0.0.0:25}\nAuthMechanism : Tls\n",
        // Two commands, one output: of which of them?
        "[PS] C:\\>Get-ReceiveConnector HUB1\\Old | fl Bindings,AuthMechanism\n\
         [PS] C:\\>Get-ReceiveConnector HUB1\\Relay | fl Bindings,AuthMechanism\n\n\
         Bindings      : {0.0.0.0:25}\nAuthMechanism : Tls\n",
        "[PS] C:\\>Get-OwaVirtualDirectory EX1 | fl InternalUrl,BasicAuthentication\n\n\n\
         InternalUrl         : https://ex1.contoso.com/owa\nBasicAuthentication : True\n",
        "[PS] C:\\>Get-ExchangeServer ex1.contoso.com | fl Edition,ServerRole\n\n\
         Edition    : Standard\nServerRole : Mailbox\n",
    ] {
        let found = records(&read(text));
        assert_eq!(found.len(), 1, "{text}");
        for name in ["Identity", "Name"] {
            assert!(matches!(found[0].get(name), Lookup::Absent), "{text}");
        }
    }
}

#[test]
fn a_cmdlet_in_a_name_is_not_the_one_that_was_run() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector \"HUB1\\Get-Mail\" | fl Name,Bindings\n\n\
         Name     : Get-Mail\nBindings : {0.0.0.0:25}\n",
    );
    let found = records(&document);
    assert_eq!(found[0].cmdlet, Some("Get-ReceiveConnector"));
}

#[test]
fn properties_filled_up_to_another_column_are_of_another_object() {
    let document = read(&doubled(
        "Name                           : CAS1\n\
         AutoDiscoverServiceInternalUri : https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml\n\
         Server                             : CAS1\n\
         ExternalHostname                   : mail.contoso.com\n\
         ExternalClientAuthenticationMethod : Ntlm\n\
         InternalClientsRequireSsl          : True\n",
    ));
    let summary: Vec<_> = runs(&document)
        .iter()
        .map(|run| (run.cmdlet, run.records.len()))
        .collect();
    assert_eq!(
        summary,
        [
            (Some("Get-ClientAccessServer"), 1),
            (Some("Get-OutlookAnywhere"), 1)
        ]
    );
    assert!(records(&document)[1].properties.get("Name").is_none());
}

#[test]
fn lines_that_somebody_wrote_anew_do_not_cut_their_object() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector -Server HUB1 | fl\n\n\
         Name                 : Default HUB1\n\
         Identity             : HUB1\\Default HUB1\n\
         Bindings             : {0.0.0.0:25}\n\
         Fqdn    : (removed)\n\
         Banner  : (removed)\n\
         RemoteIPRanges       : {0.0.0.0-255.255.255.255}\n\
         PermissionGroups     : AnonymousUsers, Custom\n",
    );
    let found = records(&document);
    let [connector] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(connector.properties.len(), 7);
}

#[test]
fn objects_do_not_run_into_one_another_where_a_value_was_broken() {
    let object = |site: &str, class: &str| {
        format!(
            "RunspaceId : 5f1c0e00-0000-0000-0000-000000000000\n\
             Name : {site} (Default Web Site)\n\
             InternalAuthenticationMethods : {{Basic, Fba}}\n\
             BasicAuthentication : True\n\
             FormsAuthentication : True\n\
             Server : EX1\n\
             InternalUrl : https://ex1.contoso.com/{site}\n\
             DistinguishedName : CN={site} (Default Web\n\
             Site),CN=HTTP,CN=Protocols,CN=EX1,CN=Servers,CN=Exchange\n\
             Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,CN=First\n\
             Organization,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com\n\
             Identity : EX1\\{site} (Default Web Site)\n\
             ObjectCategory : contoso.com/Configuration/Schema/ms-Exch-{class}-Virtual-Directory\n\
             IsValid : True\n"
        )
    };
    let pasted = doubled(&(object("ecp", "ECP") + &object("owa", "OWA")));
    let document = read(&pasted);
    let found = records(&document);
    let [ecp, owa] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(ecp.cmdlet, Some("Get-EcpVirtualDirectory"));
    assert_eq!(owa.cmdlet, Some("Get-OwaVirtualDirectory"));
    for (record, site) in [(ecp, "ecp"), (owa, "owa")] {
        let url = format!("https://ex1.contoso.com/{site}");
        assert_eq!(value(record, "InternalUrl"), text(&url));
        let identity = format!("EX1\\{site} (Default Web Site)");
        assert_eq!(value(record, "Identity"), text(&identity));
        assert_eq!(value(record, "IsValid"), Value::Bool(true));
    }
}

#[test]
fn names_do_not_move_where_the_first_object_lost_its_head() {
    let object = |name: &str, port: u16, groups: &str| {
        format!(
            "Name             : {name}\n\
             Bindings         : {{0.0.0.0:{port}}}\n\
             RemoteIPRanges   : {{10.0.0.1}}\n\
             PermissionGroups : {groups}\n\n"
        )
    };
    let whole = object("Default", 25, "ExchangeServers")
        + &object("Relay", 26, "AnonymousUsers")
        + &object("Client", 587, "ExchangeUsers");
    let command = "[PS] C:\\>Get-ReceiveConnector | fl\n\n";
    for lost in 0..4 {
        let rest: String = whole.split_inclusive('\n').skip(lost).collect();
        let single = format!("{command}{rest}");
        // Two blank lines more between the objects than between their lines.
        let double = rest.replace("\n\n", "\n\n\n\n");
        let double = double.replace('\n', "\n\n");
        for text_of in [single, format!("{command}{double}")] {
            let found = records(&read(&text_of));
            let mut shown: Vec<_> = found
                .iter()
                .map(|record| {
                    (
                        record.properties.get("name").map(|p| p.value.clone()),
                        value(record, "PermissionGroups"),
                    )
                })
                .collect();
            let groups = |name: &str| Value::Flags([name.into()].into_iter().collect());
            let first = shown.remove(0);
            assert_eq!(first.0.is_some(), lost == 0, "{text_of}");
            assert_eq!(first.1, groups("ExchangeServers"), "{text_of}");
            assert_eq!(
                shown,
                [
                    (Some(text("Relay")), groups("AnonymousUsers")),
                    (Some(text("Client")), groups("ExchangeUsers")),
                ],
                "{text_of}"
            );
        }
    }
    // The second object was cut off, too: nothing repeats.
    let document = read(&format!(
        "{command}Bindings         : {{0.0.0.0:25}}\nRemoteIPRanges   : {{10.0.0.1}}\n\n\
         Name             : Relay\n"
    ));
    let found = records(&document);
    assert!(
        found.iter().all(|record| record.properties.len() != 3),
        "{found:?}"
    );
}

#[test]
fn what_curl_prints_before_an_answer_does_not_hide_it() {
    let file = named(
        "answer.txt",
        "< HTTP/1.1 200 OK\n< Content-Length: 2126\n< \n\
         Name                  : OAB (Default Web Site)\n\
         PollInterval          : 480\n\
         RequireSSL            : True\n\
         BasicAuthentication   : False\n\
         Server                : EX1\n",
    );
    assert!((LIST.detect)(&file).is_some());
    let document = parse(&file);
    assert_eq!(
        records(&document)[0].cmdlet,
        Some("Get-OabVirtualDirectory")
    );
}

#[test]
fn certificates_that_certutil_lists_are_not_those_of_exchange() {
    for word in ["Certificate", "Zertifikat", "証明書"] {
        let listing = format!(
            "My \"Personal\"\n================ {word} 0 ================\n\
             Serial Number: 1a2b3c4d5e\nIssuer: CN=Contoso CA\n \
             NotBefore: 1/1/2026 12:00 AM\n NotAfter: 1/1/2027 12:00 AM\n\
             Subject: CN=mail.contoso.com\n"
        );
        assert!((LIST.detect)(&named("x.txt", &listing)).is_none(), "{word}");
    }
}

#[test]
fn a_title_between_two_rules_is_no_heading_of_certutil() {
    let object = |server: &str| {
        format!(
            "Identity         : {server}\\Relay\n\
             Bindings         : {{0.0.0.0:25}}\n\
             PermissionGroups : AnonymousUsers\n\
             RemoteIPRanges   : {{0.0.0.0-255.255.255.255}}\n\n"
        )
    };
    let rule = "=".repeat(16);
    let text = format!(
        "{rule} Server 1 {rule}\n\n{}{rule} Server 2 {rule}\n{}",
        object("HUB1"),
        object("HUB2")
    );
    assert_eq!(records(&read(&text)).len(), 2);
    let below_a_command = format!("[PS] C:\\>Get-ReceiveConnector | fl\n\n{text}");
    assert_eq!(records(&read(&below_a_command)).len(), 2);
    // What a cmdlet printed behind a listing is read, too.
    let listing = format!(
        "{rule} Certificate 0 {rule}\nSerial Number: 1a2b3c4d5e\nIssuer: CN=Contoso CA\n\n{}",
        object("HUB1")
    );
    let document = read(&listing);
    assert_eq!(records(&document).len(), 1);
    assert_eq!(document.ledger.states()[1], LineState::Irrelevant);
}

#[test]
fn certificates_that_certutil_lists_are_none_of_exchange() {
    let rule = "=".repeat(16);
    for above in ["Archived!\n", "X509 Certificate:\nVersion: 3\n", ""] {
        let document = read(&format!(
            "[PS] C:\\>Get-ExchangeCertificate | fl Thumbprint,Services,Subject,NotAfter\n\n\
             Thumbprint : B8FFF722AAF9E4CFA055581061F6020C70BAC8AF\n\
             Services   : SMTP\n\
             Subject    : CN=mail.contoso.com\n\
             NotAfter   : 1/1/2027 12:00:00 AM\n\n\
             my \"Personal\"\n\
             {rule} Certificate 0 {rule}\n\
             {above}Serial Number: 1a2b3c4d5e\n\
             Issuer: CN=Contoso CA\n NotBefore: 1/1/2020 12:00 AM\n NotAfter: 1/1/2022 12:00 AM\n\
             Subject: CN=old.contoso.com\n"
        ));
        let found = records(&document);
        let [certificate] = found.as_slice() else {
            panic!("{above}: {found:?}");
        };
        assert_eq!(value(certificate, "Subject"), text("CN=mail.contoso.com"));
        let behind = document
            .ledger
            .states()
            .get(8..)
            .expect("lines of certutil");
        let irrelevant = behind.iter().all(|state| *state == LineState::Irrelevant);
        assert!(irrelevant, "{above}: {behind:?}");
    }
}

#[test]
fn a_sentence_that_would_split_is_no_row() {
    let names = |text: &str| -> (Vec<Value>, usize) {
        let document = read(text);
        let found = records(&document);
        let names = found.iter().map(|row| value(row, "Name")).collect();
        (names, document.problems.len())
    };
    let ask = "[PS] C:\\>Get-ReceiveConnector | ft Name,Enabled\n";
    let both = || vec![text("Default"), text("Relay")];
    let doubled = format!(
        "{ask}\nName Enabled\n\nDefault True\n\nRelay False\n\n\
         and now I see that the first one is True\n\nBest regards\n"
    );
    assert_eq!(names(&doubled), (both(), 1));
    let close = format!(
        "{ask}Name Enabled\nDefault True\nRelay False\n\
         I changed the second one so that it is False\nAny ideas?\n"
    );
    assert_eq!(names(&close), (both(), 1));
    let ruled = format!(
        "{ask}\nName Enabled\n---- -------\nDefault connector True\nRelay False\n\
         I changed the second one so that it is False\n"
    );
    let rows = vec![text("Default connector"), text("Relay")];
    assert_eq!(names(&ruled), (rows, 1));
    // Behind the only row, nothing tells of a second one.
    let one = format!("{ask}Name Enabled\n\nDefault True\n\nin my case it should be True\n");
    assert_eq!(names(&one), (vec![text("Default")], 0));
    let state = read(&one).ledger.states().last().copied();
    assert_eq!(state, Some(LineState::NotModelled));
}

#[test]
fn a_command_in_a_value_is_none() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector | fl Identity,Comment,Bindings,RemoteIPRanges\n\n\
         Identity       : HUB1\\Relay\n\
         Comment        : created with New-ReceiveConnector and then\n                 \
         Get-ReceiveConnector HUB1\\Old|fl\n\
         Bindings       : {0.0.0.0:25}\n\
         RemoteIPRanges : {0.0.0.0-255.255.255.255}\n",
    );
    let found = records(&document);
    let [relay] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(value(relay, "Identity"), text("HUB1\\Relay"));
    assert_eq!(value(relay, "Bindings"), list(&["0.0.0.0:25"]));
    let comment = "created with New-ReceiveConnector and then Get-ReceiveConnector HUB1\\Old|fl";
    assert_eq!(value(relay, "Comment"), text(comment));
}

#[test]
fn services_that_are_not_set_are_dots() {
    let document = read(
        "[PS] C:\\>Get-ExchangeCertificate\n\n\
         Thumbprint                                Services   Subject\n\
         ----------                                --------   -------\n\
         B8FFF722AAF9E4CFA055581061F6020C70BAC8AF  ...W...    CN=mail.contoso.com\n\
         51F481DC19DB6E95FE834EA3B179BBD4ACD210AF  IP.....    CN=HUB1\n\
         4CE834243B37D27F29379287D3DED6294935EB2D  .......    CN=WMSvc-HUB1\n",
    );
    let found = records(&document);
    let services: Vec<Value> = found.iter().map(|r| value(r, "Services")).collect();
    let set = |names: &[&str]| Value::Flags(names.iter().map(|name| (*name).into()).collect());
    assert_eq!(services, [set(&["IIS"]), set(&["IMAP", "POP"]), set(&[])]);
}

#[test]
fn broken_values_at_the_margin_stay_in_their_object() {
    let pasted = doubled(
        "[PS] C:\\>Get-ReceiveConnector -Server HUB1 | fl\n\
         AuthMechanism : Tls, Integrated, BasicAuth, BasicAuth\n\
         RequireTLS, ExchangeServer\n\
         Banner :\n\
         Bindings : {0.0.0.0:25}\n\
         Fqdn : HUB1.contoso.com\n\
         Enabled : True\n\
         ObjectCategory : contoso.com/Configuration/Schema/ms-Exch-Smtp\n\
         -Receive-Connector\n\
         PermissionGroups : ExchangeUsers, ExchangeServers\n\
         Identity : HUB1\\Default HUB1\n\
         AuthMechanism : Tls\n\
         Banner :\n\
         Bindings : {0.0.0.0:587}\n\
         Identity : HUB1\\Client HUB1\n",
    );
    let document = read(&pasted);
    let found = records(&document);
    let [default, client] = found.as_slice() else {
        panic!("{found:?}");
    };
    let flags = |names: &[&str]| Value::Flags(names.iter().map(|name| (*name).into()).collect());
    assert_eq!(
        value(default, "AuthMechanism"),
        flags(&[
            "Tls",
            "Integrated",
            "BasicAuth",
            "BasicAuthRequireTLS",
            "ExchangeServer"
        ])
    );
    assert_eq!(value(default, "Identity"), text("HUB1\\Default HUB1"));
    assert_eq!(
        value(default, "PermissionGroups"),
        flags(&["ExchangeUsers", "ExchangeServers"])
    );
    assert_eq!(value(client, "AuthMechanism"), flags(&["Tls"]));
    assert_eq!(value(client, "Bindings"), list(&["0.0.0.0:587"]));
}

#[test]
fn a_note_between_two_properties_is_no_part_of_a_value() {
    // Whether the value is still known.
    for (above, note, known) in [
        (
            "Subject    : CN=mail.contoso.com",
            "this one was renewed last week",
            true,
        ),
        (
            "Subject    : CN=mail.contoso.com",
            "PASSWORD of the file is S3cret",
            true,
        ),
        (
            "Subject    : CN=mail.contoso.com, OU=a very long one",
            "Custom",
            false,
        ),
        (
            "Services   : IMAP, POP, IIS, SMTP, Federation, UM",
            "Custom",
            false,
        ),
        (
            "RootCAType : none of the names that it may have in such a place",
            "Custom",
            false,
        ),
    ] {
        let document = read(&format!(
            "[PS] C:\\>Get-ExchangeCertificate | fl\n\n\
             Thumbprint : B8FFF722AAF9E4CFA055581061F6020C70BAC8AF\n\
             Issuer     : CN=Contoso CA\nStatus     : Valid\n\
             IsValid    : True\n{above}\n{note}\nHasPrivateKey : True\n"
        ));
        let key = above.split(' ').next().unwrap_or_default();
        let said = records(&document).iter().any(|record| {
            let found = record.properties.get(&key.to_ascii_lowercase());
            found
                .is_some_and(|p| matches!(&p.value, Value::Unusable(why) if why.contains("a note")))
        });
        assert_eq!(said, !known, "{above}\n{note}");
        let shown = format!("{:?}", records(&document));
        assert!(
            !shown.contains("S3cret") && !shown.contains("Custom"),
            "{shown}"
        );
        if !known {
            assert_ne!(document.ledger.states()[7], LineState::Modelled, "{above}");
        }
    }
}

#[test]
fn a_title_behind_a_long_value_does_not_join_two_objects() {
    let document = read(&doubled(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\
         Name : owa (Default Web Site)\n\
         BasicAuthentication : True\n\
         Server : EX1\n\
         IsValid : True\n\
         ExternalUrl : https://mail.contoso.com/owa/with/a/long/path\n\
         EX2\n\
         Identity : EX2\\owa (Default Web Site)\n\
         InternalUrl : https://ex2.contoso.com/owa\n",
    ));
    let found = records(&document);
    let [first, second] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(matches!(value(first, "ExternalUrl"), Value::Unusable(_)));
    assert!(first.properties.get("identity").is_none());
    assert_eq!(
        value(second, "Identity"),
        text("EX2\\owa (Default Web Site)")
    );
}

#[test]
fn a_line_at_the_margin_is_no_rest_where_others_are_indented() {
    let document = read(
        "[PS] C:\\>Get-ExchangeServer | fl Name,Site,Fqdn,Edition\n\n\
         Name                : EX1\n\
         Site                : contoso.com/Configuration/Sites/Default-First-Site-Name-T\n                      \
         okyo\n\
         Edition             : Enterprise\n\n\
         Name                : EX2\n\
         Site                : contoso.com/Configuration/Sites/Default-First-Site-Name-T\n\
         EX3\n                      \
         okyo\n\
         Edition             : Standard\n",
    );
    let found = records(&document);
    let [first, second] = found.as_slice() else {
        panic!("{found:?}");
    };
    let site = "contoso.com/Configuration/Sites/Default-First-Site-Name-Tokyo";
    assert_eq!(value(first, "Site"), text(site));
    assert!(matches!(value(second, "Site"), Value::Unusable(_)));
}

#[test]
fn names_of_hosts_have_no_blank_where_a_console_broke_them() {
    let document = read(&doubled(
        "[PS] C:\\>Get-ExchangeServer MBX1 -Status | fl\n\
         Name : MBX1\n\
         CurrentDomainControllers : {DC1.contoso.com, DC2.con\n\
         toso.com}\n\
         Site : contoso.com/Configuration/Sites/Tokyo\n",
    ));
    let found = records(&document);
    assert_eq!(
        value(&found[0], "CurrentDomainControllers"),
        list(&["DC1.contoso.com", "DC2.contoso.com"])
    );
    assert!(matches!(found[0].get("Site"), Lookup::Known(..)));
}

#[test]
fn stars_of_markdown_are_no_part_of_a_value() {
    let document = read(
        "Get-ExchangeServer | Format-List Name,Edition,AdminDisplayVersion\n\n\
         Name                : **MBX1**\n\
         Edition             : Standard\n\
         AdminDisplayVersion : Version 15.2 (Build 1118.7)\n",
    );
    assert_eq!(value(&records(&document)[0], "Name"), text("MBX1"));
}

#[test]
fn a_command_with_its_output_in_one_line_did_not_return_nothing() {
    let capture = |output: &str| {
        format!(
            "[PS] C:\\>Get-PopSettings | fl LoginType {output}\n\
             [PS] C:\\>Get-ImapSettings | fl LoginType\n\n\
             LoginType : SecureLogin\n\n\
             [PS] C:\\>\n"
        )
    };
    let told = |document: &Document| -> Vec<_> {
        let runs = runs(document).into_iter();
        runs.map(|run| (run.cmdlet, run.records.len())).collect()
    };
    // What stands in front of the second colon may be part of the value.
    let document = read(&capture("LoginType : SecureLogin Note : ours"));
    assert_eq!(told(&document), [(Some("Get-ImapSettings"), 1)]);
    assert_eq!(document.ledger.states()[0], LineState::NotModelled);
    let document = read(&capture("LoginType : PlainTextLogin"));
    assert_eq!(
        told(&document),
        [(Some("Get-PopSettings"), 1), (Some("Get-ImapSettings"), 1)]
    );
    let settings = records(&document);
    assert_eq!(value(&settings[0], "LoginType"), text("PlainTextLogin"));
    assert_eq!(document.ledger.states()[0], LineState::Modelled);
}

#[test]
fn the_rest_of_an_object_behind_text_is_not_mixed_with_the_next_object() {
    let document = read(
        "[PS] C:\\>Get-TransportAgent | Format-List\n\n\
         Enabled  : False\n\
         Priority : 1\n\
         AssemblyPath : C:\\Program Files\\Contoso\\Agents\\Contoso.Trans\n\
         this text came between\n\
         Identity : Agent A\n\
         IsValid  : True\n\
         Enabled  : True\n\
         Priority : 2\n\
         Identity : Agent B\n\
         IsValid  : True\n",
    );
    let found = records(&document);
    let enabled: Vec<_> = found.iter().map(|agent| value(agent, "Enabled")).collect();
    assert_eq!(enabled, [Value::Bool(false), Value::Bool(true)]);
    let names: Vec<_> = found.iter().map(|agent| value(agent, "Identity")).collect();
    assert_eq!(names, [text("Agent A"), text("Agent B")]);
}

#[test]
fn names_that_a_script_gives_to_a_cmdlet_are_no_table() {
    let text = "\"HUB1\",\"HUB2\" | Resolve-DnsName -Type A\n\
         Get-ClientAccessServer | fl Name,AutoDiscoverServiceInternalUri\n\
         <#\n\
         Name : HUB1\n\
         AutoDiscoverServiceInternalUri : https://mail.contoso.com/a.xml\n\
         #>\n";
    assert!((LIST.detect)(&named("x.txt", text)).is_some());
    for table in ["\"Name\"|\"Get-Server\"\n", "\"Name\",\"a|b-c\"\n"] {
        let text = text.replacen("\"HUB1\",\"HUB2\" | Resolve-DnsName -Type A\n", table, 1);
        assert!((LIST.detect)(&named("x.txt", &text)).is_none(), "{table}");
    }
}

#[test]
fn no_line_that_may_show_a_secret_is_printed() {
    let text = "[PS] C:\\>Get-SendConnector | fl\n\n\
         Name       : Internet\n\
         Password   : Geheim1Geheim1Geheim1Geheim1Geheim1\n\
         Geheim2 and more\n\
         SmartHosts : {relay.contoso.com}\n\n\
         [PS] C:\\>Get-SendConnector | ft Name,Password,RequireTLS\n\n\
         Name     Password    RequireTLS\n\
         ----     --------    ----------\n\
         Internet Geheim3       True\n\
         Long connector name Geheim4 False\n\n\
         [PS] C:\\>Get-SendConnector | ft Name,AuthenticationCredential,RequireTLS\n\n\
         Name AuthenticationCredential RequireTLS\n\
         Internet {Geheim5 tru\n\n\
         [PS] C:\\>Get-Thing | ft Name,Community\n\n\
         Name Community\n\n\
         Internet Geheim6\n";
    let document = read(text);
    let spans = document.content.iter().find_map(|content| match content {
        crate::formats::Content::Secrets(spans) => Some(spans),
        _ => None,
    });
    let spans = spans.expect("secrets");
    for number in 1..=6 {
        let secret = format!("Geheim{number}");
        let at = u32::try_from(text.find(&secret).expect("there")).expect("small");
        let hidden = spans.iter().any(|span| span.start <= at && at < span.end);
        assert!(hidden, "{secret}: {spans:?}");
    }
}

#[test]
fn a_table_of_too_many_cells_is_said_and_not_read() {
    let (columns, rows) = (100, 41_000);
    let names: String = (0..columns).map(|at| format!("K{at:06} ")).collect();
    let text = format!(
        "[PS] C:\\>Get-ReceiveConnector | ft\n\nName  {names}\n----  {}\n{}",
        "------- ".repeat(columns),
        "x\n".repeat(rows)
    );
    let document = read(&text);
    assert!(records(&document).is_empty());
    assert_eq!(document.ledger.states()[4], LineState::NotModelled);
    assert_eq!(
        document.problems.first().map(|p| p.span.start > 0),
        Some(true)
    );
}
