//! Outputs of machines in the languages that administrators have.

use super::{Detection, FORMAT, FORMATS, detect_all};
use crate::formats::exchange::testing::{at, list, named, records, runs, text, value};
use crate::formats::{Content, Document, LineState};
use crate::model::exchange::{Record, Value};
use crate::source::{FileId, SourceFile};

const ENGLISH: &str = "\r
Windows IP Configuration\r
\r
   Host Name . . . . . . . . . . . . : HUB1\r
   Primary Dns Suffix  . . . . . . . : contoso.com\r
   Node Type . . . . . . . . . . . . : Hybrid\r
   IP Routing Enabled. . . . . . . . : No\r
   WINS Proxy Enabled. . . . . . . . : No\r
   DNS Suffix Search List. . . . . . : contoso.com\r
                                       fabrikam.com\r
\r
Ethernet adapter Local Area Connection 2:\r
\r
   Connection-specific DNS Suffix  . : \r
   Description . . . . . . . . . . . : Intel(R) PRO/1000 MT Network Connection\r
   Physical Address. . . . . . . . . : 00-0C-29-AA-BB-CC\r
   DHCP Enabled. . . . . . . . . . . : No\r
   Autoconfiguration Enabled . . . . : Yes\r
   Link-local IPv6 Address . . . . . : fe80::1d9:9482:6cd:6ea2%11(Preferred) \r
   IPv4 Address. . . . . . . . . . . : 10.1.0.11(Preferred) \r
   Subnet Mask . . . . . . . . . . . : 255.255.255.0\r
   IPv4 Address. . . . . . . . . . . : 10.1.0.99(Duplicate) \r
   Subnet Mask . . . . . . . . . . . : 255.255.255.0\r
   Default Gateway . . . . . . . . . : 10.1.0.1\r
   DNS Servers . . . . . . . . . . . : 10.1.0.5\r
                                       10.1.0.6\r
   NetBIOS over Tcpip. . . . . . . . : Enabled\r
\r
Tunnel adapter isatap.{0}:\r
\r
   Media State . . . . . . . . . . . : Media disconnected\r
   Description . . . . . . . . . . . : Microsoft ISATAP Adapter\r
";

const SERVER_2003: &str = "\r
Windows IP Configuration\r
\r
        Host Name . . . . . . . . . . . . : mbx1\r
        Primary Dns Suffix  . . . . . . . : contoso.com\r
        Node Type . . . . . . . . . . . . : Unknown\r
\r
Ethernet adapter Public:\r
\r
        Connection-specific DNS Suffix  . :\r
        Physical Address. . . . . . . . . : 00-50-56-AA-BB-CC\r
        DHCP Enabled. . . . . . . . . . . : No\r
        IP Address. . . . . . . . . . . . : 10.1.0.21\r
        Subnet Mask . . . . . . . . . . . : 255.255.254.0\r
        Default Gateway . . . . . . . . . : 10.1.0.1\r
        DNS Servers . . . . . . . . . . . : 10.1.0.5\r
";

const JAPANESE: &str = "\r
Windows IP 構成\r
\r
   ホスト名 . . . . . . . . . . . . : CAS1\r
   プライマリ DNS サフィックス . . . . . . . : contoso.com\r
   ノード タイプ . . . . . . . . . . . . : ハイブリッド\r
\r
イーサネット アダプター ローカル エリア接続:\r
\r
   説明. . . . . . . . . . . . . . . : vmxnet3 Ethernet Adapter\r
   物理アドレス. . . . . . . . . . . : 00-50-56-AA-BB-CC\r
   DHCP 有効 . . . . . . . . . . . . : いいえ\r
   IPv4 アドレス . . . . . . . . . . : 10.1.0.31(優先) \r
   サブネット マスク . . . . . . . . : 255.255.255.0\r
   デフォルト ゲートウェイ . . . . . : 10.1.0.1\r
   DNS サーバー. . . . . . . . . . . : 10.1.0.5\r
";

const GERMAN: &str = "\r
Windows-IP-Konfiguration\r
\r
   Hostname  . . . . . . . . . . . . : EDGE1\r
   Primäres DNS-Suffix . . . . . . . : contoso.com\r
   Knotentyp . . . . . . . . . . . . : Hybrid\r
