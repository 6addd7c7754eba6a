//! One configuration in every form gives one model.

use super::{ask, firewall, netsh_profiles, netsh_rule, reasons, tcp};
use crate::formats::LineState;
use crate::formats::firewall::windows_firewall::FORMAT;
use crate::model::firewall::Firewall;
use crate::source::{FileId, SourceFile, Span};

const ON: &str = "BlockInbound,AllowOutbound";

/// The rules and defaults of a firewall without their places.
fn shape(firewall: &Firewall) -> String {
    let mut firewall = firewall.clone();
    let nowhere = Span::new(FileId(0), 0, 0);
    let mut said = String::new();
    for filter in &mut firewall.filters {
        said += &format!("{} {:?}\n", filter.name, filter.default.action);
        for rule in &mut filter.rules {
            rule.span = nowhere;
            let doubt = !rule.conditions.is_empty();
            rule.conditions = Box::default();
            said += &format!("  {rule:?} {doubt}\n");
        }
    }
    said
}

/// Three rules as netsh prints them, and the profiles.
fn netsh() -> Firewall {
    let text = netsh_rule(
        "SMTP",
        &[
            ("LocalPort", "25,587"),
            ("RemoteIP", "10.0.0.0/8,192.0.2.10-192.0.2.20"),
        ],
    ) + &netsh_rule("No SMB", &[("LocalPort", "445"), ("Action", "Block")])
        + &netsh_rule("Old", &[("Enabled", "No"), ("LocalPort", "3389")])
        + &netsh_profiles("ON", ON);
    firewall(&[("hub1.txt", &text)])
}

const COLUMNS: [&str; 19] = [
    "Name",
    "DisplayName",
    "Enabled",
    "Profile",
    "Direction",
    "Action",
    "LocalAddress",
    "RemoteAddress",
    "Protocol",
    "LocalPort",
    "RemotePort",
    "IcmpType",
    "Program",
    "Service",
    "InterfaceAlias",
    "InterfaceType",
    "Authentication",
    "Encryption",
    "OverrideBlockRules",
];

