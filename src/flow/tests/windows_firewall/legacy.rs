//! `netsh firewall` of Windows XP and Windows Server 2003.

use super::{ask, firewall, reasons, tcp};
use crate::formats::firewall::windows_firewall::FORMAT;
use crate::source::{FileId, SourceFile};

const HOST: &str = "10.1.0.11";
const FAR: &str = "198.51.100.7";

/// `show config verbose=enable` of a server in its domain.
const CONFIG: &str = "\
C:\\>netsh firewall show config verbose=enable

Domain profile configuration (current):
-------------------------------------------------------------------
Operational mode                  = Enable
Exception mode                    = Enable
Multicast/broadcast response mode = Enable
Notification mode                 = Enable

Service configuration for Domain profile:
Mode     Customized  Name
-------------------------------------------------------------------
Enable   Yes         File and Printer Sharing
         Scope: 10.9.0.0/255.255.255.0
Disable  No          Remote Desktop
         Scope: *

Allowed programs configuration for Domain profile:
Mode     Name / Program
-------------------------------------------------------------------
Enable   Agent / C:\\Program Files\\Agent\\agent.exe
         Scope: 10.9.0.7

Port configuration for Domain profile:
Port   Protocol  Mode     Name
-------------------------------------------------------------------
25     TCP       Enable   SMTP
       Scope: *
50636  TCP       Enable   ADAM
       Scope: 10.9.0.0/255.255.255.0,LocalSubNet
110    TCP       Disable  POP3
       Scope: *

ICMP configuration for Domain profile:
Mode     Type  Description
-------------------------------------------------------------------
Enable   13    Allow inbound timestamp request
Enable   3     Allow outbound destination unreachable

Standard profile configuration:
-------------------------------------------------------------------
Operational mode                  = Disable
Exception mode                    = Enable
Multicast/broadcast response mode = Enable
Notification mode                 = Enable

Log configuration:
-------------------------------------------------------------------
File location   = C:\\WINDOWS\\pfirewall.log
Max file size   = 4096 KB
Dropped packets = Disable
Connections     = Disable
";

/// ICMP of a kind; the port of such a packet is its type.
fn icmp(host: &crate::model::firewall::Firewall, filter: &str, from: &str, kind: u16) -> char {
    let to = if filter == "inbound" { HOST } else { FAR };
    ask(host, filter, from, to, 1, kind << 8)
}

#[test]
fn openings_let_in_what_their_scopes_say() {
    let host = firewall(&[("hub1.txt", CONFIG)]);
    assert_eq!(tcp(&host, FAR, 25), 'P');
    assert_eq!(tcp(&host, FAR, 110), 'D', "the opening is disabled");
    assert_eq!(tcp(&host, "10.9.0.5", 50636), 'P');
    assert_eq!(tcp(&host, FAR, 50636), 'I', "the local subnet is not told");
    assert_eq!(tcp(&host, "10.9.0.5", 445), 'P');
    assert_eq!(tcp(&host, FAR, 445), 'D');
    assert_eq!(tcp(&host, FAR, 3389), 'D', "remote desktop is disabled");
    assert_eq!(
        tcp(&host, "10.9.0.7", 4000),
        'I',
        "the program may listen there"
    );
    assert_eq!(tcp(&host, FAR, 4000), 'D', "the program is for one address");
    assert_eq!(ask(&host, "inbound", "10.9.0.5", HOST, 17, 137), 'P');
}

#[test]
fn icmp_passes_by_kind_and_echo_with_file_sharing() {
    let host = firewall(&[("hub1.txt", CONFIG)]);
    assert_eq!(icmp(&host, "inbound", FAR, 13), 'P');
    assert_eq!(icmp(&host, "inbound", FAR, 17), 'D');
    assert_eq!(icmp(&host, "inbound", "10.9.0.5", 8), 'P');
    assert_eq!(icmp(&host, "inbound", FAR, 8), 'D');
    assert_eq!(icmp(&host, "outbound", HOST, 3), 'P');
    assert_eq!(icmp(&host, "outbound", HOST, 11), 'D');
    assert_eq!(icmp(&host, "outbound", HOST, 8), 'P');
    assert_eq!(ask(&host, "outbound", HOST, FAR, 6, 25), 'P');
}

#[test]
fn without_exceptions_no_opening_counts() {
    let text = CONFIG.replacen(
        "Exception mode                    = Enable",
        "Exception mode                    = Disable",
        1,
    );
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(tcp(&host, FAR, 25), 'D');
}

#[test]
fn a_profile_whose_firewall_is_off_lets_everything_in() {
    let text = CONFIG
        .replace("configuration (current)", "configuration")
        .replace(
            "Standard profile configuration:",
            "Standard profile configuration (current):",
        );
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!(tcp(&host, FAR, 3389), 'P');
}

