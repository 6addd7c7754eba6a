//! Quirks of `reference/exchange-exports.md` §4 that concern names and versions;
//! the others stand in [`super::tests`], in the decoder and in the estate.

use super::tests::{list, read, records, text, value};
use crate::formats::exchange::testing::{named, runs};
use crate::formats::{LineState, ProblemLevel};
use crate::model::exchange::{Lookup, Value};

#[test]
fn q6_a_server_that_was_blacked_out_is_no_server() {
    let found = records(&read(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\n\
Name        : owa (Default Web Site)\n\
Server      : [REDACTED]\n\
InternalUrl : https://[REDACTED]/owa\n\
Identity    : [REDACTED]\\owa (Default Web Site)\n",
    ));
    let [directory] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(matches!(directory.get("Server"), Lookup::Unknown(..)));
    // What is left of an address still tells its scheme.
    assert_eq!(
        value(directory, "InternalUrl"),
        text("https://[REDACTED]/owa")
    );
}

#[test]
fn q7_names_in_the_wrong_encoding_do_not_disturb_what_stands_beside_them() {
    let document = read(
        "[PS] C:\\>Get-OabVirtualDirectory | fl\n\n\
Name        : OAB (é›»å\u{ad})\n\
Comment     : 鍙椾俊锛\u{fffd}\n\
RequireSSL  : True\n\
ExternalUrl : https://mail.contoso.com/OAB\n\
Identity    : EX1\\OAB (Default Web Site)\n",
    );
    let found = records(&document);
    assert_eq!(value(&found[0], "RequireSSL"), Value::Bool(true));
    assert!(
        document
            .problems
            .iter()
            .all(|p| p.level < ProblemLevel::Error)
    );
}

#[test]
fn q12_properties_of_later_versions_are_read_by_their_names() {
    let found = records(&read(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\n\
RunspaceId                    : 5f1c0e00-0000-0000-0000-000000000000\n\
InternalAuthenticationMethods : {Basic, Fba}\n\
AdfsAuthentication            : False\n\
BasicAuthentication           : True\n\
AdminDisplayVersion           : Version 14.3 (Build 123.4)\n\
PropertyOfTomorrow            : 42\n\
Identity                      : CAS10\\owa (Default Web Site)\n",
    ));
    assert_eq!(value(&found[0], "AdfsAuthentication"), Value::Bool(false));
    let methods = value(&found[0], "InternalAuthenticationMethods");
    assert_eq!(methods, list(&["Basic", "Fba"]));
    assert!(found[0].properties.get("PropertyOfTomorrow").is_some());
}

#[test]
fn q13_an_object_without_a_name_of_its_server_is_read_without_one() {
    let found = records(&read(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl name,*auth*\n\n\
Name                : owa (Default Web Site)\n\
BasicAuthentication : True\n",
    ));
    assert_eq!(found[0].host, None);
    assert!(matches!(found[0].get("Server"), Lookup::Absent));
    assert!(matches!(found[0].get("Identity"), Lookup::Absent));
}

#[test]
fn q14_front_end_and_back_end_are_two_objects_that_tell_their_site() {
    let found = records(&read(
        "[PS] C:\\>Get-OwaVirtualDirectory -ShowBackEndVirtualDirectories | fl\n\n\
Name                : owa (Default Web Site)\n\
BasicAuthentication : True\n\
Identity            : EX16\\owa (Default Web Site)\n\n\
Name                : owa (Exchange Back End)\n\
BasicAuthentication : False\n\
Identity            : EX16\\owa (Exchange Back End)\n",
    ));
    let names: Vec<Value> = found.iter().map(|record| value(record, "Name")).collect();
    assert_eq!(
        names,
        [
            text("owa (Default Web Site)"),
            text("owa (Exchange Back End)")
        ]
    );
}

#[test]
fn q20_a_list_that_no_rule_reads_may_be_cut_off_without_a_word() {
    let document = read(
        "[PS] C:\\>Get-OwaVirtualDirectory | fl\n\n\
BlockedFileTypes    : {.vsmacros, .msh2xml, .msh1xml, .ps2xml...}\n\
BasicAuthentication : True\n\
Identity            : EX16\\owa (Default Web Site)\n",
    );
    let states = document.ledger.states();
    assert!(!states.contains(&LineState::NotModelled), "{states:?}");
    let found = records(&document);
    assert!(matches!(
        value(&found[0], "BlockedFileTypes"),
        Value::Truncated(_)
    ));
}

#[test]
fn a_command_for_one_object_without_a_result_says_nothing_of_the_others() {
    let text = "Get-StorageGroupCopyStatus -Identity 'MBX1\\SG1' -StandbyMachine 'NODE3'\nGet-RemoteDomain\n";
    let document = super::parse(&named(
        "NODE1_CMS_MBX1__GetExchangeData_No_Result.TXT",
        text,
    ));
    let found: Vec<_> = runs(&document).iter().map(|run| run.cmdlet).collect();
    assert_eq!(found, [Some("Get-RemoteDomain")]);
}
