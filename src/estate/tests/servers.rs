use super::*;

const HUB: &str = "Name : HUB1\nFqdn : Hub1.contoso.com\nServerRole : HubTransport, ClientAccess\n\
                   Site : contoso.com/Configuration/Sites/Tokyo\n\
                   AdminDisplayVersion : Version 8.3 (Build 83.6)\n";

#[test]
fn an_exchange_server_has_its_roles_site_and_version_from_get_exchangeserver() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB);
    let estate = lab.join();
    let hub = find(&estate, "hub1");
    assert!(hub.exchange);
    assert_eq!(roles(&estate, "hub1"), [Role::Hub, Role::ClientAccess]);
    assert_eq!(hub.site.as_ref().map(|s| s.value.as_str()), Some("Tokyo"));
    assert_eq!(
        hub.version.map(|v| (v.major, v.minor, v.build)),
        Some((8, 3, Some(83)))
    );
    assert_eq!(
        hub.fqdn.as_ref().map(|f| f.value.as_str()),
        Some("hub1.contoso.com")
    );
    let site = hub.site.as_ref().expect("a site").span;
    assert_eq!(
        lab.sources.locate(site).map(|(name, at)| (name, at.line)),
        Some(("s.txt", 4))
    );
}

#[test]
fn a_2003_server_has_the_legacy_role() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : OLD1\nServerRole : None\nSite :\n\
         AdminDisplayVersion : Version 6.5 (Build 7638.2: Service Pack 2)\n",
    );
    let estate = lab.join();
    assert_eq!(roles(&estate, "old1"), [Role::LegacyMailbox]);
    assert_eq!(find(&estate, "old1").site.as_ref().map(|s| &s.value), None);
}

#[test]
fn role_flags_stand_in_for_a_role_property_that_was_cut_off() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : A\nIsMailboxServer : False\nIsClientAccessServer : True\n\
         IsHubTransportServer : False\nIsUnifiedMessagingServer : False\nIsEdgeServer : False\n\
         \nName : B\nServerRole : Mailbox, Hu\n",
    );
    let estate = lab.join();
    assert_eq!(roles(&estate, "a"), [Role::ClientAccess]);
    assert_eq!(roles(&estate, "b"), []);
    assert!(asks(&estate, "server-roles", "b"));
    assert!(!asks(&estate, "server-roles", "a"));
}

#[test]
fn statements_of_one_server_meet_by_netbios_name_or_fqdn() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB)
        .inventory("[[server]]\nname = \"HUB1.contoso.com\"\naddresses = [\"10.1.0.12\"]\n")
        .export(
            "c.txt",
            "Get-ReceiveConnector",
            "Identity : HUB1\\Default HUB1\nBindings : {0.0.0.0:25}\n",
        )
        .export(
            "o.txt",
            "Get-OwaVirtualDirectory",
            "Name : owa (Default Web Site)\nServer : hub1\n",
        )
        .export(
            "d.txt",
            "Get-OabVirtualDirectory",
            "Name : OAB\nMetabasePath : IIS://hub1.contoso.com/W3SVC/1/ROOT/OAB\n",
        )
        .export(
            "HUB1_TransportAgent_FL.TXT",
            "Get-TransportAgent",
            "Identity : A\n",
        )
        .export_on(
            "x.txt",
            "Get-ExchangeCertificate",
            Some("HUB1"),
            "Thumbprint : AB\n",
        );
    let estate = lab.join();
    assert_eq!(estate.servers.len(), 1);
    let id = server(&estate, "hub1");
    for object in &estate.objects {
        assert_eq!(object.server, Some(id), "{}", object.cmdlet);
    }
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.12"]);
}

#[test]
fn servers_of_one_netbios_name_in_two_domains_are_two() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nFqdn : hub1.a.example\nServerRole : HubTransport\n\n\
         Name : HUB1\nFqdn : hub1.b.example\nServerRole : Mailbox\n",
    )
    .export(
        "c.txt",
        "Get-ReceiveConnector",
        "Identity : HUB1\\Default HUB1\n",
    );
    let estate = lab.join();
    assert_eq!(roles(&estate, "hub1.a.example"), [Role::Hub]);
    assert_eq!(roles(&estate, "hub1.b.example"), [Role::Mailbox]);
    let connector = estate
        .objects
        .iter()
        .find(|object| object.cmdlet == "Get-ReceiveConnector")
        .expect("a connector");
    assert_eq!(connector.server, None);
    assert_eq!(contradictions(&estate), [] as [&str; 0]);
}

