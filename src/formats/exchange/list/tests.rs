//! One test for each thing that real captures do (`Q…` numbers: the table of
//! quirks in `reference/exchange-exports.md` §4).

use super::*;

pub(super) use crate::formats::exchange::testing::{named, runs, text};
use crate::model::exchange::{Lookup, Record, Value};

pub(super) fn records(document: &Document) -> Vec<Record> {
    runs(document)
        .into_iter()
        .flat_map(|run| run.records.clone())
        .collect()
}

pub(super) fn read(text: &str) -> Document {
    parse(&named("capture.txt", text))
}

fn only(text: &str) -> Record {
    let mut found = records(&read(text));
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

pub(super) fn value(record: &Record, name: &str) -> Value {
    let property = record.properties.get(&name.to_ascii_lowercase());
    property
        .unwrap_or_else(|| panic!("no {name}"))
        .value
        .clone()
}

pub(super) fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|i| text(i)).collect())
}

pub(super) fn flags(names: &[&str]) -> Value {
    Value::Flags(names.iter().map(|n| (*n).into()).collect())
}

const HUB: &str = "\
[PS] C:\\Windows\\system32>Get-ReceiveConnector | fl


AuthMechanism           : Tls, Integrated, BasicAuth
Bindings                : {0.0.0.0:25, [::]:25}
Banner                  :
RemoteIPRanges          : {}
RequireTLS              : False
MaxHopCount             : 60
PermissionGroups        : None
Identity                : HUB1\\Default HUB1

AuthMechanism           : ExternalAuthoritative, Tls
Bindings                : {10.0.0.5:25}
Banner                  : 220 hub1
RemoteIPRanges          : {10.0.0.0/24}
RequireTLS              : True
MaxHopCount             : 60
PermissionGroups        : ExchangeServers
Identity                : HUB1\\Relay

[PS] C:\\Windows\\system32>Get-EdgeSubscription
[PS] C:\\Windows\\system32>
";