\r
Ethernet-Adapter LAN-Verbindung:\r
\r
   Verbindungsspezifisches DNS-Suffix: \r
   Beschreibung. . . . . . . . . . . : Intel(R) 82574L\r
   Physische Adresse . . . . . . . . : 00-50-56-AA-BB-CC\r
   IPv4-Adresse  . . . . . . . . . . : 192.0.2.10(Bevorzugt) \r
   Subnetzmaske  . . . . . . . . . . : 255.255.255.192\r
   Standardgateway . . . . . . . . . : 192.0.2.1\r
   DNS-Server  . . . . . . . . . . . : 192.0.2.5\r
   NetBIOS über TCP/IP . . . . . . . : Aktiviert\r
";

const CHINESE: &str = "\r
Windows IP 配置\r
\r
   主机名  . . . . . . . . . . . . . : UM1\r
   主 DNS 后缀 . . . . . . . . . . . : contoso.com\r
   节点类型  . . . . . . . . . . . . : 混合\r
\r
以太网适配器 Ethernet0:\r
\r
   描述. . . . . . . . . . . . . . . : Intel(R) 82574L 千兆网络连接\r
   物理地址. . . . . . . . . . . . . : 00-0C-29-ED-69-2C\r
   IPv4 地址 . . . . . . . . . . . . : 10.1.0.41(首选) \r
   子网掩码  . . . . . . . . . . . . : 255.255.255.0\r
   默认网关. . . . . . . . . . . . . : 10.1.0.1\r
   DNS 服务器  . . . . . . . . . . . : 10.1.0.5\r
";

fn parse(content: &str) -> Document {
    let file = named("x.txt", content);
    assert!((FORMAT.detect)(&file).is_some(), "{content}");
    (FORMAT.parse)(&file)
}

fn of<'d>(document: &'d Document, cmdlet: &str) -> Vec<&'d Record> {
    let all = records(document).into_iter();
    all.filter(|record| record.cmdlet == Some(cmdlet)).collect()
}

#[test]
fn every_language_tells_name_addresses_and_prefix() {
    for (output, host, address, prefix, connection) in [
        (ENGLISH, "HUB1", "10.1.0.11", 24, "Local Area Connection 2"),
        (SERVER_2003, "mbx1", "10.1.0.21", 23, "Public"),
        (JAPANESE, "CAS1", "10.1.0.31", 24, "ローカル エリア接続"),
        (GERMAN, "EDGE1", "192.0.2.10", 26, "LAN-Verbindung"),
        (CHINESE, "UM1", "10.1.0.41", 24, "Ethernet0"),
    ] {
        let document = parse(output);
        let addresses = of(&document, "Get-NetIPAddress");
        let v4 = addresses
            .iter()
            .find(|record| value(record, "AddressFamily") == &text("IPv4"))
            .expect(host);
        assert_eq!(value(v4, "IPAddress"), &text(address));
        assert_eq!(value(v4, "PrefixLength"), &Value::Integer(prefix));
        assert_eq!(value(v4, "AddressState"), &text("Preferred"));
        let adapter = of(&document, "Get-NetIPConfiguration")[0];
        assert_eq!(value(adapter, "InterfaceAlias"), &text(connection));
        assert_eq!(value(adapter, "IPv4Address"), &list(&[address]));
        assert_eq!(value(adapter, "ComputerName"), &text(host));
        let names = of(&document, "Get-DnsClientGlobalSetting")[0];
        assert_eq!(value(names, "PrimaryDnsSuffix"), &text("contoso.com"));
        assert!(
            runs(&document)
                .iter()
                .all(|run| run.host.as_deref() == Some(host))
        );
        let totals = document.ledger.totals();
        assert_eq!((totals.unrecognised, totals.not_modelled), (0, 0), "{host}");
    }
}

#[test]
fn values_go_on_in_the_next_line_and_tell_their_place() {
    let file = named("x.txt", ENGLISH);
    let document = (FORMAT.parse)(&file);
    let adapter = of(&document, "Get-NetIPConfiguration")[0];
    assert_eq!(
        value(adapter, "DNSServer"),
        &list(&["10.1.0.5", "10.1.0.6"])
    );
    assert_eq!(value(adapter, "IPv4DefaultGateway"), &list(&["10.1.0.1"]));
    let names = of(&document, "Get-DnsClientGlobalSetting")[0];
    let search = list(&["contoso.com", "fabrikam.com"]);
    assert_eq!(value(names, "SuffixSearchList"), &search);
    let address = of(&document, "Get-NetIPAddress")[1];
    assert_eq!(at(&file, address, "IPAddress"), "10.1.0.11");
    assert_eq!(at(&file, address, "PrefixLength"), "255.255.255.0");
}

