//! Names, sites, domain controllers, clusters and certificates.

use super::*;
use crate::model::exchange::Lookup;

const HUB: &str = "Name : HUB1\nFqdn : hub1.contoso.com\nServerRole : HubTransport\n";

fn site(estate: &Estate, name: &str) -> Option<String> {
    find(estate, name)
        .site
        .as_ref()
        .map(|site| site.value.clone())
}

fn record(name: &str, kind: &str, data: &str) -> String {
    let property = match kind {
        "A" | "AAAA" => "IPAddress",
        "SRV" => "NameTarget",
        _ => "NameHost",
    };
    format!("Name : {name}\nType : {kind}\n{property} : {data}\n\n")
}

fn a(name: &str, ip: &str) -> String {
    record(name, "A", ip)
}

#[test]
fn a_domain_controller_has_its_role_site_and_address_from_its_cmdlet() {
    let mut lab = Lab::new();
    lab.export(
        "dcs.txt",
        "Get-ADDomainController",
        "Name : DC1\nHostName : DC1.contoso.com\nSite : Tokyo\nIPv4Address : 10.1.0.10\n",
    );
    lab.export(
        "zone.txt",
        "Resolve-DnsName",
        &record(
            "_ldap._tcp.dc._msdcs.contoso.com",
            "SRV",
            "dc2.contoso.com.",
        ),
    );
    let estate = lab.join();
    assert_eq!(roles(&estate, "dc1"), [Role::ActiveDirectory]);
    assert_eq!(site(&estate, "dc1").as_deref(), Some("Tokyo"));
    assert_eq!(ips(&estate, "dc1"), ["10.1.0.10"]);
    assert_eq!(find(&estate, "dc1").addresses[0].strength, Strength::Name);
    assert_eq!(roles(&estate, "dc2"), [Role::ActiveDirectory]);
    let fqdn = find(&estate, "dc2")
        .fqdn
        .as_ref()
        .map(|fqdn| fqdn.value.as_str());
    assert_eq!(fqdn, Some("dc2.contoso.com"));
}

#[test]
fn a_name_gives_an_address_to_a_server_that_has_none_of_its_own() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB);
    let zone = [
        a("hub1.contoso.com.", "10.1.0.21"),
        a("HUB1.contoso.com", "10.1.0.22"),
        a("hub1.fabrikam.com", "10.9.0.1"),
        a("stranger.contoso.com", "10.9.0.2"),
        record("mail.contoso.com", "CNAME", "hub1.contoso.com"),
    ];
    lab.export("zone.txt", "Resolve-DnsName", &zone.concat());
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.21", "10.1.0.22"]);
    assert!(
        find(&estate, "hub1")
            .addresses
            .iter()
            .all(|a| a.strength == Strength::Name)
    );
    assert_eq!(estate.servers.len(), 1);
    assert_eq!(contradictions(&estate), [""; 0]);
}

#[test]
fn a_name_without_its_zone_fits_the_one_server_of_that_name() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB);
    let listed = "HostName : hub1\nRecordType : A\nRecordData : 10.1.0.21\n\n\
                  HostName : hub1\nRecordType : TXT\nRecordData : 10.1.0.99 is text\n";
    lab.export("zone.txt", "Get-DnsServerResourceRecord", listed);
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.21"]);
}

#[test]
fn a_servers_own_settings_win_over_its_name_and_the_difference_is_shown() {
    let settings = "Name : LAN\nIPAddresses : {10.1.0.21}\nAdapterGuid : 1\n";
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB);
    lab.export(
        "HUB1_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        settings,
    );
    let zone = [
        a("hub1.contoso.com", "10.1.0.99"),
        a("hub1.contoso.com", "203.0.113.9"),
    ];
    lab.export("zone.txt", "Resolve-DnsName", &zone.concat());
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.21"]);
    // The public one is the server's address outside.
    assert_eq!(
        contradictions(&estate),
        ["hub1 address: 10.1.0.21 / 10.1.0.99"]
    );
}

