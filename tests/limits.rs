//! Inputs of extreme size and shape: time and memory stay bounded.
//!
//! Nothing here looks at a clock; a test that fails does not end, overflows
//! the stack or uses up the memory.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;

use assert_cmd::Command;
use exlint::formats::{Content, Document, Format, Unit, exchange, firewall, inventory};
use exlint::source::{FileId, SourceFile};
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