#[test]
fn a_transcript_yields_its_objects_and_its_empty_results() {
    let document = read(HUB);
    let found = runs(&document);
    let summary: Vec<_> = found
        .iter()
        .map(|run| (run.cmdlet, run.records.len()))
        .collect();
    assert_eq!(
        summary,
        [
            (Some("Get-ReceiveConnector"), 2),
            (Some("Get-EdgeSubscription"), 0)
        ]
    );
    let records = records(&document);
    let first = records.first().expect("two");
    assert_eq!(
        value(first, "AuthMechanism"),
        flags(&["Tls", "Integrated", "BasicAuth"])
    );
    assert_eq!(value(first, "Bindings"), list(&["0.0.0.0:25", "[::]:25"]));
    assert_eq!(value(first, "Banner"), Value::Null);
    assert_eq!(
        value(first, "RemoteIPRanges"),
        Value::List(Vec::new().into())
    );
    assert_eq!(value(first, "RequireTLS"), Value::Bool(false));
    assert_eq!(value(first, "MaxHopCount"), Value::Integer(60));
    assert_eq!(value(first, "PermissionGroups"), flags(&[]));
    assert_eq!(first.get("Fqdn"), Lookup::Absent);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn spans_lead_to_the_value_or_to_the_name_of_an_empty_one() {
    let source = named("capture.txt", HUB);
    let records = records(&parse(&source));
    let slice = |index: usize, name: &str| {
        let span = records
            .get(index)
            .and_then(|r| r.properties.get(name))
            .map(|p| p.span);
        span.map(|span| source.slice(span).to_owned())
            .unwrap_or_default()
    };
    assert_eq!(slice(0, "bindings"), "{0.0.0.0:25, [::]:25}");
    assert_eq!(slice(0, "banner"), "Banner");
    assert_eq!(slice(1, "identity"), "HUB1\\Relay");
}

#[test]
fn q1_words_cut_at_column_79_are_joined() {
    let record = only(
        r"[PS] C:\>Get-ExchangeServer | fl

Name                          : HUB1
IsExpiredExchangeTrialEdition : False
DistinguishedName             : CN=HUB1,CN=Servers,CN=Exchange Administrative G
                                roup (FYDIBOHF23SPDLT),CN=Administrative Groups
                                ,DC=contoso,DC=com
ServerRole                    : Mailbox, ClientAccess, UnifiedMessaging, HubTra
                                nsport
NetworkAddress                : {ncacn_vns_spp:HUB1, netbios:HUB1, ncacn_np:HUB
                                1, ncacn_spx:HUB1, ncacn_ip_tcp:hub1.contoso.co
                                m, ncalrpc:HUB1}
Fqdn                          : hub1.contoso.com
",
    );
    assert_eq!(
        value(&record, "ServerRole"),
        flags(&[
            "Mailbox",
            "ClientAccess",
            "UnifiedMessaging",
            "HubTransport"
        ])
    );
    assert_eq!(
        value(&record, "NetworkAddress"),
        list(&[
            "ncacn_vns_spp:HUB1",
            "netbios:HUB1",
            "ncacn_np:HUB1",
            "ncacn_spx:HUB1",
            "ncacn_ip_tcp:hub1.contoso.com",
            "ncalrpc:HUB1",
        ])
    );
    assert_eq!(
        value(&record, "DistinguishedName"),
        text(
            "CN=HUB1,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,DC=contoso,DC=com"
        )
    );
}

#[test]
fn wrapped_lines_that_lost_their_indentation_are_joined() {
    let record = only(
        r"[PS] C:\>Get-ExchangeServer | fl

Name                          : HUB1
IsExpiredExchangeTrialEdition : False
DistinguishedName             : CN=HUB1,CN=Servers,CN=Exchange Administrative G
roup (FYDIBOHF23SPDLT),CN=Administrative Groups
,DC=contoso,DC=com
ServerRole                    : Mailbox, ClientAccess, UnifiedMessaging, HubTra
nsport
Fqdn                          : hub1.contoso.com
",
    );
    assert_eq!(
        value(&record, "ServerRole"),
        flags(&[
            "Mailbox",
            "ClientAccess",
            "UnifiedMessaging",
            "HubTransport"
        ])
    );
    assert_eq!(
        value(&record, "DistinguishedName"),
        text(
            "CN=HUB1,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,DC=contoso,DC=com"
        )
    );
    assert_eq!(value(&record, "Fqdn"), text("hub1.contoso.com"));
}

#[test]
fn lines_cut_at_blanks_are_joined_with_blanks() {
    let record = only(
        r"[PS] C:\>Get-SendConnector | fl

Comment                      : this connector sends everything that the
                               branch offices of the company write
                               to partners
AddressSpaces                : {SMTP:*;1}
SourceTransportServers       : {HUB1}
",
    );
    assert_eq!(
        value(&record, "Comment"),
        text(
            "this connector sends everything that the branch offices of the company write to partners"
        )
    );
}

#[test]
fn one_value_on_each_line_is_a_list() {
    let record = only(
        r"Identity                      : EX1\ecp (Default Web Site)
InternalAuthenticationMethods : Basic
                                Fba
ExternalAuthenticationMethods : {Fba}
",
    );
    assert_eq!(record.cmdlet, Some("Get-EcpVirtualDirectory"));
    assert_eq!(
        value(&record, "InternalAuthenticationMethods"),
        list(&["Basic", "Fba"])
    );
}

#[test]
fn q2_double_spaced_pastes_are_one_object() {
    let doubled = HUB.replace('\n', "  \n\n");
    let records = records(&read(&doubled));
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.properties.len() == 8));
}

