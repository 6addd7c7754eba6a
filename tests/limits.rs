//! Inputs of extreme size and shape: time and memory stay bounded.
//!
//! Nothing here looks at a clock; a test that fails does not end, overflows
//! the stack or uses up the memory.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;

use assert_cmd::Command;
use exlint::estate::{self, Estate};
use exlint::formats::{Content, Document, Format, Unit, exchange, firewall, inventory};
use exlint::model::exchange::Value;
use exlint::source::{FileId, SourceFile, Sources};
use exlint::{Settings, analyse, policies};

fn exlint() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exlint"));
    command.env_clear().env("LANG", "C").env("NO_COLOR", "1");
    command
}

/// The exit code and what was said on standard error.
fn run_on(path: &PathBuf) -> (i32, String) {
    let output = exlint().arg(path).output().expect("exlint runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    (
        code.unwrap_or_else(|| panic!("ended by a signal: {stderr}")),
        stderr,
    )
}

fn parse(format: &Format, text: String) -> Document {
    let file = SourceFile::from_text(FileId(0), "input", text);
    let document = (format.parse)(&file);
    if document.ledger.unit == Unit::Lines {
        assert_eq!(document.ledger.states().len(), file.line_count());
    }
    document
}

/// The whole pipeline on one file.
fn whole(text: String) -> exlint::finding::Run {
    let mut inputs = exlint::source::Inputs::default();
    inputs
        .sources
        .add(|id| SourceFile::from_text(id, "fw.cfg", text));
    let policies = policies(&[]).expect("built-in rules");
    let run = analyse(inputs, &Settings::default(), &policies).expect("a run");
    assert_eq!(run.failed_rules().count(), 0);
    run
}

const ROOT: &str =
    "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n";

const ASA: &str = "ASA Version 9.1(7)
hostname fw1
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
";

#[test]
fn xml_nested_100_000_deep_is_read_or_refused() {
    for (open, close) in [
        ("<Obj RefId=\"0\"><MS>", "</MS></Obj>"),
        ("<LST>", "</LST>"),
        ("<DCT><En>", "</En></DCT>"),
        ("<Props><Obj N=\"Name\">", "</Obj></Props>"),
        ("<unknown>", "</unknown>"),
        ("<", ""),
        ("<!--", ""),
        ("<![CDATA[", ""),
    ] {
        let depth = 100_000;
        let closed = format!(
            "{ROOT}{}{}</Objs>\n",
            open.repeat(depth),
            close.repeat(depth)
        );
        let open = format!("{ROOT}{}", open.repeat(depth));
        parse(&exchange::CLIXML, closed);
        let document = parse(&exchange::CLIXML, open);
        let read = document.content.iter().any(|content| match content {
            Content::Exchange(run) => !run.records.is_empty(),
            _ => false,
        });
        assert!(
            !read || !document.problems.is_empty(),
            "a broken file read in silence"
        );
    }
}

#[test]
fn the_binary_survives_xml_nested_100_000_deep() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("deep.xml");
    let deep = "<Obj><MS>".repeat(100_000);
    fs::write(&path, format!("{ROOT}{deep}")).expect("a file");
    let (code, stderr) = run_on(&path);
    assert!(matches!(code, 0 | 2 | 3), "{code}: {stderr}");
    assert!(stderr.contains("deep.xml"), "{stderr}");
}

#[test]
fn xml_entities_are_not_expanded() {
    let mut bomb = String::from("<!DOCTYPE x [<!ENTITY a0 \"aaaaaaaaaa\">");
    for level in 1..30 {
        let below = format!("&a{};", level - 1).repeat(10);
        let _ = write!(bomb, "<!ENTITY a{level} \"{below}\">");
    }
    let text = format!(
        "{bomb}]>\n{ROOT}<Obj><TN><T>Microsoft.Exchange.Data.Directory.Management.ExchangeServer</T></TN><Props><S N=\"Name\">&a29;</S></Props></Obj></Objs>"
    );
    let document = parse(&exchange::CLIXML, text);
    let size = format!("{:?}", document.content).len();
    assert!(size < 100_000, "{size} bytes");
}

