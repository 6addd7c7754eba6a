//! Hostile and broken inputs: exlint answers all of them, and never wrongly.

#[path = "bad_input/platforms.rs"]
mod platforms;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use exlint::finding::Run;
use exlint::formats::detect::{Detection, detect};
use exlint::formats::{FORMATS, Format, Unit};
use exlint::source::{FileId, Inputs, ReadOptions, SourceFile, read};
use exlint::{Settings, analyse, policies};
use rayon::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn write(folder: &TempDir, name: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name.as_ref());
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(&path, bytes).expect("a file");
    path
}

/// The binary in an environment that is the same everywhere.
fn exlint() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exlint"));
    command.env_clear().env("LANG", "C").env("NO_COLOR", "1");
    command
}

struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

fn answer(command: &mut Command) -> Answer {
    let output = command.output().expect("exlint runs");
    let answer = Answer {
        code: output.status.code().expect("exlint ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    };
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
    answer
}

fn facts_of(folder: &TempDir) -> Value {
    let answer = answer(exlint().arg("facts").arg(folder.path()));
    serde_json::from_str(&answer.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", answer.stderr))
}

/// Everything a reader promises, whatever it is given.
fn keeps_its_promises(format: &Format, file: &SourceFile) {
    let inside = |span: exlint::source::Span| file.text().get(span.range()).is_some();
    if let Some(evidence) = (format.detect)(file) {
        assert!(inside(evidence.span), "{}: {evidence:?}", format.id);
    }
    let document = (format.parse)(file);
    if document.ledger.unit == Unit::Lines {
        let lines = document.ledger.states().len();
        assert_eq!(
            lines,
            file.line_count(),
            "{}: lines in the ledger",
            format.id
        );
    }
    for note in document.ledger.notes() {
        assert!(inside(note.span), "{}: {note:?}", format.id);
    }
    for problem in &document.problems {
        assert!(inside(problem.span), "{}: {problem:?}", format.id);
    }
}

fn any_bytes_are_answered(bytes: &[u8], formats: &[Format]) {
    let file = SourceFile::decode(FileId(0), "input", bytes.to_vec());
    if let Detection::NotRecognised { reason, .. } = detect(&file, FORMATS, &[]) {
        assert!(!reason.is_empty());
    }
    for format in formats {
        keeps_its_promises(format, &file);
    }
}

#[test]
fn every_reader_takes_every_prefix_of_a_file_of_its_format() {
    for (path, id) in [
        ("tailspin/tsp-asa01.cfg", "cisco-asa"),
        ("contoso/exlint.toml", "exlint-inventory"),
        ("tailspin/exchange/receive connectors.txt", "exchange-list"),
        (
            "contoso/exports/CAS1/CAS1_ExchangeCertificate_FL.TXT",
            "exchange-list",
        ),
        (
            "contoso/exports/EDGE2/edge2-ems-20130601.txt",
            "exchange-list",
        ),
        (
            "contoso/exports/HUB2/ExchangeCertificate.xml",
            "exchange-clixml",
        ),
        (
            "contoso/exports/CAS2/ActiveSyncVirtualDirectory.xml",
            "exchange-clixml",
        ),
    ] {
        let bytes = fs::read(fixture(path)).expect(path);
        let whole = SourceFile::decode(FileId(0), path, bytes.clone());
        match detect(&whole, FORMATS, &[]) {
            Detection::Recognised { format, .. } => assert_eq!(format.id, id, "{path}"),
            Detection::NotRecognised { reason, .. } => panic!("{path}: {reason}"),
        }
        let own: Vec<Format> = FORMATS.iter().filter(|f| f.id == id).copied().collect();
        (0..=bytes.len())
            .into_par_iter()
            .for_each(|end| any_bytes_are_answered(&bytes[..end], &own));
    }
}

#[test]
fn readers_take_files_of_other_formats_and_long_files_cut_anywhere() {
    for path in [
        "contoso/fw/inner.cfg",
        "contoso/fw/outer.cfg",
        "contoso/exports/HUB2/ReceiveConnector.xml",
        "contoso/exports/HUB1/HUB1_ReceiveConnector_FL.TXT",
        "contoso/exlint.toml",
    ] {
        let bytes = fs::read(fixture(path)).expect(path);
        (0..bytes.len())
            .into_par_iter()
            .step_by(997)
            .for_each(|end| any_bytes_are_answered(&bytes[..end], FORMATS));
    }
}

#[test]
fn an_estate_whose_files_are_all_cut_off_is_still_answered() {
    let policies = policies(&[]).expect("built-in rules");
    (0_usize..=24).into_par_iter().for_each(|part| {
        let mut inputs = tailspin();
        let cut = |text: &str| {
            let mut end = text.len() * part / 24;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text[..end].to_owned()
        };
        let mut short = Inputs::default();
        for file in inputs.sources.files() {
            short
                .sources
                .add(|id| SourceFile::from_text(id, file.name(), cut(file.text())));
        }
        std::mem::swap(&mut inputs, &mut short);
        let run = analyse(inputs, &Settings::default(), &policies).expect("the run ends");
        assert_eq!(run.failed_rules().count(), 0);
    });
}

fn tailspin() -> Inputs {
    read(&[fixture("tailspin")], &ReadOptions::default()).expect("fixtures/tailspin")
}

/// Rule, subject and place of all findings and open questions.
fn outcome(run: &Run) -> BTreeSet<String> {
    let findings = run.findings.iter().map(|finding| {
        let place = &finding.primary.place;
        format!("{} {} {place:?}", finding.rule.id, finding.subject)
    });
    let undecided = run.undecided.iter().map(|open| {
        let places: Vec<_> = open.labels.iter().map(|label| &label.place).collect();
        format!("undecided {} {} {places:?}", open.rule.id, open.subject)
    });
    findings.chain(undecided).collect()
}

#[test]
fn encoding_and_line_ends_of_a_file_change_no_finding() {
    fn utf16(mark: bool, unit: fn(u16) -> [u8; 2], text: &str) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter()
            .chain(text.encode_utf16())
            .flat_map(unit)
            .collect()
    }
    type Encode = fn(&str) -> Vec<u8>;
    let forms: [(&str, Encode); 8] = [
        ("UTF-8 with a mark", |text| {
            [b"\xef\xbb\xbf", text.as_bytes()].concat()
        }),
        ("UTF-16LE", |text| utf16(false, u16::to_le_bytes, text)),
        ("UTF-16LE with a mark", |text| {
            utf16(true, u16::to_le_bytes, text)
        }),
        ("UTF-16BE", |text| utf16(false, u16::to_be_bytes, text)),
        ("UTF-16BE with a mark", |text| {
            utf16(true, u16::to_be_bytes, text)
        }),
        ("CRLF", |text| text.replace('\n', "\r\n").into_bytes()),
        ("lone CR", |text| text.replace('\n', "\r").into_bytes()),
        ("no last line end", |text| {
            text.trim_end().as_bytes().to_vec()
        }),
    ];
    let policies = policies(&[]).expect("built-in rules");
    let original = read(&[fixture("contoso")], &ReadOptions::default()).expect("contoso");
    let plain: Vec<(String, String)> = original
        .sources
        .files()
        .iter()
        .map(|file| {
            let text = file.text().trim_start_matches('\u{feff}');
            (file.name().to_owned(), text.replace("\r\n", "\n"))
        })
        .collect();
    let outcome_of = |encode: Encode| {
        let mut inputs = Inputs::default();
        for (name, text) in &plain {
            inputs
                .sources
                .add(|id| SourceFile::decode(id, name, encode(text)));
        }
        outcome(&analyse(inputs, &Settings::default(), &policies).expect("a run"))
    };
    let expected = outcome_of(|text| text.as_bytes().to_vec());
    assert!(expected.len() > 12, "{expected:?}");
    for (name, encode) in forms {
        assert_eq!(outcome_of(encode), expected, "{name}");
    }
}

#[test]
fn empty_and_binary_files_are_listed_with_a_reason_and_end_with_3() {
    let dir = folder();
    write(&dir, "empty.cfg", "");
    write(&dir, "blank.txt", "\r\n \n\t\n");
    write(
        &dir,
        "image.png",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0",
    );
    write(&dir, "zeros.bin", [0_u8; 4096]);
    write(
        &dir,
        "program.exe",
        [b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".as_slice(); 64].concat(),
    );
    let answer = answer(exlint().arg(dir.path()));
    assert_eq!(answer.code, 3, "{}", answer.stderr);
    for name in [
        "empty.cfg",
        "blank.txt",
        "image.png",
        "zeros.bin",
        "program.exe",
    ] {
        assert!(answer.stderr.contains(name), "{name}: {}", answer.stderr);
    }
    assert!(answer.stderr.contains("empty"), "{}", answer.stderr);
    assert!(answer.stderr.contains("binary"), "{}", answer.stderr);
}

#[test]
fn nothing_on_standard_input_ends_with_3() {
    let answer = answer(exlint().arg("-").write_stdin(""));
    assert_eq!(answer.code, 3);
    assert!(answer.stderr.contains("<stdin>"), "{}", answer.stderr);
}

const ASA: &str = "ASA Version 9.1(7)\nhostname fw1\ninterface GigabitEthernet0/0\n nameif outside\n \
     security-level 0\n ip address 203.0.113.1 255.255.255.0\naccess-list a extended permit tcp any any eq 25\n\
     access-group a in interface outside\n";

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::process::CommandExt as _;
    use std::process::Command as Process;

    #[test]
    fn a_folder_that_may_not_be_read_is_an_error_and_the_rest_is_checked() {
        let dir = folder();
        write(&dir, "exports/fw.cfg", ASA);
        write(&dir, "exports/closed/inner.cfg", ASA);
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
        };
        mode(dir.path(), 0o755);
        // Permissions do not bind root: the binary runs as somebody else, from
        // a place that anybody may read.
        let program = dir.path().join("exlint");
        fs::copy(env!("CARGO_BIN_EXE_exlint"), &program).expect("a copy of the binary");
        mode(&program, 0o755);
        let closed = dir.path().join("exports/closed");
        mode(&closed, 0o000);
        let readable_anyway = fs::read_dir(&closed).is_ok();
        let mut process = Process::new(&program);
        process
            .env_clear()
            .env("LANG", "C")
            .current_dir(dir.path())
            .arg("exports");
        if readable_anyway {
            process.uid(65_534).gid(65_534);
        }
        let output = process.output();
        mode(&closed, 0o755);
        let output = match output {
            Ok(output) => output,
            Err(error) if readable_anyway => {
                eprintln!(
                    "skipped: permissions do not bind here, nor may the user change: {error}"
                );
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains("exports/closed was not read: cannot be read"),
            "{stderr}"
        );
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("1 file"), "{stdout}");
    }

    #[test]
    fn links_loops_and_pipes_are_named_and_not_opened() {
        let dir = folder();
        write(&dir, "fw.cfg", ASA);
        symlink(dir.path(), dir.path().join("loop")).expect("a link");
        symlink("self", dir.path().join("self")).expect("a link");
        symlink("/nonexistent", dir.path().join("dangling")).expect("a link");
        let pipe = dir.path().join("pipe");
        let made = Process::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        for follow in [false, true] {
            let mut command = exlint();
            command
                .arg(dir.path())
                .timeout(std::time::Duration::from_secs(60));
            if follow {
                command.arg("--follow-links");
            }
            let answer = answer(&mut command);
            for name in ["loop", "self", "dangling", "pipe"] {
                let named = answer.stderr.contains(&format!("/{name}"));
                assert!(named, "{name}, follow {follow}: {}", answer.stderr);
            }
            // Unreadable links make the run incomplete only when followed.
            assert_eq!(answer.code == 2, follow, "{}", answer.stderr);
        }
        let answer = answer(
            exlint()
                .arg(&pipe)
                .timeout(std::time::Duration::from_secs(60)),
        );
        assert_eq!(answer.code, 3, "{}", answer.stderr);
        assert!(
            answer.stderr.contains("neither a file nor a folder"),
            "{}",
            answer.stderr
        );
    }

    #[test]
    fn folders_too_deep_to_enter_are_an_error() {
        let dir = folder();
        write(&dir, "fw.cfg", ASA);
        let mut deep = dir.path().to_path_buf();
        for _ in 0..80 {
            deep.push("d");
        }
        fs::create_dir_all(&deep).expect("folders");
        fs::write(deep.join("inner.cfg"), ASA).expect("a file");
        let answer = answer(exlint().arg(dir.path()));
        assert_eq!(answer.code, 2, "{}", answer.stderr);
        assert!(answer.stderr.contains("deep"), "{}", answer.stderr);
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_read_and_shown() {
        let dir = folder();
        let name = OsStr::from_bytes(b"fw-\xff\xfe\x80.cfg");
        let path = write(&dir, name, ASA);
        for argument in [dir.path(), &path] {
            let answer = answer(exlint().arg("coverage").arg(argument));
            assert_eq!(answer.code, 0, "{}", answer.stderr);
            assert!(answer.stdout.contains("fw-\u{fffd}"), "{}", answer.stdout);
        }
    }

    #[test]
    fn nothing_in_names_or_values_reaches_a_terminal_as_a_command() {
        // A window title, a clear screen in both widths, a bidirectional
        // override, an isolate, a bell, a zero-width space and a tag.
        const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200b}\u{e0041}";
        let dir = folder();
        let asa = ASA
            .replace("hostname fw1", &format!("hostname fw{EVIL}1"))
            .replace("nameif outside", &format!("nameif out{EVIL}side"))
            .replace("interface outside", &format!("interface out{EVIL}side"))
            .replace("access-list a ", &format!("access-list a{EVIL} "))
            .replace("access-group a ", &format!("access-group a{EVIL} "));
        write(
            &dir,
            format!("fw{}.cfg", EVIL.replace('/', "")),
            format!("{asa}nonsense {EVIL}\n"),
        );
        let list = fs::read(fixture("contoso/exports/HUB1/HUB1_ReceiveConnector_FL.TXT"));
        let list = SourceFile::decode(FileId(0), "list", list.expect("a fixture"));
        write(
            &dir,
            "connectors.txt",
            list.text().replace("Branch", &format!("Br{EVIL}anch")),
        );
        let servers =
            fs::read_to_string(fixture("tailspin/exchange/servers.txt")).expect("a fixture");
        write(
            &dir,
            "servers.txt",
            servers.replace("TSPEX01", &format!("TSP{EVIL}EX01")),
        );
        write(
            &dir,
            format!("un{EVIL}known.txt"),
            format!("what {EVIL} is this\n"),
        );
        for language in ["en", "ja"] {
            for arguments in [
                &["check", "-v"][..],
                &["check", "--format=json"],
                &["check", "--summary"],
                &["init"],
                &[
                    "paths",
                    "--row=edge-to-hub-smtp",
                    "--row=internet-to-edge-smtp",
                ],
                &["paths", "-v"],
                &["paths", "--format=json"],
                &["coverage", "-v"],
                &["coverage", "--format=json"],
                &["facts"],
            ] {
                let answer = answer(
                    exlint()
                        .args(arguments)
                        .arg("--lang")
                        .arg(language)
                        .arg(dir.path()),
                );
                for text in [&answer.stdout, &answer.stderr] {
                    let obeyed = text.chars().find(|c| {
                        (c.is_control() && !matches!(c, '\n' | '\t'))
                            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
                            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
                    });
                    assert_eq!(obeyed, None, "{arguments:?} {language}: {text:?}");
                }
            }
        }
    }
}

fn server(site: &str, role: &str) -> String {
    format!(
        "[PS] C:\\>Get-ExchangeServer | fl\n\n\nName                : MBX1\n\
         Fqdn                : mbx1.contoso.com\nServerRole          : {role}\n\
         Site                : contoso.com/Configuration/Sites/{site}\n\
         AdminDisplayVersion : Version 8.3 (Build 83.6)\nIdentity            : MBX1\n\n"
    )
}

#[test]
fn two_files_that_disagree_on_a_server_are_reported_whatever_their_order() {
    let tokyo = server("Tokyo", "Mailbox");
    let osaka = server("Osaka", "Mailbox");
    let facts = |first: &str, second: &str| {
        let dir = folder();
        write(&dir, "a.txt", first);
        write(&dir, "b.txt", second);
        facts_of(&dir)
    };
    let claims = |facts: &Value| -> Vec<(String, String, BTreeSet<String>)> {
        let all = facts["contradictions"].as_array().expect("an array");
        all.iter()
            .map(|known| {
                let text = |key: &str| known[key].as_str().expect("text").to_owned();
                let values = known["values"].as_array().expect("values").iter();
                let values = values.map(|v| v["value"].to_string()).collect();
                (text("subject"), text("property"), values)
            })
            .collect()
    };
    let one = facts(&tokyo, &osaka);
    let other = facts(&osaka, &tokyo);
    assert!(!claims(&one).is_empty(), "{one}");
    assert_eq!(claims(&one), claims(&other));
    let site = claims(&one).into_iter().find(|(subject, property, _)| {
        subject.eq_ignore_ascii_case("mbx1") && property.eq_ignore_ascii_case("site")
    });
    let (_, _, values) = site.unwrap_or_else(|| panic!("{one}"));
    let all: Vec<_> = values
        .iter()
        .map(|value| value.to_ascii_lowercase())
        .collect();
    assert!(all.iter().any(|value| value.contains("tokyo")), "{all:?}");
    assert!(all.iter().any(|value| value.contains("osaka")), "{all:?}");
    // Neither value wins.
    let sites = |facts: &Value| -> Vec<Value> {
        let servers = facts["servers"].as_array().expect("servers").iter();
        servers.map(|server| server["site"].clone()).collect()
    };
    assert_eq!(sites(&one), sites(&other));
    assert!(claims(&facts(&tokyo, &tokyo)).is_empty());
}

#[test]
fn a_person_sees_that_two_files_disagree() {
    let dir = folder();
    write(&dir, "a.txt", server("Tokyo", "Mailbox"));
    write(&dir, "b.txt", server("Osaka", "Mailbox"));
    let answer = answer(exlint().arg(dir.path()));
    let all = format!("{}{}", answer.stdout, answer.stderr);
    assert!(all.contains("Tokyo") && all.contains("Osaka"), "{all}");
}

#[test]
fn the_same_file_twice_changes_no_verdict() {
    let verdicts = |dir: &TempDir| -> BTreeSet<(String, String)> {
        let facts = facts_of(dir);
        let flows = facts["flows"].as_array().expect("flows").iter();
        flows
            .map(|flow| (flow["id"].to_string(), flow["verdict"].to_string()))
            .collect()
    };
    let copy = |dir: &TempDir, below: &str| {
        for file in tailspin().sources.files() {
            let name = Path::new(file.name()).file_name().expect("a name");
            write(dir, Path::new(below).join(name), file.text());
        }
    };
    let (once, twice) = (folder(), folder());
    copy(&once, "a");
    copy(&twice, "a");
    copy(&twice, "b");
    assert!(!verdicts(&once).is_empty());
    assert_eq!(verdicts(&once), verdicts(&twice));
}

/// Secrets of every kind, each with the mark that no output may hold, in the
/// forms that ASA, CLIXML, Format-List and inventories write them.
mod secrets {
    use super::*;

    const MARK: &str = "S3cr3tZ";

    const CONFIGURATION: &str = "ASA Version 9.1(7)
hostname fw1
enable password S3cr3tZa0 encrypted
passwd S3cr3tZa1 encrypted
names
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
 ospf message-digest-key 1 md5 S3cr3tZa2
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
access-list out remark password S3cr3tZa3
access-list out extended permit tcp any host 10.1.0.11 eq 25
access-group out in interface outside
aaa-server RADIUS (inside) host 10.1.0.5 S3cr3tZa4 timeout 10
aaa-server TACACS (inside) host 10.1.0.6
 key S3cr3tZa5
snmp-server community S3cr3tZa6
snmp-server host inside 10.1.0.7 community S3cr3tZa7 version 2c
username admin password S3cr3tZa8 encrypted privilege 15
tunnel-group 192.0.2.9 ipsec-attributes
 ikev1 pre-shared-key S3cr3tZa9
crypto isakmp key S3cr3tZb0 address 192.0.2.9
boot config ftp://admin:S3cr3tZb1@192.0.2.9/asa.cfg
copy https://192.0.2.9/x?sig=S3cr3tZb2 flash:
failover key S3cr3tZb3
strange line with password S3cr3tZb4 that nothing knows
";

    const LIST: &str = "[PS] C:\\>Get-SendConnector | fl

Identity                 : Internet
Name                     : Internet
AddressSpaces            : {SMTP:*;1}
SourceTransportServers   : {HUB1}
SmartHosts               : {smtp.contoso.com}
AuthenticationCredential : S3cr3tZc0
SmartHostAuthMechanism   : password=S3cr3tZc1
Comment                  : Server=sql1;Password=S3cr3tZc2;x=y
RelayPassword            : S3cr3tZc3
PrivateKey               : -----BEGIN RSA PRIVATE KEY----- S3cr3tZc4
SecureString             : 01000000d08c9ddf0115d1118c7a00c04fc297ebS3cr3tZc5
Encrypted                : ENC S3cr3tZc6AAAA==
Hash                     : $1$abcd$S3cr3tZc7
Fqdn                     : ftp://admin:S3cr3tZc8@mail.contoso.com/x

[PS] C:\\>Get-ExchangeServer | fl

Name                : HUB1
Fqdn                : hub1.contoso.com
ServerRole          : HubTransport, password=S3cr3tZc9
Site                : contoso.com/Configuration/Sites/Tokyo
AdminDisplayVersion : Version 8.3 (Build 83.6)
Identity            : HUB1

";

    const CLIXML: &str = "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">
  <Obj RefId=\"0\"><TN RefId=\"0\"><T>Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector</T></TN>
  <ToString>password S3cr3tZd0</ToString>
  <Props>
    <S N=\"Identity\">HUB1\\Default HUB1</S>
    <S N=\"Name\">Default HUB1</S>
    <S N=\"Server\">HUB1</S>
    <SS N=\"Extra\">S3cr3tZd1</SS>
    <S N=\"ServicePassword\">S3cr3tZd2</S>
    <Obj N=\"Who\" RefId=\"1\"><TN RefId=\"1\"><T>System.Management.Automation.PSCredential</T></TN>
      <ToString>S3cr3tZd3</ToString>
      <Props><S N=\"UserName\">relay</S><SS N=\"Password\">S3cr3tZd4</SS></Props></Obj>
    <Obj N=\"Several\" RefId=\"2\"><LST><S>a</S><SS>S3cr3tZd5</SS><S>ENC S3cr3tZd6AAAA==</S></LST></Obj>
    <S N=\"AuthMechanism\">Tls, pwd=S3cr3tZd7</S>
    <S N=\"Comment\">-----BEGIN PRIVATE KEY-----_x000A_S3cr3tZd8_x000A_-----END PRIVATE KEY-----</S>
    <S N=\"Link\">https://mail.contoso.com/x?sv=1&amp;sig=S3cr3tZd9</S>
    <Ref N=\"Again\" RefId=\"1\" />
  </Props></Obj>
</Objs>
";

    const INVENTORY: &str = "[exchange]
reference_date = 2009-11-02
# password = S3cr3tZe0

[[server]]
name = \"hub1\"
roles = [\"hub\"]
addresses = [\"10.1.0.11\"]
site = \"password=S3cr3tZe1\"
";

    fn planted(inventory: &str) -> TempDir {
        let dir = folder();
        write(&dir, "fw/fw1.cfg", CONFIGURATION);
        write(&dir, "exports/send.txt", LIST);
        write(&dir, "exports/receive.xml", CLIXML);
        write(
            &dir,
            "exports/notes.txt",
            "password S3cr3tZf0\ntoken=S3cr3tZf1\n",
        );
        write(&dir, "exlint.toml", inventory);
        dir
    }

    fn commands() -> Vec<Vec<&'static str>> {
        let mut commands = vec![vec!["facts"]];
        for command in ["check", "paths", "coverage"] {
            commands.push(vec![command, "-v"]);
            commands.push(vec![command, "--format=json"]);
        }
        commands.push(vec!["check", "--summary"]);
        commands.push(vec!["paths", "--row=hub-to-hub-smtp"]);
        commands.push(vec!["init"]);
        for format in ["--format=human", "--format=json"] {
            let ends = ["--from=198.51.100.7", "--to=10.1.0.11", "--service=tcp/25"];
            commands.push([&["trace", format], &ends[..]].concat());
        }
        commands
    }

    #[test]
    fn planted_secrets_reach_no_output_of_any_command() {
        let wrong = INVENTORY.replace("site =", "password =");
        for inventory in [INVENTORY, &wrong] {
            let dir = planted(inventory);
            for command in commands() {
                for language in ["en", "ja"] {
                    let mut run = exlint();
                    run.args(&command)
                        .arg("--lang")
                        .arg(language)
                        .arg(dir.path());
                    let answer = answer(&mut run);
                    for text in [&answer.stdout, &answer.stderr] {
                        let leak = text.lines().find(|line| line.contains(MARK));
                        assert_eq!(leak, None, "{command:?} {language}");
                    }
                }
            }
        }
    }

    #[test]
    fn planted_secrets_are_read_by_commands_that_would_show_them() {
        let dir = planted(INVENTORY);
        let facts = facts_of(&dir);
        let of = |cmdlet: &str| &facts["objects"][cmdlet][0];
        let comment = of("Get-SendConnector")["properties"]["Comment"].as_str();
        let kept = comment.is_some_and(|text| text.starts_with("Server=sql1;Password=****"));
        assert!(kept, "{comment:?}");
        for name in [
            "RelayPassword",
            "PrivateKey",
            "SecureString",
            "Encrypted",
            "Hash",
        ] {
            assert_eq!(
                of("Get-SendConnector")["unknown"][name],
                "the value is a secret",
                "{name}"
            );
        }
        for name in [
            "Extra",
            "ServicePassword",
            "Who",
            "Several",
            "Comment",
            "Again",
        ] {
            assert_eq!(
                of("Get-ReceiveConnector")["unknown"][name],
                "the value is a secret",
                "{name}"
            );
        }
        // The places of secrets are kept: they are evidence.
        assert!(of("Get-ReceiveConnector")["at"]["Extra"].is_string());
    }

    #[test]
    fn no_record_of_a_reader_holds_a_planted_secret() {
        for (format, text) in [
            (&exlint::formats::exchange::LIST, LIST),
            (&exlint::formats::exchange::CLIXML, CLIXML),
        ] {
            let file = SourceFile::from_text(FileId(0), "export", text);
            let document = (format.parse)(&file);
            assert!(!document.content.is_empty());
            let all = format!(
                "{:?} {:?} {:?}",
                document.content,
                document.problems,
                document.ledger.notes()
            );
            let at = all.find(MARK);
            let near = at.and_then(|at| all.get(at.saturating_sub(120)..at + 20));
            assert_eq!(near, None, "{}", format.id);
        }
    }
}