#[test]
fn q3_an_object_pasted_twice_and_indented_stays_twice() {
    let object = "Identity       : HUB1\\Relay\nAuthMechanism  : Tls\nBindings       : {0.0.0.0:25}\nRemoteIPRanges : {10.0.0.1}\n";
    let indented = object.replace('\n', "\n    ");
    let records = records(&read(&format!("{object}    {indented}\n")));
    assert_eq!(records.len(), 2);
    let properties: Vec<Vec<Value>> = records
        .iter()
        .map(|r| r.properties.iter().map(|p| p.value.clone()).collect())
        .collect();
    assert_eq!(properties.first(), properties.last());
}

#[test]
fn q4_objects_without_blank_lines_between_them_are_told_apart() {
    let object = |name: &str| {
        format!("Name           : {name}\nAuthMechanism  : Tls\nRemoteIPRanges : {{10.0.0.1}}\n")
    };
    for separator in ["", "\u{3000}\n", "\n"] {
        let pasted = format!("<#\n{}{separator}{}#>\n", object("a"), object("b"));
        assert_eq!(records(&read(&pasted)).len(), 2, "{separator:?}");
    }
}

#[test]
fn q4_another_cmdlet_without_a_blank_line_is_told_by_its_column() {
    let found = records(&read(
        "Identity            : EX1\\OAB (Default Web Site)\n\
InternalUrl         : http://ex1/OAB\n\
RequireSSL          : False\n\
Identity                      : EX1\\EWS (Default Web Site)\n\
InternalUrl                   : https://ex1/EWS/Exchange.asmx\n\
BasicAuthentication           : False\n",
    ));
    let cmdlets: Vec<_> = found.iter().map(|r| r.cmdlet).collect();
    assert_eq!(
        cmdlets,
        [
            Some("Get-OabVirtualDirectory"),
            Some("Get-WebServicesVirtualDirectory")
        ]
    );
}

#[test]
fn q5_backticks_and_quote_marks_are_taken_off() {
    for decorate in [
        |l: &str| format!("`{l}`"),
        |l: &str| format!("> {l}"),
        |l: &str| format!("{l}`"),
    ] {
        let pasted: String = [
            "Identity : HUB1\\Relay",
            "AuthMechanism : Tls",
            "PermissionGroups : AnonymousUsers",
        ]
        .iter()
        .map(|line| decorate(line) + "\n")
        .collect();
        let record = only(&pasted);
        assert_eq!(
            value(&record, "PermissionGroups"),
            flags(&["AnonymousUsers"])
        );
    }
}

#[test]
fn keys_may_stand_at_the_colon_on_either_side() {
    let record =
        only("Identity :HUB1\\Relay\nAuthMechanism: Tls\nPermissionGroups :AnonymousUsers\n");
    assert_eq!(value(&record, "AuthMechanism"), flags(&["Tls"]));
    assert_eq!(value(&record, "Identity"), text("HUB1\\Relay"));
}

#[test]
fn q8_localised_dates_are_read_where_they_are_certain() {
    let certificate = |not_after: &str, not_before: &str| {
        only(&format!(
            "[PS] C:\\>Get-ExchangeCertificate | fl\n\nNotAfter   : {not_after}\nNotBefore  : {not_before}\nThumbprint : 3DAF\nServices   : IMAP, POP, SMTP\n"
        ))
    };
    let russian = certificate("02.02.2028 4:22:23", "02.02.2023 4:22:23");
    assert_eq!(value(&russian, "NotAfter"), text("2028-02-02T04:22:23"));
    let settled = certificate("12/2/2018 1:53:00 PM", "1/26/2009 2:14:47 PM");
    assert_eq!(value(&settled, "NotAfter"), text("2018-12-02T13:53:00"));
    let open = certificate("12/02/2018 1:53:00 PM", "12/02/2016 1:43:23 PM");
    assert!(matches!(value(&open, "NotAfter"), Value::Unusable(_)));
}