#[test]
fn values_nested_100_000_deep_are_read_or_refused() {
    for (format, text) in [
        (&inventory::FORMAT, format!("a = {}", "[".repeat(100_000))),
        (&inventory::FORMAT, format!("a = {}", "{a=".repeat(100_000))),
        (&inventory::FORMAT, format!("[{}a]", "a.".repeat(100_000))),
        (&exchange::LIST, format!("Name : {}", "{".repeat(100_000))),
        (&exchange::LIST, format!("Name : {}", "(".repeat(100_000))),
    ] {
        parse(format, text);
    }
}

#[test]
fn a_line_of_8_megabytes_is_read_by_every_reader() {
    const LENGTH: usize = 8 << 20;
    for (format, start) in [
        (
            &firewall::cisco_asa::FORMAT,
            "access-list a extended permit tcp any any eq ",
        ),
        (&firewall::cisco_asa::FORMAT, "access-list a remark "),
        (&firewall::cisco_asa::FORMAT, "object-group network "),
        (&exchange::LIST, "Name : "),
        (&exchange::CLIXML, ROOT),
        (&inventory::FORMAT, "name = \""),
    ] {
        parse(format, format!("{start}{}", "x".repeat(LENGTH)));
    }
    for (format, start) in [
        (
            &firewall::cisco_asa::FORMAT,
            "access-list a extended permit tcp ",
        ),
        (&exchange::LIST, "Bindings : {"),
    ] {
        parse(
            format,
            format!("{start}{}", "10.0.0.1, ".repeat(LENGTH / 10)),
        );
    }
}

#[test]
fn a_finding_in_a_line_of_32_megabytes_shows_a_part_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("fw.cfg");
    let long = "x".repeat(32 << 20);
    fs::write(
        &path,
        format!("{ASA}access-list a remark {long}\nwhat {long}\n"),
    )
    .expect("a file");
    let output = exlint()
        .args(["coverage", "-v"])
        .arg(&path)
        .output()
        .expect("a run");
    assert_eq!(output.status.code(), Some(0));
    let shown = output.stdout.len() + output.stderr.len();
    assert!(shown < 100_000, "{shown} bytes shown");
}

#[test]
fn a_file_of_one_gigabyte_is_refused_with_its_size() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("huge.cfg");
    // A hole: the file takes no space.
    File::create(&path)
        .and_then(|file| file.set_len(1 << 30))
        .expect("a file");
    let (code, stderr) = run_on(&path);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("1073741824 bytes"), "{stderr}");
}

#[test]
fn groups_nested_20_000_deep_and_in_circles_are_read() {
    let mut text = String::from(ASA);
    let last = 20_000;
    for level in 0..last {
        let _ = writeln!(
            text,
            "object-group network g{level}\n network-object host 10.1.2.3\n group-object g{}",
            level + 1
        );
    }
    let _ = writeln!(text, "object-group network g{last}\n group-object g0");
    text.push_str(
        "access-list a extended permit tcp object-group g0 object-group g1 eq 25\n\
         access-group a in interface outside\n",
    );
    whole(text);
}

#[test]
fn groups_that_multiply_are_not_expanded_one_by_one() {
    let mut text = String::from(ASA);
    for member in 0..10 {
        let _ = writeln!(
            text,
            "object-group network g0_{member}\n network-object host 10.1.0.{member}"
        );
        let _ = writeln!(
            text,
            "object-group service s0_{member} tcp\n port-object eq {}",
            1000 + 2 * member
        );
    }
    for level in 1..12 {
        for member in 0..10 {
            for (kind, name, end) in [("network", "g", ""), ("service", "s", " tcp")] {
                let _ = writeln!(text, "object-group {kind} {name}{level}_{member}{end}");
                for below in 0..10 {
                    let _ = writeln!(text, " group-object {name}{}_{below}", level - 1);
                }
            }
        }
    }
    text.push_str(
        "access-list a extended permit tcp object-group g11_0 object-group s11_0 object-group g11_1 object-group s11_1\n\
         access-group a in interface outside\n",
    );
    whole(text);
}

