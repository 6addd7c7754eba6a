//! Configurations of every firewall platform, of any number of lines.

use std::fmt::Write as _;

use super::Numbers;

/// The parts of a rule that differ from one to the next.
struct Parts {
    /// Three octets.
    a: u64,
    b: u64,
    c: u64,
    /// A port.
    port: u64,
    /// Whether it permits.
    permits: bool,
}

fn parts(count: usize) -> impl Iterator<Item = (usize, Parts)> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    (0..count).map(move |index| {
        let parts = Parts {
            a: numbers.below(256),
            b: numbers.below(256),
            c: numbers.below(256),
            port: 1024 + numbers.below(60_000),
            permits: numbers.below(8) != 0,
        };
        (index, parts)
    })
}

fn word(permits: bool, yes: &'static str, no: &'static str) -> &'static str {
    if permits { yes } else { no }
}

/// A router's `show running-config`.
#[must_use]
pub fn ios(lines: usize) -> String {
    let mut text = String::from(
        "Building configuration...\n\nCurrent configuration : 4096 bytes\n!\nversion 15.1\n\
         hostname bench\n!\ninterface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n \
         ip access-group BENCH in\n!\ninterface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.0.0\n!\n\
         ip access-list extended BENCH\n",
    );
    for (
        index,
        Parts {
            a,
            b,
            c,
            port,
            permits,
        },
    ) in parts(lines.saturating_sub(18))
    {
        let action = word(permits, "permit", "deny");
        let _ = match index % 5 {
            0 => writeln!(
                text,
                " {action} tcp host 10.{a}.{b}.{c} host 192.0.2.{b} eq {port}"
            ),
            1 => writeln!(text, " {action} tcp 10.{a}.{b}.0 0.0.0.255 any eq www 443"),
            2 => writeln!(text, " {action} udp any host 10.{a}.{b}.{c} eq domain log"),
            3 => writeln!(
                text,
                " {action} ip 10.{a}.0.0 0.0.255.255 10.{b}.{c}.0 0.0.0.255"
            ),
            _ => writeln!(text, " remark change {index} approved"),
        };
    }
    text + "!\nend\n"
}

/// A switch's `show running-config`.
#[must_use]
pub fn nxos(lines: usize) -> String {
    let mut text = String::from(
        "!Command: show running-config\n!Time: Sat Jun  1 10:20:11 2013\n\nversion 7.0(3)I7(6)\n\
         hostname bench\n\nip access-list BENCH\n",
    );
    for (
        index,
        Parts {
            a,
            b,
            c,
            port,
            permits,
        },
    ) in parts(lines.saturating_sub(12))
    {
        let (action, number) = (word(permits, "permit", "deny"), (index + 1) * 10);
        let _ = match index % 4 {
            0 => writeln!(
                text,
                "  {number} {action} tcp 10.{a}.{b}.{c}/32 192.0.2.{b}/32 eq {port} "
            ),
            1 => writeln!(
                text,
                "  {number} {action} tcp 10.{a}.{b}.0/24 any range {port} 65000 "
            ),
            2 => writeln!(
                text,
                "  {number} {action} udp any 10.{a}.{b}.{c}/32 eq domain log "
            ),
            _ => writeln!(text, "  {number} remark change {index} approved"),
        };
    }
    text + "\ninterface Vlan10\n  no shutdown\n  ip access-group BENCH in\n  ip address 10.1.0.1/16\n"
}

/// An SRX in curly braces: eleven lines a policy.
#[must_use]
pub fn junos(lines: usize) -> String {
    let mut text = String::from(
        "version 12.1X44-D35.5;\nsystem {\n    host-name bench;\n}\ninterfaces {\n    ge-0/0/0 {\n        \
         unit 0 {\n            family inet {\n                address 192.0.2.1/24;\n            }\n        \
         }\n    }\n}\nsecurity {\n    zones {\n        security-zone untrust {\n            interfaces {\n                \
         ge-0/0/0.0;\n            }\n        }\n        security-zone trust;\n    }\n    \
         address-book {\n        global {\n            address HUB 10.1.0.11/32;\n        }\n    }\n    \
         policies {\n        from-zone untrust to-zone trust {\n",
    );
    let mut books = String::new();
    for (
        index,
        Parts {
            a, b, c, permits, ..
        },
    ) in parts(lines / 12)
    {
        let action = word(permits, "permit", "deny");
        let _ = writeln!(books, "            address N{index} 10.{a}.{b}.{c}/32;");
        let _ = write!(
            text,
            "            policy p{index} {{\n                match {{\n                    source-address any;\n                    \
             destination-address [ HUB N{index} ];\n                    application [ junos-smtp junos-https ];\n                \
             }}\n                then {{\n                    {action};\n                }}\n            }}\n"
        );
    }
    text.push_str("        }\n    }\n}\n");
    text.replacen(
        "            address HUB",
        &format!("{books}            address HUB"),
        1,
    )
}