#[test]
fn q11_objects_of_several_servers_stand_in_one_run() {
    let document = read(
        "[PS] C:\\>Get-OabVirtualDirectory | fl server,internalurl,requiressl\n\n\
Server      : CAS1\nInternalUrl : http://cas1/OAB\nRequireSSL  : False\n\n\
Server      : CAS2\nInternalUrl : https://cas2/OAB\nRequireSSL  : True\n",
    );
    assert_eq!(runs(&document).len(), 1);
    assert_eq!(records(&document).len(), 2);
}

#[test]
fn q15_a_command_with_adpropertiesonly_makes_iis_settings_unusable() {
    let record = only(
        "[PS] C:\\>Get-OabVirtualDirectory -ADPropertiesOnly | fl\n\nServer      : CAS1\nRequireSSL  : True\nInternalUrl : https://cas1/OAB\n",
    );
    assert!(matches!(value(&record, "RequireSSL"), Value::Unusable(_)));
    assert_eq!(value(&record, "InternalUrl"), text("https://cas1/OAB"));
}

#[test]
fn q16_messages_between_objects_do_not_break_them() {
    let document = read(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\
WARNING: The object CAS1\\owa has been corrupted and it is in an\n\
inconsistent state.\n\
Get-OwaVirtualDirectory : An IIS directory entry could not be created.\n\
At line:1 char:24\n\
+ Get-OwaVirtualDirectory <<<<  | fl\n\
    + CategoryInfo          : NotInstalled: (:) [Get-OwaVirtualDirectory]\n\
    + FullyQualifiedErrorId : 1A2B,Microsoft.Exchange\n\n\
Identity            : CAS1\\owa (Default Web Site)\n\
OwaVersion          : Exchange2007\n\
FormsAuthentication : True\n",
    );
    assert_eq!(records(&document).len(), 1);
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.message.contains("warnings or errors"))
    );
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn a_cmdlet_that_failed_did_not_return_nothing() {
    let document = read(&format!(
        "{HUB}Get-UMServer | fl\n[PS] C:\\>Get-UMServer\nThe term 'Get-UMServer' is not recognized as the name of a cmdlet\n[PS] C:\\>\n"
    ));
    assert!(
        runs(&document)
            .iter()
            .all(|run| run.cmdlet != Some("Get-UMServer"))
    );
}

#[test]
fn a_filtered_or_last_command_without_output_says_nothing() {
    for tail in [
        "[PS] C:\\>Get-EdgeSubscription | where {$_.Site -eq 'x'}\n[PS] C:\\>\n",
        "[PS] C:\\>Get-EdgeSubscription > x.txt\n[PS] C:\\>\n",
        "[PS] C:\\>Get-EdgeSubscription\n",
    ] {
        let head = HUB
            .split("[PS] C:\\Windows\\system32>Get-Edge")
            .next()
            .unwrap_or_default();
        let document = read(&format!("{head}{tail}"));
        assert_eq!(runs(&document).len(), 1, "{tail}");
    }
}

#[test]
fn q21_lists_that_end_in_dots_are_truncated() {
    for mark in ["...}", "…}"] {
        let document = read(&format!(
            "Result from: Get-ReceiveConnector -server 'HUB1'\n\nIdentity       : HUB1\\Relay\nRemoteIPRanges : {{10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4{mark}\nBindings       : {{0.0.0.0:25}}\n"
        ));
        let records = records(&document);
        let record = records.first().expect("one");
        assert!(
            matches!(value(record, "RemoteIPRanges"), Value::Truncated(_)),
            "{mark}"
        );
        assert_eq!(record.host.as_deref(), Some("HUB1"));
        assert_eq!(document.ledger.totals().not_modelled, 1);
    }
}

#[test]
fn the_support_collectors_header_and_file_name_tell_cmdlet_and_host() {
    let source = named(
        "in/HUB1_ExchangeCertificate_FL.TXT",
        "Result from: Get-ExchangeCertificate\n\n\nThumbprint : AB12\nServices   : SMTP\nSubject    : CN=hub1\n\n\n",
    );
    let document = parse(&source);
    let found = runs(&document);
    let run = found.first().expect("one run");
    assert_eq!(
        (run.cmdlet, run.host.as_deref()),
        (Some("Get-ExchangeCertificate"), Some("HUB1"))
    );
}