fn rows() -> [[&'static str; 19]; 3] {
    let row = |name, enabled, action, remote, ports| {
        [
            name,
            name,
            enabled,
            "Any",
            "Inbound",
            action,
            "Any",
            remote,
            "TCP",
            ports,
            "Any",
            "Any",
            "Any",
            "Any",
            "Any",
            "Any",
            "NotRequired",
            "NotRequired",
            "False",
        ]
    };
    [
        row(
            "SMTP",
            "True",
            "Allow",
            "10.0.0.0/8,192.0.2.10-192.0.2.20",
            "25,587",
        ),
        row("No SMB", "True", "Block", "Any", "445"),
        row("Old", "False", "Allow", "Any", "3389"),
    ]
}

const PROFILE_LIST: &str = "\
Name                            : Domain\nEnabled                         : True\nDefaultInboundAction            : NotConfigured\nDefaultOutboundAction           : NotConfigured\nAllowInboundRules               : NotConfigured\nAllowLocalFirewallRules         : NotConfigured\n\n\
Name                            : Private\nEnabled                         : True\nDefaultInboundAction            : Block\nDefaultOutboundAction           : Allow\n\n\
Name                            : Public\nEnabled                         : True\nDefaultInboundAction            : NotConfigured\nDefaultOutboundAction           : Allow\n\n";

#[test]
fn rows_of_a_table_are_the_rules_that_netsh_prints() {
    for delimiter in [';', ',', '\t'] {
        let mut text = COLUMNS.join(&delimiter.to_string()) + "\r\n";
        for row in rows() {
            let cells: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
            text += &(cells.join(&delimiter.to_string()) + "\r\n");
        }
        for head in [
            "",
            "\u{feff}",
            "#TYPE System.Management.Automation.PSCustomObject\r\n",
            "PS C:\\> Get-NetFirewallRule | Select-Object DisplayName, Direction, Action | ConvertTo-Csv -NoTypeInformation\r\n\r\n",
        ] {
            let text = format!("{head}{text}");
            let host = firewall(&[("hub1.csv", &text), ("profiles.txt", PROFILE_LIST)]);
            assert_eq!(shape(&host), shape(&netsh()), "{delimiter:?}");
        }
    }
}

#[test]
fn a_command_that_names_columns_is_not_their_header() {
    let text = "PS C:\\> Get-NetFirewallRule | Format-Table Name,DisplayName,Enabled,Direction,Action\n\nName  DisplayName Enabled Direction Action\n----  ----------- ------- --------- ------\nSMTP  SMTP in        True   Inbound  Allow\n";
    let file = SourceFile::from_text(FileId(0), "hub1.txt", text);
    let evidence = (FORMAT.detect)(&file).expect("a table");
    assert_eq!(file.line_of(evidence.span.start), 2);
    let document = (FORMAT.parse)(&file);
    let modelled = document.ledger.states().iter();
    let modelled = modelled.filter(|state| **state == LineState::Modelled);
    assert_eq!(modelled.count(), 1);
}

/// Format-Table of some rows. Names of enumerations stand at the right border of
/// their column, with the heading and its dashes, as the shell prints them.
fn formatted(columns: &[&str], rows: &[Vec<String>]) -> String {
    const RIGHT: [&str; 5] = [
        "Enabled",
        "Profile",
        "Direction",
        "Action",
        "DefaultInboundAction",
    ];
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            let cells = rows.iter().map(|row| row[at].len());
            cells.chain([columns[at].len()]).max().unwrap()
        })
        .collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(columns).zip(&widths);
        let cells: Vec<String> = cells
            .map(|((cell, column), width)| match RIGHT.contains(column) {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            })
            .collect();
        cells.join(" ") + "\r\n"
    };
    let heads: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let dashes: Vec<String> = columns
        .iter()
        .map(|column| "-".repeat(column.len()))
        .collect();
    let mut text = line(&heads) + &line(&dashes);
    for row in rows {
        text += &line(row);
    }
    text + "\r\n"
}

/// Rows of a table as a shell formats them: lists in braces.
fn in_braces(row: &[&str]) -> Vec<String> {
    let cells = row.iter().map(|cell| match cell.contains(',') {
        true => format!("{{{}}}", cell.replace(',', ", ")),
        false => (*cell).to_owned(),
    });
    cells.collect()
}

/// `Get-NetFirewallRule | Format-Table Name, …, @{Name='LocalPort';Expression={…}}, …`
/// as Windows PowerShell 5.1 prints it (outputs quoted in public repositories).
#[test]
fn a_formatted_table_is_the_rules_that_netsh_prints() {
    let all: Vec<Vec<String>> = rows().iter().map(|row| in_braces(row)).collect();
    let table = formatted(&COLUMNS, &all);
    let typed = "PS C:\\> Get-NetFirewallRule | ft Name, DisplayName -AutoSize\r\n\r\n";
    for text in [
        table.clone(),
        format!("{typed}{table}"),
        table.clone() + PROFILE_LIST,
    ] {
        let files = [("hub1.txt", text.as_str()), ("profiles.txt", PROFILE_LIST)];
        let count = if text.contains("DefaultInboundAction") {
            1
        } else {
            2
        };
        let host = firewall(&files[..count]);
        assert_eq!(shape(&host), shape(&netsh()), "{text}");
    }
}