#[test]
fn views_of_two_sides_are_never_merged() {
    let mut lab = Lab::new();
    lab.export("s.txt", "Get-ExchangeServer", HUB);
    lab.export(
        "inside.txt",
        "Resolve-DnsName",
        &a("hub1.contoso.com", "10.1.0.21"),
    );
    lab.export(
        "outside.txt",
        "Resolve-DnsName",
        &a("hub1.contoso.com", "203.0.113.21"),
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.21"]);
    let said = problems(&estate);
    assert!(
        said.iter()
            .any(|p| p.contains("inside.txt") && p.contains("203.0.113.21")),
        "{said:?}"
    );
    lab.export(
        "third.txt",
        "Resolve-DnsName",
        &a("hub1.contoso.com", "10.7.0.21"),
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), [""; 0]);
    assert_eq!(
        contradictions(&estate),
        ["hub1 address: 10.1.0.21 / 10.7.0.21"]
    );
}

#[test]
fn the_inventory_and_a_name_may_contradict_each_other() {
    let mut lab = Lab::new();
    lab.inventory(
        "[[server]]\nname = \"hub1.contoso.com\"\nroles = [\"hub\"]\naddresses = [\"10.1.0.21\"]\n",
    );
    lab.export(
        "zone.txt",
        "Resolve-DnsName",
        &a("hub1.contoso.com", "10.1.0.99"),
    );
    let estate = lab.join();
    assert_eq!(ips(&estate, "hub1"), ["10.1.0.21"]);
    assert_eq!(
        contradictions(&estate),
        ["IN004 hub1 address: 10.1.0.21 / 10.1.0.99"]
    );
}

const SUBNETS: &str = "Name : 10.1.0.0/16\nSite : CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso\n\n\
                       Name : 10.1.7.0/24\nSite : CN=Osaka,CN=Sites,CN=Configuration,DC=contoso\n\n\
                       Name : 2001:db8::/32\nSite : Tokyo\n";

#[test]
fn the_most_specific_subnet_gives_a_server_its_site() {
    let mut lab = Lab::new();
    lab.inventory(
        "[[server]]\nname = \"hub1\"\nroles = [\"hub\"]\naddresses = [\"10.1.0.21\"]\n\
         [[server]]\nname = \"hub2\"\nroles = [\"hub\"]\naddresses = [\"10.1.7.21\"]\n\
         [[server]]\nname = \"hub3\"\nroles = [\"hub\"]\naddresses = [\"10.1.7.22\", \"10.1.0.22\"]\n\
         [[server]]\nname = \"edge1\"\nroles = [\"edge\"]\naddresses = [\"10.1.0.25\"]\n",
    );
    lab.export("subnets.txt", "Get-ADReplicationSubnet", SUBNETS);
    let estate = lab.join();
    assert_eq!(site(&estate, "hub1").as_deref(), Some("Tokyo"));
    assert_eq!(site(&estate, "hub2").as_deref(), Some("Osaka"));
    assert_eq!(site(&estate, "hub3"), None);
    assert_eq!(site(&estate, "edge1"), None);
}

#[test]
fn a_site_that_the_subnet_contradicts_is_shown_with_both_places() {
    let mut lab = Lab::new();
    let server = format!("{HUB}Site : contoso.com/Configuration/Sites/Nagoya\n");
    lab.export("s.txt", "Get-ExchangeServer", &server);
    lab.export("subnets.txt", "Get-ADReplicationSubnet", SUBNETS);
    let settings = "Name : LAN\nIPAddresses : {10.1.7.21}\nAdapterGuid : 1\n";
    lab.export(
        "HUB1_NetworkConnectionInfo_FL.TXT",
        "Get-NetworkConnectionInfo",
        settings,
    );
    let estate = lab.join();
    assert_eq!(site(&estate, "hub1").as_deref(), Some("Nagoya"));
    assert_eq!(contradictions(&estate), ["hub1 site: Nagoya / Osaka"]);
}

#[test]
fn two_exports_that_disagree_about_a_subnet_place_nobody() {
    let mut lab = Lab::new();
    lab.inventory("[[server]]\nname = \"hub1\"\nroles = [\"hub\"]\naddresses = [\"10.1.0.21\"]\n");
    lab.export(
        "a.txt",
        "Get-ADReplicationSubnet",
        "Name : 10.1.0.0/16\nSite : Tokyo\n",
    );
    lab.export(
        "b.txt",
        "Get-ADReplicationSubnet",
        "Name : 10.1.0.0/16\nSite : Osaka\n",
    );
    let estate = lab.join();
    assert_eq!(site(&estate, "hub1"), None);
    assert_eq!(estate.contradictions.len(), 1);
}