/// HUB1 with two connectors that name addresses of it.
fn with_named_addresses() -> Lab {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB)
        .export(
            "c.txt",
            "Get-ReceiveConnector",
            "Identity : HUB1\\A\nBindings : {0.0.0.0:25, 10.1.0.13:587, [2001:db8::13]:25}\n",
        )
        .export(
            "n.txt",
            "Get-SendConnector",
            "Name : Out\nSourceIPAddress : 10.1.0.14\nSourceTransportServers : {HUB1}\n",
        );
    lab
}

/// One address is not all that a server has.
#[test]
fn connectors_alone_do_not_tell_the_addresses_of_a_server() {
    let estate = with_named_addresses().join();
    assert_eq!(ips(&estate, "hub1"), [] as [&str; 0]);
}

/// A connector cannot listen on an address that its machine does not have. The
/// settings say nothing of IPv6.
#[test]
fn network_settings_refute_addresses_that_connectors_name() {
    let mut lab = with_named_addresses();
    lab.export(
        "HUB1_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        "Name : Intel NIC\nIPAddresses : {10.1.0.12, 10.1.0.14, fe80::1, 169.254.9.9}\n",
    );
    let estate = lab.join();
    assert_eq!(
        ips(&estate, "hub1"),
        ["10.1.0.12", "10.1.0.14", "2001:db8::13"]
    );
}

#[test]
fn network_settings_of_an_unknown_server_raise_a_question() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB).export(
        "net.txt",
        "Get-NetworkConnectionInfo",
        "Name : NIC\nIPAddresses : {10.1.0.12}\n",
    );
    let estate = lab.join();
    assert!(asks(&estate, "export-host", "net.txt"));
    assert!(asks(&estate, "server-address", "hub1"));
}

#[test]
fn cut_off_network_settings_tell_no_address_and_raise_a_question() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB).export_on(
        "net.txt",
        "Get-NetworkConnectionInfo",
        Some("hub1"),
        "Name : NIC\nIPAddresses : {10.1.0.12, 10.1.0.13...}\n",
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), [] as [&str; 0]);
    let question = estate
        .questions
        .iter()
        .find(|question| question.settle.starts_with("$FormatEnumerationLimit"))
        .expect("a question");
    assert_eq!(question.subject, "hub1");
}

#[test]
fn nodes_belong_to_their_clustered_server() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : MBX\nServerRole : Mailbox\n\nName : ALONE\nServerRole : Mailbox\n",
    )
    .export(
        "m.txt",
        "Get-MailboxServer",
        "Name : MBX\nRedundantMachines : {NODE1, NODE2}\n\n\
         Name : ALONE\nRedundantMachines : {ALONE}\n",
    )
    .export_on(
        "n1.txt",
        "Get-NetworkConnectionInfo",
        Some("NODE1"),
        "Name : Public\nIPAddresses : {10.1.0.31}\n",
    );
    let estate = lab.join();
    // The nodes are machines, but no Exchange servers of their own.
    let exchange = estate.servers.iter().filter(|server| server.exchange);
    assert_eq!(exchange.count(), 2);
    assert!(!find(&estate, "node1").exchange);
    let nodes: Vec<&str> = find(&estate, "mbx")
        .nodes
        .iter()
        .map(|n| n.value.as_str())
        .collect();
    assert_eq!(nodes, ["node1", "node2"]);
    assert_eq!(find(&estate, "alone").nodes.len(), 0);
    let address = find(&estate, "mbx").addresses.first().expect("an address");
    assert_eq!(address.ip.to_string(), "10.1.0.31");
    assert_eq!(address.strength, Strength::Name);
    assert!(!asks(&estate, "server-address", "mbx"));
}

