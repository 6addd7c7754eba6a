//! Small estates with faults.

use std::path::Path;

use crate::Files;
use crate::forms::{Form, connectors};

/// An estate, and the rules that are asked on it.
pub struct Estate {
    pub name: &'static str,
    pub files: fn() -> Files,
    pub rules: &'static [&'static str],
}

pub static ASA: Estate = Estate {
    name: "asa",
    files: asa,
    rules: &["FU", "FH", "NT", "IN004"],
};

pub static SRX: Estate = Estate {
    name: "srx",
    files: srx,
    rules: &["FU", "FH", "FR"],
};

pub static HUB: Estate = Estate {
    name: "hub",
    files: hub,
    rules: &["RC", "IN"],
};

/// The same with a few peers of the second connector.
pub static LISTED: Estate = Estate {
    name: "listed",
    files: listed,
    rules: &["RC", "IN"],
};

/// A firewall that inspects mail on its way to and from two Edge servers.
pub static INSPECTED: Estate = Estate {
    name: "inspected",
    files: inspected,
    rules: &["FU"],
};

const FIREWALL: &str = "\
ASA Version 8.2(5)
hostname fw1
!
interface Ethernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
!
interface Ethernet0/1
 nameif dmz
 security-level 50
 ip address 192.0.2.1 255.255.255.0
!
interface Ethernet0/2
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
!
object-group network EDGES
 network-object host 192.0.2.10
object-group service DIRECTORY tcp
 port-object eq 50389
access-list outside_in remark mail
access-list outside_in extended permit tcp any object-group EDGES eq smtp
access-list outside_in extended permit tcp any object-group EDGES object-group DIRECTORY
access-list outside_in extended permit udp any host 192.0.2.10 eq domain
access-list dmz_in extended permit tcp host 192.0.2.10 host 10.1.0.11 eq smtp
access-list dmz_in extended permit tcp host 192.0.2.10 host 10.1.0.11 eq 445
access-group outside_in in interface outside
access-group dmz_in in interface dmz
";

const INVENTORY: &str = r#"
[exchange]
version = "8.3"
reference_date = 2013-06-03

[[zone]]
name = "internet"
class = "internet"
at = ["fw1:outside"]

[[zone]]
name = "dmz"
class = "perimeter"
at = ["fw1:dmz"]

[[zone]]
name = "servers"
class = "internal"
at = ["fw1:inside"]

[[server]]
name = "edge1"
roles = ["edge"]
addresses = ["192.0.2.10"]

[[server]]
name = "hub1"
roles = ["hub"]
site = "Tokyo"
addresses = ["10.1.0.11"]
"#;

fn asa() -> Files {
    vec![
        ("fw/fw1.cfg".to_owned(), FIREWALL.to_owned()),
        ("exlint.toml".to_owned(), INVENTORY.to_owned()),
    ]
}

fn inspected() -> Files {
    let second = "network-object host 192.0.2.10\n network-object host 192.0.2.11\n";
    let firewall = FIREWALL
        .replace("network-object host 192.0.2.10\n", second)
        .replace(
            "access-group dmz_in",
            "access-list dmz_in extended permit tcp host 192.0.2.11 host 10.1.0.11 eq smtp\n\
             access-list inside_in extended permit tcp host 10.1.0.11 object-group EDGES eq smtp\n\
             access-group inside_in in interface inside\naccess-group dmz_in",
        )
        + "class-map inspection_default\n match default-inspection-traffic\n\
           policy-map global_policy\n class inspection_default\n  inspect esmtp\n\
           service-policy global_policy global\n";
    let inventory = format!(
        "{INVENTORY}\n[[server]]\nname = \"edge2\"\nroles = [\"edge\"]\naddresses = [\"192.0.2.11\"]\n"
    );
    vec![
        ("fw/fw1.cfg".to_owned(), firewall),
        ("exlint.toml".to_owned(), inventory),
    ]
}

fn srx() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/platforms/srx");
    ["fw/srx.conf", "exlint.toml", "exports/EdgeSubscription.txt"]
        .into_iter()
        .map(|name| {
            let text = std::fs::read_to_string(folder.join(name)).expect("the fixture");
            (name.to_owned(), text)
        })
        .collect()
}

fn hub() -> Files {
    vec![
        (
            "HUB1_ReceiveConnector.txt".to_owned(),
            connectors(Form::List),
        ),
        (
            "exlint.toml".to_owned(),
            "[exchange]\nversion = \"8.3\"\n\n[[server]]\nname = \"hub1\"\nroles = [\"hub\"]\n\
             addresses = [\"10.1.0.11\"]\n"
                .to_owned(),
        ),
    ]
}

fn listed() -> Files {
    let mut files = hub();
    let text = &mut files[0].1;
    let (default, relay) = text.split_once("ExternalAuthoritative").expect("the relay");
    let everybody = "{0.0.0.0-255.255.255.255}";
    let relay = relay.replace(everybody, "{10.1.0.20, 10.1.0.64-10.1.0.127}");
    *text = format!("{default}ExternalAuthoritative{relay}");
    files
}