#[test]
fn a_group_with_the_name_of_a_server_gives_it_the_nodes_of_the_cluster() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : MBX1\nServerRole : Mailbox\n",
    );
    let nodes = "Name : NODE1\nCluster : CLUS1\n\nName : NODE2\nCluster : CLUS1\n\nName : NODE9\nCluster : CLUS9\n";
    lab.export("nodes.txt", "Get-ClusterNode", nodes);
    let groups = "Name : Cluster Group\nCluster : CLUS1\n\nName : MBX1\nOwnerNode : NODE1\nCluster : CLUS1\n";
    lab.export("groups.txt", "Get-ClusterGroup", groups);
    let estate = lab.join();
    let nodes: Vec<_> = find(&estate, "mbx1")
        .nodes
        .iter()
        .map(|node| node.value.as_str())
        .collect();
    assert_eq!(nodes, ["node1", "node2"]);
    assert!(estate.servers.iter().all(|server| server.name != "node9"));
}

#[test]
fn a_resource_in_the_group_of_a_server_gives_it_an_address() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : MBX1\nServerRole : Mailbox\n",
    );
    let resources = "Name : IP MBX1\nOwnerGroup : MBX1\nCluster : CLUS1\n\nName : IP CLUS1\nOwnerGroup : Cluster Group\nCluster : CLUS1\n";
    lab.export("resources.txt", "Get-ClusterResource", resources);
    let parameters = "Object : IP MBX1\nName : Address\nValue : 10.1.0.50\nCluster : CLUS1\n\nObject : IP MBX1\nName : DhcpAddress\nValue : 10.1.0.51\nCluster : CLUS1\n\nObject : IP CLUS1\nName : Address\nValue : 10.1.0.60\nCluster : CLUS1\n";
    lab.export("parameters.txt", "Get-ClusterParameter", parameters);
    let estate = lab.join();
    let addresses: Vec<_> = find(&estate, "mbx1")
        .addresses
        .iter()
        .map(|address| address.ip.to_string())
        .collect();
    assert_eq!(addresses, ["10.1.0.50"]);
}

#[test]
fn an_adapter_of_wmi_gives_its_machine_addresses() {
    let mut lab = Lab::new();
    lab.export(
        "s.txt",
        "Get-ExchangeServer",
        "Name : HUB1\nServerRole : HubTransport\n",
    );
    let adapter = "DNSHostName      : HUB1\nDescription      : vmxnet3\nIPAddress        : {10.1.0.11, fe80::1}\nIPSubnet         : {255.255.255.0, 64}\nDefaultIPGateway : {10.1.0.1}\n";
    lab.file("nic.txt", adapter);
    let estate = lab.join();
    let addresses: Vec<_> = find(&estate, "hub1")
        .addresses
        .iter()
        .map(|address| address.ip.to_string())
        .collect();
    assert_eq!(addresses, ["10.1.0.11"]);
}

#[test]
fn a_certificate_in_a_file_says_what_a_table_of_certificates_leaves_out() {
    let mut lab = Lab::new();
    lab.export(
        "certificates.txt",
        "Get-ExchangeCertificate",
        "Thumbprint : AB12\nServices : {SMTP}\nSubject : CN=mail...}\n\nThumbprint : FF\nServices : {IIS}\n",
    );
    lab.export(
        "mail.cer",
        "Get-PfxCertificate",
        "Thumbprint : ab12\nSubject : CN=mail.contoso.com\nCertificateDomains : {mail.contoso.com}\n",
    );
    let estate = lab.join();
    let listed: Vec<_> = estate
        .objects
        .iter()
        .filter(|object| object.cmdlet == "Get-ExchangeCertificate")
        .collect();
    let domains = listed[0].record.names("CertificateDomains");
    let (domains, span) = domains.expect("from the file");
    assert_eq!(domains, ["mail.contoso.com"]);
    let place = lab.sources.locate(span).map(|(name, _)| name);
    assert_eq!(place, Some("mail.cer"));
    assert_eq!(
        listed[0].record.text("Subject").map(|s| s.0),
        Some("CN=mail.contoso.com")
    );
    assert_eq!(listed[1].record.get("CertificateDomains"), Lookup::Absent);
}