#[test]
fn nodes_of_one_cluster_do_not_contradict_each_other() {
    let mut lab = Lab::new();
    lab.export(
        "m.txt",
        "Get-MailboxServer",
        "Name : CMS1\nRedundantMachines : {NODE1, NODE2}\n",
    );
    for (node, address) in [("NODE1", "10.1.0.31"), ("NODE2", "10.1.0.32")] {
        lab.export_on(
            &format!("{node}_NetworkConnectionInfo_FL.TXT"),
            "Get-NetworkConnectionInfo",
            Some(node),
            &format!("Name : Public\nIPAddresses : {{{address}}}\n"),
        );
    }
    let estate = lab.join();
    assert_eq!(contradictions(&estate), Vec::<String>::new());
    let of_nodes = estate.objects.iter();
    let of_nodes = of_nodes.filter(|object| object.cmdlet == "Get-NetworkConnectionInfo");
    assert_eq!(of_nodes.count(), 2);
    for (node, address) in [("node1", "10.1.0.31"), ("node2", "10.1.0.32")] {
        assert_eq!(ips(&estate, node), [address], "{node} has its own");
    }
}

#[test]
fn a_node_has_the_addresses_that_others_reach_it_by() {
    let mut lab = Lab::new();
    lab.inventory(
        "[[server]]\nname = \"cms1\"\nroles = [\"mailbox\"]\naddresses = [\"10.1.0.30\"]\n",
    )
    .export(
        "m.txt",
        "Get-MailboxServer",
        "Name : CMS1\nRedundantMachines : {NODE1, NODE2}\n",
    )
    .export_on(
        "NODE1_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        Some("NODE1"),
        "Name : Public\nIPAddresses : {10.1.0.31, 10.1.0.30}\nDnsServers : {10.1.0.5}\n",
    )
    .export_on(
        "NODE1 private_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        Some("NODE1"),
        "Name : Private\nIPAddresses : {172.16.0.1}\nDnsServers : {}\n",
    );
    let estate = lab.join();
    // The network of the cluster alone leads nowhere.
    assert_eq!(ips(&estate, "node1"), ["10.1.0.31"]);
    assert_eq!(ips(&estate, "cms1"), ["10.1.0.30"]);
}

#[test]
fn remarks_on_a_clusters_machines_are_no_nodes() {
    let mut lab = Lab::new();
    lab.export(
        "c.txt",
        "Get-ClusteredMailboxServerStatus",
        "Identity : MBX\nOperationalMachines : {NODE1 <Active, Quorum Owner>, NODE2}\n",
    );
    let estate = lab.join();
    let nodes: Vec<&str> = find(&estate, "mbx")
        .nodes
        .iter()
        .map(|n| n.value.as_str())
        .collect();
    assert_eq!(nodes, ["node1", "node2"]);
}

#[test]
fn a_folder_tells_the_server_where_nothing_else_does() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB)
        .export(
            "exports/HUB1/cert.xml",
            "Get-ExchangeCertificate",
            "Thumbprint : AB\n",
        )
        .export(
            "exports/other/cert.xml",
            "Get-ExchangeCertificate",
            "Thumbprint : CD\n",
        );
    let estate = lab.join();
    let owners: Vec<_> = estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == "Get-ExchangeCertificate")
        .map(|object| object.server)
        .collect();
    assert_eq!(owners, [Some(server(&estate, "hub1")), None]);
}

#[test]
fn a_clustered_servers_own_address_comes_before_its_nodes() {
    let mut lab = Lab::new();
    lab.export(
        "m.txt",
        "Get-MailboxServer",
        "Name : MBX\nRedundantMachines : {NODE1, NODE2}\n",
    )
    .export_on(
        "n1.txt",
        "Get-NetworkConnectionInfo",
        Some("NODE1"),
        "Name : Public\nIPAddresses : {10.1.0.31}\n",
    )
    .inventory("[[server]]\nname = \"mbx\"\naddresses = [\"10.1.0.30\"]\n");
    let estate = lab.join();
    assert_eq!(ips(&estate, "mbx"), ["10.1.0.30"]);
    assert_eq!(contradictions(&estate), [] as [&str; 0]);
}