#[test]
fn an_address_that_is_not_in_use_is_no_address_of_the_adapter() {
    let document = parse(ENGLISH);
    let duplicate = of(&document, "Get-NetIPAddress")[2];
    assert_eq!(value(duplicate, "IPAddress"), &text("10.1.0.99"));
    assert_eq!(value(duplicate, "AddressState"), &text("Other"));
}

#[test]
fn dynamic_ports_are_read_in_any_language() {
    for (heading, first, count) in [
        (
            "Protocol tcp Dynamic Port Range",
            "Start Port      ",
            "Number of Ports ",
        ),
        (
            "プロトコル tcp の動的ポートの範囲",
            "開始ポート      ",
            "ポート数        ",
        ),
        (
            "Protokoll tcp - Dynamischer Portbereich",
            "Startport       ",
            "Anzahl von Ports",
        ),
        (
            "协议 tcp 动态端口范围",
            "启动端口        ",
            "端口数          ",
        ),
    ] {
        let output = format!(
            "C:\\>netsh int ipv4 show dynamicport tcp\r\n\r\n{heading}\r\n---------------------------------\r\n{first}: 10000\r\n{count}: 1000\r\n\r\n\r\nC:\\>"
        );
        let document = parse(&output);
        let all = of(&document, "Get-NetTCPSetting");
        assert_eq!(all.len(), 1, "{heading}");
        let start = value(all[0], "DynamicPortRangeStartPort");
        assert_eq!(start, &Value::Integer(10_000));
        let count = value(all[0], "DynamicPortRangeNumberOfPorts");
        assert_eq!(count, &Value::Integer(1_000));
        assert_eq!(value(all[0], "AddressFamily"), &text("IPv4"));
        assert_eq!(document.ledger.totals().unrecognised, 0);
    }
}

#[test]
fn one_transcript_holds_the_outputs_of_several_commands() {
    let transcript = format!(
        "Microsoft Windows [Version 6.0.6002]\r\n\r\nC:\\>ipconfig /all\r\n{ENGLISH}\r\n\
         C:\\>netsh int ipv4 show dynamicport tcp\r\n\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n\r\n\
         C:\\>reg query HKLM\\SOFTWARE\\Microsoft\\Rpc /s\r\n\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Rpc\\Internet\r\n    Ports    REG_MULTI_SZ    5000-5100\r\n\r\n\
         C:\\>netsh advfirewall show allprofiles\r\n\r\nDomain Profile Settings: \r\n----------------------------------------------------------------------\r\nState                                 ON\r\nFirewall Policy                       BlockInbound,AllowOutbound\r\nOk.\r\n\r\n\
         [PS] C:\\>Get-ExchangeServer HUB1 | fl Name,Edition,ServerRole,Site\r\n\r\n\r\nName       : HUB1\r\nEdition    : Standard\r\nServerRole : HubTransport\r\nSite       : contoso.com/Configuration/Sites/Tokyo\r\n"
    );
    let document = parse(&transcript);
    for cmdlet in [
        "Get-NetIPAddress",
        "Get-NetTCPSetting",
        "Get-ItemProperty",
        "Get-NetFirewallProfile",
    ] {
        let all = of(&document, cmdlet);
        assert!(!all.is_empty(), "{cmdlet}");
        assert!(
            all.iter().all(|r| r.host.as_deref() == Some("HUB1")),
            "{cmdlet}"
        );
    }
    let firewall = document.content.iter().find_map(|content| match content {
        Content::HostFirewall(part) => Some(part),
        _ => None,
    });
    let unread = document.ledger.totals().unrecognised;
    let host = firewall.and_then(|part| part.host.as_ref());
    assert_eq!(host.map(|host| host.value.as_str()), Some("HUB1"));
    assert_eq!(of(&document, "Get-ExchangeServer").len(), 1);
    assert_eq!(unread, 0);
}