#[test]
fn cells_of_a_formatted_table_are_told_by_their_borders() {
    let columns = [
        "DisplayName",
        "Enabled",
        "Profile",
        "Direction",
        "Action",
        "Protocol",
        "LocalPort",
        "LocalAddress",
        "RemoteAddress",
        "RemotePort",
        "Program",
        "Service",
        "InterfaceAlias",
        "InterfaceType",
        "Authentication",
        "Encryption",
    ];
    let row = |name: &str, profile: &str, action: &str, ports: &str| {
        let mut row = vec![name, "True", profile, "Inbound", action, "TCP", ports];
        row.extend(["Any"; 7]);
        row.extend(["NotRequired", "NotRequired"]);
        row.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let table = formatted(
        &columns,
        &[
            row("SMTP", "Any", "Allow", "25"),
            row("Mail of a long na...", "Domain, Private", "Allow", "587"),
            row("Cut", "Any", "Allow", "{110, 143...}"),
            row("Telnet", "Any", "Block", "23"),
        ],
    );
    let asked = |text: &str, list: &str, port: u16| {
        let host = firewall(&[("hub1.txt", text), ("profiles.txt", PROFILE_LIST)]);
        ask(&host, list, "192.0.2.9", "10.1.0.11", 6, port)
    };
    // A port of a list that the console cut off may be any.
    for (port, private, public) in [
        (25, 'P', 'P'),
        (587, 'P', 'I'),
        (23, 'D', 'D'),
        (8080, 'I', 'I'),
    ] {
        assert_eq!(
            asked(&table, "inbound (Domain, Private)", port),
            private,
            "{port}"
        );
        assert_eq!(asked(&table, "inbound (Public)", port), public, "{port}");
    }
    // A row that lost its blanks may have been a block rule.
    let broken = table.replace("Telnet   ", "Telnet");
    assert_eq!(asked(&broken, "inbound", 25), 'I');
}

#[test]
fn a_list_of_joined_objects_is_the_rules_that_netsh_prints() {
    let mut text = String::new();
    for row in rows() {
        for (name, cell) in COLUMNS.iter().zip(row) {
            let cell = if cell.contains(',') {
                format!("{{{}}}", cell.replace(',', ", "))
            } else {
                cell.to_owned()
            };
            text += &format!("{name:<20} : {cell}\n");
        }
        text += "\n";
    }
    let host = firewall(&[("hub1.txt", &text), ("profiles.txt", PROFILE_LIST)]);
    assert_eq!(shape(&host), shape(&netsh()));
}

#[test]
fn json_has_names_or_numbers_and_filters_inside_rules() {
    let mut objects = Vec::new();
    for row in rows() {
        let enabled = if row[2] == "True" { 1 } else { 2 };
        let action = if row[5] == "Allow" { 2 } else { 4 };
        let list = |text: &str| {
            text.split(',')
                .map(|item| format!("\"{item}\""))
                .collect::<Vec<_>>()
                .join(",")
        };
        objects.push(format!(
            r#"{{"Name":"{0}","DisplayName":"{0}","Enabled":{enabled},"Profile":0,"Direction":1,"Action":{action},
"PortFilter":{{"Protocol":"TCP","LocalPort":[{1}],"RemotePort":"Any","IcmpType":"Any","InstanceID":"x","Name":null}},
"AddressFilter":{{"LocalAddress":"Any","RemoteAddress":{{"value":[{2}],"Count":2}}}},
"ApplicationFilter":{{"Program":"Any","Package":null}},"ServiceFilter":{{"Service":"Any"}},
"InterfaceFilter":{{"InterfaceAlias":"Any"}},"InterfaceTypeFilter":{{"InterfaceType":0}},
"SecurityFilter":{{"Authentication":0,"Encryption":0,"OverrideBlockRules":false,"LocalUser":"Any"}}}}"#,
            row[0], list(row[9]), list(row[7]),
        ));
    }
    let profiles = ["Domain", "Private", "Public"].map(|name| {
        format!(
            r#"{{"Name":"{name}","Enabled":1,"DefaultInboundAction":4,"DefaultOutboundAction":2}}"#
        )
    });
    let text = format!(
        r#"{{"Profiles":[{}],"Rules":[{}]}}"#,
        profiles.join(","),
        objects.join(",")
    );
    assert_eq!(shape(&firewall(&[("hub1.json", &text)])), shape(&netsh()));
}

