//! The same object in several exports, and objects that do not tell their
//! server.

use super::*;
use crate::model::exchange::{Lookup, Value};

/// The objects of a cmdlet as `identity @ server`.
fn objects(estate: &Estate, cmdlet: &str) -> Vec<String> {
    let mut all: Vec<String> = estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == cmdlet)
        .map(|object| {
            let server = object.server.map(|id| &estate.servers[id.0 as usize].name);
            format!(
                "{} @ {}",
                object.identity,
                server.map_or("nowhere", String::as_str)
            )
        })
        .collect();
    all.sort();
    all
}

const CONNECTOR: &str = "Identity : HUB1\\A\nServer : HUB1\nAuthMechanism : Tls\nRequireTLS : True\nBindings : 0.0.0.0:25\nBanner : 220 a\n";

#[test]
fn exports_that_conflict_about_any_property_tell_both_and_none_wins() {
    let other = CONNECTOR
        .replace("Tls", "None")
        .replace("True", "False")
        .replace("0.0.0.0:25", "10.1.0.5:25")
        .replace("220 a", "220 b");
    for (first, second) in [(CONNECTOR, other.as_str()), (other.as_str(), CONNECTOR)] {
        let mut lab = Lab::new();
        lab.export("a/c.txt", "Get-ReceiveConnector", first);
        lab.export("b/c.txt", "Get-ReceiveConnector", second);
        let estate = lab.join();
        assert_eq!(objects(&estate, "Get-ReceiveConnector"), ["HUB1\\A @ hub1"]);
        let record = &estate.objects[0].record;
        for name in ["AuthMechanism", "RequireTLS", "Bindings", "Banner"] {
            assert!(matches!(record.get(name), Lookup::Unknown(..)), "{name}");
            let known = estate.contradictions.iter().find(|c| c.property == name);
            let places = known.map(|c| c.values.iter().map(|v| v.span.file).collect::<Vec<_>>());
            assert_eq!(places.map(|files| files.len()), Some(2), "{name}");
        }
        assert!(matches!(
            record.get("Server"),
            Lookup::Known(Value::Text(_), _)
        ));
    }
}

#[test]
fn equal_copies_are_one_object_and_no_contradiction() {
    let mut lab = Lab::new();
    lab.export("a/c.txt", "Get-ReceiveConnector", CONNECTOR);
    lab.export("b/c.txt", "Get-ReceiveConnector", CONNECTOR);
    let estate = lab.join();
    assert_eq!(objects(&estate, "Get-ReceiveConnector").len(), 1);
    assert_eq!(contradictions(&estate), Vec::<String>::new());
    assert_eq!(estate.objects[0].copies.len(), 1);
}

#[test]
fn an_object_of_the_organisation_is_the_same_by_its_name_and_its_identity() {
    let mut lab = Lab::new();
    lab.export(
        "a.txt",
        "Get-OfflineAddressBook",
        "Identity : \\Book\nName : Book\nPublicFolderDistributionEnabled : False\nVersions : {Version4}\n",
    );
    lab.export(
        "b.txt",
        "Get-OfflineAddressBook",
        "Name : Book\nAddressLists : {\\Default Global Address List}\nVersions : {Version4}\n",
    );
    let estate = lab.join();
    assert_eq!(estate.objects.len(), 1);
    assert_eq!(contradictions(&estate), Vec::<String>::new());
}

const DIRECTORY: &str = "Name : owa (Default Web Site)\nExternalUrl : https://a.contoso.com/owa\n";

#[test]
fn objects_of_no_known_server_are_not_taken_for_one_another() {
    let mut lab = Lab::new();
    lab.export("a.txt", "Get-OwaVirtualDirectory", DIRECTORY);
    lab.export(
        "b.txt",
        "Get-OwaVirtualDirectory",
        &DIRECTORY.replace("//a.", "//b."),
    );
    // The same again is the same.
    lab.export("c.txt", "Get-OwaVirtualDirectory", DIRECTORY);
    let estate = lab.join();
    assert_eq!(
        objects(&estate, "Get-OwaVirtualDirectory"),
        [
            "owa (Default Web Site) @ nowhere",
            "owa (Default Web Site) @ nowhere",
        ]
    );
    assert_eq!(contradictions(&estate), Vec::<String>::new());
}

#[test]
fn a_host_is_told_by_the_object_the_file_the_folder_or_the_prompt_else_by_nothing() {
    const SERVERS: &str = "Name : CAS1\nServerRole : ClientAccess\n\nName : CAS2\nServerRole : ClientAccess\n\n\
        Name : CAS3\nServerRole : ClientAccess\n\nName : CAS4\nServerRole : ClientAccess\n";
    let at = |url: &str| DIRECTORY.replace("//a.", &format!("//{url}."));
    let mut lab = Lab::new();
    lab.export("servers.txt", "Get-ExchangeServer", SERVERS);
    let own = format!("{}Server : CAS1\n", at("own"));
    lab.export("own.txt", "Get-OwaVirtualDirectory", &own);
    lab.export("CAS2_owa.txt", "Get-OwaVirtualDirectory", &at("file"));
    lab.export(
        "bundle.zip/CAS3/owa.txt",
        "Get-OwaVirtualDirectory",
        &at("folder"),
    );
    lab.export_on(
        "prompt.txt",
        "Get-OwaVirtualDirectory",
        Some("CAS4"),
        &at("prompt"),
    );
    lab.export("nobody.txt", "Get-OwaVirtualDirectory", &at("nobody"));
    let estate = lab.join();
    let mut owners: Vec<String> = objects(&estate, "Get-OwaVirtualDirectory")
        .iter()
        .filter_map(|text| Some(text.rsplit_once(" @ ")?.1.to_owned()))
        .collect();
    owners.sort();
    assert_eq!(owners, ["cas1", "cas2", "cas3", "cas4", "nowhere"]);
}