#[test]
fn the_shell_tells_the_host_when_it_connects() {
    let record = only(
        "VERBOSE: Connecting to ex1.contoso.com.\nVERBOSE: Connected to ex1.contoso.com.\n[PS] C:\\>Get-ExchangeCertificate | fl\n\nThumbprint : AB12\nServices   : SMTP\nNotAfter   : 2010-01-02T00:00:00Z\n",
    );
    assert_eq!(record.host.as_deref(), Some("ex1.contoso.com"));
}

#[test]
fn commands_in_the_middle_of_a_script_name_the_cmdlet() {
    let document = read(
        "OAB config:****\ncls; Get-OabVirtualDirectory | fl server,*url*\nServer      : CAS1\nInternalUrl : https://mail.contoso.com/x\nEWS config:****\ncls; Get-WebServicesVirtualDirectory | fl server,*url*\nServer      : CAS1\nInternalUrl : https://mail.contoso.com/y\n",
    );
    let cmdlets: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(
        cmdlets,
        [
            Some("Get-OabVirtualDirectory"),
            Some("Get-WebServicesVirtualDirectory")
        ]
    );
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn the_list_of_commands_without_a_result_yields_empty_runs() {
    let text = "Get-EdgeSubscription\nGet-SenderFilterConfig\nGet-PopSettings -Server 'CAS1'\n";
    let source = named("HUB1__GetExchangeData_No_Result.TXT", text);
    assert!((LIST.detect)(&source).is_some());
    let document = parse(&source);
    let found: Vec<_> = runs(&document)
        .iter()
        .map(|run| (run.cmdlet, run.host.clone(), run.records.len()))
        .collect();
    assert_eq!(
        found,
        [
            (Some("Get-EdgeSubscription"), Some("HUB1".into()), 0),
            (Some("Get-PopSettings"), Some("CAS1".into()), 0),
        ]
    );
    assert!((LIST.detect)(&named("commands.txt", text)).is_none());
}

#[test]
fn a_property_that_exchange_prints_twice_stays_in_its_object() {
    let record = only(
        "[PS] C:\\>Get-OutlookAnywhere | fl\n\n\
SSLOffloading                      : True\n\
InternalClientAuthenticationMethod : Ntlm\n\
InternalClientAuthenticationMethod : Ntlm\n\
IISAuthenticationMethods           : {Basic, Ntlm}\n",
    );
    assert_eq!(record.properties.len(), 3);
    assert_eq!(
        value(&record, "InternalClientAuthenticationMethod"),
        text("Ntlm")
    );
}

#[test]
fn a_selection_of_one_property_yields_one_object_for_each_value() {
    let document =
        read("[PS] C:\\>Get-ReceiveConnector | fl name\n\nName : a\n\nName : b\n\nName : c\n\n");
    assert_eq!(records(&document).len(), 3);
}

#[test]
fn blank_lines_inside_an_object_do_not_cut_it() {
    let text = HUB.replacen(
        "Banner                  :\n",
        "Banner                  :\n\n",
        1,
    );
    assert_eq!(records(&read(&text)).len(), 2);
}

#[test]
fn objects_of_other_cmdlets_are_left_out_and_said_so() {
    let document = read(
        "[PS] C:\\>Get-Mailbox | fl\n\nName      : DB1\nServer    : MBX1\nMounted   : True\n\n[PS] C:\\>Get-ADSite | fl\n\nName              : Tokyo\nHubSiteEnabled    : True\nIdentity          : contoso.com/Configuration/Sites/Tokyo\n",
    );
    let cmdlets: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(cmdlets, [Some("Get-ADSite")]);
    assert!(
        document
            .ledger
            .notes()
            .iter()
            .any(|n| n.why.contains("Get-Mailbox,"))
    );
}

#[test]
fn secrets_are_masked() {
    let document = read(
        "[PS] C:\\>Get-SendConnector | fl\n\nIdentity                 : Internet\nAddressSpaces            : {SMTP:*;1}\nAuthenticationCredential : System.Management.Automation.PSCredential\nRelayPassword            : hunter2\n",
    );
    let records = records(&document);
    let record = records.first().expect("one");
    assert!(matches!(
        value(record, "AuthenticationCredential"),
        Value::Secret
    ));
    assert!(matches!(value(record, "RelayPassword"), Value::Secret));
    assert!(!format!("{document:?}").contains("hunter2"));
}

#[test]
fn secrets_under_other_names_are_masked() {
    for name in [
        "ApiKey",
        "AccountKey",
        "SmtpAuthPwd",
        "Pass",
        "PW",
        "Passwort",
        "Kennwort",
        "MotDePasse",
        "Contraseña",
        "パスワード",
    ] {
        let document = read(&format!(
            "[PS] C:\\>Get-SendConnector | fl\n\nIdentity : Internet\nRequireTLS : False\n\
             {name} : hunter2\n"
        ));
        assert_eq!(records(&document).len(), 1, "{name}");
        assert!(!format!("{document:?}").contains("hunter2"), "{name}");
        // Rows of a table that is not read.
        let rows = "Relay2    hunter2       True {0.0.0.0:25}\n";
        let document = read(&format!(
            "[PS] C:\\>Get-ReceiveConnector | ft\n\nName     {name}    Enabled Bindings\n\
             ----     --------    ------- --------\n{rows}\
             Long connector name hunter2 False {{0.0.0.0:26}}\n\n\
             [PS] C:\\>Get-ReceiveConnector | fl\n\nIdentity : HUB1\\Relay\nEnabled : True\n"
        ));
        let hidden = document.content.iter().find_map(|content| match content {
            Content::Secrets(spans) => Some(spans.len()),
            _ => None,
        });
        assert_eq!(hidden, Some(2), "{name}");
    }
}

#[test]
fn japanese_text_around_the_output_is_irrelevant() {
    let document = read(
        "受信コネクタの設定は次のとおりです。\n\n[PS] C:\\>Get-ReceiveConnector | fl\n\nIdentity         : HUB1\\既定\nAuthMechanism    : Tls\nPermissionGroups : AnonymousUsers\n\n以上、よろしくお願いします。\n",
    );
    assert_eq!(records(&document).len(), 1);
    assert_eq!(document.ledger.totals().unrecognised, 0);
    let records = records(&document);
    assert_eq!(
        records.first().map(|r| value(r, "Identity")),
        Some(text("HUB1\\既定"))
    );
}

#[test]
fn machine_translated_lists_are_refused() {
    let record = only(
        "[PS] C:\\>Get-MapiVirtualDirectory | fl\n\nIdentity                 : EX1\\mapi (Default Web Site)\nIISAuthenticationMethods : {Ntlm、OAuth}\n",
    );
    assert!(matches!(
        value(&record, "IISAuthenticationMethods"),
        Value::Unusable(_)
    ));
}

#[test]
fn a_table_in_columns_is_read() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector\n\n\
Identity                                Bindings                 Enabled\n\
--------                                --------                 -------\n\
HUB1\\Default HUB1                       {[::]:25, 0.0.0.0:25}    True\n\
HUB1\\Client HUB1                        {[::]:587, 0.0.0.0:5...  True\n\n\
[PS] C:\\>\n",
    );
    let records = records(&document);
    assert_eq!(records.len(), 2);
    assert_eq!(
        records.first().map(|r| value(r, "Bindings")),
        Some(list(&["[::]:25", "0.0.0.0:25"]))
    );
    assert!(matches!(
        records.get(1).map(|r| value(r, "Bindings")),
        Some(Value::Truncated(_))
    ));
    assert_eq!(document.ledger.totals().unrecognised, 0);
}