#[test]
fn filters_in_files_of_their_own_are_joined_by_instance_id() {
    let mut files: Vec<(String, String)> = Vec::new();
    let columns = |wanted: &[usize]| {
        let mut text = String::from("InstanceID;CreationClassName");
        for column in wanted {
            text += &format!(";{}", COLUMNS[*column]);
        }
        text += "\n";
        for row in rows() {
            text += &format!("{0};MSFT|FW|FirewallRule|{0}", row[0]);
            for column in wanted {
                text += &format!(";\"{}\"", row[*column]);
            }
            text += "\n";
        }
        text
    };
    files.push(("rules.csv".to_owned(), columns(&[0, 1, 2, 3, 4, 5])));
    files.push(("ports.csv".to_owned(), columns(&[8, 9, 10, 11])));
    files.push(("addresses.csv".to_owned(), columns(&[6, 7])));
    files.push(("programs.csv".to_owned(), columns(&[12])));
    files.push(("services.csv".to_owned(), columns(&[13])));
    files.push(("interfaces.csv".to_owned(), columns(&[14])));
    files.push(("types.csv".to_owned(), columns(&[15])));
    files.push(("security.csv".to_owned(), columns(&[16, 17, 18])));
    files.push(("profiles.txt".to_owned(), PROFILE_LIST.to_owned()));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(shape(&firewall(&files)), shape(&netsh()));
}

#[test]
fn clixml_has_numbers_and_their_names() {
    let mut text = String::from(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n",
    );
    for (number, row) in rows().iter().enumerate() {
        text += &format!(
            "<Obj RefId=\"{number}\"><TN RefId=\"{number}\"><T>Microsoft.Management.Infrastructure.CimInstance#root/standardcimv2/MSFT_NetFirewallRule</T><T>System.Object</T></TN><ToString>x</ToString><Props>"
        );
        text += &format!(
            "<S N=\"InstanceID\">{}</S><U16 N=\"Enabled\">{}</U16>",
            row[0],
            if row[2] == "True" { 1 } else { 2 }
        );
        text += "</Props><MS>";
        for (name, cell) in COLUMNS.iter().zip(row) {
            if cell.contains(',') {
                let items: String = cell
                    .split(',')
                    .map(|item| format!("<S>{item}</S>"))
                    .collect();
                text += &format!(
                    "<Obj N=\"{name}\" RefId=\"9{number}\"><TN RefId=\"8{number}\"><T>System.String[]</T><T>System.Array</T><T>System.Object</T></TN><LST>{items}</LST></Obj>"
                );
            } else {
                text += &format!("<S N=\"{name}\">{cell}</S>");
            }
        }
        text += "</MS></Obj>\n";
    }
    text += "</Objs>";
    let host = firewall(&[("hub1.xml", &text), ("profiles.txt", PROFILE_LIST)]);
    assert_eq!(shape(&host), shape(&netsh()));
}

#[test]
fn strings_of_the_registry_are_the_rules_that_netsh_prints() {
    let rules = [
        "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|LPort=587|RA4=10.0.0.0/255.0.0.0|RA4=192.0.2.10-192.0.2.20|Name=SMTP|Desc=@FirewallAPI.dll,-1|",
        "v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=445|Name=No SMB|",
        "v2.10|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort=3389|Name=Old|",
    ];
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n\r\n");
    let root = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\services\\SharedAccess\\Parameters\\FirewallPolicy";
    for profile in ["DomainProfile", "StandardProfile", "PublicProfile"] {
        text += &format!(
            "[{root}\\{profile}]\r\n\"EnableFirewall\"=dword:00000001\r\n\"DefaultInboundAction\"=dword:00000001\r\n\"DefaultOutboundAction\"=dword:00000000\r\n\"DisableNotifications\"=dword:00000001\r\n\r\n"
        );
    }
    text += &format!("[{root}\\FirewallRules]\r\n");
    for (number, rule) in rules.iter().enumerate() {
        text += &format!("\"rule-{number}\"=\"{rule}\"\r\n");
    }
    assert_eq!(shape(&firewall(&[("hub1.reg", &text)])), shape(&netsh()));

    let query: String = rules
        .iter()
        .enumerate()
        .map(|(n, rule)| format!("    rule-{n}    REG_SZ    {rule}\r\n"))
        .collect();
    let mut queried = format!("\r\n{root}\\FirewallRules\r\n{query}\r\n");
    for profile in ["DomainProfile", "StandardProfile", "PublicProfile"] {
        queried += &format!(
            "{root}\\{profile}\r\n    EnableFirewall    REG_DWORD    0x1\r\n    DefaultInboundAction    REG_DWORD    0x1\r\n    DefaultOutboundAction    REG_DWORD    0x0\r\n\r\n"
        );
    }
    assert_eq!(shape(&firewall(&[("hub1.txt", &queried)])), shape(&netsh()));
}