#[test]
fn an_edge_subscription_tells_the_edge_and_its_subscribed_site() {
    let mut lab = Lab::new();
    lab.export(
        "e.txt",
        "Get-EdgeSubscription",
        "Name : EDGE1\nSite : contoso.com/Configuration/Sites/Tokyo\n",
    );
    let estate = lab.join();
    assert_eq!(roles(&estate, "edge1"), [Role::Edge]);
    let site = find(&estate, "edge1").site.clone().expect("a site");
    assert_eq!(site.value, "Tokyo");
}

#[test]
fn domain_controllers_and_gateways_are_hosts() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nServerRole : HubTransport\n\
         CurrentDomainControllers : {dc1.contoso.com}\n\
         CurrentGlobalCatalogs : {DC1.contoso.com, dc2.contoso.com}\n",
    )
    .export(
        "g.txt",
        "Get-UMIPGateway",
        "Name : GW1\nAddress : 10.9.0.5\n\nName : GW2\nAddress : gw2.contoso.com\n",
    )
    .inventory("[[host]]\nname = \"dc1\"\nroles = [\"dns\"]\naddresses = [\"10.1.0.5\"]\n");
    let estate = lab.join();
    assert_eq!(roles(&estate, "dc1"), [Role::ActiveDirectory, Role::Dns]);
    assert_eq!(roles(&estate, "dc2"), [Role::ActiveDirectory]);
    assert!(!find(&estate, "dc1").exchange);
    assert_eq!(roles(&estate, "gw1"), [Role::IpGateway]);
    assert_eq!(roles(&estate, "gw2"), [Role::IpGateway]);
    assert!(asks(&estate, "host-address", "dc2"));
    assert!(asks(&estate, "host-address", "gw2"));
    assert_eq!(ips(&estate, "gw1"), ["10.9.0.5"]);
    assert!(!asks(&estate, "host-address", "dc1"));
}

#[test]
fn exports_that_disagree_about_a_server_leave_it_open() {
    let mut lab = Lab::new();
    lab.export("a.txt", "Get-ExchangeServer", HUB).export(
        "b.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nFqdn : hub1.contoso.com\nServerRole : HubTransport\n\
         Site : contoso.com/Configuration/Sites/Osaka\n",
    );
    let estate = lab.join();
    assert_eq!(
        contradictions(&estate),
        ["hub1 roles: hub, cas / hub", "hub1 site: Tokyo / Osaka",]
    );
    assert_eq!(find(&estate, "hub1").site.as_ref().map(|s| &s.value), None);
    assert_eq!(roles(&estate, "hub1"), [Role::Hub]);
}

#[test]
fn the_inventory_contradicts_exports_on_roles_site_address_and_version() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB)
        .export_on(
            "n.txt",
            "Get-NetworkConnectionInfo",
            Some("HUB1"),
            "Name : NIC\nIPAddresses : {10.1.0.12}\n",
        )
        .inventory(
            "[exchange]\nversion = \"8.1\"\n\n[[server]]\nname = \"hub1\"\nroles = [\"edge\"]\n\
             site = \"Osaka\"\naddresses = [\"10.1.0.99\"]\n",
        );
    let estate = lab.join();
    assert_eq!(
        contradictions(&estate),
        [
            "IN004 hub1 address: 10.1.0.99 / 10.1.0.12",
            "IN004 hub1 roles: edge / hub, cas",
            "IN004 hub1 site: Osaka / Tokyo",
            "IN004 hub1 version: 8.1 / 8.3",
        ]
    );
    let site = find(&estate, "hub1").site.clone().expect("a site");
    assert_eq!(site.value, "Tokyo");
}

#[test]
fn an_inventory_that_agrees_or_says_more_contradicts_nothing() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB)
        .export(
            "old.txt",
            "Get-ExchangeServer",
            "Name : OLD1\nServerRole : None\nAdminDisplayVersion : Version 6.5 (Build 7638.2)\n",
        )
        .export_on(
            "n.txt",
            "Get-NetworkConnectionInfo",
            Some("HUB1"),
            "Name : NIC\nIPAddresses : {10.1.0.12}\n",
        )
        .inventory(
            "[exchange]\nversion = \"8.3\"\n\n[[server]]\nname = \"hub1\"\nroles = [\"hub\"]\n\
             site = \"TOKYO\"\naddresses = [\"10.1.0.12\", \"10.1.0.50\"]\n",
        );
    let estate = lab.join();
    assert_eq!(contradictions(&estate), [] as [&str; 0]);
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.12", "10.1.0.50"]);
}