#[test]
fn one_entry_over_large_groups_is_not_multiplied_out() {
    let mut text = String::from(ASA);
    for group in ["from", "to"] {
        let _ = writeln!(text, "object-group network {group}");
        for host in 0..4_000_u32 {
            let _ = writeln!(
                text,
                " network-object host 10.2.{}.{}",
                host / 128,
                host % 128 * 2
            );
        }
    }
    text.push_str("object-group service ports tcp\n");
    for port in 0..4_000_u32 {
        let _ = writeln!(text, " port-object eq {}", 1 + port * 2);
    }
    text.push_str(
        "access-list a extended permit tcp object-group from object-group to object-group ports\n\
         access-group a in interface outside\n",
    );
    whole(text);
}

#[test]
fn notes_on_many_strange_lines_stay_bounded() {
    let document = parse(
        &firewall::cisco_asa::FORMAT,
        format!("{ASA}{}", "zz strange\n".repeat(100_000)),
    );
    let totals = document.ledger.totals();
    assert!(totals.unrecognised >= 100_000, "{totals:?}");
    assert!(document.ledger.notes().len() <= exlint::formats::MAX_NOTES);
    assert!(document.problems.len() <= exlint::formats::MAX_NOTES);
}

/// Joins files to an estate, without asking what passes between its servers.
fn joined(files: &[(&Format, String)]) -> Estate {
    let mut sources = Sources::default();
    for (_, text) in files {
        sources.add(|id| SourceFile::from_text(id, "input", text.as_str()));
    }
    let read = files.iter().zip(sources.files());
    let contents = read
        .flat_map(|((format, _), file)| {
            let document = (format.parse)(file);
            document
                .content
                .into_iter()
                .map(|content| (file.id(), content))
        })
        .collect();
    estate::join_contents(contents, &sources, &estate::Options::default())
}

#[test]
fn references_to_one_long_value_do_not_multiply_it() {
    let items = "<S>192.0.2.1</S>".repeat(20_000);
    let objects = "<Obj><TN><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T></TN>\
        <Props><S N=\"Name\">a</S><Ref N=\"Bindings\" RefId=\"1\"/></Props></Obj>"
        .repeat(5_000);
    let long = "y".repeat(300_000);
    for first in [
        format!("<Obj RefId=\"1\"><LST>{items}</LST></Obj>"),
        format!("<Obj RefId=\"1\"><ToString>{long}</ToString></Obj>"),
    ] {
        let document = parse(&exchange::CLIXML, format!("{ROOT}{first}{objects}</Objs>"));
        let records = document.content.iter().flat_map(|content| match content {
            Content::Exchange(run) => run.records.as_slice(),
            _ => &[],
        });
        let size = |value: &Value| match value {
            Value::List(items) => items.len() * 16,
            Value::Text(text) => text.len(),
            _ => 0,
        };
        let sizes: Vec<usize> = records
            .filter_map(|record| Some(size(&record.properties.get("Bindings")?.value)))
            .collect();
        assert_eq!(sizes.len(), 5_000);
        assert!(sizes.first().is_some_and(|first| *first > 0), "{first:.60}");
        assert!(sizes.iter().sum::<usize>() < 4_000_000, "{first:.60}");
    }
}

#[test]
fn a_value_of_20_000_lines_is_put_together_in_one_go() {
    for (start, line) in [
        ("Name : {", "x".repeat(79)),
        (
            "AuthMechanism : {Tls",
            format!("{}{}", " ".repeat(16), "x".repeat(63)),
        ),
    ] {
        let text = format!(
            "[PS] C:\\>Get-ReceiveConnector | fl\n\n{start}\n{}",
            format!("{line}\n").repeat(20_000)
        );
        let document = parse(&exchange::LIST, text);
        assert_eq!(document.content.len(), 1, "{start}");
    }
}

#[test]
fn a_hundred_thousand_small_tables_are_read() {
    let table = "abc\nName Enabled\n---- -------\nx    True\n\n";
    let text = format!(
        "[PS] C:\\>Get-ReceiveConnector | ft\n\n{}",
        table.repeat(100_000)
    );
    parse(&exchange::LIST, text);
}