#[test]
fn a_table_whose_cells_could_be_split_in_two_ways_is_refused_with_a_hint() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector | ft Name,Fqdn,Enabled\n\nName Fqdn Enabled\n---- ---- -------\nDefault HUB1 hub1.contoso.com True\n",
    );
    assert!(records(&document).is_empty());
    assert!(
        document
            .problems
            .iter()
            .any(|p| p.hint.as_deref().is_some_and(|h| h.contains("fl *")))
    );
    assert_eq!(document.ledger.totals().not_modelled, 3);
}

#[test]
fn headings_of_a_script_name_the_cmdlet_that_follows() {
    let document = read(
        "Get-PopSettings\n\nIdentity  : CAS1\\1\nLoginType : SecureLogin\n\n\nGet-ImapSettings\n\nIdentity  : CAS1\\1\nLoginType : PlainTextLogin\n\n",
    );
    let cmdlets: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(cmdlets, [Some("Get-PopSettings"), Some("Get-ImapSettings")]);
}

#[test]
fn other_formats_are_not_claimed() {
    for (name, content) in [
        ("empty", ""),
        (
            "asa",
            ": Saved\n:\nASA Version 8.2(5)\nhostname inner\ninterface Vlan1\n nameif inside\naccess-list a extended permit tcp any host 10.0.0.1 eq smtp\n",
        ),
        ("ini", "[connector]\nName = x\nServer : y\nPort : 25\n"),
        (
            "xml",
            "<configuration>\n Name : x\n AuthMechanism : Tls\n PermissionGroups : None\n</configuration>",
        ),
        ("csv", "Name,AuthMechanism,Bindings\nx,\"Tls\",y\n"),
        (
            "script",
            "Get-ReceiveConnector | fl\nSet-ReceiveConnector 'HUB1\\Relay' -AuthMechanism Tls\nforeach ($c in Get-SendConnector) {\n  Write-Host \"Name : $($c.Name)\"\n}\n",
        ),
        (
            "netsh",
            "Rule Name:                            Exchange\n----------------------------------------\nEnabled:                              Yes\nDirection:                            In\nProfiles:                             Domain\nLocalPort:                            25\n",
        ),
        (
            "mail",
            "From: a@contoso.com\nTo: b@contoso.com\nSubject: connectors\nDate: today\n\nRun Get-ReceiveConnector please.\n",
        ),
        (
            "service list",
            "Status   : Running\nName     : MSExchangeTransport\nDisplayName : Transport\n",
        ),
        (
            "manual",
            "PS C:\\> Get-EdgeSubscription\nPS C:\\> Get-ReceiveConnector\n",
        ),
        ("json", "{\"Name\" : \"x\"}"),
    ] {
        let evidence = (LIST.detect)(&named("x.txt", content));
        assert_eq!(evidence, None, "{name}");
    }
}