/// The same as `display set`: five lines a policy.
#[must_use]
pub fn junos_set(lines: usize) -> String {
    let mut text = String::from(
        "set version 12.1X44-D35.5\nset system host-name bench\n\
         set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24\n\
         set security zones security-zone untrust interfaces ge-0/0/0.0\n\
         set security zones security-zone trust\n",
    );
    for (
        index,
        Parts {
            a, b, c, permits, ..
        },
    ) in parts(lines / 5)
    {
        let action = word(permits, "permit", "deny");
        let policy =
            format!("set security policies from-zone untrust to-zone trust policy p{index}");
        let _ = write!(
            text,
            "set security address-book global address N{index} 10.{a}.{b}.{c}/32\n\
             {policy} match source-address any\n{policy} match destination-address N{index}\n\
             {policy} match application junos-smtp\n{policy} then {action}\n"
        );
    }
    text
}

/// A backup of FortiOS: three lines an address, nine a policy.
#[must_use]
pub fn fortios(lines: usize) -> String {
    let mut text = String::from(
        "#config-version=FGT3HD-5.02-FW-build0670-150318:opmode=0:vdom=0:user=admin\n\
         config system interface\n    edit \"wan1\"\n        set ip 192.0.2.1 255.255.255.0\n    next\n    \
         edit \"internal\"\n        set ip 10.1.0.1 255.255.0.0\n    next\nend\nconfig firewall address\n",
    );
    let mut policies = String::new();
    for (
        index,
        Parts {
            a, b, c, permits, ..
        },
    ) in parts(lines / 13)
    {
        let action = word(permits, "accept", "deny");
        let _ = write!(
            text,
            "    edit \"N{index}\"\n        set subnet 10.{a}.{b}.{c} 255.255.255.255\n    next\n"
        );
        let _ = write!(
            policies,
            "    edit {index}\n        set srcintf \"wan1\"\n        set dstintf \"internal\"\n        \
             set srcaddr \"all\"\n        set dstaddr \"N{index}\"\n        set action {action}\n        \
             set schedule \"always\"\n        set service \"SMTP\" \"HTTPS\"\n        set logtraffic all\n    next\n",
        );
    }
    text + "end\nconfig firewall policy\n" + &policies + "end\n"
}

/// A `running-config.xml` of PAN-OS: three lines an address, 22 a rule.
#[must_use]
pub fn panos(lines: usize) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\"?>\n<config version=\"9.0.0\" urldb=\"paloaltonetworks\">\n  <devices>\n    \
         <entry name=\"localhost.localdomain\">\n      <network>\n        <interface>\n          <ethernet>\n            \
         <entry name=\"ethernet1/1\"><layer3><ip><entry name=\"192.0.2.1/24\"/></ip></layer3></entry>\n          \
         </ethernet>\n        </interface>\n      </network>\n      <vsys>\n        <entry name=\"vsys1\">\n          \
         <zone><entry name=\"untrust\"><network><layer3><member>ethernet1/1</member></layer3></network></entry>\
         <entry name=\"trust\"/></zone>\n          <address>\n",
    );
    let mut rules = String::new();
    for (
        index,
        Parts {
            a, b, c, permits, ..
        },
    ) in parts(lines / 27)
    {
        let action = word(permits, "allow", "deny");
        let _ = write!(
            text,
            "            <entry name=\"N{index}\">\n              <ip-netmask>10.{a}.{b}.{c}/32</ip-netmask>\n            </entry>\n"
        );
        let _ = writeln!(rules, "                <entry name=\"r{index}\">");
        let target = format!("N{index}");
        for (name, member) in [
            ("from", "untrust"),
            ("to", "trust"),
            ("source", "any"),
            ("destination", &target),
            ("application", "any"),
            ("service", "service-https"),
            ("category", "any"),
        ] {
            let _ = write!(
                rules,
                "                  <{name}>\n                    <member>{member}</member>\n                  </{name}>\n"
            );
        }
        let _ = write!(
            rules,
            "                  <action>{action}</action>\n                </entry>\n"
        );
    }
    text + "          </address>\n          <rulebase>\n            <security>\n              <rules>\n"
        + &rules
        + "              </rules>\n            </security>\n          </rulebase>\n        </entry>\n      </vsys>\n    \
           </entry>\n  </devices>\n</config>\n"
}

