//! Under `--lang ja`, everything that exlint says is Japanese.
//!
//! Left as they are: lines of the inputs (excerpts, samples, quotations),
//! commands and inventory lines to paste, ids. `facts` is for programs and has
//! one language; so has the manual page.

use std::path::Path;

use regex::Regex;

use crate::estate::{CONNECTORS, Estate, FIREWALL, INVENTORY};

/// Words of two languages that a Japanese text may hold in a row.
const ALLOWED: &[&str] = &[
    // Texts of rule pages that name a whole statement.
    "no inspect esmtp",
];

/// Lines that quote an input or are to be pasted.
fn not_ours(line: &str) -> bool {
    let text = line.trim_start();
    let text = text
        .strip_prefix("判定に必要:")
        .unwrap_or(text)
        .trim_start();
    let starts = [
        "│",
        "·",
        "╭",
        "╰",
        "-->",
        "Get-",
        "Set-",
        "New-",
        "Enable-",
        "$",
        "packet-tracer ",
        "show ",
        "nslookup ",
        "exlint ",
        "access-list ",
        "policy-map ",
        "parameters",
        "allow-tls",
        "[[",
        "object-group ",
    ];
    let numbered = text
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start();
    starts
        .iter()
        .any(|start| text.starts_with(start) || numbered.starts_with(start))
        || text.split_once(" = ").is_some_and(|(key, _)| {
            key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
        // A sample of a file: the line number and its state come before it.
        || text.contains(" 行目, ")
}

/// Runs of three or more English words in what exlint says.
fn english(text: &str) -> Vec<String> {
    let kept: Vec<&str> = text.lines().filter(|line| !not_ours(line)).collect();
    let joined = Regex::new(r"\n\s+")
        .expect("valid")
        .replace_all(&kept.join("\n"), " ")
        .into_owned();
    let quoted = Regex::new("`[^`]*`|「[^」]*」|\"[^\"]*\"|\\(根拠: [^)]*\\)|\\([^()]*:\\d+\\)")
        .expect("valid");
    let plain = quoted.replace_all(&joined, "“”");
    Regex::new(r"(?:^|[^A-Za-z0-9_./\\-])((?:[A-Za-z][a-z']*[a-z] ){2,}[a-z]+)")
        .expect("valid")
        .captures_iter(&plain)
        .filter_map(|found| Some(found.get(1)?.as_str().to_owned()))
        .filter(|words| !ALLOWED.iter().any(|allowed| words.contains(allowed)))
        .collect()
}

fn assert_japanese(estate: &Estate, args: &[&str]) {
    let mut all = vec!["--lang", "ja"];
    all.extend(args);
    let outcome = estate.run(&all);
    for (name, text) in [("out", &outcome.out), ("err", &outcome.err)] {
        let found = english(text);
        assert!(
            found.is_empty(),
            "{args:?}, standard {name}put: {found:?}\n{text}"
        );
    }
}

#[test]
fn the_search_for_english_finds_a_sentence_and_spares_a_quotation() {
    assert_eq!(
        english("  理由: this is not known\n"),
        ["this is not known"]
    );
    assert!(english("`this is a quotation` と Exchange Server 2007\n").is_empty());
    assert!(english("  12 │ access-list outside_in remark for the mail\n").is_empty());
}

#[test]
fn the_fixtures_are_reported_in_japanese() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let estate = Estate::empty();
    for name in ["contoso", "contoso-fixed", "tailspin"] {
        let folder = root.join(name).display().to_string();
        for command in [&["check", "-v"][..], &["paths", "-v"], &["coverage", "-v"]] {
            let mut args = command.to_vec();
            args.push(&folder);
            assert_japanese(&estate, &args);
        }
    }
}

#[test]
fn commands_without_input_speak_japanese() {
    let estate = Estate::empty();
    for args in [
        &["rules"][..],
        &["test"],
        &["--help"],
        &["check", "--help"],
        &["paths", "--help"],
        &["trace", "--help"],
        &["coverage", "--help"],
        &["facts", "--help"],
        &["rules", "--help"],
        &["explain", "--help"],
        &["test", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
        &["explain", "XX999"],
        &["--no-such-option"],
        &["check", "--format", "xml"],
        &["check", "--reference-date", "yesterday"],
        &["check", "--format-of", "x"],
        &["check", "--config", "missing.toml"],
        &["check", "--config", "."],
        &["check", "missing"],
        &["check"],
        &["paths"],
        &["trace", "--from", "a", "--to", "b", "--service", "tcp/25"],
    ] {
        assert_japanese(&estate, args);
    }
}

#[test]
fn broken_inputs_are_reported_in_japanese() {
    let list = "[PS] C:\\>Get-ReceiveConnector | fl\n\nName : A\nAuthMechanism : Tls, Bas";
    let cut = "[PS] C:\\>Get-ReceiveConnector | fl\n\nIdentity : HUB1\\A\nEnabled : True\n\
               AuthMechanism : BasicAuth\nBindings : {0.0.0.0:25}\n\
               RemoteIPRanges : {10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4...}\n";
    let certificates = "[PS] C:\\>Get-ExchangeCertificate | fl\n\nThumbprint : AB01\n\
                        NotAfter : 3/4/2013 9:00:00 AM\nServices : SMTP\n";
    let asa = "ASA Version 9.1(2)\nhostname fw\ninterface Gi0/0\n nameif outside\n\
               security-level 0\n ip address 203.0.113.2 255.255.255.0\n\
               time-range t\n periodic daily 8:00 to 18:00\nfrobnicate the network\n\
               access-list a extended permit tcp any object-group NONE eq 25\n\
               access-list a extended permit tcp any any eq 25 time-range t\n\
               access-list a extended permit tcp frob any\n\
               access-list a extended deny ip user CONTOSO\\x any any\n\
               access-group a in interface outside\nip access-group a in\n\
               shun 198.51.100.1\nfilter url http 0 0 0 0\nrouter ospf 1\n\
               route nowhere 10.0.0.0 255.0.0.0 10.1.1.1\nnat (inside,outside) source static A B\n";
    let inventories = [
        "[exchnge]\n",
        "[[server]]\nnam = \"a\"\n",
        "[[server]]\nname = 7\naddresses = \"10.0.0.1\"\n",
        "[[server]]\nname = \"a\"\naddresses = [\"10.0.0.1/33\", \"x\", \"10.0.0.9-10.0.0.1\"]\n",
        "[[server]]\nname = \"a\"\nroles = [\"hubb\", \"ad\"]\n[[server]]\nname = \"A\"\n",
        "[[zone]]\nname = \"z\"\nclass = \"inner\"\nat = [\"fw\", \"fw:nowhere\"]\n",
        "[[firewall]]\nname = \"fw\"\nconfig = \"missing.cfg\"\nroutes = \"missing.txt\"\n",
        "[exchange]\nreference_date = \"soon\"\nversion = \"x\"\n",
        "[[allowed_flow]]\nfrom = \"a\"\n",
        "[server]\nname = \"a\"\n",
        "name = \"a\nb = 1\nb = 2\n",
        "[rpc]\nprofile = \"restricted\"\nrange = \"9-1\"\n",
    ];
    let files: &[(&str, &[u8])] = &[
        ("a.txt", list.as_bytes()),
        ("a.txt", cut.as_bytes()),
        ("a.txt", certificates.as_bytes()),
        ("fw.cfg", asa.as_bytes()),
        ("a.bin", b"\0\0\0\x01\0\0\xff"),
        ("empty.txt", b""),
        ("a.json", b"{\"a\": 1}"),
        ("a.cfg", b"set security zones security-zone trust\n"),
        ("a.xml", b"<Objs Version=\"1.1.0.1\"><Obj RefId=\"0\"><TN"),
        ("a.txt", b"notes of a meeting about the mail servers\n"),
        (
            "a.xml",
            b"<!DOCTYPE x [<!ENTITY a \"b\">]>\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><S>&a;</S></Objs>",
        ),
    ];
    let estates = files
        .iter()
        .map(|(name, content)| Estate::empty().with(name, content))
        .chain(inventories.iter().map(|inventory| {
            Estate::empty()
                .with("exlint.toml", inventory)
                .with("fw.cfg", FIREWALL)
        }))
        .chain([Estate::empty()
            .with("fw.cfg", asa)
            .with("fw2.cfg", asa)
            .with("a.txt", cut)
            .with("b.txt", CONNECTORS)
            .with("exlint.toml", INVENTORY)]);
    for estate in estates {
        for command in [&["check", "-v"][..], &["coverage", "-v"], &["paths", "-v"]] {
            let mut args = command.to_vec();
            args.push(".");
            assert_japanese(&estate, &args);
        }
    }
}
