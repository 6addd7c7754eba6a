//! Entries as `ldifde` writes them: everything is an addition.

use super::*;
use crate::formats::exchange::testing::{at, list, named, records, text, value};
use crate::model::exchange::{Record, Value};

const SITES: &str = "\
dn: CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com
changetype: add
objectClass: top
objectClass: site
cn: Tokyo
location:: 5p2x5Lqs

dn: CN=10.1.0.0/24,CN=Subnets,CN=Sites,CN=Configuration,DC=contoso,DC=com
changetype: add
objectClass: top
objectClass: subnet
cn: 10.1.0.0/24
siteObject: CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,
 DC=com

dn: CN=Tokyo-Osaka,CN=IP,CN=Inter-Site Transports,CN=Sites,CN=Configuration,DC=
 contoso,DC=com
objectClass: siteLink
cost: 100
siteList: CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com
siteList: CN=Osaka,CN=Sites,CN=Configuration,DC=contoso,DC=com

dn: CN=DC1,CN=Servers,CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com
objectClass: server
dNSHostName: dc1.contoso.com
serverReference: CN=DC1,OU=Domain Controllers,DC=contoso,DC=com

dn: CN=NTDS Settings,CN=DC1,CN=Servers,CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com
objectClass: nTDSDSA
options: 1
";

fn find<'r>(found: &[&'r Record], cmdlet: &str) -> &'r Record {
    let mut all = found.iter().filter(|record| record.cmdlet == Some(cmdlet));
    all.next().unwrap_or_else(|| panic!("no {cmdlet}"))
}

#[test]
fn sites_subnets_links_and_domain_controllers_are_read() {
    let file = named("sites.ldf", SITES);
    assert!((LDIF.detect)(&file).is_some());
    let document = parse(&file);
    let found = records(&document);
    assert_eq!(found.len(), 4);
    let site = find(&found, "Get-ADReplicationSite");
    assert_eq!(value(site, "Location"), &text("東京"));
    let subnet = find(&found, "Get-ADReplicationSubnet");
    assert_eq!(value(subnet, "Name"), &text("10.1.0.0/24"));
    let tokyo = "CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com";
    assert_eq!(value(subnet, "Site"), &text(tokyo));
    assert_eq!(at(&file, subnet, "Name"), "10.1.0.0/24");
    let link = find(&found, "Get-ADReplicationSiteLink");
    assert_eq!(value(link, "Cost"), &Value::Integer(100));
    let osaka = "CN=Osaka,CN=Sites,CN=Configuration,DC=contoso,DC=com";
    assert_eq!(value(link, "SitesIncluded"), &list(&[tokyo, osaka]));
    let controller = find(&found, "Get-ADDomainController");
    assert_eq!(value(controller, "HostName"), &text("dc1.contoso.com"));
    assert_eq!(value(controller, "Site"), &text("Tokyo"));
    assert_eq!(value(controller, "IsGlobalCatalog"), &Value::Bool(true));
    let totals = document.ledger.totals();
    assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0));
}

#[test]
fn accounts_of_domain_controllers_and_members_of_groups_are_read() {
    let document = parse(&named(
        "x.ldf",
        "dn: CN=DC2,OU=Domain Controllers,DC=contoso,DC=com\nobjectClass: computer\ncn: DC2\n\
         userAccountControl: 532480\ndNSHostName: dc2.contoso.com\n\n\
         dn: CN=PC1,CN=Computers,DC=contoso,DC=com\nobjectClass: computer\nuserAccountControl: 4096\n\
         unicodePwd:: c2VjcmV0\n\n\
         dn: CN=Exchange Servers,OU=Microsoft Exchange Security Groups,DC=contoso,DC=com\n\
         objectClass: group\nmember;range=0-1: CN=HUB1,CN=Computers,DC=contoso,DC=com\n",
    ));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    assert_eq!(value(found[0], "HostName"), &text("dc2.contoso.com"));
    assert_eq!(value(found[0], "Domain"), &text("contoso.com"));
    assert_eq!(value(found[1], "Group"), &text("Exchange Servers"));
    assert_eq!(value(found[1], "Name"), &text("HUB1"));
    assert_eq!(document.problems.len(), 1);
    let hidden = document
        .content
        .iter()
        .any(|c| matches!(c, Content::Secrets(s) if s.len() == 1));
    assert!(hidden);
}

#[test]
fn servers_and_connectors_of_exchange_are_read_from_the_directory() {
    let below = "CN=HUB1,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,\
                 CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com";
    let ldif = format!(
        "dn: {below}\nobjectClass: msExchExchangeServer\ncn: HUB1\nmsExchCurrentServerRoles: 36\n\
         serialNumber: Version 8.3 (Build 30083.6)\nnetworkAddress: netbios:HUB1\n\
         networkAddress: ncacn_ip_tcp:hub1.contoso.com\n\
         msExchServerSite: CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com\n\n\
         dn: CN=Default HUB1,CN=SMTP Receive Connectors,CN=Protocols,{below}\n\
         objectClass: msExchSmtpReceiveConnector\nmsExchSmtpReceiveBindings: 0.0.0.0:25\n\
         msExchSmtpReceiveRemoteIPRanges: 10.0.0.0-10.255.255.255\n\n\
         dn: CN=x,{below}\nobjectClass: msExchUnknown\n"
    );
    let document = parse(&named("exchange.ldf", &ldif));
    let found = records(&document);
    assert_eq!(found.len(), 2);
    let server = find(&found, "Get-ExchangeServer");
    assert_eq!(value(server, "Fqdn"), &text("hub1.contoso.com"));
    assert_eq!(value(server, "Site"), &text("Tokyo"));
    let roles = crate::formats::exchange::testing::flags(&["ClientAccess", "HubTransport"]);
    assert_eq!(value(server, "ServerRole"), &roles);
    let connector = find(&found, "Get-ReceiveConnector");
    assert_eq!(value(connector, "Server"), &text("HUB1"));
    assert_eq!(value(connector, "Bindings"), &list(&["0.0.0.0:25"]));
    assert!(connector.properties.get("AuthMechanism").is_none());
    assert_eq!(document.ledger.totals().not_modelled, 2);
}

#[test]
fn a_change_is_no_state() {
    let document = parse(&named(
        "x.ldf",
        "dn: CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso,DC=com\nchangetype: modify\nreplace: location\n\
         location: x\n-\n\ndn: CN=10.9.0.0/16,CN=Subnets,CN=Sites,CN=Configuration,DC=a,DC=b\nchangetype: delete\n",
    ));
    assert!(records(&document).is_empty());
    assert_eq!(document.ledger.totals().not_modelled, 7);
}

#[test]
fn numbers_of_roles_that_are_not_known_tell_no_role() {
    assert_eq!(roles("36").as_deref(), Some("ClientAccess, HubTransport"));
    assert_eq!(roles("0").as_deref(), Some("None"));
    assert_eq!(roles("16385"), None);
    assert_eq!(roles("x"), None);
}

#[test]
fn other_texts_are_no_ldif() {
    for other in [
        "hostname asa\n",
        "dn is a word\n",
        "# only\n",
        "x: y\ndn: CN=a,DC=b\n",
    ] {
        assert!((LDIF.detect)(&named("x", other)).is_none(), "{other}");
    }
}