#[test]
fn other_files_are_left_to_others() {
    for other in [
        "Name : HUB1\r\nWindows IP Configuration : x\r\n",
        "Windows Registry Editor Version 5.00\r\n[HKEY_LOCAL_MACHINE\\X]\r\n",
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Rpc\\Internet\r\n    Ports    REG_MULTI_SZ    5000\r\n",
        "Rule Name:  SMTP\r\n----------------------------------------------------------------------\r\nEnabled:  Yes\r\n",
        "",
    ] {
        assert_eq!((FORMAT.detect)(&named("x.txt", other)), None, "{other}");
    }
}

#[test]
fn every_truncation_and_every_byte_is_read_without_a_fault() {
    let whole = format!(
        "C:\\>ipconfig /all\r\n{JAPANESE}Protocol tcp x\r\n----------\r\na : 1\r\nb : 2\r\nHKEY_LOCAL_MACHINE\\X\r\n    a    REG_SZ    b\r\n"
    );
    for end in 0..=whole.len() {
        let bytes = whole.as_bytes()[..end].to_vec();
        let file = SourceFile::decode(FileId(0), "x.txt", bytes);
        let _ = (FORMAT.detect)(&file);
        let document = (FORMAT.parse)(&file);
        assert_eq!(document.ledger.states().len(), file.line_count());
    }
    for byte in 0..=u8::MAX {
        let mut bytes = whole.clone().into_bytes();
        for at in (0..bytes.len()).step_by(11) {
            bytes[at] = byte;
        }
        let _ = (FORMAT.parse)(&SourceFile::decode(FileId(0), "x.txt", bytes));
    }
}

#[test]
fn a_line_that_is_not_understood_is_said() {
    let broken = ENGLISH.replace("Subnet Mask", "Subnetz");
    let document = parse(&broken);
    assert_eq!(document.ledger.totals().unrecognised, 2);
    let note = &document.ledger.notes()[0];
    assert_eq!(note.state, LineState::Unrecognised);
}

const POLICY: &str = "C:\\>netsh ipsec static show policy name=all level=verbose\r
\r
Policy Name            : Log shipping\r
Description            : NONE\r
Store                  : Local Store <MBX1>\r
Last Modified          : 10/2/2009 11:00:55 AM\r
GUID                   : {C4CC8FE0-8DDB-48C5-A285-F56C21ABA666}\r
Assigned               : YES\r
Polling Interval       : 180 minutes\r
No. of Rules           : 1\r
Rule Details\r
------------\r
\r
Rule ID                : 1, {C4CC8FE0-8DDB-48C5-A285-F56C21ABA667}\r
Rule Name              : SMB to MBX2\r
Description            : NONE\r
Activated              : YES\r
Authentication Methods(1)\r
\r
Preshared Key          : geheim\r
\r
FilterList Details\r
------------------\r
\r
FilterList Name        : SMB\r
Description            : NONE\r
No. of Filters         : 1\r
Filter(s)\r
---------\r
Description            : NONE\r
Mirrored               : YES\r
Source IP Address      : <My IP Address>\r
Source Mask            : 255.255.255.255\r
Source DNS Name        : <My IP Address>\r
Destination IP Address : 10.1.0.0\r
Destination Mask       : 255.255.255.0\r
Destination DNS Name   : NONE\r
Protocol               : TCP\r
Source Port            : ANY\r
Destination Port       : 445\r
\r
FilterAction Details\r
--------------------\r
\r
FilterAction Name      : Encrypt\r
Action                 : NEGOTIATE SECURITY\r
AllowUnsecure(Fallback): NO\r
Inbound Passthrough    : NO\r
No. of Security.Methods: 1\r
\r
   AH        ESP             LIFE(Sec/kB)\r
   --        ---             ------------\r
 [NONE]   [SHA1 , 3DES]      900S/100000kb\r
";

