//! Outputs as administrators keep them.

use super::*;
use crate::formats::exchange::testing::{at, named, records, text, value};
use crate::model::exchange::{Record, Value};

fn read(output: &str) -> Document {
    let file = named("console.txt", output);
    assert!((CONSOLE.detect)(&file).is_some(), "{output}");
    let document = parse(&file);
    assert_eq!(document.ledger.totals().unrecognised, 0, "{output}");
    document
}

/// `cmdlet name property=value …` of each record.
fn shown(document: &Document, properties: &[&str]) -> Vec<String> {
    records(document)
        .iter()
        .map(|record: &&Record| {
            let words = properties
                .iter()
                .map(|key| record.text(key).map_or("-", |(text, _)| text));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn dsquery_prints_names_that_tell_what_they_are() {
    let document = read(
        "C:\\>dsquery subnet -limit 0\r\n\
         \"CN=10.1.0.0/24,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com\"\r\n\r\n\
         C:\\>dsquery site\r\n\"CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com\"\r\n\r\n\
         C:\\>dsquery server\r\n\
         \"CN=DC1,CN=Servers,CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com\"\r\n",
    );
    let kinds: Vec<_> = records(&document)
        .iter()
        .filter_map(|record| record.cmdlet)
        .collect();
    assert_eq!(
        kinds,
        [
            "Get-ADReplicationSubnet",
            "Get-ADReplicationSite",
            "Get-ADDomainController"
        ]
    );
    assert_eq!(
        shown(&document, &["Name", "Site"]),
        ["10.1.0.0/24 -", "Tokyo -", "DC1 Tokyo"]
    );
}

#[test]
fn the_columns_of_dsget_give_subnets_their_site_and_servers_their_name() {
    let document = read(
        "C:\\>dsget subnet \"CN=10.55.130.0/24,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com\"\n\
         \x20 dn                                                                        desc       site\n\
         \x20 CN=10.55.130.0/24,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com  ServerLAN  Osaka\n\
         dsget succeeded\n\n\
         C:\\>dsquery server | dsget server -dnsname -site -isgc\n\
         \x20 dnsname          site   isgc\n\
         \x20 dc1.contoso.com  Tokyo  yes\n\
         \x20 dc2.contoso.com  Osaka  no\ndsget succeeded\n",
    );
    let found = shown(&document, &["Name", "HostName", "Site"]);
    let expected = [
        "10.55.130.0/24 - Osaka",
        "dc1 dc1.contoso.com Tokyo",
        "dc2 dc2.contoso.com Osaka",
    ];
    assert_eq!(found, expected);
    let last = records(&document)[2];
    assert_eq!(value(last, "IsGlobalCatalog"), &Value::Bool(false));
}

#[test]
fn attributes_of_subnets_stand_below_their_names() {
    let document = read(
        "C:\\>dsquery * \"CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com\" -attr name siteObject\n\
         \x20 name         siteObject                                             \n\
         \x20 10.1.0.0/24  CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com  \n",
    );
    let found = shown(&document, &["Name", "Site"]);
    assert_eq!(
        found,
        ["10.1.0.0/24 CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com"]
    );
}

#[test]
fn members_need_the_command_that_names_their_group() {
    let members =
        "\"CN=HUB1,OU=Servers,DC=contoso,DC=com\"\n\"CN=MBX1,OU=Servers,DC=contoso,DC=com\"\n";
    let document = read(&format!(
        "C:\\>dsquery group -name \"Exchange Servers\" | dsget group -members\n{members}"
    ));
    let found = shown(&document, &["Group", "Name"]);
    assert_eq!(found, ["Exchange Servers HUB1", "Exchange Servers MBX1"]);
    let document = read(members);
    assert!(records(&document).is_empty());
    assert_eq!(document.problems.len(), 1);
    assert_eq!(document.ledger.totals().not_modelled, 2);
}

#[test]
fn nltest_lists_and_describes_domain_controllers_in_english_everywhere() {
    let output = "C:\\>nltest /dclist:contoso.com\n\
        Get list of DCs in domain 'contoso.com' from '\\\\DC1.contoso.com'.\n\
        \x20   DC1.contoso.com [PDC]  [DS] Site: Tokyo\n\
        \x20     DC2.contoso.com        [DS] Site: Osaka Minami\nコマンドは正常に完了しました\n\n\
        C:\\>nltest /dsgetdc:contoso.com\n\
        \x20          DC: \\\\DC1.contoso.com\n      Address: \\\\10.1.0.10\n\
        \x20    Dom Guid: 12345678-aaaa-bbbb-cccc-123456789012\n     Dom Name: contoso.com\n\
        \x20 Forest Name: contoso.com\n Dc Site Name: Tokyo\nOur Site Name: Osaka\n\
        \x20       Flags: PDC GC DS LDAP KDC TIMESERV WRITABLE DNS_DC\nコマンドは正常に完了しました\n\n\
        C:\\>nltest /dsgetsite\nNagoya\nThe command completed successfully\n";
    let document = read(output);
    assert_eq!(
        shown(&document, &["Name", "HostName", "Site", "IPv4Address"]),
        [
            "DC1 DC1.contoso.com Tokyo -",
            "DC2 DC2.contoso.com Osaka Minami -",
            "DC1 DC1.contoso.com Tokyo 10.1.0.10",
            "Osaka - - -",
            "Nagoya - - -",
        ]
    );
    let site = records(&document)[4];
    assert_eq!(value(site, "OfThisComputer"), &Value::Bool(true));
}

#[test]
fn tables_of_a_cluster_are_told_by_their_rulers_in_any_language() {
    let output = "C:\\>cluster MBXCLUS node\n使用可能なすべてのノードの状態を一覧表示しています:\n\n\
        ノード           ノード ID 状態\n-------------- ------- ---------------------\n\
        NODE1                1 Up\nNODE2                2 Paused\n\n\
        C:\\>cluster MBXCLUS group\nListing status for all available resource groups:\n\n\
        Group                Node            Status\n-------------------- --------------- ------\n\
        Cluster Group        NODE1           Online\nMBX1                 NODE2           Partially Online\n\
        A group with a name that is long NODE1 オフライン\n\n\
        C:\\>cluster MBXCLUS res\nListing status for all available resources:\n\n\
        Resource             Group                Node            Status\n\
        -------------------- -------------------- --------------- ------\n\
        Cluster IP Address   Cluster Group        NODE1           Online\n\
        Exchange Information Store Instance (MBX1) MBX1           NODE2           Online\n";
    let file = named("x", output);
    let document = read(output);
    assert_eq!(
        shown(
            &document,
            &["Name", "OwnerGroup", "OwnerNode", "State", "Cluster"]
        ),
        [
            "NODE1 - - Up MBXCLUS",
            "NODE2 - - Paused MBXCLUS",
            "Cluster Group - NODE1 Online MBXCLUS",
            "MBX1 - NODE2 PartialOnline MBXCLUS",
            "A group with a name that is long - NODE1 Offline MBXCLUS",
            "Cluster IP Address Cluster Group NODE1 Online MBXCLUS",
            "Exchange Information Store Instance (MBX1) MBX1 NODE2 Online MBXCLUS",
        ]
    );
    assert_eq!(document.ledger.totals().not_modelled, 0);
    assert_eq!(at(&file, records(&document)[1], "Name"), "NODE2");
    assert_eq!(value(records(&document)[0], "State"), &text("Up"));
}

#[test]
fn private_properties_are_read_and_adapters_of_a_cluster_are_known() {
    let document = read(
        "C:\\>cluster netinterface\nListing status for all available network interfaces:\n\n\
         Node           Network   Network Interface   Status\n\
         -------------- --------- ------------------- ------\n\
         NODE1          Public    NODE1 - Public      Up\n\n\
         C:\\>cluster res \"Cluster IP Address\" /priv\n\n\
         Listing private properties for 'Cluster IP Address':\n\n\
         T  Resource             Name                           Value\n\
         -- -------------------- ------------------------------ -----------------------\n\
         SR Cluster IP Address   DhcpServer                     255.255.255.255\n\
         S  Cluster IP Address   Address                        10.1.0.50\n\
         D  Cluster IP Address   EnableDhcp                     0 (0x0)\n",
    );
    assert_eq!(
        shown(&document, &["Object", "Name", "Value"]),
        [
            "Cluster IP Address DhcpServer 255.255.255.255",
            "Cluster IP Address Address 10.1.0.50",
            "Cluster IP Address EnableDhcp 0 (0x0)",
        ]
    );
}

#[test]
fn other_texts_are_no_output_of_these_tools() {
    for other in [
        "interface GigabitEthernet0/1\n ip address 10.0.0.1 255.0.0.0\n",
        "Name : HUB1\nSite : Tokyo\n",
        "cluster group asa\n priority 1\n",
        "-------------- ------- ----\n",
        "\"quoted\"\n",
        "  name\n  hub1\n",
    ] {
        assert!((CONSOLE.detect)(&named("x", other)).is_none(), "{other}");
    }
}

/// Notes show the prompt of another shell; `/domain_trusts` lists no controllers.
#[test]
fn nltest_is_read_from_notes_between_trusts() {
    let document = read(
        "$ nltest /domain_trusts /all_trusts\n\
         List of domain trusts:\n    0: CONTOSO contoso.com (NT 5) (Forest Tree Root) (Primary Domain) (Native)\n\
         The command completed successfully\n\
         $ nltest /dclist:contoso\n\nGet list of DCs in domain 'contoso' from '\\\\DC1'.\n\
         \x20   dc1.contoso.com [PDC]  [DS] Site: Tokyo\nThe command completed successfully\n",
    );
    assert_eq!(shown(&document, &["Name", "Site"]), ["dc1 Tokyo"]);
}
