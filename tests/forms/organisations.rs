//! Exchange 2003 beside 2007, a cluster, and a later version.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Facts, addresses};

#[test]
fn exchange_2003_servers_stand_beside_those_of_2007() {
    let facts = Facts::of("exchange-2003-coexistence");
    assert_eq!(facts.objects("Get-ExchangeServer").len(), 4);
    for name in ["hiold1", "hiold2"] {
        let server = facts.server(name);
        assert_eq!(server["roles"], json!(["legacy-mailbox"]), "{name}");
        assert_eq!(server["version"]["major"], 6, "{name}");
        assert!(server.get("site").is_none(), "{name} has no site");
    }
    facts.has(
        "Get-OrganizationConfig",
        "Humongous",
        &[("IsMixedMode", json!(true))],
    );
    facts.has(
        "Get-RoutingGroupConnector",
        "Interop RGC back",
        &[
            ("TargetTransportServers", json!(["HIOLD1", "HIOLD2"])),
            ("SourceTransportServers", json!(["HIHUB1"])),
        ],
    );
    let directories: BTreeSet<(String, String)> = facts
        .objects("Get-OwaVirtualDirectory")
        .iter()
        .map(|object| {
            let text = |name: &str| {
                let value = object["properties"][name].as_str();
                value.unwrap_or_default().to_owned()
            };
            (text("OwaVersion"), text("VirtualDirectoryType"))
        })
        .collect();
    let expected = [
        ("Exchange2003or2000", "Exchweb"),
        ("Exchange2003or2000", "Mailboxes"),
        ("Exchange2003or2000", "PublicFolders"),
        ("Exchange2007", "NotSpecified"),
    ];
    let expected = expected.map(|(version, kind)| (version.to_owned(), kind.to_owned()));
    assert_eq!(directories, BTreeSet::from(expected));
    // What IIS 6 of the old server says of /Exchange and of ActiveSync.
    let applications = facts.objects("Get-WebApplication");
    let of = |path: &str| {
        let mut found = applications.iter();
        let found = found.find(|object| object["properties"]["Path"] == path);
        &found.unwrap_or_else(|| panic!("no {path}"))["properties"]
    };
    assert_eq!(of("/Exchange")["WindowsAuthentication"], true);
    assert_eq!(of("/Exchange")["BasicAuthentication"], true);
    assert_eq!(
        of("/Microsoft-Server-ActiveSync")["WindowsAuthentication"],
        false
    );
}

#[test]
fn objects_of_a_cluster_belong_to_its_clustered_mailbox_server() {
    let facts = Facts::of("clustered-mailbox-server");
    for (cmdlet, count) in [
        ("Get-MailboxServer", 1),
        ("Get-ClusteredMailboxServerStatus", 1),
        ("Get-StorageGroup", 2),
        ("Get-StorageGroupCopyStatus", 2),
    ] {
        let objects = facts.objects(cmdlet);
        assert_eq!(objects.len(), count, "{cmdlet}");
        for object in objects {
            assert_eq!(object["server"], "asmbx1", "{cmdlet}");
        }
    }
    let server = facts.server("asmbx1");
    assert_eq!(server["roles"], json!(["mailbox"]));
    assert_eq!(server["cluster"], true);
    facts.has(
        "Get-MailboxServer",
        "ASMBX1",
        &[
            ("ClusteredStorageType", json!("NonShared")),
            ("RedundantMachines", json!(["ASNODE1", "ASNODE2"])),
            ("MAPIEncryptionRequired", json!(false)),
        ],
    );
    facts.has(
        "Get-StorageGroupCopyStatus",
        r"ASMBX1\SG2",
        &[
            ("SummaryCopyStatus", json!("Failed")),
            ("CCRTargetNode", json!("ASNODE2")),
        ],
    );
    assert_eq!(facts.runs("Get-PublicFolderDatabase"), [0]);
    // The node that was asked; its second network leads nowhere.
    assert_eq!(addresses(&facts, "asnode1"), ["10.70.1.31"]);
    assert_eq!(facts.0["contradictions"], json!([]));
}

#[test]
fn front_and_back_end_directories_are_two_objects() {
    let facts = Facts::of("front-and-back-end");
    let front = r"RCEX1\owa (Default Web Site)";
    let back = r"RCEX1\owa (Exchange Back End)";
    facts.has(
        "Get-OwaVirtualDirectory",
        front,
        &[
            ("FormsAuthentication", json!(true)),
            ("ExternalUrl", json!("https://mail.relecloud.example/owa")),
        ],
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        back,
        &[
            ("FormsAuthentication", json!(false)),
            ("WindowsAuthentication", json!(true)),
            ("ExternalUrl", json!(null)),
            (
                "InternalUrl",
                json!("https://RCEX1.relecloud.example:444/owa"),
            ),
        ],
    );
    assert_eq!(facts.objects("Get-WebServicesVirtualDirectory").len(), 2);
    assert_eq!(facts.objects("Get-OabVirtualDirectory").len(), 2);
    facts.has(
        "Get-OutlookAnywhere",
        r"RCEX1\Rpc (Default Web Site)",
        &[
            ("SSLOffloading", json!(true)),
            ("ExternalClientsRequireSsl", json!(true)),
            ("InternalClientsRequireSsl", json!(false)),
            (
                "IISAuthenticationMethods",
                json!(["Basic", "Ntlm", "Negotiate"]),
            ),
        ],
    );
    assert_eq!(facts.server("rcex1")["version"]["major"], 15);
    // IIS: /EWS has no setting of its own and takes that of the site; /Rpc has `None`.
    let expected = [
        ("Default Web Site", "/EWS", true),
        ("Default Web Site", "/Rpc", false),
        ("Exchange Back End", "/owa", true),
    ];
    for (site, path, required) in expected {
        let found = facts.objects("Get-WebApplication").iter().find(|object| {
            object["properties"]["Site"] == site && object["properties"]["Path"] == path
        });
        let found = found.unwrap_or_else(|| panic!("no {site}{path}"));
        assert_eq!(found["properties"]["RequireSSL"], required, "{site}{path}");
    }
}