#[test]
fn a_policy_of_ipsec_tells_which_traffic_is_encrypted() {
    let document = parse(POLICY);
    let all = of(&document, "Get-NetIPsecRule");
    assert_eq!(all.len(), 1);
    let rule = all[0];
    for (name, expected) in [
        ("DisplayName", text("SMB to MBX2")),
        ("PolicyName", text("Log shipping")),
        ("PolicyAssigned", Value::Bool(true)),
        ("Enabled", Value::Bool(true)),
        ("Mirrored", Value::Bool(true)),
        ("LocalAddress", list(&["Me"])),
        ("RemoteAddress", list(&["10.1.0.0/24"])),
        ("RemotePort", list(&["445"])),
        ("LocalPort", list(&["Any"])),
        ("Protocol", text("TCP")),
        ("OutboundSecurity", text("Require")),
        ("Encryption", text("Required")),
    ] {
        assert_eq!(value(rule, name), &expected, "{name}");
    }
    assert_eq!(document.ledger.totals().unrecognised, 0);
    let secret = document.content.iter().find_map(|content| match content {
        Content::Secrets(spans) => spans.first().copied(),
        _ => None,
    });
    let file = named("x.txt", POLICY);
    assert_eq!(secret.map(|span| file.slice(span)), Some("geheim"));
}

#[test]
fn fallback_and_methods_without_a_cipher_do_not_encrypt_for_sure() {
    for (from, to, expected) in [
        ("(Fallback): NO", "(Fallback): YES", "Offered"),
        ("[SHA1 , 3DES]", "[SHA1 , NONE]", "None"),
        ("Passthrough    : NO", "Passthrough    : YES", "Offered"),
    ] {
        let document = parse(&POLICY.replace(from, to));
        let rule = of(&document, "Get-NetIPsecRule")[0];
        assert_eq!(value(rule, "Encryption"), &text(expected), "{to}");
    }
}

#[test]
fn filters_without_a_rule_are_said_to_be_of_no_use() {
    let filters = "FilterList Name        : ports\r\nNo. of Filters         : 1\r\nFilter(s)\r\n---------\r\nMirrored               : NO\r\nSource IP Address      : <Any IP Address>\r\nProtocol               : TCP\r\nDestination Port       : 135\r\n";
    let document = parse(filters);
    assert!(of(&document, "Get-NetIPsecRule").is_empty());
    assert!(document.problems[0].message.contains("no rule"));
}

#[test]
fn filters_read_in_chinese_too() {
    let policy = POLICY
        .replace("FilterList Name        ", "筛选器列表名称")
        .replace("Mirrored               : YES", "已镜像 : 是")
        .replace(
            "Source IP Address      : <My IP Address>",
            "源 IP 地址 : <我的 IP 地址>",
        )
        .replace("Destination Port       ", "目标端口");
    let document = parse(&policy);
    let rule = of(&document, "Get-NetIPsecRule")[0];
    assert_eq!(value(rule, "LocalAddress"), &list(&["Me"]));
    assert_eq!(value(rule, "RemotePort"), &list(&["445"]));
}

const CONNECTION_SECURITY: &str = "C:\\>netsh advfirewall consec show rule name=all\r
\r
Rule Name:                            Replication\r
----------------------------------------------------------------------\r
Enabled:                              Yes\r
Profiles:                             Domain,Private,Public\r
Type:                                 Static\r
Mode:                                 Transport\r
Endpoint1:                            10.1.0.21/32\r
Endpoint2:                            10.1.0.22/32,10.1.0.23/32\r
Port1:                                Any\r
Port2:                                445\r
Protocol:                             TCP\r
Action:                               RequireInRequestOut\r
Auth1:                                ComputerPSK\r
Auth1PSK:                             geheim\r
QuickModeSecMethods:                  ESP:SHA1-AES128+60min+100000kb,ESP:SHA1-None+60min\r
QuickModePFS:                         None\r
Ok.\r
";

#[test]
fn rules_of_connection_security_are_no_rules_of_the_firewall() {
    let document = parse(CONNECTION_SECURITY);
    let rule = of(&document, "Get-NetIPsecRule")[0];
    for (name, expected) in [
        ("DisplayName", text("Replication")),
        ("Enabled", Value::Bool(true)),
        ("RemoteAddress", list(&["10.1.0.22/32", "10.1.0.23/32"])),
        ("RemotePort", list(&["445"])),
        ("InboundSecurity", text("Require")),
        ("OutboundSecurity", text("Request")),
        ("Encryption", text("Offered")),
    ] {
        assert_eq!(value(rule, name), &expected, "{name}");
    }
    assert_eq!(document.ledger.totals().unrecognised, 0);
    assert!(
        !document
            .content
            .iter()
            .any(|c| matches!(c, Content::HostFirewall(_)))
    );
    assert!(
        document
            .content
            .iter()
            .any(|c| matches!(c, Content::Secrets(_)))
    );
}