#[test]
fn the_declared_version_holds_for_servers_without_one() {
    let mut lab = Lab::new();
    lab.inventory(
        "[exchange]\nversion = \"8.1\"\n\n[[server]]\nname = \"hub1\"\nroles = [\"hub\"]\n\
         [[server]]\nname = \"old1\"\nroles = [\"legacy-mailbox\"]\n",
    );
    let estate = lab.join();
    let version = |name: &str| find(&estate, name).version.map(|v| (v.major, v.minor));
    assert_eq!(version("hub1"), Some((8, 1)));
    assert_eq!(version("old1"), None);
}

#[test]
fn equal_copies_of_an_object_are_one_and_different_ones_a_contradiction() {
    let connector = "Identity : HUB1\\Default HUB1\nAuthMechanism : Tls, BasicAuth\n\
                     Enabled : True\nWhenChanged : 1/26/2009 2:14:47 PM\n";
    let mut lab = Lab::new();
    lab.export("a.txt", "Get-ReceiveConnector", connector)
        .export(
            "b.txt",
            "Get-ReceiveConnector",
            "Identity : HUB1\\Default HUB1\nAuthMechanism : BasicAuth, Tls\n\
             RequireTLS : False\nWhenChanged : 2/26/2009 2:14:47 PM\n",
        )
        .export(
            "c.txt",
            "Get-ReceiveConnector",
            "Name : Default HUB1\nServer : HUB1\nEnabled : False\n",
        );
    let estate = lab.join();
    let [object] = estate.objects.as_slice() else {
        panic!("one object, not {}", estate.objects.len());
    };
    assert_eq!(object.copies.len(), 2);
    assert_eq!(
        contradictions(&estate),
        ["HUB1\\Default HUB1 Enabled: True / False"]
    );
    use crate::model::exchange::Lookup;
    assert!(matches!(object.record.get("Enabled"), Lookup::Unknown(..)));
    assert!(matches!(
        object.record.get("AuthMechanism"),
        Lookup::Known(..)
    ));
    assert!(matches!(object.record.get("RequireTLS"), Lookup::Known(..)));
}

#[test]
fn an_edge_keeps_its_own_copy_of_what_belongs_to_the_organisation() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : EDGE1\nServerRole : Edge\n\nName : HUB1\nServerRole : HubTransport\n",
    )
    .export_on(
        "e.txt",
        "Get-TransportConfig",
        Some("EDGE1"),
        "TLSSendDomainSecureList : {a.example}\n",
    )
    .export_on(
        "h.txt",
        "Get-TransportConfig",
        Some("HUB1"),
        "TLSSendDomainSecureList : {}\n",
    );
    let estate = lab.join();
    assert_eq!(contradictions(&estate), [] as [&str; 0]);
    let servers: Vec<_> = estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == "Get-TransportConfig")
        .map(|object| object.server)
        .collect();
    assert_eq!(servers, [Some(server(&estate, "edge1")), None]);
}

#[test]
fn a_server_that_only_an_object_names_is_known_without_roles() {
    let mut lab = Lab::new();
    lab.export(
        "o.txt",
        "Get-OwaVirtualDirectory",
        "Name : owa (Default Web Site)\nServer : CAS9\n",
    )
    .export("r.txt", "Get-ClientAccessServer", "Name : CAS1\n");
    let estate = lab.join();
    assert!(find(&estate, "cas9").exchange);
    assert!(asks(&estate, "server-roles", "cas9"));
    assert_eq!(roles(&estate, "cas1"), [Role::ClientAccess]);
}

#[test]
fn a_run_without_results_is_kept() {
    let mut lab = Lab::new();
    lab.export("e.txt", "Get-EdgeSubscription", "");
    let estate = lab.join();
    let [run] = estate.runs.as_slice() else {
        panic!("one run");
    };
    assert_eq!((run.cmdlet, run.count), ("Get-EdgeSubscription", 0));
}