#[test]
fn a_policy_file_decides_what_it_sets_and_leaves_the_rest_open() {
    let key = "Software\\Policies\\Microsoft\\WindowsFirewall";
    let string = |key: &str, name: &str, data: &str| {
        let size = char::from_u32(2 * (data.encode_utf16().count() as u32 + 1)).unwrap();
        format!("[{key}\0;{name}\0;\u{1}\0;{size}\0;{data}\0]")
    };
    let number =
        |key: &str, name: &str, data: char| format!("[{key}\0;{name}\0;\u{4}\0;\u{4}\0;{data}\0]");
    let rule = "v2.10|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=445|Name=No SMB]; x|";
    let mut text = string(&format!("{key}\\FirewallRules"), "{1}", rule);
    for profile in ["DomainProfile", "PrivateProfile", "PublicProfile"] {
        for name in ["EnableFirewall", "DefaultInboundAction"] {
            text += &number(&format!("{key}\\{profile}"), name, '\u{1}');
        }
    }
    let host = firewall(&[("registry.pol", &text)]);
    assert_eq!(tcp(&host, "10.9.0.1", 445), 'D');
    assert_eq!(
        tcp(&host, "10.9.0.1", 25),
        'I',
        "the computer may have rules of its own"
    );

    for profile in ["DomainProfile", "PrivateProfile", "PublicProfile"] {
        text += &number(&format!("{key}\\{profile}"), "AllowLocalPolicyMerge", '\0');
    }
    let host = firewall(&[("registry.pol", &text)]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'D');
}

#[test]
fn rules_alone_have_neither_ports_nor_addresses() {
    let text = "Name                  : {1}\nDisplayName           : SMTP\nEnabled               : True\n\
                Profile               : Any\nDirection             : Inbound\nAction                : Allow\n\
                EdgeTraversalPolicy   : Block\nPolicyStoreSourceType : Local\n\n";
    let host = firewall(&[("hub1.txt", text), ("profiles.txt", PROFILE_LIST)]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 26)),
        ('I', 'I')
    );
    assert_eq!(ask(&host, "outbound", "10.1.0.11", "10.9.0.1", 6, 25), 'P');
    assert!(
        reasons(&host)
            .iter()
            .any(|why| why.contains("the addresses of each rule"))
    );
}