#[test]
fn evidence_of_detection_says_what_was_seen() {
    let evidence = (LIST.detect)(&named("x.txt", HUB)).expect("claimed");
    assert_eq!(
        evidence.what,
        "[PS] C:\\Windows\\system32>Get-ReceiveConnector | fl"
    );
    let evidence = (LIST.detect)(&named(
        "x.txt",
        "AuthMechanism : Tls\nPermissionGroups : None\nBindings : {}\n",
    ));
    assert!(evidence.is_some_and(|e| e.what.contains("AuthMechanism")));
}

#[test]
fn a_capture_cut_at_any_byte_is_read_without_panic() {
    for end in (0..HUB.len()).filter(|end| HUB.is_char_boundary(*end)) {
        let document = read(HUB.get(..end).unwrap_or_default());
        assert!(records(&document).len() <= 2);
        assert_eq!(document.ledger.totals().unrecognised, 0, "cut at {end}");
    }
}

#[test]
fn a_file_that_ends_in_the_middle_of_a_property_is_told() {
    let document = read(
        "[PS] C:\\>Get-ReceiveConnector | fl\n\nName          : Relay\nAuthMechanism : Tls\nBind",
    );
    assert_eq!(document.ledger.totals().not_modelled, 1);
    let message = "the file ends in the middle of a property";
    assert!(document.problems.iter().any(|p| p.message == message));
    let whole = read(
        "[PS] C:\\>Get-ReceiveConnector | fl\n\nName          : Relay\nAuthMechanism : Tls\n\nDone\n",
    );
    assert!(whole.problems.iter().all(|p| p.message != message));
}