/// The same as `set` commands: nine lines a rule.
#[must_use]
pub fn panos_set(lines: usize) -> String {
    let mut text = String::from(
        "set deviceconfig system hostname bench\n\
         set network interface ethernet ethernet1/1 layer3 ip 192.0.2.1/24\n\
         set vsys vsys1 zone untrust network layer3 ethernet1/1\nset vsys vsys1 zone trust network layer3\n",
    );
    for (
        index,
        Parts {
            a, b, c, permits, ..
        },
    ) in parts(lines / 9)
    {
        let rule = format!("set rulebase security rules r{index}");
        let _ = writeln!(text, "set address N{index} ip-netmask 10.{a}.{b}.{c}/32");
        for part in [
            "from untrust",
            "to trust",
            "source any",
            &format!("destination N{index}"),
            "application any",
            "service service-https",
            "category any",
            word(permits, "action allow", "action deny"),
        ] {
            let _ = writeln!(text, "{rule} {part}");
        }
    }
    text
}

/// `iptables-save -c`.
#[must_use]
pub fn iptables(lines: usize) -> String {
    let mut text = String::from(
        "# Generated by iptables-save v1.4.21 on Sat Jun  1 10:15:02 2013\n*filter\n:INPUT DROP [0:0]\n\
         :FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:LOG_DROP - [0:0]\n\
         [0:0] -A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n",
    );
    for (
        index,
        Parts {
            a,
            b,
            c,
            port,
            permits,
        },
    ) in parts(lines.saturating_sub(10))
    {
        let action = word(permits, "ACCEPT", "LOG_DROP");
        let _ = match index % 4 {
            0 => writeln!(
                text,
                "[{index}:0] -A FORWARD -s 10.{a}.{b}.{c}/32 -d 192.0.2.{c}/32 -p tcp -m tcp --dport {port} -j {action}"
            ),
            1 => writeln!(
                text,
                "[{index}:0] -A FORWARD -s 10.{a}.{b}.0/24 -i eth1 -p tcp -m multiport --dports 25,443,{port} -j {action}"
            ),
            2 => writeln!(
                text,
                "[{index}:0] -A FORWARD -d 10.{a}.{b}.{c}/32 -p udp -m udp --dport 53 -m state --state NEW -j {action}"
            ),
            _ => writeln!(
                text,
                "[{index}:0] -A FORWARD -s 172.16.{a}.0/24 -d 10.{b}.{c}.0/24 -j {action}"
            ),
        };
    }
    text + "[0:0] -A LOG_DROP -j DROP\nCOMMIT\n# Completed on Sat Jun  1 10:15:02 2013\n"
}

/// `nft list ruleset`.
#[must_use]
pub fn nftables(lines: usize) -> String {
    let mut text = String::from(
        "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\
         \t\tct state established,related accept\n",
    );
    for (
        index,
        Parts {
            a,
            b,
            c,
            port,
            permits,
        },
    ) in parts(lines.saturating_sub(6))
    {
        let action = word(permits, "accept", "drop");
        let _ = match index % 4 {
            0 => writeln!(
                text,
                "\t\tip saddr 10.{a}.{b}.{c} ip daddr 192.0.2.{c} tcp dport {port} {action}"
            ),
            1 => writeln!(
                text,
                "\t\tiifname \"eth1\" ip saddr 10.{a}.{b}.0/24 tcp dport {{ 25, 443, {port} }} counter packets {index} bytes 0 {action}"
            ),
            2 => writeln!(
                text,
                "\t\tip daddr 10.{a}.{b}.{c} udp dport 53 ct state new {action}"
            ),
            _ => writeln!(
                text,
                "\t\tip saddr 172.16.{a}.0/24 ip daddr 10.{b}.{c}.0/24 {action}"
            ),
        };
    }
    text + "\t}\n}\n"
}

/// `nft -j list ruleset`: all on one line, one object where the text has a
/// line.
#[must_use]
pub fn nftables_json(lines: usize) -> String {
    let mut text = String::from(
        "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\", \"release_name\": \"bench\", \"json_schema_version\": 1}}, \
         {\"table\": {\"family\": \"inet\", \"name\": \"filter\", \"handle\": 1}}, \
         {\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"forward\", \"handle\": 1, \"type\": \"filter\", \
         \"hook\": \"forward\", \"prio\": 0, \"policy\": \"drop\"}}",
    );
    for (
        index,
        Parts {
            a,
            b,
            c,
            port,
            permits,
        },
    ) in parts(lines)
    {
        let action = word(permits, "accept", "drop");
        let _ = write!(
            text,
            ", {{\"rule\": {{\"family\": \"inet\", \"table\": \"filter\", \"chain\": \"forward\", \"handle\": {}, \"expr\": [\
             {{\"match\": {{\"op\": \"==\", \"left\": {{\"payload\": {{\"protocol\": \"ip\", \"field\": \"saddr\"}}}}, \"right\": \"10.{a}.{b}.{c}\"}}}}, \
             {{\"match\": {{\"op\": \"==\", \"left\": {{\"payload\": {{\"protocol\": \"tcp\", \"field\": \"dport\"}}}}, \"right\": {port}}}}}, \
             {{\"{action}\": null}}]}}}}",
            index + 2
        );
    }
    text + "]}\n"
}