#[test]
fn several_servers_and_versions_in_one_file_stay_apart() {
    let mut lab = Lab::new();
    lab.export(
        "all.txt",
        "Get-OwaVirtualDirectory",
        "Identity : CAS7\\owa (Default Web Site)\nServer : CAS7\nExternalUrl : https://a\n\n\
         Identity : EX13\\owa (Default Web Site)\nServer : EX13\nExternalUrl : https://b\nAdminDisplayVersion : Version 15.0 (Build 516.32)\n",
    );
    let estate = lab.join();
    assert_eq!(
        objects(&estate, "Get-OwaVirtualDirectory"),
        [
            "CAS7\\owa (Default Web Site) @ cas7",
            "EX13\\owa (Default Web Site) @ ex13",
        ]
    );
}

#[test]
fn q18_what_a_node_shows_of_its_cluster_belongs_to_the_virtual_name() {
    let mut lab = Lab::new();
    lab.export(
        "NODE1_CMS_MBX1_MailboxServer_FL.TXT",
        "Get-MailboxServer",
        "Name : MBX1\nIdentity : MBX1\nRedundantMachines : NODE1, NODE2\n",
    );
    lab.export_on(
        "NODE1_CMS_MBX1_StorageGroupCopyStatus_FL.TXT",
        "Get-StorageGroupCopyStatus",
        Some("NODE1"),
        "Identity : MBX1\\SG1\nSummaryCopyStatus : Healthy\n",
    );
    let estate = lab.join();
    let found = objects(&estate, "Get-StorageGroupCopyStatus");
    assert_eq!(found, ["MBX1\\SG1 @ mbx1"]);
}

const LISTED: &str = "Chain INPUT (policy DROP 7 packets, 420 bytes)
 pkts bytes target     prot opt in     out     source               destination
    5   300 ACCEPT     tcp  --  *      *       192.0.2.0/24         0.0.0.0/0            tcp dpt:25

Chain FORWARD (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination

Chain OUTPUT (policy ACCEPT 1 packets, 84 bytes)
 pkts bytes target     prot opt in     out     source               destination
";

const RULESET: &str = "table inet edge {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tip saddr 192.0.2.0/24 tcp dport 25 counter packets 5 bytes 300 accept
\t\tlimit rate 10/second burst 5 packets accept
\t}
}
";

/// sosreport saves the same rules with several commands.
#[test]
fn a_ruleset_that_one_machine_saved_with_several_commands_is_one_firewall() {
    let folder = "sosreport-gw1/sos_commands/firewall_tables";
    let exact = LISTED.replace("    5   300 ACCEPT", "       6       360 ACCEPT");
    let handles = RULESET
        .replace("edge {", "edge { # handle 3")
        .replace("300 accept", "300 accept # handle 7")
        .replace("packets 5", "packets 9");
    let names = |inventory: &str, ruleset: &str| -> Vec<String> {
        let mut builder = Lab::new();
        if !inventory.is_empty() {
            builder.inventory(inventory);
        }
        builder
            .file(&format!("{folder}/iptables_-t_filter_-nvL"), LISTED)
            .file(&format!("{folder}/iptables_-vnxL"), &exact)
            .file(&format!("{folder}/nft_-a_list_ruleset"), &handles)
            .file(&format!("{folder}/nft_list_ruleset"), ruleset);
        let estate = builder.join();
        estate
            .firewalls
            .iter()
            .map(|one| one.name.clone())
            .collect()
    };
    assert_eq!(
        names("", RULESET),
        ["iptables_-t_filter_-nvL", "nft_-a_list_ruleset"]
    );
    let declared = format!("[[firewall]]\nname = \"gw1\"\nconfig = \"{folder}/iptables_-vnxL\"\n");
    assert_eq!(names(&declared, RULESET), ["gw1", "nft_-a_list_ruleset"]);
    // Another ruleset is another firewall.
    let changed = RULESET.replace("burst 5 packets accept", "burst 5 packets drop");
    assert_eq!(names("", &changed).len(), 3);
    // Two machines in one folder may have equal rules.
    let mut builder = Lab::new();
    builder
        .file("fw/gw1.txt", LISTED)
        .file("fw/gw2.txt", &exact);
    assert_eq!(builder.join().firewalls.len(), 2);
}

/// The name of such a file is the command: nothing else tells the family of
/// chains without rules.
#[test]
fn the_name_that_sosreport_gives_tells_family_and_table() {
    let empty = "Chain INPUT (policy DROP 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination\n\n\
                 Chain FORWARD (policy DROP 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination\n\n\
                 Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot opt in     out     source               destination\n";
    let mut builder = Lab::new();
    builder
        .file("s/sos_commands/firewall_tables/ip6tables_-vnxL", empty)
        .file("s/sos_commands/firewall_tables/iptables_-vnxL", empty);
    let estate = builder.join();
    assert_eq!(estate.firewalls.len(), 2, "{:?}", estate.firewalls);
    let shown: Vec<String> = estate
        .firewalls
        .iter()
        .map(|one| format!("{:?}", one.firewall.stages))
        .collect();
    assert_ne!(shown[0], shown[1]);
}