#[test]
fn the_header_of_the_collector_is_enough_to_recognise_a_file() {
    let content = "Result from: Get-UMAutoAttendant\n\n\nSpeechEnabled : True\nUMDialplan    : Osaka\nName          : x\n";
    let file = named("UM1_UMAutoAttendant_FL.TXT", content);
    let evidence = (LIST.detect)(&file).expect("recognised");
    assert_eq!(evidence.what, "Result from: Get-UMAutoAttendant");
    let document = (LIST.parse)(&file);
    assert!(document.content.is_empty());
    assert_eq!(
        document.ledger.totals().irrelevant,
        document.ledger.totals().total
    );
    assert!(document.problems.is_empty(), "{:?}", document.problems);
}

#[test]
fn the_log_of_the_collector_is_irrelevant() {
    let content =
        "2013/06/01 8:02:11 Collection started on HUB1\n2013/06/01 8:04:40 Collection finished\n";
    let file = named("HUB1__GetExchangeData_LOG.TXT", content);
    assert!((LIST.detect)(&file).is_some());
    let document = (LIST.parse)(&file);
    assert_eq!(document.ledger.totals().irrelevant, 2);
    assert_eq!((LIST.detect)(&named("other.txt", content)), None);
}

#[test]
fn objects_beyond_the_limit_are_reported_and_not_read() {
    use crate::formats::exchange::record::MAX_OBJECTS;
    use std::fmt::Write as _;

    let mut text = "[PS] C:\\>Get-ExchangeServer\r\n\r\n\
                    Name        Site                 ServerRole\r\n\
                    ----        ----                 ----------\r\n"
        .to_owned();
    for number in 0..MAX_OBJECTS + 2 {
        write!(text, "EX{number:05}     contoso.com/Tokyo    Mailbox\r\n").expect("a string");
    }
    let document = read(&text);
    let kept: usize = runs(&document).iter().map(|run| run.records.len()).sum();
    assert_eq!(kept, MAX_OBJECTS);
    let refused = document
        .problems
        .iter()
        .find(|problem| problem.level == ProblemLevel::Error)
        .expect("an error");
    assert_eq!(refused.message, "only the first 50000 objects were read");
    let totals = document.ledger.totals();
    assert_eq!(totals.not_modelled, 2);
}

#[test]
fn a_table_without_its_command_is_told_by_its_columns() {
    let table = "\r\n\
        Name     Site                 ServerRole  Edition     AdminDisplayVersion\r\n\
        ----     ----                 ----------  -------     -------------------\r\n\
        HUB1     contoso.com/Confi... HubTrans... Standard    Version 8.3 (Bui...\r\n";
    let file = named("servers.txt", table);
    let evidence = (LIST.detect)(&file).expect("a table of servers");
    assert!(evidence.what.contains("Get-ExchangeServer"), "{evidence:?}");
    let record = only(table);
    assert_eq!(value(&record, "Name"), text("HUB1"));
    assert!(matches!(value(&record, "Site"), Value::Truncated(_)));
    let other = "Name     Size\r\n----     ----\r\na.txt    12\r\n";
    assert_eq!((LIST.detect)(&named("files.txt", other)), None);
}