#[test]
fn without_scopes_an_opening_is_for_addresses_that_nobody_knows() {
    let text: String = CONFIG
        .lines()
        .filter(|line| !line.trim_start().starts_with("Scope"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('I', 'I'));
    assert!(
        reasons(&host)
            .iter()
            .any(|why| why.contains("verbose=enable"))
    );
    let only_ports = text.replace("Enable   Agent / C:\\Program Files\\Agent\\agent.exe\n", "");
    let host = firewall(&[("hub1.txt", &only_ports)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('I', 'D'));
}

#[test]
fn a_listing_of_a_later_windows_decides_only_whether_it_is_on() {
    let text = CONFIG
        .replace(
            "Port   Protocol  Mode     Name",
            "Port   Protocol  Mode    Traffic direction     Name",
        )
        .replace(
            "25     TCP       Enable   SMTP",
            "25     TCP       Enable  Inbound               SMTP",
        )
        + "\nIMPORTANT: Command executed successfully.\nHowever, \"netsh firewall\" is deprecated;\n\
           use \"netsh advfirewall firewall\" instead.\n";
    let host = firewall(&[("hub1.txt", &text)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('I', 'I'));
}

#[test]
fn the_state_shows_what_is_open_now() {
    let text = "\
Microsoft Windows [Version 5.2.3790]
C:\\>netsh firewall show state verbose=enable

Firewall status:
-------------------------------------------------------------------
Profile                           = Domain
Operational mode                  = Enable
Exception mode                    = Enable
Multicast/broadcast response mode = Enable
Notification mode                 = Enable
Group policy version              = None
Remote admin mode                 = Disable
Scope: *

Ports currently open on all network interfaces:
Port   Protocol  Version  Program
-------------------------------------------------------------------
25     TCP       IPv4     (null)
       Scope: *
";
    let host = firewall(&[("hub1.txt", text)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('P', 'D'));
    let unknown = text.replace("Microsoft Windows [Version 5.2.3790]\n", "");
    let host = firewall(&[("hub1.txt", &unknown)]);
    assert_eq!(
        tcp(&host, FAR, 26),
        'I',
        "a later Windows may have printed it"
    );
    let admin = text.replace(
        "Remote admin mode                 = Disable",
        "Remote admin mode                 = Enable",
    );
    let host = firewall(&[("hub1.txt", &admin)]);
    assert_eq!((tcp(&host, FAR, 135), tcp(&host, FAR, 1026)), ('P', 'I'));
}

#[test]
fn a_listing_in_words_that_are_not_known_decides_nothing() {
    let text = "C:\\>netsh firewall show config\n\nKonfiguration des Profils:\n----------------\n";
    let host = firewall(&[("hub1.txt", text)]);
    assert_eq!(tcp(&host, FAR, 25), 'I');
}

#[test]
fn every_line_of_a_listing_is_read() {
    let file = SourceFile::from_text(FileId(0), "hub1.txt", CONFIG);
    let totals = (FORMAT.parse)(&file).ledger.totals();
    assert_eq!(totals.unrecognised, 0);
}

#[test]
fn titles_of_what_collected_a_listing_say_nothing_and_words_within_it_do() {
    // As scripts that look a host over write it.
    let listing = CONFIG.split_once("\n\n").map_or("", |(_, rest)| rest);
    let titled =
        format!("====================\n  Firewall Config\n====================\n\n{listing}");
    let host = firewall(&[("hub1.txt", &titled)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('P', 'D'));
    let within = CONFIG.replace(
        "Log configuration:",
        "Firewall Config\n\nLog configuration:",
    );
    let host = firewall(&[("hub1.txt", &within)]);
    assert_eq!(tcp(&host, FAR, 26), 'I');
}

#[test]
fn doubled_line_ends_change_nothing() {
    let doubled = CONFIG.replace('\n', "\r\r\n");
    let host = firewall(&[("hub1.txt", &doubled)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('P', 'D'));
}

/// `show state` of a server in Chinese.
const CHINESE: &str = "\
Microsoft Windows [Version 5.2.3790]
C:\\>netsh firewall show state

防火墙状态:
-------------------------------------------------------------------
配置文件                          = 域
操作模式                          = 启用
例外模式                          = 启用
多播/广播响应模式                 = 启用
通知模式                          = 启用
组策略版本                        = Windows 防火墙
远程管理模式                      = 禁用

所有网络接口上的端口当前均为打开状态:
端口   协议  版本  程序
-------------------------------------------------------------------
25     TCP   IPv4  (null)
";

#[test]
fn a_listing_in_chinese_reads_like_one_in_english() {
    let host = firewall(&[("hub1.txt", CHINESE)]);
    assert_eq!((tcp(&host, FAR, 25), tcp(&host, FAR, 26)), ('I', 'D'));
    let file = SourceFile::from_text(FileId(0), "hub1.txt", CHINESE);
    assert_eq!((FORMAT.parse)(&file).ledger.totals().unrecognised, 0);
    let off = CHINESE.replacen(
        "操作模式                          = 启用",
        "操作模式 = 禁用",
        1,
    );
    let host = firewall(&[("hub1.txt", &off)]);
    assert_eq!(tcp(&host, FAR, 26), 'P');
    let tables = "\n标准 配置文件的 ICMP 配置:\n模式     类型  描述\n--------------------\n启用       8     允许入站回显请求\n";
    let file = SourceFile::from_text(FileId(0), "hub1.txt", format!("{CHINESE}{tables}").as_str());
    assert_eq!((FORMAT.parse)(&file).ledger.totals().unrecognised, 0);
}

#[test]
fn what_later_versions_add_in_chinese_is_no_part_of_a_table() {
    let later = format!(
        "{CHINESE}\n重要信息: 已成功执行命令。\n但不赞成使用 \"netsh firewall\"；\n\
         而应该使用 \"netsh advfirewall firewall\"。\n有关使用 \"netsh advfirewall firewall\" 命令\n\
         而非 \"netsh firewall\" 的详细信息，请参阅\nhttp://go.microsoft.com/fwlink/?linkid=121488\n\
         上的 KB 文章 947709。\n"
    );
    let host = firewall(&[("hub1.txt", &later)]);
    assert_eq!(tcp(&host, FAR, 26), 'I');
    let file = SourceFile::from_text(FileId(0), "hub1.txt", later.as_str());
    assert_eq!((FORMAT.parse)(&file).ledger.totals().unrecognised, 0);
}