#[test]
fn servers_and_gateways_by_the_ten_thousands_are_joined() {
    let mut text = String::from("[PS] C:\\>Get-ExchangeServer | fl\n\n");
    for server in 0..20_000 {
        let _ = writeln!(
            text,
            "Name       : SRV{server}\nFqdn       : srv{server}.contoso.com\nServerRole : Mailbox\nIdentity   : SRV{server}\n"
        );
    }
    text.push_str("[PS] C:\\>Get-UMIPGateway | fl\n\n");
    for gateway in 0..20_000 {
        let _ = writeln!(
            text,
            "Name            : G{gateway}\nAddress         : 10.9.{}.{}\nOutcallsAllowed : True\nIdentity        : G{gateway}\n",
            gateway / 250,
            gateway % 250
        );
    }
    assert_eq!(joined(&[(&exchange::LIST, text)]).servers.len(), 40_000);
}

#[test]
fn statements_on_one_server_by_the_hundred_thousands_are_joined() {
    let mut text = String::from("[PS] C:\\>Get-ExchangeServer | fl\n\n");
    for statement in 0..20_000 {
        let _ = writeln!(
            text,
            "Name       : SRV1\nFqdn       : srv1.contoso.com\nServerRole : HubTransport\nSite       : S{statement}\nIdentity   : SRV1\n"
        );
    }
    text.push_str("[PS] C:\\>Get-MailboxServer | fl\n\n");
    text.push_str(
        &"Name              : SRV1\nRedundantMachines : {SRV1}\nIdentity          : SRV1\n\n"
            .repeat(20_000),
    );
    text.push_str("[PS] C:\\>Get-SendConnector -Server SRV1 | fl\n\n");
    for connector in 0..20_000 {
        let _ = writeln!(
            text,
            "Name          : C{connector}\nAddressSpaces : {{SMTP:*;1}}\nIdentity      : C{connector}\n"
        );
    }
    let estate = joined(&[(&exchange::LIST, text)]);
    assert_eq!(estate.servers.len(), 1);
    let sites = estate
        .contradictions
        .iter()
        .filter(|c| c.property == "site");
    assert!(sites.clone().count() == 1 && sites.flat_map(|c| &c.values).count() <= 16);
}

#[test]
fn a_firewall_of_20_000_interfaces_and_routes_is_joined() {
    let mut text = String::from("ASA Version 9.1(7)\nhostname fw1\n");
    for interface in 0..20_000_u32 {
        let (high, low) = (interface / 64, interface % 64 * 4);
        let (high, mid) = (high / 256, high % 256);
        let _ = writeln!(
            text,
            "interface GigabitEthernet0/{interface}\n nameif if{interface}\n security-level 50\n \
             ip address 10.{high}.{mid}.{} 255.255.255.252",
            low + 1
        );
        let _ = writeln!(
            text,
            "route if{interface} 172.{}.{}.{} 255.255.255.255 10.{high}.{mid}.{} 1",
            16 + interface / 65_536,
            interface / 256 % 256,
            interface % 256,
            low + 2
        );
    }
    let estate = joined(&[(&firewall::cisco_asa::FORMAT, text)]);
    assert_eq!(estate.zones.len(), 20_000);
}

#[test]
fn a_capture_of_3_000_contexts_of_one_name_is_joined() {
    let mut text = String::new();
    for context in 0..3_000 {
        let _ = writeln!(
            text,
            "fw/c{}# show running-config\n: Saved\nASA Version 9.1(7) <context>\nhostname ctx\n\
             interface GigabitEthernet0/0\n nameif inside\n security-level 100\n \
             ip address 10.1.0.1 255.255.0.0\n: end",
            context % 7
        );
    }
    let estate = joined(&[(&firewall::cisco_asa::FORMAT, text)]);
    assert_eq!(estate.firewalls.len(), 3_000);
    let names: HashSet<_> = estate.firewalls.iter().map(|f| &f.name).collect();
    assert_eq!(names.len(), 3_000);
}