#[test]
fn names_that_nothing_defines_are_problems() {
    let mut lab = Lab::new();
    lab.firewall("outer", |f| {
        f.interface("outside", 0, "203.0.113.2/24");
    })
    .inventory(
        "[[zone]]\nname = \"dmz\"\nat = [\"outer:outsid\", \"oter:dmz\"]\n\
         [[server]]\nname = \"edge1\"\n\
         [[host]]\nname = \"tmg1\"\nforwards_to = \"cas1\"\n\
         [[path]]\nfrom = \"dmz\"\nto = \"servres\"\nvia = [\"outer\", \"inner\"]\n\
         [[allowed_flow]]\nfrom = \"edge1\"\nto = \"edg1\"\nreason = \"x\"\n\
         [[allowed_flow]]\nfrom = \"10.0.0.0/8\"\nto = \"dmz\"\nreason = \"x\"\n",
    );
    assert_eq!(
        problems(&lab.join()),
        [
            "firewall `outer` has no interface `outsid` (did you mean `outer:outside`?)",
            "no firewall is called `oter` (did you mean `outer`?)",
            "no server is called `cas1` (declare it under [[server]], or correct the name)",
            "no zone is called `servres` (declare it under [[zone]], or correct the name)",
            "no firewall is called `inner` (declare it under [[firewall]], or correct the name)",
            "no machine or zone is called `edg1` (did you mean `edge1`?)",
        ]
    );
}

#[test]
fn a_misspelt_end_of_an_allowed_flow_is_an_error_and_an_absent_one_a_warning() {
    let level = |name: &str| {
        let mut lab = Lab::new();
        lab.inventory(&format!(
            "[[server]]\nname = \"edge1\"\naddresses = [\"192.0.2.10\"]\n\
             [[allowed_flow]]\nfrom = \"{name}\"\nto = \"any\"\nreason = \"x\"\n"
        ));
        let estate = lab.join();
        let known = estate
            .problems
            .iter()
            .find(|known| known.message.contains("machine or zone"));
        known.map(|known| known.level)
    };
    assert_eq!(level("edge1"), None);
    assert_eq!(level("egde1"), Some(ProblemLevel::Error));
    // Its exports may not be among the inputs.
    assert_eq!(level("edge2"), Some(ProblemLevel::Warning));
    assert_eq!(level("printserver"), Some(ProblemLevel::Warning));
}

#[test]
fn a_certificate_belongs_to_the_server_that_its_export_names() {
    // The same one was imported on both servers: two objects, no contradiction.
    for (first, second) in [
        ("ServerName : EX1", "ServerName : EX2"),
        ("ComputerName : EX1", "ComputerName : EX2"),
        ("Server : EX1", "Server : EX2"),
        (
            "Identity : ex1.contoso.com\\AB12",
            "Identity : ex2.contoso.com\\AB12",
        ),
    ] {
        let mut lab = Lab::new();
        lab.export(
            "certificates.csv",
            "Get-ExchangeCertificate",
            &format!(
                "{first}\nThumbprint : AB12\nServices : {{SMTP}}\n\n\
                 {second}\nThumbprint : AB12\nServices : {{IIS}}\n"
            ),
        );
        let estate = lab.join();
        assert!(estate.contradictions.is_empty(), "{first}");
        let shown: Vec<&str> = estate
            .objects
            .iter()
            .map(|object| object.identity.as_str())
            .collect();
        assert_eq!(shown, ["EX1\\AB12", "EX2\\AB12"], "{first}");
        assert!(find(&estate, "ex2").exchange);
    }
}

#[test]
fn what_scripts_call_a_server_or_a_connector_names_it() {
    let mut lab = Lab::new();
    lab.export(
        "transport.csv",
        "Get-TransportServer",
        "Server : EX1\nExternalDNSAdapterEnabled : True\n",
    );
    lab.export(
        "relay.csv",
        "Get-ReceiveConnector",
        "ConnectorName : Relay\nServer : EX1\nRequireTLS : False\n",
    );
    let estate = lab.join();
    let shown: Vec<&str> = estate
        .objects
        .iter()
        .map(|object| object.identity.as_str())
        .collect();
    assert_eq!(shown, ["EX1\\Relay", "EX1"]);
    assert!(find(&estate, "ex1").exchange);
}
