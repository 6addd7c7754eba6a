//! Inputs of any size for the benchmarks, the same on every machine.

// Each benchmark uses a part of this.
#![allow(dead_code)]

pub mod clock;
pub mod platforms;
pub mod windows;

use std::fmt::Write as _;

/// Clock ticks of a second in `/proc` (USER_HZ).
const TICKS: f64 = 100.0;

/// Processor seconds of this process and of the children that have ended.
#[must_use]
pub fn processor() -> [f64; 2] {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    let sum = |at: usize| ticks.iter().skip(at).take(2).sum::<f64>() / TICKS;
    [sum(11), sum(13)]
}

/// A generator of the xorshift family: no dependency, and the same numbers
/// everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const HEADER: &str = ": Saved
:
ASA Version 9.1(7)
!
hostname bench
domain-name bench.example
names
!
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
!
interface GigabitEthernet0/1
 nameif dmz
 security-level 50
 ip address 192.0.2.1 255.255.255.0
!
interface GigabitEthernet0/2
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
!
same-security-traffic permit inter-interface
object network SRV-EDGE1
 host 192.0.2.10
object network SRV-HUB1
 host 10.1.0.11
object-group network DMZ-HOSTS
 network-object object SRV-EDGE1
 network-object host 192.0.2.11
object-group service MAIL tcp
 port-object eq smtp
 port-object eq https
 port-object range 50636 50637
";

const FOOTER: &str = "access-list outside_in extended permit tcp any object SRV-EDGE1 eq smtp
access-list outside_in extended deny ip any any
access-group outside_in in interface outside
route outside 0.0.0.0 0.0.0.0 203.0.113.254 1
class-map inspection_default
 match default-inspection-traffic
policy-map global_policy
 class inspection_default
  inspect esmtp
service-policy global_policy global
Cryptochecksum:00000000000000000000000000000000
: end
";

/// An ASA configuration with `rules` access list entries of the usual forms.
#[must_use]
pub fn asa(rules: usize) -> String {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut text = String::with_capacity(rules * 80 + 4096);
    text.push_str(HEADER);
    for index in 0..rules {
        let (a, b, c) = (numbers.below(256), numbers.below(256), numbers.below(256));
        let port = 1024 + numbers.below(60_000);
        let action = if numbers.below(8) == 0 {
            "deny"
        } else {
            "permit"
        };
        let line = match index % 8 {
            0 => format!("{action} tcp host 10.{a}.{b}.{c} host 192.0.2.{b} eq {port}"),
            1 => format!("{action} tcp 10.{a}.{b}.0 255.255.255.0 host 192.0.2.{c} eq www"),
            2 => format!("{action} udp any host 10.{a}.{b}.{c} eq domain log"),
            3 => format!(
                "{action} tcp 172.16.{a}.0 255.255.255.0 object-group DMZ-HOSTS object-group MAIL"
            ),
            4 => format!("{action} ip 10.{a}.0.0 255.255.0.0 10.{b}.{c}.0 255.255.255.0"),
            5 => format!(
                "{action} tcp any 198.51.100.0 255.255.255.0 range {port} {}",
                port + 10
            ),
            6 => format!("{action} icmp any host 192.0.2.{c} echo-reply"),
            _ => {
                let _ = writeln!(
                    text,
                    "access-list outside_in remark change {index} approved"
                );
                format!("{action} tcp host 198.51.100.{a} object SRV-EDGE1 eq smtp")
            }
        };
        let _ = writeln!(text, "access-list outside_in extended {line}");
    }
    text.push_str(FOOTER);
    text
}

/// The export of `connectors` Receive connectors of ten servers, as
/// `Export-Clixml` writes it.
#[must_use]
pub fn clixml(connectors: usize) -> String {
    let mut text = String::from(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n",
    );
    for connector in 0..connectors {
        let types = if connector == 0 {
            "<TN RefId=\"0\"><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T>\
             <T>System.Object</T></TN>"
        } else {
            "<TNRef RefId=\"0\" />"
        };
        let _ = write!(
            text,
            "  <Obj RefId=\"{connector}\">\n    {types}\n    \
             <ToString>connector {connector}</ToString>\n    <Props>\n"
        );
        for (name, value) in connector_properties(connector) {
            let _ = writeln!(text, "      <S N=\"{name}\">{value}</S>");
        }
        text.push_str(
            "      <B N=\"Enabled\">true</B>\n      <Nil N=\"Banner\" />\n    </Props>\n  </Obj>\n",
        );
    }
    text.push_str("</Objs>\n");
    text
}

/// The same as `Format-List` prints it.
#[must_use]
pub fn list(connectors: usize) -> String {
    let mut text = String::from("[PS] C:\\>Get-ReceiveConnector | fl\n\n\n");
    for connector in 0..connectors {
        for (name, value) in connector_properties(connector) {
            let _ = writeln!(text, "{name:<24}: {value}");
        }
        text.push_str("Enabled                 : True\nBanner                  : \n\n");
    }
    text
}

fn connector_properties(connector: usize) -> [(&'static str, String); 8] {
    let server = connector % 10;
    [
        ("Name", format!("Default {connector}")),
        (
            "AuthMechanism",
            "Tls, Integrated, ExchangeServer".to_owned(),
        ),
        ("ConnectionTimeout", "00:10:00".to_owned()),
        ("Fqdn", format!("SRV{server}.contoso.com")),
        ("MaxMessageSize", "10MB".to_owned()),
        (
            "PermissionGroups",
            "ExchangeUsers, ExchangeServers".to_owned(),
        ),
        ("Server", format!("SRV{server}")),
        ("Identity", format!("SRV{server}\\Default {connector}")),
    ]
}

/// An inventory of `servers` servers in the inner and perimeter networks of
/// [`asa`].
#[must_use]
pub fn inventory(servers: usize) -> String {
    let mut text = String::from("[exchange]\nreference_date = 2009-11-02\n");
    for (zone, class, networks) in [
        ("outside", "internet", "0.0.0.0/0"),
        ("dmz", "perimeter", "192.0.2.0/24"),
        ("inside", "internal", "10.1.0.0/16"),
    ] {
        let _ = write!(
            text,
            "\n[[zone]]\nname = \"{zone}\"\nclass = \"{class}\"\nat = [\"bench:{zone}\"]\n\
             networks = [\"{networks}\"]\n"
        );
    }
    for server in 0..servers {
        let (role, address) = match server % 5 {
            0 => ("edge", format!("192.0.2.{}", 10 + server)),
            1 => ("hub", format!("10.1.1.{}", 10 + server)),
            2 => ("cas", format!("10.1.2.{}", 10 + server)),
            3 => ("mailbox", format!("10.1.3.{}", 10 + server)),
            _ => ("um", format!("10.1.4.{}", 10 + server)),
        };
        let _ = write!(
            text,
            "\n[[server]]\nname = \"srv{server}\"\nroles = [\"{role}\"]\naddresses = [\"{address}\"]\n\
             site = \"Tokyo\"\n"
        );
    }
    text
}