#[test]
fn the_category_of_a_connection_tells_the_profile_in_force() {
    let connection = "Name             : contoso.com\nInterfaceAlias   : Ethernet0\nInterfaceIndex   : 12\n\
                      NetworkCategory  : DomainAuthenticated\nIPv4Connectivity : NoTraffic\n\n";
    let rule = netsh_rule("SMTP", &[("Profiles", "Domain")]) + &netsh_profiles("ON", ON);
    let host = firewall(&[("hub1.txt", &rule), ("connection.txt", connection)]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
}

/// Files as machines write them, bytes and all: seeds of the fuzz target, too.
#[test]
fn every_sample_is_recognised_and_no_line_of_it_is_left_unread() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let file = crate::source::SourceFile::decode(FileId(0), &path.to_string_lossy(), bytes);
        let shown = path.display();
        assert!((FORMAT.detect)(&file).is_some(), "{shown}");
        let document = (FORMAT.parse)(&file);
        assert!(!document.content.is_empty(), "{shown}");
        assert_eq!(
            document.ledger.totals().unrecognised,
            0,
            "{shown}: {:?}",
            document.ledger.notes()
        );
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn the_prompt_and_the_computer_name_tell_the_host() {
    for sample in ["session.txt", "rules.xml"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/windows")
            .join(sample);
        let bytes = std::fs::read(&path).unwrap();
        let file = crate::source::SourceFile::decode(FileId(0), sample, bytes);
        let parts = (FORMAT.parse)(&file)
            .content
            .into_iter()
            .filter_map(|content| match content {
                crate::formats::Content::HostFirewall(part) => Some((FileId(0), *part)),
                crate::formats::Content::Exchange(_) => None,
                other => panic!("{other:?}"),
            })
            .collect();
        let all = crate::formats::firewall::windows_firewall::assemble(
            parts,
            |_| String::new(),
            |_, _, _| None,
        );
        assert_eq!(all.len(), 1, "{sample}");
        assert_eq!(all[0].1.name.value, "HUB1", "{sample}");
        // The addresses are in no filter of these files.
        assert_eq!(tcp(&all[0].1, "10.9.0.1", 26), 'I', "{sample}");
    }
}

#[test]
fn doubled_line_ends_keep_rules_and_their_lines() {
    let text = netsh_rule("SMTP", &[]) + &netsh_profiles("ON", ON) + "Ok.\r\n";
    let once = firewall(&[("hub1.txt", &text)]);
    let twice = firewall(&[("hub1.txt", &text.replace("\r\n", "\r\r\n"))]);
    assert_eq!(
        (tcp(&once, "10.9.0.1", 25), tcp(&once, "10.9.0.1", 26)),
        ('P', 'D')
    );
    assert_eq!(
        (tcp(&twice, "10.9.0.1", 25), tcp(&twice, "10.9.0.1", 26)),
        ('P', 'D')
    );
    let lines = |text: &str| {
        let file = crate::source::SourceFile::from_text(FileId(0), "hub1.txt", text);
        let evidence = (FORMAT.detect)(&file).unwrap();
        file.position(evidence.span.start)
    };
    assert_eq!(lines(&text), lines(&text.replace("\r\n", "\r\r\n")));
}

#[test]
fn a_command_that_makes_a_rule_shows_that_rule_only() {
    let object = "Name                  : {8897f95a-d712-4847-a70c-45177fe444a1}\nDisplayName           : Contoso TNS\nDescription           :\nDisplayGroup          :\nGroup                 :\nEnabled               : True\nProfile               : Any\nPlatform              : {}\nDirection             : Inbound\nAction                : Allow\nEdgeTraversalPolicy   : Block\nLooseSourceMapping    : False\nLocalOnlyMapping      : False\nOwner                 :\nPrimaryStatus         : OK\nStatus                : The rule was parsed successfully from the store. (65536)\nEnforcementStatus     : NotApplicable\nPolicyStoreSource     : PersistentStore\nPolicyStoreSourceType : Local\n";
    let some = "the command lists some of the rules only";
    for (command, told) in [
        (
            "New-NetFirewallRule -DisplayName 'Contoso TNS' -LocalPort 1521 -Protocol TCP -Action Allow",
            true,
        ),
        ("Get-NetFirewallRule -Name *tns*", true),
        ("Get-NetFirewallRule", false),
    ] {
        let text = format!("PS C:\\Windows\\system32> {command}\n\n\n{object}\n");
        let host = firewall(&[("hub1.txt", &text)]);
        assert_eq!(reasons(&host).contains(&some), told, "{command}");
    }
}