#[test]
fn a_part_that_was_copied_without_its_heading_is_read_however_it_is_indented() {
    for margin in ["", "    "] {
        let lines = JAPANESE
            .lines()
            .skip_while(|line| !line.starts_with("イーサ"));
        let part: String = lines.map(|line| format!("{margin}{line}\r\n")).collect();
        let document = parse(&part);
        let address = of(&document, "Get-NetIPAddress")[0];
        assert_eq!(
            value(address, "IPAddress"),
            &text("10.1.0.31"),
            "{margin:?}"
        );
        let alias = value(address, "InterfaceAlias");
        assert_eq!(alias, &text("ローカル エリア接続"));
    }
}

#[test]
fn a_policy_of_another_program_is_not_one_of_ipsec() {
    let other = "Policy Name : Default\r\nSize limit : 10\r\n";
    assert_eq!((FORMAT.detect)(&named("x.txt", other)), None);
}

#[test]
fn lines_that_a_form_on_the_web_broke_belong_to_the_line_above() {
    let file = named(
        "ipconfig.txt",
        "Windows IP Configuration\n\n   Host Name . . . . . . . . . . . . : HUB1\n\n\
         Ethernet adapter Public:\n\n   Description . . . . . . . . . . . : A Card PCI-E Fast\n \
         Ethernet\n Controller\n   IPv6 Address. . . . . . . . . . . :\n \
         2001:db8::52:24e0:3f57:fe98(Prefe\nrred)\n   \
         NetBIOS over Tcpip. . . . . . . . : Disabled\n",
    );
    let document = (FORMAT.parse)(&file);
    assert_eq!(document.ledger.totals().unrecognised, 0);
    let all = records(&document);
    let adapters = all
        .iter()
        .filter(|record| record.cmdlet == Some("Get-NetIPConfiguration"));
    let addresses: Vec<&Value> = adapters
        .map(|record| value(record, "IPv6Address"))
        .collect();
    assert_eq!(addresses, [&list(&["2001:db8::52:24e0:3f57:fe98"])]);
}

/// Notes of a session begin with the name of the machine; it holds for netsh,
/// which names none.
#[test]
fn the_answer_to_hostname_names_the_machine() {
    const SESSION: &str = "C:\\>hostname\r\nEDGE1\r\n\r\nC:\\>netsh advfirewall show allprofiles\r\n\r\n\
        Domain Profile Settings: \r\n----------------------------------------------------------------------\r\n\
        State                                 OFF\r\n\
        Firewall Policy                       BlockInbound,AllowOutbound\r\nOk.\r\n\r\n\
        C:\\>netsh int ipv4 show dynamicport tcp\r\n\r\nProtocol tcp Dynamic Port Range\r\n\
        ---------------------------------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n";
    let hosts = |session: &str| -> Vec<Option<String>> {
        let document = parse(session);
        assert_eq!(document.ledger.totals().unrecognised, 0, "{session}");
        let all = document.content.iter();
        all.filter_map(|content| match content {
            Content::Exchange(run) => Some(run.host.as_deref().map(str::to_owned)),
            Content::HostFirewall(part) => Some(part.host.as_ref().map(|host| host.value.clone())),
            _ => None,
        })
        .collect()
    };
    let named = Some("EDGE1".to_owned());
    // Firewall, its profile, dynamic ports.
    assert_eq!(
        hosts(SESSION),
        [named.clone(), named.clone(), named.clone()]
    );
    let profiles = SESSION
        .split("C:\\>netsh int")
        .next()
        .expect("the first part");
    assert_eq!(hosts(profiles), [named.clone(), named]);
    // Two machines in one file: which one printed what is not known.
    let two = format!("{SESSION}\r\nC:\\>hostname\r\nEDGE2\r\n");
    assert_eq!(hosts(&two), [None, None, None]);
}

#[test]
fn a_remark_behind_a_value_is_no_part_of_it() {
    let document = (FORMAT.parse)(&named(
        "x.txt",
        "Ethernet adapter Ethernet:\n\n   IPv4 Address. . . . . . . . . . . : 10.1.0.11   \u{2190} this server\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0    <- /24\n   Default Gateway . . . . . . . . . : 10.1.0.1      \u{2190} the router\n   DNS Servers . . . . . . . . . . . : ask the network team\n",
    ));
    let found = records(&document);
    let adapter = found
        .iter()
        .find(|record| record.cmdlet == Some("Get-NetIPConfiguration"))
        .expect("an adapter");
    assert_eq!(*value(adapter, "IPv4Address"), list(&["10.1.0.11"]));
    assert_eq!(*value(adapter, "IPv4DefaultGateway"), list(&["10.1.0.1"]));
    assert!(adapter.properties.get("DNSServer").is_none());
    assert_eq!(document.ledger.states()[5], LineState::NotModelled);
}

#[test]
fn a_remark_that_holds_an_address_leaves_the_value_open() {
    let document = (FORMAT.parse)(&named(
        "x.txt",
        "Ethernet adapter Ethernet:\n\n   IPv4 Address. . . . . . . . . . . : 10.1.0.11\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0\n   Default Gateway . . . . . . . . . : 10.1.0.1 -> 10.1.0.2\n",
    ));
    let found = records(&document);
    let gateway = |record: &_| {
        let record: &Record = record;
        record.properties.get("IPv4DefaultGateway").is_some()
    };
    assert!(!found.iter().any(|record| gateway(record)), "{found:?}");
    assert_eq!(document.ledger.states()[4], LineState::NotModelled);
}

#[test]
fn a_line_that_ends_with_a_colon_is_an_adapter_only_above_its_settings() {
    let document = (FORMAT.parse)(&named(
        "x.md",
        "Windows IP Configuration\n\n   Host Name . . . . . . . . . . . . : MBX1\n\nMobile Broadband adapter Cellular:\n\n   \
         IPv4 Address. . . . . . . . . . . : 10.1.0.11\n\nnslookup mail.contoso.example\n\nNon-authoritative answer:\nName:    \
         mail.contoso.example\nAddress:  192.0.2.25\n",
    ));
    let found = records(&document);
    let mut adapters = found
        .iter()
        .filter(|record| record.cmdlet == Some("Get-NetIPConfiguration"));
    let cellular = adapters.next().expect("an adapter");
    assert_eq!(
        value(cellular, "InterfaceAlias"),
        &text("Mobile Broadband adapter Cellular")
    );
    assert!(adapters.next().is_none());
}

#[test]
fn a_rule_of_connection_security_that_lost_its_dashes_is_none_of_the_firewall() {
    let rule = "Rule Name: Replication\nDescription: Log shipping\nEnabled: Yes\nProfiles: Domain\nMode: Transport\n\
        Endpoint1: 10.1.0.0/24\nEndpoint2: 10.2.0.0/24\nProtocol: TCP\nPort1: Any\nPort2: 445\nAction: \
        RequireInRequireOut\nAuth1: ComputerKerb\n";
    let file = named("x.txt", rule);
    let Detection::Recognised { format, .. } = detect_all(&file, FORMATS, &[]) else {
        panic!("not recognised");
    };
    assert_eq!(format.id, FORMAT.id);
    let document = (FORMAT.parse)(&file);
    let found = records(&document);
    assert_eq!(found.len(), 1);
    assert_eq!(value(found[0], "RemotePort"), &list(&["445"]));
}

#[test]
fn ipconfig_without_its_heading_is_told_from_other_output_and_has_the_host() {
    let file = named(
        "x.txt",
        "C:\\>ipconfig\n\nEthernet adapter Ethernet:\n\n   IPv4 Address. . . . . . . . . . . : 10.1.0.11\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0\n\nC:\\>hostname\nMBX1\n\nC:\\>nltest /dclist:contoso\nGet list of DCs in domain 'contoso' from '\\\\DC1'.\n    dc1.contoso.com [PDC]  [DS] Site: Tokyo\nThe command completed successfully\n",
    );
    assert!((FORMAT.detect)(&file).is_some());
    let document = (FORMAT.parse)(&file);
    let cmdlets: Vec<_> = records(&document).iter().map(|r| r.cmdlet).collect();
    assert!(
        cmdlets.contains(&Some("Get-ADDomainController")),
        "{cmdlets:?}"
    );
    let address = records(&document)
        .into_iter()
        .find(|record| record.cmdlet == Some("Get-NetIPAddress"))
        .expect("an address");
    assert_eq!(address.host.as_deref(), Some("MBX1"));
}
